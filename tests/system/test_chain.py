"""Monitor, broker, bridge and browser together, on both kinds of broker."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from pitboard.bridge.server import BridgeServer
from tests.bridge.support import Browser, Frame, browsing, settings
from tests.brokers import TIMEOUT_S, EmbeddedInThread, Mosquitto
from tests.shared import PORSCHE_LAP, SETUP, needs_data
from tests.system.monitors import monitoring_car

pytestmark = pytest.mark.anyio

Broker = EmbeddedInThread | Mosquitto


def by_channel(snapshot: Frame) -> dict[str, Frame]:
    return {value["channel"]: value for value in snapshot["values"]}


def lap_numbers(snapshot: Frame) -> list[int]:
    numbers = []
    for value in snapshot["values"]:
        if value["channel"].startswith("laps/"):
            column = value["data"]["columns"].index("lap")
            numbers += [row[column] for row in value["data"]["rows"]]
    return sorted(numbers)


def status_is(state: str, **fields: object) -> "Matcher":
    return Matcher("status_update", {"state": state, **fields})


class Matcher:
    """Whether a frame is an update whose data has these fields."""

    def __init__(self, kind: str, fields: dict[str, object]) -> None:
        self._kind = kind
        self._fields = fields

    def __call__(self, frame: Frame) -> bool:
        if frame["type"] != self._kind:
            return False
        return all(frame["data"].get(name) == value for name, value in self._fields.items())


@needs_data
async def test_browser_that_comes_late_sees_a_recorded_car_at_once(
    broker: Broker, tmp_path: Path
) -> None:
    car = monitoring_car(
        broker.url, tmp_path, source=f"replay:{PORSCHE_LAP}", setup=SETUP, rate_hz=10.0
    )
    with car:
        async with BridgeServer(settings(broker.url)) as server, browsing(server) as browser:
            snapshot = await browser.join("spa24")
            values = by_channel(snapshot)

            assert values["setup"]["data"]["setup"]["brakes"]
            assert values["telemetry"]["data"]["telemetry"]["speed"] > 0
            assert values["setup"]["retained"]
            assert snapshot["active"] == "pc-1"
            live = await browser.of("telemetry_update")
            assert not live["retained"]


async def test_browser_sees_everything_after_the_bridge_restarts_and_nobody_publishes(
    broker: Broker, tmp_path: Path
) -> None:
    with monitoring_car(broker.url, tmp_path, speed=1000.0):
        async with BridgeServer(settings(broker.url)) as server, browsing(server) as browser:
            await browser.join("spa24")
            for _ in range(3):
                await browser.of("lap_update")
    async with BridgeServer(settings(broker.url)) as server, browsing(server) as browser:
        before = await browser.join("spa24")

    async with BridgeServer(settings(broker.url)) as server, browsing(server) as browser:
        after = await browser.join("spa24")

    assert {"status", "meta", "setup", "telemetry", "lap", "laps/0"} <= by_channel(after).keys()
    assert len(lap_numbers(after)) >= 3
    assert lap_numbers(after) == lap_numbers(before)
    assert [value["data"] for value in after["values"]] == [
        value["data"] for value in before["values"]
    ]


async def test_browser_that_first_comes_after_120_laps_sees_all_of_them(
    broker: Broker, tmp_path: Path
) -> None:
    with monitoring_car(broker.url, tmp_path, speed=1000.0):
        async with BridgeServer(settings(broker.url)) as server, browsing(server) as browser:
            await browser.join("spa24")
            async with asyncio.timeout(6 * TIMEOUT_S):
                while (await browser.of("lap_update"))["data"]["lap_summary"]["lap"] < 120:
                    pass

        async with BridgeServer(settings(broker.url)) as server, browsing(server) as browser:
            snapshot = await browser.join("spa24")

    assert lap_numbers(snapshot)[:120] == list(range(1, 121))


async def test_page_follows_the_driver_in_control_and_mixes_nothing(
    broker: Broker, tmp_path: Path
) -> None:
    first = monitoring_car(broker.url, tmp_path / "a", monitor_id="pc-a", driver="Driver A")
    second = monitoring_car(
        broker.url, tmp_path / "b", monitor_id="pc-b", driver="Driver B", in_control=False, seed=2
    )
    with first as a, second as b:
        async with BridgeServer(settings(broker.url)) as server, browsing(server) as browser:
            snapshot = await browser.join("spa24")
            assert snapshot["active"] == "pc-a"

            a.take_control(False)
            await browser.until(status_is("online", monitor_id="pc-a", in_control=False))
            b.take_control(True)
            active = await browser.of("active")

            assert active["monitor_id"] == "pc-b"
            later = await browser.join("spa24")
    drivers = {
        value["monitor_id"]: value["data"]["driver"]
        for value in later["values"]
        if value["channel"] == "status"
    }
    assert drivers == {"pc-a": "Driver A", "pc-b": "Driver B"}
    assert later["active"] == "pc-b"
    for frame in browser.frames:
        for value in frame.get("values", [frame]):
            if "channel" in value:
                assert value["data"]["monitor_id"] == value["monitor_id"]


async def test_session_never_shows_in_the_page_of_another(broker: Broker, tmp_path: Path) -> None:
    with (
        monitoring_car(broker.url, tmp_path / "a", session_id="spa24", rate_hz=10.0),
        monitoring_car(broker.url, tmp_path / "b", session_id="monza-7", rate_hz=10.0, seed=2),
    ):
        async with BridgeServer(settings(broker.url)) as server, AsyncExitStack() as stack:
            spa = await stack.enter_async_context(browsing(server))
            monza = await stack.enter_async_context(browsing(server))
            await spa.join("spa24")
            await monza.join("monza-7")
            for _ in range(10):
                await spa.of("telemetry_update")
                await monza.of("telemetry_update")

    assert sessions(spa) == {"spa24"}
    assert sessions(monza) == {"monza-7"}


def sessions(browser: Browser) -> set[str]:
    return {
        value["data"]["session_id"]
        for frame in browser.frames
        for value in frame.get("values", [frame])
        if "data" in value
    }
