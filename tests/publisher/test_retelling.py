"""What a broker acknowledged late is said again: it may not have kept it."""

import pytest

from pitboard.contract.control import HEARTBEAT_S
from pitboard.contract.messages import StatusMessage
from pitboard.publisher.retelling import AFTER_S, PAUSE_S, Retelling
from tests.fakes import FakeClock
from tests.publisher.lives import announce, make, names, sent


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
    retelling.acknowledged_late(10.0)
    retelling.acknowledged_late(14.0)

    assert retelling.due_s == 14.0 + AFTER_S
    assert not retelling.take(14.0 + AFTER_S - 0.1)
    assert retelling.take(14.0 + AFTER_S)
    assert not retelling.take(14.0 + AFTER_S)


def test_slow_line_has_everything_again_once_a_minute_at_most(retelling: Retelling) -> None:
    retelling.acknowledged_late(0.0)
    assert retelling.take(AFTER_S)

    retelling.acknowledged_late(AFTER_S + 3.0)

    assert retelling.due_s == AFTER_S + PAUSE_S


def test_line_that_is_always_slow_puts_it_off_for_a_minute_at_most(retelling: Retelling) -> None:
    for second in range(0, 70, 10):
        retelling.acknowledged_late(float(second))

    assert retelling.due_s == PAUSE_S


def test_monitor_says_all_it_knows_again_after_a_late_acknowledgement(clock: FakeClock) -> None:
    """Else a setup that a cluster dropped would be missing until the next change."""
    life, _ = make(clock)
    told = names(announce(life, clock))

    life.acknowledged_late()

    clock.advance(HEARTBEAT_S)
    assert names(life.tick()) == ["status"]
    assert life.next_tick_s() == pytest.approx(clock.monotonic_s() + AFTER_S - HEARTBEAT_S)
    clock.advance(AFTER_S - HEARTBEAT_S)
    assert names(life.tick()) == told
    assert life.tick() == []


def test_monitor_that_stops_says_first_what_it_had_to_say_again(clock: FakeClock) -> None:
    """Else its last laps would be missing from a cluster until it starts again."""
    life, _ = make(clock)
    told = names(announce(life, clock))

    life.acknowledged_late()

    steps = life.stop()
    assert names(steps) == [*told, "status"]
    last = sent(steps)[-1]
    assert isinstance(last, StatusMessage)
    assert last.state == "offline"
