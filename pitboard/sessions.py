"""`pitboard sessions`: what a broker holds, and how to clear it."""

import logging
import re
import secrets
import time
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pitboard.contract.control import HEARTBEAT_S
from pitboard.contract.errors import SettingsError
from pitboard.contract.topics import Channel, Topic, all_filter, session_filter
from pitboard.holdings import HeldMonitor, HeldSession, Holdings
from pitboard.inbox import QUIET_S, Inbox
from pitboard.options import BrokerAccess
from pitboard.publisher.events import Received, Subscribed
from pitboard.publisher.message import Publish
from pitboard.publisher.newest import RETAIN_EVERY_S
from pitboard.words import DASH, clean, counted

log = logging.getLogger(__name__)

LISTEN_S = HEARTBEAT_S + 1
"""How long a session whose clock may be wrong is listened to before it is taken for dead."""

# A broker says nothing when it drops what a user may not publish.
_ALLOWED_WITHIN_S = 3.0
# A car that drives has telemetry kept again by then.
_REFILLED_WITHIN_S = RETAIN_EVERY_S + 0.1

_AGE = re.compile(r"([0-9]{1,6})([smhd])")
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def parse_age(text: str) -> float:
    """`7d`, `12h`, `30m` or `90s` in seconds. Raises `SettingsError`."""
    match = _AGE.fullmatch(text.strip().lower())
    if match is None or int(match[1]) == 0:
        raise SettingsError(f"age {text[:40]!r}: write 7d, 12h, 30m or 90s")
    return float(int(match[1]) * _UNIT_S[match[2]])


def list_sessions(access: BrokerAccess, console: Console) -> None:
    """Print one row a session. Raises `LinkLost`."""
    with Inbox.open(access, "sessions") as inbox:
        holdings = _read(inbox, [all_filter()])
        url = inbox.link.url
    sessions = holdings.sessions
    if not sessions:
        console.print(Text(f"The broker {url} holds no session."))
        return
    console.print(session_table(sessions, _now_ms()))
    console.print(Text("Ages are estimates: they compare the monitors' clocks with this one."))


def remove_session(
    access: BrokerAccess, session_id: str, *, force: bool = False, listen_s: float = LISTEN_S
) -> int:
    """Clear every retained topic of a session; how many there were.

    Raises:
        SettingsError: The session is live and *force* is not set, this user may not clear it, or a
            monitor filled it again.
        LinkLost: The broker is not there, or does not answer.
    """
    with Inbox.open(access, "sessions") as inbox:
        _check_rights(inbox, session_id, f"session {session_id}")
        holdings = _read(inbox, [session_filter(session_id)])
        if not force:
            _listen(inbox, holdings, [holdings.session(session_id)], listen_s)
            if holdings.session(session_id).is_live(_now_ms()):
                raise SettingsError(
                    f"session {session_id} is live: stop its monitors first, or use --force"
                )
        session = holdings.session(session_id)
        _clear(inbox, [session])
        return len(session.topics)


def prune_sessions(
    access: BrokerAccess, older_than_s: float, console: Console, *, listen_s: float = LISTEN_S
) -> int:
    """Remove the sessions whose newest message is older, never a live one; how many.

    Raises `LinkLost`, and `SettingsError` when this user may not.
    """
    with Inbox.open(access, "sessions") as inbox:
        _check_rights(inbox, f"prune-{secrets.token_hex(8)}", "every session")
        holdings = _read(inbox, [all_filter()])
        old = [one for one in holdings.sessions if one.is_older_than(older_than_s, _now_ms())]
        _listen(inbox, holdings, old, listen_s)
        dead = [one for one in old if not one.is_live(_now_ms())]
        _clear(inbox, dead)
    for session in dead:
        topics, age = counted(len(session.topics), "topic"), session.age(_now_ms())
        console.print(Text(f"Removed {clean(session.session_id)}: {topics}, {age} old"))
    console.print(
        Text(f"{counted(len(dead), 'session')} removed, {len(holdings.sessions) - len(dead)} kept")
    )
    return len(dead)


def session_table(sessions: list[HeldSession], now_ms: int) -> Table:
    """One row a session, the newest first."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("session", "car", "track", "drivers", "monitors"):
        # An id is there to be copied.
        table.add_column(title, overflow="fold", no_wrap=title == "session")
    table.add_column("topics", justify="right")
    for session in sessions:
        meta = session.meta
        table.add_row(
            Text(clean(session.session_id)),
            Text(clean(meta.car if meta else None)),
            Text(clean(meta.track if meta else None)),
            Text(", ".join(map(clean, session.drivers)) or DASH),
            Text("\n".join(_monitor_words(one, now_ms) for one in _ordered(session)) or DASH),
            Text(str(len(session.topics))),
        )
    return table


def _ordered(session: HeldSession) -> list[HeldMonitor]:
    return [session.monitors[name] for name in sorted(session.monitors)]


def _monitor_words(monitor: HeldMonitor, now_ms: int) -> str:
    return f"{monitor.monitor_id} {monitor.state(now_ms)}, {monitor.age(now_ms)}"


def _read(inbox: Inbox, filters: Sequence[str], *, quiet_s: float = QUIET_S) -> Holdings:
    holdings = Holdings()
    for received in inbox.replay(filters, quiet_s=quiet_s):
        holdings.take(received.topic, received.payload, retained=received.retained)
    return holdings


def _listen(inbox: Inbox, holdings: Holdings, sessions: list[HeldSession], listen_s: float) -> None:
    """Give those of *sessions* that may be live the time of a heartbeat to say so."""
    doubtful = [one for one in sessions if one.is_doubtful(_now_ms())]
    if not doubtful:
        return
    log.info("listening for live monitors sessions=%d seconds=%.0f", len(doubtful), listen_s)
    for received in inbox.received(listen_s):
        holdings.take(received.topic, received.payload, retained=received.retained)
        if not any(one.is_doubtful(_now_ms()) for one in doubtful):
            return


def _check_rights(inbox: Inbox, session_id: str, which: str) -> None:
    """Clear a value that nobody has, and see it cleared. Raises `SettingsError`."""
    topic = str(Topic(session_id, f"clear-{secrets.token_hex(8)}", Channel.STATUS))
    inbox.link.subscribe([topic])
    until_s = time.monotonic() + _ALLOWED_WITHIN_S
    while (event := inbox.next(until_s - time.monotonic())) is not None:
        if isinstance(event, Subscribed):
            if event.is_refused:
                break
            inbox.link.publish(Publish(topic, b"", qos=1, retain=True))
        if isinstance(event, Received) and event.topic == topic:
            inbox.link.unsubscribe([topic])
            return
    raise SettingsError(
        f"this user may not read and clear {which}: use the credentials of an admin "
        "(`pitboard credentials new admin`)"
    )


def _clear(inbox: Inbox, sessions: Sequence[HeldSession]) -> None:
    """Clear all topics of *sessions* and make sure that they are gone."""
    topics = sorted(topic for session in sessions for topic in session.topics)
    if not topics:
        return
    inbox.publish(Publish(topic, b"", qos=1, retain=True) for topic in topics)
    filters = [session_filter(session.session_id) for session in sessions]
    left = _read(inbox, filters, quiet_s=_REFILLED_WITHIN_S)
    if any(session.monitors for session in left.sessions):
        # What is kept since shows only to who subscribes anew.
        left = _read(inbox, filters)
    for session in left.sessions:
        if session.topics:
            raise SettingsError(
                f"{counted(len(session.topics), 'topic')} of session {clean(session.session_id)} "
                "came back: stop the monitor that publishes them, or allow this user to write there"
            )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
