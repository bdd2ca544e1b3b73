"""Too many at once: each limit is counted, harms nobody else, and leaves health checks alone."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.exceptions import InvalidStatus

from pitboard.bridge.server import BridgeServer
from tests.bridge.support import (
    OTHER_SESSION,
    SESSION,
    Browser,
    Publisher,
    browsing,
    eventually,
    settings,
)
from tests.brokers import Mosquitto

pytestmark = pytest.mark.anyio

ANOTHER = {"X-Forwarded-For": "198.51.100.1"}


@asynccontextmanager
async def serving(broker: Mosquitto, **limits: Any) -> AsyncIterator[BridgeServer]:
    async with BridgeServer(settings(broker.url, **limits)) as server:
        yield server


async def refusals(server: BridgeServer) -> dict[str, int]:
    """What was refused, as `/metrics` tells; only a bridge that is well answers."""
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        for path in ("/livez", "/readyz"):
            assert (await http.get(path)).status_code == 200
        text = (await http.get("/metrics")).text
    return {
        sample.labels["cause"]: int(sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "pitboard_refused_total" and sample.value
    }


async def is_refused(server: BridgeServer, **headers: str) -> bool:
    """Whether a browser is turned away before it is accepted, and told when to come back."""
    try:
        async with browsing(server, additional_headers=headers):
            return False
    except InvalidStatus as exc:
        answer = exc.response
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    return True


async def closed_for(browser: Browser, session_id: str) -> int:
    await browser.send("join_session", session_id=session_id)
    return await browser.closed()


async def test_browsers_are_limited_in_all(broker: Mosquitto, publisher: Publisher) -> None:
    async with serving(broker, max_browsers=2) as server:
        async with browsing(server) as first, browsing(server):
            await first.join()

            assert await is_refused(server)
            await publisher.publish("setup")
            await first.update("setup", 1)
            assert await refusals(server) == {"browsers": 1}

        await eventually(lambda: not server.bridge.browsers)
        assert not await is_refused(server)


async def test_one_address_leaves_room_for_others(broker: Mosquitto) -> None:
    """A team sits behind one router, and so does whoever wants to lock it out."""
    limits = {"max_browsers_per_address": 2, "trusted_proxies": frozenset({"127.0.0.1"})}
    async with serving(broker, **limits) as server, browsing(server), browsing(server):
        assert await is_refused(server)
        async with browsing(server, additional_headers=ANOTHER) as other:
            await other.join()

        assert await refusals(server) == {"browsers_per_address": 1}


async def test_forwarded_address_of_a_stranger_is_not_believed(
    broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(broker, max_browsers_per_address=1) as server, browsing(server):
        assert await is_refused(server, **ANOTHER)

    assert "name it with --trusted-proxy" in caplog.text


async def test_session_has_its_own_limit(broker: Mosquitto) -> None:
    async with (
        serving(broker, max_browsers_per_session=2) as server,
        browsing(server) as first,
        browsing(server) as second,
        browsing(server) as third,
    ):
        await first.join()
        await second.join()
        await third.join(OTHER_SESSION)

        assert await closed_for(third, SESSION) == 1013
        await second.join(max_hz=1)
        assert await refusals(server) == {"browsers_per_session": 1}


async def test_place_in_a_session_is_free_when_its_browser_leaves(broker: Mosquitto) -> None:
    async with (
        serving(broker, max_browsers_per_session=1) as server,
        browsing(server) as first,
        browsing(server) as second,
    ):
        await first.join()
        await first.send("leave_session", session_id=SESSION)
        await eventually(lambda: server.bridge.hub.watchers(SESSION) == 0)

        await second.join()

        assert await refusals(server) == {}


async def test_sessions_are_limited_in_all(broker: Mosquitto) -> None:
    async with serving(broker, max_sessions=2) as server, browsing(server) as browser:
        await browser.join("a")
        await browser.join("b")

        assert await closed_for(browser, "c") == 1013
        assert await refusals(server) == {"sessions": 1}


async def open_made_up_sessions(server: BridgeServer, count: int, stack: AsyncExitStack) -> None:
    """Watch *count* sessions that nobody publishes."""
    for number in range(count):
        browser = await stack.enter_async_context(browsing(server))
        await browser.join(f"made-up-{number}")


async def test_stranger_cannot_fill_the_bridge(broker: Mosquitto, publisher: Publisher) -> None:
    limits = {
        "max_sessions": 8,
        "max_empty_sessions_per_address": 4,
        "trusted_proxies": frozenset({"127.0.0.1"}),
    }
    await publisher.publish("setup")
    async with serving(broker, **limits) as server, AsyncExitStack() as stack:
        await open_made_up_sessions(server, 4, stack)
        fifth = await stack.enter_async_context(browsing(server))
        assert await closed_for(fifth, "made-up-5") == 1013

        crew = await stack.enter_async_context(browsing(server, additional_headers=ANOTHER))
        assert [value["channel"] for value in (await crew.join())["values"]] == ["setup"]
        assert await refusals(server) == {"sessions_per_address": 1}


async def test_sessions_with_data_count_for_nobody(broker: Mosquitto, publisher: Publisher) -> None:
    """A team behind one router watches as many cars as it has."""
    for number in range(4):
        await publisher.publish("setup", session=f"car-{number}")
    async with (
        serving(broker, max_empty_sessions_per_address=1) as server,
        browsing(server) as browser,
    ):
        for number in range(4):
            await browser.join(f"car-{number}")

        assert await refusals(server) == {}


async def test_own_idle_session_makes_room_at_once(broker: Mosquitto) -> None:
    """Whoever mistypes an id many times is not locked out for a minute."""
    async with (
        serving(broker, max_empty_sessions_per_address=2) as server,
        browsing(server) as browser,
    ):
        for number in range(6):
            await browser.join(f"typo-{number}")
            await browser.send("leave_session", session_id=f"typo-{number}")

        await browser.join()

        assert len(server.bridge.hub.sessions) == 2
        assert await refusals(server) == {}


async def test_snapshots_over_http_count_too(broker: Mosquitto) -> None:
    async with (
        serving(broker, max_empty_sessions_per_address=2) as server,
        httpx.AsyncClient(base_url=server.url, trust_env=False) as http,
        browsing(server) as browser,
    ):
        await browser.join("a")
        await browser.join("b")

        assert (await http.get("/api/sessions/c")).status_code == 503
        assert (await http.get("/api/sessions/a")).status_code == 200
        assert await refusals(server) == {"sessions_per_address": 1}


def pings(count: int) -> list[str]:
    return [json.dumps({"type": "ping", "t": 1})] * count


@pytest.mark.parametrize(
    ("frames", "code", "cause"),
    [
        pytest.param(lambda: pings(100), 4429, "frame_rate", id="rate"),
        pytest.param(lambda: ["x" * 70_000], 1009, "frame_size", id="size"),
        pytest.param(list, 4408, "join_time", id="join"),
    ],
)
async def test_misuse_is_counted(
    broker: Mosquitto, frames: Callable[[], list[str]], code: int, cause: str
) -> None:
    async with serving(broker, join_timeout_s=1.0) as server, browsing(server) as browser:
        for frame in frames():
            await browser.connection.send(frame)

        assert await browser.closed() == code
        await eventually(lambda: server.bridge.closed[code] == 1)
        assert await refusals(server) == {cause: 1}


async def test_ninth_session_of_a_browser_is_counted(broker: Mosquitto) -> None:
    async with serving(broker) as server, browsing(server) as browser:
        for number in range(8):
            await browser.join(f"car-{number}")

        assert await closed_for(browser, "car-8") == 4400
        assert await refusals(server) == {"sessions_per_browser": 1}


@pytest.mark.parametrize(
    ("asked", "status", "cause"),
    [
        pytest.param({"headers": {"Host": "evil.example"}}, 400, "host", id="host"),
        pytest.param(
            {"headers": {"X": "x" * 14_000, "Y": "y" * 4000}}, 431, "head_size", id="head"
        ),
        pytest.param({"content": b"x" * 70_000}, 413, "body_size", id="body"),
    ],
)
async def test_refused_request_is_counted(
    server: BridgeServer, asked: dict[str, Any], status: int, cause: str
) -> None:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        response = await http.request("GET", "/", **asked)

    assert response.status_code == status
    assert await refusals(server) == {cause: 1}


async def test_foreign_origin_is_counted(server: BridgeServer) -> None:
    with pytest.raises(InvalidStatus):
        async with browsing(server, additional_headers={"Origin": "http://evil.example"}):
            pass

    assert await refusals(server) == {"origin": 1}


async def test_browser_that_gives_up_before_it_is_accepted_leaves_no_trace(
    broker: Mosquitto,
) -> None:
    async with serving(broker, max_browsers=1) as server:
        for _ in range(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(
                b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
                b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
            )
            writer.transport.abort()
            assert await reader.read() == b""

        await eventually(lambda: not server.bridge.browsers)
        async with browsing(server) as browser:
            await browser.join()
