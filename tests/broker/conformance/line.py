"""An MQTT 3.1.1 client that does each step by itself, so that tests see every packet."""

import contextlib
import socket
import ssl
import struct
from collections import deque
from contextlib import closing
from typing import Self

from tests.broker.clients import DISCONNECT, Address, Got, packet, text
from tests.brokers import TIMEOUT_S

CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP = 0x20, 0x40, 0x50, 0x62, 0x70
SUBACK, UNSUBACK, PINGRESP = 0x90, 0xB0, 0xD0


class Cut(Exception):
    """The broker has closed the connection."""


class Refused(Exception):
    """The broker answers a CONNECT with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Line:
    """A connection: ``with Line(broker, "car") as car:``. Leaves with a DISCONNECT.

    Args:
        login: User and password.
        trusted: Speaks TLS with this.
        acknowledges: Whether it answers the messages that it reads.

    Attributes:
        session_present: Whether the broker had kept its session.
        repeats: The messages read that carry the DUP flag.
    """

    def __init__(
        self,
        broker: Address,
        client_id: str = "",
        *,
        is_clean: bool = True,
        keepalive_s: int = 0,
        will: Got | None = None,
        login: tuple[str, str] | None = None,
        trusted: ssl.SSLContext | None = None,
        acknowledges: bool = True,
    ) -> None:
        self.repeats: list[Got] = []
        self._acknowledges = acknowledges
        self._early: deque[tuple[int, bytes]] = deque()
        self._packet_id = 0
        self._socket = _dialed(broker, trusted)
        self._file = self._socket.makefile("rb")
        self.send(0x10, connect_body(client_id, is_clean, keepalive_s, will, login))
        try:
            present, code = self.expect(CONNACK)
        except BaseException:
            self.cut()
            raise
        if code:
            self.cut()
            raise Refused(code)
        self.session_present = present == 1

    def send(self, head: int, body: bytes = b"") -> None:
        """Send a packet."""
        try:
            self._socket.sendall(packet(head, body))
        except OSError as error:
            raise Cut from error

    def expect(self, head: int) -> bytes:
        """The body of the next packet that is no message, which must be of this kind."""
        while True:
            found, body = self._read()
            if found & 0xF0 != 0x30:
                assert found == head, f"{found:#x} {body!r} instead of {head:#x}"
                return body
            self._early.append((found, body))

    def subscribe(self, *wanted: tuple[str, int]) -> list[int]:
        """Subscribe to filters at their QoS; the codes that the broker answers with."""
        number = self._next_id()
        asked = b"".join(text(topic) + bytes([qos]) for topic, qos in wanted)
        self.send(0x82, number + asked)
        answer = self.expect(SUBACK)
        assert answer[:2] == number
        return list(answer[2:])

    def unsubscribe(self, *filters: str) -> None:
        """Unsubscribe, and wait for the answer."""
        number = self._next_id()
        self.send(0xA2, number + b"".join(map(text, filters)))
        assert self.expect(UNSUBACK) == number

    def publish(self, topic: str, payload: bytes, qos: int = 0, *, retain: bool = False) -> None:
        """Publish, with the handshake of the QoS."""
        number = self._next_id() if qos else b""
        self.send(0x30 | qos << 1 | retain, text(topic) + number + payload)
        if qos == 1:
            assert self.expect(PUBACK) == number
        elif qos == 2:
            assert self.expect(PUBREC) == number
            self.send(PUBREL, number)
            assert self.expect(PUBCOMP) == number

    def next(self) -> Got:
        """The next message, acknowledged as its QoS asks for."""
        head, body = self._early.popleft() if self._early else self._read()
        assert head & 0xF0 == 0x30, f"{head:#x} {body!r} is no message"
        qos, size = (head >> 1) & 3, 2 + int.from_bytes(body[:2], "big")
        number, payload = (body[size : size + 2], body[size + 2 :]) if qos else (b"", body[size:])
        got = Got(body[2:size].decode(), payload, bool(head & 1), qos)
        if head & 8:
            self.repeats.append(got)
        if qos == 1 and self._acknowledges:
            self.send(PUBACK, number)
        if qos == 2 and self._acknowledges:
            self.send(PUBREC, number)
            assert self.expect(PUBREL) == number
            self.send(PUBCOMP, number)
        return got

    def rest(self) -> list[Got]:
        """The messages that have come by the time the broker answers a question."""
        self.send(0xC0)
        assert self.expect(PINGRESP) == b""
        found = []
        while self._early:
            found.append(self.next())
        return found

    def until_cut(self) -> None:
        """Read on until the broker closes the connection."""
        with contextlib.suppress(Cut):
            while True:
                self._read()

    def cut(self) -> None:
        """Go without a word."""
        self._file.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        with contextlib.suppress(OSError):
            self._socket.sendall(DISCONNECT)
        self.cut()

    def _next_id(self) -> bytes:
        self._packet_id += 1
        return struct.pack("!H", self._packet_id)

    def _read(self) -> tuple[int, bytes]:
        head = self._take(1)[0]
        length = shift = 0
        while True:
            digit = self._take(1)[0]
            length |= (digit & 0x7F) << shift
            shift += 7
            if not digit & 0x80:
                return head, self._take(length)

    def _take(self, size: int) -> bytes:
        try:
            data = self._file.read(size)
        except ConnectionError as error:
            raise Cut from error
        if len(data) < size:
            raise Cut
        return data


def answer(broker: Address, sent: bytes, trusted: ssl.SSLContext | None = None) -> bytes:
    """All that the broker says to these bytes before it closes the connection."""
    said = b""
    with closing(_dialed(broker, trusted)) as sock:
        sock.sendall(sent)
        # What is closed with bytes that it has not read resets the connection.
        with contextlib.suppress(ConnectionResetError):
            while data := sock.recv(4096):
                said += data
    return said


def _dialed(broker: Address, trusted: ssl.SSLContext | None) -> socket.socket:
    sock = socket.create_connection((broker.host, broker.port), TIMEOUT_S)
    return sock if trusted is None else trusted.wrap_socket(sock, server_hostname=broker.host)


def connect_body(
    client_id: str,
    is_clean: bool = True,
    keepalive_s: int = 0,
    will: Got | None = None,
    login: tuple[str, str] | None = None,
) -> bytes:
    """What a CONNECT says."""
    flags, tail = 0x02 if is_clean else 0, b""
    if will is not None:
        flags |= 0x04 | will.qos << 3 | (0x20 if will.retain else 0)
        tail += text(will.topic) + text(will.payload)
    if login is not None:
        flags |= 0xC0
        tail += text(login[0]) + text(login[1])
    head = text("MQTT") + bytes([4, flags]) + struct.pack("!H", keepalive_s)
    return head + text(client_id) + tail
