"""The list of all sessions that a broker holds: a list of keys, kept only where it is asked for.

It has a connection of its own: overlapping subscriptions deliver twice on some brokers.
"""

import asyncio
from collections.abc import Callable

from msgspec import Struct

from pitboard.bridge.checker import Checker
from pitboard.bridge.feed import clock_ms
from pitboard.bridge.ingest import Upstream
from pitboard.bridge.session import Session
from pitboard.bridge.settings import BridgeSettings
from pitboard.contract.control import LOST_AFTER_S
from pitboard.contract.messages import MetaMessage, StatusMessage
from pitboard.contract.times import to_unix_ms
from pitboard.contract.topics import Channel, Topic, status_filter

MAX_SESSIONS = 2000
"""Above this the session that was heard of longest ago makes room."""

META_FILTER = str(Topic("+", "+", Channel.META))


class MonitorEntry(Struct, frozen=True, kw_only=True):
    """One monitor of a listed session; `age_s` is an estimate until it is heard live."""

    monitor_id: str
    state: str
    driver: str | None
    in_control: bool | None
    age_s: float


class SessionEntry(Struct, frozen=True, kw_only=True):
    """One session of the list."""

    session_id: str
    monitors: list[MonitorEntry]
    car: str | None
    track: str | None


class Listing:
    """Every session's `status` and `meta`."""

    def __init__(self, settings: BridgeSettings, clock: Callable[[], int] = clock_ms) -> None:
        self.upstream = Upstream(settings, self._take, name="list")
        self._checker = Checker(is_silent=True)
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        # In order of the last message, so that the first is the one to forget.
        self._sessions: dict[str, Session] = {}

    async def run(self) -> None:
        """Keep the list until cancelled."""
        for topic_filter in (status_filter(), META_FILTER):
            await self.upstream.subscribe(topic_filter)
        await self.upstream.run()

    def entries(self) -> list[SessionEntry]:
        """The list, the session that was heard last first."""
        now_ms = self._clock()
        return [_entry(session, now_ms) for session in reversed(self._sessions.values())]

    def _take(self, name: str | None, payload: bytes, retained: bool) -> None:
        if name is None:
            return
        checked = self._checker.check(name, payload, self._loop.time())
        if checked is None:
            return
        topic, message = checked
        session = self._sessions.pop(topic.session_id, None) or Session(topic.session_id)
        if message is None:
            session.remove(topic, self._clock())
        else:
            session.accept(topic, message, payload, retained, self._clock())
        if not session.monitors:
            return
        if len(self._sessions) >= MAX_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        self._sessions[topic.session_id] = session


def _entry(session: Session, now_ms: int) -> SessionEntry:
    monitors = []
    metas = []
    for monitor_id in session.monitors:
        status = session.last(monitor_id, Channel.STATUS)
        if isinstance(status, StatusMessage):
            monitors.append(_monitor_entry(session, monitor_id, status, now_ms))
        meta = session.last(monitor_id, Channel.META)
        if isinstance(meta, MetaMessage):
            metas.append(meta)
    latest = max(metas, key=lambda meta: meta.timestamp, default=None)
    return SessionEntry(
        session_id=session.session_id,
        monitors=monitors,
        car=latest.car if latest else None,
        track=latest.track if latest else None,
    )


def _monitor_entry(
    session: Session, monitor_id: str, status: StatusMessage, now_ms: int
) -> MonitorEntry:
    said_alive = status.state in ("online", "idle")
    heard_at = session.heard_at(monitor_id)
    since = heard_at if heard_at is not None else to_unix_ms(status.timestamp)
    # A broker whose machine died has kept `online` of hours ago.
    is_old = now_ms - since >= LOST_AFTER_S * 1000
    is_lost = said_alive and (is_old or not session.is_live(monitor_id, now_ms))
    return MonitorEntry(
        monitor_id=monitor_id,
        state="lost" if is_lost else status.state,
        driver=status.driver,
        in_control=status.in_control,
        age_s=max(now_ms - since, 0) / 1000,
    )
