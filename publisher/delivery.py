"""What of a monitor's messages leaves now, what waits, and what the broker's answers mean.

Does no I/O: it is handed the link of one connection and told of the answers.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Protocol

from pitboard.contract.topics import Channel
from pitboard.publisher.clock import Clock
from pitboard.publisher.composer import Send
from pitboard.publisher.memory import LapKey
from pitboard.publisher.message import Publish
from pitboard.publisher.retelling import LATE_S

PROBE_EVERY_S = 1.0
"""Frames are not answered, so something else is while they go out."""

MAX_WINDOW = 16
"""Values that are retained together, at most: should the cluster elect, each waits 4 s."""

PASSING = (Channel.STATUS, Channel.TELEMETRY)
"""Of these only the newest message counts, and it must not be late."""


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
    """The messages of one connection, and which answers the broker owes.

    Attributes:
        last_answer: To what was said last of all, once there is one.
    """

    patience_s: float
    """How long a broker that is said goodbye to may take for an answer."""

    def __init__(self, link: Outlet, clock: Clock) -> None:
        self.last_answer: Answer | None = None
        self._link = link
        self._clock = clock
        self._open: dict[int, _Question] = {}
        self._answered_s = float("-inf")
        self._probed_s = float("-inf")
        self._last_mid: int | None = None

    @property
    def owed_since_s(self) -> float | None:
        """Since when the broker owes an answer, if it does, in monotonic seconds."""
        oldest = next(iter(self._open.values()), None)
        return None if oldest is None else self._since_s(oldest)

    @abstractmethod
    def send(self, step: Send) -> None:
        """Take a message over: it leaves now or in its turn."""

    @abstractmethod
    def say_last(self, step: Send) -> None:
        """Send a message now, to be retained, and none of its topic after it."""

    @abstractmethod
    def trust_again(self) -> None:
        """Everything is said again from here on."""

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
        answer = Answer(question.lap, is_late)
        if mid == self._last_mid:
            self.last_answer = answer
        return answer

    def _since_s(self, question: _Question) -> float:
        # Brokers answer in order, so a message waits for those before it: after an outage a slow
        # line needs longer than the limits for all the laps, although each one gets through.
        return max(question.asked_s, self._answered_s)

    def _ask(self, mid: int, *, is_of_value: bool, lap: LapKey | None = None) -> None:
        self._open[mid] = _Question(self._clock.monotonic_s(), is_of_value, lap)

    def _await_last(self, mid: int) -> None:
        self._last_mid, self.last_answer = mid, None

    def _probe(self) -> None:
        self._probed_s = self._clock.monotonic_s()
        self._ask(self._link.probe(), is_of_value=False)

    def _probe_in_time(self) -> None:
        # An answer that is awaited already tells as much.
        if not self._open and self._clock.monotonic_s() - self._probed_s >= PROBE_EVERY_S:
            self._probe()


class AtOnce(Delivery):
    """Every message leaves at once, and the broker acknowledges those of QoS 1."""

    patience_s = 1.0

    def send(self, step: Send) -> None:
        """Publish it."""
        mid = self._link.publish(to_publish(step))
        if step.qos:
            self._ask(mid, is_of_value=True, lap=step.lap)
        else:
            self._probe_in_time()

    def say_last(self, step: Send) -> None:
        """Send a message now, to be retained, and none of its topic after it."""
        mid = self._link.publish(to_publish(step))
        self._ask(mid, is_of_value=True)
        self._await_last(mid)

    def trust_again(self) -> None:
        """It always does."""


class InTurn(Delivery):
    """For a cluster that may be electing: one value to be retained is on its way at a time.

    NATS cuts off whose QoS 1 message it cannot store, and after a retained one reads nothing more
    for 4 s. So all leave at QoS 0 with a question after each, whose answer says what an
    acknowledgement would, since such a broker does one thing after the other; and once an answer
    was late nothing is retained until everything is said again. What is not retained flows.
    """

    # NATS may hold an answer for 4 s.
    patience_s = 5.0

    def __init__(self, link: Outlet, clock: Clock) -> None:
        super().__init__(link, clock)
        self._waiting: list[Send] = []
        self._is_in_doubt = False
        self._window = 1

    def send(self, step: Send) -> None:
        """Publish it, or have it wait for those before it if it is to be retained.

        Of `PASSING` channels it leaves at once as well, and the newest one waits: who watches has
        it no later, and knows by its `seq` what comes again.
        """
        is_passing = step.topic.channel in PASSING
        place = self._place_of(step) if is_passing else None
        if self._is_in_doubt or (not step.retain and place is None):
            self._pass_on(step)
        elif not self._is_busy:
            self._waiting.append(step)
            self._send_waiting()
        else:
            if is_passing:
                self._pass_on(step)
            if place is None:
                self._waiting.append(step)
            else:
                self._waiting[place] = replace(step, retain=True)

    def say_last(self, step: Send) -> None:
        """Send a message now, to be retained, and none of its topic after it."""
        self._waiting = [waiting for waiting in self._waiting if waiting.topic != step.topic]
        self._await_last(self._keep(step))

    def trust_again(self) -> None:
        """Everything is said again from here on."""
        self._is_in_doubt = False

    def answered(self, mid: int) -> Answer:
        """The broker answered what has this number; the next ones leave."""
        answer = super().answered(mid)
        if answer.is_late:
            self._begin_doubt()
            # Dropped, or so it seems.
            answer = Answer(is_late=True)
        elif not self._is_busy:
            self._send_waiting()
        return answer

    @property
    def _is_busy(self) -> bool:
        return any(question.is_of_value for question in self._open.values())

    def _place_of(self, step: Send) -> int | None:
        places = (at for at, waiting in enumerate(self._waiting) if waiting.topic == step.topic)
        return next(places, None)

    def _send_waiting(self) -> None:
        # More and more together, as TCP begins: else laps of hours took a round trip each.
        count = self._window
        self._window = min(2 * count, MAX_WINDOW) if self._waiting else 1
        leaving, self._waiting = self._waiting[:count], self._waiting[count:]
        for step in leaving:
            self._keep(step)

    def _begin_doubt(self) -> None:
        """Who watches has now what waited; it is retained when everything is said again."""
        leaving, self._waiting = self._waiting, []
        self._is_in_doubt = True
        self._window = 1
        for step in leaving:
            if step.topic.channel not in PASSING:
                self._pass_on(step)

    def _keep(self, step: Send) -> int:
        if not self._open:
            # From its answer on it is the broker that takes time, not the line.
            self._probe()
        self._link.publish(to_publish(replace(step, qos=0)))
        mid = self._link.probe()
        self._ask(mid, is_of_value=True, lap=step.lap)
        return mid

    def _pass_on(self, step: Send) -> None:
        self._link.publish(to_publish(replace(step, qos=0, retain=False)))
        self._probe_in_time()


def to_publish(step: Send) -> Publish:
    """The message as a link takes it."""
    return Publish(str(step.topic), step.payload, step.qos, step.retain)
