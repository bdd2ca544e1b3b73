"""However long a cluster elects, it has everything in the end."""

from collections.abc import Mapping

import pytest

from pitboard.contract.messages import LapsMessage, Message, StatusMessage
from pitboard.publisher.retelling import PAUSE_S
from tests.publisher.electing import BLOCKED_S, Drive, Outage

SETTLED_S = 2 * PAUSE_S + 5 * BLOCKED_S
"""After the last election: the retelling that met its end is followed by one more at most."""

PHASES_S = [10.0 + 1.7 * step for step in range(7)]
STATUS, CHUNK = "pitboard/v1/spa24/pc-1/status", "pitboard/v1/spa24/pc-1/laps/0"


def check_store(drive: Drive) -> None:
    """The broker keeps the newest that anybody saw, and knows all laps."""
    broker = drive.broker
    assert {topic: kept.seq for topic, kept in broker.kept.items()} == {
        topic: seen.seq for topic, seen in broker.seen.items()
    }
    chunk = broker.kept[CHUNK]
    assert isinstance(chunk, LapsMessage)
    assert len(chunk.rows) == len(drive.memory.laps)
    assert drive.memory.unsent == []


def state_in(messages: Mapping[str, Message]) -> str:
    """What the status among them says."""
    status = messages[STATUS]
    assert isinstance(status, StatusMessage)
    return status.state


@pytest.mark.parametrize("outage_s", [5.0, 9.0, 14.0, 19.0, 24.0, 40.0, 75.0, 90.0, 120.0])
def test_cluster_keeps_the_newest_of_everything_after_an_outage(outage_s: float) -> None:
    for begin_s in PHASES_S:
        end_s = begin_s + outage_s
        drive = Drive((begin_s, end_s))

        drive.run_until(end_s + 5.0)
        drive.stand_until(end_s + SETTLED_S)

        check_store(drive)


@pytest.mark.parametrize("pause_s", [3.0, 10.0, 14.0, 18.0, 30.0, 62.0])
def test_cluster_keeps_the_newest_of_everything_after_two_outages(pause_s: float) -> None:
    for begin_s in PHASES_S:
        second_s = begin_s + 8.0 + pause_s
        drive = Drive((begin_s, begin_s + 8.0), (second_s, second_s + 8.0))

        drive.run_until(second_s + 13.0)
        drive.stand_until(second_s + 8.0 + SETTLED_S)

        check_store(drive)


def test_cluster_has_everything_soon_after_an_election_of_the_usual_length() -> None:
    drive = Drive((10.0, 17.0))

    drive.run_until(18.0)
    drive.stand_until(31.0)

    check_store(drive)


@pytest.mark.parametrize(
    ("outages", "stop_s"),
    [
        pytest.param([], 20.0, id="while nothing is wrong"),
        pytest.param([(10.0, 17.0)], 10.3, id="at the beginning of an election"),
        pytest.param([(10.0, 17.0)], 12.0, id="while the first value blocks"),
        pytest.param([(10.0, 17.0)], 14.8, id="in doubt, before the election is over"),
        pytest.param([(10.0, 17.0)], 20.0, id="in doubt, after it"),
        pytest.param([(10.0, 30.0)], 29.4, id="while a retelling is late"),
    ],
)
def test_monitor_that_stops_leaves_offline_and_all_it_knows(
    outages: list[Outage], stop_s: float
) -> None:
    drive = Drive(*outages)
    drive.run_until(stop_s)

    goodbye, _ = drive.say_goodbye()

    assert goodbye.is_heard
    assert state_in(drive.broker.kept) == "offline"
    check_store(drive)


@pytest.mark.parametrize("stop_s", [10.1, 12.0, 14.8, 30.0])
def test_monitor_that_stops_while_no_store_has_a_leader_says_offline_to_who_watches(
    stop_s: float,
) -> None:
    """Its laps are on its disk, and it must not be waited for."""
    drive = Drive((10.0, 500.0))
    drive.run_until(stop_s)

    goodbye, took_s = drive.say_goodbye()

    assert goodbye.is_heard
    assert state_in(drive.broker.seen) == "offline"
    assert took_s < 4 * BLOCKED_S + 1.0
