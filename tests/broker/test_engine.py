"""What MQTT clients see of the embedded broker, over real sockets."""

import socket
import struct
import threading
from contextlib import ExitStack, closing

import pytest

from pitboard.broker import peer as peer_module
from tests.broker.clients import (
    CONNACK,
    DISCONNECT,
    Got,
    connect_packet,
    messages,
    publish_packet,
    raw_client,
    subscribe_packet,
)
from tests.brokers import TIMEOUT_S, EmbeddedInThread

SETUP = "pitboard/v1/spa24/pc-1/setup"
STATUS = "pitboard/v1/spa24/pc-1/status"
TELEMETRY = "pitboard/v1/spa24/pc-1/telemetry"
WILL = Got(STATUS, b"lost", retain=True, qos=1)


def test_each_new_and_repeated_subscription_replays_retained_values(
    embedded: EmbeddedInThread,
) -> None:
    with messages(embedded) as client:
        client.publish(SETUP, b"v1", retain=True)
        for _ in range(3):
            client.subscribe(SETUP)

            assert client.next() == Got(SETUP, b"v1", retain=True)


def test_retained_values_are_replayed_only_to_the_client_that_subscribed(
    embedded: EmbeddedInThread,
) -> None:
    """A value replayed to all would look like news to every browser each time one joins."""
    with messages(embedded) as first:
        first.publish(SETUP, b"v1", retain=True)
        first.subscribe("pitboard/v1/#")
        assert first.next() == Got(SETUP, b"v1", retain=True)

        with messages(embedded) as second, messages(embedded):
            second.subscribe("pitboard/v1/#")
            assert second.next() == Got(SETUP, b"v1", retain=True)
            second.publish(TELEMETRY, b"t")

            assert first.next() == Got(TELEMETRY, b"t")
            assert second.next() == Got(TELEMETRY, b"t")


@pytest.mark.parametrize(
    ("topic_filter", "expected"),
    [
        ("pitboard/v1/spa24/#", {SETUP, STATUS}),
        ("pitboard/v1/+/+/status", {STATUS, "pitboard/v1/other/pc-9/status"}),
        ("pitboard/v1/#", {SETUP, STATUS, "pitboard/v1/other/pc-9/status"}),
        (SETUP, {SETUP}),
    ],
)
def test_wildcard_filters_select_live_and_retained(
    embedded: EmbeddedInThread, topic_filter: str, expected: set[str]
) -> None:
    topics = [SETUP, STATUS, "pitboard/v1/other/pc-9/status"]
    with messages(embedded) as live, messages(embedded) as late:
        live.subscribe(topic_filter)
        live.subscribe("end")
        for topic in topics:
            late.publish(topic, b"x", retain=True)
        late.subscribe(topic_filter)
        late.subscribe("end")
        late.publish("end", b"")

        assert {got.topic for got in live.until("end")} == expected
        assert {got.topic for got in late.until("end")} == expected


def test_empty_retained_payload_clears_the_value(embedded: EmbeddedInThread) -> None:
    with messages(embedded) as watcher, messages(embedded) as publisher:
        watcher.subscribe(SETUP)
        publisher.publish(SETUP, b"v1", retain=True)
        publisher.publish(SETUP, b"", retain=True)
        assert [watcher.next().payload, watcher.next().payload] == [b"v1", b""]

        publisher.subscribe("#")
        publisher.publish("end", b"")

        assert publisher.until("end") == []


def test_retain_flag_marks_replays_and_never_live_messages(embedded: EmbeddedInThread) -> None:
    """Readers tell a snapshot from a sign of life by it."""
    with messages(embedded) as live, messages(embedded) as late:
        live.subscribe(SETUP)
        late.publish(SETUP, b"v1", retain=True)
        assert live.next() == Got(SETUP, b"v1", retain=False)

        late.subscribe(SETUP)

        assert late.next() == Got(SETUP, b"v1", retain=True)


