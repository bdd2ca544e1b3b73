"""What strangers and careless clients meet at the embedded broker's door, over real sockets."""

import contextlib
import logging
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from queue import SimpleQueue

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from pitboard.broker import EmbeddedBroker, guard
from pitboard.broker.throttle import FAILURES
from pitboard.broker.users import Role, Users, new_user
from tests.broker.clients import (
    CONNACK,
    DISCONNECT,
    Got,
    connect_packet,
    messages,
    packet,
    publish_packet,
    raw_client,
    subscribe_packet,
    text,
)
from tests.brokers import TIMEOUT_S, EmbeddedInThread

OWN = "pitboard/v1/spa24/pc-1/status"
FOREIGN = "pitboard/v1/monza-7/pc-1/status"
WILL = Got(OWN, b"lost", retain=True, qos=1)
NOT_AUTHORIZED = b"\x20\x02\x00\x05"
WRONG_ID = b"\x20\x02\x00\x02"


def make() -> EmbeddedBroker:
    return EmbeddedBroker(
        port=0,
        users=Users(
            users=(
                new_user(Role.MONITOR, "one", name="ada", session_id="spa24"),
                new_user(Role.MONITOR, "two", name="eve", session_id="monza-7"),
                new_user(Role.BRIDGE, "three", name="bridge"),
                new_user(Role.ADMIN, "four", name="boss"),
            )
        ),
    )


@pytest.fixture
def closed() -> Iterator[EmbeddedInThread]:
    """A broker that lets only its users in."""
    with EmbeddedInThread(make) as broker:
        yield broker


def login(
    user: str, password: str, client_id: str, will: Got | None = None, keepalive_s: int = 60
) -> bytes:
    """A CONNECT with user and password."""
    flags, middle = 0xC2, b""
    if will is not None:
        flags |= 0x04 | will.qos << 3 | (0x20 if will.retain else 0)
        middle = text(will.topic) + text(will.payload)
    head = text("MQTT") + bytes([4, flags]) + struct.pack("!H", keepalive_s)
    return packet(0x10, head + text(client_id) + middle + text(user) + text(password))


def dial(broker: EmbeddedInThread, first: bytes) -> socket.socket:
    """A bare connection that has sent its first bytes."""
    sock = socket.create_connection((broker.host, broker.port), TIMEOUT_S)
    sock.sendall(first)
    return sock


def entered(broker: EmbeddedInThread, *args: object) -> socket.socket:
    """A connection that was let in."""
    sock = dial(broker, login(*args))  # type: ignore[arg-type]
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


def refusals(broker: EmbeddedInThread) -> dict[str, int]:
    engine = broker.broker._engine
    assert engine is not None
    return dict(engine.guard.refused)


