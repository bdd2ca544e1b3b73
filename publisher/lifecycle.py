"""A monitor's life as decisions: what to send when, and what an answer means.

Knows no network, no thread and no clock but the one handed in. Whoever runs it feeds it events and
does what the returned steps say, in their order.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from msgspec import structs

from pitboard.contract import codec
from pitboard.contract.control import HEARTBEAT_S, next_control
from pitboard.contract.digits import rounded
from pitboard.contract.errors import ContractError
from pitboard.contract.messages import (
    LapsMessage,
    LapSummary,
    Message,
    Meta,
    SetupMessage,
    StatusMessage,
    Telemetry,
)
from pitboard.contract.times import to_text
from pitboard.contract.topics import Topic, monitor_filter, status_filter
from pitboard.publisher.clock import Clock
from pitboard.publisher.composer import About, Composer, Condition, Send
from pitboard.publisher.memory import LapKey, Memory, RememberedSetup
from pitboard.publisher.source import NamedSetup

READ_BACK_QUIET_S = 0.020
"""Brokers give no mark for the end of a replay; this long without a message counts as one."""

READ_BACK_MAX_S = 0.150

# A monitor that remembers nothing may find a whole race on the broker, and a long line delivers it
# with pauses of its round trip.
NEW_READ_BACK_QUIET_S = 0.300
NEW_READ_BACK_MAX_S = 2.0

SUBACK_WITHIN_S = 2.0
"""The quiet counts from the broker's answer; without one the monitor speaks after this long."""

RETAIN_EVERY_S = 0.5
"""Telemetry carries the retain flag at most this often: persisting brokers write each one."""

RETAIN_ALL_UP_TO_HZ = 2.0


