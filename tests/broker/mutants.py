"""What broken clients send: MQTT packets of every kind, damaged by chance. Does no I/O."""

import random
import struct
from collections.abc import Callable
from itertools import pairwise

from tests.broker.clients import DISCONNECT, packet, text

TOPICS = (
    *(f"pitboard/v1/s{number}/pc-1/status" for number in range(4)),
    *(
        "pitboard/v1/s0/pc-1/laps/0",
        "other/program",
        "a//b",
        "/",
        "$SYS/x",
        "pit\nstop",
        "ü/é",
        "x" + 40 * "/x",
    ),
)
FILTERS = (*TOPICS, "#", "+/+", "+", "/#", "pitboard/v1/+/+/status", "pitboard/v1/s0/#", "$SYS/#")
CLIENT_IDS = ("", "a", "b", "c", "pb-s0-pc-1", "x" * 300)
SIZES = (0, 1, 20, 3000, 70_000)

# The kinds that a broker sends, and the two that nobody does.
_FOREIGN = (0x00, 0x20, 0x90, 0xB0, 0xD0, 0xF0)


class Mutator:
    """Makes up what connections send; the same seed makes the same.

    Args:
        login: User and password of each CONNECT; the first is then never damaged, so that the
            connection is let in whatever follows.
    """

    def __init__(self, seed: int, login: tuple[str, str] | None = None) -> None:
        self._random = random.Random(seed)
        self._login = login
        self._makers: tuple[Callable[[], bytes], ...] = (
            *(self._publish, self._publish, self._publish, self._subscribe, self._subscribe),
            *(self._unsubscribe, self._ack, self._ack, self._bare, self._connect, self._foreign),
        )
        self._harms: tuple[Callable[[bytes], bytes], ...] = (
            *(self._flip, self._cut, self._extend, self._lie_about_length),
            *(self._change_type, self._change_flags, self._blank, self._repeat_a_part),
        )

    def packets(self) -> list[bytes]:
        """What one connection sends, most often a CONNECT first; some of it damaged."""
        choice = self._random
        found = [choice.choice(self._makers)() for _ in range(choice.randrange(12))]
        if choice.random() < 0.2:
            found += self._handshakes()
        if choice.random() < 0.95:
            found.insert(0, self._connect())
        for index in range(len(found)):
            if index == 0 and self._login is not None:
                continue
            # A damaged CONNECT hides all that comes after it.
            if choice.random() < (0.1 if index == 0 else 0.25):
                found[index] = choice.choice(self._harms)(found[index])
        if len(found) > 2 and choice.random() < 0.2:
            found.insert(choice.randrange(1, len(found)), choice.choice(found))
        if len(found) > 2 and choice.random() < 0.2:
            tail = found[1:]
            choice.shuffle(tail)
            found[1:] = tail
        return found

    def chunks(self, packets: list[bytes]) -> list[bytes]:
        """The same bytes in the pieces that a network makes of them."""
        data = b"".join(packets)
        if not data or self._random.random() < 0.3:
            return [data]
        count = len(data) if len(data) < 100 and self._random.random() < 0.1 else 8
        cuts = sorted(self._random.choices(range(len(data) + 1), k=count))
        return [data[start:end] for start, end in pairwise([0, *cuts, len(data)])]

    def one_of(self, *options: str) -> str:
        """One of the options, by chance."""
        return self._random.choice(options)

    def _id(self) -> bytes:
        return struct.pack("!H", self._random.choice((0, 1, 1, 2, 2, 3, 4, 65535)))

    def _connect(self) -> bytes:
        choice = self._random
        flags, tail = choice.choice((0x02, 0x02, 0x02, 0x00)), b""
        if choice.random() < 0.4:
            flags |= 0x04 | choice.randrange(3) << 3 | choice.choice((0, 0x20))
            tail += text(choice.choice(TOPICS)) + text(choice.randbytes(choice.choice(SIZES[:4])))
        if self._login is not None:
            flags |= 0xC0
            tail += b"".join(map(text, self._login))
        elif choice.random() < 0.2:
            flags |= 0xC0
            tail += text("ada") + text(choice.randbytes(8))
        keepalive = struct.pack("!H", choice.choice((0, 1, 60, 65535)))
        head = text("MQTT") + bytes([4, flags]) + keepalive
        return packet(0x10, head + text(choice.choice(CLIENT_IDS)) + tail)

    def _publish(self) -> bytes:
        choice = self._random
        qos = choice.randrange(3)
        head = 0x30 | qos << 1 | choice.choice((0, 1)) | (choice.choice((0, 8)) if qos else 0)
        number = self._id() if qos else b""
        size = choice.choices(SIZES, (20, 20, 20, 5, 1))[0]
        return packet(head, text(choice.choice(TOPICS)) + number + choice.randbytes(size))

    def _handshakes(self) -> list[bytes]:
        """QoS 2 messages under few packet ids, each released, some twice or too early."""
        found = []
        for _ in range(self._random.randrange(1, 8)):
            number = self._id()
            head = self._random.choice((0x34, 0x35, 0x3C))
            message = packet(head, text(self._random.choice(TOPICS)) + number + b"twice")
            found += self._random.choices((message, packet(0x62, number)), k=3)
        return found

    def _subscribe(self) -> bytes:
        chosen = self._random.choices(FILTERS, k=self._random.randrange(1, 6))
        wanted = [text(topic) + bytes([self._random.randrange(3)]) for topic in chosen]
        return packet(0x82, self._id() + b"".join(wanted))

    def _unsubscribe(self) -> bytes:
        chosen = self._random.choices(FILTERS, k=self._random.randrange(1, 6))
        return packet(0xA2, self._id() + b"".join(map(text, chosen)))

    def _ack(self) -> bytes:
        return packet(self._random.choice((0x40, 0x50, 0x62, 0x62, 0x70)), self._id())

    def _bare(self) -> bytes:
        return self._random.choice((packet(0xC0, b""), packet(0xC0, b""), DISCONNECT))

    def _foreign(self) -> bytes:
        return packet(self._random.choice(_FOREIGN), self._random.randbytes(3))

    def _at(self, data: bytes) -> int:
        return self._random.randrange(len(data))

    def _flip(self, data: bytes) -> bytes:
        harmed = bytearray(data)
        for _ in range(self._random.randrange(1, 9)):
            harmed[self._at(data)] ^= 1 << self._random.randrange(8)
        return bytes(harmed)

    def _cut(self, data: bytes) -> bytes:
        return data[: self._at(data)]

    def _extend(self, data: bytes) -> bytes:
        return data + self._random.randbytes(self._random.randrange(1, 20))

    def _lie_about_length(self, data: bytes) -> bytes:
        lies = (b"\0", b"\1", b"\x7f", b"\xff\x7f", b"\xff\xff\x7f", b"\xff\xff\xff\x7f")
        longer = (b"\x80\0", b"\x80\x80\x80\0", b"\xff\xff\xff\xff\x7f")
        return data[:1] + self._random.choice(lies + longer) + data[2:]

    def _change_type(self, data: bytes) -> bytes:
        return bytes([self._random.randrange(16) << 4 | data[0] & 0x0F]) + data[1:]

    def _change_flags(self, data: bytes) -> bytes:
        return bytes([data[0] & 0xF0 | self._random.randrange(16)]) + data[1:]

    def _blank(self, data: bytes) -> bytes:
        start = self._at(data)
        end = min(len(data), start + self._random.randrange(1, 9))
        return data[:start] + bytes(end - start) + data[end:]

    def _repeat_a_part(self, data: bytes) -> bytes:
        start = self._at(data)
        return data + data[start : start + self._random.randrange(1, 50)]
