"""The car's lap table from all its monitors, and what the tank is good for.

`laps/<k>` is the truth; a `lap` only fills in until its chunk has come.
"""

import math
from collections.abc import Iterable, Sequence
from statistics import median

from pitboard.contract.codec import lap_rows
from pitboard.contract.messages import LapMessage, LapRow, LapsMessage, Message
from pitboard.contract.topics import Channel, Topic
from pitboard.publisher.lap_rows import row_of

# Fewer laps say nothing: one alone may have been slow, or behind a safety car.
_MIN_CLEAN_LAPS = 2
_MAX_CLEAN_LAPS = 5

_Rows = dict[tuple[int, int], LapRow]


class LapBook:
    """Rows by monitor, topic and (`run`, `lap`)."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], _Rows] = {}

    def take(self, topic: Topic, message: Message) -> None:
        """A `lap` or a chunk of `laps`; others change nothing."""
        key = (topic.monitor_id, topic.name)
        if isinstance(message, LapMessage):
            row = row_of(message.lap_summary)
            self._rows.setdefault(key, {})[row.run, row.lap] = row
        elif isinstance(message, LapsMessage):
            self._rows[key] = {(row.run, row.lap): row for row in lap_rows(message)}

    def remove(self, topic: Topic) -> None:
        """A topic was cleared."""
        self._rows.pop((topic.monitor_id, topic.name), None)

    def rows(self) -> list[LapRow]:
        """All laps, the oldest first, by the monitors' own clocks."""
        merged: dict[tuple[str, int, int], LapRow] = {}
        # `lap` before `laps/<k>`, so that the row of the chunk wins.
        for (monitor_id, _), rows in sorted(self._rows.items(), key=_is_chunk):
            merged.update({(monitor_id, *key): row for key, row in rows.items()})
        return sorted(merged.values(), key=lambda row: (row.finished_at, row.run, row.lap))


def fuel_per_lap(rows: Sequence[LapRow]) -> float | None:
    """The median of the last clean laps, L; `None` while there are too few."""
    used = [row.fuel_used for row in rows if row.fuel_used and is_clean(row)][-_MAX_CLEAN_LAPS:]
    return median(used) if len(used) >= _MIN_CLEAN_LAPS else None


def laps_left(fuel: float | None, per_lap: float | None) -> float | None:
    """Rounded down to tenths: a lap that the tank does not reach must not be promised."""
    if fuel is None or not per_lap:
        return None
    return math.floor(fuel / per_lap * 10 + 1e-6) / 10


def is_clean(row: LapRow) -> bool:
    """Whether a lap tells what the car burns: flying, whole, under green, nothing filled in."""
    is_whole = row.kind == "flying" and row.complete is True
    return is_whole and row.yellow is not True and not row.fuel_added


def best_lap_time(rows: Iterable[LapRow]) -> float | None:
    """The best time that counts since the lap counter last went back, s."""
    times: list[float] = []
    lap = -1
    for row in rows:
        if row.lap < lap:
            times.clear()
        lap = row.lap
        if row.lap_time is not None and row.valid is not False and row.complete is not False:
            times.append(row.lap_time)
    return min(times, default=None)


def _is_chunk(item: tuple[tuple[str, str], _Rows]) -> bool:
    return item[0][1] != Channel.LAP
