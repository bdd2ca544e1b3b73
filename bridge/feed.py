"""The messages of the watched sessions: subscribed, decoded once, handed to the hub."""

import asyncio
import logging
import secrets
import time

from pitboard.bridge.checker import Checker
from pitboard.bridge.hub import Hub
from pitboard.bridge.ingest import Upstream
from pitboard.bridge.settings import BridgeSettings
from pitboard.contract import frames
from pitboard.contract.log_lines import OncePerMinute
from pitboard.contract.topics import Topic, session_filter

log = logging.getLogger(__name__)

FORBIDDEN = "the broker does not let this server read the session"
NEWER = "the monitor is newer than this server: update pitboard here"

# The protocol does not bind a broker to replay before it answers what was asked later.
REPLAY_QUIET_S = 0.02
REPLAY_AT_MOST_S = 0.15


class Feed:
    """The watched sessions' messages, decoded once and handed to the hub.

    Attributes:
        checker: Counts what came and what was refused.
        upstream: The connection to the broker.
    """

    def __init__(self, settings: BridgeSettings, hub: Hub) -> None:
        self.checker = Checker(self._tell_newer)
        self.upstream = Upstream(
            settings, self._take, self._on_change, self._on_refused, settle=self._settle
        )
        self._hub = hub
        self._loop = asyncio.get_running_loop()
        self._warm_ups: dict[str, asyncio.Task[None]] = {}
        self._came_at_s: dict[str, float] = {}
        self._once = OncePerMinute()

    async def watch(self, session_id: str) -> None:
        """Subscribe unless it is; returns when the broker's stored values are most likely in."""
        warm_up = self._warm_ups.get(session_id)
        if warm_up is None:
            warm_up = self._warm_ups[session_id] = asyncio.create_task(
                self._warm_up(session_id), name=f"warm-up-{session_id}"
            )
        await asyncio.shield(warm_up)

    def unwatch(self, session_id: str) -> None:
        """Unsubscribe."""
        warm_up = self._warm_ups.pop(session_id, None)
        if warm_up is not None:
            warm_up.cancel()
        self._came_at_s.pop(session_id, None)
        self.upstream.unsubscribe(session_filter(session_id))

    async def replay(self, session_id: str) -> None:
        """Have the broker send its stored values again."""
        await self.upstream.subscribe(session_filter(session_id))

    async def _warm_up(self, session_id: str) -> None:
        await self.upstream.subscribe(session_filter(session_id))
        if not self.upstream.connected:
            return
        quiet_since_s = now_s = self._loop.time()
        latest_s = now_s + REPLAY_AT_MOST_S
        while (wait_s := min(quiet_since_s + REPLAY_QUIET_S, latest_s) - now_s) > 0:
            await asyncio.sleep(wait_s)
            now_s = self._loop.time()
            quiet_since_s = max(quiet_since_s, self._came_at_s.get(session_id, 0.0))

    def _take(self, name: str | None, payload: bytes, retained: bool) -> None:
        now_s = self._loop.time()
        if name is None:
            self.checker.refuse_topic(now_s)
            return
        checked = self.checker.check(name, payload, now_s)
        if checked is None:
            return
        topic, message = checked
        now_ms = clock_ms()
        if message is None:
            self._hub.remove(topic, now_ms)
            return
        if retained and topic.session_id in self._warm_ups:
            self._came_at_s[topic.session_id] = now_s
        self._hub.deliver(topic, message, payload, retained, now_ms, is_batch=True)

    def _settle(self) -> None:
        self._hub.settle(clock_ms())

    def _tell_newer(self, topic: Topic) -> None:
        self._tell(topic.session_id, 426, NEWER, f"monitor={topic.monitor_id}")

    def _on_refused(self, topic_filter: str) -> None:
        session_id = topic_filter.split("/")[2]
        if self._once.admit(session_id, self._loop.time()) is not None:
            self._tell(session_id, 403, FORBIDDEN, f"filter={topic_filter}")

    def _tell(self, session_id: str, code: int, text: str, detail: str) -> None:
        """Say to all browsers of the session what is wrong; the detail is for the log."""
        ref = secrets.token_hex(4)
        log.warning("[Server] WARNING: %s session=%s %s ref=%s", text, session_id, detail, ref)
        self._hub.tell(session_id, frames.Error(code=code, message=text, ref=ref), clock_ms())

    def _on_change(self, connected: bool) -> None:
        self._hub.set_upstream(connected, clock_ms())


def clock_ms() -> int:
    """The time that frames carry, ms since 1970."""
    return time.time_ns() // 1_000_000
