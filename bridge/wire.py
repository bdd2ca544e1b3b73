"""uvicorn's protocols, with a direct way out for frames and less patience with peers that stall."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import SecurityError
from websockets.frames import Frame
from websockets.http11 import Request

from pitboard.bridge.framing import text_frames
from pitboard.bridge.negotiation import new_connection
from pitboard.bridge.outbox import Write

WIRE = "pitboard.wire"
"""The ASGI extension by which an application gets a WebSocket's `Wire`."""

GRACE_S = 1.0
HEAD_TIMEOUT_S = 10.0

# What the kernel has taken can be replaced no more; a slow browser would see megabytes of the past.
UNSENT_BYTES = 64 * 1024

_NOTSENT_LOWAT = getattr(socket, "TCP_NOTSENT_LOWAT", 25 if sys.platform == "linux" else None)


class Wire(Protocol):
    """The way out to one browser; nothing here waits."""

    on_writable: Callable[[], None]
    """Called when `is_writable` has become true again."""

    on_unwritable: Callable[[], None]
    """Called when it has become false."""

    @property
    def is_writable(self) -> bool:
        """Whether the browser takes what it is sent."""
        ...

    @property
    def write_frames(self) -> Write | None:
        """Sends WebSocket frames while `is_writable`; `None` where only `write` can send."""
        ...

    @property
    def unsent(self) -> int:
        """How much of what was written has not left yet; changes while the browser reads."""
        ...

    @property
    def is_deflating(self) -> bool:
        """Whether the browser takes compressed telemetry."""
        ...

    def write(self, texts: Sequence[bytes]) -> None:
        """Send text frames; nothing once the connection is closing."""
        ...

    def abort(self) -> None:
        """Cut the connection off."""
        ...


class BrowserProtocol(WebSocketsSansIOProtocol):
    """A WebSocket that is a `Wire`, and that ends even if its peer does not read."""

    on_writable: Callable[[], None] = staticmethod(lambda: None)
    on_unwritable: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, config: Config, *args: Any, **kwargs: Any) -> None:
        super().__init__(config, *args, **kwargs)
        if config.ws_max_size is not None:
            self.conn = new_connection(config.ws_max_size)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep little in the kernel."""
        super().connection_made(transport)
        sock = transport.get_extra_info("socket")
        if sock is not None and _NOTSENT_LOWAT is not None:
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, _NOTSENT_LOWAT, UNSENT_BYTES)

    def data_received(self, data: bytes) -> None:
        """Answer a request that cannot be read; uvicorn would leave it open without a word."""
        super().data_received(data)
        error = self.conn.handshake_exc
        if error is None or self.handshake_initiated:
            return
        is_large = isinstance(error.__cause__ or error, SecurityError)
        status = b"431 Header Too Large" if is_large else b"400 Bad Request"
        self.transport.write(
            b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        self.transport.close()

    def send_receive_event_to_app(self) -> None:
        """Close on text that is not UTF-8; uvicorn also writes a traceback for each."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.conn.send_close(1007)
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def handle_connect(self, event: Request) -> None:
        """Offer the `Wire` to the application, whose task has not run yet."""
        super().handle_connect(event)
        scope = getattr(self, "scope", None)
        if scope is not None:
            cast("dict[str, Any]", scope["extensions"])[WIRE] = self

    @property
    def is_writable(self) -> bool:
        """Whether the kernel and a small buffer take more."""
        return self.writable.is_set() and not self.close_sent and not self.transport.is_closing()

    @property
    def write_frames(self) -> Write | None:
        """The transport itself: our own share of a delivered frame is to be small."""
        return self.transport.write

    @property
    def unsent(self) -> int:
        """Bytes that the kernel has not taken."""
        return self.transport.get_write_buffer_size()

    @property
    def is_deflating(self) -> bool:
        """Whether the handshake has agreed on it."""
        return bool(self.conn.extensions)

    def write(self, texts: Sequence[bytes]) -> None:
        """Send text frames past the ASGI machinery, which costs twice as much as the rest."""
        if self.handshake_complete and not self.close_sent and not self.transport.is_closing():
            self.transport.write(text_frames(texts))

    def abort(self) -> None:
        """Cut the connection off."""
        self.transport.abort()

    def pause_writing(self) -> None:
        """Tell the application."""
        super().pause_writing()
        self.on_unwritable()

    def resume_writing(self) -> None:
        """Tell the application."""
        super().resume_writing()
        self.on_writable()

    def eof_received(self) -> None:
        """Send nothing more: the transport closes."""
        super().eof_received()
        self.on_unwritable()

    def handle_close(self, event: Frame) -> None:
        """Send nothing behind the answer."""
        super().handle_close(event)
        self.on_unwritable()

    def handle_parser_exception(self) -> None:
        """Send nothing behind the close."""
        super().handle_parser_exception()
        self.on_unwritable()

    def connection_lost(self, exc: Exception | None) -> None:
        """Send nothing more."""
        super().connection_lost(exc)
        self.on_unwritable()

    def keepalive_timeout(self) -> None:
        """Close; what waits in the buffer must not keep the connection."""
        super().keepalive_timeout()
        self.on_unwritable()
        self.loop.call_later(GRACE_S, self.transport.abort)

    def shutdown(self) -> None:
        """Say 1012; whoever does not read it is cut off."""
        super().shutdown()
        self.on_unwritable()
        self.loop.call_later(GRACE_S, self.transport.abort)


class RequestProtocol(H11Protocol):
    """HTTP that waits only so long for the head of a request."""

    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Restart the clock only when a new head begins."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._head_timer is None:
            self._await_head()

    def send_400_response(self, msg: str) -> None:
        """Answer 431 where the head was too large."""
        error = sys.exc_info()[1]
        if not isinstance(error, h11.RemoteProtocolError) or error.error_status_hint != 431:
            super().send_400_response(msg)
            return
        headers = [(b"content-length", b"0"), (b"connection", b"close")]
        response = h11.Response(status_code=431, headers=headers, reason=b"Header Too Large")
        self.transport.write(self.conn.send(response) or b"")
        self.transport.write(self.conn.send(h11.EndOfMessage()) or b"")
        self.transport.close()

    def _await_head(self) -> None:
        give_up: Callable[[], None] = self.transport.close
        self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, give_up)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
