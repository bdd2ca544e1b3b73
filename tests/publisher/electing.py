"""A monitor in front of NATS that elects at times, as a model with a clock of its own."""

from collections import deque
from collections.abc import Iterable, Sequence

from pitboard.contract import codec
from pitboard.contract.messages import LapSummary, Message, Meta
from pitboard.contract.times import to_text
from pitboard.contract.topics import Topic
from pitboard.publisher.composer import Send
from pitboard.publisher.delivery import Answer, Delivery, InTurn
from pitboard.publisher.goodbye import Goodbye
from pitboard.publisher.lap_rows import row_of
from pitboard.publisher.memory import Memory
from pitboard.publisher.message import Publish
from pitboard.publisher.steps import Step, TrustAgain
from tests.fakes import FakeClock, frame
from tests.publisher.lives import make, read_back

BLOCKED_S = 4.0
"""For so long NATS reads nothing of who retained a value that it cannot store."""

STEP_S = 0.1
LAP_EVERY, META_EVERY = 70, 115
"""In steps, of which each has a frame: laps of 7 s, the car's data anew every 11.5 s."""

Outage = tuple[float, float]
"""Seconds of the run between which no store has a leader."""


class Electing:
    """The broker: does one thing of a connection after the other.

    Attributes:
        kept: By topic, retained.
        seen: By topic, the newest that watchers were sent.
    """

    def __init__(self, clock: FakeClock, outages: Sequence[Outage]) -> None:
        self.kept: dict[str, Message] = {}
        self.seen: dict[str, Message] = {}
        self._clock = clock
        self._outages = outages
        self._began_s = clock.now_s
        self._mid = 0
        self._unread: deque[tuple[int, Publish | None]] = deque()
        self._blocked_until_s = 0.0

    @property
    def now_s(self) -> float:
        return self._clock.now_s - self._began_s

    def publish(self, message: Publish) -> int:
        return self._take(message)

    def probe(self) -> int:
        return self._take(None)

    def answers(self) -> list[int]:
        """What was asked before now and is answered now."""
        mids = []
        while self._unread and self.now_s >= self._blocked_until_s:
            mid, message = self._unread.popleft()
            if message is None:
                mids.append(mid)
            else:
                self._read(message)
        return mids

    def _take(self, message: Publish | None) -> int:
        self._mid += 1
        self._unread.append((self._mid, message))
        return self._mid

    def _read(self, publish: Publish) -> None:
        message = codec.decode(Topic.parse(publish.topic), publish.payload)
        seen = self.seen.get(publish.topic)
        if seen is None or seen.seq < message.seq:
            self.seen[publish.topic] = message
        if not publish.retain:
            return
        if any(begin <= self.now_s < end for begin, end in self._outages):
            self._blocked_until_s = self.now_s + BLOCKED_S
        else:
            self.kept[publish.topic] = message


class Hands:
    """Does with a delivery what `Connection` does with one and its link."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    @property
    def last_answer(self) -> Answer | None:
        return self._delivery.last_answer

    @property
    def owed_since_s(self) -> float | None:
        return self._delivery.owed_since_s

    @property
    def patience_s(self) -> float:
        return self._delivery.patience_s

    def say_last(self, step: Send) -> None:
        self._delivery.say_last(step)

    def apply(self, steps: Iterable[Step]) -> None:
        for step in steps:
            if isinstance(step, Send):
                self._delivery.send(step)
            elif isinstance(step, TrustAgain):
                self._delivery.trust_again()


class Drive:
    """A monitor of several brokers that drives, changes its data and completes laps."""

    def __init__(self, *outages: Outage) -> None:
        self.clock = FakeClock()
        self.life, self.memory = make(
            self.clock, Memory(session_id="spa24", monitor_id="pc-1", birth=1, run=1)
        )
        self.broker = Electing(self.clock, outages)
        self._delivery = InTurn(self.broker, self.clock)
        self._hands = Hands(self._delivery)
        self._steps = 0
        self.life.meta_is(Meta(car="0"))
        self.life.frame_is(frame())
        self.life.driving_is(True)
        self._hands.apply(read_back(self.life, self.clock))

    def run_until(self, end_s: float) -> None:
        """Drive on."""
        while self.broker.now_s < end_s:
            self._steps += 1
            self._hands.apply(self.life.frame_is(frame()))
            if self._steps % META_EVERY == 0:
                self._hands.apply(self.life.meta_is(Meta(car=str(self._steps))))
            if self._steps % LAP_EVERY == 0:
                self._finish_lap()
            self._pass_time()

    def stand_until(self, end_s: float) -> None:
        """The driver has stopped."""
        self._hands.apply(self.life.driving_is(False))
        while self.broker.now_s < end_s:
            self._pass_time()

    def say_goodbye(self) -> tuple[Goodbye, float]:
        """As `Runner` does; the goodbye and how long it took."""
        began_s = self.broker.now_s
        goodbye = Goodbye(self._hands, self.life, self.clock)
        while (end_s := goodbye.go_on()) is not None and self.clock.now_s < end_s:
            self._pass_time()
        return goodbye, self.broker.now_s - began_s

    def _finish_lap(self) -> None:
        number = len(self.memory.laps) + 1
        lap = LapSummary(run=1, lap=number, finished_at=to_text(self.clock.unix_ms()))
        self.memory.add_lap(lap, row_of(lap))
        self._hands.apply(self.life.laps_are([lap]))

    def _pass_time(self) -> None:
        self.clock.advance(STEP_S)
        for mid in self.broker.answers():
            answer = self._delivery.answered(mid)
            if answer.is_late:
                self.life.answered_late()
            if answer.lap is not None:
                self.life.acknowledged(answer.lap)
        self._hands.apply(self.life.tick())
