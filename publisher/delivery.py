"""What of a monitor's messages leaves now, what waits, and what the broker's answers mean.

Does no I/O: it is handed the link of one connection and told of the answers.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Protocol

from pitboard.publisher.clock import Clock
from pitboard.publisher.composer import Send
from pitboard.publisher.link import Publish
from pitboard.publisher.memory import LapKey
from pitboard.publisher.retelling import AFTER_S, LATE_S

PROBE_EVERY_S = 1.0
"""Frames are not acknowledged, so something else is while they go out."""

DOUBT_S = AFTER_S - 0.5
"""From a late answer until a value is retained again: before everything is, one tries."""

MOST_ON_THE_WAY = 16
"""Values that are retained together, at most: should the cluster elect, each waits 4 s."""


class Outlet(Protocol):
    """What is needed of a `Link`."""

    def publish(self, message: Publish) -> int:
        """Send a message; its number."""

    def probe(self) -> int:
        """Ask for an answer; its number."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a broker's answer tells.

    Attributes:
        lap: Safe now.
        is_late: The broker took so long that it may not have kept the value.
    """

    lap: LapKey | None = None
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class _Question:
    asked_s: float
    is_of_value: bool
    lap: LapKey | None


class Delivery(ABC):
    """The messages of one connection, and which answers the broker owes."""

    def __init__(self, link: Outlet, clock: Clock) -> None:
        self._link = link
        self._clock = clock
        self._open: dict[int, _Question] = {}
        self._answered_s = float("-inf")
        self._probed_s = float("-inf")

    @property
    def has_unacknowledged(self) -> bool:
        """Whether the broker has not confirmed everything yet."""
        return bool(self._open)

    @property
    def owed_since_s(self) -> float | None:
        """Since when the broker owes an answer, if it does, in monotonic seconds."""
        oldest = next(iter(self._open.values()), None)
        return None if oldest is None else self._since_s(oldest)

    @abstractmethod
    def send(self, step: Send) -> None:
        """Take a message over: it leaves now or in its turn."""

    def answered(self, mid: int) -> Answer:
        """The broker answered what has this number."""
        question = self._open.get(mid)
        if question is None:
            return Answer()
        now_s = self._clock.monotonic_s()
        is_late = question.is_of_value and now_s - self._since_s(question) > LATE_S
        if mid == next(iter(self._open)):
            self._answered_s = now_s
        del self._open[mid]
        return Answer(question.lap, is_late)

    @abstractmethod
    def insist(self) -> None:
        """From now on all leaves at once and retained: it is the last, and nothing waits for it."""

    def _since_s(self, question: _Question) -> float:
        # Brokers answer in order, so a message waits for those before it: after an outage a slow
        # line needs longer than the limits for all the laps, although each one gets through.
        return max(question.asked_s, self._answered_s)

    def _ask(self, mid: int, *, is_of_value: bool, lap: LapKey | None = None) -> None:
        self._open[mid] = _Question(self._clock.monotonic_s(), is_of_value, lap)

    def _probe(self) -> None:
        self._probed_s = self._clock.monotonic_s()
        self._ask(self._link.probe(), is_of_value=False)

    def _probe_in_time(self) -> None:
        # An answer that is awaited already tells as much.
        if not self._open and self._clock.monotonic_s() - self._probed_s >= PROBE_EVERY_S:
            self._probe()


class AtOnce(Delivery):
    """Every message leaves at once, and the broker acknowledges those of QoS 1."""

    def send(self, step: Send) -> None:
        """Publish it."""
        mid = self._link.publish(to_publish(step))
        if step.qos:
            self._ask(mid, is_of_value=True, lap=step.lap)
        else:
            self._probe_in_time()

    def insist(self) -> None:
        """Nothing was held back."""


class InTurn(Delivery):
    """For a cluster that may be electing: one value to be retained is on its way at a time.

    NATS cuts off whose QoS 1 message it cannot store, and after a retained one reads nothing more
    for 4 s. So all leave at QoS 0 with a question after each, whose answer says what an
    acknowledgement would, since such a broker does one thing after the other; and once an answer
    was late nothing is retained until the election must be over. What is not retained flows.
    """

    def __init__(self, link: Outlet, clock: Clock) -> None:
        super().__init__(link, clock)
        self._waiting: list[Send] = []
        self._doubt_until_s = float("-inf")
        self._window = 1
        self._insists = False

    @property
    def has_unacknowledged(self) -> bool:
        """Whether the broker has not confirmed everything yet."""
        return bool(self._open or self._waiting)

    def send(self, step: Send) -> None:
        """Publish it, or have it wait for those before it if it is to be retained."""
        if not step.qos:
            # Of frames the newest counts, and each leaves before the next.
            for frame in [frame for frame in self._waiting if not frame.qos]:
                self._waiting.remove(frame)
                self._pass_on(frame)
        if step.retain:
            self._waiting.append(step)
            self._send_waiting()
        else:
            self._pass_on(step)

    def answered(self, mid: int) -> Answer:
        """The broker answered what has this number; the next ones leave."""
        answer = super().answered(mid)
        if answer.is_late:
            self._doubt_until_s = self._clock.monotonic_s() + DOUBT_S
            answer = Answer(is_late=True)
        self._send_waiting()
        return answer

    def insist(self) -> None:
        """From now on all leaves at once and retained: it is the last, and nothing waits for it."""
        self._insists = True
        self._send_waiting()

    def _send_waiting(self) -> None:
        if self._insists:
            leaving, self._waiting = self._waiting, []
        elif any(question.is_of_value for question in self._open.values()):
            return
        elif self._clock.monotonic_s() < self._doubt_until_s:
            # Who watches has it now; it is retained when everything is said again.
            for step in self._waiting:
                self._pass_on(step)
            leaving, self._waiting, self._window = [], [], 1
        else:
            # More and more together, as TCP begins: else laps of hours took a round trip each.
            count = self._window
            self._window = min(2 * count, MOST_ON_THE_WAY) if self._waiting else 1
            leaving, self._waiting = self._waiting[:count], self._waiting[count:]
        for step in leaving:
            self._keep(step)

    def _keep(self, step: Send) -> None:
        if not self._open:
            # From its answer on it is the broker that takes time, not the line.
            self._probe()
        self._link.publish(to_publish(replace(step, qos=0)))
        self._ask(self._link.probe(), is_of_value=True, lap=step.lap)

    def _pass_on(self, step: Send) -> None:
        self._link.publish(to_publish(replace(step, qos=0, retain=False)))
        self._probe_in_time()


def to_publish(step: Send) -> Publish:
    """The message as a link takes it."""
    return Publish(str(step.topic), step.payload, step.qos, step.retain)
