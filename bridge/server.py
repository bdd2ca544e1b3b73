"""Runs the bridge on the event loop of whoever enters it."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from pitboard.bridge.app import create_app
from pitboard.bridge.connections import BoundedBrowser, bounded_requests, make_room_for
from pitboard.bridge.core import Bridge
from pitboard.bridge.guard import MAX_HEAD_BYTES
from pitboard.bridge.limits import Refusals
from pitboard.bridge.ports import listen, page_url
from pitboard.bridge.settings import BridgeSettings
from pitboard.bridge.siblings import Siblings
from pitboard.contract.frames import MAX_FRAME_BYTES

log = logging.getLogger(__name__)

# A browser that does not even answer pings is gone after 20 s.
PING_INTERVAL_S = 8.0
PING_TIMEOUT_S = 10.0

STOP_S = 2


class _Server(uvicorn.Server):
    """A server that leaves signals to its caller."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.has_started = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.has_started.set()


class BridgeServer:
    """The bridge while the context is entered.

    Args:
        settings: What it serves, and where.
        siblings: The processes that it shares a port with, which somebody else holds.

    Attributes:
        port: The port that is listened on, also when the settings ask for any.
    """

    def __init__(self, settings: BridgeSettings, siblings: Siblings | None = None) -> None:
        self.port = settings.port
        self._app = create_app(settings, siblings=siblings)
        self._settings = settings
        self._is_one_of_many = siblings is not None
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the bridge."""
        return page_url(self._settings.host, self.port)

    @property
    def bridge(self) -> Bridge:
        """What runs inside, while the context is entered."""
        bridge: Bridge = self._app.state.bridge
        return bridge

    async def __aenter__(self) -> Self:
        """Listen. Raises `SettingsError` if the address cannot be had."""
        host, port = self._settings.host, self._settings.port
        sock = listen(host, port, is_shared=self._is_one_of_many)
        self.port = sock.getsockname()[1]
        make_room_for(self._settings.max_browsers)
        self._server = server = _Server(_config(self._app, self._app.state.refused))
        self._task = asyncio.create_task(server.serve(sockets=[sock]), name="uvicorn")
        started = asyncio.create_task(server.has_started.wait(), name="uvicorn-started")
        try:
            await asyncio.wait({self._task, started}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self._stop()
            raise
        finally:
            started.cancel()
        if self._task.done():
            sock.close()
            self._task.result()
            raise RuntimeError("the HTTP server ended while it started")
        if not self._is_one_of_many:
            log.info("[Server] Listening on %s", self.url)
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _exc: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Close every browser with 1012 and stop."""
        await self._stop()

    async def _stop(self) -> None:
        assert self._server is not None
        assert self._task is not None
        self._server.should_exit = True
        await self._task


def _config(app: ASGIApp, refused: Refusals) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=bounded_requests(refused),
        ws=BoundedBrowser,
        ws_max_size=MAX_FRAME_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=PING_INTERVAL_S,
        ws_ping_timeout=PING_TIMEOUT_S,
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
        timeout_graceful_shutdown=STOP_S,
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
