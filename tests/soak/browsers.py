"""WebSockets that behave as the page does: silence is death, and they come back for ever."""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Callable

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.soak.page import Page, decode

# As in dashboard/js/socket.js.
SILENCE_S = 5.0
FIRST_DELAY_S = 1.0
MAX_DELAY_S = 15.0
JITTER = 0.2

OnLive = Callable[["Browser", int], None]
"""Told of each live telemetry frame, and when it was made in Unix ms."""


class Browser:
    """One page in one browser.

    Attributes:
        number: Of the monitor whose session it shows.
        frames: How many it was sent.
    """

    def __init__(self, url: str, session_id: str, number: int, page: Page, on_live: OnLive) -> None:
        self.number = number
        self.page = page
        self.frames = 0
        self._url = url
        self._session_id = session_id
        self._on_live = on_live
        self._attempts = 0

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            self._attempts += 1
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                await self._watch()
            self.page.has_link = False
            delay_s = min(MAX_DELAY_S, FIRST_DELAY_S * 2 ** max(0, self._attempts - 1))
            await asyncio.sleep(delay_s * random.uniform(1 - JITTER, 1 + JITTER))

    async def _watch(self) -> None:
        """One connection, from dialling to its end."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(SILENCE_S) as silence:
            connection = await connect(
                self._url,
                compression=None,
                proxy=None,
                max_size=None,
                open_timeout=None,
                ping_interval=None,
            )
            try:
                join = {"type": "join_session", "session_id": self._session_id}
                await connection.send(json.dumps(join))
                async for text in connection:
                    silence.reschedule(loop.time() + SILENCE_S)
                    self._hear(text)
            finally:
                _hang_up(connection)

    def _hear(self, text: str | bytes) -> None:
        made_ms = self.page.accept(decode(text))
        self.frames += 1
        self._attempts = 0
        self.page.has_link = True
        if made_ms is not None:
            self._on_live(self, made_ms)


def unix_ms() -> int:
    """The time of day; bridge, monitors and browsers are on one machine."""
    return time.time_ns() // 1_000_000


def _hang_up(connection: ClientConnection) -> None:
    # A page that gives a connection up does not wait for the other end to agree.
    connection.transport.abort()
