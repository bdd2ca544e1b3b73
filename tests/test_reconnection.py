"""What a team sees when connections break and when rubbish comes, on real processes and sockets."""

import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from queue import SimpleQueue

import msgspec
import pytest
from playwright.sync_api import Locator, Page, expect

from pitboard.bridge.server import BridgeServer
from pitboard.contract.backoff import Backoff
from pitboard.contract.dialer import Dialer
from pitboard.contract.messages import (
    LapMessage,
    Message,
    MetaMessage,
    SetupMessage,
    StatusMessage,
    TelemetryMessage,
)
from pitboard.contract.topics import Topic
from pitboard.contract.urls import BrokerUrl
from pitboard.publisher.composer import Send
from pitboard.publisher.connection import Connection
from pitboard.publisher.events import Connected, Ended, LinkEvent
from pitboard.publisher.link import LinkSettings, Tagged
from tests import chromium
from tests.bridge.support import Publisher, browsing, document, settings, topic
from tests.bridge.support import eventually as settled
from tests.broker.clients import messages
from tests.brokers import TIMEOUT_S, EmbeddedInThread
from tests.cli.running import Pitboard
from tests.fakes import FakeClock
from tests.proxy import Proxy
from tests.system.monitors import decoded, monitoring_car
from tests.system.processes import Restartable
from tests.waiting import eventually

pytestmark = pytest.mark.system

CONNECTED = "🟢 Connected"
DISCONNECTED = "🔴 Disconnected (attempting to reconnect...)"
STALE = re.compile(r"⚠️ Data may be stale \(last update (\d+) seconds ago\)")

WILL = Send(Topic.parse("pitboard/v1/spa24/pc-1/status"), b"{}", qos=1, retain=True)

# A power of two, so that sums of times stay exact.
MOMENT_S = 2.0**-10


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def broker() -> Iterator[EmbeddedInThread]:
    with EmbeddedInThread() as broker:
        yield broker


def test_monitor_auto_reconnect(tmp_path: Path) -> None:
    """Nobody has to look after the driver's PC."""
    with Restartable(tmp_path, "broker") as broker:
        options = "--reconnect-delay-initial 0.1 --reconnect-delay-max 0.2 --reconnect-jitter 0"
        command = ("monitor", "--broker", broker.url, "--session", "spa24", *options.split())
        with Pitboard(tmp_path, *command) as monitor:
            monitor.err.line("[Publisher] Connected to")
            broker.kill()
            monitor.err.line("(attempt 2)")
            broker.start()
            eventually(lambda: said(monitor)[-1] == f"Connected to {broker.url}")
            with messages(broker) as reader:
                reader.subscribe("pitboard/v1/spa24/+/status")
                status = decoded(reader)

            assert said(monitor)[:7] == [
                f"Connected to {broker.url}",
                "Disconnected from broker",
                "Retrying in 0.1s...",
                "Attempting to reconnect...",
                "Connection failed (attempt 1): Connection refused",
                "Retrying in 0.2s...",
                "Connection failed (attempt 2): Connection refused",
            ]
    assert isinstance(status, StatusMessage)
    assert status.state == "online"


def said(monitor: Pitboard) -> list[str]:
    """The monitor's lines without their beginning."""
    return re.findall(r"\[Publisher\] (.*)\n", "".join(monitor.err.lines))


class Line:
    """The monitor's own connection, on a clock that a test moves."""

    def __init__(self, url: str, backoff: Backoff) -> None:
        self.clock = FakeClock()
        self._events: SimpleQueue[Tagged] = SimpleQueue()
        self.connection = Connection(
            Dialer([BrokerUrl.parse(url)], backoff),
            LinkSettings(),
            client_id="pb-spa24-pc-1",
            events=self._events,
            clock=self.clock,
        )

    def dial(self) -> LinkEvent:
        """Connect now, which must be due; the outcome."""
        assert self.connection.is_due
        self.connection.open(WILL)
        event = self._events.get(timeout=TIMEOUT_S).event
        if isinstance(event, Ended):
            self.connection.ended(event)
        return event

    def wait_s(self) -> float:
        """How long the next attempt is waited for; the wait has passed then."""
        assert self.connection.deadline_s is not None
        wait_s = self.connection.deadline_s - self.clock.monotonic_s()
        self.clock.advance(wait_s - MOMENT_S)
        assert not self.connection.is_due
        self.clock.advance(MOMENT_S)
        return wait_s


