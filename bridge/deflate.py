"""One compressed stream of telemetry that all browsers of a session and rate share.

`permessage-deflate` lets each message refer to those before it, which is where nearly all of the
gain is, and lets messages go uncompressed, which leave no trace in the receiver's window. So one
compressor may serve every connection that has received all of its output since a point at which it
forgot what it knew. A wrong byte here can look like a right number: nothing else may compress on
such a connection.
"""

import zlib
from collections.abc import Sequence

from pitboard.bridge.framing import DEFLATED_TEXT, frame

START_EVERY_MS = 2000
"""A browser that has missed a frame gets plain ones for at most so long."""

# 0.9 kB at 10 Hz become 103 bytes in 11 us; level 1 makes 126 to 168 of them in 7 to 11 us.
LEVEL = 6

WINDOW_BITS = 12
"""Holds four messages; a full window would gain nothing, and cost each browser 32 kB."""

_MEMORY_LEVEL = 5

_TAIL = b"\x00\x00\xff\xff"


class SharedDeflate:
    """The sending end; each message is compressed once. Stretches begin and end with pieces."""

    def __init__(self) -> None:
        self._compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, -WINDOW_BITS, _MEMORY_LEVEL)
        self._started_at: int | None = None

    def pack(self, texts: Sequence[bytes], now_ms: int) -> tuple[bytes, bool]:
        """The next piece, a frame for each text; whether it can be read without those before it."""
        is_start = self._started_at is None
        if self._started_at is None:
            self._started_at = now_ms
        # A clock that was set back ends the stretch too.
        is_last = not 0 <= now_ms - self._started_at < START_EVERY_MS
        frames = [self._frame(text, zlib.Z_SYNC_FLUSH) for text in texts[:-1]]
        frames.append(self._frame(texts[-1], zlib.Z_FULL_FLUSH if is_last else zlib.Z_SYNC_FLUSH))
        if is_last:
            self._started_at = None
        return b"".join(frames), is_start

    def _frame(self, text: bytes, flush: int) -> bytes:
        data = self._compressor.compress(text) + self._compressor.flush(flush)
        return frame(DEFLATED_TEXT, data.removesuffix(_TAIL))
