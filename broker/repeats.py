"""What clients do over and over, as the log tells it: once a minute, with one example.

MQTT 3.1.1 has no way to tell the client, so the log tells whoever looks after the broker. No
clock: times come in as arguments.
"""

import logging

from pitboard.contract.log_lines import OncePerMinute, printable

log = logging.getLogger(__name__)


class Repeats:
    """Counts it, and says once a minute how often it was.

    Args:
        what: How the line in the log begins.

    Attributes:
        count: Since the broker's start.
    """

    def __init__(self, what: str) -> None:
        self.count = 0
        self._what = what
        self._said = 0
        self._example = ""
        self._once = OncePerMinute()

    def add(self, **example: str) -> None:
        """It happened again; the first since the last line is told with these words."""
        if self.count == self._said:
            self._example = " ".join(f"{key}={printable(text)!r}" for key, text in example.items())
        self.count += 1

    def say(self, now_s: float) -> None:
        """Log what came since the last line, unless that was less than a minute ago."""
        new = self.count - self._said
        if new and self._once.admit(self._what, now_s) is not None:
            self._said = self.count
            log.warning("%s count=%d so_far=%d %s", self._what, new, self.count, self._example)
