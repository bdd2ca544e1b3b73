"""WebSocket frames as bytes, ready for every browser that gets them."""

from dataclasses import dataclass

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
    """One frame of a compressed stream that many browsers share.

    Attributes:
        stream: Which one; only identity counts.
        number: Its place in the stream; the next one has the next number.
        is_start: Whether it can be read without what came before it.
        frame: What goes to those that have all since the last start.
    """

    stream: object
    number: int
    is_start: bool
    frame: bytes


@dataclass(frozen=True, slots=True)
class Update:
    """Telemetry on its way to many browsers, framed once for all of them."""

    text: bytes
    frame: bytes
    deflated: Deflated | None = None
