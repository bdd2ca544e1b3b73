"""When everything is said again because the broker may have dropped some of it.

A cluster that elects a leader acknowledges a retained value without storing it, and takes seconds
to do so; a broker that stores it answers in milliseconds.
"""

LATE_S = 2.0
"""An acknowledgement that takes longer is no proof that the value is kept."""

AFTER_S = 15.0
"""From the last late acknowledgement until everything is said again: longer than an election."""

PAUSE_S = 60.0
"""From one time to the next at least: a line may be slow for ever."""


class Retelling:
    """Decides on the durations it is given, in monotonic seconds."""

    def __init__(self) -> None:
        self._due_s: float | None = None
        self._latest_s = 0.0
        self._told_s = float("-inf")

    @property
    def due_s(self) -> float | None:
        """When to say everything again, if that is planned."""
        return self._due_s

    def acknowledged_late(self, now_s: float) -> None:
        """An acknowledgement took more than `LATE_S`."""
        if self._due_s is None:
            # A line that is always slow would put it off for ever.
            self._latest_s = now_s + PAUSE_S
        self._due_s = min(max(now_s + AFTER_S, self._told_s + PAUSE_S), self._latest_s)

    def take(self, now_s: float) -> bool:
        """Whether to say everything now; it counts as done then."""
        if self._due_s is None or now_s < self._due_s:
            return False
        self._due_s, self._told_s = None, now_s
        return True
