"""`pitboard watch`: a session's live values in the terminal."""

import threading
import time
from contextlib import closing

from rich.console import Console
from rich.live import Live
from rich.text import Text

from pitboard.board import board
from pitboard.contract.backoff import Backoff
from pitboard.contract.topics import session_filter
from pitboard.follow import FollowEvent, follow
from pitboard.inbox import Inbox
from pitboard.options import BrokerAccess
from pitboard.picture import Watcher
from pitboard.publisher.events import Ended, Received, Subscribed

PAINT_S = 0.25

# A snapshot as a bridge takes it; nothing at all within a second means there is nothing.
_QUIET_S = 0.05
_SOMETHING_WITHIN_S = 1.0


def watch(
    access: BrokerAccess,
    session_id: str,
    *,
    stop: threading.Event,
    console: Console,
    once: bool = False,
    backoff: Backoff | None = None,
) -> bool:
    """Show the session until *stop*, or one snapshot with *once* or where *console* is no terminal.

    Returns whether there was anything to show. Raises `LinkLost` when no broker answers at first.
    """
    watcher = Watcher(session_id)
    if once or not console.is_terminal:
        _look(access, session_id, watcher)
        if watcher.is_empty:
            console.print(Text(f"The broker knows nothing of session {session_id}."))
        else:
            console.print(board(watcher.picture(_now_ms())))
        return not watcher.is_empty
    _follow(access, watcher, session_id, stop, console, backoff)
    return not watcher.is_empty


def _look(access: BrokerAccess, session_id: str, watcher: Watcher) -> None:
    with Inbox.open(access, "watch") as inbox:
        for received in inbox.replay([session_filter(session_id)], quiet_s=_QUIET_S, within_s=1.0):
            watcher.take(received.topic, received.payload, received.retained, _now_ms())
        for received in inbox.received(_SOMETHING_WITHIN_S if watcher.is_empty else 0.0):
            if watcher.take(received.topic, received.payload, received.retained, _now_ms()):
                return


def _follow(
    access: BrokerAccess,
    watcher: Watcher,
    session_id: str,
    stop: threading.Event,
    console: Console,
    backoff: Backoff | None,
) -> None:
    events = follow(
        access,
        [session_filter(session_id)],
        command="watch",
        stop=stop,
        tick_s=PAINT_S,
        backoff=backoff,
    )
    painted_s = 0.0
    with closing(events), Live(console=console, auto_refresh=False) as live:
        for event in events:
            _handle(watcher, event)
            now_s = time.monotonic()
            if now_s - painted_s >= PAINT_S:
                painted_s = now_s
                live.update(board(watcher.picture(_now_ms())), refresh=True)
        live.update(board(watcher.picture(_now_ms())), refresh=True)


def _handle(watcher: Watcher, event: FollowEvent) -> None:
    if isinstance(event, Received):
        watcher.take(event.topic, event.payload, event.retained, _now_ms())
    elif isinstance(event, Subscribed):
        watcher.outage = None
    elif isinstance(event, Ended):
        watcher.outage = event.reason


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