@pytest.mark.parametrize("retain", [False, True], ids=["live", "replayed"])
@pytest.mark.parametrize("published", [0, 1, 2])
@pytest.mark.parametrize("subscribed", [0, 1, 2])
def test_message_arrives_with_the_lower_of_both_qos(
    embedded: EmbeddedInThread, published: int, subscribed: int, retain: bool
) -> None:
    with messages(embedded) as client:
        if not retain:
            client.subscribe(SETUP, subscribed)
        client.publish(SETUP, b"v1", qos=published, retain=retain)
        if retain:
            # Only QoS 2 can still be on its way into the store when it is acknowledged.
            with messages(embedded) as other:
                other.publish("barrier", b"")
            client.subscribe(SETUP, subscribed)

        assert client.next() == Got(SETUP, b"v1", retain, min(published, subscribed))


def test_repeated_subscription_changes_the_qos(embedded: EmbeddedInThread) -> None:
    with messages(embedded) as client:
        assert client.subscribe(SETUP, 0) == [0]
        assert client.subscribe(SETUP, 1) == [1]
        client.publish(SETUP, b"v1")

        assert client.next().qos == 1


@pytest.mark.parametrize("qos", [0, 1])
def test_payload_of_240_kib_passes_unchanged(embedded: EmbeddedInThread, qos: int) -> None:
    payload = bytes(range(256)) * 960
    with messages(embedded) as client:
        client.subscribe(SETUP, qos)
        client.publish(SETUP, payload, qos=qos, retain=True)
        assert client.next().payload == payload

        client.subscribe(SETUP, qos)

        assert client.next().payload == payload


@pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
def test_abrupt_close_publishes_and_retains_the_will(
    embedded: EmbeddedInThread, reset: bool
) -> None:
    with messages(embedded) as watcher:
        watcher.subscribe(STATUS)
        car = raw_client(embedded, "car", WILL)
        if reset:
            car.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        car.close()

        assert watcher.next() == Got(STATUS, b"lost", retain=False)
        watcher.subscribe(STATUS)
        assert watcher.next() == Got(STATUS, b"lost", retain=True)


def test_disconnect_suppresses_the_will(embedded: EmbeddedInThread) -> None:
    with messages(embedded) as watcher:
        watcher.subscribe("#")
        with closing(raw_client(embedded, "car", WILL)) as car:
            car.sendall(DISCONNECT)
            assert car.recv(1) == b""
        watcher.publish("end", b"")

        assert watcher.until("end") == []


@pytest.mark.parametrize("keepalive_s", [0, 60])
def test_nothing_is_lost_when_a_client_sends_all_and_leaves_at_once(
    embedded: EmbeddedInThread, keepalive_s: int
) -> None:
    """amqtt drops what is still queued on DISCONNECT, a monitor's last laps for example."""
    laps = [Got(f"pitboard/v1/spa24/pc-1/laps/{k}", b"x") for k in range(50)]
    with messages(embedded) as watcher:
        watcher.subscribe("#")
        with socket.create_connection((embedded.host, embedded.port)) as car:
            sent = connect_packet("car", WILL, keepalive_s)
            sent += b"".join(publish_packet(lap.topic, lap.payload) for lap in laps)
            car.sendall(sent + DISCONNECT)
            car.shutdown(socket.SHUT_WR)
            assert car.recv(4) == CONNACK
            assert car.recv(1) == b""
        watcher.publish("end", b"")

        assert watcher.until("end") == laps


def test_will_comes_after_the_last_messages_of_its_client(embedded: EmbeddedInThread) -> None:
    with messages(embedded) as watcher:
        watcher.subscribe("#")
        with raw_client(embedded, "car", WILL) as car:
            car.sendall(b"".join(publish_packet(TELEMETRY, b"%d" % n) for n in range(50)))

        payloads = [watcher.next().payload for _ in range(51)]

        assert payloads == [b"%d" % n for n in range(50)] + [b"lost"]


