"""Browsers by the rate of their telemetry."""

import random

import pytest

from pitboard.bridge.deflate import START_EVERY_MS
from pitboard.bridge.outbox import Outbox, Write
from pitboard.bridge.tiers import Tiers
from tests.bridge.receiver import Reader, Receiver

SESSION = "spa24-92"
LANE = (SESSION, "pc-1")
OTHER_LANE = (SESSION, "pc-2")


@pytest.fixture
def tiers() -> Tiers:
    return Tiers()


def feed(tiers: Tiers, count: int, period_ms: int, begin: int = 0) -> None:
    for number in range(begin, begin + count):
        tiers.send([b"%d" % number], LANE, number * period_ms)


def test_full_rate_gets_every_frame(tiers: Tiers) -> None:
    reader = Reader()
    tiers.place(reader.outbox, SESSION, None)

    feed(tiers, 50, 100)

    assert reader.texts == [b"%d" % number for number in range(50)]


def test_shared_rate_gets_the_frame_of_each_turn(tiers: Tiers) -> None:
    reader = Reader()
    tiers.place(reader.outbox, SESSION, 2.0)

    feed(tiers, 50, 100)

    assert reader.texts == [b"%d" % number for number in range(0, 50, 5)]


@pytest.mark.parametrize("rate_hz", [1.0, 2.0, 5.0, 10.0])
def test_shared_rate_is_kept_when_it_does_not_divide_the_frames(
    tiers: Tiers, rate_hz: float
) -> None:
    """60 Hz has a frame every 16 or 17 ms: turns do not fall on frames."""
    reader = Reader()
    tiers.place(reader.outbox, SESSION, rate_hz)

    for number in range(600):
        tiers.send([b"%d" % number], LANE, number * 1000 // 60)

    assert len(reader.texts) == pytest.approx(10 * rate_hz, abs=1)


def test_browsers_of_a_rate_share_the_bytes(tiers: Tiers) -> None:
    """That is what makes compression affordable."""
    first, second = Reader(), Reader()
    for reader in (first, second):
        tiers.place(reader.outbox, SESSION, 2.0)

    feed(tiers, 20, 100)

    assert first.texts == second.texts
    assert first.compressed == second.compressed == len(first.texts) == 4


def test_last_frame_before_silence_comes_with_the_next_tick(tiers: Tiers) -> None:
    reader = Reader()
    tiers.place(reader.outbox, SESSION, 2.0)
    feed(tiers, 3, 100)

    tiers.tick(1000)

    assert reader.texts == [b"0", b"2"]


def test_turn_brings_the_newest_of_each_monitor(tiers: Tiers) -> None:
    reader = Reader()
    tiers.place(reader.outbox, SESSION, 2.0)
    tiers.send([b"begin"], LANE, 0)
    for now_ms in (100, 200):
        tiers.send([b"a%d" % now_ms], LANE, now_ms)
        tiers.send([b"b%d" % now_ms], OTHER_LANE, now_ms)

    tiers.send([b"a500"], LANE, 500)

    assert reader.texts == [b"begin", b"b200", b"a500"]


def test_cleared_telemetry_is_not_sent_with_the_next_turn(tiers: Tiers) -> None:
    reader = Reader()
    tiers.place(reader.outbox, SESSION, 2.0)
    feed(tiers, 3, 100)

    tiers.discard(LANE)
    tiers.tick(1000)

    assert reader.texts == [b"0"]


def test_clock_that_is_set_back_does_not_silence_a_rate(tiers: Tiers) -> None:
    reader = Reader()
    tiers.place(reader.outbox, SESSION, 2.0)
    tiers.send([b"before"], LANE, 10_000_000)

    tiers.send([b"after"], LANE, 0)

    assert reader.texts == [b"before", b"after"]


def test_browser_changes_its_rate(tiers: Tiers) -> None:
    reader = Reader()
    tiers.place(reader.outbox, SESSION, 2.0)
    feed(tiers, 10, 100)

    tiers.place(reader.outbox, SESSION, None)
    feed(tiers, 5, 100, begin=10)

    assert reader.texts == [b"0", b"5", b"10", b"11", b"12", b"13", b"14"]


def test_removed_browser_gets_no_more(tiers: Tiers) -> None:
    reader, other = Reader(), Reader()
    for each in (reader, other):
        tiers.place(each.outbox, SESSION, None)

    tiers.remove(reader.outbox)
    tiers.remove(reader.outbox)
    feed(tiers, 3, 100)

    assert (len(reader.texts), len(other.texts)) == (0, 3)


def test_nothing_is_compressed_where_nobody_decompresses(tiers: Tiers) -> None:
    reader = Reader(is_deflating=False)
    tiers.place(reader.outbox, SESSION, None)

    feed(tiers, 3, 100)

    assert (len(reader.texts), reader.compressed) == (3, 0)


@pytest.mark.parametrize(
    ("is_deflating", "max_hz"),
    [pytest.param(False, 2.0, id="plain"), pytest.param(True, 3.0, id="rate of its own")],
)
def test_browser_that_shares_no_rate_has_its_own(
    tiers: Tiers, is_deflating: bool, max_hz: float
) -> None:
    reader = Reader(is_deflating=is_deflating, wake=lambda: None)
    tiers.place(reader.outbox, SESSION, max_hz)

    feed(tiers, 3, 100)

    assert reader.outbox.drain(0.0) == [b"2"]
    feed(tiers, 1, 100, begin=3)
    assert reader.outbox.drain(0.1) == []
    assert reader.outbox.drain(1.0) == [b"3"]
    assert reader.texts == []


def test_browser_that_does_not_read_keeps_the_newest_only(tiers: Tiers) -> None:
    reader = Reader()
    tiers.place(reader.outbox, SESSION, None)
    reader.stall()

    feed(tiers, 5, 100)

    assert reader.outbox.drain(0.0) == [b"4"]


@pytest.mark.parametrize("seed", range(5))
def test_browsers_read_what_was_sent_whatever_they_miss(seed: int) -> None:
    """A broken rule of the shared stream shows other numbers, not an error."""
    rng = random.Random(seed)
    sessions = {("a", "pc-1"): Tiers(), ("b", "pc-1"): Tiers()}
    readers = [Reader() for _ in range(20)]
    for reader in readers[:-2]:
        for (session_id, _), tiers in sessions.items():
            tiers.place(reader.outbox, session_id, rng.choice((None, None, 5.0)))
    sent: set[bytes] = set()

    for number in range(2000):
        lane, tiers = rng.choice(list(sessions.items()))
        texts = [text(number, rng) for _ in range(rng.choice((1, 1, 1, 3)))]
        sent.update(texts)
        tiers.send(texts, lane, 100 * number)
        for reader in readers:
            disturb(reader, tiers, lane[0], rng)

    for reader in readers:
        assert set(reader.texts) <= sent
        assert reader.compressed > 50


def disturb(reader: Reader, tiers: Tiers, session_id: str, rng: random.Random) -> None:
    """What may happen to a browser between two frames; mostly nothing."""
    match rng.randrange(100):
        case 0 | 1:
            reader.stall()
        case 2 | 3 | 4 | 5:
            reader.resume()
        case 6:
            tiers.remove(reader.outbox)
        case 7 | 8:
            tiers.place(reader.outbox, session_id, rng.choice((None, 5.0)))


def text(number: int, rng: random.Random) -> bytes:
    """Like telemetry: hardly changed from message to message, and in places that vary."""
    values = ",".join(f'"v{place}":{rng.randrange(10)}' for place in range(60))
    return f'{{"seq":{number},{values}}}'.encode()


def test_browser_that_missed_nothing_keeps_the_stream(tiers: Tiers) -> None:
    """An answer to its ping passes through its queue, and takes nothing out of the stream."""
    reader = Reader()
    tiers.place(reader.outbox, SESSION, None)
    feed(tiers, 3, 100)

    reader.outbox.put(b"pong")
    reader.stall()
    reader.resume()
    feed(tiers, 3, 100, begin=3)

    assert reader.texts == [b"0", b"1", b"2", b"pong", b"3", b"4", b"5"]
    assert reader.compressed == 6


def test_browser_that_missed_a_piece_gets_plain_frames_until_the_next_start(tiers: Tiers) -> None:
    reader, other = Reader(), Reader()
    for each in (reader, other):
        tiers.place(each.outbox, SESSION, None)
    feed(tiers, 3, 100)
    reader.stall()
    feed(tiers, 1, 100, begin=3)
    reader.resume()

    feed(tiers, 40, 100, begin=4)

    assert reader.texts == other.texts == [b"%d" % number for number in range(44)]
    stretch = START_EVERY_MS // 100 + 1
    assert (reader.compressed, other.compressed) == (3 + 44 - stretch, 44)


def test_browser_that_comes_late_gets_plain_frames_until_the_next_start(tiers: Tiers) -> None:
    first, late = Reader(), Reader()
    tiers.place(first.outbox, SESSION, None)
    feed(tiers, 5, 100)
    tiers.place(late.outbox, SESSION, None)

    feed(tiers, 30, 100, begin=5)

    assert late.compressed == 35 - (START_EVERY_MS // 100 + 1)


def test_what_came_together_leaves_in_one_write(tiers: Tiers) -> None:
    readers = [Reader(is_deflating=True), Reader(is_deflating=False)]
    for reader in readers:
        tiers.place(reader.outbox, SESSION, None)

    sent = tiers.send([b"1", b"2", b"3"], LANE, 0, lead=b"heartbeat")

    assert [reader.texts for reader in readers] == [[b"heartbeat", b"1", b"2", b"3"]] * 2
    assert [reader.writes for reader in readers] == [[4], [4]]
    assert sent == 8


def test_lead_reaches_every_rate_and_those_that_do_not_read(tiers: Tiers) -> None:
    capped, stalled = Reader(), Reader()
    tiers.place(capped.outbox, SESSION, 1.0)
    tiers.place(stalled.outbox, SESSION, None)
    tiers.send([b"0"], LANE, 0)
    stalled.stall()

    tiers.send([b"1", b"2"], LANE, 100, lead=b"heartbeat")

    assert capped.texts == [b"0", b"heartbeat"]
    assert stalled.outbox.drain(0.0) == [b"heartbeat", b"2"]


def test_browser_that_stops_reading_in_the_round_delays_nobody(tiers: Tiers) -> None:
    """Its transport says so while it is being written to."""
    taken = []

    def take(data: bytes) -> None:
        taken.append(data)
        stopping.hold()

    stopping = Outbox(write=take)
    stopping.drain(0.0)
    reader = Reader(is_deflating=False)
    for outbox in (stopping, reader.outbox):
        tiers.place(outbox, SESSION, None)

    feed(tiers, 3, 100)

    assert reader.texts == [b"0", b"1", b"2"]
    assert len(taken) == 1
    assert stopping.drain(0.0) == [b"2"]


@pytest.mark.parametrize("is_deflating", [True, False])
def test_failure_of_one_browser_is_kept_from_the_next(
    tiers: Tiers, is_deflating: bool, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_data: bytes) -> None:
        raise OSError("broken")

    broken = Outbox(write=fail, is_deflating=is_deflating)
    broken.drain(0.0)
    reader = Reader(is_deflating=is_deflating)
    for outbox in (broken, reader.outbox):
        tiers.place(outbox, SESSION, None)

    sent = tiers.send([b"t1"], LANE, 0)

    assert (reader.texts, sent) == ([b"t1"], 1)
    assert broken.drain(0.0) == [b"t1"]
    assert "frames not sent" in caplog.text


def test_frame_that_is_no_telemetry_goes_to_all(tiers: Tiers) -> None:
    readers = [Reader(), Reader(is_deflating=False), Reader(), Reader()]
    for reader, max_hz in zip(readers, (None, None, 2.0, None), strict=True):
        tiers.place(reader.outbox, SESSION, max_hz)
    *reading, stalled = readers
    stalled.stall()

    tiers.broadcast(b"status")

    assert [reader.texts for reader in reading] == [[b"status"]] * 3
    assert stalled.outbox.drain(0.0) == [b"status"]


def test_write_that_stalls_and_fails_leaves_no_gap_in_the_stream(tiers: Tiers) -> None:
    """A browser with a gap would read other numbers, not an error."""
    reader = Reader()

    def fail(_data: bytes) -> None:
        broken.hold()
        raise OSError("broken")

    working = Receiver()
    write: list[Write] = [working.read]

    def take(data: bytes) -> None:
        write[0](data)

    broken = Outbox(write=take, is_deflating=True)
    broken.drain(0.0)
    for outbox in (broken, reader.outbox):
        tiers.place(outbox, SESSION, None)
    feed(tiers, 2, 100)
    write[0] = fail
    feed(tiers, 1, 100, begin=2)
    write[0] = working.read
    waiting = broken.drain(0.0)

    feed(tiers, 2, 100, begin=3)

    assert waiting == [b"2"]
    assert working.texts == [b"0", b"1", b"3", b"4"]
    assert (working.compressed, reader.compressed) == (2, 5)
