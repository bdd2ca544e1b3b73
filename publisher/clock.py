"""Time, as something that can be handed in: nothing that decides reads a clock by itself."""

import time
from typing import Protocol


class Clock(Protocol):
    """Two clocks: one that people read, one that never jumps."""

    def unix_ms(self) -> int:
        """The time of day, ms since 1970; may be set by a person."""
        ...

    def monotonic_s(self) -> float:
        """Seconds that only grow, for durations."""
        ...


class SystemClock:
    """The machine's clocks."""

    def unix_ms(self) -> int:
        """The time of day, ms since 1970."""
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        """Seconds since some moment in the past."""
        return time.monotonic()
