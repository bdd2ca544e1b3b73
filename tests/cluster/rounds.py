"""The kill schedule: one machine at a time, each back before the next one goes."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import msgspec

from pitboard.publisher.memory import Memory
from pitboard.publisher.retelling import AFTER_S
from tests.brokers import TIMEOUT_S
from tests.cluster.browsers import Viewer, viewing
from tests.cluster.team import Team
from tests.soak.browsers import unix_ms
from tests.soak.tally import Row, Verdict
from tests.system.nats import Node

BROWSERS = 4
WATCH_S, WATCH_LEADER_S = 4.0, 11.0
"""From a kill to the judgement at least: elections take 9 s, and what is missed may show late."""

CALM_S = 2 * AFTER_S - WATCH_LEADER_S
"""Between kills of the leader: the monitor retains again, and has done so for a while.

While it retains nothing a kill costs nothing; one that meets the retelling doubles the next wait.
"""

GIVE_UP_S = 30.0

RETAINED = "$MQTT_rmsgs"
"""Where NATS keeps retained values; a monitor's node answers nothing while it stores one."""

STEP_S = 0.05


class Kind(StrEnum):
    """What is killed."""

    MONITORS_FRONT = "the monitor's front"
    BRIDGE = "a bridge"
    OTHER_FRONT = "the other front"
    STORE = "a store node"
    WITH_MONITOR = "the monitor with its front"
    UPGRADE = "a node that leaves in order"


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill and what the browsers felt of it.

    Attributes:
        led: The stores that the node led.
        heal_s: A browser each; until all was well, for the last kind until `lost` was shown.
        missing: Browsers for which it never was.
    """

    kind: Kind
    led: frozenset[str]
    heal_s: list[float]
    missing: int


@dataclass(slots=True)
class Outcome:
    """A whole run.

    Attributes:
        false_lost: Reports of a loss although the monitor went on.
        twice: Messages that a browser was sent twice.
        laps: What the browsers' tables have wrong.
        driven: Laps that the monitor wrote down.
    """

    kills: list[Kill] = field(default_factory=list)
    false_lost: int = 0
    twice: int = 0
    laps: Verdict = field(default_factory=Verdict)
    driven: int = 0

    def note_pages(self, viewers: list[Viewer]) -> None:
        """Add up what browsers were shown wrongly."""
        self.false_lost = sum(viewer.false_lost for viewer in viewers)
        self.twice = sum(viewer.twice.total() for viewer in viewers)

    def add_laps(self, rows: list[Row], viewers: list[Viewer]) -> None:
        """Compare what was driven with every browser's table."""
        self.driven = len(rows)
        for viewer in viewers:
            self.laps.add(viewer.page.book.verdict(rows))


Killing = Callable[[Team, list[Viewer], int], Awaitable[Kill]]
"""One kill in the round of this number, and what came of it."""


async def run(
    folder: Path,
    rounds: int,
    *,
    kills: Sequence[Killing] | None = None,
    ends_with_monitor: bool = False,
    say: Callable[[str], None] = lambda _text: None,
) -> Outcome:
    """Kill each kind of machine *rounds* times.

    Args:
        folder: Where it all runs.
        kills: Those of a round; one of each kind by default.
        ends_with_monitor: Whether the monitor dies in the end together with its node.
        say: Told of each kill.
    """
    outcome = Outcome()
    team = Team(folder)
    await asyncio.to_thread(team.__enter__)
    try:
        async with viewing(team.url, BROWSERS) as viewers:
            await _well(viewers)
            for number in range(rounds):
                for kill in kills or (_monitors_front, _bridge, _other_front, _store):
                    outcome.kills.append(await kill(team, viewers, number))
                    say(_line(outcome.kills[-1]))
            outcome.note_pages(viewers)
            outcome.add_laps(await _driven(team, viewers), viewers)
            if ends_with_monitor:
                await asyncio.to_thread(team.drive)
                await _well(viewers)
                outcome.kills.append(await _with_monitor(team, viewers))
                say(_line(outcome.kills[-1]))
    finally:
        await asyncio.to_thread(team.__exit__, None, None, None)
    return outcome


async def upgrade(folder: Path) -> Outcome:
    """Every node leaves in order and comes back, one after the other."""
    outcome = Outcome()
    team = Team(folder)
    await asyncio.to_thread(team.__enter__)
    try:
        async with viewing(team.url, BROWSERS) as viewers:
            await _well(viewers)
            for node in team.cluster.nodes:
                outcome.kills.append(await _upgraded(team, viewers, node))
            outcome.note_pages(viewers)
            outcome.add_laps(await _driven(team, viewers), viewers)
    finally:
        await asyncio.to_thread(team.__exit__, None, None, None)
    return outcome


async def _upgraded(team: Team, viewers: list[Viewer], node: Node) -> Kill:
    led = await asyncio.to_thread(node.is_leader_of)
    began_ms = unix_ms()
    assert await asyncio.to_thread(node.leave) == 0
    # Nothing is elected: it has handed over what it led.
    felt = await _felt(Kind.UPGRADE, frozenset(led), viewers, began_ms, WATCH_S)
    await asyncio.to_thread(team.back_again, node)
    await _well(viewers)
    return felt