class Phase(Enum):
    """Where the monitor stands with its broker."""

    OFFLINE = "offline"
    READING_BACK = "reading back"
    ANNOUNCED = "announced"


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Subscribe to these filters."""

    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """End the subscription to these filters."""

    filters: tuple[str, ...]


Step = Send | Subscribe | Unsubscribe


@dataclass(slots=True)
class _Frame:
    telemetry: Telemetry
    unix_ms: int
    is_retained: bool = False


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
        self._frame: _Frame | None = None
        self._others: dict[str, StatusMessage] = {}
        self._must_take_control = True
        self._is_new = memory.birth == 0
        self._is_subscribed = False
        self._connects = 0
        self._reading_since_s = 0.0
        self._last_received_s = 0.0
        self._last_status_s = 0.0
        self._last_retained_s = float("-inf")
        self._lost_at_s: float | None = None

    # What the link tells.

    def connecting(self) -> Send:
        """A new connection is about to be made: its last will, under a birth of its own."""
        self._compose.begin(max(self._memory.birth + 1, self._clock.unix_ms() // 1000))
        return self._compose.will()

    def connected(self) -> list[Step]:
        """The broker accepted: first read what it holds of us and of the session's others."""
        now_s = self._clock.monotonic_s()
        self._phase = Phase.READING_BACK
        self._is_subscribed = False
        self._condition.reconnects = self._connects
        self._connects += 1
        self._reading_since_s = self._last_received_s = now_s
        if self._lost_at_s is not None:
            self._condition.last_outage_s = now_s - self._lost_at_s
            self._lost_at_s = None
        ids = self._memory.session_id, self._memory.monitor_id
        return [Subscribe((monitor_filter(*ids), status_filter(ids[0])))]

    def subscribed(self) -> None:
        """The broker answered: what it holds follows now."""
        self._is_subscribed = True
        self._reading_since_s = self._last_received_s = self._clock.monotonic_s()

    def disconnected(self) -> None:
        """The connection ended, wanted or not."""
        if self._phase is not Phase.OFFLINE:
            self._lost_at_s = self._clock.monotonic_s()
        self._phase = Phase.OFFLINE

    def received(self, topic_text: str, payload: bytes) -> list[Step]:
        """A message of our subscriptions; what is not ours to understand is ignored."""
        self._last_received_s = self._clock.monotonic_s()
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
            self._read_back(message)
            return []
        return self._hear_own(message) if self._phase is Phase.ANNOUNCED else []

    def acknowledged(self, lap: LapKey) -> None:
        """The broker has the `lap` message of this lap."""
        self._memory.acknowledge(lap)

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
        """Whether anybody drives; before idling the last frame is retained."""
        if is_driving == self._condition.is_driving:
            return []
        self._condition.is_driving = is_driving
        if self._phase is not Phase.ANNOUNCED:
            return []
        final = [] if is_driving else self._final_frame()
        return [*final, self._status()]

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
        self._frame = _Frame(rounded(telemetry), self._clock.unix_ms())
        if self._phase is not Phase.ANNOUNCED:
            return []
        since_s = self._clock.monotonic_s() - self._last_retained_s
        is_slow = self._about.rate_hz <= RETAIN_ALL_UP_TO_HZ
        return [self._send_frame(self._frame, retain=is_slow or since_s >= RETAIN_EVERY_S)]

    def laps_are(self, summaries: Sequence[LapSummary]) -> list[Step]:
        """Laps were completed; they are in the memory's table already."""
        if self._phase is not Phase.ANNOUNCED or not summaries:
            return []
        laps = [self._compose.lap(summary) for summary in summaries]
        return [*laps, *self._compose.chunks_of(summaries)]

    # What time and the owner tell.

    def tick(self) -> list[Step]:
        """Time passed: announce when the read-back is over, and say that we live."""
        now_s = self._clock.monotonic_s()
        if self._phase is Phase.READING_BACK:
            if now_s >= self._read_back_end_s():
                return self._announce()
        elif self._phase is Phase.ANNOUNCED and now_s - self._last_status_s >= HEARTBEAT_S:
            return [self._status()]
        return []

    def next_tick_s(self) -> float | None:
        """When `tick` has something to do at the earliest, in monotonic seconds."""
        if self._phase is Phase.READING_BACK:
            return self._read_back_end_s()
        if self._phase is Phase.ANNOUNCED:
            return self._last_status_s + HEARTBEAT_S
        return None

    def stop(self) -> list[Step]:
        """A wanted end: the last frame stays on the broker, then we say `offline`."""
        if self._phase is not Phase.ANNOUNCED:
            return []
        steps = [*self._final_frame(), self._compose.status(self._condition, "offline")]
        # Nothing may follow it, neither a heartbeat nor an answer to what is still on its way.
        self._phase = Phase.OFFLINE
        return steps

    @property
    def is_reading_back(self) -> bool:
        """Whether the broker's answer is still awaited; `tick` ends it after 150 ms."""
        return self._phase is Phase.READING_BACK

    @property
    def is_announced(self) -> bool:
        """Whether everything that the monitor knows was sent over this connection."""
        return self._phase is Phase.ANNOUNCED

    def _read_back_end_s(self) -> float:
        if not self._is_subscribed:
            return self._reading_since_s + SUBACK_WITHIN_S
        quiet_s = NEW_READ_BACK_QUIET_S if self._is_new else READ_BACK_QUIET_S
        longest_s = NEW_READ_BACK_MAX_S if self._is_new else READ_BACK_MAX_S
        return min(self._last_received_s + quiet_s, self._reading_since_s + longest_s)

    def _read_back(self, message: Message) -> None:
        """The broker knows us from an earlier life; what we forgot is taken over."""
        memory = self._memory
        if message.birth >= memory.birth:
            # The clock went back and the state file is gone. This connection's will then counts
            # for nothing, and readers see a loss by the missing heartbeat.
            self._compose.begin(message.birth + 1)
        match message:
            case StatusMessage():
                memory.control = max(memory.control, message.control or 0)
            case SetupMessage():
                self._read_back_setup(message)
            case LapsMessage():
                memory.merge_laps(codec.lap_rows(message))
                last = memory.laps[-1] if memory.laps else None
                # Samples that came first may have begun run 1 anew, whose laps exist already; from
                # a lower lap than the last the recorder begins another run.
                if last and (last.run, last.lap) > (memory.run, memory.last_lap):
                    memory.run, memory.last_lap = last.run, last.lap

    def _read_back_setup(self, message: SetupMessage) -> None:
        """A revision that readers have seen is never given to another document."""
        ours = self._memory.setup
        if ours is None:
            self._memory.setup = RememberedSetup(
                revision=message.revision,
                captured_at=message.captured_at,
                document=message.setup,
                name=message.name,
            )
        elif ours.document == message.setup:
            revision = max(ours.revision, message.revision)
            self._memory.setup = structs.replace(ours, revision=revision)
        elif ours.revision <= message.revision:
            self._memory.setup = structs.replace(ours, revision=message.revision + 1)

    def _hear_own(self, message: Message) -> list[Step]:
        """Our own `status` comes back; one that we did not say must not stand."""
        if not isinstance(message, StatusMessage):
            return []
        if message.birth > self._memory.birth:
            self._compose.begin(message.birth + 1)
            return self._say_everything()
        is_wrong = message.state == "lost" or message.birth < self._memory.birth
        return [self._status()] if is_wrong else []

    def _announce(self) -> list[Step]:
        self._phase = Phase.ANNOUNCED
        self._is_new = False
        if self._condition.in_control and self._must_take_control:
            self._take_control()
        own = monitor_filter(self._memory.session_id, self._memory.monitor_id)
        return [Unsubscribe((own,)), *self._say_everything()]

    def _say_everything(self) -> list[Step]:
        """After `status` the newest frame goes first: it is what the crew waits for."""
        steps: list[Step] = [self._status()]
        if self._frame is not None:
            steps.append(self._send_frame(self._frame, retain=True))
        steps.append(self._compose.meta(self._meta))
        if (setup := self._compose.setup()) is not None:
            steps.append(setup)
        steps.extend(map(self._compose.lap, self._memory.unsent))
        steps.extend(self._compose.chunks())
        return steps

    def _take_control(self) -> None:
        """Above all others, unless we stand there already: a restart changes nothing."""
        self._must_take_control = False
        needed = next_control(self._others.values())
        if self._memory.control < needed:
            self._memory.control = needed

    def _if_announced(self, compose: Callable[[], Send | None]) -> list[Step]:
        if self._phase is not Phase.ANNOUNCED:
            return []
        step = compose()
        return [] if step is None else [step]

    def _status(self) -> Send:
        self._last_status_s = self._clock.monotonic_s()
        return self._compose.status(self._condition)

    def _final_frame(self) -> list[Step]:
        """The newest frame once more, unless the broker keeps it already."""
        if self._frame is None or self._frame.is_retained:
            return []
        return [self._send_frame(self._frame, retain=True)]

    def _send_frame(self, frame: _Frame, *, retain: bool) -> Send:
        if retain:
            self._last_retained_s = self._clock.monotonic_s()
            frame.is_retained = True
        return self._compose.frame(frame.telemetry, frame.unix_ms, retain=retain)
