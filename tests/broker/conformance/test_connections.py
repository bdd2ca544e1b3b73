"""How connections begin and end, as MQTT 3.1.1 has it."""

import time
from contextlib import nullcontext

import pytest

from pitboard.broker.exchange import MAX_SUBSCRIPTIONS
from pitboard.broker.filters import MAX_LEVELS
from tests.broker.clients import CONNACK, DISCONNECT, Got, connect_packet, packet, text
from tests.broker.conformance.line import PINGRESP, Cut, Line, Refused, answer
from tests.broker.conformance.subjects import Subject
from tests.brokers import TIMEOUT_S

WILL = Got("will/topic", b"client disconnected", retain=True, qos=2)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(packet(0x10, text("hj") + b"\4\2\0\x3c" + text("x")), id="protocol name"),
        pytest.param(packet(0x10, text("MQTT") + b"\4\3\0\x3c" + text("x")), id="reserved flag"),
        pytest.param(packet(0xC0, b""), id="no CONNECT first"),
    ],
)
def test_connection_that_does_not_begin_as_mqtt_is_closed_unanswered(
    broker: Subject, sent: bytes
) -> None:
    assert answer(broker, sent) == b""


def test_second_connect_ends_the_connection_and_counts_as_an_abrupt_end(broker: Subject) -> None:
    with Line(broker, "watcher") as watcher:
        watcher.subscribe((WILL.topic, 2))

        assert answer(broker, connect_packet("car", WILL) + connect_packet("car")) == CONNACK

        if broker.sends_will_after_a_second_connect:
            assert watcher.next().payload == WILL.payload
        assert watcher.rest() == []


@pytest.mark.parametrize(
    ("level", "name"), [pytest.param(3, "MQIsdp", id="3.1"), pytest.param(5, "MQTT", id="5")]
)
def test_other_versions_are_refused_unless_the_broker_speaks_them(
    broker: Subject, level: int, name: str
) -> None:
    properties = b"\0" if level == 5 else b""
    connect = packet(0x10, text(name) + bytes([level, 2, 0, 60]) + properties + text("x"))

    # Nothing but a DISCONNECT makes a broker that speaks it close the connection.
    said = answer(broker, connect + DISCONNECT)

    # A CONNACK's code, unless the connection was closed unanswered.
    assert (said[3:4] == b"\0") is broker.speaks_other_versions


def test_empty_client_ids_are_given_one_each(broker: Subject) -> None:
    with Line(broker) as one, Line(broker) as other:
        one.subscribe(("a", 0))
        other.publish("a", b"x")

        assert one.next() == Got("a", b"x")
        assert (one.session_present, other.session_present) == (False, False)


def test_empty_client_id_cannot_keep_a_session(broker: Subject) -> None:
    with pytest.raises(Refused) as caught:
        Line(broker, is_clean=False)

    assert caught.value.code == 2


def test_newer_connection_takes_the_client_id_over(broker: Subject) -> None:
    with Line(broker, "car") as old, Line(broker, "car") as new:
        old.until_cut()

        assert new.rest() == []


def test_silent_client_is_cut_after_one_and_a_half_keepalives_and_its_will_comes(
    broker: Subject,
) -> None:
    with Line(broker, "watcher") as watcher:
        watcher.subscribe((WILL.topic, 2))
        began_s = time.monotonic()
        with Line(broker, "car", keepalive_s=2, will=WILL) as car:
            car.until_cut()
            silent_s = time.monotonic() - began_s

        assert watcher.next() == WILL._replace(retain=False, qos=broker.highest_qos)
    assert 2.9 < silent_s < 3.0 + broker.looks_every_s + 0.2 * TIMEOUT_S


def test_ping_is_answered(broker: Subject) -> None:
    with Line(broker) as line:
        line.send(0xC0)

        assert line.expect(PINGRESP) == b""


@pytest.mark.parametrize("qos", [0, 1, 2])
@pytest.mark.parametrize("retain", [False, True], ids=["live", "retained"])
def test_will_comes_as_it_was_left_when_its_client_is_cut_off(
    broker: Subject, qos: int, retain: bool
) -> None:
    will = WILL._replace(qos=qos, retain=retain)
    expected = will._replace(qos=min(qos, broker.highest_qos))
    with Line(broker, "watcher") as watcher:
        watcher.subscribe((WILL.topic, 2))
        Line(broker, "car", will=will).cut()
        assert watcher.next() == expected._replace(retain=False)

    with Line(broker, "late") as late:
        late.subscribe((WILL.topic, 2))
        assert late.rest() == ([expected] if retain else [])


