"""What a crew sees when a part of the chain is away, and when it is back."""

import asyncio
import json
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Page, WebSocket, expect

from pitboard.bridge.app import create_app
from pitboard.bridge.settings import BridgeSettings
from pitboard.publisher.monitor import Runner
from tests.brokers import TIMEOUT_S, free_port
from tests.chromium import LONG_MS
from tests.cli.running import Pitboard
from tests.system.monitors import monitoring_car
from tests.system.processes import Restartable
from tests.waiting import eventually

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard"

LIVE = "🟢 Connected"
DISCONNECTED = "🔴 Disconnected (attempting to reconnect...)"
STALE = re.compile(r"⚠️ Data may be stale \(last update (\d+) seconds ago\)")
KEPT = re.compile(r"Kept in this browser, from \d\d:\d\d \(\d+ s ago\)")
NUMBER = re.compile(r"\d")

RETURNED = "document.dispatchEvent(new Event('visibilitychange'))"

# An attempt is due 15 s after the last at the latest, give or take a fifth.
BACK_WITHIN_MS = 1000 * (20 + TIMEOUT_S)


@dataclass(frozen=True, slots=True)
class Chain:
    """Broker and bridge as processes, and a car of a lap every five seconds."""

    broker: Restartable
    bridge: Restartable
    car: Runner

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.bridge.port}/s/spa24"


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    with (
        Restartable(tmp_path, "broker") as broker,
        Restartable(tmp_path, "bridge", "--broker", f"mqtt://127.0.0.1:{broker.port}") as bridge,
        monitoring_car(f"mqtt://127.0.0.1:{broker.port}", tmp_path / "car", speed=20.0) as car,
    ):
        yield Chain(broker, bridge, car)


def shows(page: Page, name: str, text: str | re.Pattern[str]) -> None:
    expect(page.locator(f"[data-test={name}]")).to_have_text(text, timeout=TIMEOUT_S * 1000)


def open_live(page: Page, url: str) -> None:
    """The page, live, with a lap, and ready to open without the bridge."""
    page.goto(url)
    shows(page, "connection", LIVE)
    shows(page, "fuel", NUMBER)
    expect(page.locator("[data-test=lap-table] tbody tr").first).to_be_visible(timeout=LONG_MS)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def test_page_opened_without_a_bridge_shows_what_the_browser_kept_and_goes_live_by_itself(
    page: Page, chain: Chain
) -> None:
    open_live(page, chain.url)
    style = "getComputedStyle(document.querySelector('#fuel .huge')).fontStyle"
    assert page.evaluate(style) == "normal"
    chain.bridge.kill()

    page.reload()

    shows(page, "connection", DISCONNECTED)
    shows(page, "kept", KEPT)
    shows(page, "fuel", NUMBER)
    shows(page, "monitor-state", "unknown")
    shows(page, "quality", "unknown")
    assert page.locator("[data-test=age]").inner_text().startswith("about ")
    assert page.evaluate(style) == "italic"
    laps = page.locator("[data-test=lap-table] tbody tr").count()
    assert laps > 0

    page.evaluate("window.isTheSamePage = true")
    chain.bridge.start()

    expect(page.locator("[data-test=connection]")).to_have_text(LIVE, timeout=BACK_WITHIN_MS)
    expect(page.locator("[data-test=kept]")).to_be_hidden()
    shows(page, "monitor-state", "online")
    assert page.evaluate(style) == "normal"
    assert page.locator("[data-test=lap-table] tbody tr").count() >= laps
    assert page.evaluate("window.isTheSamePage") is True


def test_page_that_is_closed_at_once_has_kept_what_it_showed(page: Page, chain: Chain) -> None:
    page.goto(chain.url)
    shows(page, "fuel", NUMBER)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    page.goto("about:blank")
    chain.bridge.kill()
    page.goto(chain.url)

    shows(page, "kept", KEPT)
    shows(page, "fuel", NUMBER)


@pytest.mark.parametrize(
    "event", ["window.dispatchEvent(new Event('online'))", RETURNED], ids=["online", "visible"]
)
def test_page_tries_at_once_when_network_or_reader_is_back(
    event: str, page: Page, chain: Chain
) -> None:
    """Nobody sits out a delay that was meant for a bridge that is gone."""
    open_live(page, chain.url)
    chain.bridge.kill()
    for _ in range(3):
        page.wait_for_event("websocket")

    # The fourth attempt would come 6 s later at the earliest.
    with page.expect_websocket(timeout=5000):
        page.evaluate(event)


def test_page_joins_and_then_asks_for_the_whole_picture_when_the_bridge_is_back(
    page: Page, chain: Chain
) -> None:
    open_live(page, chain.url)
    chain.bridge.kill()
    shows(page, "connection", DISCONNECTED)
    sockets: list[WebSocket] = []
    sent: list[str] = []

    def watch(socket: WebSocket) -> None:
        sockets.append(socket)
        socket.on("framesent", lambda text: sent.append(json.loads(text)["type"]))

    page.on("websocket", watch)
    chain.bridge.start()
    expect(page.locator("[data-test=connection]")).to_have_text(LIVE, timeout=BACK_WITHIN_MS)
    if "request_latest" not in sent:
        sockets[-1].wait_for_event("framesent", lambda text: "request_latest" in str(text))

    assert [kind for kind in sent if kind != "ping"] == ["join_session", "request_latest"]


