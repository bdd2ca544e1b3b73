"""MQTT packets as bytes: what is let through, what is refused, and why."""

import struct

import pytest

from pitboard.broker.faults import BadPacket, UnsupportedLevel
from pitboard.broker.packets import (
    MAX_FILTERS,
    MAX_PACKET_BYTES,
    Connect,
    Splitter,
    check,
    is_filter,
    packet_size,
    parse_connect,
)
from tests.broker.clients import (
    DISCONNECT,
    Got,
    connect_packet,
    packet,
    publish_packet,
    subscribe_packet,
    text,
)

TOPIC = "pitboard/v1/spa24/pc-1/setup"


def id_of(number: int) -> bytes:
    return struct.pack("!H", number)


GOOD = [
    pytest.param(publish_packet(TOPIC, b"x"), id="publish"),
    pytest.param(publish_packet(TOPIC, b""), id="empty publish"),
    pytest.param(publish_packet("$SYS/x", b"x"), id="15-dollar-topic"),
    pytest.param(packet(0x32, text(TOPIC) + id_of(7) + b"x"), id="publish at QoS 1"),
    pytest.param(packet(0x3C, text(TOPIC) + id_of(7)), id="publish at QoS 2 again"),
    pytest.param(packet(0x40, id_of(1)), id="puback"),
    pytest.param(packet(0x62, id_of(1)), id="pubrel"),
    pytest.param(subscribe_packet("pitboard/v1/+/+/status"), id="subscribe"),
    pytest.param(packet(0xA2, id_of(1) + text("#")), id="unsubscribe"),
    pytest.param(packet(0xC0, b""), id="pingreq"),
    pytest.param(DISCONNECT, id="disconnect"),
]

BAD = [
    pytest.param(publish_packet("pitboard/v1/+/m/setup", b"x"), id="02-plus-in-topic"),
    pytest.param(publish_packet("pitboard/v1/a#b/m/setup", b"x"), id="03-hash-in-topic"),
    pytest.param(packet(0x30, text(b"pit\0board")), id="11-nul-in-topic"),
    pytest.param(packet(0x30, text(b"pit\xff")), id="12-topic-not-utf8"),
    pytest.param(packet(0x30, text(b"\xed\xa0\x80")), id="13-surrogate-in-topic"),
    pytest.param(publish_packet("", b"x"), id="16-empty-topic"),
    pytest.param(packet(0x36, text(TOPIC) + id_of(1)), id="21-qos-3"),
    pytest.param(packet(0x38, text(TOPIC)), id="repeated QoS 0"),
    pytest.param(b"\x30\xff\xff\xff\xff\x01", id="22-bad-remaining-length"),
    pytest.param(packet(0x00, b""), id="23-type-0"),
    pytest.param(packet(0xF0, b""), id="23-type-15"),
    pytest.param(packet(0x20, b"\0\0"), id="a CONNACK"),
    pytest.param(connect_packet("car"), id="24-second-connect"),
    pytest.param(bytes([0x30]) + b"\x81\x80\x10", id="29-above-256-kib"),
    pytest.param(packet(0x82, id_of(1)), id="30-subscribe-without-filters"),
    pytest.param(packet(0x82, id_of(1) + text("a") + b"\x03"), id="30-subscribe-at-qos-3"),
    pytest.param(packet(0x82, id_of(1) + text("") + b"\0"), id="30-empty-filter"),
    pytest.param(packet(0x82, id_of(1) + text("a/#/b") + b"\0"), id="filter with # inside"),
    pytest.param(
        packet(0x82, id_of(1) + (MAX_FILTERS + 1) * (text("a") + b"\0")), id="too many filters"
    ),
    pytest.param(packet(0x82, id_of(1) + text("a")), id="subscribe without its QoS"),
    pytest.param(packet(0x80, id_of(1) + text("a") + b"\0"), id="subscribe with other flags"),
    pytest.param(packet(0x32, text(TOPIC) + id_of(0)), id="31-packet-id-0"),
    pytest.param(packet(0x82, id_of(0) + text("a") + b"\0"), id="31-packet-id-0-subscribe"),
    pytest.param(packet(0x40, b"\0"), id="puback of one byte"),
    pytest.param(packet(0xC0, b"x"), id="pingreq with a body"),
    pytest.param(packet(0x30, b"\0\x10abc"), id="topic longer than its packet"),
    pytest.param(packet(0x32, text(TOPIC)), id="publish at QoS 1 without an id"),
]


@pytest.mark.parametrize("given", GOOD)
def test_splitter_gives_good_packets_out_as_they_are(given: bytes) -> None:
    splitter = Splitter()

    assert splitter.feed(given) == given
    assert splitter.error is None


@pytest.mark.parametrize("given", BAD)
def test_splitter_gives_out_what_came_before_a_bad_packet_and_nothing_after(given: bytes) -> None:
    ping = packet(0xC0, b"")
    splitter = Splitter()

    assert splitter.feed(ping + given + ping) == ping
    assert splitter.error is not None
    assert splitter.feed(ping) == b""


