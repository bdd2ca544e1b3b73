"""Everything that can be killed, pulled or spoilt between a car and its crew, on both brokers."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from urllib.request import urlopen

import msgspec
import pytest

from pitboard import Monitor
from pitboard.bridge.server import BridgeServer
from pitboard.contract import codec
from pitboard.contract.errors import ContractError
from pitboard.contract.messages import (
    LapMessage,
    LapsMessage,
    Message,
    MetaMessage,
    SetupMessage,
    StatusMessage,
    TelemetryMessage,
)
from pitboard.contract.times import to_unix_ms
from pitboard.contract.topics import Topic
from tests.bridge.support import Browser, Frame, browsing, settings
from tests.broker.clients import Messages, messages
from tests.brokers import TIMEOUT_S, EmbeddedInThread, Mosquitto, has_mosquitto
from tests.cli.car import Car, topic
from tests.cli.running import Pitboard
from tests.proxy import Proxy
from tests.system.monitors import WATCHFUL, decoded, monitoring_car
from tests.system.processes import Restartable
from tests.waiting import eventually

Broker = EmbeddedInThread | Mosquitto

WHOLE = {StatusMessage, TelemetryMessage, MetaMessage, SetupMessage, LapsMessage}

DISCONNECTED = "[Publisher] Disconnected from broker"


@pytest.fixture(params=["embedded", "mosquitto"])
def mortal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Restartable | Mosquitto]:
    """A broker as a process, which can be killed and started again."""
    if request.param == "mosquitto" and not has_mosquitto():
        pytest.skip("mosquitto is not installed")
    embedded = request.param == "embedded"
    with Restartable(tmp_path, "broker") if embedded else Mosquitto() as running:
        yield running


def is_live(frame: Frame) -> bool:
    return frame["type"] == "telemetry_update" and not frame["retained"]


def lap_of(frame: Frame) -> int | None:
    """The lap that the frame tells to be completed."""
    return frame["data"]["lap_summary"]["lap"] if frame["type"] == "lap_update" else None


def laps_of(browser: Browser) -> list[int]:
    """The laps that came one by one."""
    return [lap for frame in browser.frames if (lap := lap_of(frame)) is not None]


def test_monitor_that_was_killed_goes_on_with_its_session(broker: Broker, tmp_path: Path) -> None:
    heard: list[StatusMessage] = []

    with messages(broker) as reader:
        reader.subscribe("pitboard/v1/+/+/status", qos=1)

        def hear_until(state: str) -> None:
            while not heard or heard[-1].state != state:
                message = decoded(reader)
                assert isinstance(message, StatusMessage)
                heard.append(message)

        command = ("monitor", "--broker", broker.url)
        with Pitboard(tmp_path, *command) as monitor:
            hear_until("online")
            monitor.kill()
            hear_until("lost")
        with Pitboard(tmp_path, *command):
            hear_until("online")

    assert len({(status.session_id, status.monitor_id) for status in heard}) == 1
    lives = [key for key, _ in groupby((status.state, status.birth) for status in heard)]
    first, last = lives[0][1], lives[-1][1]
    assert lives == [("online", first), ("lost", first), ("online", last)]
    assert last > first


@pytest.mark.anyio
async def test_monitor_and_bridge_come_back_to_a_broker_that_was_killed(
    mortal: Restartable | Mosquitto, tmp_path: Path
) -> None:
    """The broker's store is gone with it, and the monitor fills the new one."""
    with monitoring_car(mortal.url, tmp_path / "car", speed=500.0) as runner:
        async with (
            BridgeServer(settings(mortal.url, last_retry_s=0.2)) as server,
            browsing(server) as browser,
        ):
            await browser.join("spa24")
            await browser.until(lambda frame: (lap_of(frame) or 0) >= 3)
            # No later lap brings the table back.
            runner.take_control(False)
            runner.announced.clear()
            await asyncio.to_thread(mortal.kill)
            lost = await browser.of("upstream")
            await asyncio.to_thread(mortal.start)
            found = await browser.of("upstream")
            fresh = await browser.until(is_live)
            assert await asyncio.to_thread(runner.announced.wait, TIMEOUT_S)

    with messages(mortal) as reader:
        reader.subscribe("pitboard/v1/spa24/pc-1/#", qos=1)
        held: dict[type[Message], Message] = {}
        # A `lap` that the old broker acknowledged is not told again: its row is in the table.
        while not held.keys() >= WHOLE:
            message = decoded(reader)
            held[type(message)] = message

    assert (lost["connected"], found["connected"]) == (False, True)
    assert fresh["received_at"] >= found["since"]
    laps = held[LapsMessage]
    assert isinstance(laps, LapsMessage)
    column = laps.columns.index("lap")
    assert [row[column] for row in laps.rows] == list(range(1, len(laps.rows) + 1))
    assert len(laps.rows) >= 3