def test_disconnect_takes_the_will_back(broker: Subject) -> None:
    with Line(broker, "watcher") as watcher:
        watcher.subscribe((WILL.topic, 2))
        with Line(broker, "car", will=WILL) as car:
            car.send(0xE0)
            car.until_cut()

        assert watcher.rest() == []


def test_kept_session_has_what_came_while_its_client_was_away(broker: Subject) -> None:
    """Offline queueing: subscriptions and messages of QoS 1 and 2 outlive the connection."""
    levels = range(1, broker.highest_qos + 1)
    with Line(broker, "reader", is_clean=False) as reader:
        assert not reader.session_present
        reader.subscribe(("a/+", 2))
    with Line(broker, "sender") as sender:
        for qos in levels:
            sender.publish("a/b", b"%d" % qos, qos)

    with Line(broker, "reader", is_clean=False) as reader:
        waited = [reader.next().payload for _ in levels] if broker.keeps_sessions else []

        assert reader.session_present is broker.keeps_sessions
        assert waited == ([b"%d" % qos for qos in levels] if broker.keeps_sessions else [])
        assert reader.rest() == []


def test_kept_session_is_sent_again_what_it_did_not_acknowledge(broker: Subject) -> None:
    reader = Line(broker, "reader", is_clean=False, acknowledges=False)
    reader.subscribe(("a", 1))
    with Line(broker, "sender") as sender:
        sender.publish("a", b"x", 1)
    assert reader.next() == Got("a", b"x", qos=1)
    reader.cut()

    with Line(broker, "reader", is_clean=False) as again:
        found = again.rest()

        assert again.session_present is broker.keeps_sessions
        assert found == ([Got("a", b"x", qos=1)] if broker.resends_at_once else [])
        assert again.repeats == found


def test_clean_session_forgets_the_one_before(broker: Subject) -> None:
    with Line(broker, "reader", is_clean=False) as reader:
        reader.subscribe(("a", 1))

    with Line(broker, "reader") as again, Line(broker, "sender") as sender:
        sender.publish("a", b"x", 1)

        assert not again.session_present
        assert again.rest() == []


def test_too_many_subscriptions_of_one_client_are_refused_and_the_others_work(
    broker: Subject,
) -> None:
    wanted = [(f"a/{number}", 0) for number in range(MAX_SUBSCRIPTIONS + 1)]
    with Line(broker) as line:
        codes = line.subscribe(*wanted)
        line.publish("a/0", b"x")

        assert codes == [0] * MAX_SUBSCRIPTIONS + [0x80 if broker.limits_subscriptions else 0]
        assert line.next() == Got("a/0", b"x")


def test_filter_of_many_levels_is_refused_where_levels_are_limited(broker: Subject) -> None:
    at_most, beyond = "a" + (MAX_LEVELS - 1) * "/+", "a" + MAX_LEVELS * "/+"
    with Line(broker) as line:
        codes = line.subscribe((at_most, 0), (beyond, 0))
        line.publish(at_most.replace("+", "b"), b"x", 1)
        line.publish(beyond.replace("+", "b"), b"y", 1)

        assert codes == [0, 0x80 if broker.limits_levels else 0]
        expected = [b"x"] if broker.limits_levels else [b"x", b"y"]
        assert sorted(got.payload for got in line.rest()) == expected


@pytest.mark.parametrize("topic_filter", ["a/#/b", "a#", "a+/b", "+a", ""])
def test_malformed_filter_ends_the_connection_or_matches_nothing_of_others(
    broker: Subject, topic_filter: str
) -> None:
    is_cut = False
    with Line(broker) as line, Line(broker) as sender:
        try:
            line.subscribe((topic_filter, 0))
            sender.publish("a/x/b", b"x", 1)
            assert line.rest() == []
        except Cut:
            is_cut = True

    assert is_cut is (broker.cuts_at_malformed_filters or not topic_filter)


def test_packet_above_256_kib_ends_the_connection_where_packets_are_limited(
    broker: Subject,
) -> None:
    with Line(broker) as line:
        line.subscribe(("a", 1))
        line.publish("a", bytes(240 * 1024), 1)
        assert line.next().payload == bytes(240 * 1024)

        with pytest.raises(Cut) if broker.limits_packets else nullcontext():
            line.publish("a", bytes(256 * 1024), 1)
