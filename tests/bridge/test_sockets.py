"""The WebSocket protocol, over a real broker and a real server."""

import asyncio
import json

import pytest

from pitboard.bridge.server import BridgeServer
from tests.bridge.support import (
    MONITOR,
    OTHER_MONITOR,
    OTHER_SESSION,
    SESSION,
    Browser,
    Frame,
    Publisher,
    browsing,
    document,
    eventually,
    settings,
    topic,
)
from tests.brokers import Mosquitto

pytestmark = pytest.mark.anyio


async def publish_all(publisher: Publisher) -> None:
    for name in ("status", "meta", "setup", "telemetry", "lap", "laps/0"):
        await publisher.publish(name)


def channels(snapshot: Frame) -> list[str]:
    return sorted(value["channel"] for value in snapshot["values"])


async def test_late_browser_gets_everything_from_the_brokers_store(
    publisher: Publisher, server: BridgeServer
) -> None:
    await publish_all(publisher)

    async with browsing(server) as browser:
        snapshot = await browser.join()

    assert channels(snapshot) == ["lap", "laps/0", "meta", "setup", "status", "telemetry"]
    assert all(value["retained"] for value in snapshot["values"])
    assert browser.frames == [snapshot]
    assert snapshot["upstream"] == {"connected": True}
    assert snapshot["active"] == MONITOR
    setup = next(value for value in snapshot["values"] if value["channel"] == "setup")
    assert setup["data"] == document("setup")
    assert 0 <= snapshot["now"] - setup["received_at"] < 10_000


async def test_second_browser_gets_live_values_with_the_time_they_came(
    publisher: Publisher, server: BridgeServer
) -> None:
    async with browsing(server) as first, browsing(server) as second:
        await first.join()
        await publisher.publish("telemetry", 5)
        update = await first.update("telemetry", 5)

        snapshot = await second.join()

    (value,) = snapshot["values"]
    assert value["retained"] is False
    assert value["received_at"] == update["received_at"]


async def test_update_reaches_the_browser_as_it_was_published(
    publisher: Publisher, server: BridgeServer
) -> None:
    async with browsing(server) as browser:
        await browser.join()
        body = await publisher.publish("telemetry", 2, retain=False, later_field=[1, {"a": None}])

        update = await browser.update("telemetry", 2)

    assert update["retained"] is False
    assert update["data"] == json.loads(body)


async def test_two_sessions_never_leak(publisher: Publisher, server: BridgeServer) -> None:
    async with browsing(server) as one, browsing(server) as other:
        await one.join(SESSION)
        await other.join(OTHER_SESSION)
        for seq in range(1, 20):
            await publisher.publish("telemetry", seq, session=SESSION)
            await publisher.publish("telemetry", seq, session=OTHER_SESSION)
        await one.update("telemetry", 19)
        await other.update("telemetry", 19)

    assert {frame["data"]["session_id"] for frame in one.frames if "data" in frame} == {SESSION}
    assert {f["data"]["session_id"] for f in other.frames if "data" in f} == {OTHER_SESSION}


async def test_one_browser_may_watch_two_sessions_and_leave_one(
    publisher: Publisher, server: BridgeServer
) -> None:
    async with browsing(server) as browser:
        await browser.join(SESSION)
        await browser.join(OTHER_SESSION)
        await publisher.publish("setup", session=SESSION)
        await publisher.publish("setup", session=OTHER_SESSION)
        await browser.until(lambda f: f.get("data", {}).get("session_id") == OTHER_SESSION)
        await browser.send("leave_session", session_id=SESSION)
        await browser.send("ping", t=1)
        await browser.of("pong")
        browser.frames.clear()
        await publisher.publish("setup", 2, session=SESSION)
        await publisher.publish("setup", 2, session=OTHER_SESSION)

        await browser.update("setup", 2)

    assert {f["data"]["session_id"] for f in browser.frames if "data" in f} == {OTHER_SESSION}


async def test_active_monitor_changes_at_a_driver_swap(
    publisher: Publisher, server: BridgeServer
) -> None:
    async with browsing(server) as browser:
        await browser.join()
        await publisher.publish("status")
        assert (await browser.of("active"))["monitor_id"] == MONITOR
        await publisher.publish("status", monitor=OTHER_MONITOR, control=2)

        active = await browser.of("active")
        late = await browser.join()

    assert active == {"type": "active", "session_id": SESSION, "monitor_id": OTHER_MONITOR}
    assert late["active"] == OTHER_MONITOR
    assert {value["monitor_id"] for value in late["values"]} == {MONITOR, OTHER_MONITOR}


async def test_request_latest_sends_the_snapshot_again(
    publisher: Publisher, server: BridgeServer
) -> None:
    async with browsing(server) as browser:
        await browser.join()
        await publisher.publish("setup")
        await browser.update("setup", 1)
        await browser.send("request_latest", session_id=SESSION)

        assert channels(await browser.of("snapshot")) == ["setup"]


