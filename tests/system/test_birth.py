"""A late will makes no live monitor look dead, and nothing makes a dead one look alive."""

import asyncio
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from pitboard.bridge.feed import clock_ms
from pitboard.bridge.server import BridgeServer
from pitboard.contract.control import LOST_AFTER_S
from pitboard.contract.messages import StatusMessage
from pitboard.contract.topics import Channel
from pitboard.contract.urls import BrokerUrl
from pitboard.publisher.clock import SystemClock
from pitboard.publisher.monitor import Runner
from pitboard.publisher.settings import MonitorSettings
from pitboard.publisher.sources import open_source
from pitboard.publisher.state import Identity, StateFile
from tests.bridge.support import Browser, Frame, browsing, settings
from tests.broker.clients import Got, messages, raw_client
from tests.brokers import TIMEOUT_S, EmbeddedInThread, Mosquitto, has_mosquitto
from tests.cli.car import payload
from tests.proxy import Proxy
from tests.readers import Reader
from tests.system.crew import monitor, watching
from tests.system.monitors import WATCHFUL, decoded, monitoring_car, running
from tests.waiting import eventually

pytestmark = pytest.mark.anyio

Broker = EmbeddedInThread | Mosquitto

STATUS = "pitboard/v1/spa24/pc-1/status"
HOUR_S = 3600


def is_status(state: str, frame: Frame) -> bool:
    return bool(frame["type"] == "status_update" and frame["data"]["state"] == state)


def statuses(browser: Browser) -> list[Frame]:
    return [frame["data"] for frame in browser.frames if frame["type"] == "status_update"]


def held(snapshot: Frame, channel: str) -> Frame:
    """The one value of the channel."""
    (value,) = (value for value in snapshot["values"] if value["channel"] == channel)
    return dict(value)


def values(browser: Browser) -> list[Frame]:
    """All that it was told of the session, in snapshots and updates."""
    return [
        value
        for frame in browser.frames
        for value in frame.get("values", [frame])
        if "data" in value
    ]


def has_live(browser: Browser) -> bool:
    return any(not value["retained"] for value in values(browser))


def told(browser: Browser) -> Reader:
    """A reader that had all that the browser had."""
    reader = Reader()
    for value in values(browser):
        data = value["data"]
        kind = value.get("channel") or value["type"].removesuffix("_update")
        name = f"laps/{data['first'] // 100}" if kind == "laps" else kind
        topic = f"pitboard/v1/{data['session_id']}/{data['monitor_id']}/{name}"
        reader.take(topic, msgspec.json.encode(data))
    return reader


async def test_connection_that_hangs_does_not_make_its_successor_look_dead(
    broker: Broker, tmp_path: Path
) -> None:
    """The broker ends the old one, whose will it still has, when the monitor comes another way."""
    async with BridgeServer(settings(broker.url)) as server, browsing(server) as browser:
        await browser.join("spa24")
        with (
            Proxy(broker.port) as proxy,
            monitoring_car([proxy.url, broker.url], tmp_path, retry=WATCHFUL) as runner,
        ):
            first = await browser.until(lambda frame: is_status("online", frame))
            runner.announced.clear()
            proxy.stall()
            assert await asyncio.to_thread(runner.announced.wait, 2 * TIMEOUT_S)
            second = await browser.until(
                lambda frame: (
                    is_status("online", frame) and frame["data"]["birth"] > first["data"]["birth"]
                )
            )
            proxy.cut()
            runner.change_driver("Driver Two")
            last = await browser.until(
                lambda frame: is_status("online", frame) and frame["data"]["driver"] == "Driver Two"
            )

    assert last["data"]["birth"] == second["data"]["birth"]
    after = statuses(browser)[statuses(browser).index(second["data"]) :]
    assert "lost" not in {status["state"] for status in after[: after.index(last["data"])]}


async def test_will_that_comes_late_changes_nothing(broker: Broker, tmp_path: Path) -> None:
    """A cluster may notice the end of the old connection long after the new one was made."""
    with monitoring_car(broker.url, tmp_path):
        async with BridgeServer(settings(broker.url)) as server, browsing(server) as browser:
            await browser.join("spa24")
            with messages(broker) as reader:
                reader.subscribe(STATUS, qos=1)
                live = decoded(reader)
                late = payload(Channel.STATUS, birth=live.birth - 1, seq=0, state="lost")
                raw_client(broker, "old", Got(STATUS, late, retain=True, qos=1)).close()

                will, answer = decoded(reader), decoded(reader)

            await browser.until(
                lambda frame: is_status("online", frame) and frame["data"]["seq"] == answer.seq
            )
            assert server.bridge.hub.sessions["spa24"].is_live("pc-1", clock_ms())
            assert server.bridge.hub.sessions["spa24"].active == "pc-1"

        async with BridgeServer(settings(broker.url)) as server, browsing(server) as later:
            snapshot = await later.join("spa24")

    assert (will.birth, answer.birth) == (live.birth - 1, live.birth)
    assert {status["state"] for status in statuses(browser)} == {"online"}
    assert held(snapshot, "status")["data"]["state"] == "online"


