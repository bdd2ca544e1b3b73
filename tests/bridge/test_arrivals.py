"""Messages that are read straight out of the stream; MQTT 3.1.1, section 3.3."""

import random

import pytest

from pitboard.bridge.arrivals import Arrival, read_arrivals

PUBACK = bytes((0x40, 2, 0, 1))


def packet(first: int, body: bytes) -> bytes:
    size, length = len(body), b""
    while size >= 0x80:
        length += bytes((size & 0x7F | 0x80,))
        size >>= 7
    return bytes((first,)) + length + bytes((size,)) + body


def publish(topic: bytes, payload: bytes, *, first: int = 0x30) -> bytes:
    return packet(first, len(topic).to_bytes(2, "big") + topic + payload)


def contents(arrivals: list[Arrival]) -> list[tuple[bytes, bytes, bool]]:
    return [(each.topic_bytes, bytes(each.payload), each.retain) for each in arrivals]


@pytest.mark.parametrize("size", [0, 1, 118, 119, 120, 900, 16_375])
@pytest.mark.parametrize("first", [0x30, 0x31])
def test_messages_are_read_up_to_the_next_other_packet(size: int, first: int) -> None:
    payload = random.Random(size).randbytes(size)
    data = b"before" + publish(b"a/bc", payload, first=first) * 3
    end = len(data)

    arrivals, at = read_arrivals(data + PUBACK, 6)

    assert contents(arrivals) == [(b"a/bc", payload, first == 0x31)] * 3
    assert at == end


def test_message_that_is_not_whole_stays() -> None:
    whole = publish(b"a/b", b"x" * 200)

    for size in range(len(whole)):
        assert read_arrivals(whole + whole[:size], 0)[1] == len(whole)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(publish(b"a", b"x", first=0x32), id="QoS 1"),
        pytest.param(publish(b"a", b"x", first=0x38), id="sent again"),
        pytest.param(publish(b"a", b"x", first=0x36), id="QoS 3"),
        pytest.param(publish(b"a", b"x" * 20_000), id="large"),
        pytest.param(packet(0x30, b""), id="no topic"),
        pytest.param(publish(b"", b"x"), id="empty topic"),
        pytest.param(packet(0x30, b"\x00\x09abc"), id="topic longer than the packet"),
        pytest.param(b"\x30\xff\xff\xff\xff\x7f", id="length of five bytes"),
        pytest.param(PUBACK, id="no message"),
    ],
)
def test_everything_else_is_left_to_paho(data: bytes) -> None:
    assert read_arrivals(data + publish(b"a/b", b"next"), 0) == ([], 0)


@pytest.mark.parametrize("seed", range(3))
def test_noise_is_never_read_beyond_its_end(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(2000):
        data = b"\x30" + rng.randbytes(rng.randrange(40))

        arrivals, at = read_arrivals(data, 0)

        assert at <= len(data)
        assert at >= sum(4 + len(each.payload) for each in arrivals)