@pytest.mark.parametrize("fault", ["cut", "reset", "corrupt"])
def test_monitor_outlives_its_network(
    broker: Broker, tmp_path: Path, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    with (
        Proxy(broker.port) as proxy,
        messages(broker) as reader,
        monitoring_car(proxy.url, tmp_path, rate_hz=60.0, retry=WATCHFUL),
    ):
        reader.subscribe("pitboard/v1/spa24/pc-1/telemetry")
        first = decoded(reader).birth
        getattr(proxy, fault)()
        # A broker may take garbage for packets until a heartbeat is not acknowledged.
        eventually(lambda: DISCONNECTED in caplog.messages, 2 * TIMEOUT_S)
        proxy.restore()
        last = uninterrupted(reader, after_birth=first)
        with messages(broker) as late:
            late.subscribe("pitboard/v1/spa24/pc-1/status", qos=1)
            status = decoded(late)

    assert isinstance(status, StatusMessage)
    assert (status.state, status.birth) == ("online", last)


def test_monitor_goes_on_over_a_line_that_becomes_slow(
    broker: Broker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    laps: list[int] = []

    with (
        Proxy(broker.port) as proxy,
        messages(broker) as reader,
        monitoring_car(proxy.url, tmp_path, speed=500.0, rate_hz=10.0),
    ):
        reader.subscribe("pitboard/v1/spa24/pc-1/lap")
        for delay_s in (0.0, 0.3, 0.0):
            proxy.delay_s = delay_s
            until = len(laps) + 5
            while len(laps) < until:
                message = decoded(reader)
                assert isinstance(message, LapMessage)
                laps.append(message.lap_summary.lap)

    assert laps == list(range(laps[0], laps[0] + 15))
    assert DISCONNECTED not in caplog.messages


def uninterrupted(reader: Messages, *, after_birth: int) -> int:
    """The birth of a connection that brings twenty frames one after the other."""
    birth = in_a_row = 0
    while in_a_row < 20:
        # Whatever the fault has made of them, frames keep coming.
        got = reader.next()
        try:
            message = codec.decode(Topic.parse(got.topic), got.payload)
        except ContractError:
            continue
        in_a_row = in_a_row + 1 if message.birth == birth > after_birth else 0
        birth = message.birth
    return birth


def test_monitor_outlives_a_silent_cut_and_shows_no_old_frame_as_live(
    broker: Broker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    heard: list[Message] = []

    with Proxy(broker.port) as proxy, messages(broker) as reader:
        # At QoS 0, as the bridge does it, a broker keeps the order.
        reader.subscribe("pitboard/v1/spa24/pc-1/+")
        with monitoring_car(proxy.url, tmp_path, rate_hz=60.0, retry=WATCHFUL):
            first = decoded(reader).birth
            proxy.stall()
            # Offline for a second at least, in which there are newer frames.
            eventually(lambda: "Connection failed (attempt 1)" in caplog.text)
            # What was held back reaches the broker too.
            proxy.restore()
            while len(frames_of(heard, after_birth=first)) < 20:
                heard.append(decoded(reader))

    newest = max(message.birth for message in heard)
    since = [message.birth for message in heard].index(newest)
    status, frame, *later = heard[since:]
    assert isinstance(status, StatusMessage)
    assert status.state == "online"
    assert isinstance(frame, TelemetryMessage)
    assert to_unix_ms(status.timestamp) - to_unix_ms(frame.timestamp) < 500
    stamps = [message.timestamp for message in later if isinstance(message, TelemetryMessage)]
    assert all(stamp >= frame.timestamp for stamp in stamps)


def frames_of(heard: list[Message], *, after_birth: int) -> list[Message]:
    return [m for m in heard if isinstance(m, TelemetryMessage) and m.birth > after_birth]


def test_broker_keeps_the_newest_setup_although_an_older_one_was_never_acknowledged(
    broker: Broker, tmp_path: Path
) -> None:
    def revisions() -> list[int]:
        return [
            msgspec.json.decode(published.payload)["revision"]
            for published in proxy.published
            if published.topic.endswith("/setup")
        ]

    with Proxy(broker.port) as proxy:
        proxy.swallow(lambda published: published.topic.endswith("/setup"))
        with Monitor(proxy.url, session_id="spa24", monitor_id="pc-1", state_dir=tmp_path) as car:
            car.publish_setup({"aero": {"wing": 7}})
            eventually(lambda: revisions() == [1])
            proxy.cut()
            car.publish_setup({"aero": {"wing": 8}})
            proxy.restore()
            eventually(lambda: len(revisions()) > 1)
    with messages(broker) as reader:
        reader.subscribe("pitboard/v1/spa24/pc-1/setup", qos=1)
        setup = decoded(reader)

    assert isinstance(setup, SetupMessage)
    assert (setup.revision, setup.setup) == (2, {"aero": {"wing": 8}})
    assert set(revisions()[1:]) == {2}


@pytest.mark.anyio
@pytest.mark.parametrize("fault", ["cut", "reset", "corrupt"])
async def test_bridge_outlives_its_network(broker: Broker, tmp_path: Path, fault: str) -> None:
    with Proxy(broker.port) as proxy, monitoring_car(broker.url, tmp_path, rate_hz=60.0):
        async with (
            BridgeServer(settings(proxy.url, last_retry_s=0.2)) as server,
            browsing(server) as browser,
        ):
            await browser.join("spa24")
            await browser.until(is_live)
            getattr(proxy, fault)()
            lost = await browser.of("upstream")
            proxy.restore()
            found = await browser.until(lambda frame: frame.get("connected") is True)
            fresh = await browser.until(is_live)

    assert not lost["connected"]
    assert fresh["received_at"] >= found["since"]


@pytest.mark.anyio
async def test_last_frame_of_a_standing_car_is_not_live_after_an_outage(
    broker: Broker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The monitor tells it again, since the broker may have lost it."""
    caplog.set_level(logging.INFO)
    with (
        Proxy(broker.port) as proxy,
        Monitor(proxy.url, session_id="spa24", state_dir=tmp_path) as monitor,
    ):
        async with BridgeServer(settings(broker.url)) as server, browsing(server) as browser:
            await browser.join("spa24")
            monitor.publish_telemetry(lap=45, fuel=42.3, position=3)
            driven = await browser.until(is_live)
            proxy.cut()
            # 3 s after the cut, as the first wait is 1 s and the second 2 s.
            await asyncio.to_thread(eventually, lambda: "(attempt 2)" in caplog.text)
            proxy.restore()
            again = await browser.of("telemetry_update")

    assert again["data"]["birth"] > driven["data"]["birth"]
    assert again["data"]["timestamp"] == driven["data"]["timestamp"]
    assert again["retained"]


@pytest.mark.anyio
async def test_bridge_without_its_broker_serves_pages_and_last_values(
    broker: Broker, tmp_path: Path
) -> None:
    def fetch(path: str) -> bytes:
        with urlopen(server.url + path, timeout=TIMEOUT_S) as response:
            body: bytes = response.read()
        return body

    with Proxy(broker.port) as proxy, monitoring_car(broker.url, tmp_path):
        async with BridgeServer(settings(proxy.url)) as server, browsing(server) as browser:
            before = await browser.join("spa24")
            proxy.cut()
            await browser.of("upstream")
            page = await asyncio.to_thread(fetch, "/s/spa24")
            fetched = msgspec.json.decode(await asyncio.to_thread(fetch, "/api/sessions/spa24"))
            async with browsing(server) as late:
                joined = await late.join("spa24")

    assert b"</html>" in page
    channels = {value["channel"] for value in before["values"]}
    for snapshot in (fetched, joined):
        assert snapshot["upstream"] == {"connected": False}
        assert {value["channel"] for value in snapshot["values"]} == channels


@pytest.mark.anyio
async def test_browser_that_comes_back_has_the_whole_picture(
    broker: Broker, tmp_path: Path
) -> None:
    # A car so slow that a busy machine does not see it complete two laps at once.
    with monitoring_car(broker.url, tmp_path, speed=150.0):
        async with BridgeServer(settings(broker.url)) as server:
            async with browsing(server) as browser:
                await browser.join("spa24")
                await browser.until(lambda frame: (lap_of(frame) or 0) >= 3)
                browser.connection.transport.abort()
            async with browsing(server) as browser_again:
                snapshot = await browser_again.join("spa24")
                await browser_again.until(is_live)

    values = {value["channel"]: value["data"] for value in snapshot["values"]}
    assert values.keys() == {"status", "meta", "setup", "telemetry", "lap", "laps/0"}
    column = values["laps/0"]["columns"].index("lap")
    laps = {row[column] for row in values["laps/0"]["rows"]}
    # A lap is told before the table that holds it.
    laps.add(values["lap"]["lap_summary"]["lap"])
    assert sorted(laps) == list(range(1, len(laps) + 1))
    assert len(laps) >= laps_of(browser)[-1]


@pytest.mark.anyio
async def test_invalid_data_is_logged_and_everything_goes_on(
    broker: Broker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with monitoring_car(broker.url, tmp_path, rate_hz=60.0), Car(broker.url) as stranger:
        async with BridgeServer(settings(broker.url)) as server, browsing(server) as browser:
            await browser.join("spa24")
            for channel in ("status", "meta", "setup", "telemetry", "lap", "laps/0"):
                for monitor_id in ("pc-1", "pc-2"):
                    name = topic(channel, monitor_id=monitor_id)
                    for data in (b"{", b"\xff\xfe\x00", b"[]", b"x" * 100_000):
                        await asyncio.to_thread(stranger.send, name, data)
            browser.frames.clear()
            for _ in range(20):
                await browser.until(is_live)
            snapshot = await browser.join("spa24")

    assert {value["monitor_id"] for value in snapshot["values"]} == {"pc-1"}
    seqs = [frame["data"]["seq"] for frame in browser.frames if is_live(frame)]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    for channel in ("status", "meta", "setup", "telemetry", "lap", "laps"):
        assert f"[Server] ERROR handling {channel}: malformed" in caplog.text


@pytest.mark.anyio
async def test_browser_that_dies_troubles_no_other(broker: Broker, tmp_path: Path) -> None:
    with monitoring_car(broker.url, tmp_path, speed=500.0):
        async with BridgeServer(settings(broker.url)) as server, AsyncExitStack() as stack:
            browsers = [await stack.enter_async_context(browsing(server)) for _ in range(3)]
            for browser in browsers:
                await browser.join("spa24")
                await browser.of("lap_update")
            dying, *others = browsers
            dying.connection.transport.abort()
            last = laps_of(others[0])[-1] + 5
            for browser in others:
                await browser.until(lambda frame: lap_of(frame) == last)

    for browser in others:
        laps = laps_of(browser)
        assert laps == list(range(laps[0], last + 1))


@pytest.mark.anyio
async def test_second_broker_takes_over_when_the_first_dies(
    mortal: Restartable | Mosquitto, tmp_path: Path
) -> None:
    with EmbeddedInThread() as second:
        urls = (mortal.url, second.url)
        bridge = BridgeServer(replace(settings(mortal.url), broker_urls=urls))
        with monitoring_car(urls, tmp_path / "car") as runner:
            async with bridge as server, browsing(server) as browser:
                await browser.join("spa24")
                await browser.until(is_live)
                runner.announced.clear()
                await asyncio.to_thread(mortal.kill)
                assert await asyncio.to_thread(runner.announced.wait, TIMEOUT_S)
                await browser.until(lambda frame: frame.get("connected") is True)

                fresh = await browser.until(is_live)

    assert fresh["data"]["session_id"] == "spa24"
