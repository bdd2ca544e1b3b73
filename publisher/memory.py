"""What a monitor must not forget when its process dies."""

from msgspec import Struct, field

from pitboard.contract.messages import LapRow, LapSummary, SetupDocument

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
        laps: The lap table, oldest first.
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

    def add_lap(self, summary: LapSummary, row: LapRow) -> bool:
        """Remember a completed lap; False when it was there already."""
        if any((old.run, old.lap) == (row.run, row.lap) for old in reversed(self.laps)):
            return False
        self.laps.append(row)
        self.unsent.append(summary)
        return True

    def merge_laps(self, rows: list[LapRow]) -> bool:
        """Add the rows that are missing here, in order of `finished_at`; False when none was."""
        known = {(row.run, row.lap) for row in self.laps}
        missing = [row for row in rows if (row.run, row.lap) not in known]
        if not missing:
            return False
        self.laps.extend(missing)
        self.laps.sort(key=lambda row: (row.finished_at, row.run, row.lap))
        return True

    def acknowledge(self, key: LapKey) -> None:
        """A broker has the `lap` message of *key*."""
        self.unsent = [lap for lap in self.unsent if (lap.run, lap.lap) != key]
