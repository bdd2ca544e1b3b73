"""Clients that make the embedded broker answer and read none of the answers, over real sockets."""

import asyncio
import contextlib
import socket
import threading
import time
from contextlib import closing

import psutil
import pytest

from pitboard.broker import guard
from pitboard.broker import peer as peer_module
from pitboard.broker.embedded import WATCH_EVERY_S
from pitboard.broker.engine import Engine
from pitboard.broker.packets import MAX_FILTERS
from tests.broker.clients import CONNACK, Got, login, packet, subscribe_packet, text
from tests.broker.conformance.line import PUBACK, Line
from tests.broker.fuzz import narrow
from tests.broker.neighbours import FRESH_S, OWN, Neighbours, is_served
from tests.brokers import TIMEOUT_S, EmbeddedInThread
from tests.waiting import eventually

PINGREQ = packet(0xC0, b"")

MEMORY_BYTES = 32 * 1024 * 1024
"""What a flood may take."""

TASKS = 10
"""What a connection may take; the answers that amqtt would owe are 130,000."""


def engine_of(broker: EmbeddedInThread) -> Engine:
    engine = broker.broker._engine
    assert engine is not None
    return engine


def deaf(broker: EmbeddedInThread, client_id: str) -> socket.socket:
    """A client whose system, too, takes little of what it does not read."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(TIMEOUT_S)
    sock.connect((broker.host, broker.port))
    sock.sendall(login("ada", "one", client_id))
    assert sock.recv(4) == CONNACK
    return sock


def count_tasks() -> int:
    """Of the loop that asks."""
    return len(asyncio.all_tasks())


def flood(sock: socket.socket, data: bytes) -> None:
    """Send *data* over and over until the connection is cut."""
    with contextlib.suppress(OSError):
        while True:
            sock.sendall(data)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(PINGREQ, id="PINGREQ"),
        pytest.param(packet(0x32, text(OWN) + b"\0\1x"), id="QoS 1"),
        pytest.param(packet(0x34, text(OWN) + b"\0\1x"), id="QoS 2"),
        pytest.param(packet(0x62, b"\0\1"), id="PUBREL"),
        pytest.param(packet(0x50, b"\0\1"), id="PUBREC"),
        pytest.param(subscribe_packet("a"), id="refused SUBSCRIBE"),
        pytest.param(subscribe_packet(OWN, 1), id="SUBSCRIBE"),
        pytest.param(packet(0x82, b"\0\1" + MAX_FILTERS * (text("a") + b"\0")), id="many filters"),
        pytest.param(packet(0xA2, b"\0\1" + text("a")), id="UNSUBSCRIBE"),
    ],
)
def test_client_that_reads_no_answer_is_cut_and_costs_nobody_anything(
    closed: EmbeddedInThread,
    neighbours: Neighbours,
    asked: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guard, "WRITE_WITHIN_S", 1.0)
    engine = engine_of(closed)
    closed.call(lambda: narrow(engine))
    with closing(deaf(closed, "flood")) as sock:
        tasks = [closed.call(count_tasks)]
        memory = psutil.Process().memory_info
        before_bytes = memory().rss
        sender = threading.Thread(target=flood, args=(sock, asked * (65536 // len(asked) or 1)))
        sender.start()
        while sender.is_alive():
            neighbours.are_served()
            tasks.append(closed.call(count_tasks))

    assert max(tasks) <= tasks[0] + TASKS
    assert memory().rss - before_bytes < MEMORY_BYTES
    eventually(lambda: not is_served(closed, "flood"))
    assert engine.guard.refused == {"stopped reading": 1}


@pytest.mark.parametrize("qos", [0, 1])
def test_subscriber_that_stops_reading_is_cut(
    closed: EmbeddedInThread, neighbours: Neighbours, qos: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When its time is over and no sooner; meanwhile it costs little and nobody waits for it."""
    monkeypatch.setattr(guard, "WRITE_WITHIN_S", 0.5)
    engine = engine_of(closed)
    closed.call(lambda: narrow(engine))
    before_bytes = psutil.Process().memory_info().rss
    with (
        closing(deaf(closed, "stuck")) as sock,
        Line(closed, "big", login=("boss", "four")) as big,
    ):
        sock.sendall(subscribe_packet("pitboard/v1/spa24/#", qos))
        assert len(sock.recv(5)) == 5
        peer = engine._sessions["ada\0stuck"][1]
        peak_bytes = most_waiting = 0
        began_s = time.monotonic()
        while is_served(closed, "stuck"):
            big.publish(OWN, bytes(200_000), qos)
            neighbours.are_served()
            neighbours.heard.clear()
            peak_bytes = max(peak_bytes, psutil.Process().memory_info().rss)
            most_waiting = max(most_waiting, closed.call(lambda: peer.writer.backlog))
        lived_s = time.monotonic() - began_s

    assert engine.guard.refused == {"stopped reading": 1}
    # The broker looks twice: when the bytes begin to wait, and when they have waited too long.
    assert 0.5 <= lived_s < 0.5 + 2 * WATCH_EVERY_S + FRESH_S
    assert 0 < most_waiting < peer_module.BACKLOG_BYTES + 250_000
    assert peak_bytes - before_bytes < MEMORY_BYTES


