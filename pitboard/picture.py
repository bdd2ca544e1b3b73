"""What `pitboard watch` knows of a session: its last values, how old they are, who is in control.

Decides only; times come in as arguments.
"""

from dataclasses import dataclass
from typing import TypeVar

from pitboard.bridge.checker import Checker
from pitboard.bridge.session import Session
from pitboard.contract.control import LOST_AFTER_S
from pitboard.contract.messages import (
    LapRow,
    Message,
    Meta,
    MetaMessage,
    SetupMessage,
    StatusMessage,
    TelemetryMessage,
)
from pitboard.contract.telemetry import Telemetry
from pitboard.contract.times import to_unix_ms
from pitboard.contract.topics import Channel
from pitboard.lap_book import LapBook
from pitboard.words import Age, counted

STALE_AFTER_S = 5.0
"""As in the dashboard."""

M = TypeVar("M", bound=Message)

_WORDS = {
    "online": "on track",
    "idle": "connected, nobody drives",
    "offline": "signed off",
    "lost": "signal lost",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """One moment of the session, ready to be shown.

    Attributes:
        state: Of the active monitor, in words; says when data is stale.
        is_good: Whether what is shown is how things are now.
        age: Of the telemetry.
        others: The monitors that are not active, in words.
        notice: What a person should know of the connection or of refused messages.
    """

    session_id: str
    monitor_id: str | None
    state: str
    is_good: bool
    age: Age | None
    driver: str | None
    telemetry: Telemetry
    meta: Meta
    setup: SetupMessage | None
    laps: list[LapRow]
    others: list[tuple[str, str]]
    notice: str | None


class Watcher:
    """Takes messages in and gives pictures.

    Attributes:
        outage: Why the broker is away; `None` while it is there.
    """

    def __init__(self, session_id: str) -> None:
        self.outage: str | None = None
        self._session = Session(session_id)
        self._checker = Checker(is_silent=True)
        self._laps = LapBook()
        self._framed_ms: dict[str, int] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the session is known."""
        return not self._session.monitors

    def take(self, name: str, payload: bytes, retained: bool, now_ms: int) -> bool:
        """One message, and whether it changed anything; a bad one is counted."""
        checked = self._checker.check(name, payload, now_ms / 1000)
        if checked is None:
            return False
        topic, message = checked
        if message is None:
            self._session.remove(topic, now_ms)
            self._laps.remove(topic)
            return True
        if not self._session.accept(topic, message, payload, retained, now_ms):
            return False
        self._laps.take(topic, message)
        if topic.channel is Channel.TELEMETRY and not self._session.is_stored(
            topic.monitor_id, topic.name
        ):
            self._framed_ms[topic.monitor_id] = now_ms
        return True

    def picture(self, now_ms: int) -> Picture:
        """How things are."""
        self._session.tick(now_ms)
        active = self._session.active
        frame = self._last(active, Channel.TELEMETRY, TelemetryMessage)
        status = self._last(active, Channel.STATUS, StatusMessage)
        age = self._age(active, frame, now_ms)
        word, words = self._state(active, now_ms)
        is_stale = word == "online" and age is not None and age.s > STALE_AFTER_S
        if is_stale:
            words = f"data may be stale (last update {age} ago)"
        return Picture(
            session_id=self._session.session_id,
            monitor_id=active,
            state=words,
            is_good=word == "online" and not is_stale and self.outage is None,
            age=age,
            driver=status.driver if status else None,
            telemetry=frame.telemetry if frame else Telemetry(lap=None, fuel=None, position=None),
            meta=self._last(active, Channel.META, MetaMessage) or Meta(),
            setup=self._last(active, Channel.SETUP, SetupMessage),
            laps=self._laps.rows(),
            others=[
                (other, self._state(other, now_ms)[1])
                for other in self._session.monitors
                if other != active
            ],
            notice=self._notice(),
        )

    def _last(self, monitor_id: str | None, channel: Channel, kind: type[M]) -> M | None:
        if monitor_id is None:
            return None
        message = self._session.last(monitor_id, channel)
        return message if isinstance(message, kind) else None

    def _age(
        self, monitor_id: str | None, frame: TelemetryMessage | None, now_ms: int
    ) -> Age | None:
        if monitor_id is None or frame is None:
            return None
        if (framed_ms := self._framed_ms.get(monitor_id)) is not None:
            return Age((now_ms - framed_ms) / 1000)
        return Age(max(0, now_ms - to_unix_ms(frame.timestamp)) / 1000, is_estimate=True)

    def _state(self, monitor_id: str | None, now_ms: int) -> tuple[str, str]:
        """The status word, and what a person is told."""
        if monitor_id is None:
            return "", "waiting for the first message" if self.is_empty else "nobody is in control"
        status = self._last(monitor_id, Channel.STATUS, StatusMessage)
        if status is None:
            return "", "no status yet"
        if status.state not in ("online", "idle"):
            return status.state, _WORDS[status.state]
        if not self._session.is_live(monitor_id, now_ms):
            return "lost", _WORDS["lost"]
        if self._session.heard_at(monitor_id) is None:
            silent_s = (now_ms - to_unix_ms(status.timestamp)) / 1000
            if silent_s > LOST_AFTER_S:
                age = Age(silent_s, is_estimate=True)
                return "lost", f"not heard yet, last known {_WORDS[status.state]} {age} ago"
        return status.state, _WORDS[status.state]

    def _notice(self) -> str | None:
        if self.outage is not None:
            return f"the broker is lost, connecting again: {self.outage}"
        rejected = self._checker.rejected
        if any(kind == "version" for kind, _ in rejected):
            return "the monitor is newer than this pitboard: update to see what it sends"
        if count := sum(rejected.values()):
            return f"{counted(count, 'bad message')} dropped"
        return None
