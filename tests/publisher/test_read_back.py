import pytest

from pitboard.contract.messages import LapMessage, LapRow, Message, SetupMessage
from pitboard.contract.times import to_text
from pitboard.publisher.lap_rows import row_of
from pitboard.publisher.laps import LapRecorder
from pitboard.publisher.lifecycle import Lifecycle
from pitboard.publisher.memory import Memory, RememberedSetup
from pitboard.publisher.source import NamedSetup, Sample
from tests.fakes import FakeClock, frame
from tests.publisher.lives import (
    OWN,
    announce,
    chunk,
    foreign,
    make,
    names,
    read_back,
    sent,
    setup_message,
    status,
    status_of,
    summary,
)


def row(lap: int, finished_s: int, run: int = 1) -> LapRow:
    return row_of(summary(lap, run, finished_s))


def remember(memory: Memory, lap: int, finished_s: int) -> None:
    memory.add_lap(summary(lap, 1, finished_s), row(lap, finished_s))


def keys(memory: Memory) -> list[tuple[int, int]]:
    return [(row.run, row.lap) for row in memory.laps]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def listen(life: Lifecycle) -> None:
    """Connect as far as the beginning of the replay."""
    life.connecting()
    life.connected()
    life.subscribed()


def test_monitor_without_a_memory_waits_longer_for_a_replay_with_pauses(clock: FakeClock) -> None:
    life, _ = make(clock, Memory(session_id="spa24", monitor_id="pc-1"))
    listen(life)
    for _ in range(6):
        clock.advance(0.25)
        assert life.tick() == []
        life.received(f"{OWN}/x", b"junk")

    clock.advance(0.301)

    assert "status" in names(life.tick())


def test_monitor_announces_after_20_ms_of_quiet(clock: FakeClock) -> None:
    life, _ = make(clock)
    listen(life)
    clock.advance(0.019)
    life.received(f"{OWN}/x", b"junk")
    clock.advance(0.019)
    assert life.tick() == []

    clock.advance(0.002)

    assert "status" in names(life.tick())


def test_monitor_announces_after_150_ms_even_in_noise(clock: FakeClock) -> None:
    life, _ = make(clock)
    listen(life)
    for _ in range(16):
        clock.advance(0.01)
        life.received(f"{OWN}/x", b"junk")

    assert "status" in names(life.tick())


def test_monitor_reads_back_the_laps_that_its_state_lacks(clock: FakeClock) -> None:
    """A lost state file never erases a race."""
    life, memory = make(clock)
    remember(memory, 3, 300)

    steps = read_back(life, clock, chunk([row(1, 100), row(2, 200)]))

    assert keys(memory) == [(1, 1), (1, 2), (1, 3)]
    assert status_of(steps).laps == 3


def test_monitor_reads_back_a_lap_whose_chunk_was_never_sent(clock: FakeClock) -> None:
    """It died between the two messages, and its disk was full."""
    life, memory = make(clock)
    lap = LapMessage(
        v=1,
        session_id="spa24",
        monitor_id="pc-1",
        birth=5,
        seq=2,
        timestamp=to_text(0),
        lap_summary=summary(2, 1, 200),
    )

    steps = read_back(life, clock, foreign(f"{OWN}/lap", lap), chunk([row(1, 100)]))

    assert memory.laps == [row(1, 100), row(2, 200)]
    assert names(steps)[-1] == "laps/0"


def test_monitor_reads_what_comes_before_the_brokers_answer(clock: FakeClock) -> None:
    """MQTT lets a broker begin its replay before it grants the subscription."""
    life, memory = make(clock)
    life.connecting()
    life.connected()
    life.received(*chunk([row(1, 100)]))
    life.subscribed()
    clock.advance(0.021)

    life.tick()

    assert keys(memory) == [(1, 1)]


