"""What strangers and careless clients meet at the embedded broker's door, over real sockets."""

import logging
import re
import socket
import time
from contextlib import ExitStack, closing
from queue import SimpleQueue

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from pitboard.broker import guard
from pitboard.broker.exchange import FILTER_BYTES
from pitboard.broker.throttle import FAILURES
from pitboard.contract.log_lines import REPEAT_AFTER_S
from tests.broker.clients import (
    CONNACK,
    DISCONNECT,
    NOT_AUTHORIZED,
    Got,
    answer,
    connect_packet,
    dial,
    entered,
    login,
    messages,
    packet,
    publish_packet,
    subscribe_packet,
    text,
)
from tests.broker.conformance.line import Line
from tests.broker.neighbours import FOREIGN, FRESH_S, OWN, WILL, Neighbours, is_served
from tests.brokers import TIMEOUT_S, EmbeddedInThread
from tests.waiting import eventually


def refusals(broker: EmbeddedInThread) -> dict[str, int]:
    engine = broker.broker._engine
    assert engine is not None
    return broker.call(lambda: dict(engine.guard.refused))


@pytest.mark.parametrize(
    ("user", "password", "topic", "passes"),
    [
        pytest.param("ada", "one", OWN, True, id="own session"),
        pytest.param("ada", "one", FOREIGN, False, id="17-another-session"),
        pytest.param("bridge", "three", OWN, False, id="bridge writes nothing"),
        pytest.param("boss", "four", OWN, True, id="admin"),
        pytest.param("boss", "four", "$SYS/x", False, id="15-dollar-topic"),
        pytest.param("ada", "one", OWN + 28 * "/x", False, id="33 levels"),
    ],
)
def test_message_on_a_foreign_topic_is_dropped_and_the_link_kept(
    closed: EmbeddedInThread,
    neighbours: Neighbours,
    user: str,
    password: str,
    topic: str,
    *,
    passes: bool,
) -> None:
    with closing(entered(closed, user, password, "x")) as sock:
        sock.sendall(packet(0x33, text(topic) + b"\0\x07" + b"value"))
        assert sock.recv(4) == b"\x40\x02\x00\x07"
        sock.sendall(packet(0xC0, b""))
        assert sock.recv(2) == b"\xd0\x00"

    neighbours.are_served()
    assert neighbours.heard == ([Got(topic, b"value")] if passes else [])
    engine = closed.broker._engine
    assert engine is not None
    assert (topic in closed.call(lambda: engine.retained_topics)) is passes
    assert closed.call(lambda: engine.guard.forbidden.count) == (0 if passes else 1)


def test_dropped_messages_of_all_clients_are_logged_in_one_line_a_minute(
    closed: EmbeddedInThread, caplog: pytest.LogCaptureFixture
) -> None:
    """A monitor with the wrong credentials publishes at frame rate, and a restart is no news."""
    caplog.set_level(logging.WARNING)
    engine = closed.broker._engine
    assert engine is not None
    for number in range(3):
        with closing(entered(closed, "ada", "one", f"car-{number}\r\n")) as sock:
            sock.sendall(1000 * publish_packet(FOREIGN, b"x") + packet(0xC0, b""))
            assert sock.recv(2) == b"\xd0\x00"

    # The broker's own watch may have said the first of them.
    closed.call(lambda: engine.guard.sweep(closed.loop.time()))
    assert len(caplog.messages) == 1
    closed.call(lambda: engine.guard.sweep(closed.loop.time() + REPEAT_AFTER_S))

    counts = [int(line.split("count=")[1].split()[0]) for line in caplog.messages]
    assert sum(counts) == 3000
    assert len(counts) <= 2
    start = "messages dropped reason=not allowed"
    assert all(line.startswith(start) and line.isprintable() for line in caplog.messages)


