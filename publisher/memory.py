"""What a monitor must not forget when its process dies."""

from collections.abc import Container, Iterable
from itertools import dropwhile
from typing import TypeVar

from msgspec import Struct, field, structs

from pitboard.contract.messages import LapRow, LapSummary, SetupDocument

_L = TypeVar("_L", LapRow, LapSummary)

LapKey = tuple[int, int]
"""(`run`, `lap`): with the `monitor_id`, the identity of a lap."""


class RememberedSetup(Struct, frozen=True, kw_only=True):
    """The last setup that got a revision."""

    revision: int
    captured_at: str
    document: SetupDocument
    name: str | None = None


class Memory(Struct, kw_only=True):
    """The state of one monitor in one session, saved by `state.StateFile`.

    Attributes:
        birth: Of the last connection.
        run: Counts the simulator's sessions; 0 before the first sample.
        last_lap: The lap counter when last seen in this run.
        control: Sent with the last taking of control; 0 before the first.
        laps: The lap table, in order of (`run`, `lap`).
        unsent: Laps whose `lap` message no broker has acknowledged yet.
    """

    session_id: str
    monitor_id: str
    birth: int = 0
    run: int = 0
    last_lap: int = 0
    control: int = 0
    setup: RememberedSetup | None = None
    laps: list[LapRow] = field(default_factory=list)
    unsent: list[LapSummary] = field(default_factory=list)

    @property
    def newest_lap(self) -> LapKey:
        """The greatest key of the table; (0, 0) when it is empty."""
        return max(map(key_of, self.laps), default=(0, 0))

    def add_lap(self, summary: LapSummary, row: LapRow) -> bool:
        """Remember a completed lap; False when it was there already."""
        if any(key_of(old) == key_of(row) for old in reversed(self.laps)):
            return False
        self.laps.append(row)
        self.unsent.append(summary)
        return True

    def merge_laps(self, rows: Iterable[LapRow]) -> bool:
        """Take over the laps that a broker has; False when there was nothing new.

        Readers know those by their keys. A lap of ours that has one of these keys but was completed
        at another time was driven before we could know: it and all that followed get other runs.
        """
        theirs = {key_of(row): row for row in rows}
        ours = [row for row in self.laps if not _is_same(row, theirs.get(key_of(row)))]
        taken = [row.run for row in ours if key_of(row) in theirs]
        if taken:
            first = min(taken)
            moved = {key_of(row) for row in ours if row.run >= first}
            self._move(moved, 1 + max(run for run, _ in theirs) - first)
        known = set(map(key_of, self.laps))
        missing = [row for key, row in theirs.items() if key not in known]
        # Not by time: after a clock was set back, rows would wander from chunk to chunk.
        self.laps = sorted([*self.laps, *missing], key=key_of)
        return bool(taken or missing)

    def acknowledge(self, keys: Container[LapKey]) -> None:
        """A broker has the `lap` messages of *keys*.

        One is forgotten once all before it are, so that a lost one never comes after a later one.
        """
        self.unsent = list(dropwhile(lambda lap: key_of(lap) in keys, self.unsent))

    def _move(self, keys: set[LapKey], runs: int) -> None:
        """Number the runs of these laps, and of the one that is open, higher."""

        def place(lap: _L) -> _L:
            return structs.replace(lap, run=lap.run + runs) if key_of(lap) in keys else lap

        self.laps = list(map(place, self.laps))
        self.unsent = list(map(place, self.unsent))
        if self.run >= min(keys)[0]:
            self.run += runs


def key_of(lap: LapRow | LapSummary) -> LapKey:
    """What identifies a lap among those of its monitor."""
    return lap.run, lap.lap


def _is_same(row: LapRow, other: LapRow | None) -> bool:
    return other is not None and row.finished_at == other.finished_at
