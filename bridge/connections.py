"""How many connections there may be, whatever their peers do or leave undone."""

import logging
import sys
from collections import Counter
from typing import Any, ClassVar

import h11
from websockets.frames import Frame

from pitboard.bridge import wire
from pitboard.bridge.limits import TokenBucket
from pitboard.bridge.wire import BrowserProtocol, RequestProtocol
from pitboard.contract.frames import CLOSE_RATE

log = logging.getLogger(__name__)

MAX_REQUESTING = 300
"""Connections that are no WebSockets, or not yet; with 500 browsers below the usual 1024 files."""

OTHER_FILES = 64
"""What the process has open besides connections, and some more."""

# A script of a page can send neither; 64 KiB in pieces of 1 KiB are within the burst.
PIECES_PER_S = 50.0
PIECES_BURST = 100.0


class Requesting:
    """The connections that have not become WebSockets; the one that waits longest makes room.

    So a newcomer, a health check too, is answered however many peers hold a connection open.
    """

    def __init__(self, refused: Counter[str], most: int) -> None:
        self.refused = refused
        self._most = most
        self._open: dict[RequestProtocol, None] = {}

    def __len__(self) -> int:
        return len(self._open)

    def renew(self, connection: RequestProtocol) -> None:
        """The connection is new, or a request on it begins."""
        self._open.pop(connection, None)
        self._open[connection] = None
        if len(self._open) > self._most:
            oldest = next(iter(self._open))
            self.forget(oldest)
            self.refused["connections"] += 1
            oldest.transport.abort()

    def forget(self, connection: RequestProtocol) -> None:
        """The connection is closed, or a WebSocket."""
        self._open.pop(connection, None)


class BoundedRequests(RequestProtocol):
    """HTTP whose connections are counted."""

    requesting: ClassVar[Requesting]

    def connection_made(self, transport: Any) -> None:
        """Take a place."""
        super().connection_made(transport)
        self.requesting.renew(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self.requesting.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Whoever asks something whole waits no longer than others."""
        cycle = self.cycle
        super().data_received(data)
        if self.cycle is not cycle:
            self.requesting.renew(self)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """From here on the connection counts as a browser."""
        self.requesting.forget(self)
        super().handle_websocket_upgrade(event)

    def send_400_response(self, msg: str) -> None:
        """Count heads that are too large."""
        error = sys.exc_info()[1]
        if isinstance(error, h11.RemoteProtocolError) and error.error_status_hint == 431:
            self.requesting.refused["head_size"] += 1
        super().send_400_response(msg)

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(wire.HEAD_TIMEOUT_S, self._give_up)

    def _give_up(self) -> None:
        self._head_timer = None
        self.requesting.refused["head_time"] += 1
        self.transport.close()


class BoundedBrowser(BrowserProtocol):
    """A WebSocket whose peer cannot make it grow: by pings, by pieces, or by not reading."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pieces = TokenBucket(self.loop.time(), PIECES_PER_S, PIECES_BURST)

    def handle_ping(self) -> None:
        """Answer, unless the peer reads nothing: answers would pile up."""
        if not self._is_allowed():
            return
        if self.is_writable:
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def handle_pong(self, event: Frame) -> None:
        """Take an answer, or what claims to be one."""
        if self._is_allowed():
            super().handle_pong(event)

    def handle_cont(self, event: Frame) -> None:
        """Take a piece; empty ones add nothing to a message's size, but much to its list."""
        if self._is_allowed():
            super().handle_cont(event)

    def _is_allowed(self) -> bool:
        if self.close_sent:
            return False
        if self._pieces.take(self.loop.time()):
            return True
        self.conn.send_close(CLOSE_RATE, "too many requests")
        self.handle_parser_exception()
        return False


def bounded_requests(refused: Counter[str]) -> type[BoundedRequests]:
    """The protocol class of one server, which counts its own connections."""

    class Requests(BoundedRequests):
        requesting = Requesting(refused, MAX_REQUESTING)

    return Requests


def make_room_for(connections: int) -> None:
    """See to it that the process may open enough files; warns where the system says no."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - Windows has none

    wanted = connections + MAX_REQUESTING + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < wanted:
        log.warning(
            "%d connections need %d open files and %d are allowed: raise the limit of open files "
            "or lower --max-browsers", connections, wanted, most,
        )  # fmt: skip