def test_newer_connection_of_the_same_client_replaces_the_older_one(
    embedded: EmbeddedInThread,
) -> None:
    """A monitor whose line was cut comes back before its old connection is noticed as dead."""
    with messages(embedded) as watcher:
        watcher.subscribe("#")
        with raw_client(embedded, "car", WILL) as old, raw_client(embedded, "car", WILL) as new:
            new.sendall(publish_packet(STATUS, b"online", retain=True))

            assert [watcher.next().payload, watcher.next().payload] == [b"lost", b"online"]
            assert old.recv(1) == b""
            new.sendall(DISCONNECT)
            assert new.recv(1) == b""
        watcher.publish("end", b"")
        assert watcher.until("end") == []


@pytest.mark.parametrize(
    "violation",
    [
        pytest.param(publish_packet("", b"x"), id="empty topic"),
        pytest.param(connect_packet("car"), id="second CONNECT"),
    ],
)
def test_client_that_breaks_the_protocol_is_cut_off(
    embedded: EmbeddedInThread, violation: bytes
) -> None:
    with messages(embedded) as watcher:
        watcher.subscribe(STATUS)
        with closing(raw_client(embedded, "car", WILL)) as car:
            car.sendall(violation)

            assert car.recv(1) == b""
        assert watcher.next().payload == b"lost"


def test_client_that_does_not_read_delays_nobody(embedded: EmbeddedInThread) -> None:
    engine = embedded.broker._engine
    assert engine is not None
    with raw_client(embedded, "stuck") as stuck, messages(embedded) as healthy:
        stuck.sendall(subscribe_packet("#"))
        stuck.recv(5)
        healthy.subscribe("end")
        for _ in range(100):
            healthy.publish(TELEMETRY, bytes(100_000), qos=0)
        healthy.publish("end", b"")

        assert healthy.next() == Got("end", b"")
        peer = engine._sessions["stuck"][1]
        assert embedded.call(lambda: peer.dropped) > 0
        assert embedded.call(lambda: peer.writer.backlog) < 2 * 1024 * 1024


def test_client_that_acknowledges_nothing_is_kept_only_so_much(
    embedded: EmbeddedInThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peer_module, "UNACKED_BYTES", 1_000_000)
    engine = embedded.broker._engine
    assert engine is not None
    with raw_client(embedded, "stuck") as stuck, messages(embedded) as healthy:
        stuck.sendall(subscribe_packet("#", qos=1))
        stuck.recv(5)
        healthy.subscribe("end")
        for _ in range(30):
            healthy.publish(TELEMETRY, bytes(100_000))
        healthy.publish("end", b"")

        assert healthy.next() == Got("end", b"")
        peer = engine._sessions["stuck"][1]
        assert embedded.call(lambda: peer.dropped) >= 20
        size = embedded.call(lambda: peer.state.mailbox.size)
        assert 1_000_000 <= size < 1_000_000 + 110_000


def test_slow_reader_gets_every_retained_value(embedded: EmbeddedInThread) -> None:
    """A replay waits for its reader instead of counting it as too slow."""
    with messages(embedded) as publisher, raw_client(embedded, "slow") as slow:
        for number in range(60):
            publisher.publish(f"pitboard/v1/s{number}/pc/setup", bytes(100_000), retain=True)
        slow.sendall(subscribe_packet("#"))
        received = 0
        while received < 60 * 100_000:
            received += len(slow.recv(4096))

    assert received >= 60 * 100_000


def test_broker_without_system_topics_says_nothing_by_itself(embedded: EmbeddedInThread) -> None:
    with messages(embedded) as client:
        client.subscribe("$SYS/#")
        client.subscribe("#")
        client.publish("end", b"")

        assert client.until("end") == []


def test_many_clients_at_once_all_get_everything(embedded: EmbeddedInThread) -> None:
    with ExitStack() as stack:
        readers = [stack.enter_context(messages(embedded)) for _ in range(20)]
        threads = [
            threading.Thread(target=reader.subscribe, args=("pitboard/v1/#", 1))
            for reader in readers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(TIMEOUT_S)
        for number in range(20):
            readers[0].publish(TELEMETRY, b"%d" % number)

        for reader in readers:
            assert sorted(int(reader.next().payload) for _ in range(20)) == list(range(20))