def test_client_that_is_behind_is_heard_all_the_same(
    closed: EmbeddedInThread, neighbours: Neighbours
) -> None:
    """Its PINGREQ must be heard, or it is taken for dead while it catches up."""
    engine = engine_of(closed)
    closed.call(lambda: narrow(engine))
    with (
        closing(deaf(closed, "behind")) as sock,
        Line(closed, "big", login=("boss", "four")) as big,
    ):
        sock.sendall(subscribe_packet("pitboard/v1/spa24/#"))
        assert len(sock.recv(5)) == 5
        peer = engine._sessions["ada\0behind"][1]
        while not closed.call(lambda: peer.dropped):
            big.publish(OWN, bytes(100_000))
            big.rest()

        sock.sendall(packet(0x32, text(OWN) + b"\0\1" + b"here"))

        while Got(OWN, b"here") not in neighbours.heard:
            neighbours.are_served()


def test_replay_waits_for_acknowledgements_and_loses_nothing(
    embedded: EmbeddedInThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much is retained, little of it waits for one client."""
    monkeypatch.setattr(peer_module, "UNACKED_BYTES", 1_000_000)
    with (
        Line(embedded, "sender") as sender,
        Line(embedded, "reader", acknowledges=False) as reader,
    ):
        topics = [f"a/{number}" for number in range(30)]
        for topic in topics:
            sender.publish(topic, bytes(100_000), 1, retain=True)
        reader.subscribe(("a/#", 1))

        found = [reader.next().topic for _ in range(10)]
        assert reader.rest() == []
        for packet_id in range(1, 31):
            reader.send(PUBACK, packet_id.to_bytes(2, "big"))
            if len(found) < 30:
                found.append(reader.next().topic)

        assert found == topics
        assert reader.rest() == []


def test_subscriptions_that_wait_for_a_replay_are_bounded(
    embedded: EmbeddedInThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peer_module, "UNACKED_BYTES", 1)
    engine = engine_of(embedded)
    with Line(embedded, "reader", acknowledges=False) as reader:
        for number in range(2):
            reader.publish(f"a/{number}", b"x", 1, retain=True)
        reader.subscribe(("a/#", 1))
        many = packet(0x82, b"\0\2" + 600 * (text("b") + b"\0"))[1:]
        sender = threading.Thread(target=flood, args=(reader._socket, b"\x82" + many))
        sender.start()

        peer = engine._sessions["reader"][1]
        eventually(lambda: embedded.call(peer._pending_subscriptions.full))
        waiting = embedded.call(peer._pending_subscriptions.qsize)
    sender.join(TIMEOUT_S)

    assert waiting == 2
    assert not sender.is_alive()
