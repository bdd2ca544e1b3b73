"""What waits between paho's thread and the loop."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from pitboard.bridge.arrivals import Arrival
from pitboard.bridge.backlog import DEEP, MAX_BATCH, Backlog
from tests.bridge.support import topic

LANE = str(topic("telemetry"))
OTHER_LANE = str(topic("telemetry", "pc-2"))


@dataclass
class Loop:
    """Runs what was posted when it is told to."""

    posted: list[Callable[[], None]]

    def run(self) -> None:
        while self.posted:
            self.posted.pop(0)()


class Taken:
    """What the loop was given, and where batches ended."""

    def __init__(self) -> None:
        self.loop = Loop([])
        self.payloads: list[bytes] = []
        self.batches: list[int] = []
        self.backlog = Backlog(self._deliver, self.loop.posted.append, self._settle)

    def put(self, payload: bytes, name: str = LANE, *, is_retained: bool = False) -> None:
        self.backlog.put_all([Arrival(name.encode(), payload, is_retained, 0.0)])

    def _deliver(self, _name: str | None, payload: bytes, _retained: bool) -> None:
        self.payloads.append(payload)

    def _settle(self) -> None:
        self.batches.append(len(self.payloads))


@pytest.fixture
def taken() -> Taken:
    return Taken()


def test_loop_is_woken_once_for_all_that_waits(taken: Taken) -> None:
    for number in range(9):
        taken.put(b"%d" % number)

    assert len(taken.loop.posted) == 1
    taken.loop.run()
    assert taken.payloads == [b"%d" % number for number in range(9)]
    assert taken.batches == [9]


def test_browsers_are_served_between_batches(taken: Taken) -> None:
    for number in range(MAX_BATCH + 1):
        taken.put(b"%d" % number)

    taken.loop.run()

    assert taken.batches == [MAX_BATCH, MAX_BATCH + 1]


def test_overtaken_telemetry_is_dropped_when_the_backlog_is_deep(taken: Taken) -> None:
    """Otherwise browsers would be shown an ever older past."""
    for number in range(3 * DEEP):
        taken.put(b"%d" % number)

    taken.loop.run()

    assert taken.payloads == [b"%d" % number for number in range(2 * DEEP, 3 * DEEP)]
    assert taken.backlog.overtaken == 2 * DEEP


def test_newest_telemetry_of_a_quiet_monitor_is_kept(taken: Taken) -> None:
    taken.put(b"quiet", OTHER_LANE)
    for number in range(3 * DEEP):
        taken.put(b"%d" % number)

    taken.loop.run()

    assert taken.payloads[0] == b"quiet"
    assert taken.backlog.overtaken == 2 * DEEP


@pytest.mark.parametrize("name", ["status", "meta", "setup", "lap", "laps/0"])
def test_nothing_but_telemetry_is_dropped(taken: Taken, name: str) -> None:
    for number in range(2 * DEEP):
        taken.put(b"%d" % number, str(topic(name)))
        taken.put(b"telemetry")

    taken.loop.run()

    rest = [payload for payload in taken.payloads if payload != b"telemetry"]
    assert rest == [b"%d" % number for number in range(2 * DEEP)]


def test_replayed_telemetry_is_not_dropped(taken: Taken) -> None:
    """It is sent once a subscription, and may be all that there is of a session."""
    taken.put(b"replayed", is_retained=True)
    for number in range(3 * DEEP):
        taken.put(b"%d" % number)

    taken.loop.run()

    assert taken.payloads[0] == b"replayed"


def test_topic_that_is_no_text_is_handed_on_to_be_refused(taken: Taken) -> None:
    taken.backlog.put_all([Arrival(b"\xff", b"odd", False, 0.0)])
    for number in range(3 * DEEP):
        taken.put(b"%d" % number)

    taken.loop.run()

    assert taken.payloads[0] == b"odd"


def test_call_keeps_its_place_among_messages(taken: Taken) -> None:
    """The fence behind a replay would otherwise say too early that it is over."""
    for number in range(3 * DEEP):
        taken.put(b"%d" % number)
    taken.backlog.then(lambda: taken.payloads.append(b"call"))
    taken.put(b"last")

    taken.loop.run()

    assert taken.payloads[-2:] == [b"call", b"last"]


def test_dropped_messages_make_room(taken: Taken) -> None:
    """Else the backlog would take itself for full for ever."""
    for _ in range(3):
        for _ in range(DEEP):
            taken.put(b"x" * 40_000)
        taken.loop.run()
        for _ in range(DEEP + DEEP // 2):
            taken.put(b"x" * 40_000)
        taken.loop.run()

    assert taken.backlog.overtaken == 3 * (DEEP // 2)
