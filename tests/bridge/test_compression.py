"""Compressed telemetry as real clients read it, compared with what was published."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    PerMessageDeflate,
)
from websockets.frames import Frame as WireFrame

from pitboard.bridge.server import BridgeServer
from tests.bridge.support import (
    OTHER_SESSION,
    SESSION,
    Browser,
    Frame,
    Publisher,
    browsing,
    eventually,
)
from tests.brokers import TIMEOUT_S

pytestmark = pytest.mark.anyio

RATES = (None, None, 1, 2, 5, 10, 3)
BROWSERS = 6

# Three stretches of the shared stream.
PUBLISH_S = 6.5


class Deflating(Browser):
    """A browser that counts the compressed messages it was sent, and reads in the background."""

    compressed = 0

    def count(self, extension: PerMessageDeflate) -> None:
        decode = extension.decode

        def counting(frame: WireFrame, *, max_size: int | None = None) -> WireFrame:
            self.compressed += frame.rsv1
            return decode(frame, max_size=max_size)

        extension.decode = counting  # type: ignore[method-assign]

    @property
    def telemetry(self) -> list[Frame]:
        return [each["data"] for each in self.frames if each["type"] == "telemetry_update"]


@asynccontextmanager
async def deflating(
    server: BridgeServer, offer: ClientPerMessageDeflateFactory | None = None
) -> AsyncIterator[Deflating]:
    uri = f"ws://127.0.0.1:{server.port}/ws"
    extensions = [offer] if offer is not None else None
    compression = "deflate" if offer is None else None
    async with connect(
        uri, compression=compression, extensions=extensions, proxy=None, max_size=None
    ) as connection:
        browser = Deflating(connection)
        for extension in connection.protocol.extensions:
            assert isinstance(extension, PerMessageDeflate)
            browser.count(extension)
        yield browser


class Race:
    """Telemetry of a session that goes on until the test is over; remembers every message."""

    def __init__(self, publisher: Publisher, session: str = SESSION, seed: int = 0) -> None:
        self.published: dict[int, Frame] = {}
        self._publisher = publisher
        self._session = session
        self._rng = random.Random(seed)

    async def publish(self) -> int:
        seq = len(self.published) + 1
        fields = {f"later_{number}": self._rng.random() for number in range(20)}
        telemetry = {"lap": seq % 100, "fuel": round(self._rng.random() * 90, 2), "position": 3}
        body = await self._publisher.publish(
            "telemetry", seq, session=self._session, retain=False, telemetry=telemetry | fields
        )
        self.published[seq] = json.loads(body)
        return seq

    async def run(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while loop.time() < end:
            await self.publish()

    def check(self, telemetry: list[Frame]) -> None:
        """Every message is one that was published, and none comes after a newer one."""
        mine = [each for each in telemetry if each["session_id"] == self._session]
        for each in mine:
            assert each == self.published[each["seq"]]
        seqs = [each["seq"] for each in mine]
        assert seqs == sorted(set(seqs))


async def wander(server: BridgeServer, rng: random.Random, race: "asyncio.Task[Any]") -> Deflating:
    """Join, change the rate, leave, join again and read late, at random moments."""
    async with deflating(server) as browser:
        await browser.join(SESSION)
        transport, loop = browser.connection.transport, asyncio.get_running_loop()
        while not race.done():
            # Slow enough for the bridge's limit of frames from a browser.
            until = loop.time() + rng.uniform(0.25, 0.75)
            while loop.time() < until and not race.done():
                await browser.next()
            match rng.randrange(4):
                case 0:
                    rate = rng.choice(RATES)
                    await browser.join(SESSION, **({"max_hz": rate} if rate else {}))
                case 1:
                    await browser.send("leave_session", session_id=SESSION)
                    await browser.join(SESSION)
                case 2:
                    transport.pause_reading()
                    loop.call_later(rng.random(), transport.resume_reading)
                case 3:
                    await browser.send("ping", t=rng.random())
        await browser.join(SESSION)
        return browser


@pytest.mark.parametrize("seed", [1, 2])
async def test_browsers_read_what_was_published_whatever_they_do(
    publisher: Publisher, server: BridgeServer, seed: int
) -> None:
    rng = random.Random(seed)
    race = Race(publisher, seed=seed)
    running = asyncio.create_task(race.run(PUBLISH_S))

    browsers = await asyncio.gather(
        *(wander(server, random.Random(rng.random()), running) for _ in range(BROWSERS))
    )
    await running

    for browser in browsers:
        race.check(browser.telemetry)
        (value,) = browser.frames[-1]["values"]
        assert value["data"] == race.published[value["data"]["seq"]]
    assert all(browser.compressed for browser in browsers)


async def test_browser_of_two_sessions_reads_both(
    publisher: Publisher, server: BridgeServer
) -> None:
    """Two streams would spoil each other's window."""
    races = Race(publisher, SESSION, 1), Race(publisher, OTHER_SESSION, 2)
    async with deflating(server) as browser:
        await browser.join(SESSION)
        await browser.join(OTHER_SESSION)
        running = asyncio.gather(*(race.run(PUBLISH_S) for race in races))
        while not running.done():
            await browser.next()
        await running

    for race in races:
        race.check(browser.telemetry)
    assert {each["session_id"] for each in browser.telemetry} == {SESSION, OTHER_SESSION}
    assert browser.compressed > 0


