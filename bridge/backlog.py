"""What has come from the broker and waits for the loop, which empties it in batches."""

import logging
from collections import deque
from collections.abc import Callable
from typing import Protocol

log = logging.getLogger(__name__)

MAX_BACKLOG_BYTES = 64 * 1024 * 1024
"""More means that the loop is stuck, and the newest is dropped."""

# Between two batches the loop serves the browsers.
MAX_BATCH = 256

Deliver = Callable[[str | None, bytes, bool], None]
"""Takes a topic (`None` if it is not UTF-8), a payload and whether the broker replayed it."""


class Arrival(Protocol):
    """A message as paho has it; reading `topic` raises `UnicodeDecodeError` where it is no text."""

    payload: bytes | bytearray
    retain: bool

    @property
    def topic(self) -> str:
        """Where it was published."""


class Backlog:
    """Hands messages over in batches, with one wake-up of the loop for each.

    Args:
        deliver: Called on the loop with each message; what it raises is logged.
        post: Runs a function on the loop, from any thread.

    Attributes:
        dropped: Messages that found it full.
    """

    def __init__(self, deliver: Deliver, post: Callable[[Callable[[], None]], None]) -> None:
        self.dropped = 0
        self._deliver = deliver
        self._post = post
        self._waiting: deque[Arrival | Callable[[], None]] = deque()
        self._is_woken = False
        # One counter a thread: `+=` on a shared one would lose counts.
        self._bytes_in = 0
        self._bytes_out = 0

    def put(self, message: Arrival) -> None:
        """Take a message in, on paho's thread: slow work here starves the keepalive."""
        if self._bytes_in - self._bytes_out > MAX_BACKLOG_BYTES:
            self.dropped += 1
            return
        self._bytes_in += len(message.payload)
        self._append(message)

    def then(self, call: Callable[[], None]) -> None:
        """Run *call* on the loop behind all that has come so far."""
        self._append(call)

    def _append(self, item: Arrival | Callable[[], None]) -> None:
        self._waiting.append(item)
        if not self._is_woken:
            self._is_woken = True
            self._post(self._take)

    def _take(self) -> None:
        # Cleared first: what is appended from now on wakes the loop again.
        self._is_woken = False
        for _ in range(min(len(self._waiting), MAX_BATCH)):
            item = self._waiting.popleft()
            if callable(item):
                item()
            else:
                self._hand_over(item)
        if self._waiting and not self._is_woken:
            self._is_woken = True
            self._post(self._take)

    def _hand_over(self, message: Arrival) -> None:
        self._bytes_out += len(message.payload)
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = None
        try:
            self._deliver(topic, bytes(message.payload), message.retain)
        except Exception:
            log.exception("[Server] ERROR: message not delivered")
