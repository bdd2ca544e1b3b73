"""A monitor's life as decisions: what to send when, and what an answer means.

Knows no network, no thread and no clock but the one handed in. Whoever runs it feeds it events and
does what the returned steps say, in their order.
"""

from collections.abc import Callable, Sequence

from pitboard.contract import codec
from pitboard.contract.control import HEARTBEAT_S, next_control
from pitboard.contract.errors import ContractError
from pitboard.contract.messages import LapSummary, Message, Meta, StatusMessage
from pitboard.contract.telemetry import Telemetry
from pitboard.contract.times import to_text
from pitboard.contract.topics import Topic, monitor_filter, status_filter
from pitboard.publisher.clock import Clock
from pitboard.publisher.composer import About, Composer, Condition, Send
from pitboard.publisher.echo import Echo, Trouble
from pitboard.publisher.memory import LapKey, Memory, RememberedSetup
from pitboard.publisher.newest import Newest
from pitboard.publisher.phase import Phase
from pitboard.publisher.read_back import ReadBack
from pitboard.publisher.retelling import Retelling
from pitboard.publisher.source import NamedSetup
from pitboard.publisher.steps import Step, Subscribe, TrustAgain, Unsubscribe


class Lifecycle:
    """Decides what a monitor sends.

    Args:
        memory: What survives the process; the owner saves it after each call.
        about: Constant parts of the status.
        clock: Time of day and durations.
    """

    def __init__(self, memory: Memory, about: About, clock: Clock) -> None:
        self._memory = memory
        self._about = about
        self._clock = clock
        self._compose = Composer(memory, about, clock)
        self._condition = Condition()
        self._phase = Phase.OFFLINE
        self._meta = Meta()
        self._newest = Newest(self._compose, clock, about.rate_hz)
        self._echo = Echo()
        self._others: dict[str, StatusMessage] = {}
        self._read_back = ReadBack(memory)
        self._retelling = Retelling()
        self._acknowledged: set[LapKey] = set()
        self._must_take_control = True
        self._connects = 0
        self._last_status_s = 0.0
        self._lost_at_s: float | None = None

    # What the link tells.

    def connecting(self) -> Send:
        """A new connection is about to be made: its last will, under a birth of its own."""
        self._begin(max(self._memory.birth + 1, self._clock.unix_ms() // 1000))
        return self._compose.will()

    def connected(self) -> list[Step]:
        """The broker accepted: first read what it holds of us and of the session's others."""
        now_s = self._clock.monotonic_s()
        self._phase = Phase.READING_BACK
        self._acknowledged.clear()
        self._read_back.asked(now_s)
        self._condition.reconnects = self._connects
        self._connects += 1
        if self._lost_at_s is not None:
            self._condition.last_outage_s = now_s - self._lost_at_s
            self._lost_at_s = None
        ids = self._memory.session_id, self._memory.monitor_id
        return [Subscribe((monitor_filter(*ids), status_filter(ids[0])))]

    def subscribed(self) -> None:
        """The broker answered: what it holds follows now."""
        self._read_back.answered(self._clock.monotonic_s())

    def disconnected(self) -> None:
        """The connection ended, wanted or not."""
        if self._phase is not Phase.OFFLINE:
            self._lost_at_s = self._clock.monotonic_s()
        self._phase = Phase.OFFLINE
        self._echo.disconnected()

    def received(self, topic_text: str, payload: bytes) -> list[Step]:
        """A message of our subscriptions; what is not ours to understand is ignored."""
        self._read_back.heard(self._clock.monotonic_s())
        if not payload:
            return []
        try:
            topic = Topic.parse(topic_text)
            message = codec.decode(topic, payload)
        except ContractError:
            return []
        if topic.monitor_id != self._memory.monitor_id:
            if isinstance(message, StatusMessage):
                self._others[topic.monitor_id] = message
            return []
        if self._phase is Phase.READING_BACK:
            self._echo.read_back(message.birth, is_first=self._connects == 1)
            self._rise_above(message, or_equal=True)
            self._read_back.take(message)
            return []
        return self._hear_own(message) if self._phase is Phase.ANNOUNCED else []

    def acknowledged(self, lap: LapKey) -> None:
        """The broker has the `lap` message of this lap."""
        self._acknowledged.add(lap)
        self._memory.acknowledge(self._acknowledged)

    def answered_late(self) -> None:
        """The broker took so long for a value that it may not have kept it."""
        self._retelling.answered_late(self._clock.monotonic_s())

    # What the source tells.

    def driver_is(self, name: str | None) -> list[Step]:
        """Who drives."""
        if name == self._condition.driver:
            return []
        self._condition.driver = name
        return self._if_announced(self._status)

    def control_is(self, in_control: bool) -> list[Step]:
        """Whether this machine drives the car now."""
        if in_control == self._condition.in_control:
            return []
        self._condition.in_control = in_control
        self._must_take_control = in_control
        if in_control and self._phase is Phase.ANNOUNCED:
            self._take_control()
        return self._if_announced(self._status)

    def driving_is(self, is_driving: bool) -> list[Step]:
        """Whether anybody drives; the last frame stays on the broker.

        Its status goes first: a frame that is older than that is no sign of a moving car.
        """
        if is_driving == self._condition.is_driving:
            return []
        self._condition.is_driving = is_driving
        if self._phase is not Phase.ANNOUNCED:
            return []
        return [self._status(), *([] if is_driving else self._newest.as_last())]

    def meta_is(self, meta: Meta) -> list[Step]:
        """Car, track and session."""
        if meta == self._meta:
            return []
        self._meta = meta
        return self._if_announced(lambda: self._compose.meta(meta))

    def setup_is(self, setup: NamedSetup) -> list[Step]:
        """The setup document; the revision rises when it differs from the last."""
        last = self._memory.setup
        if last is not None and (last.document, last.name) == (setup.document, setup.name):
            return []
        self._memory.setup = RememberedSetup(
            revision=last.revision + 1 if last else 1,
            captured_at=to_text(self._clock.unix_ms()),
            document=setup.document,
            name=setup.name,
        )
        return self._if_announced(self._compose.setup)

    def frame_is(self, telemetry: Telemetry) -> list[Step]:
        """The newest frame; while offline only this one is kept."""
        self._newest.take(telemetry)
        return [*self._newest.as_update()] if self._phase is Phase.ANNOUNCED else []

    def laps_are(self, summaries: Sequence[LapSummary]) -> list[Step]:
        """Laps were completed; they are in the memory's table already."""
        if self._phase is not Phase.ANNOUNCED or not summaries:
            return []
        first, *others = [self._compose.lap(summary) for summary in summaries]
        # An event replaces the one before it: the table goes in between, so that the broker keeps
        # each lap that was told, should the disk be full and the process die.
        return [first, *self._compose.chunks_of(summaries), *others]

    # What time and the owner tell.

    def tick(self) -> list[Step]:
        """Time passed: announce when the read-back is over, and say that we live."""
        now_s = self._clock.monotonic_s()
        if self._phase is Phase.READING_BACK:
            if now_s >= self._read_back.end_s:
                return self._announce()
        elif self._phase is Phase.ANNOUNCED:
            if self._retelling.take(now_s):
                return [TrustAgain(), *self._say_everything()]
            if now_s - self._last_status_s >= HEARTBEAT_S:
                return [self._status()]
        return []

    def next_tick_s(self) -> float | None:
        """When `tick` has something to do at the earliest, in monotonic seconds."""
        if self._phase is Phase.READING_BACK:
            return self._read_back.end_s
        if self._phase is Phase.ANNOUNCED:
            echo_s = self._echo.due_s(self._clock.monotonic_s())
            due = self._last_status_s + HEARTBEAT_S, echo_s, self._retelling.due_s
            return min(due_s for due_s in due if due_s is not None)
        return None

    def stop(self) -> list[Send]:
        """A wanted end: the last frame stays on the broker, then we say `offline`."""
        if self._phase is not Phase.ANNOUNCED:
            return []
        # Nothing of `status` may follow it, neither a heartbeat nor an answer to a late message.
        self._phase = Phase.OFFLINE
        return [*self._newest.as_last(), self._compose.status(self._condition, "offline")]

    def owed(self) -> list[Step]:
        """What is to be said again after the `offline` of a stop: there is no later time for it."""
        if self._retelling.due_s is None:
            return []
        return [TrustAgain(), *self._newest.again(), *self._compose.all_kept(self._meta)]

    @property
    def trouble(self) -> Trouble | None:
        """What is wrong although the connection stands; looked at after each event and tick."""
        return self._echo.trouble(self._clock.monotonic_s())

    @property
    def is_reading_back(self) -> bool:
        """Whether the broker's answer is still awaited; `tick` ends it after 150 ms."""
        return self._phase is Phase.READING_BACK

    @property
    def is_announced(self) -> bool:
        """Whether everything that the monitor knows was sent over this connection."""
        return self._phase is Phase.ANNOUNCED

    def _hear_own(self, message: Message) -> list[Step]:
        """What of the replay is late counts too; a `status` that we did not say must not stand."""
        memory = self._memory
        setup = memory.setup
        was_unheard = self.trouble is Trouble.UNHEARD
        if isinstance(message, StatusMessage):
            self._echo.heard(message.birth)
        # What was said while nobody heard it was dropped.
        is_heard = was_unheard and self.trouble is None
        is_risen = self._rise_above(message, or_equal=False)
        self._read_back.take(message)
        if self._read_back.merge_laps() or is_risen or is_heard or memory.setup != setup:
            return self._say_everything()
        if not isinstance(message, StatusMessage):
            return []
        is_wrong = message.state == "lost" or message.birth < memory.birth
        return [self._status()] if is_wrong else []

    def _rise_above(self, message: Message, *, or_equal: bool) -> bool:
        """Take a birth above that of an earlier life, or readers would ignore this one.

        Happens when the clock went back and the state file is gone. This connection's will then
        counts for nothing, and readers see a loss by the missing heartbeat.
        """
        if message.birth < self._memory.birth + (not or_equal):
            return False
        self._begin(message.birth + 1)
        return True

    def _begin(self, birth: int) -> None:
        self._compose.begin(birth)
        self._echo.began(birth)

    def _announce(self) -> list[Step]:
        self._phase = Phase.ANNOUNCED
        self._read_back.merge_laps()
        if self._condition.in_control and self._must_take_control:
            self._take_control()
        self._echo.announced(self._clock.monotonic_s())
        own = monitor_filter(self._memory.session_id, self._memory.monitor_id)
        return [Unsubscribe((own,)), *self._say_everything()]

    def _say_everything(self) -> list[Step]:
        """After `status` the newest frame goes first: it is what the crew waits for."""
        frame = self._newest.as_stored()
        return [self._status(), *frame, *self._compose.all_kept(self._meta)]

    def _take_control(self) -> None:
        """Above all others, unless we stand there already: a restart changes nothing."""
        self._must_take_control = False
        self._memory.control = max(self._memory.control, next_control(self._others.values()))

    def _if_announced(self, compose: Callable[[], Send | None]) -> list[Step]:
        if self._phase is not Phase.ANNOUNCED:
            return []
        step = compose()
        return [] if step is None else [step]

    def _status(self) -> Send:
        self._last_status_s = self._clock.monotonic_s()
        return self._compose.status(self._condition)
