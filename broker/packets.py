"""MQTT 3.1.1 as a client may send it: whole packets, cut from the stream and checked.

Numbers in brackets name the rules of the standard (OASIS MQTT 3.1.1). Does no I/O.
"""

from dataclasses import dataclass
from enum import IntEnum

from pitboard.broker.faults import BadPacket, Fault, MissingId, UnsupportedLevel

MAX_PACKET_BYTES = 256 * 1024
"""What a packet may hold after its fixed header; the largest message we send has 240 KiB."""

MAX_CONNECT_BYTES = 70_000
"""A CONNECT with our longest will, before anybody is known."""

MAX_FILTERS = 1000
"""Topic filters of one packet, ten times what a client may have; 256 KiB of them take a second."""

LEVEL = 4
"""The protocol level of MQTT 3.1.1."""


class Kind(IntEnum):
    """The packets that a client may send."""

    CONNECT = 1
    PUBLISH = 3
    PUBACK = 4
    PUBREC = 5
    PUBREL = 6
    PUBCOMP = 7
    SUBSCRIBE = 8
    UNSUBSCRIBE = 10
    PINGREQ = 12
    DISCONNECT = 14


_KINDS = frozenset(Kind)
_ACKS = frozenset({Kind.PUBACK, Kind.PUBREC, Kind.PUBREL, Kind.PUBCOMP})
_BARE = frozenset({Kind.PINGREQ, Kind.DISCONNECT})
_WITH_FLAG_2 = frozenset({Kind.PUBREL, Kind.SUBSCRIBE, Kind.UNSUBSCRIBE})


@dataclass(frozen=True, slots=True)
class Connect:
    """What a client asks for when it connects; `keepalive_s` 0 is none."""

    client_id: str
    is_clean: bool
    keepalive_s: int
    username: str | None
    password: bytes | None
    will_topic: str | None


class Splitter:
    """Cuts what arrives into packets, and lets none through from the first bad one on.

    Attributes:
        error: What is wrong with the packet that comes next; nothing comes any more then.
    """

    def __init__(self, limit: int = MAX_PACKET_BYTES) -> None:
        self.error: BadPacket | None = None
        self._limit = limit
        self._rest = bytearray()

    def feed(self, data: bytes) -> bytes:
        """The whole packets that *data* completes, as they are."""
        if self.error is not None:
            return b""
        rest = self._rest
        rest += data
        end = 0
        try:
            while (size := packet_size(rest, end, self._limit)) is not None:
                check(rest[end], bytes(rest[end + header_size(rest, end) : end + size]))
                end += size
        except BadPacket as error:
            self.error = error
        whole = bytes(rest[:end])
        del rest[:end]
        return whole


def header_size(data: bytes | bytearray, start: int) -> int:
    """Bytes of a fixed header that is there in full."""
    size = 2
    while data[start + size - 1] & 0x80:
        size += 1
    return size


def packet_size(data: bytes | bytearray, start: int, limit: int) -> int | None:
    """Bytes of the packet that begins at *start*; `None` while they are not all there.

    Raises:
        BadPacket: The length is not one, or above *limit*, however little of it has come.
    """
    length = shift = 0
    at = start + 1
    while True:
        if at >= len(data):
            return None
        byte = data[at]
        length |= (byte & 0x7F) << shift
        at += 1
        if not byte & 0x80:
            break
        shift += 7
        if shift > 21:
            raise BadPacket(Fault.LENGTH, "remaining length of more than 4 bytes [2.2.3]")
    if length > limit:
        raise BadPacket(Fault.SIZE, f"packet of {length} bytes, the limit is {limit}")
    end = at + length
    return end - start if end <= len(data) else None


def check(head: int, body: bytes) -> None:
    """Refuse a packet that no well-made client sends after its CONNECT. Raises `BadPacket`."""
    kind, flags = head >> 4, head & 0x0F
    if kind not in _KINDS or kind == Kind.CONNECT:
        raise BadPacket(Fault.TYPE, f"packet type {kind} [2.2.1]")
    if kind == Kind.PUBLISH:
        _check_publish(flags, body)
        return
    if flags != (2 if kind in _WITH_FLAG_2 else 0):
        raise BadPacket(Fault.FLAGS, f"flags {flags} of packet type {kind} [2.2.2]")
    if kind in _BARE:
        if body:
            raise BadPacket(Fault.LENGTH, f"packet type {kind} with a body")
    elif kind in _ACKS:
        if len(body) != 2:
            raise BadPacket(Fault.LENGTH, f"packet type {kind} of {len(body)} bytes")
    else:
        _check_filters(body, has_qos=kind == Kind.SUBSCRIBE)


