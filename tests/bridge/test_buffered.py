"""A socket that is read in small pieces."""

import random
import socket
from collections.abc import Iterator

import pytest

from pitboard.bridge.buffered import BufferedSocket

Pair = tuple[socket.socket, BufferedSocket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    near, far = socket.socketpair()
    with near, BufferedSocket(far) as buffered:
        yield near, buffered


def test_pieces_are_what_was_sent(pair: Pair) -> None:
    near, buffered = pair
    sent = random.Random(1).randbytes(100_000)
    near.sendall(sent)
    near.shutdown(socket.SHUT_WR)
    rng = random.Random(2)

    read = b""
    while piece := buffered.recv(rng.randrange(1, 2000)):
        read += piece

    assert read == sent


def test_pending_tells_what_can_be_had_without_waiting(pair: Pair) -> None:
    near, buffered = pair
    near.sendall(b"abcdef")
    before = buffered.pending()

    buffered.recv(2)

    assert (before, buffered.pending()) == (0, 4)


def test_what_was_read_is_had_after_the_end_of_the_stream(pair: Pair) -> None:
    near, buffered = pair
    near.sendall(b"abc")
    buffered.recv(1)
    near.shutdown(socket.SHUT_WR)

    assert [buffered.recv(8), buffered.recv(8)] == [b"bc", b""]


def test_empty_socket_that_must_not_wait_says_so(pair: Pair) -> None:
    _, buffered = pair
    buffered.setblocking(False)

    with pytest.raises(BlockingIOError):
        buffered.recv(1)


def test_timeout_is_kept() -> None:
    near, far = socket.socketpair()
    far.settimeout(1.5)
    with near, BufferedSocket(far) as buffered:
        assert buffered.gettimeout() == 1.5
        assert far.fileno() == -1


def halves(data: bytes, at: int) -> tuple[list[bytes], int]:
    """Reads two bytes at a time."""
    end = len(data) - (len(data) - at) % 2
    return [data[place : place + 2] for place in range(at, end, 2)], end


def test_head_of_the_stream_is_taken_and_the_rest_stays(pair: Pair) -> None:
    near, buffered = pair
    near.sendall(b"abcde")

    taken = buffered.take(halves)

    assert (taken, buffered.pending(), buffered.recv(8)) == ([b"ab", b"cd"], 1, b"e")


def test_nothing_is_taken_of_an_empty_socket_that_must_not_wait(pair: Pair) -> None:
    _, buffered = pair
    buffered.setblocking(False)

    assert buffered.take(halves) == []


def test_end_of_the_stream_is_met_by_who_reads_next(pair: Pair) -> None:
    near, buffered = pair
    near.close()

    assert (buffered.take(halves), buffered.recv(1)) == (None, b"")
