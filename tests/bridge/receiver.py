"""One connection as a browser reads it: the frames that were written to it, and their texts."""

import zlib
from collections.abc import Callable

from pitboard.bridge.deflate import WINDOW_BITS
from pitboard.bridge.framing import DEFLATED_TEXT, TEXT
from pitboard.bridge.outbox import Outbox


class Receiver:
    """Has one window, for compressed messages only.

    Attributes:
        texts: What was read.
        writes: How many texts each write brought.
        compressed: How many were.
    """

    def __init__(self) -> None:
        self.texts: list[bytes] = []
        self.writes: list[int] = []
        self.compressed = 0
        self._window = zlib.decompressobj(-WINDOW_BITS)

    def read(self, data: bytes) -> None:
        before = len(self.texts)
        while data:
            size, head = data[1], 2
            assert size < 127
            if size == 126:
                size, head = int.from_bytes(data[2:4], "big"), 4
            self._take(data[0], data[head : head + size])
            data = data[head + size :]
        self.writes.append(len(self.texts) - before)

    def _take(self, first: int, payload: bytes) -> None:
        if first == DEFLATED_TEXT:
            self.compressed += 1
            payload = self._window.decompress(payload + b"\x00\x00\xff\xff")
        else:
            assert first == TEXT
        self.texts.append(payload)


class Reader(Receiver):
    """A browser that reads all at once, until `stall`."""

    def __init__(
        self, *, is_deflating: bool = True, wake: Callable[[], None] | None = None
    ) -> None:
        super().__init__()
        self._is_stalled = False
        self.outbox = Outbox(wake or self.drain, write=self.read, is_deflating=is_deflating)
        self.drain()

    def stall(self) -> None:
        self._is_stalled = True
        self.outbox.hold()

    def resume(self) -> None:
        self._is_stalled = False
        self.drain()

    def drain(self, now: float = 0.0) -> None:
        """Take what waits, as a browser's connection does when it is told that something does."""
        if not self._is_stalled:
            self.texts += self.outbox.drain(now)
