"""A cluster of five nodes and two bridges, of which one machine at a time dies."""

from pathlib import Path

import pytest

from tests.cluster.report import percentile, table
from tests.cluster.rounds import RETAINED, Kill, Kind, Outcome, run, upgrade
from tests.cluster.team import missing_parts
from tests.soak.tally import Verdict
from tests.system.nats import missing_cluster

HEALED_WITHIN_S = 5.0

LOST_WITHIN_S = 25.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if reason := missing_cluster() or missing_parts():
        pytest.skip(reason)
    return tmp_path


@pytest.mark.anyio
async def test_browsers_have_everything_again_after_each_machine_that_dies(folder: Path) -> None:
    outcome = await run(folder, rounds=1)

    found = table(outcome)
    assert [kill.kind for kill in outcome.kills] == [
        Kind.MONITORS_FRONT,
        Kind.BRIDGE,
        Kind.OTHER_FRONT,
        Kind.STORE,
    ]
    for kill in outcome.kills:
        assert kill.missing == 0, found
        # Elections take up to 9 s, but a value that finds no leader costs its sender 4 s, once.
        assert max(kill.heal_s) <= HEALED_WITHIN_S, found
    assert outcome.false_lost == outcome.twice == 0, found
    assert outcome.driven, found
    assert (outcome.laps.lost, outcome.laps.duplicated) == (set(), set()), found


@pytest.mark.anyio
async def test_browsers_are_told_of_a_monitor_that_dies_with_its_node(folder: Path) -> None:
    """Nobody is left who could send its will."""
    (kill,) = (await run(folder, rounds=0, ends_with_monitor=True)).kills

    assert kill.missing == 0
    assert max(kill.heal_s) <= LOST_WITHIN_S


@pytest.mark.anyio
async def test_nodes_are_upgraded_one_by_one_and_no_session_is_lost(folder: Path) -> None:
    outcome = await upgrade(folder)

    found = table(outcome)
    assert len(outcome.kills) == 5
    for kill in outcome.kills:
        assert kill.missing == 0, found
        # A leader that leaves in order hands over first.
        assert max(kill.heal_s) <= HEALED_WITHIN_S, found
    assert outcome.false_lost == outcome.twice == 0, found
    assert (outcome.laps.lost, outcome.laps.duplicated) == (set(), set()), found


def test_table_tells_leaders_apart_and_counts_who_never_healed() -> None:
    kills = [
        Kill(Kind.STORE, frozenset({RETAINED}), [7.0, 9.0], missing=0),
        Kill(Kind.STORE, frozenset({"$MQTT_msgs"}), [1.0, 2.0], missing=0),
        Kill(Kind.BRIDGE, frozenset(), [0.5], missing=3),
    ]
    outcome = Outcome(kills, false_lost=1, twice=2, laps=Verdict(lost={(1, 2)}), driven=5)

    lines = [line.split("  ") for line in table(outcome).splitlines()]

    rows = {row[0].strip(): [cell.strip() for cell in row[1:] if cell.strip()] for row in lines}
    assert rows["a store node, leading the retained values"] == ["1", "7.0", "9.0", "9.0", "0"]
    assert rows["a store node, not leading the retained values"] == ["1", "1.0", "2.0", "2.0", "0"]
    assert rows["a bridge"] == ["1", "0.5", "0.5", "0.5", "3"]
    assert ["laps: 5 driven, 1 lost, 0 duplicated"] in lines


def test_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([3.0, 1.0, 2.0], 0.99) == 3.0