@pytest.mark.parametrize(
    ("first", "said"),
    [
        pytest.param(connect_packet("x"), NOT_AUTHORIZED, id="nobody"),
        pytest.param(login("ada", "wrong", "x"), NOT_AUTHORIZED, id="33-wrong-password"),
        pytest.param(login("ghost", "one", "x"), NOT_AUTHORIZED, id="unknown user"),
        pytest.param(
            login("ada", "one", "x", Got(FOREIGN, b"lost", qos=1)), NOT_AUTHORIZED, id="18-will"
        ),
        pytest.param(
            packet(0x10, text("MQTT") + b"\x05\x02\0\x3c\0" + text("x")),
            b"\x20\x03\x00\x84\x00",
            id="25-mqtt5",
        ),
        pytest.param(
            packet(0x10, text("MQIsdp") + b"\x03\x02\0\x3c" + text("x")),
            b"\x20\x02\x00\x01",
            id="26-mqtt31",
        ),
        pytest.param(publish_packet(OWN, b"x"), b"", id="first packet is no CONNECT"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", b"", id="http"),
        pytest.param(b"\x10\xff\xff\xff\x7f", b"", id="huge CONNECT"),
    ],
)
def test_stranger_is_answered_in_the_protocol_and_leaves_no_trace(
    closed: EmbeddedInThread, first: bytes, said: bytes
) -> None:
    with closing(dial(closed, first)) as sock:
        assert answer(sock) == said

    engine = closed.broker._engine
    assert engine is not None
    assert closed.call(lambda: (dict(engine._sessions), dict(engine._subscriptions))) == ({}, {})
    with closing(entered(closed, "ada", "one", "fine")):
        pass


@pytest.mark.parametrize(
    ("attacker", "said"),
    [
        pytest.param(login("ada", "wrong", "car"), NOT_AUTHORIZED, id="33-wrong-password"),
        pytest.param(login("eve", "two", "car"), WRONG_ID, id="another user"),
    ],
)
def test_client_id_cannot_be_taken_by_others(
    closed: EmbeddedInThread, attacker: bytes, said: bytes
) -> None:
    with (
        closing(entered(closed, "ada", "one", "car", WILL)) as victim,
        closing(entered(closed, "bridge", "three", "watcher")) as watcher,
    ):
        watcher.sendall(subscribe_packet(OWN))
        assert watcher.recv(5) == b"\x90\x03\x00\x01\x00"

        with closing(dial(closed, attacker)) as sock:
            assert answer(sock) == said

        victim.sendall(publish_packet(OWN, b"alive"))
        assert answer(watcher, len(publish_packet(OWN, b"alive"))) == publish_packet(OWN, b"alive")


def test_own_client_id_is_taken_over_and_its_will_comes_once(closed: EmbeddedInThread) -> None:
    with (
        closing(entered(closed, "bridge", "three", "watcher")) as watcher,
        closing(entered(closed, "ada", "one", "car", WILL)) as old,
    ):
        watcher.sendall(subscribe_packet(OWN))
        watcher.recv(5)

        with closing(entered(closed, "ada", "one", "car", WILL)) as new:
            assert answer(old) == b""
            new.sendall(publish_packet(OWN, b"online") + DISCONNECT)
            assert answer(new) == b""

        wanted = publish_packet(OWN, b"lost") + publish_packet(OWN, b"online")
        assert answer(watcher, len(wanted)) == wanted


@pytest.mark.parametrize(
    ("user", "password", "topic", "passes"),
    [
        pytest.param("ada", "one", OWN, True, id="own session"),
        pytest.param("ada", "one", FOREIGN, False, id="17-another-session"),
        pytest.param("bridge", "three", OWN, False, id="bridge writes nothing"),
        pytest.param("boss", "four", OWN, True, id="admin"),
        pytest.param("boss", "four", "$SYS/x", False, id="15-dollar-topic"),
    ],
)
def test_message_on_a_foreign_topic_is_dropped_and_the_link_kept(
    closed: EmbeddedInThread, user: str, password: str, topic: str, *, passes: bool
) -> None:
    with closing(entered(closed, user, password, "x")) as sock:
        sock.sendall(packet(0x33, text(topic) + b"\0\x07" + b"value"))
        assert sock.recv(4) == b"\x40\x02\x00\x07"
        sock.sendall(packet(0xC0, b""))
        assert sock.recv(2) == b"\xd0\x00"

    engine = closed.broker._engine
    assert engine is not None
    assert (topic in closed.call(lambda: engine.retained_topics)) is passes


@pytest.mark.parametrize(
    ("user", "password", "topic_filter", "code"),
    [
        pytest.param("ada", "one", "pitboard/v1/spa24/#", 0, id="own session"),
        pytest.param("ada", "one", "pitboard/v1/#", 0x80, id="every session"),
        pytest.param("ada", "one", "#", 0x80, id="everything"),
        pytest.param("bridge", "three", "pitboard/v1/#", 0, id="bridge"),
        pytest.param("bridge", "three", "$SYS/#", 0x80, id="dollar topics"),
    ],
)
def test_subscription_beyond_the_rules_is_refused_with_0x80(
    closed: EmbeddedInThread, user: str, password: str, topic_filter: str, code: int
) -> None:
    with closing(entered(closed, user, password, "x")) as sock:
        sock.sendall(subscribe_packet(topic_filter))

        assert sock.recv(5) == bytes([0x90, 3, 0, 1, code])


def test_ten_wrong_passwords_close_the_door_to_their_address_and_nobody_is_put_out(
    closed: EmbeddedInThread, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    with closing(entered(closed, "ada", "one", "inside")) as inside:
        for _ in range(FAILURES):
            with closing(dial(closed, login("ada", "wrong", "x"))) as sock:
                assert answer(sock) == NOT_AUTHORIZED

        with closing(dial(closed, login("ada", "one", "x"))) as sock:
            assert answer(sock) == b""

        inside.sendall(packet(0xC0, b""))
        assert inside.recv(2) == b"\xd0\x00"
    assert refusals(closed) == {"wrong password": FAILURES, "too many failed logins": 1}
    assert "reason=too many failed logins address=127.0.0.1" in caplog.text


def test_door_closes_to_those_who_have_waited_with_their_passwords(
    closed: EmbeddedInThread,
) -> None:
    """Or an address could have a thousand looked at, by opening so many connections first."""
    with ExitStack() as stack:
        line = [dial(closed, b"") for _ in range(2 * FAILURES)]
        for sock in line:
            stack.enter_context(closing(sock))
        answers = []
        for sock in line:
            sock.sendall(login("ada", "wrong", "x"))
            answers.append(answer(sock))

    assert answers == [NOT_AUTHORIZED] * FAILURES + [b""] * FAILURES
    assert refusals(closed) == {"wrong password": FAILURES, "too many failed logins": FAILURES}


@pytest.mark.parametrize(
    "first", [pytest.param(b"", id="27-silent"), pytest.param(b"\x10", id="28-byte-by-byte")]
)
def test_connection_without_a_connect_is_cut(
    first: bytes, embedded: EmbeddedInThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "CONNECT_WITHIN_S", 0.2)

    with closing(dial(embedded, first)) as sock:
        assert answer(sock) == b""

    assert refusals(embedded) == {"no CONNECT in time": 1}


def test_silent_client_is_cut_after_its_keepalive_and_its_will_comes_once(
    embedded: EmbeddedInThread,
) -> None:
    with messages(embedded) as watcher:
        watcher.subscribe(OWN)
        with closing(dial(embedded, connect_packet("car", WILL, keepalive_s=1))) as car:
            assert car.recv(4) == CONNACK
            assert answer(car) == b""

        assert watcher.next().payload == b"lost"
        watcher.publish("end", b"")
        watcher.subscribe("end")
        watcher.publish("end", b"")
        assert watcher.until("end") == []
    assert refusals(embedded) == {"silent": 1}


@pytest.mark.parametrize(
    "protocol", [MQTTProtocolVersion.MQTTv31, MQTTProtocolVersion.MQTTv5], ids=["3.1", "5"]
)
def test_client_of_another_version_is_told_why(
    protocol: MQTTProtocolVersion, embedded: EmbeddedInThread
) -> None:
    """In words that paho hands to its user."""
    said: SimpleQueue[str] = SimpleQueue()
    client = Client(
        CallbackAPIVersion.VERSION2, "car", protocol=protocol, reconnect_on_failure=False
    )
    client.on_connect = lambda _client, _data, _flags, reason, _properties: said.put(str(reason))
    client.connect(embedded.host, embedded.port)
    client.loop_start()
    try:
        assert said.get(timeout=TIMEOUT_S) == "Unsupported protocol version"
    finally:
        client.loop_stop()


def test_client_that_pings_lives(embedded: EmbeddedInThread) -> None:
    """For longer than 1.5 times what it promised."""
    with closing(dial(embedded, connect_packet("car", keepalive_s=2))) as car:
        assert car.recv(4) == CONNACK
        car.settimeout(1.2)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                car.recv(1)
            car.sendall(packet(0xC0, b""))
            assert car.recv(2) == b"\xd0\x00"


def test_subscriber_that_stops_reading_is_cut(
    embedded: EmbeddedInThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "WRITE_WITHIN_S", 0.3)
    with closing(raw_client(embedded, "stuck")) as stuck, messages(embedded) as healthy:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.sendall(subscribe_packet("a"))
        stuck.recv(5)
        healthy.subscribe("a")
        end_s = time.monotonic() + TIMEOUT_S
        while not refusals(embedded):
            healthy.publish("a", bytes(200_000))
            healthy.next()
            assert time.monotonic() < end_s

    assert refusals(embedded) == {"stopped reading": 1}


def test_connection_above_the_limit_is_refused_and_slots_come_back(
    embedded: EmbeddedInThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "MAX_CONNECTIONS", 3)
    for _ in range(3):
        held = [raw_client(embedded, f"c{number}") for number in range(3)]
        with closing(dial(embedded, connect_packet("one too many"))) as sock:
            assert answer(sock) == b""
        held[0].sendall(packet(0xC0, b""))
        assert held[0].recv(2) == b"\xd0\x00"
        for sock in held:
            sock.sendall(DISCONNECT)
            assert answer(sock) == b""
            sock.close()


def test_subscriptions_of_one_client_are_limited(
    embedded: EmbeddedInThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pitboard.broker.engine.MAX_SUBSCRIPTIONS", 2)
    with messages(embedded) as client:
        assert [client.subscribe(topic)[0] for topic in "abc"] == [0, 0, 0x80]
        assert client.subscribe("a") == [0]
