"""Messages that were dropped because their clients may not publish there.

MQTT 3.1.1 has no way to tell the client, so the log tells whoever looks after the broker. No
clock: times come in as arguments.
"""

import logging

from pitboard.contract.log_lines import OncePerMinute, printable

log = logging.getLogger(__name__)


class Forbidden:
    """Counts them, and says once a minute how many there were.

    Attributes:
        count: Since the broker's start.
    """

    def __init__(self) -> None:
        self.count = 0
        self._said = 0
        self._example = ("", "")
        self._once = OncePerMinute()

    def add(self, client_id: str, topic: str) -> None:
        """A message of this client was dropped."""
        if self.count == self._said:
            self._example = (printable(client_id), printable(topic))
        self.count += 1

    def say(self, now_s: float) -> None:
        """Log what came since the last line, unless that was less than a minute ago."""
        new = self.count - self._said
        if new and self._once.admit("forbidden", now_s) is not None:
            self._said = self.count
            text = "messages dropped reason=not allowed count=%d so_far=%d client=%r topic=%r"
            log.warning(text, new, self.count, *self._example)
