"""The shared stream, read by receivers that come late, miss frames and follow other streams."""

import random

import pytest

from pitboard.bridge.deflate import START_EVERY_MS, Follower, SharedDeflate
from pitboard.bridge.framing import Update, update
from tests.bridge.receiver import Receiver

PERIOD_MS = 100
ROUNDS = 2000


def take(receiver: Receiver, follower: Follower, update: Update) -> bytes:
    """What the browser reads of what the bridge chooses to write."""
    receiver.read(follower.choose(update))
    return b"".join(receiver.texts[-len(update.texts) :])


def text(number: int, rng: random.Random) -> bytes:
    """Like telemetry: hardly changed from message to message, and in places that vary."""
    values = ",".join(f'"v{place}":{rng.randrange(10)}' for place in range(60))
    return f'{{"seq":{number},{values}}}'.encode()


def updates(count: int, rng: random.Random, at_once: int = 1) -> list[Update]:
    stream = SharedDeflate()
    bursts = [
        [text(number, rng) for _ in range(rng.randint(1, at_once))] for number in range(count)
    ]
    return [
        update(texts, stream.pack(texts, number * PERIOD_MS)) for number, texts in enumerate(bursts)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_receivers_read_what_was_sent_whatever_they_miss(seed: int) -> None:
    """A broken rule shows other numbers, not an error."""
    rng = random.Random(seed)
    streams = [updates(ROUNDS, rng), updates(ROUNDS, rng, at_once=4)]
    receivers = [(Receiver(), Follower()) for _ in range(20)]
    joined_at = [rng.randrange(ROUNDS // 2) for _ in receivers]

    for number in range(ROUNDS):
        for (receiver, follower), joins in zip(receivers, joined_at, strict=True):
            for stream in streams:
                if number >= joins and rng.random() > 0.03:
                    read = take(receiver, follower, stream[number])
                    assert read == b"".join(stream[number].texts)

    assert all(receiver.compressed > ROUNDS / 20 for receiver, _ in receivers)


def test_receiver_that_misses_nothing_reads_all_compressed() -> None:
    sent = updates(ROUNDS, random.Random(1))
    receiver, follower = Receiver(), Follower()

    for each in sent:
        take(receiver, follower, each)

    assert receiver.compressed == ROUNDS


def test_late_receiver_gets_plain_frames_until_the_next_start() -> None:
    sent = updates(50, random.Random(1))
    starts = [
        number for number, each in enumerate(sent) if each.deflated and each.deflated.is_start
    ]
    receiver, follower = Receiver(), Follower()

    for each in sent[5 : starts[1]]:
        take(receiver, follower, each)
    before = receiver.compressed
    take(receiver, follower, sent[starts[1]])

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
    stream.pack([b"{}"], 1_000_000)

    stream.pack([b"{}"], 0)

    assert stream.pack([b"{}"], 100).is_start


def test_neighbours_make_a_message_a_fraction_of_its_size() -> None:
    same = b'{"fuel":42.3,"position":3,"speed":214.6}' * 20
    stream = SharedDeflate()
    stream.pack([same], 0)

    assert len(stream.pack([same], 100).frames) < len(same) / 10