async def test_monitor_that_was_killed_is_lost_for_all_who_watch_or_come(
    broker: Broker, tmp_path: Path
) -> None:
    async with BridgeServer(settings(broker.url)) as server, browsing(server) as browser:
        await browser.join("spa24")
        with monitor(tmp_path, broker.url) as process:
            online = await browser.until(lambda frame: is_status("online", frame))
            process.kill()
            lost = await browser.until(lambda frame: is_status("lost", frame))
            # The bridge replays it all again to a reader that asks for it.
            again = await browser.join("spa24")
        async with browsing(server) as second:
            warm = await second.join("spa24")
    async with BridgeServer(settings(broker.url)) as server, browsing(server) as later:
        cold = await later.join("spa24")
        for _ in range(2):
            await later.of("heartbeat")

    assert lost["data"]["birth"] == online["data"]["birth"]
    for snapshot in (again, warm, cold):
        assert held(snapshot, "status")["data"]["state"] == "lost"
    assert not has_live(later)
    assert told(later).status == told(browser).status


async def test_monitor_that_died_with_its_broker_is_never_live(tmp_path: Path) -> None:
    """Nobody said its will, and the stored `online` stands for ever."""
    if not has_mosquitto():
        pytest.skip("mosquitto is not installed")
    store = tmp_path / "store"
    store.mkdir()
    with Mosquitto(store) as broker:
        with monitor(tmp_path, broker.url) as process:
            save_online(broker, store)
            broker.kill()
            process.kill()
        broker.start()
        async with BridgeServer(settings(broker.url)) as server, browsing(server) as browser:
            snapshot = await browser.join("spa24")
            session = server.bridge.hub.sessions["spa24"]
            for _ in range(2):
                await browser.of("heartbeat")

            assert not session.is_live("pc-1", clock_ms() + round(1000 * LOST_AFTER_S))
            assert session.heard_at("pc-1") is None

    assert held(snapshot, "status")["data"]["state"] in ("online", "idle")
    assert not has_live(browser)


def save_online(broker: Mosquitto, store: Path) -> None:
    """Have the broker write its store once a live status is in it."""

    def is_saved() -> bool:
        os.kill(broker.pid, signal.SIGUSR1)
        return any(b'"state":"online"' in path.read_bytes() for path in store.glob("*.db"))

    eventually(is_saved)


class SetClock(SystemClock):
    """The machine's clock after a person has set it."""

    def __init__(self, by_s: int) -> None:
        self._by_ms = 1000 * by_s

    def unix_ms(self) -> int:
        return super().unix_ms() + self._by_ms


@contextmanager
def car_by_clock(url: str, folder: Path, by_s: int) -> Iterator[Runner]:
    identity = Identity(session_id="spa24", monitor_id="pc-1")
    runner = Runner(
        MonitorSettings([BrokerUrl.parse(url)], rate_hz=10.0, speed=1000.0, in_control=True),
        open_source("simulated", seed=1, sample_hz=10.0),
        StateFile(folder, identity),
        version="0",
        clock=SetClock(by_s),
    )
    with running(runner):
        assert runner.announced.wait(TIMEOUT_S)
        yield runner


@pytest.mark.parametrize("by_s", [0, -HOUR_S], ids=["clock right", "clock an hour back"])
@pytest.mark.parametrize("has_state", [True, False], ids=["state kept", "state deleted"])
async def test_monitor_that_starts_again_is_heard_and_keeps_its_laps(
    broker: Broker, tmp_path: Path, by_s: int, has_state: bool
) -> None:
    """The bridge has seen a later birth than its clock gives."""
    async with BridgeServer(settings(broker.url)) as server, browsing(server) as browser:
        await browser.join("spa24")
        with car_by_clock(broker.url, tmp_path / "state", by_s=0):
            await browser.until(lambda _: len(told(browser).rows) >= 3)
        before = await browser.until(lambda frame: is_status("offline", frame))
        known = told(browser).rows
        if not has_state:
            shutil.rmtree(tmp_path / "state")

        with car_by_clock(broker.url, tmp_path / "state", by_s):
            await browser.until(lambda frame: is_status("online", frame))
            await browser.until(lambda frame: frame["type"] == "telemetry_update")
            await browser.until(lambda _: len(told(browser).rows) >= len(known) + 3)
        after = await browser.until(lambda frame: is_status("offline", frame))

        with watching(broker) as crew:
            crew.until_state("offline")
            crew.until(lambda: crew.rows == told(browser).rows)

    reader = told(browser)
    assert after["data"]["birth"] > before["data"]["birth"]
    assert reader.mistaken == []
    assert {key: reader.rows[key] for key in known} == known
    assert {run for run, _ in reader.rows} == {1, 2}
    assert after["data"]["laps"] == len(reader.rows)
    status = reader.status
    assert isinstance(status, StatusMessage)
    assert status.birth == after["data"]["birth"]