async def _monitors_front(team: Team, viewers: list[Viewer], _number: int) -> Kill:
    return await _node(Kind.MONITORS_FRONT, team, viewers, team.front_of_monitor())


async def _other_front(team: Team, viewers: list[Viewer], _number: int) -> Kill:
    (other,) = (node for node in team.cluster.fronts if node is not team.front_of_monitor())
    return await _node(Kind.OTHER_FRONT, team, viewers, other)


async def kill_leader(team: Team, viewers: list[Viewer], number: int) -> Kill:
    """Kill the store node that live values wait for."""
    await asyncio.sleep(CALM_S if number else 0.0)
    return await _store(team, viewers, 0)


async def _store(team: Team, viewers: list[Viewer], number: int) -> Kill:
    """The one that live values wait for, in turn with the others."""
    stores = team.cluster.stores
    led = [await asyncio.to_thread(node.is_leader_of) for node in stores]
    # False comes before True.
    ordered = sorted(range(len(stores)), key=lambda at: RETAINED in led[at])
    at = ordered[-1] if number % 2 == 0 else ordered[number // 2 % 2]
    return await _node(Kind.STORE, team, viewers, stores[at])


async def _node(kind: Kind, team: Team, viewers: list[Viewer], node: Node) -> Kill:
    led = await asyncio.to_thread(node.is_leader_of)
    killed_ms = unix_ms()
    node.kill()
    felt = await _felt(kind, frozenset(led), viewers, killed_ms, WATCH_LEADER_S if led else WATCH_S)
    await asyncio.to_thread(team.back_again, node)
    await _well(viewers)
    return felt


async def _bridge(team: Team, viewers: list[Viewer], number: int) -> Kill:
    bridge = team.bridges[number % len(team.bridges)]
    killed_ms = unix_ms()
    await asyncio.to_thread(bridge.kill)
    felt = await _felt(Kind.BRIDGE, frozenset(), viewers, killed_ms, WATCH_S)
    await asyncio.to_thread(bridge.start)
    await _well(viewers)
    return felt


async def _with_monitor(team: Team, viewers: list[Viewer]) -> Kill:
    """The broker that would send the will is gone too."""
    node = team.front_of_monitor()
    killed_ms = unix_ms()
    # In this order, or the node would still send the will.
    node.kill()
    team.monitor.kill()
    shown: dict[int, float] = {}

    def all_are_told() -> bool:
        for viewer in viewers:
            if viewer.page.state(unix_ms()) == "lost":
                shown.setdefault(viewer.number, (unix_ms() - killed_ms) / 1000)
        return len(shown) == len(viewers)

    await _until(all_are_told, GIVE_UP_S)
    return Kill(Kind.WITH_MONITOR, frozenset(), [*shown.values()], len(viewers) - len(shown))


async def _felt(
    kind: Kind, led: frozenset[str], viewers: list[Viewer], killed_ms: int, watch_s: float
) -> Kill:
    await asyncio.sleep(watch_s)
    await _until(lambda: _are_well(viewers, killed_ms), GIVE_UP_S)
    found = [viewer.healed_ms(killed_ms) for viewer in viewers]
    healed = [ms / 1000 for ms in found if ms is not None]
    return Kill(kind, led, healed, len(found) - len(healed))


async def _well(viewers: list[Viewer]) -> None:
    """Return when telemetry flows to every browser again."""
    since_ms = unix_ms()
    is_well = await _until(lambda: _are_well(viewers, since_ms), 4 * TIMEOUT_S)
    assert is_well, [viewer.page.differs("live", unix_ms()) for viewer in viewers]


def _are_well(viewers: list[Viewer], since_ms: int) -> bool:
    return all(viewer.healed_ms(since_ms) is not None for viewer in viewers)


async def _until(check: Callable[[], bool], timeout_s: float) -> bool:
    """Whether *check* held in time."""
    for _ in range(int(timeout_s / STEP_S)):
        if check():
            return True
        await asyncio.sleep(STEP_S)
    return False


async def _driven(team: Team, viewers: list[Viewer]) -> list[Row]:
    """What the monitor wrote down until it was stopped and said so."""
    await asyncio.to_thread(team.monitor.interrupt)
    pages = [viewer.page for viewer in viewers]
    assert await _until(
        lambda: all(page.state(unix_ms()) == "offline" for page in pages), TIMEOUT_S
    )
    memory = msgspec.json.decode(team.state_file.read_bytes(), type=Memory)
    return [Row(row.run, row.lap, row.finished_at) for row in memory.laps]


def _line(kill: Kill) -> str:
    times = " ".join(f"{heal_s:.1f}" for heal_s in kill.heal_s)
    led = f", led {', '.join(sorted(kill.led))}" if kill.led else ""
    missing = f", never in {kill.missing}" if kill.missing else ""
    return f"killed {kill.kind}{led}: {times} s{missing}"
