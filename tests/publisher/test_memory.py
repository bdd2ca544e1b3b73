import pytest

from pitboard.contract.messages import LapRow, LapSummary
from pitboard.contract.times import to_text
from pitboard.publisher.lap_rows import row_of
from pitboard.publisher.memory import Memory


@pytest.fixture
def memory() -> Memory:
    return Memory(session_id="spa24", monitor_id="pc-1")


def summary(lap: int, run: int = 1) -> LapSummary:
    return LapSummary(run=run, lap=lap, finished_at=to_text(1_000_000 * (100 * run + lap)))


def row(lap: int, run: int = 1) -> LapRow:
    return row_of(summary(lap, run))


def test_memory_takes_each_lap_once(memory: Memory) -> None:
    assert memory.add_lap(summary(1), row(1))
    assert not memory.add_lap(summary(1), row(1))

    assert (len(memory.laps), len(memory.unsent)) == (1, 1)


def test_memory_tells_laps_of_two_runs_apart(memory: Memory) -> None:
    memory.add_lap(summary(1, run=1), row(1, run=1))

    assert memory.add_lap(summary(1, run=2), row(1, run=2))


def test_memory_puts_laps_that_were_read_back_into_their_place(memory: Memory) -> None:
    memory.add_lap(summary(3), row(3))

    assert memory.merge_laps([row(2), row(3), row(1)])

    assert memory.laps == [row(1), row(2), row(3)]
    assert not memory.merge_laps([row(1)])


@pytest.mark.parametrize(
    ("acknowledged", "unsent"),
    [({1}, [2, 3]), ({2}, [1, 2, 3]), ({1, 3}, [2, 3]), ({3, 2, 1}, []), ({7}, [1, 2, 3])],
)
def test_memory_sends_a_lap_that_was_not_acknowledged_and_all_after_it_again(
    acknowledged: set[int], unsent: list[int], memory: Memory
) -> None:
    for lap in (1, 2, 3):
        memory.add_lap(summary(lap), row(lap))

    memory.acknowledge({(1, lap) for lap in acknowledged})

    assert [lap.lap for lap in memory.unsent] == unsent
