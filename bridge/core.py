"""One bridge: its link, its hub, its list of sessions, and the task that lets their time pass."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Coroutine
from typing import Any, Protocol

from pitboard.bridge.feed import Feed, clock_ms
from pitboard.bridge.hub import Hub, HubFull, JoinedTooMany
from pitboard.bridge.limits import Crowd, Crowded, Refusals
from pitboard.bridge.listing import Listing
from pitboard.bridge.outbox import Outbox
from pitboard.bridge.settings import BridgeSettings
from pitboard.contract.addresses import UNKNOWN

log = logging.getLogger(__name__)

TICK_S = 1.0

# The first browser after a restart should find the stored values, not an empty page.
SETTLE_S = 2.0


class Watched(Protocol):
    """A browser, as the bridge looks after it."""

    outbox: Outbox

    def check(self) -> None:
        """Called every second: end the connection if it is stuck."""


class Bridge:
    """What the HTTP and WebSocket sides share; lives on one event loop.

    Attributes:
        browsers: The open WebSocket connections.
        frames_out: Frames sent to browsers.
        conflated: Telemetry that newer telemetry replaced, of browsers that are gone.
        closed: Browsers sent away, by close code.
        crowd: How many browsers there are, and of whom.
        refused: What was refused, by the limit that was reached.
    """

    def __init__(self, settings: BridgeSettings, refused: Refusals | None = None) -> None:
        self.settings = settings
        self.refused = Refusals() if refused is None else refused
        self.crowd = Crowd(settings)
        self.hub = Hub(max_sessions=settings.max_sessions)
        self.feed = Feed(settings, self.hub)
        self.listing = Listing(settings) if settings.list_sessions else None
        self.browsers: set[Watched] = set()
        self.frames_out = 0
        self.conflated = 0
        self.closed: Counter[int] = Counter()
        self._openers: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def tasks(self) -> int:
        """The tasks of the event loop, uvicorn's too."""
        return len(asyncio.all_tasks())

    async def start(self) -> None:
        """Connect; returns when the broker answered or failed for the first time."""
        self._spawn(self.feed.upstream.run(), "mqtt-link")
        self._spawn(self._tick(), "bridge-tick")
        if self.listing is not None:
            self._spawn(self.listing.run(), "mqtt-list-link")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                await self.feed.upstream.settled.wait()

    async def stop(self) -> None:
        """Disconnect."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def join(
        self,
        outbox: Outbox,
        session_id: str,
        max_hz: float | None = None,
        *,
        address: str = UNKNOWN,
    ) -> None:
        """Let a browser watch a session; its snapshot is in *outbox* then.

        Raises:
            JoinedTooMany: The browser watches as many as it may.
            Crowded: There is no room now.
        """
        if session_id not in self.hub.joined(outbox):
            self._require_room(session_id, address)
        try:
            self.hub.join(outbox, session_id, max_hz)
        except JoinedTooMany:
            self.refused["sessions_per_browser"] += 1
            raise
        except HubFull:
            raise self._crowded("sessions", address) from None
        finally:
            self._unwatch_expired()
        self._openers.setdefault(session_id, address)
        await self.feed.watch(session_id)
        self.hub.admit(outbox, session_id, clock_ms())

    async def snapshot(self, session_id: str, address: str = UNKNOWN) -> bytes:
        """The last values of a session as a frame. Raises `Crowded`."""
        outbox = Outbox()
        try:
            await self.join(outbox, session_id, address=address)
            return outbox.drain(0.0)[0]
        finally:
            self.hub.drop(outbox, clock_ms())

    def _require_room(self, session_id: str, address: str) -> None:
        if self.hub.watchers(session_id) >= self.settings.max_browsers_per_session:
            raise self._crowded("browsers_per_session", address)
        if session_id in self.hub.sessions:
            return
        # Ids can be made up; sessions that have a value cannot, so they count for nobody.
        empty = [
            opened
            for opened, opener in self._openers.items()
            if opener == address and not self.hub.sessions[opened].monitors
        ]
        if len(empty) < self.settings.max_empty_sessions_per_address:
            return
        if not any(self.hub.close_idle(opened) for opened in empty):
            raise self._crowded("sessions_per_address", address)

    def _crowded(self, cause: str, address: str) -> Crowded:
        self.refused.note(cause, f"address={address}")
        return Crowded(cause)

    def _unwatch_expired(self) -> None:
        for session_id in self.hub.expire(clock_ms()):
            self._openers.pop(session_id, None)
            self.feed.unwatch(session_id)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            try:
                self._look_after()
            except Exception:
                log.exception("[Server] ERROR: tick failed")

    def _look_after(self) -> None:
        for session_id in self.hub.tick(clock_ms()):
            log.info("values are missing, asking for a replay session=%s", session_id)
            self._spawn(self.feed.replay(session_id), f"replay-{session_id}")
        self._unwatch_expired()
        for browser in list(self.browsers):
            browser.check()

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._settle)

    def _settle(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.error("[Server] ERROR: task failed name=%s", task.get_name(), exc_info=failure)
