"""What a run has found, as a table for people and as JSON."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from tests.soak.resources import Sample, settled, slope_per_min

ROLES = ("broker", "bridge", "monitor")
MOST_ROWS_OVER_TIME = 10
OVER_TIME = ["minute", "broker MB", "fds", "bridge MB", "fds", "tasks", "one monitor MB", "fds"]


class Recovered(Struct):
    """One fault, and how long each browser that felt it waited for a fresh live frame.

    Attributes:
        took_s: From the end of the fault, a browser each.
        missing: The browsers that had none before the next fault.
    """

    kind: str
    at_s: float
    took_s: list[float]
    missing: int


class Result(Struct, kw_only=True):
    """All of it.

    Attributes:
        conditions: What was run, where, and with what else on the machine.
        laps: Driven, in all sessions.
        looks: How often a page was compared with how things were.
        wrong: What was wrong with pages, by (fault, difference), each look counted.
        surprises: Processes that ended by themselves.
        complaints: Lines of the logs that a person would have to act on.
        rejected: Messages that the bridge refused or dropped.
    """

    conditions: dict[str, str]
    laps: int = 0
    lost: int = 0
    duplicated: int = 0
    out_of_order: int = 0
    looks: int = 0
    wrong: dict[str, int] = {}
    recoveries: list[Recovered] = []
    surprises: list[str] = []
    complaints: list[str] = []
    rejected: int = 0
    frames: int = 0
    samples: list[Sample] = []

    @property
    def must_be_zero(self) -> dict[str, int]:
        """The numbers that make a run good or bad."""
        return {
            "laps lost": self.lost,
            "laps duplicated": self.duplicated,
            "laps out of order": self.out_of_order,
            "wrong status": sum(self.wrong.values()),
            "browsers that did not recover": sum(one.missing for one in self.recoveries),
            "processes that ended by themselves": len(self.surprises),
            "errors in logs": len(self.complaints),
            "messages refused or dropped": self.rejected,
        }

    @property
    def is_good(self) -> bool:
        """Whether all is 0 that must be, and something happened at all."""
        return self.laps > 0 and self.looks > 0 and not any(self.must_be_zero.values())


def text(result: Result) -> str:
    """The result as Markdown."""
    parts = [
        _table(["condition", ""], result.conditions.items()),
        _table(["count", "", "of"], _counts(result)),
        _table(["fault", "times", "browsers", "p50 s", "p99 s", "all s"], _recoveries(result)),
        _table(
            ["process", "RSS MB", "kB/min", "fds", "per min", "threads", "tasks", "per min"],
            [_role(role, result.samples) for role in ROLES],
        ),
        _table(OVER_TIME, _over_time(result)),
    ]
    details = [f"- {count} x {what}" for what, count in result.wrong.items()]
    details += [f"- {line}" for line in (*result.surprises, *result.complaints[:20])]
    return "\n\n".join(part for part in (*parts, "\n".join(details)) if part)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that *share* of *values* do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _counts(result: Result) -> list[list[str]]:
    of = {
        "laps lost": f"{result.laps} laps",
        "wrong status": f"{result.looks} looks",
        "messages refused or dropped": f"{result.frames} frames that browsers took",
    }
    return [[name, str(count), of.get(name, "")] for name, count in result.must_be_zero.items()]


def _recoveries(result: Result) -> list[list[str]]:
    by_kind: defaultdict[str, list[Recovered]] = defaultdict(list)
    for one in result.recoveries:
        by_kind[one.kind].append(one)
    rows = []
    for kind, ones in sorted(by_kind.items()):
        took_s = [took for one in ones for took in one.took_s]
        times = [f"{percentile(took_s, share):.1f}" if took_s else "-" for share in (0.5, 0.99, 1)]
        rows.append([kind, str(len(ones)), str(len(took_s)), *times])
    return rows


def _role(role: str, samples: Sequence[Sample]) -> list[str]:
    own = settled([sample for sample in samples if sample.role == role])
    return [
        role if role != "monitor" else "one monitor",
        _mean(own, _rss_mb, 1),
        _slope(own, _rss_kb, 1),
        _mean(own, _fds, 1),
        _slope(own, _fds, 2),
        _mean(own, _threads, 1),
        _mean(own, _tasks, 0),
        _slope(own, _tasks, 2),
    ]


def _over_time(result: Result) -> list[list[str]]:
    end_s = max((sample.t_s for sample in result.samples), default=0.0)
    count = min(MOST_ROWS_OVER_TIME, 1 + int(end_s // 60))
    rows = []
    for number in range(count):
        begin_s, until_s = (end_s * (number + i) / count for i in (0, 1))
        cells = [f"{begin_s / 60:.1f} to {until_s / 60:.1f}"]
        for role in ROLES:
            part = [s for s in result.samples if s.role == role and begin_s <= s.t_s < until_s]
            cells += [_mean(part, _rss_mb, 1), _mean(part, _fds, 0)]
            if role == "bridge":
                cells.append(_mean(part, _tasks, 0))
        rows.append(cells)
    return rows


def _rss_mb(sample: Sample) -> float:
    return sample.rss_kb / 1024


def _rss_kb(sample: Sample) -> float:
    return sample.rss_kb


def _fds(sample: Sample) -> int:
    return sample.fds


def _threads(sample: Sample) -> int:
    return sample.threads


def _tasks(sample: Sample) -> int | None:
    return sample.tasks


def _mean(samples: Iterable[Sample], of: Callable[[Sample], float | None], digits: int) -> str:
    values = [value for sample in samples if (value := of(sample)) is not None]
    return f"{sum(values) / len(values):.{digits}f}" if values else "-"


def _slope(samples: Iterable[Sample], of: Callable[[Sample], float | None], digits: int) -> str:
    points = [
        (sample.pid, sample.t_s, value) for sample in samples if (value := of(sample)) is not None
    ]
    slope = slope_per_min(points)
    return "-" if slope is None else f"{slope:+.{digits}f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    texts = [
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |"
        for line in lines
    ]
    return "\n".join([texts[0], f"|{'|'.join('-' * (width + 2) for width in widths)}|", *texts[1:]])
