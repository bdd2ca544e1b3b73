"""Who receives what, as MQTT 3.1.1 has it."""

import pytest

from pitboard.broker.retained import SESSION_BYTES
from tests.broker.clients import Got, text
from tests.broker.conformance.line import PUBCOMP, PUBREC, PUBREL, Line
from tests.broker.conformance.subjects import Subject

TOPICS = ("TopicA", "TopicA/B", "Topic/C", "TopicA/C", "/TopicA")


@pytest.mark.parametrize("published", [0, 1, 2])
@pytest.mark.parametrize("subscribed", [0, 1, 2])
def test_messages_come_in_order_with_the_lower_of_both_qos(
    broker: Subject, published: int, subscribed: int
) -> None:
    _skip_above(broker, published)
    granted = min(subscribed, broker.highest_qos)
    with Line(broker, "reader") as reader, Line(broker, "sender") as sender:
        assert reader.subscribe(("a/b", subscribed)) == [granted]
        for number in range(20):
            sender.publish("a/b", b"%d" % number, published)

        qos = min(published, granted)
        expected = [Got("a/b", b"%d" % number, qos=qos) for number in range(20)]
        assert [reader.next() for _ in range(20)] == expected
        assert reader.rest() == []


def test_qos_2_message_sent_again_is_delivered_once(broker: Subject) -> None:
    _skip_above(broker, 2)
    with Line(broker, "reader") as reader, Line(broker, "sender") as sender:
        reader.subscribe(("a", 2))
        message = text("a") + b"\0\x07" + b"x"
        for head in (0x34, 0x3C):
            sender.send(head, message)
            assert sender.expect(PUBREC) == b"\0\x07"
        sender.send(PUBREL, b"\0\x07")
        assert sender.expect(PUBCOMP) == b"\0\x07"

        assert reader.next() == Got("a", b"x", qos=2)
        assert reader.rest() == []


def test_packet_id_of_a_released_qos_2_message_serves_the_next_one(broker: Subject) -> None:
    _skip_above(broker, 2)
    with Line(broker, "reader") as reader, Line(broker, "sender") as sender:
        reader.subscribe(("a", 2))
        for payload in (b"x", b"y"):
            sender.send(0x34, text("a") + b"\0\x07" + payload)
            assert sender.expect(PUBREC) == b"\0\x07"
            sender.send(PUBREL, b"\0\x07")
            assert sender.expect(PUBCOMP) == b"\0\x07"

        assert [reader.next().payload, reader.next().payload] == [b"x", b"y"]


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_retained_message_comes_with_its_qos_and_flag_until_it_is_cleared(
    broker: Subject, qos: int
) -> None:
    _skip_above(broker, qos)
    with Line(broker, "sender") as sender, Line(broker, "live") as live:
        live.subscribe(("a/+", 2))
        sender.publish("a/b", b"old", qos, retain=True)
        sender.publish("a/b", b"new", qos, retain=True)
        assert [live.next(), live.next()] == [Got("a/b", b, qos=qos) for b in (b"old", b"new")]

        with Line(broker, "late") as late:
            late.subscribe(("a/+", 2))
            assert late.next() == Got("a/b", b"new", retain=True, qos=qos)
            sender.publish("a/b", b"", qos, retain=True)
            assert late.next() == Got("a/b", b"", qos=qos)

        with Line(broker, "later") as later:
            later.subscribe(("a/+", 2))
            assert later.rest() == []


@pytest.mark.parametrize(
    ("topic_filter", "expected"),
    [
        ("TopicA", {"TopicA"}),
        ("TopicA/B", {"TopicA/B"}),
        ("+/C", {"Topic/C", "TopicA/C"}),
        ("#", set(TOPICS)),
        ("/#", {"/TopicA"}),
        ("/+", {"/TopicA"}),
        ("+/+", {"TopicA/B", "Topic/C", "TopicA/C", "/TopicA"}),
        ("+", {"TopicA"}),
        ("TopicA/#", {"TopicA", "TopicA/B", "TopicA/C"}),
        ("topica/#", set()),
    ],
)
def test_filter_selects_live_and_retained_alike(
    broker: Subject, topic_filter: str, expected: set[str]
) -> None:
    with Line(broker, "live") as live, Line(broker, "sender") as sender:
        live.subscribe((topic_filter, 0))
        for topic in TOPICS:
            sender.publish(topic, b"x", 1, retain=True)
        with Line(broker, "late") as late:
            late.subscribe((topic_filter, 0))

            assert _without_own(late.rest()) == expected
        assert _without_own(live.rest()) == expected


