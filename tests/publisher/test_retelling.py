"""What a broker answered late is said again: it may not have kept it."""

import pytest

from pitboard.contract.control import HEARTBEAT_S
from pitboard.publisher.composer import Send
from pitboard.publisher.lap_rows import row_of
from pitboard.publisher.retelling import AFTER_S, PAUSE_S, Retelling
from pitboard.publisher.steps import TrustAgain
from tests.fakes import FakeClock, frame
from tests.publisher.lives import announce, make, names, status_of, summary


@pytest.fixture
def retelling() -> Retelling:
    return Retelling()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def test_nothing_is_said_again_while_the_broker_is_quick(retelling: Retelling) -> None:
    assert retelling.due_s is None
    assert not retelling.take(1e9)


def test_everything_is_said_again_once_the_election_is_over(retelling: Retelling) -> None:
    retelling.answered_late(10.0)
    retelling.answered_late(14.0)

    assert retelling.due_s == 14.0 + AFTER_S
    assert not retelling.take(14.0 + AFTER_S - 0.1)
    assert retelling.take(14.0 + AFTER_S)
    assert not retelling.take(14.0 + AFTER_S)


def test_retellings_that_are_late_themselves_wait_longer_and_longer(retelling: Retelling) -> None:
    """An election that lasts costs one value at a time, and a slow line little of its room."""
    now_s, waits_s = 0.0, []
    for _ in range(5):
        retelling.answered_late(now_s)
        assert retelling.due_s is not None
        waits_s.append(retelling.due_s - now_s)
        assert retelling.take(retelling.due_s)
        now_s += waits_s[-1] + 4.0

    assert waits_s == [15.0, 30.0, 60.0, 60.0, 60.0]


def test_election_long_after_a_retelling_is_waited_for_as_the_first(retelling: Retelling) -> None:
    for now_s in (0.0, AFTER_S + 4.0):
        retelling.answered_late(now_s)
        assert retelling.due_s is not None
        told_s = retelling.due_s
        assert retelling.take(told_s)

    retelling.answered_late(told_s + 2 * AFTER_S + 0.1)

    assert retelling.due_s == pytest.approx(told_s + 3 * AFTER_S + 0.1)


def test_line_that_is_always_slow_puts_it_off_for_a_minute_at_most(retelling: Retelling) -> None:
    for second in range(0, 70, 10):
        retelling.answered_late(float(second))

    assert retelling.due_s == PAUSE_S


def test_monitor_says_all_it_knows_again_after_a_late_answer(clock: FakeClock) -> None:
    """Else a setup that a cluster dropped would be missing until the next change."""
    life, _ = make(clock)
    told = names(announce(life, clock))

    life.answered_late()

    clock.advance(HEARTBEAT_S)
    assert names(life.tick()) == ["status"]
    assert life.next_tick_s() == pytest.approx(clock.monotonic_s() + AFTER_S - HEARTBEAT_S)
    clock.advance(AFTER_S - HEARTBEAT_S)
    again = life.tick()
    assert again[0] == TrustAgain()
    assert names(again) == told
    assert life.tick() == []


def test_monitor_that_stops_still_owes_all_but_its_status(clock: FakeClock) -> None:
    """Else its last laps would be missing from a cluster until it starts again."""
    life, memory = make(clock)
    memory.add_lap(summary(1), row_of(summary(1)))
    announce(life, clock)
    life.frame_is(frame(lap=2))
    assert life.owed() == []
    life.answered_late()

    assert status_of(life.stop()).state == "offline"

    owed = life.owed()
    assert owed[0] == TrustAgain()
    assert names(owed) == ["telemetry", "meta", "lap", "laps/0"]


def test_frame_that_is_owed_is_no_news_to_who_has_it(clock: FakeClock) -> None:
    """A new one after `offline` would look like a sign of life."""
    life, _ = make(clock)
    announce(life, clock)
    life.frame_is(frame(lap=1))
    (passed,) = life.frame_is(frame(lap=2))
    life.answered_late()

    owed = life.owed()[1]

    assert isinstance(passed, Send)
    assert isinstance(owed, Send)
    assert (owed.payload, passed.retain, owed.retain) == (passed.payload, False, True)
