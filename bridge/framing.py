"""WebSocket frames as bytes, ready for every browser that gets them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

TEXT = 0x81
DEFLATED_TEXT = 0xC1


def frame(first: int, payload: bytes) -> bytes:
    """An unmasked frame; *first* is its first byte: flags and opcode."""
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    if size < 1 << 16:
        return bytes((first, 126)) + size.to_bytes(2, "big") + payload
    return bytes((first, 127)) + size.to_bytes(8, "big") + payload


@dataclass(frozen=True, slots=True)
class Deflated:
    """A piece of a compressed stream that many browsers share.

    Attributes:
        stream: Which one; only identity counts.
        number: Its place in the stream; the next one has the next number.
        is_start: Whether it can be read without what came before it.
        frames: What goes to those that have all since the last start.
    """

    stream: object
    number: int
    is_start: bool
    frames: bytes


@dataclass(frozen=True, slots=True)
class Update:
    """Telemetry on its way to many browsers, framed once for all of them.

    Attributes:
        texts: Of one monitor, oldest first; what came together leaves in one write.
        frames: The same as WebSocket frames, one after the other.
        deflated: The same for browsers that decompress.
    """

    texts: Sequence[bytes]
    frames: bytes
    deflated: Deflated | None = None


def update(
    texts: Sequence[bytes], deflated: Deflated | None = None, lead: bytes | None = None
) -> Update:
    """Frame telemetry of one monitor; *lead* is a text that leaves ahead of it."""
    head = b"" if lead is None else frame(TEXT, lead)
    if head and deflated is not None:
        deflated = replace(deflated, frames=head + deflated.frames)
    return Update(texts, b"".join((head, *(frame(TEXT, text) for text in texts))), deflated)
