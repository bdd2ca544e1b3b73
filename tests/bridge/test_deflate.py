"""The shared stream, read by receivers that come late, miss frames and follow other streams."""

import random
import zlib

import pytest

from pitboard.bridge.deflate import START_EVERY_MS, WINDOW_BITS, Follower, SharedDeflate
from pitboard.bridge.framing import DEFLATED_TEXT, TEXT, Update, frame

PERIOD_MS = 100
ROUNDS = 2000


class Receiver:
    """One connection as a browser reads it: one window, for compressed messages only."""

    def __init__(self) -> None:
        self.compressed = 0
        self._follower = Follower()
        self._window = zlib.decompressobj(-WINDOW_BITS)

    def take(self, update: Update) -> bytes:
        """The text that the browser reads of what the bridge chooses to write."""
        data = self._follower.choose(update)
        head = 2 if data[1] < 126 else 4
        if data[0] == TEXT:
            return data[head:]
        assert data[0] == DEFLATED_TEXT
        self.compressed += 1
        return self._window.decompress(data[head:] + b"\x00\x00\xff\xff")


def text(number: int, rng: random.Random) -> bytes:
    """Like telemetry: hardly changed from message to message, and in places that vary."""
    values = ",".join(f'"v{place}":{rng.randrange(10)}' for place in range(60))
    return f'{{"seq":{number},{values}}}'.encode()


def updates(count: int, rng: random.Random) -> list[Update]:
    stream = SharedDeflate()
    texts = [text(number, rng) for number in range(count)]
    return [
        Update(each, frame(TEXT, each), stream.pack(each, number * PERIOD_MS))
        for number, each in enumerate(texts)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_receivers_read_what_was_sent_whatever_they_miss(seed: int) -> None:
    """A broken rule shows other numbers, not an error."""
    rng = random.Random(seed)
    streams = [updates(ROUNDS, rng), updates(ROUNDS, rng)]
    receivers = [Receiver() for _ in range(20)]
    joined_at = [rng.randrange(ROUNDS // 2) for _ in receivers]

    for number in range(ROUNDS):
        for receiver, joins in zip(receivers, joined_at, strict=True):
            for stream in streams:
                if number >= joins and rng.random() > 0.03:
                    assert receiver.take(stream[number]) == stream[number].text

    assert all(receiver.compressed > ROUNDS / 20 for receiver in receivers)


def test_receiver_that_misses_nothing_reads_all_compressed() -> None:
    sent = updates(ROUNDS, random.Random(1))
    receiver = Receiver()

    for update in sent:
        receiver.take(update)

    assert receiver.compressed == ROUNDS


def test_late_receiver_gets_plain_frames_until_the_next_start() -> None:
    sent = updates(50, random.Random(1))
    starts = [
        number for number, each in enumerate(sent) if each.deflated and each.deflated.is_start
    ]
    receiver = Receiver()

    for update in sent[5 : starts[1]]:
        receiver.take(update)
    before = receiver.compressed
    receiver.take(sent[starts[1]])

    assert (before, receiver.compressed) == (0, 1)


def test_stream_starts_anew_every_two_seconds() -> None:
    sent = updates(100, random.Random(1))

    starts = [
        number for number, each in enumerate(sent) if each.deflated and each.deflated.is_start
    ]

    assert starts == list(range(0, 100, START_EVERY_MS // PERIOD_MS + 1))


def test_clock_that_is_set_back_starts_the_stream_anew() -> None:
    """Otherwise late browsers would get plain frames until the clock has caught up."""
    stream = SharedDeflate()
    stream.pack(b"{}", 1_000_000)

    stream.pack(b"{}", 0)

    assert stream.pack(b"{}", 100).is_start


def test_neighbours_make_a_message_a_fraction_of_its_size() -> None:
    same = b'{"fuel":42.3,"position":3,"speed":214.6}' * 20
    stream = SharedDeflate()
    stream.pack(same, 0)

    assert len(stream.pack(same, 100).frame) < len(same) / 10
