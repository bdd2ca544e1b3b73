"""What has come from the broker and waits for the loop, which empties it in batches."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Protocol

from pitboard.bridge.histogram import Histogram
from pitboard.contract.topics import Channel

log = logging.getLogger(__name__)

MAX_BACKLOG_BYTES = 64 * 1024 * 1024
"""More means that the loop is stuck, and what is read then is dropped."""

OBJECT_BYTES = 200
"""What a message takes besides its payload."""

DEEP = 512
"""Behind so many messages, telemetry that is not the newest of its monitor is not read at all.

So what browsers see is never older than it takes to read these, however much is published.
"""

# Between two batches the loop serves the browsers.
MAX_BATCH = 256

_TELEMETRY = f"/{Channel.TELEMETRY}"

Deliver = Callable[[str | None, bytes, bool], None]
"""Takes a topic (`None` if it is not UTF-8), a payload and whether the broker replayed it."""


class Received(Protocol):
    """A message, `arrivals.Arrival` or paho's.

    Reading `topic` raises `UnicodeDecodeError` where it is no text.
    """

    payload: bytes | bytearray
    retain: bool
    timestamp: float

    @property
    def topic(self) -> str:
        """Where it was published."""


class Backlog:
    """Hands messages over in batches, with one wake-up of the loop for each.

    Args:
        deliver: Called on the loop with each message; what it raises is logged.
        post: Runs a function on the loop, from any thread.
        settle: Called after each batch.

    Attributes:
        dropped: Messages that found it full.
        overtaken: Telemetry that was not read, because newer waited behind it.
        latency: From paho's reading of a message to the end of its delivery.
    """

    def __init__(
        self,
        deliver: Deliver,
        post: Callable[[Callable[[], None]], None],
        settle: Callable[[], None] = lambda: None,
    ) -> None:
        self.latency = Histogram()
        self._deliver = deliver
        self._post = post
        self._settle = settle
        self._waiting: deque[Received | Callable[[], None]] = deque()
        self._is_woken = False
        # One counter a thread: `+=` on a shared one would lose counts.
        self.dropped = 0
        self.overtaken = 0
        self._bytes_in = 0
        self._bytes_out = 0

    def put_all(self, messages: Sequence[Received]) -> None:
        """Take messages in, on paho's thread: slow work here starves the keepalive."""
        if self._bytes_in - self._bytes_out > MAX_BACKLOG_BYTES:
            self.dropped += len(messages)
            return
        self._bytes_in += sum(len(message.payload) + OBJECT_BYTES for message in messages)
        self._append(messages)

    def then(self, call: Callable[[], None]) -> None:
        """Run *call* on the loop behind all that has come so far."""
        self._append([call])

    def _append(self, items: Sequence[Received | Callable[[], None]]) -> None:
        self._waiting.extend(items)
        if not self._is_woken:
            self._is_woken = True
            self._post(self._take)

    def _take(self) -> None:
        # Cleared first: what is appended from now on wakes the loop again.
        self._is_woken = False
        if len(self._waiting) > DEEP:
            self._thin_out()
        came_at = []
        for _ in range(min(len(self._waiting), MAX_BATCH)):
            item = self._waiting.popleft()
            if callable(item):
                item()
                continue
            self._hand_over(item)
            came_at.append(item.timestamp)
        self._end_batch(came_at)
        if self._waiting and not self._is_woken:
            self._is_woken = True
            self._post(self._take)

    def _thin_out(self) -> None:
        """Drop the oldest telemetry where newer waits; all else stays, in its order."""
        # paho's thread may append meanwhile; it takes nothing out.
        items = [self._waiting.popleft() for _ in range(len(self._waiting))]
        overtaken: set[str] = set()
        kept = []
        for place in range(len(items) - 1, -1, -1):
            item = items[place]
            topic = _telemetry_topic(item)
            if topic in overtaken and place < len(items) - DEEP and not callable(item):
                self._bytes_out += len(item.payload) + OBJECT_BYTES
                self.overtaken += 1
                continue
            if topic is not None:
                overtaken.add(topic)
            kept.append(item)
        self._waiting.extendleft(kept)

    def _end_batch(self, came_at: list[float]) -> None:
        if not came_at:
            return
        try:
            self._settle()
        except Exception:
            log.exception("[Server] ERROR: batch not settled")
        now = monotonic()
        for timestamp in came_at:
            self.latency.observe(now - timestamp)

    def _hand_over(self, message: Received) -> None:
        self._bytes_out += len(message.payload) + OBJECT_BYTES
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = None
        try:
            self._deliver(topic, bytes(message.payload), message.retain)
        except Exception:
            log.exception("[Server] ERROR: message not delivered")


def _telemetry_topic(item: Received | Callable[[], None]) -> str | None:
    """Where live telemetry was published; `None` for all else."""
    if callable(item) or item.retain:
        return None
    try:
        topic = item.topic
    except UnicodeDecodeError:
        return None
    return topic if topic.endswith(_TELEMETRY) else None
