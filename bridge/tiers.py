"""The browsers of one session by the rate of their telemetry, so that each rate is packed once.

Decides only; times come in as arguments, in ms since 1970.
"""

import logging
from collections.abc import Sequence

from pitboard.bridge.deflate import SharedDeflate
from pitboard.bridge.framing import TEXT, frame, text_frames
from pitboard.bridge.outbox import Lane, Outbox, Readers, Stream

log = logging.getLogger(__name__)

_NOT_SENT = "[Server] ERROR: frames not sent"

SHARED_HZ = (1.0, 2.0, 5.0, 10.0)
"""The values of `max_hz` that browsers share; with any other, a browser counts for itself."""


class Tiers:
    """Who gets telemetry how often.

    Browsers that do not decompress keep a rate of their own, in their outbox.

    Attributes:
        sent_at_ms: When the last telemetry was passed on.
    """

    def __init__(self) -> None:
        self.sent_at_ms = 0
        self._full = _Tier(None)
        self._shared: dict[float, _Tier] = {}
        self._of: dict[Outbox, _Tier] = {}

    def place(self, outbox: Outbox, session_id: str, max_hz: float | None) -> None:
        """Give the browser telemetry from now on, at most *max_hz* times a second."""
        is_shared = outbox.is_deflating and max_hz in SHARED_HZ
        outbox.limit(session_id, None if is_shared else max_hz)
        tier = self._full
        if is_shared and max_hz is not None:
            tier = self._shared.setdefault(max_hz, _Tier(max_hz))
        if self._of.get(outbox) is not tier:
            self.remove(outbox)
            self._of[outbox] = tier
            tier.add(outbox)

    def remove(self, outbox: Outbox) -> None:
        """Give the browser no more; nothing if it got none."""
        tier = self._of.pop(outbox, None)
        if tier is None:
            return
        tier.remove(outbox)
        if tier.max_hz is not None and not tier.members:
            del self._shared[tier.max_hz]

    def send(
        self, texts: Sequence[bytes], lane: Lane, now_ms: int, lead: bytes | None = None
    ) -> int:
        """Pass on telemetry that came together; how many frames browsers' sockets have already.

        What has to be said anyway goes ahead of it, as *lead*: in the same write where it can.
        """
        self.sent_at_ms = now_ms
        sent = self._full.fan_out(texts, lane, now_ms, lead) if self._full.members else 0
        for tier in self._shared.values():
            if lead is not None:
                sent += tier.broadcast(lead)
            sent += tier.offer(texts[-1], lane, now_ms)
        return sent

    def broadcast(self, text: bytes) -> int:
        """Pass on what is no telemetry, in order; how many browsers' sockets have it already."""
        return sum(tier.broadcast(text) for tier in (self._full, *self._shared.values()))

    def tick(self, now_ms: int) -> int:
        """Pass on what was held back, though nothing newer has come; see `send`."""
        return sum(tier.tick(now_ms) for tier in self._shared.values())

    def discard(self, lane: Lane) -> None:
        """Drop what is held back of a monitor."""
        for tier in self._shared.values():
            tier.held.pop(lane, None)


class _Tier:
    """The browsers of one rate, every frame or *max_hz*, and the stream that they share."""

    def __init__(self, max_hz: float | None) -> None:
        self.max_hz = max_hz
        self.members: dict[Outbox, None] = {}
        self.held: dict[Lane, bytes] = {}
        self._plain: Readers = {}
        self._deflating: Readers = {}
        self._period_ms = 0.0 if max_hz is None else 1000 / max_hz
        self._opens_at = 0.0
        self._deflate: SharedDeflate | None = None
        self._stream = Stream()

    def add(self, outbox: Outbox) -> None:
        self.members[outbox] = None
        outbox.enlist(self._deflating if outbox.is_deflating else self._plain)

    def remove(self, outbox: Outbox) -> None:
        del self.members[outbox]
        outbox.delist(self._deflating if outbox.is_deflating else self._plain)
        outbox.unfollow(self._stream)
        if not self._deflating:
            self._deflate = None

    def offer(self, text: bytes, lane: Lane, now_ms: int) -> int:
        self.held.pop(lane, None)
        self.held[lane] = text
        return self.tick(now_ms)

    def tick(self, now_ms: int) -> int:
        # A clock that was set back must not close the gate for hours.
        is_closed = self._opens_at - 2 * self._period_ms < now_ms < self._opens_at
        if is_closed or not self.held:
            return 0
        # From turn to turn, not from frame to frame: or the rate would sink to a part of theirs.
        self._opens_at += self._period_ms
        if not now_ms < self._opens_at <= now_ms + self._period_ms:
            self._opens_at = now_ms + self._period_ms
        held, self.held = self.held, {}
        return sum(self.fan_out([text], lane, now_ms) for lane, text in held.items())

    def fan_out(
        self, texts: Sequence[bytes], lane: Lane, now_ms: int, lead: bytes | None = None
    ) -> int:
        late = self._late()
        led = texts if lead is None else (lead, *texts)
        plain = text_frames(led)
        late += self._write(self._plain, plain)
        if self._deflating:
            head = b"" if lead is None else frame(TEXT, lead)
            late += self._write_deflated(texts, now_ms, head, plain)
        for outbox in late:
            if lead is not None:
                outbox.put(lead)
            outbox.put_newest(texts, lane)
        return (len(self.members) - len(late)) * len(led)

    def broadcast(self, text: bytes) -> int:
        data = frame(TEXT, text)
        late = self._late()
        for readers in (self._plain, self._deflating):
            late += self._write(readers, data)
        for outbox in late:
            outbox.put(text)
        return len(self.members) - len(late)

    def _late(self) -> list[Outbox]:
        """Those for whom something waits, or that do not read."""
        if len(self._plain) + len(self._deflating) == len(self.members):
            return []
        reading = self._plain.keys() | self._deflating.keys()
        return [outbox for outbox in self.members if outbox not in reading]

    def _write_deflated(
        self, texts: Sequence[bytes], now_ms: int, head: bytes, plain: bytes
    ) -> list[Outbox]:
        """To those that decompress; *plain* to whom has missed something."""
        if self._deflate is None:
            self._deflate = SharedDeflate()
        piece, is_start = self._deflate.pack(texts, now_ms)
        if is_start:
            for outbox in self._deflating:
                outbox.follow(self._stream)
        self._stream.number += 1
        behind = {}
        if len(self._stream.readers) < len(self._deflating):
            following = self._stream.readers
            behind = {
                each: write for each, write in self._deflating.items() if each not in following
            }
        late = self._write(self._stream.readers, head + piece)
        late += self._write(behind, plain)
        return late

    def _write(self, readers: Readers, frames: bytes) -> list[Outbox]:
        """Those whose write failed, of whom the next must know nothing.

        Who drains their outbox meets the same failure, and ends the connection.
        """
        failed = []
        # A copy, since a write may find that its browser does not read. Of the writes alone: for
        # a thousand browsers, each further object is a thousand cache misses.
        for write in list(readers.values()):
            try:
                write(frames)
            except Exception:
                log.exception(_NOT_SENT)
                failed += [outbox for outbox in self.members if outbox.writes_with(write)]
        for outbox in failed:
            # It may have let go of the readers already, as one that has what was written.
            outbox.unfollow(self._stream)
        return failed
