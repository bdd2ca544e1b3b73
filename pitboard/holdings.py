"""What a broker holds, session by session: decided from its messages, without a network."""

from dataclasses import dataclass, field

from pitboard.contract import codec
from pitboard.contract.control import LOST_AFTER_S
from pitboard.contract.errors import ContractError
from pitboard.contract.messages import Message, MetaMessage, StatusMessage
from pitboard.contract.times import to_unix_ms
from pitboard.contract.topics import ROOT, Topic
from pitboard.words import Age

_LOST_AFTER_MS = LOST_AFTER_S * 1000


@dataclass(slots=True)
class HeldMonitor:
    """One monitor's share of a session.

    Attributes:
        newest_ms: The greatest `timestamp`, by the monitor's clock.
        is_heard: Whether a live message of it has come.
    """

    monitor_id: str
    status: StatusMessage | None = None
    meta: MetaMessage | None = None
    newest_ms: int = 0
    is_heard: bool = False

    @property
    def says_alive(self) -> bool:
        """Whether its last word was that it is there; one that never gave any may be."""
        return self.status is None or self.status.state in ("online", "idle")

    def is_live(self, now_ms: int) -> bool:
        """Whether it is heard, or may still be there for all that its last timestamp says."""
        if self.is_heard:
            return True
        # A clock ahead of ours makes a message of the future: better kept than removed.
        return self.says_alive and not self._is_silent(now_ms)

    def is_doubtful(self, now_ms: int) -> bool:
        """Whether it says alive with a timestamp so old that only its clock may be wrong."""
        return self.says_alive and not self.is_live(now_ms)

    def age(self, now_ms: int) -> Age:
        """How old its newest message is."""
        if self.is_heard:
            return Age(0.0)
        return Age(max(0, now_ms - self.newest_ms) / 1000, is_estimate=True)

    def state(self, now_ms: int) -> str:
        """Its status word; `lost` when one that said it is there has gone silent."""
        if self.status is None:
            return "unknown"
        return "lost" if self.is_doubtful(now_ms) else self.status.state

    def _is_silent(self, now_ms: int) -> bool:
        return now_ms - self.newest_ms >= _LOST_AFTER_MS


@dataclass(slots=True)
class HeldSession:
    """Everything retained under one session id.

    Attributes:
        topics: The retained topics, those included that no reader understands.
    """

    session_id: str
    topics: set[str] = field(default_factory=set)
    monitors: dict[str, HeldMonitor] = field(default_factory=dict)

    @property
    def newest_ms(self) -> int | None:
        """The greatest timestamp of all its messages."""
        return max((one.newest_ms for one in self.monitors.values()), default=None)

    @property
    def meta(self) -> MetaMessage | None:
        """The newest meta of its monitors."""
        metas = [one.meta for one in self.monitors.values() if one.meta is not None]
        return max(metas, key=lambda meta: meta.timestamp, default=None)

    @property
    def drivers(self) -> list[str]:
        """Who drives or drove, as the monitors and the entry list say."""
        names = [one.status.driver for one in self.monitors.values() if one.status is not None]
        entered = self.meta.drivers if self.meta is not None else None
        return list(dict.fromkeys(name for name in [*names, *(entered or [])] if name))

    def is_live(self, now_ms: int) -> bool:
        """Whether any of its monitors is."""
        return any(one.is_live(now_ms) for one in self.monitors.values())

    def is_doubtful(self, now_ms: int) -> bool:
        """Whether only listening can tell if it is live."""
        doubts = (one.is_doubtful(now_ms) for one in self.monitors.values())
        return not self.is_live(now_ms) and any(doubts)

    def age(self, now_ms: int) -> Age | None:
        """How old its newest message is, an estimate."""
        newest_ms = self.newest_ms
        if newest_ms is None:
            return None
        return Age(max(0, now_ms - newest_ms) / 1000, is_estimate=True)

    def is_older_than(self, age_s: float, now_ms: int) -> bool:
        """Whether all of it is; one without a readable message is not."""
        newest_ms = self.newest_ms
        return newest_ms is not None and now_ms - newest_ms > age_s * 1000


class Holdings:
    """Takes in what a broker sends and sorts it by session."""

    def __init__(self) -> None:
        self._sessions: dict[str, HeldSession] = {}

    def take(self, name: str, payload: bytes, *, retained: bool) -> None:
        """One message; what nobody understands still counts as a topic of its session."""
        parts = name.removeprefix(f"{ROOT}/").split("/")
        if not name.startswith(f"{ROOT}/"):
            return
        session = self._sessions.setdefault(parts[0], HeldSession(parts[0]))
        if retained and payload:
            session.topics.add(name)
        elif not payload:
            session.topics.discard(name)
        try:
            topic = Topic.parse(name)
            message = codec.decode(topic, payload)
        except ContractError:
            return
        monitor = session.monitors.setdefault(topic.monitor_id, HeldMonitor(topic.monitor_id))
        _note(monitor, message, retained=retained)

    def session(self, session_id: str) -> HeldSession:
        """One session; an empty one when nothing of it is held."""
        return self._sessions.get(session_id) or HeldSession(session_id)

    @property
    def sessions(self) -> list[HeldSession]:
        """All that hold a topic or are heard, the newest first."""
        found = [one for one in self._sessions.values() if one.topics or one.monitors]
        return sorted(found, key=lambda one: (-(one.newest_ms or 0), one.session_id))


def _note(monitor: HeldMonitor, message: Message, *, retained: bool) -> None:
    is_last_word = False
    if isinstance(message, StatusMessage):
        monitor.status = message
        is_last_word = message.state in ("offline", "lost")
    elif isinstance(message, MetaMessage):
        monitor.meta = message
    if not retained:
        monitor.is_heard = not is_last_word
    # A will was written when its connection began: no more than that is known of its time.
    monitor.newest_ms = max(monitor.newest_ms, to_unix_ms(message.timestamp))
