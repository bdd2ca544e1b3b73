"""WebSocket frames as bytes, ready for every browser that gets them."""

from collections.abc import Iterable

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


def text_frames(texts: Iterable[bytes]) -> bytes:
    """A frame for each text, one after the other."""
    return b"".join([frame(TEXT, text) for text in texts])