def test_monitor_puts_laps_that_it_drove_unawares_behind_those_of_the_broker(
    clock: FakeClock,
) -> None:
    """Its state was lost, and the broker away: laps 1 and 2 are not the ones readers know."""
    life, memory = make(clock)
    memory.run, memory.last_lap = 1, 3
    remember(memory, 1, 1000)
    remember(memory, 2, 1100)

    steps = read_back(life, clock, chunk([row(1, 100), row(2, 200), row(3, 300, run=2)]))

    assert keys(memory) == [(1, 1), (1, 2), (2, 3), (3, 1), (3, 2)]
    assert memory.laps[:2] == [row(1, 100), row(2, 200)]
    assert memory.run == 3
    laps = [message.lap_summary for message in sent(steps) if isinstance(message, LapMessage)]
    assert laps == [summary(1, 3, 1000), summary(2, 3, 1100)]


def test_monitor_that_began_a_lap_unawares_gives_it_a_run_of_its_own(clock: FakeClock) -> None:
    life, memory = make(clock)
    recorder = LapRecorder(memory)
    recorder.feed(Sample(0, frame(lap=1)), clock.now_ms)
    read_back(life, clock, chunk([row(1, 100), row(2, 200)]))

    recorder.resume()

    assert recorder.enrich(Sample(1, frame(lap=1))).run == 2
    done = recorder.feed(Sample(2, frame(lap=2)), clock.now_ms)
    assert done is not None
    assert (done.run, done.lap, done.stint) == (2, 1, 1)


def test_monitor_goes_on_behind_the_laps_that_it_reads_back(clock: FakeClock) -> None:
    """Only its state is gone: the car has not left its race."""
    life, memory = make(clock)
    recorder = LapRecorder(memory)
    read_back(life, clock, chunk([row(1, 100), row(2, 200)]))
    recorder.resume()

    recorder.feed(Sample(0, frame(lap=3)), clock.now_ms)
    done = recorder.feed(Sample(100, frame(lap=4)), clock.now_ms)

    assert done is not None
    assert (done.run, done.lap) == (1, 3)


def test_monitor_takes_the_last_lap_again_for_that_of_another_race(clock: FakeClock) -> None:
    """The car was on lap 3 already, so lap 2 can only be driven in the next race."""
    life, memory = make(clock)
    recorder = LapRecorder(memory)
    read_back(life, clock, chunk([row(1, 100), row(2, 200)]))
    recorder.resume()

    recorder.feed(Sample(0, frame(lap=2)), clock.now_ms)

    assert recorder.enrich(Sample(0, frame(lap=2))).run == 2
    done = recorder.feed(Sample(100, frame(lap=3)), clock.now_ms)
    assert done is not None
    assert (done.run, done.lap) == (2, 2)


def test_monitor_stays_in_its_run_when_the_broker_has_older_laps(clock: FakeClock) -> None:
    life, memory = make(clock)
    memory.run, memory.last_lap = 2, 1

    read_back(life, clock, chunk([row(9, 100)]))
    LapRecorder(memory).resume()

    assert (memory.run, memory.last_lap) == (2, 1)


def test_monitor_keeps_the_order_of_its_laps_when_the_clock_went_back(clock: FakeClock) -> None:
    """Ordered by time they would change places, and chunks, with each lost state."""
    life, memory = make(clock)

    read_back(life, clock, chunk([row(1, 3700), row(2, 3800), row(1, 100, run=2)]))

    assert keys(memory) == [(1, 1), (1, 2), (2, 1)]
    assert memory.newest_lap == (2, 1)


def test_monitor_sends_the_last_chunk_first(clock: FakeClock) -> None:
    """A row that is pushed over the edge stands in both chunks for a moment, never in none."""
    life, memory = make(clock)
    remember(memory, 50, 5000)
    rows = [row(lap, 100 * lap) for lap in range(1, 102) if lap != 50]

    steps = read_back(life, clock, chunk(rows))

    assert names(steps)[-2:] == ["laps/1", "laps/0"]
    assert len(memory.laps) == 101


def test_monitor_takes_over_laps_that_it_reads_back_late(clock: FakeClock) -> None:
    """The line paused for longer than it waits; what it sent meanwhile lacks the race."""
    life, memory = make(clock)
    remember(memory, 2, 1000)
    announce(life, clock)
    life.acknowledged((1, 2))

    steps = life.received(*chunk([row(1, 100), row(2, 200)]))

    assert keys(memory) == [(1, 1), (1, 2), (2, 2)]
    assert names(steps) == ["status", "meta", "laps/0"]
    assert life.received(*chunk([row(1, 100), row(2, 200)])) == []


