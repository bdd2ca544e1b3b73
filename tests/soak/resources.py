"""What the processes take, over time, and whether it grows."""

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import psutil
from prometheus_client.parser import text_string_to_metric_families

SAMPLE_EVERY_S = 5.0

WARM_UP_S = 20.0
"""A process that has just started fills its caches; that is no growth."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One process at one moment.

    Attributes:
        t_s: Since the run began.
        role: `broker`, `bridge` or `monitor`.
        tasks: Of its event loop, where it tells.
    """

    t_s: float
    role: str
    pid: int
    rss_kb: float
    fds: int
    threads: int
    tasks: int | None = None


def look(t_s: float, role: str, pid: int, tasks: int | None = None) -> Sample | None:
    """A process now; `None` if it has gone."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        with process.oneshot():
            rss_kb = process.memory_info().rss / 1024
            return Sample(t_s, role, pid, rss_kb, process.num_fds(), process.num_threads(), tasks)
    return None


def metrics(text: str) -> dict[str, float]:
    """The numbers of a `/metrics` page, summed over their labels."""
    sums: defaultdict[str, float] = defaultdict(float)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            sums[sample.name] += sample.value
    return dict(sums)


def settled(samples: Sequence[Sample]) -> list[Sample]:
    """The second half of a run, without what each process does when it starts."""
    begin_s = max((sample.t_s for sample in samples), default=0.0) / 2
    born_s: dict[int, float] = {}
    for sample in samples:
        born_s.setdefault(sample.pid, sample.t_s)
    return [
        sample
        for sample in samples
        if sample.t_s >= begin_s and sample.t_s - born_s[sample.pid] >= WARM_UP_S
    ]


def slope_per_min(points: Iterable[tuple[int, float, float]]) -> float | None:
    """The growth a minute by least squares over (process, seconds, value).

    Each process has a level of its own, so that a restart is no growth and no fall.
    """
    by_process: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
    for pid, t_s, value in points:
        by_process[pid].append((t_s, value))
    covariance = variance = 0.0
    for series in by_process.values():
        mean_t = sum(t for t, _ in series) / len(series)
        mean_value = sum(value for _, value in series) / len(series)
        covariance += sum((t - mean_t) * (value - mean_value) for t, value in series)
        variance += sum((t - mean_t) ** 2 for t, _ in series)
    return covariance / variance * 60 if variance else None
