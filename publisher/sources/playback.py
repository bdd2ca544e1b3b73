"""What recorded messages say, one after the other; no file, no clock."""

from dataclasses import dataclass, field

from msgspec.structs import asdict, replace

from pitboard.contract.codec import decode, lap_rows, missing_telemetry
from pitboard.contract.control import LOST_AFTER_S, Claim, choose_active
from pitboard.contract.errors import ContractError
from pitboard.contract.messages import (
    LapMessage,
    LapsMessage,
    LapSummary,
    Message,
    Meta,
    MetaMessage,
    SetupMessage,
    StatusMessage,
    TelemetryMessage,
)
from pitboard.contract.order import Order, advance
from pitboard.contract.telemetry import Telemetry
from pitboard.contract.topics import Topic
from pitboard.publisher.lap_rows import summary_of
from pitboard.publisher.source import NamedSetup, Sample

_NOTHING_KNOWN = Telemetry(lap=None, fuel=None, position=None)


@dataclass(slots=True)
class _Monitor:
    """The last that one monitor said of each channel."""

    heard_s: float = float("-inf")
    status: StatusMessage | None = None
    meta: Meta | None = None
    setup: NamedSetup | None = None
    telemetry: Telemetry | None = None
    orders: dict[str, Order] = field(default_factory=dict)

    @property
    def is_driving(self) -> bool:
        """A monitor that never said its state drives."""
        return self.status is None or self.status.state == "online"


class Playback:
    """Turns recorded messages into samples of the car that they describe."""

    def __init__(self) -> None:
        self.meta = Meta()
        self.setup: NamedSetup | None = None
        self._monitors: dict[str, _Monitor] = {}
        self._active: str | None = None
        self._session_id: str | None = None
        self._session = 0
        self._run: tuple[str, int] | None = None
        self._seen: set[tuple[str, int, int]] = set()
        self._laps: list[LapSummary] = []
        self._time_s = 0.0
        self._was_driving = False

    def take(
        self, time_s: float, topic_text: str, payload: bytes
    ) -> tuple[Sample | None, str | None]:
        """The sample that a message completes, and the kind of problem it has, if any."""
        self._time_s = max(self._time_s, time_s)
        if payload == b"null":  # a cleared retained value: what was known stays known
            return None, None
        try:
            topic = Topic.parse(topic_text)
            message = decode(topic, payload)
        except ContractError as exc:
            return None, exc.kind
        # One car: the session of the first message; a second one in the file is another car.
        self._session_id = self._session_id or topic.session_id
        if topic.session_id != self._session_id:
            return None, "other_session"
        monitor = self._monitors.setdefault(topic.monitor_id, _Monitor())
        order = monitor.orders.get(topic.name)
        if order is not None and not order.is_news(message):
            return None, None
        monitor.orders[topic.name] = advance(order, message)
        return self._apply(topic.monitor_id, monitor, message), None

    def rest(self) -> Sample | None:
        """The laps that no frame followed, at the end of the recording."""
        return self._sample() if self._laps else None

    def _apply(self, monitor_id: str, monitor: _Monitor, message: Message) -> Sample | None:
        match message:
            case StatusMessage():
                monitor.status = message
                if message.state in ("online", "idle"):
                    monitor.heard_s = self._time_s
            case MetaMessage():
                monitor.meta = _meta(message)
            case SetupMessage():
                monitor.setup = NamedSetup(message.setup, message.name)
            case LapMessage():
                self._add_lap(monitor_id, message.lap_summary)
            case LapsMessage():
                for row in lap_rows(message):
                    self._add_lap(monitor_id, summary_of(row))
            case TelemetryMessage():
                monitor.telemetry = _complete(message.telemetry)
                monitor.heard_s = self._time_s
        self._follow()
        return self._completed(monitor_id, message)

    def _completed(self, monitor_id: str, message: Message) -> Sample | None:
        """A sample when the active monitor sent a frame, or began or ceased to drive."""
        if monitor_id != self._active:
            return None
        monitor = self._monitors[monitor_id]
        if isinstance(message, TelemetryMessage):
            return self._sample()
        is_change = monitor.is_driving != self._was_driving
        if isinstance(message, StatusMessage) and is_change and monitor.telemetry is not None:
            return self._sample()
        return None

    def _follow(self) -> None:
        """Choose the active monitor as every reader does, and take over its meta and setup."""
        claims = {
            monitor_id: Claim(monitor.status, self._time_s - monitor.heard_s <= LOST_AFTER_S)
            for monitor_id, monitor in self._monitors.items()
            if monitor.status is not None
        }
        self._active = choose_active(claims, self._active)
        if self._active is None and len(self._monitors) == 1:
            self._active = next(iter(self._monitors))
        if self._active is None:
            return
        monitor = self._monitors[self._active]
        if monitor.meta is not None and monitor.meta != self.meta:
            self.meta = monitor.meta
        if monitor.setup is not None and monitor.setup != self.setup:
            self.setup = monitor.setup

    def _sample(self) -> Sample:
        monitor = self._monitors.get(self._active or "", _Monitor())
        telemetry = monitor.telemetry or _NOTHING_KNOWN
        if self._active is not None and telemetry.run is not None:
            run = (self._active, telemetry.run)
            # Another monitor counts its runs on its own: a swap is no new session.
            if self._run is not None and self._run[0] == run[0] and self._run != run:
                self._session += 1
            self._run = run
        laps = tuple(sorted(self._laps, key=lambda lap: lap.finished_at))
        self._laps = []
        self._was_driving = monitor.is_driving and monitor.telemetry is not None
        return Sample(
            time_s=self._time_s,
            telemetry=telemetry,
            session=self._session,
            is_driving=self._was_driving,
            laps=laps,
        )

    def _add_lap(self, monitor_id: str, lap: LapSummary) -> None:
        key = (monitor_id, lap.run, lap.lap)
        if key not in self._seen:
            self._seen.add(key)
            self._laps.append(lap)


def _meta(message: MetaMessage) -> Meta:
    """Without the envelope, which is the recording's."""
    values = asdict(message)
    return Meta(**{name: values[name] for name in Meta.__struct_fields__})


def _complete(telemetry: Telemetry) -> Telemetry:
    """With the fields that a source always sets."""
    missing = dict.fromkeys(missing_telemetry(telemetry))
    return replace(telemetry, **missing) if missing else telemetry