async def test_ping_is_answered_with_its_time(server: BridgeServer) -> None:
    async with browsing(server) as browser:
        await browser.join()
        await browser.send("ping", t=1234.5)

        assert await browser.of("pong") == {"type": "pong", "t": 1234.5}


async def test_max_hz_sends_less_and_always_the_newest(
    publisher: Publisher, server: BridgeServer
) -> None:
    async with browsing(server) as slow, browsing(server) as fast:
        await slow.join(max_hz=2)
        await fast.join()
        for seq in range(1, 31):
            await publisher.publish("telemetry", seq, retain=False)
        await fast.update("telemetry", 30)

        await slow.update("telemetry", 30)

    def count(browser: Browser) -> int:
        return sum(frame["type"] == "telemetry_update" for frame in browser.frames)

    assert count(fast) == 30
    assert count(slow) < 10


async def test_joining_again_lifts_the_rate(publisher: Publisher, server: BridgeServer) -> None:
    async with browsing(server) as browser:
        await browser.join(max_hz=0.5)
        await publisher.publish("telemetry", 1)
        await browser.update("telemetry", 1)
        await browser.join()
        browser.frames.clear()
        for seq in range(2, 12):
            await publisher.publish("telemetry", seq, retain=False)

        await browser.update("telemetry", 11)

    sent = [f["data"]["seq"] for f in browser.frames if f["type"] == "telemetry_update"]
    assert sent == list(range(2, 12))


async def test_fifty_browsers_get_every_frame(publisher: Publisher, server: BridgeServer) -> None:
    async with asyncio.TaskGroup() as group:
        gate = asyncio.Barrier(51)

        async def watch() -> list[int]:
            async with browsing(server) as browser:
                await browser.join()
                await gate.wait()
                await browser.update("telemetry", 30)
                return [f["data"]["seq"] for f in browser.frames if "data" in f]

        watching = [group.create_task(watch()) for _ in range(50)]
        await gate.wait()
        for seq in range(1, 31):
            await publisher.publish("telemetry", seq, retain=False)
            await asyncio.sleep(0.1)  # 10 Hz is what is tested

    assert [task.result() for task in watching] == [list(range(1, 31))] * 50


async def test_restarted_bridge_needs_no_publish_for_a_full_snapshot(
    broker: Mosquitto, publisher: Publisher
) -> None:
    await publish_all(publisher)
    for _ in range(2):
        async with BridgeServer(settings(broker.url)) as server, browsing(server) as browser:
            snapshot = await browser.join()

        assert len(snapshot["values"]) == 6


async def test_lost_broker_is_told_and_found_again(broker: Mosquitto, server: BridgeServer) -> None:
    async with browsing(server) as browser:
        await browser.join()
        await asyncio.to_thread(broker.kill)
        lost = await browser.of("upstream")
        late = await browser.join()
        await asyncio.to_thread(broker.start)
        found = await browser.of("upstream")
        async with Publisher(broker.url) as again:
            await again.publish("setup")

        await browser.update("setup", 1)

    assert (lost["connected"], found["connected"]) == (False, True)
    assert found["since"] >= lost["since"]
    assert late["upstream"] == {"connected": False}


async def test_lap_that_was_lost_on_the_way_is_replayed(
    publisher: Publisher, server: BridgeServer
) -> None:
    await publisher.publish("laps/0")
    async with browsing(server) as browser:
        await browser.join()
        server.bridge.hub.sessions[SESSION].remove(topic("laps/0"), 0)
        await publisher.publish("status", laps=1)

        update = await browser.update("laps", 1)

    assert update["retained"] is True


async def test_ninth_session_of_a_browser_is_refused(server: BridgeServer) -> None:
    async with browsing(server) as browser:
        for number in range(8):
            await browser.join(f"car-{number}")
        await browser.send("join_session", session_id="car-8")

        assert await browser.closed() == 4400


async def test_session_that_is_not_served_is_refused(broker: Mosquitto) -> None:
    only = frozenset({SESSION})
    async with (
        BridgeServer(settings(broker.url, only_sessions=only)) as server,
        browsing(server) as browser,
    ):
        await browser.join(SESSION)
        await browser.send("join_session", session_id=OTHER_SESSION)

        assert await browser.closed() == 4400


async def test_own_and_allowed_origins_are_welcome(broker: Mosquitto) -> None:
    allowed = frozenset({"https://Pit.example"})
    async with BridgeServer(settings(broker.url, allow_origins=allowed)) as server:
        for origin in (server.url, "https://pit.example"):
            async with browsing(server, additional_headers={"Origin": origin}) as browser:
                await browser.join()


async def test_connections_are_logged_with_the_same_name(
    server: BridgeServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    async with browsing(server) as browser:
        await browser.join()

    await eventually(lambda: "Client disconnected: " in caplog.text)
    lines = [r.getMessage() for r in caplog.records if "Client" in r.getMessage()]
    connected, disconnected = lines
    assert connected.removeprefix("[Server] Client connected: ") == disconnected.removeprefix(
        "[Server] Client disconnected: "
    )
