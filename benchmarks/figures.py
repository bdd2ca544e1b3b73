"""Measured figures beside their goals, as a table and as JSON."""

import json
import platform
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import psutil

T = TypeVar("T")

LIBRARIES = ("uvicorn", "uvloop", "websockets", "paho-mqtt", "msgspec", "fastapi", "amqtt")


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to measure: *rounds* of *seconds* for each candidate, in turns."""

    rounds: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; `at_most` or `at_least` is its goal, neither only tells.

    Attributes:
        of: What was measured.
        rounds: What each round gave; `value` is their median unless it says otherwise.
    """

    row: str
    of: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    rounds: tuple[float, ...] = ()

    @property
    def verdict(self) -> str:
        """Whether the goal is met; nothing without one."""
        if self.at_most is not None:
            return f"<= {self.at_most:g}  {'met' if self.value <= self.at_most else 'MISSED'}"
        if self.at_least is not None:
            return f">= {self.at_least:g}  {'met' if self.value >= self.at_least else 'MISSED'}"
        return ""


def median_of(
    row: str,
    of: str,
    rounds: Sequence[float],
    unit: str,
    *,
    at_most: float | None = None,
    at_least: float | None = None,
) -> Figure:
    """The figure whose value is the median of *rounds*."""
    value = statistics.median(rounds)
    return Figure(row, of, value, unit, at_most, at_least, tuple(rounds))


def ratio_of(
    row: str, of: str, ours: Sequence[float], peers: Sequence[float], at_most: float | None = None
) -> Figure:
    """The median of what each round gave, of which peers were measured right after each other."""
    ratios = [our / peer for our, peer in zip(ours, peers, strict=True)]
    return median_of(row, of, ratios, "x", at_most=at_most)


def in_turns(plan: Plan, candidates: dict[str, Callable[[], T]]) -> dict[str, list[T]]:
    """What each candidate gave in each round; a busy machine then slows all of them."""
    results: dict[str, list[T]] = {name: [] for name in candidates}
    for _ in range(plan.rounds):
        for name, measure in candidates.items():
            results[name].append(measure())
    return results


def table(figures: Iterable[Figure]) -> str:
    """Lines of aligned columns."""
    lines = []
    row = ""
    for figure in figures:
        if figure.row != row:
            row = figure.row
            lines.append(row)
        value = f"{figure.value:.4g}" if abs(figure.value) < 1000 else f"{figure.value:.0f}"
        lines.append(f"  {figure.of:48} {value:>8} {figure.unit:9} {figure.verdict}".rstrip())
    return "\n".join(lines)


def surroundings() -> dict[str, object]:
    """The machine, the versions and the time."""
    binary = shutil.which("mosquitto", path="/usr/bin:/usr/sbin:/usr/local/sbin") or "true"
    told = subprocess.run([binary, "-h"], capture_output=True, text=True, check=False).stdout
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": psutil.cpu_count(),
        "load_average": psutil.getloadavg()[0],
        "python": sys.version.split()[0],
        "mosquitto": told.partition("\n")[0],
        **{name: version(name) for name in LIBRARIES},
    }


def write_json(path: Path, figures: Iterable[Figure], skipped: dict[str, str]) -> None:
    """Write the figures with each round, and what they were measured on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {"surroundings": surroundings(), "skipped": skipped}
    path.write_text(json.dumps({**found, "figures": [asdict(each) for each in figures]}, indent=2))


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor()
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else platform.machine()
