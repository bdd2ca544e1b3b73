"""What a monitor says at the end, over lines of any speed: the broker answers what it has got."""

from collections import deque

import pytest

from pitboard.contract.messages import LapSummary
from pitboard.contract.topics import Topic
from pitboard.publisher.delivery import AtOnce, Delivery, InTurn
from pitboard.publisher.goodbye import BATCH_BYTES, OFFLINE_WITHIN_S, REST_WITHIN_S, Goodbye
from pitboard.publisher.lap_rows import row_of
from pitboard.publisher.lifecycle import Lifecycle
from pitboard.publisher.memory import Memory
from pitboard.publisher.message import Publish
from tests.fakes import FakeClock, frame
from tests.publisher.electing import Hands
from tests.publisher.lives import make, read_back, summary

STEP_S = 0.05
LAPS = 700

ways = pytest.mark.parametrize("way", [AtOnce, InTurn])


class Narrow:
    """A link to a broker that is far away: so many bytes a second get there, in order.

    Attributes:
        arrived: Names of channels, `offline` for that status.
    """

    def __init__(self, clock: FakeClock, bytes_per_s: float) -> None:
        self.arrived: list[str] = []
        self.bytes_per_s = bytes_per_s
        self._clock = clock
        self._free_s = clock.now_s
        self._mid = 0
        self._sent: deque[tuple[float, int, Publish | None]] = deque()

    @property
    def unsent_bytes(self) -> float:
        """What a DISCONNECT would have to wait for."""
        return max(0.0, self._free_s - self._clock.now_s) * self.bytes_per_s

    def publish(self, message: Publish) -> int:
        return self._take(message, len(message.payload))

    def probe(self) -> int:
        return self._take(None, 20)

    def answers(self) -> list[int]:
        """What has arrived by now and is to be answered."""
        mids = []
        while self._sent and self._sent[0][0] <= self._clock.now_s:
            _, mid, message = self._sent.popleft()
            if message is None or message.qos:
                mids.append(mid)
            if message is not None:
                name = Topic.parse(message.topic).name
                self.arrived.append("offline" if b'"offline"' in message.payload else name)
        return mids

    def _take(self, message: Publish | None, size: int) -> int:
        self._mid += 1
        self._free_s = max(self._free_s, self._clock.now_s) + size / self.bytes_per_s
        self._sent.append((self._free_s, self._mid, message))
        return self._mid


class Ending:
    """A monitor of 700 laps that has said everything, and owes it again."""

    def __init__(self, way: type[AtOnce] | type[InTurn], *, is_owed: bool = True) -> None:
        self.clock = FakeClock()
        rows = [row_of(_full(summary(lap))) for lap in range(1, LAPS + 1)]
        memory = Memory(session_id="spa24", monitor_id="pc-1", birth=1, laps=rows)
        self.life: Lifecycle = make(self.clock, memory)[0]
        self.line = Narrow(self.clock, 1e9)
        self.delivery: Delivery = way(self.line, self.clock)
        self.hands = Hands(self.delivery)
        self.life.frame_is(frame())
        self.hands.apply(read_back(self.life, self.clock))
        while self.delivery.owed_since_s is not None:
            self.pass_time()
        if is_owed:
            self.life.answered_late()
        self.line.arrived.clear()

    def pass_time(self) -> None:
        self.clock.advance(STEP_S)
        for mid in self.line.answers():
            self.delivery.answered(mid)

    def say_goodbye(self, bytes_per_s: float) -> tuple[Goodbye, float]:
        """The goodbye over a line of that speed, and how long it took."""
        self.line.bytes_per_s = bytes_per_s
        began_s = self.clock.now_s
        goodbye = Goodbye(self.hands, self.life, self.clock)
        while (end_s := goodbye.go_on()) is not None and self.clock.now_s < end_s:
            self.pass_time()
        return goodbye, self.clock.now_s - began_s


def _full(lap: LapSummary) -> LapSummary:
    return LapSummary(
        run=1, lap=lap.lap, finished_at=lap.finished_at, lap_time=100.123, driver="Driver One"
    )


@ways
def test_monitor_that_owes_nothing_says_offline_alone(way: type[AtOnce] | type[InTurn]) -> None:
    ending = Ending(way, is_owed=False)

    goodbye, took_s = ending.say_goodbye(1e6)

    assert goodbye.is_heard
    assert ending.line.arrived == ["offline"]
    assert took_s < 0.2


@ways
def test_offline_goes_before_all_that_is_owed(way: type[AtOnce] | type[InTurn]) -> None:
    """Behind a whole race it would come too late, and the will would say `lost`."""
    ending = Ending(way)

    goodbye, took_s = ending.say_goodbye(30_000.0)

    assert goodbye.is_heard
    assert ending.line.arrived[:2] == ["offline", "telemetry"]
    assert ending.line.arrived[-1] == "laps/0"
    assert len(ending.line.arrived) == 3 + LAPS // 100
    assert 1.0 < took_s < REST_WITHIN_S


@ways
def test_nobody_waits_for_ever_and_little_is_on_its_way_then(
    way: type[AtOnce] | type[InTurn],
) -> None:
    """A DISCONNECT has to go behind it."""
    ending = Ending(way)

    goodbye, took_s = ending.say_goodbye(6_000.0)

    assert goodbye.is_heard
    assert "laps/0" not in ending.line.arrived
    assert took_s < REST_WITHIN_S + 1.0
    assert ending.line.unsent_bytes < 2 * BATCH_BYTES


@ways
def test_monitor_whose_broker_does_not_answer_gives_up_soon(
    way: type[AtOnce] | type[InTurn],
) -> None:
    """Its will says `lost`, for the broker may have heard no `offline`."""
    ending = Ending(way)

    goodbye, took_s = ending.say_goodbye(1.0)

    assert not goodbye.is_heard
    assert took_s == pytest.approx(ending.delivery.patience_s, abs=STEP_S)


def test_offline_waits_behind_what_a_slow_line_brings_steadily() -> None:
    """Answers tell that it moves."""
    ending = Ending(AtOnce, is_owed=False)
    ending.line.bytes_per_s = 10_000.0
    for _ in range(200):
        ending.hands.apply(ending.life.driving_is(True))
        ending.hands.apply(ending.life.driving_is(False))

    goodbye, took_s = ending.say_goodbye(10_000.0)

    assert goodbye.is_heard
    assert ending.line.arrived[-1] == "offline"
    assert ending.delivery.patience_s < took_s < OFFLINE_WITHIN_S
