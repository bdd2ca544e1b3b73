"""The browsers of one session by the rate of their telemetry, so that each rate is packed once.

Decides only; times come in as arguments, in ms since 1970.
"""

from pitboard.bridge.deflate import SharedDeflate
from pitboard.bridge.framing import TEXT, Update, frame
from pitboard.bridge.outbox import Lane, Outbox

SHARED_HZ = (1.0, 2.0, 5.0, 10.0)
"""The values of `max_hz` that browsers share; with any other, a browser counts for itself."""


class Tiers:
    """Who gets telemetry how often.

    Browsers that do not decompress keep a rate of their own, in their outbox.
    """

    def __init__(self) -> None:
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

    def send(self, text: bytes, lane: Lane, now_ms: int) -> int:
        """Pass telemetry on; how many browsers' sockets have it already."""
        sent = self._full.send(text, lane, now_ms) if self._full.members else 0
        for tier in self._shared.values():
            sent += tier.send(text, lane, now_ms)
        return sent

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
        self._period_ms = 0.0 if max_hz is None else 1000 / max_hz
        self._opens_at = 0.0
        self._deflating = 0
        self._stream: SharedDeflate | None = None

    def add(self, outbox: Outbox) -> None:
        self.members[outbox] = None
        self._deflating += outbox.is_deflating

    def remove(self, outbox: Outbox) -> None:
        del self.members[outbox]
        self._deflating -= outbox.is_deflating
        if not self._deflating:
            self._stream = None

    def send(self, text: bytes, lane: Lane, now_ms: int) -> int:
        if self.max_hz is None:
            return self._fan_out(text, lane, now_ms)
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
        return sum(self._fan_out(text, lane, now_ms) for lane, text in held.items())

    def _fan_out(self, text: bytes, lane: Lane, now_ms: int) -> int:
        deflated = None
        if self._deflating:
            if self._stream is None:
                self._stream = SharedDeflate()
            deflated = self._stream.pack(text, now_ms)
        update = Update(text, frame(TEXT, text), deflated)
        sent = 0
        for outbox in self.members:
            sent += outbox.pass_on(update, lane)
        return sent