async def test_capped_browser_gains_too(publisher: Publisher, server: BridgeServer) -> None:
    race = Race(publisher)
    async with deflating(server) as browser:
        await browser.join(SESSION, max_hz=10)
        running = asyncio.create_task(race.run(PUBLISH_S / 2))
        while not running.done():
            await browser.next()

    race.check(browser.telemetry)
    assert browser.compressed == len(browser.telemetry) > 10


async def test_only_telemetry_is_compressed(publisher: Publisher, server: BridgeServer) -> None:
    """All else would write into the window that shared frames refer to."""
    race = Race(publisher)
    async with deflating(server) as browser:
        await browser.join(SESSION)
        for _ in range(10):
            await publisher.publish("setup", len(race.published) + 1, retain=False)
            await browser.send("ping", t=1)
            await browser.update("telemetry", await race.publish())
        await browser.send("request_latest", session_id=SESSION)
        await browser.of("snapshot")

    race.check(browser.telemetry)
    assert {"pong", "setup_update", "snapshot"} <= {each["type"] for each in browser.frames}
    assert browser.compressed == len(browser.telemetry) == 10


async def test_browser_that_offers_nothing_gets_plain_frames(
    publisher: Publisher, server: BridgeServer
) -> None:
    async with browsing(server) as plain, deflating(server) as compressed:
        await plain.join(SESSION)
        await compressed.join(SESSION)
        await publisher.publish("telemetry", 1)

        assert await plain.update("telemetry", 1) == await compressed.update("telemetry", 1)

    assert not plain.connection.protocol.extensions
    assert compressed.compressed == 1


@pytest.mark.parametrize(
    ("offer", "is_taken"),
    [
        pytest.param(ClientPerMessageDeflateFactory(), True, id="as browsers offer it"),
        pytest.param(ClientPerMessageDeflateFactory(client_max_window_bits=None), True, id="bare"),
        pytest.param(
            ClientPerMessageDeflateFactory(server_max_window_bits=12), True, id="window of ours"
        ),
        pytest.param(
            ClientPerMessageDeflateFactory(server_max_window_bits=11), False, id="small window"
        ),
        pytest.param(
            ClientPerMessageDeflateFactory(server_no_context_takeover=True),
            False,
            id="each message alone",
        ),
    ],
)
async def test_offer_is_taken_if_messages_may_refer_to_each_other(
    publisher: Publisher,
    server: BridgeServer,
    offer: ClientPerMessageDeflateFactory,
    is_taken: bool,
) -> None:
    race = Race(publisher)
    async with deflating(server, offer) as browser:
        await browser.join(SESSION)
        for _ in range(5):
            await browser.update("telemetry", await race.publish())

    assert bool(browser.connection.protocol.extensions) == is_taken
    race.check(browser.telemetry)
    assert browser.compressed == (5 if is_taken else 0)


async def test_compressed_text_of_a_browser_is_read(server: BridgeServer) -> None:
    async with deflating(server) as browser:
        await browser.join(SESSION)
        await browser.send("ping", t=42)

        assert (await browser.of("pong"))["t"] == 42


async def test_stream_ends_with_its_last_reader(publisher: Publisher, server: BridgeServer) -> None:
    """A reader that comes later begins one, and reads it from the first frame."""
    race = Race(publisher)
    async with deflating(server) as first:
        await first.join(SESSION)
        await first.update("telemetry", await race.publish())
    async with asyncio.timeout(TIMEOUT_S):
        await eventually(lambda: not server.bridge.browsers)

    async with deflating(server) as second:
        await second.join(SESSION)
        await second.update("telemetry", await race.publish())

    assert second.compressed == 1