def test_more_values_than_a_session_has_room_for_are_delivered_and_kept_where_there_is_no_limit(
    broker: Subject,
) -> None:
    count = SESSION_BYTES // 200_000 + 1
    topics = {f"pitboard/v1/spa24/x/{number}" for number in range(count)}
    with Line(broker, "live") as live, Line(broker, "sender") as sender:
        live.subscribe(("pitboard/v1/#", 0))
        for topic in topics:
            sender.publish(topic, bytes(200_000), 1, retain=True)
            assert live.next().topic == topic

        with Line(broker, "late") as late:
            late.subscribe(("pitboard/v1/#", 0))
            # A replay waits for its reader, and other answers do not wait for the replay.
            replayed = {late.next().topic for _ in range(count - broker.limits_retained)}
            assert late.rest() == []
    assert replayed <= topics
    assert len(replayed) == count - broker.limits_retained


def test_overlapping_subscriptions_each_count_or_one_of_them(broker: Subject) -> None:
    """Brokers differ, so readers may not count on either."""
    with Line(broker, "reader") as reader, Line(broker, "sender") as sender:
        qos = broker.highest_qos
        assert reader.subscribe(("TopicA/#", qos), ("TopicA/+", 1)) == [qos, 1]
        sender.publish("TopicA/C", b"x", qos)

        found = [reader.next().qos for _ in broker.overlaps[0]]
        assert sorted(found) in broker.overlaps
        assert reader.rest() == []


def test_repeated_subscription_replaces_the_first_and_replays(broker: Subject) -> None:
    with Line(broker) as line:
        line.publish("a", b"x", 1, retain=True)
        line.subscribe(("a", 0))
        assert line.next() == Got("a", b"x", retain=True)

        assert line.subscribe(("a", 1)) == [1]
        assert line.next() == Got("a", b"x", retain=True, qos=1)
        line.publish("a", b"y", 1)
        assert line.next() == Got("a", b"y", qos=1)
        assert line.rest() == []


def test_wildcards_match_dollar_topics_only_where_the_broker_lets_them(broker: Subject) -> None:
    with Line(broker, "reader") as reader, Line(broker, "sender") as sender:
        reader.subscribe(("#", 0), ("+/+", 0))
        sender.publish("$TopicA/B", b"x", 1, retain=True)
        sender.publish("end", b"", 1)

        topics = [got.topic for got in reader.rest()]
        assert "end" in topics
        assert ("$TopicA/B" in topics) is broker.wildcards_match_dollar_topics


def test_dollar_topics_pass_only_where_the_broker_carries_them(broker: Subject) -> None:
    with Line(broker, "reader") as reader, Line(broker, "sender") as sender:
        codes = reader.subscribe(("$TopicA/B", 0))
        sender.publish("$TopicA/B", b"x", 1, retain=True)

        carries = broker.carries_dollar_topics
        assert codes == ([0] if carries else [0x80])
        assert reader.rest() == ([Got("$TopicA/B", b"x")] if carries else [])


def test_unsubscribed_filter_delivers_no_more(broker: Subject) -> None:
    with Line(broker, "reader") as reader, Line(broker, "sender") as sender:
        reader.subscribe(("TopicA", 2), ("TopicA/B", 2), ("Topic/C", 2))
        reader.unsubscribe("TopicA")
        for topic in ("TopicA", "TopicA/B", "Topic/C"):
            sender.publish(topic, b"x", 1)

        found = [reader.next().topic, reader.next().topic]
        assert sorted(found) == ["Topic/C", "TopicA/B"]
        assert found == ["TopicA/B", "Topic/C"] or not broker.orders_across_filters
        assert reader.rest() == []


def test_unsubscribing_from_what_was_never_subscribed_to_is_answered(broker: Subject) -> None:
    with Line(broker) as line:
        line.unsubscribe("never/subscribed", "other")

        assert line.rest() == []


def _skip_above(broker: Subject, qos: int) -> None:
    if qos > broker.highest_qos:
        pytest.skip(f"the broker's highest QoS is {broker.highest_qos}")


def _without_own(found: list[Got]) -> set[str]:
    """The topics, without those in which NATS keeps what it has of everybody."""
    return {got.topic for got in found if not got.topic.startswith("$")}
