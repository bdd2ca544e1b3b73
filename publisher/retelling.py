"""When everything is said again because the broker may have dropped some of it.

A cluster that elects a leader answers for a retained value without storing it, and takes seconds
to do so; a broker that stores it answers in milliseconds.
"""

LATE_S = 2.0
"""An answer that takes longer is no proof that the value is kept."""

AFTER_S = 15.0
"""From the last late answer until everything is said again: longer than an election."""

PAUSE_S = 60.0
"""The longest wait: a line may be slow, and a store without a leader, for ever."""


class Retelling:
    """Decides on the times it is given, in monotonic seconds.

    As long as retellings are answered late themselves, each waits twice as long as the one before.
    """

    def __init__(self) -> None:
        self._due_s: float | None = None
        self._latest_s = 0.0
        self._told_s = float("-inf")
        self._delay_s = AFTER_S

    @property
    def due_s(self) -> float | None:
        """When to say everything again, if that is planned."""
        return self._due_s

    def answered_late(self, now_s: float) -> None:
        """An answer took more than `LATE_S`."""
        if self._due_s is None:
            was_in_vain = now_s - self._told_s <= self._delay_s
            self._delay_s = min(2 * self._delay_s, PAUSE_S) if was_in_vain else AFTER_S
            # A line that is always slow would put it off for ever.
            self._latest_s = now_s + PAUSE_S
        self._due_s = min(now_s + self._delay_s, self._latest_s)

    def take(self, now_s: float) -> bool:
        """Whether to say everything now; it counts as done then."""
        if self._due_s is None or now_s < self._due_s:
            return False
        self._due_s, self._told_s = None, now_s
        return True