@pytest.mark.parametrize("given", GOOD)
def test_splitter_holds_a_packet_back_until_it_is_whole(given: bytes) -> None:
    splitter = Splitter()

    out = [splitter.feed(given[at : at + 1]) for at in range(len(given))]

    assert out == [b""] * (len(given) - 1) + [given]


def test_splitter_takes_the_largest_packet() -> None:
    topic = text(TOPIC)
    largest = packet(0x30, topic + bytes(MAX_PACKET_BYTES - len(topic)))

    assert Splitter().feed(largest) == largest


def test_packet_above_the_limit_is_refused_before_its_bytes_come() -> None:
    with pytest.raises(BadPacket, match="limit"):
        packet_size(b"\x30\x81\x80\x10", 0, MAX_PACKET_BYTES)


@pytest.mark.parametrize("given", [b"", b"\x30", b"\x30\x80", b"\x30\x05abc"])
def test_packet_that_is_not_all_there_has_no_size_yet(given: bytes) -> None:
    assert packet_size(given, 0, MAX_PACKET_BYTES) is None


def body_of(given: bytes) -> bytes:
    """A CONNECT without its fixed header."""
    return given[2:] if given[1] < 128 else given[3:]


def connect_body(
    *, name: str = "MQTT", level: int = 4, flags: int = 2, keepalive_s: int = 60, rest: bytes = b""
) -> bytes:
    head = text(name) + bytes([level, flags]) + struct.pack("!H", keepalive_s)
    return head + text("car") + rest


def test_connect_is_parsed() -> None:
    will = Got("pitboard/v1/spa24/pc-1/status", b"lost", retain=True, qos=1)

    assert parse_connect(body_of(connect_packet("car", will, 10))) == Connect(
        client_id="car",
        is_clean=True,
        keepalive_s=10,
        username=None,
        password=None,
        will_topic=will.topic,
    )


def test_user_and_password_are_parsed() -> None:
    body = connect_body(flags=0xC2, rest=text("ada") + text(b"\xff\0secret"))

    connect = parse_connect(body)

    assert (connect.username, connect.password) == ("ada", b"\xff\0secret")


@pytest.mark.parametrize(
    ("name", "level", "is_mqtt5"),
    [
        pytest.param("MQTT", 5, True, id="25-mqtt5"),
        ("MQIsdp", 3, False),
        ("MQTT", 3, False),
        ("MQTT", 6, False),
        pytest.param("MQTT", 0x84, False, id="bridge at 3.1.1"),
    ],
)
def test_other_version_of_mqtt_is_told_apart(name: str, level: int, *, is_mqtt5: bool) -> None:
    with pytest.raises(UnsupportedLevel) as refused:
        parse_connect(connect_body(name=name, level=level))

    assert refused.value.is_mqtt5 is is_mqtt5


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(connect_body(name="HTTP"), id="another protocol"),
        pytest.param(connect_body(flags=3), id="reserved flag"),
        pytest.param(connect_body(flags=0x0A), id="QoS of no will"),
        pytest.param(connect_body(flags=0x1E), id="will at QoS 3"),
        pytest.param(connect_body(flags=0x42, rest=text("x")), id="password without user"),
        pytest.param(connect_body(flags=0x06), id="will that is missing"),
        pytest.param(connect_body(flags=0x06, rest=text("a/+") + text("x")), id="will on wildcard"),
        pytest.param(connect_body(flags=0x06, rest=text("") + text("x")), id="will on no topic"),
        pytest.param(connect_body(flags=0x82, rest=text(b"a\0")), id="NUL in the user's name"),
        pytest.param(connect_body(rest=b"x"), id="bytes behind the end"),
        pytest.param(body_of(connect_packet("car"))[:-1], id="cut short"),
        pytest.param(
            text("MQTT") + bytes([4, 0]) + b"\0\0" + text(""), id="kept session without an id"
        ),
    ],
)
def test_bad_connect_is_refused(body: bytes) -> None:
    with pytest.raises(BadPacket):
        parse_connect(body)


@pytest.mark.parametrize(
    ("topic_filter", "is_one"),
    [
        ("#", True),
        ("a/#", True),
        ("+/b/+", True),
        ("a", True),
        ("/", True),
        ("", False),
        ("a#", False),
        ("#/a", False),
        ("a+/b", False),
        ("a/b+", False),
        ("a/#b", False),
    ],
)
def test_filter_has_its_wildcards_alone_in_a_level(topic_filter: str, *, is_one: bool) -> None:
    assert is_filter(topic_filter) is is_one


def test_connect_after_the_first_packet_is_refused_by_check() -> None:
    with pytest.raises(BadPacket, match="type 1"):
        check(0x10, b"")


@pytest.mark.parametrize("kind", [0x82, 0xA2], ids=["SUBSCRIBE", "UNSUBSCRIBE"])
def test_packet_may_name_a_thousand_filters(kind: int) -> None:
    tail = b"\0" if kind == 0x82 else b""

    check(kind, id_of(1) + MAX_FILTERS * (text("a") + tail))