def parse_connect(body: bytes) -> Connect:
    """The body of a CONNECT. Raises `BadPacket`, which is `UnsupportedLevel` for other versions."""
    fields = _Fields(body)
    name = fields.data()
    level, flags = fields.byte(), fields.byte()
    if (name, level) != (b"MQTT", LEVEL):
        if name in (b"MQTT", b"MQIsdp"):
            raise UnsupportedLevel(level)
        raise BadPacket(Fault.PROTOCOL, "protocol name [3.1.2.1]")
    _check_connect_flags(flags)
    keepalive_s = fields.number()
    client_id = fields.text()
    is_clean = bool(flags & 0x02)
    if not client_id and not is_clean:
        raise MissingId
    will_topic = None
    if flags & 0x04:
        will_topic = _topic_name(fields)
        fields.data()
    username = fields.text() if flags & 0x80 else None
    password = fields.data() if flags & 0x40 else None
    fields.end()
    return Connect(client_id, is_clean, keepalive_s, username, password, will_topic)


def _check_connect_flags(flags: int) -> None:
    has_will, will_qos = flags & 0x04, (flags >> 3) & 3
    if flags & 0x01:
        raise BadPacket(Fault.FLAGS, "reserved flag of CONNECT [3.1.2.3]")
    if will_qos == 3 or (not has_will and flags & 0x38):
        raise BadPacket(Fault.FLAGS, "flags of the will [3.1.2.6]")
    if flags & 0x40 and not flags & 0x80:
        raise BadPacket(Fault.FLAGS, "password without a user name [3.1.2.9]")


def _check_publish(flags: int, body: bytes) -> None:
    qos = (flags >> 1) & 3
    if qos == 3:
        raise BadPacket(Fault.QOS, "QoS 3 [3.3.1.2]")
    if qos == 0 and flags & 0x08:
        raise BadPacket(Fault.FLAGS, "a repeated QoS 0 message [3.3.1.1]")
    fields = _Fields(body)
    _topic_name(fields)
    if qos:
        fields.packet_id()


def _check_filters(body: bytes, *, has_qos: bool) -> None:
    fields = _Fields(body)
    fields.packet_id()
    if fields.is_at_end:
        raise BadPacket(Fault.FILTER, "no topic filter [3.8.3]")
    count = 0
    while not fields.is_at_end:
        count += 1
        if count > MAX_FILTERS:
            raise BadPacket(Fault.FILTER, f"more than {MAX_FILTERS} topic filters")
        if not is_filter(fields.text()):
            raise BadPacket(Fault.FILTER, "not a topic filter [4.7.1]")
        if has_qos and fields.byte() > 2:
            raise BadPacket(Fault.QOS, "QoS of a subscription [3.8.3]")


def is_filter(text: str) -> bool:
    """Whether *text* is a topic filter with its wildcards where they may stand."""
    if not text:
        return False
    levels = text.split("/")
    if any("+" in level and level != "+" for level in levels):
        return False
    return not any("#" in level for level in levels[:-1]) and (
        "#" not in levels[-1] or levels[-1] == "#"
    )


def _topic_name(fields: "_Fields") -> str:
    topic = fields.text()
    if not topic or "+" in topic or "#" in topic:
        raise BadPacket(Fault.TOPIC, "topic of a message [3.3.2.1]")
    return topic


class _Fields:
    """Reads a body from its start; every read raises `BadPacket` at its end."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    @property
    def is_at_end(self) -> bool:
        return self._at == len(self._body)

    def byte(self) -> int:
        return self._take(1)[0]

    def number(self) -> int:
        return int.from_bytes(self._take(2), "big")

    def packet_id(self) -> None:
        if self.number() == 0:
            raise BadPacket(Fault.PACKET_ID, "packet id 0 [2.3.1]")

    def data(self) -> bytes:
        return self._take(self.number())

    def text(self) -> str:
        try:
            # Refuses surrogates too.
            text = self.data().decode()
        except UnicodeDecodeError:
            raise BadPacket(Fault.TEXT, "text that is not UTF-8 [1.5.3]") from None
        if "\0" in text:
            raise BadPacket(Fault.TEXT, "text with a NUL [1.5.3]")
        return text

    def end(self) -> None:
        if not self.is_at_end:
            raise BadPacket(Fault.LENGTH, "bytes after the last field")

    def _take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._body):
            raise BadPacket(Fault.LENGTH, "a field that ends behind its packet")
        taken = self._body[self._at : end]
        self._at = end
        return taken
