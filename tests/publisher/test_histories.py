"""In whatever order things happen, readers end up with the laps that were driven."""

from collections.abc import Callable
from copy import deepcopy
from functools import lru_cache

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pitboard.publisher.memory import key_of
from tests.publisher.world import World, times

EVENTS = {
    World.finish_lap: 6,
    World.restart_game: 2,
    World.come_online: 3,
    World.connect: 2,
    World.announce: 2,
    World.deliver: 3,
    World.acknowledge: 1,
    World.disconnect: 1,
    World.deliver_will: 1,
    World.kill: 1,
    World.start: 2,
    World.lose_broker: 1,
    World.lose_state: 2,
    World.fill_disk: 1,
    World.clear_disk: 1,
    World.set_clock_back: 1,
}

histories = st.lists(
    st.sampled_from([event for event, weight in EVENTS.items() for _ in range(weight)]),
    min_size=10,
    max_size=50,
)


@lru_cache
def world_after(laps: int) -> World:
    world = World()
    for _ in range(laps):
        world.finish_lap()
    world.settle()
    return world


RACE = [World.come_online, *[World.finish_lap] * 3, World.come_online]
LOST_LINK = [World.disconnect, World.deliver_will]
ANOTHER_RACE = [World.restart_game, World.start, *[World.finish_lap] * 2]


# The hundredth lap begins another chunk.
@example(0, [*RACE, World.lose_state, *ANOTHER_RACE, World.come_online, World.finish_lap])
@example(0, [*RACE, World.lose_state, World.deliver_will, World.set_clock_back, *ANOTHER_RACE])
@example(0, [*RACE, *LOST_LINK, World.lose_broker, World.set_clock_back])
@example(0, [*RACE, World.fill_disk, *RACE, World.kill, World.clear_disk, *ANOTHER_RACE])
@example(0, [*RACE, World.fill_disk, *RACE, World.kill, World.start, World.finish_lap])
@example(99, [World.disconnect, World.finish_lap, World.kill, World.start, World.deliver_will])
@settings(deadline=None, max_examples=250)
@given(st.sampled_from([0, 0, 0, 0, 99]), histories)
def test_every_history_ends_with_the_laps_that_were_driven(
    laps: int, history: list[Callable[[World], None]]
) -> None:
    """Disk, process, network, broker and clock fail in any order, and no lap is lost."""
    world = deepcopy(world_after(laps))

    for event in history:
        event(world)
    world.settle()

    rows, status = world.broker.rows, world.broker.status
    # A copy may have outlived all that is counted: a replay that was cut off before its end.
    assert set(world.driven) <= set(times(rows)) <= set(world.finished)
    assert len(set(times(rows))) == len(rows)
    assert [key_of(row) for row in rows] == sorted({key_of(row) for row in rows})
    assert world.memory.unsent == []
    assert (status.state, status.birth) == ("idle", world.memory.birth)
    if not world.is_forgotten:
        reader = world.reader
        assert reader.mistaken == []
        assert sorted(times(reader.rows.values())) == sorted(world.driven)
        assert times(reader.announced) == sorted(times(reader.announced))
        assert reader.status == status