def test_session_removed_while_the_page_was_away_is_neither_shown_nor_kept(
    page: Page, chain: Chain, tmp_path: Path
) -> None:
    open_live(page, chain.url)
    chain.bridge.kill()
    chain.car.stop()
    broker = f"mqtt://127.0.0.1:{chain.broker.port}"
    with Pitboard(tmp_path, "sessions", "remove", "spa24", "--force", "--broker", broker) as remove:
        assert remove.ended().code == 0

    chain.bridge.start()

    expect(page.locator("[data-test=notices]")).to_have_text(
        "Waiting for the first message of this session", timeout=BACK_WITHIN_MS
    )
    shows(page, "fuel", "–")
    chain.bridge.kill()
    page.reload()
    shows(page, "connection", DISCONNECTED)
    shows(page, "fuel", "–")
    expect(page.locator("[data-test=kept]")).to_be_hidden()


def test_losses_of_every_part_are_told_apart(page: Page, chain: Chain) -> None:
    open_live(page, chain.url)

    chain.car.stop()
    shows(page, "monitor-state", "offline")
    shows(page, "connection", STALE)
    first = seconds_since(page)
    page.wait_for_function(
        "first => Number(/\\d+/.exec(document.querySelector('[data-test=connection]').textContent))"
        " > first",
        arg=first,
    )
    shows(page, "quality", "unknown")

    chain.broker.kill()
    expect(page.locator("[data-test=notices]")).to_contain_text("The bridge has lost the broker")
    shows(page, "monitor-state", "unknown")
    shows(page, "connection", STALE)

    chain.bridge.kill()
    shows(page, "connection", DISCONNECTED)


def seconds_since(page: Page) -> int:
    said = STALE.fullmatch(page.locator("[data-test=connection]").inner_text())
    assert said is not None
    return int(said[1])


def test_broken_store_breaks_no_page(page: Page, chain: Chain) -> None:
    page.add_init_script("""
        localStorage.setItem("pitboard.kept", '["spa24"');
        localStorage.setItem("pitboard.kept.spa24.values", JSON.stringify({v: 1, values: [
            {channel: "telemetry", monitor_id: "pc-1", at: Date.now(), data: {
                v: 1, session_id: "spa24", monitor_id: "pc-1", birth: 1, seq: 1, timestamp: "",
                telemetry: {fuel: "<img src=x>", flags: 5},
            }},
        ]}));
        localStorage.setItem("pitboard.kept.spa24.laps", "{");
    """)
    open_live(page, chain.url)
    chain.bridge.kill()

    page.reload()

    shows(page, "connection", DISCONNECTED)
    shows(page, "fuel", "–")
    expect(page.locator("[data-test=kept]")).to_be_hidden()


def test_page_works_in_a_browser_that_refuses_worker_and_store(page: Page, chain: Chain) -> None:
    """Private windows do."""
    page.add_init_script("""
        const refuse = () => { throw new DOMException("refused", "SecurityError"); };
        navigator.serviceWorker.register = refuse;
        Object.defineProperty(window, "localStorage", {get: refuse});
    """)

    page.goto(chain.url)

    shows(page, "connection", LIVE)
    shows(page, "fuel", NUMBER)
    # The last of it is loaded; Chromium complains of what it waits for.
    shows(page, "fuel-percent", NUMBER)
    chain.bridge.kill()
    shows(page, "connection", DISCONNECTED)


@contextmanager
def serving(dashboard: Path, port: int) -> Iterator[None]:
    """A bridge with these pages; its broker does not matter."""
    # The start page asks for the list, and Chromium complains where there is none.
    settings = BridgeSettings(broker_urls=("mqtt://127.0.0.1:1",), port=port, list_sessions=True)
    config = uvicorn.Config(create_app(settings, dashboard), port=port, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), name="bridge")
    thread.start()
    try:
        eventually(lambda: server.started)
        yield
    finally:
        server.should_exit = True
        thread.join(TIMEOUT_S)
        assert not thread.is_alive()


def dashboard_of(version: str, folder: Path) -> Path:
    """The dashboard, with the version on its start page and in its script."""
    shutil.copytree(DASHBOARD, folder)
    page = folder / "index.html"
    page.write_text(page.read_text().replace("<h1>pitboard</h1>", f"<h1>{version}</h1>"))
    script = folder / "js" / "start.js"
    script.write_text(f"{script.read_text()}\ndocument.body.dataset.version = '{version}';\n")
    return folder


def test_upgrade_shows_on_the_next_load_and_no_page_mixes_versions(
    page: Page, tmp_path: Path
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/"

    def opens(version: str) -> None:
        expect(page.locator("h1")).to_have_text(version)
        expect(page.locator("body")).to_have_attribute("data-version", version)

    with serving(dashboard_of("one", tmp_path / "1"), port):
        page.goto(url)
        opens("one")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        (cache,) = page.evaluate("caches.keys()")
    page.reload()
    opens("one")

    with serving(dashboard_of("two", tmp_path / "2"), port):
        page.reload()
        opens("two")
        eventually(lambda: cache not in page.evaluate("caches.keys()"))
    page.reload()
    opens("two")