def test_monitor_that_reads_back_late_finishes_its_lap_in_a_run_of_its_own(
    clock: FakeClock,
) -> None:
    life, memory = make(clock)
    recorder = LapRecorder(memory)
    recorder.feed(Sample(0, frame(lap=1)), clock.now_ms)
    announce(life, clock)
    recorder.resume()
    life.received(*chunk([row(1, 100), row(9, 200, run=3)]))

    done = recorder.feed(Sample(100, frame(lap=2)), clock.now_ms)

    assert done is not None
    assert (done.run, done.lap) == (4, 1)
    assert keys(memory) == [(1, 1), (3, 9), (4, 1)]


def test_monitor_rises_above_a_greater_birth_that_it_reads_back_late(clock: FakeClock) -> None:
    """Readers would ignore this chunk of it for ever."""
    life, memory = make(clock)
    announce(life, clock)
    later = memory.birth + 3600

    steps = life.received(*chunk([row(1, 100)], birth=later))

    assert {message.birth for message in sent(steps)} == {later + 1}
    assert names(steps) == ["status", "meta", "laps/0"]


@pytest.mark.parametrize("ahead", [0, 3600])
def test_monitor_rises_above_a_birth_that_it_reads_back(clock: FakeClock, ahead: int) -> None:
    life, memory = make(clock)
    listen(life)
    birth = memory.birth + ahead
    life.received(*foreign(f"{OWN}/status", status("pc-1", birth)))
    clock.advance(0.03)

    steps = life.tick()

    assert status_of(steps).birth == birth + 1


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        pytest.param(None, (7, 60), (7, 60), id="nothing of our own"),
        pytest.param((1, 60), (7, 60), (7, 60), id="the same document"),
        pytest.param((9, 54), (7, 60), (9, 54), id="ours is newer already"),
        pytest.param((7, 54), (7, 60), (8, 54), id="one revision, two documents"),
    ],
)
def test_monitor_gives_no_revision_to_two_documents(
    clock: FakeClock,
    ours: tuple[int, int] | None,
    theirs: tuple[int, int],
    expected: tuple[int, int],
) -> None:
    life, memory = make(clock)
    if ours is not None:
        memory.setup = RememberedSetup(
            revision=ours[0], captured_at=to_text(0), document={"brakes": {"bias": ours[1]}}
        )

    steps = read_back(life, clock, foreign(f"{OWN}/setup", setup_message(*theirs)))

    assert setups(sent(steps)) == [expected]


def test_monitor_goes_above_a_revision_that_readers_know(clock: FakeClock) -> None:
    """Its state file was deleted: revision 1 would be ignored for one that is older."""
    life, _ = make(clock)
    life.setup_is(NamedSetup({"brakes": {"bias": 54}}))

    steps = read_back(life, clock, foreign(f"{OWN}/setup", setup_message(7, 60)))

    assert setups(sent(steps)) == [(8, 54)]


def test_monitor_goes_above_a_revision_that_it_reads_back_late(clock: FakeClock) -> None:
    life, _ = make(clock)
    life.setup_is(NamedSetup({"brakes": {"bias": 54}}))
    announce(life, clock)

    steps = life.received(*foreign(f"{OWN}/setup", setup_message(7, 60)))

    assert setups(sent(steps)) == [(8, 54)]


def test_monitor_keeps_the_control_that_it_reads_back(clock: FakeClock) -> None:
    """After a lost state it still drives, and nobody has taken the car from it."""
    life, _ = make(clock)
    life.control_is(True)
    own = foreign(f"{OWN}/status", status("pc-1", 5, control=3, in_control=True))

    steps = read_back(life, clock, own)

    assert status_of(steps).control == 3


def setups(messages: list[Message]) -> list[tuple[int, object]]:
    found = [message for message in messages if isinstance(message, SetupMessage)]
    return [(message.revision, message.setup["brakes"]["bias"]) for message in found]