@pytest.mark.parametrize(
    ("user", "password", "topic_filter", "code"),
    [
        pytest.param("ada", "one", "pitboard/v1/spa24/#", 0, id="own session"),
        pytest.param("ada", "one", "pitboard/v1/#", 0x80, id="every session"),
        pytest.param("ada", "one", "#", 0x80, id="everything"),
        pytest.param("bridge", "three", "pitboard/v1/#", 0, id="bridge"),
        pytest.param("bridge", "three", "$SYS/#", 0x80, id="dollar topics"),
        pytest.param("ada", "one", "pitboard/v1/spa24" + 29 * "/+", 0, id="32 levels"),
        pytest.param("ada", "one", "pitboard/v1/spa24" + 30 * "/+", 0x80, id="33 levels"),
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


def test_silent_connection_is_cut_off(
    closed: EmbeddedInThread, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "CONNECT_WITHIN_S", 0.2)

    with closing(dial(closed, b"")) as sock:
        assert answer(sock) == b""

    neighbours.are_served()
    assert refusals(closed) == {"no CONNECT in time": 1}


def drip(sock: socket.socket, data: bytes, pause_s: float) -> int:
    """Send a byte at a time until the broker closes the connection; how many have left."""
    sock.settimeout(pause_s)
    for count, byte in enumerate(data):
        try:
            sock.sendall(bytes([byte]))
            assert sock.recv(1) == b""
        except TimeoutError:
            continue
        except ConnectionError:
            pass
        return count + 1
    raise AssertionError("all has left")


def test_connect_that_comes_byte_by_byte_is_cut_off_when_its_time_is_over(
    closed: EmbeddedInThread, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time is for the whole, however soon each byte follows the one before."""
    monkeypatch.setattr(guard, "CONNECT_WITHIN_S", 0.5)
    whole = login("ada", "one", "x" * 1000)

    began_s = time.monotonic()
    with closing(dial(closed, b"")) as sock:
        left = drip(sock, whole, pause_s=0.05)
    lived_s = time.monotonic() - began_s

    neighbours.are_served()
    assert 2 < left < len(whole)
    assert 0.5 <= lived_s < 0.5 + FRESH_S
    assert refusals(closed) == {"no CONNECT in time": 1}


def test_silent_client_is_cut_after_its_keepalive_and_its_will_comes_once(
    closed: EmbeddedInThread, neighbours: Neighbours
) -> None:
    hello = connect_packet("car", WILL, keepalive_s=1, user=("ada", "one"))
    with closing(dial(closed, hello)) as car:
        assert car.recv(4) == CONNACK
        assert answer(car) == b""

    eventually(lambda: not is_served(closed, "car"))
    neighbours.are_served()
    assert neighbours.heard == [Got(OWN, b"lost")]
    assert refusals(closed) == {"silent": 1}


def test_client_without_an_id_is_named_all_the_same_when_it_is_cut(
    closed: EmbeddedInThread, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with closing(dial(closed, connect_packet("", keepalive_s=1, user=("ada", "one")))) as car:
        assert answer(car) == CONNACK

    (line,) = caplog.messages
    assert re.fullmatch(r"connection ended reason=silent client='unnamed-[0-9a-f]{16}'", line)


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


def test_connection_above_the_limit_is_refused_and_slots_come_back(
    closed: EmbeddedInThread, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "MAX_CONNECTIONS", 5)
    for _ in range(3):
        held = [entered(closed, "ada", "one", f"c{number}") for number in range(3)]
        with closing(dial(closed, login("ada", "one", "one too many"))) as sock:
            assert answer(sock) == b""
        neighbours.are_served()
        held[0].sendall(packet(0xC0, b""))
        assert held[0].recv(2) == b"\xd0\x00"
        for sock in held:
            sock.sendall(DISCONNECT)
            assert answer(sock) == b""
            sock.close()


def test_subscriptions_of_one_client_are_limited(
    embedded: EmbeddedInThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pitboard.broker.exchange.MAX_SUBSCRIPTIONS", 2)
    with messages(embedded) as client:
        assert [client.subscribe(topic)[0] for topic in "abc"] == [0, 0, 0x80]
        assert client.subscribe("a") == [0]


def test_bytes_of_all_filters_of_one_client_are_limited(embedded: EmbeddedInThread) -> None:
    """A thousand clients with a hundred of the longest would take six gigabytes."""
    half = (FILTER_BYTES // 2 - 1) * "x"
    with Line(embedded) as client:
        assert client.subscribe((f"{half}a", 0), (f"{half}b", 0), ("c", 0)) == [0, 0, 0x80]
        assert client.subscribe((f"{half}a", 1)) == [1]

        client.unsubscribe(f"{half}b")

        assert client.subscribe(("c", 0)) == [0]
