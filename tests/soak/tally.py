"""Count laps: what a browser's table holds against what its monitor wrote to disk.

A lap is known by (`run`, `lap`); a reader that merges by it must end with each lap once, in order.
What is on disk is not believed either: the lap counter of live telemetry says what was driven, too.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from pitboard.contract.times import to_unix_ms

Key = tuple[int, int]
"""(`run`, `lap`)."""

ROUNDING_MS = 500
"""A frame is stamped when it is read, on a busy machine late, a lap with when it ended."""


class Witness(NamedTuple):
    """A lap that must have ended between two frames, in Unix ms: the lap counter rose."""

    key: Key
    from_ms: int
    to_ms: int


class Row(NamedTuple):
    """What identifies a lap, and when it ended."""

    run: int
    lap: int
    finished_at: str

    @property
    def key(self) -> Key:
        """The lap's identity within its monitor."""
        return self.run, self.lap


@dataclass(slots=True)
class Verdict:
    """The laps that a table has wrong.

    Attributes:
        lost: Driven and not in the table or not on disk.
        duplicated: More than once in the table, or one identity for two laps.
        out_of_order: Behind a lap that ended later, in the table or as events came in.
    """

    lost: set[Key] = field(default_factory=set)
    duplicated: set[Key] = field(default_factory=set)
    out_of_order: set[Key] = field(default_factory=set)

    def add(self, other: "Verdict") -> None:
        """Join what another browser has wrong."""
        self.lost |= other.lost
        self.duplicated |= other.duplicated
        self.out_of_order |= other.out_of_order


class Book:
    """One monitor's laps as one browser has them: events, and chunks, which win."""

    def __init__(self) -> None:
        self._events: dict[Key, Row] = {}
        self._chunks: dict[int, list[Row]] = {}
        self._seen: dict[Key, str] = {}
        self._witnessed: list[Witness] = []
        self._last_event: tuple[int, Key] = (0, (0, 0))
        self._reused: set[Key] = set()
        self._inverted: set[Key] = set()

    def take_witness(self, witness: Witness) -> None:
        """The lap counter of live telemetry rose."""
        self._witnessed.append(witness)

    def take_event(self, row: Row, birth: int, *, retained: bool) -> None:
        """A `lap` that is newer than the last."""
        self._see(row)
        self._events[row.key] = row
        if retained:
            return
        last_birth, last_key = self._last_event
        if birth == last_birth and row.key <= last_key:
            self._inverted.add(row.key)
        self._last_event = birth, row.key

    def take_chunk(self, number: int, rows: Iterable[Row]) -> None:
        """A `laps/<k>` that is newer than the last of this number."""
        self._chunks[number] = list(rows)
        for row in self._chunks[number]:
            self._see(row)

    def remove_chunk(self, number: int) -> None:
        """A chunk was cleared on the broker."""
        self._chunks.pop(number, None)

    def remove_events(self) -> None:
        """The last `lap` was cleared on the broker."""
        self._events.clear()

    def rows(self) -> list[Row]:
        """The merged table, oldest first."""
        merged = self._events | {row.key: row for row in self._table()}
        return sorted(merged.values(), key=lambda row: (row.finished_at, row.run, row.lap))

    def verdict(self, driven: Sequence[Row]) -> Verdict:
        """What is wrong, given the laps that were driven."""
        truth = {row.key: row.finished_at for row in driven}
        rows = self.rows()
        unwritten = self._seen.keys() - truth.keys()
        unwritten |= {one.key for one in self._witnessed if not _is_written(one, truth)}
        times = Counter(row.key for row in self._table())
        other = {key for key, at in self._seen.items() if truth.get(key, at) != at}
        return Verdict(
            lost=(truth.keys() - {row.key for row in rows}) | unwritten,
            duplicated={key for key, count in times.items() if count > 1} | self._reused | other,
            out_of_order=_misplaced(self._table()) | _misplaced(rows) | self._inverted,
        )

    def _table(self) -> list[Row]:
        return [row for _, rows in sorted(self._chunks.items()) for row in rows]

    def _see(self, row: Row) -> None:
        if self._seen.setdefault(row.key, row.finished_at) != row.finished_at:
            self._reused.add(row.key)


def holes(driven: Iterable[Row]) -> set[Key]:
    """The laps that the numbering of each run leaves out: driven, and not even written to disk."""
    runs: dict[int, set[int]] = {}
    for row in driven:
        runs.setdefault(row.run, set()).add(row.lap)
    return {
        (run, lap) for run, laps in runs.items() for lap in range(1, max(laps)) if lap not in laps
    }


def _is_written(witness: Witness, truth: Mapping[Key, str]) -> bool:
    text = truth.get(witness.key)
    if text is None:
        return False
    return witness.from_ms - ROUNDING_MS <= to_unix_ms(text) <= witness.to_ms + ROUNDING_MS


def _misplaced(rows: Sequence[Row]) -> set[Key]:
    """The rows that stand behind one that they should stand before."""
    return {
        row.key
        for before, row in pairwise(rows)
        if row.key < before.key or row.finished_at < before.finished_at
    }
