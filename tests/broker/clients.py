"""MQTT clients for the tests of brokers: paho's, and bytes on a bare socket."""

import contextlib
import queue
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from tests.brokers import TIMEOUT_S


class Address(Protocol):
    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...


class Got(NamedTuple):
    """A message as a subscriber received it."""

    topic: str
    payload: bytes
    retain: bool = False
    qos: int = 0


class Messages:
    """A connected paho client that keeps what it receives."""

    def __init__(self, broker: Address, client_id: str = "", will: Got | None = None) -> None:
        self.connected = threading.Event()
        self.disconnected = threading.Event()
        self._subscribed: queue.SimpleQueue[list[int]] = queue.SimpleQueue()
        self._received: queue.SimpleQueue[Got] = queue.SimpleQueue()
        self.client = Client(CallbackAPIVersion.VERSION2, client_id)
        self.client.on_connect = lambda *_: self.connected.set()
        self.client.on_disconnect = lambda *_: self.disconnected.set()
        self.client.on_subscribe = lambda _c, _u, _m, codes, _p: self._subscribed.put(
            [code.value for code in codes]
        )
        self.client.on_message = self._keep
        if will is not None:
            self.client.will_set(will.topic, will.payload, will.qos, will.retain)
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()
        assert self.connected.wait(TIMEOUT_S)

    def subscribe(self, topic: str, qos: int = 0) -> list[int]:
        """Subscribe, and wait for the answer."""
        self.client.subscribe(topic, qos)
        return self._subscribed.get(timeout=TIMEOUT_S)

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Publish, and wait until it is sent, or acknowledged with QoS 1."""
        self.client.publish(topic, payload, qos, retain).wait_for_publish(TIMEOUT_S)

    def next(self) -> Got:
        """The next message."""
        return self._received.get(timeout=TIMEOUT_S)

    def until(self, topic: str) -> list[Got]:
        """All messages before the next one on *topic*, which is not included."""
        before = []
        while (got := self.next()).topic != topic:
            before.append(got)
        return before

    def close(self) -> None:
        """Leave with a DISCONNECT."""
        self.client.disconnect()
        self.client.loop_stop()
        # paho leaves the pair of sockets it wakes itself with to the garbage collector.
        self.client._reset_sockets()

    def _keep(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        self._received.put(Got(message.topic, bytes(message.payload), message.retain, message.qos))


@contextmanager
def messages(broker: Address, client_id: str = "", will: Got | None = None) -> Iterator[Messages]:
    """A connected client that leaves at the end."""
    client = Messages(broker, client_id, will)
    try:
        yield client
    finally:
        client.close()


def packet(kind: int, body: bytes) -> bytes:
    """An MQTT packet with a *kind* byte."""
    length, rest = bytearray(), len(body)
    while True:
        rest, digit = divmod(rest, 128)
        length.append(digit | (0x80 if rest else 0))
        if not rest:
            return bytes([kind]) + bytes(length) + body


def text(value: str | bytes) -> bytes:
    """A length and the bytes, as MQTT writes strings."""
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("!H", len(data)) + data


def connect_packet(
    client_id: str,
    will: Got | None = None,
    keepalive_s: int = 60,
    *,
    user: tuple[str, str] | None = None,
) -> bytes:
    """A CONNECT with a clean session; *user* is a name and a password."""
    flags, tail = 0x02, b""
    if will is not None:
        flags |= 0x04 | will.qos << 3 | (0x20 if will.retain else 0)
        tail = text(will.topic) + text(will.payload)
    if user is not None:
        flags |= 0xC0
        tail += text(user[0]) + text(user[1])
    head = text("MQTT") + bytes([4, flags]) + struct.pack("!H", keepalive_s)
    return packet(0x10, head + text(client_id) + tail)


def login(user: str, password: str, client_id: str, will: Got | None = None) -> bytes:
    """A CONNECT with user and password."""
    return connect_packet(client_id, will, user=(user, password))


def publish_packet(topic: str, payload: bytes, *, retain: bool = False) -> bytes:
    """A QoS 0 PUBLISH."""
    return packet(0x31 if retain else 0x30, text(topic) + payload)


def subscribe_packet(topic: str, qos: int = 0) -> bytes:
    """A SUBSCRIBE."""
    return packet(0x82, struct.pack("!H", 1) + text(topic) + bytes([qos]))


DISCONNECT = packet(0xE0, b"")
CONNACK = bytes([0x20, 2, 0, 0])
NOT_AUTHORIZED = bytes([0x20, 2, 0, 5])


def raw_client(broker: Address, client_id: str, will: Got | None = None) -> socket.socket:
    """A connected client that does nothing on its own, not even read."""
    sock = dial(broker, connect_packet(client_id, will))
    assert sock.recv(4) == CONNACK
    return sock


def dial(broker: Address, first: bytes) -> socket.socket:
    """A bare connection that has sent its first bytes."""
    sock = socket.create_connection((broker.host, broker.port), TIMEOUT_S)
    sock.sendall(first)
    return sock


def entered(
    broker: Address, user: str, password: str, client_id: str, will: Got | None = None
) -> socket.socket:
    """A connection of a user that was let in."""
    sock = dial(broker, login(user, password, client_id, will))
    assert sock.recv(4) == CONNACK
    return sock


def answer(sock: socket.socket, size: int = 64) -> bytes:
    """What the broker says before it closes the connection, or *size* bytes."""
    data = b""
    # What is closed with bytes that it has not read resets the connection.
    with contextlib.suppress(ConnectionResetError):
        while len(data) < size and (more := sock.recv(size - len(data))):
            data += more
    return data