def test_monitor_exponential_backoff(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    expected_s = [1, 2, 4, 8, 16, 32, 60, 60]
    with Proxy(0) as refusing:
        refusing.cut()
        line = Line(refusing.url, Backoff(jitter=0))
        waits_s = []
        for _ in expected_s:
            assert line.dial() == Ended("Connection refused")
            waits_s.append(line.wait_s())

    assert waits_s == expected_s
    assert [text for text in caplog.messages if text.startswith("[Publisher]")] == [
        text
        for attempt, wait_s in enumerate(expected_s, 1)
        for text in (
            f"[Publisher] Connection failed (attempt {attempt}): Connection refused",
            f"[Publisher] Retrying in {wait_s}.0s...",
        )
    ]


@pytest.mark.parametrize("longest_s", [60, 5])
def test_monitor_max_backoff(broker: EmbeddedInThread, longest_s: int) -> None:
    """A broker that was away for a night is found within a minute of its return."""
    with Proxy(broker.port) as proxy:
        proxy.cut()
        line = Line(proxy.url, Backoff(maximum_s=longest_s, jitter=0))
        waits_s = []
        for _ in range(20):
            assert isinstance(line.dial(), Ended)
            waits_s.append(line.wait_s())
        proxy.restore()

        assert line.dial() == Connected()
        line.connection.close()

    assert max(waits_s) == longest_s
    assert waits_s[-10:] == [longest_s] * 10


def test_monitor_resume_publishing(
    broker: EmbeddedInThread, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """After an outage the crew has fresh values, and every lap that was driven meanwhile."""
    caplog.set_level(logging.INFO)
    heard: list[Message] = []

    def hear_until(is_wanted: Callable[[Message], bool]) -> Message:
        while True:
            heard.append(decoded(reader))
            if is_wanted(heard[-1]):
                return heard[-1]

    with messages(broker) as reader, Proxy(broker.port) as proxy:
        # QoS 0 like the bridge: at QoS 1 a broker may let frames overtake.
        reader.subscribe("pitboard/v1/spa24/pc-1/+")
        with monitoring_car(proxy.url, tmp_path, speed=500.0, rate_hz=10.0):
            hear_until(lambda message: lap_of(message) == 3)
            proxy.cut()
            eventually(lambda: "(attempt 8)" in caplog.text)
            proxy.restore()
            lost = hear_until(lambda message: state_of(message) == "lost")
            online = hear_until(lambda message: state_of(message) == "online")
            hear_until(lambda message: (lap_of(message) or 0) >= 15)

    after = [message for message in heard if message.birth > lost.birth]
    assert after[0] == online
    kinds = {type(message) for message in after}
    assert {TelemetryMessage, MetaMessage, SetupMessage, LapMessage} <= kinds
    # In order, and once for a reader that knows a lap by its number; the wire may repeat one.
    numbers = list(dict.fromkeys(number for message in heard if (number := lap_of(message))))
    assert numbers == list(range(1, numbers[-1] + 1))
    driven_meanwhile = [
        message
        for message in after
        if isinstance(message, LapMessage) and message.lap_summary.finished_at < online.timestamp
    ]
    assert len(driven_meanwhile) >= 3


def lap_of(message: Message) -> int | None:
    return message.lap_summary.lap if isinstance(message, LapMessage) else None


def state_of(message: Message) -> str | None:
    return message.state if isinstance(message, StatusMessage) else None


@contextmanager
def watching(port: int) -> Iterator[Page]:
    """The page of the session, once it has a live value: the age of a stored one is `about`."""
    with chromium.running() as browser, chromium.new_page(browser) as page:
        page.goto(f"http://127.0.0.1:{port}/s/spa24")
        expect(hook(page, "connection")).to_have_text(CONNECTED)
        expect(hook(page, "age")).to_have_text(re.compile(r"^<?\d+ s$"))
        yield page


def hook(page: Page, name: str) -> Locator:
    return page.locator(f"[data-test={name}]")


def wait_for_change(page: Page, name: str) -> None:
    text = hook(page, name).inner_text()
    expect(hook(page, name)).not_to_have_text(text, timeout=TIMEOUT_S * 1000)


@pytest.mark.browser
def test_dashboard_connection_status(broker: EmbeddedInThread, tmp_path: Path) -> None:
    with (
        monitoring_car(broker.url, tmp_path),
        Restartable(tmp_path, "bridge", "--broker", broker.url) as bridge,
        Proxy(bridge.port) as proxy,
        watching(proxy.port) as page,
    ):
        proxy.cut()
        expect(hook(page, "connection")).to_have_text(DISCONNECTED)
        proxy.restore()

        expect(hook(page, "connection")).to_have_text(CONNECTED, timeout=TIMEOUT_S * 1000)


@pytest.mark.browser
def test_dashboard_auto_rejoin(broker: EmbeddedInThread, tmp_path: Path) -> None:
    """Nobody has to reload the page, whatever it missed."""
    with (
        monitoring_car(broker.url, tmp_path, speed=100.0),
        Restartable(tmp_path, "bridge", "--broker", broker.url) as bridge,
        watching(bridge.port) as page,
    ):
        page.evaluate("window.isTheSamePage = true")
        laps = page.locator("[data-test=lap-table] tbody th")
        expect(laps.first).to_be_visible()
        bridge.kill()
        expect(hook(page, "connection")).to_have_text(DISCONNECTED)
        missed = int(laps.first.inner_text()) + 1
        with messages(broker) as reader:
            reader.subscribe("pitboard/v1/spa24/pc-1/lap", qos=1)
            while (lap_of(decoded(reader)) or 0) <= missed:
                pass

        bridge.start()

        expect(hook(page, "connection")).to_have_text(CONNECTED, timeout=TIMEOUT_S * 1000)
        expect(laps.get_by_text(f"{missed}", exact=True)).to_be_visible()
        wait_for_change(page, "speed")
        wait_for_change(page, "lap")
        assert page.evaluate("window.isTheSamePage")


@pytest.mark.browser
def test_dashboard_stale_data_warning(broker: EmbeddedInThread, tmp_path: Path) -> None:
    """Old numbers must never look like the car's present state."""
    with (
        Proxy(broker.port) as proxy,
        monitoring_car(proxy.url, tmp_path),
        Restartable(tmp_path, "bridge", "--broker", broker.url) as bridge,
        watching(bridge.port) as page,
    ):
        proxy.cut()
        expect(hook(page, "connection")).to_have_text(STALE, timeout=TIMEOUT_S * 1000)
        found = STALE.fullmatch(hook(page, "connection").inner_text())
        assert found is not None
        for age_s in range(int(found[1]), int(found[1]) + 3):
            page.wait_for_function(
                "text => document.querySelector('[data-test=connection]').textContent === text",
                arg=f"⚠️ Data may be stale (last update {age_s} seconds ago)",
            )
        assert hook(page, "speed").inner_text() != "–"
        proxy.restore()

        expect(hook(page, "connection")).to_have_text(CONNECTED, timeout=TIMEOUT_S * 1000)


@asynccontextmanager
async def serving(broker: EmbeddedInThread) -> AsyncIterator[tuple[BridgeServer, Publisher]]:
    """A bridge, and somebody who publishes what a test wants."""
    async with BridgeServer(settings(broker.url)) as server, Publisher(broker.url) as publisher:
        yield server, publisher


@pytest.mark.anyio
async def test_invalid_session_id(
    broker: EmbeddedInThread, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(broker) as (server, publisher), browsing(server) as healthy:
        await healthy.join()
        for bad in (
            "",
            "Spa24",
            "../spa24",
            "spa24/+",
            "#",
            "a" * 65,
            "spa 24",
            "spa24\n",
            24,
            None,
        ):
            async with browsing(server) as browser:
                await browser.send("join_session", session_id=bad)

                assert await browser.closed() == 4400
                assert [frame["type"] for frame in browser.frames] == ["error"]
        await publisher.publish("setup", 1, session_id="another")
        await publisher.publish("setup", 2)
        update = await healthy.of("setup_update")

    assert update["data"]["seq"] == 2
    assert "[Server] ERROR handling setup: identity" in caplog.text


@pytest.mark.anyio
async def test_malformed_payload(
    broker: EmbeddedInThread, caplog: pytest.LogCaptureFixture
) -> None:
    malformed = (
        b"{",
        b"null",
        b"[1]",
        b"\xff\xfe",
        b"\0",
        b'{"v": NaN}',
        b"[" * 10_000,
        b"x" * 200_000,
    )
    async with serving(broker) as (server, publisher), browsing(server) as browser:
        await browser.join()
        await publisher.publish("telemetry", 1)
        for seq, body in enumerate(malformed, 2):
            await publisher.raw(str(topic("telemetry")), body, retain=True)
            await publisher.raw("pitboard/v1/no/such/channel", body)
            await publisher.publish("telemetry", seq)
        await browser.update("telemetry", 1 + len(malformed))
        await publisher.raw(str(topic("telemetry")), malformed[0], retain=True)
        await publisher.publish("meta")
        await browser.update("meta", 1)
        snapshot = await browser.join()

    telemetry = [f["data"]["seq"] for f in browser.frames if f["type"] == "telemetry_update"]
    assert telemetry == list(range(1, 2 + len(malformed)))
    values = {value["channel"]: value["data"]["seq"] for value in snapshot["values"]}
    assert values == {"telemetry": 1 + len(malformed), "meta": 1}
    assert "[Server] ERROR handling telemetry: malformed" in caplog.text


@pytest.mark.anyio
async def test_missing_required_fields(
    broker: EmbeddedInThread, caplog: pytest.LogCaptureFixture
) -> None:
    anonymous = document("setup", 1)
    del anonymous["session_id"]
    incomplete = {"lap": 45, "fuel": 42.3}

    async with serving(broker) as (server, publisher), browsing(server) as browser:
        await browser.join()
        await publisher.raw(str(topic("setup")), msgspec.json.encode(anonymous))
        await publisher.publish("telemetry", 1, telemetry=incomplete)
        frame = await browser.of("telemetry_update")

    assert frame["data"]["telemetry"] == incomplete
    assert "setup_update" not in {frame["type"] for frame in browser.frames}
    assert "[Server] ERROR: Missing session_id in setup" in caplog.text
    assert "[Server] WARNING: Telemetry missing required fields: ['position']" in caplog.text


@pytest.mark.anyio
async def test_multiple_clients_on_error(broker: EmbeddedInThread) -> None:
    """One broken browser, or one broken message, is nobody else's trouble."""
    async with AsyncExitStack() as stack:
        server, publisher = await stack.enter_async_context(serving(broker))
        browsers = [await stack.enter_async_context(browsing(server)) for _ in range(4)]
        for browser in browsers:
            await browser.join()
        *healthy, dying, babbling = browsers
        await publisher.publish("setup", 1)
        dying.connection.transport.abort()
        await babbling.connection.send("{")
        assert await babbling.closed() == 4400
        await publisher.raw(str(topic("setup")), b"{")
        await publisher.publish("setup", 2)
        for browser in healthy:
            await browser.update("setup", 2)
        await settled(lambda: len(server.bridge.browsers) == len(healthy))

    for browser in healthy:
        assert [frame["data"]["seq"] for frame in browser.frames if "data" in frame] == [1, 2]
