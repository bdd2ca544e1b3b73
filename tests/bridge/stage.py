"""One broker and one bridge for a table of bad inputs, and what every row must leave alone."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from pitboard.bridge.server import BridgeServer
from pitboard.contract.topics import new_id
from tests.bridge.relay import Relay
from tests.bridge.support import (
    OTHER_MONITOR,
    Browser,
    Frame,
    Publisher,
    browsing,
    settings,
    topic,
)
from tests.broker.clients import packet, text
from tests.brokers import TIMEOUT_S, EmbeddedInThread, Mosquitto

FRESH_S = 0.1 * TIMEOUT_S
"""How long a healthy browser may wait for fresh data."""

MARK = "zz-top-secret"
"""Part of every bad input; no browser may ever read it."""

# No broker has to let more through.
MAX_PACKET_BYTES = 256 * 1024


class Lines(logging.Handler):
    """What the bridge logged since the table began."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.all: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.all.append(record.getMessage())

    def of(self, start: str, since: int = 0) -> list[str]:
        """The lines that begin with *start*."""
        return [line for line in self.all[since:] if line.startswith(start)]


class Audience:
    """Two browsers on a session of their own: one near the bad input, and a healthy one."""

    def __init__(
        self, session_id: str, publisher: Publisher, first: Browser, healthy: Browser
    ) -> None:
        self.session_id = session_id
        self.first = first
        self.healthy = healthy
        self._publisher = publisher
        self._fresh = 0

    @property
    def sent(self) -> list[Frame]:
        """Everything that either browser was sent."""
        return self.first.frames + self.healthy.frames

    async def see(self, name: str, seq: int, **fields: Any) -> Frame:
        """Publish a good message, and return it when both browsers have it."""
        body = await self._publisher.publish(name, seq, session=self.session_id, **fields)
        channel = name.partition("/")[0]
        for browser in (self.first, self.healthy):
            await browser.update(channel, seq)
        good: Frame = json.loads(body)
        return good

    async def see_fresh_data(self) -> None:
        """Publish telemetry of another monitor; the healthy browser has it within a second."""
        self._fresh += 1
        fresh = (OTHER_MONITOR, self._fresh)
        async with asyncio.timeout(FRESH_S):
            await self._publisher.publish(
                "telemetry", fresh[1], monitor=fresh[0], session=self.session_id, retain=False
            )
            await self.healthy.until(
                lambda frame: (
                    frame["type"] == "telemetry_update"
                    and (frame["data"]["monitor_id"], frame["data"]["seq"]) == fresh
                )
            )

    async def values(self, monitor_id: str = "pc-1") -> dict[str, Frame]:
        """What the bridge holds of a monitor, by channel."""
        await self.first.send("request_latest", session_id=self.session_id)
        snapshot = await self.first.of("snapshot")
        return {
            value["channel"]: value["data"]
            for value in snapshot["values"]
            if value["monitor_id"] == monitor_id
        }

    def updates(self, name: str) -> list[int]:
        """The `seq` of every update of a channel of pc-1 that the healthy browser got."""
        return [
            frame["data"]["seq"]
            for frame in self.healthy.frames
            if frame["type"] == f"{name}_update" and frame["data"]["monitor_id"] == "pc-1"
        ]


class Stage:
    """A bridge behind a relay, and a publisher before its broker."""

    def __init__(
        self, server: BridgeServer, publisher: Publisher, relay: Relay, http: httpx.AsyncClient
    ) -> None:
        self.server = server
        self.publisher = publisher
        self.relay = relay
        self.lines = Lines()
        self._http = http

    @asynccontextmanager
    async def audience(self) -> AsyncIterator[Audience]:
        session_id = new_id()
        async with browsing(self.server) as first, browsing(self.server) as healthy:
            for browser in (first, healthy):
                await browser.join(session_id)
            yield Audience(session_id, self.publisher, first, healthy)

    async def send(self, session_id: str, name: str, body: bytes) -> None:
        """Publish *body*; past the broker if that may not let it through."""
        where = topic(name, session=session_id)
        if len(body) > MAX_PACKET_BYTES:
            self.inject(str(where).encode(), body)
        else:
            await self.publisher.raw(str(where), body)

    def inject(self, where: bytes, body: bytes) -> None:
        """Deliver a QoS 0 message to the bridge, whatever a broker would say to it."""
        self.relay.inject(packet(0x30, text(where) + body))

    async def rejected(self) -> Counter[tuple[str, str]]:
        """Messages refused by (kind, channel), as `/metrics` tells."""
        response = await self._http.get("/metrics")
        return Counter(
            {
                (sample.labels["kind"], sample.labels["channel"]): int(sample.value)
                for family in text_string_to_metric_families(response.text)
                for sample in family.samples
                if sample.name == "pitboard_messages_rejected_total"
            }
        )


@asynccontextmanager
async def staged(broker: EmbeddedInThread | Mosquitto, **fields: Any) -> AsyncIterator[Stage]:
    """A stage on a running broker."""
    async with AsyncExitStack() as stack:
        relay = await stack.enter_async_context(Relay(broker.port))
        server = await stack.enter_async_context(BridgeServer(settings(relay.url, **fields)))
        publisher = await stack.enter_async_context(Publisher(broker.url))
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=server.url, trust_env=False)
        )
        stage = Stage(server, publisher, relay, http)
        log = logging.getLogger("pitboard.bridge")
        level = log.level
        log.addHandler(stage.lines)
        log.setLevel(logging.INFO)
        try:
            yield stage
        finally:
            log.removeHandler(stage.lines)
            log.setLevel(level)
