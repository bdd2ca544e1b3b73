"""Processes that stop while a hundred browsers watch, and browsers that stop reading."""

import asyncio
import re
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.bridge.support import Browser, Publisher, browsing, stalling
from tests.brokers import TIMEOUT_S, EmbeddedInThread, Mosquitto
from tests.cli.running import Pitboard

pytestmark = pytest.mark.anyio

STOPS_WITHIN_S = 0.5 * TIMEOUT_S
EVICTED_WITHIN_S = 2.0 * TIMEOUT_S

# Larger than all that lies between the bridge and a browser which does not read can take in.
BULKY = {"lap": 1, "fuel": 1.0, "position": 1, "later": "x" * 30_000}


@dataclass(frozen=True)
class Served:
    """A bridge in a process of its own."""

    process: Pitboard
    url: str

    @property
    def port(self) -> int:
        return int(self.url.rstrip("/").rpartition(":")[2])

    async def metric(self, name: str) -> int:
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as http:
            text = (await http.get("/metrics")).text
        found = re.search(rf"(?m)^{name} (\S+)$", text)
        assert found is not None
        return int(float(found[1]))


class Audience:
    """Browsers on one session: most read as fast as they can, some nothing at all."""

    def __init__(self, served: Served, publisher: Publisher, reading: list[Browser]) -> None:
        self.reading = reading
        self._served = served
        self._publisher = publisher
        self._seq = 0

    async def show(self, **fields: Any) -> None:
        """Publish telemetry; returns when every browser that reads has it."""
        self._seq += 1
        seq = self._seq
        await self._publisher.publish("telemetry", seq, retain=False, **fields)
        await asyncio.gather(*(browser.update("telemetry", seq) for browser in self.reading))

    async def stand_still(self) -> None:
        """Show telemetry until three frames in a row leave for the browsers that read alone."""
        async with asyncio.timeout(2 * TIMEOUT_S):
            still = 0
            sent = await self._served.metric("pitboard_frames_out_total")
            while still < 3:
                await self.show(telemetry=BULKY)
                before, sent = sent, await self._served.metric("pitboard_frames_out_total")
                # A heartbeat may have left too, for as many browsers.
                still = still + 1 if (sent - before) % len(self.reading) == 0 else 0

    def shown(self) -> list[list[int]]:
        """The telemetry that each of the reading browsers got, by `seq`."""
        return [
            [f["data"]["seq"] for f in browser.frames if f["type"] == "telemetry_update"]
            for browser in self.reading
        ]

    @property
    def all_shown(self) -> list[int]:
        return list(range(1, self._seq + 1))


@asynccontextmanager
async def watching(
    served: Served, broker_url: str, *, reading: int, stuck: int
) -> AsyncIterator[Audience]:
    async with AsyncExitStack() as stack:
        publisher = await stack.enter_async_context(Publisher(broker_url))
        for _ in range(stuck):
            await stack.enter_async_context(stalling(served))
        browsers = [await stack.enter_async_context(browsing(served)) for _ in range(reading)]
        await asyncio.gather(*(browser.join() for browser in browsers))
        yield Audience(served, publisher, browsers)


@asynccontextmanager
async def running(home: Path, *arguments: str) -> AsyncIterator[Served]:
    with Pitboard(home, *arguments) as process:
        line = await asyncio.to_thread(process.out.line, "http://")
        found = re.search(r"http://\S+", line)
        assert found is not None
        yield Served(process, found[0])


async def check_stop(served: Served, broker_url: str, number: signal.Signals, code: int) -> None:
    async with watching(served, broker_url, reading=95, stuck=5) as audience:
        await audience.stand_still()
        began = time.monotonic()
        is_interrupt = number is signal.SIGINT
        stop = served.process.interrupt if is_interrupt else served.process.terminate
        ends = asyncio.create_task(asyncio.to_thread(stop))

        closed = await asyncio.gather(*(browser.closed() for browser in audience.reading))
        assert await ends == code
        assert time.monotonic() - began < STOPS_WITHIN_S

    assert closed == [1012] * len(closed)
    assert audience.shown() == [audience.all_shown] * len(closed)


by_signal = pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGTERM, 0, id="SIGTERM"),
        pytest.param(signal.SIGINT, 130, id="Ctrl-C"),
    ],
)


@by_signal
async def test_bridge_stops_in_time_though_some_browsers_do_not_read(
    tmp_path: Path, broker: EmbeddedInThread | Mosquitto, number: signal.Signals, code: int
) -> None:
    async with running(tmp_path, "bridge", "--broker", broker.url, "--port", "0") as served:
        await check_stop(served, broker.url, number, code)


@by_signal
async def test_up_stops_in_time_though_some_browsers_do_not_read(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    async with running(tmp_path, "up", "--http-port", "0", "--mqtt-port", "0") as served:
        line = await asyncio.to_thread(served.process.out.line, "mqtt://")
        found = re.search(r"mqtt://[^\s/]+", line)
        assert found is not None
        await check_stop(served, found[0], number, code)


@pytest.mark.parametrize("stuck", [pytest.param(3, id="82-never-read")])
async def test_browsers_that_do_not_read_are_cut_off_and_cost_the_others_nothing(
    tmp_path: Path, stuck: int
) -> None:
    with EmbeddedInThread() as broker:
        line = ["bridge", "--broker", broker.url, "--port", "0"]
        async with (
            running(tmp_path, *line) as served,
            watching(served, broker.url, reading=5, stuck=stuck) as audience,
        ):
            await audience.stand_still()
            assert await served.metric("pitboard_browsers") == 5 + stuck
            longest_s = await show_until_evicted(served, audience)
            await audience.show()

    assert longest_s < 0.1 * TIMEOUT_S
    assert audience.shown() == [audience.all_shown] * 5


async def show_until_evicted(served: Served, audience: Audience) -> float:
    """Go on at a monitor's rate; the longest that a frame took to reach all that read."""
    began = time.monotonic()
    longest_s = 0.0
    while await served.metric("pitboard_browsers") > len(audience.reading):
        assert time.monotonic() - began < EVICTED_WITHIN_S
        shown_at = time.monotonic()
        await audience.show()
        longest_s = max(longest_s, time.monotonic() - shown_at)
        await asyncio.sleep(0.05)
    return longest_s
