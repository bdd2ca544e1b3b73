"""What a broker holds of this monitor from an earlier life, taken over into its memory.

So a lost state file never erases a race, whatever the broker sends first and however late.
"""

from msgspec import structs

from pitboard.contract import codec
from pitboard.contract.messages import (
    LapMessage,
    LapRow,
    LapsMessage,
    Message,
    SetupMessage,
    StatusMessage,
)
from pitboard.publisher.lap_rows import row_of
from pitboard.publisher.memory import LapKey, Memory, RememberedSetup, key_of

SUBACK_WITHIN_S = 2.0
"""A replay begins with the broker's answer; without one the monitor speaks after this long."""

QUIET_S = 0.020
"""Brokers give no mark for the end of a replay; this long without a message counts as one."""

LONGEST_S = 0.150

# A monitor that remembers nothing may find a whole race on the broker, and a long line delivers it
# with pauses of its round trip.
NEW_QUIET_S = 0.300
NEW_LONGEST_S = 2.0


class ReadBack:
    """What was replayed of the monitor's own topics."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._is_new = memory.birth == 0
        self._is_answered = False
        self._since_s = self._last_s = 0.0
        self._rows: dict[LapKey, LapRow] = {}

    def asked(self, now_s: float) -> None:
        """A connection stands: what its broker holds is asked for."""
        self._is_answered = False
        self._since_s = now_s

    def answered(self, now_s: float) -> None:
        """The broker granted the subscription: what it holds follows, or has begun to come."""
        self._is_answered = True
        self._since_s = self._last_s = now_s

    def heard(self, now_s: float) -> None:
        """A message came; the end is put off."""
        self._last_s = now_s

    @property
    def end_s(self) -> float:
        """When it counts as complete."""
        if not self._is_answered:
            return self._since_s + SUBACK_WITHIN_S
        quiet_s = NEW_QUIET_S if self._is_new else QUIET_S
        longest_s = NEW_LONGEST_S if self._is_new else LONGEST_S
        return min(self._last_s + quiet_s, self._since_s + longest_s)

    def take(self, message: Message) -> None:
        """Take over what we forgot; laps only with `merge_laps`, when all are there."""
        match message:
            case StatusMessage():
                self._memory.control = max(self._memory.control, message.control or 0)
            case SetupMessage():
                self._take_setup(message)
            case LapsMessage():
                self._rows.update((key_of(row), row) for row in codec.lap_rows(message))
            case LapMessage():
                # Its chunk may never have been sent.
                row = row_of(message.lap_summary)
                self._rows.setdefault(key_of(row), row)

    def merge_laps(self) -> bool:
        """Take over the laps that have come so far; False when there was nothing new."""
        self._is_new = False
        return self._memory.merge_laps(self._rows.values())

    def _take_setup(self, message: SetupMessage) -> None:
        """A revision that readers have seen is never given to another document."""
        ours = self._memory.setup
        if ours is None:
            self._memory.setup = RememberedSetup(
                revision=message.revision,
                captured_at=message.captured_at,
                document=message.setup,
                name=message.name,
            )
        elif ours.document == message.setup:
            revision = max(ours.revision, message.revision)
            self._memory.setup = structs.replace(ours, revision=revision)
        elif ours.revision <= message.revision:
            self._memory.setup = structs.replace(ours, revision=message.revision + 1)
