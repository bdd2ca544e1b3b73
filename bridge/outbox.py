"""What waits to be sent to one browser.

Telemetry is latest-wins and may be held back to a rate; everything else leaves in order and is
never dropped. Clock values come in as arguments.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

MAX_WAITING_BYTES = 8 * 1024 * 1024
"""Frames other than telemetry: a few snapshots of a race with full lap tables."""

MAX_WAITING_FRAMES = 1000

Write = Callable[[bytes], object]

Readers = dict["Outbox", Write]
"""Browsers that read, each with its own way past its queue."""


@dataclass(slots=True)
class Stream:
    """Compressed telemetry of which each piece refers to those before it.

    A browser has one window for all that it reads, so it follows one stream at a time.

    Attributes:
        number: How many pieces there were.
        readers: Those that read and have every piece since a start.
    """

    number: int = 0
    readers: Readers = field(default_factory=dict)


Lane = tuple[str, str]
"""The (`session_id`, `monitor_id`) whose newest telemetry replaces the one that waits."""


@dataclass(slots=True)
class _Gate:
    """Lets one session's telemetry through every `period_s`."""

    period_s: float
    opens_at: float = 0.0

    def pass_through(self, now: float) -> None:
        # From turn to turn, not from send to send: or each late wake-up would slow the rate.
        self.opens_at += self.period_s
        if self.opens_at - now < self.period_s / 2:
            self.opens_at = now + self.period_s


class Outbox:
    """One browser's frames; *wake* is called when there may be something to `drain`.

    Args:
        write: Sends frames at once; without it everything waits for a `drain`.
        is_deflating: Whether the browser takes compressed telemetry.

    Attributes:
        conflated: Telemetry that newer telemetry has replaced before it left.
    """

    def __init__(
        self,
        wake: Callable[[], None] = lambda: None,
        *,
        max_bytes: int = MAX_WAITING_BYTES,
        max_frames: int = MAX_WAITING_FRAMES,
        write: Write | None = None,
        is_deflating: bool = False,
    ) -> None:
        self.is_deflating = is_deflating
        self.conflated = 0
        self._wake = wake
        self._write = write
        self._is_open = False
        self._readers: list[Readers] = []
        self._stream: Stream | None = None
        self._read_up_to = 0
        self._max_bytes = max_bytes
        self._max_frames = max_frames
        # One dict keeps the order over all of them; telemetry is keyed by its lane.
        self._waiting: dict[int | Lane, bytes] = {}
        self._gates: dict[str, _Gate] = {}
        self._number = 0
        self._kept_bytes = 0
        self._kept_frames = 0

    @property
    def is_behind(self) -> bool:
        """Whether more waits than any browser that still reads would leave."""
        return self._kept_bytes > self._max_bytes or self._kept_frames > self._max_frames

    @property
    def depth(self) -> int:
        """How many frames wait."""
        return len(self._waiting)

    def put(self, frame: bytes, lane: Lane | None = None) -> None:
        """Queue *frame*; with a *lane* it is telemetry and replaces what waits there."""
        self.hold()
        if lane is None:
            self._number += 1
            self._waiting[self._number] = frame
            self._kept_bytes += len(frame)
            self._kept_frames += 1
            self._wake()
            return
        replaced = self._waiting.pop(lane, None)
        self._waiting[lane] = frame
        if replaced is None:
            self._wake()
        else:
            self.conflated += 1

    def put_newest(self, texts: Sequence[bytes], lane: Lane) -> None:
        """Queue the last of some telemetry that came together."""
        self.conflated += len(texts) - 1
        self.put(texts[-1], lane)

    def enlist(self, readers: Readers) -> None:
        """Be among *readers* whenever frames may go past the queue: nothing waits and all flows."""
        self._readers.append(readers)
        if self._is_open and self._write is not None:
            readers[self] = self._write

    def delist(self, readers: Readers) -> None:
        """Undo `enlist`."""
        self._readers = [each for each in self._readers if each is not readers]
        readers.pop(self, None)

    def follow(self, stream: Stream) -> None:
        """Be among its readers while the browser reads on from here, and of no other stream."""
        assert self._write is not None
        if self._stream is not None:
            self._stream.readers.pop(self, None)
        self._stream = stream
        self._read_up_to = stream.number
        if self._is_open:
            stream.readers[self] = self._write

    def unfollow(self, stream: Stream) -> None:
        """Undo `follow`."""
        stream.readers.pop(self, None)
        if self._stream is stream:
            self._stream = None

    def writes_with(self, write: Write) -> bool:
        """Whether *write* is this browser's."""
        return self._write is write

    def hold(self) -> None:
        """Let everything wait for the next `drain`: the browser does not read."""
        if self._is_open:
            self._is_open = False
            for readers in self._readers:
                readers.pop(self, None)
            if self._stream is not None and self in self._stream.readers:
                del self._stream.readers[self]
                self._read_up_to = self._stream.number

    def limit(self, session_id: str, max_hz: float | None) -> None:
        """Send telemetry of the session at most *max_hz* times a second; `None` is every frame."""
        if max_hz is None:
            self._gates.pop(session_id, None)
        elif (gate := self._gates.get(session_id)) is not None:
            # The new period counts from the turn that was taken last.
            gate.opens_at += 1 / max_hz - gate.period_s
            gate.period_s = 1 / max_hz
        else:
            self._gates[session_id] = _Gate(1 / max_hz)
            self.hold()
        self._wake()

    def discard(self, session_id: str, monitor_id: str | None = None) -> None:
        """Drop waiting telemetry of a session, or of one of its monitors."""
        for key in list(self._waiting):
            if isinstance(key, tuple) and key[0] == session_id and monitor_id in (None, key[1]):
                del self._waiting[key]

    def forget(self, session_id: str) -> None:
        """Drop waiting telemetry and the rate of a session."""
        self.discard(session_id)
        self._gates.pop(session_id, None)

    def drain(self, now: float) -> list[bytes]:
        """Take out what may be sent at *now*, in seconds; the browser reads."""
        if not self._waiting:
            self._open()
            return []
        out = []
        held_back: dict[int | Lane, bytes] = {}
        passed = set()
        for key, frame in self._waiting.items():
            if isinstance(key, tuple) and (gate := self._gates.get(key[0])) is not None:
                if now < gate.opens_at:
                    held_back[key] = frame
                    continue
                passed.add(key[0])
            out.append(frame)
        for session_id in passed:
            self._gates[session_id].pass_through(now)
        self._waiting = held_back
        self._kept_bytes = self._kept_frames = 0
        self._open()
        return out

    def _open(self) -> None:
        if not self._is_open and self._write and not self._waiting and not self._gates:
            self._is_open = True
            for readers in self._readers:
                readers[self] = self._write
            # Whoever has missed a piece waits for a start.
            if self._stream is not None and self._stream.number == self._read_up_to:
                self._stream.readers[self] = self._write

    def next_due(self) -> float | None:
        """When held-back telemetry may be sent; `None` while there is none. After a `drain`."""
        return min(
            (
                self._gates[key[0]].opens_at
                for key in self._waiting
                if isinstance(key, tuple) and key[0] in self._gates
            ),
            default=None,
        )
