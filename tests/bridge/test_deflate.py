"""One end of the shared stream; who may read which piece is tested with the tiers."""

from itertools import pairwise

from pitboard.bridge.deflate import START_EVERY_MS, SharedDeflate
from tests.bridge.receiver import Receiver

TEXT = b'{"fuel":42.3,"position":3,"speed":214.6}' * 20


def test_pieces_are_read_one_after_the_other() -> None:
    stream, receiver = SharedDeflate(), Receiver()
    bursts = [
        [b"%d-%d" % (number, place) for place in range(number % 4 + 1)] for number in range(90)
    ]

    for number, texts in enumerate(bursts):
        receiver.read(stream.pack(texts, number * 100)[0])

    assert receiver.texts == [text for texts in bursts for text in texts]
    assert receiver.compressed == len(receiver.texts)


def test_stream_starts_anew_every_two_seconds() -> None:
    stream = SharedDeflate()

    starts = [at_ms for at_ms in range(0, 10_000, 100) if stream.pack([b"{}", b"{}"], at_ms)[1]]

    assert {later - earlier for earlier, later in pairwise(starts)} == {START_EVERY_MS + 100}


def test_start_is_read_without_what_came_before_it() -> None:
    stream = SharedDeflate()
    pieces = [stream.pack([TEXT, TEXT], at_ms) for at_ms in range(0, 5000, 100)]
    place = [number for number, (_, is_start) in enumerate(pieces) if is_start][1]
    receiver = Receiver()

    for piece, _ in pieces[place:]:
        receiver.read(piece)

    assert receiver.texts == [TEXT] * 2 * (len(pieces) - place)


def test_clock_that_is_set_back_starts_the_stream_anew() -> None:
    """Otherwise late browsers would get plain frames until the clock has caught up."""
    stream = SharedDeflate()
    stream.pack([b"{}"], 1_000_000)

    stream.pack([b"{}"], 0)

    assert stream.pack([b"{}"], 100)[1]


def test_neighbours_make_a_message_a_fraction_of_its_size() -> None:
    stream = SharedDeflate()
    stream.pack([TEXT], 0)

    assert len(stream.pack([TEXT], 100)[0]) < len(TEXT) / 10
