"""The packets that carry messages to a client, as bytes. Does no I/O."""


def publish(
    topic: str,
    data: bytes,
    *,
    retain: bool,
    qos: int = 0,
    packet_id: int = 0,
    is_repeated: bool = False,
) -> bytes:
    """A PUBLISH; QoS 0 has no packet id."""
    name = topic.encode()
    number = packet_id.to_bytes(2, "big") if qos else b""
    head = 0x30 | is_repeated << 3 | qos << 1 | retain
    size = _length(2 + len(name) + len(number) + len(data))
    return b"".join((bytes([head]), size, len(name).to_bytes(2, "big"), name, number, data))


def pubrel(packet_id: int) -> bytes:
    """A PUBREL."""
    return b"\x62\x02" + packet_id.to_bytes(2, "big")


def _length(size: int) -> bytes:
    """The remaining length: seven bits a byte, the lowest first [2.2.3]."""
    digits = bytearray()
    while size > 0x7F:
        digits.append(size & 0x7F | 0x80)
        size >>= 7
    digits.append(size)
    return bytes(digits)
