"""Pictures of the page in each of its states, for the documents."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SCREENSHOTS, Demo
from tests.chromium import LONG_MS
from tests.cli.running import Pitboard
from tests.system.monitors import monitoring_car
from tests.system.processes import Restartable

pytestmark = pytest.mark.skipif(not SCREENSHOTS, reason="only make screenshots wants pictures")

NUMBER = re.compile(r"\d")


def shows(where: Locator, text: str | re.Pattern[str]) -> None:
    expect(where).to_contain_text(text, timeout=LONG_MS)


def test_pictures_of_a_session_from_live_to_lost(
    page: Page, screenshots: Path, tmp_path: Path
) -> None:
    connection = page.locator("[data-test=connection]")
    with (
        Restartable(tmp_path, "broker") as broker,
        Restartable(tmp_path, "bridge", "--broker", f"mqtt://127.0.0.1:{broker.port}") as bridge,
    ):
        url = f"mqtt://127.0.0.1:{broker.port}"
        base = f"http://127.0.0.1:{bridge.port}/s"
        with (
            monitoring_car(url, tmp_path / "car", speed=20.0, rate_hz=20.0),
            monitoring_car(
                url, tmp_path / "other", speed=20.0, session_id="spa24-2", monitor_id="pc-2", seed=2
            ),
        ):
            page.emulate_media(color_scheme="dark")
            page.set_viewport_size({"width": 1920, "height": 1080})
            page.goto(f"{base}/spa24")
            expect(page.locator("[data-test=lap-table] tbody tr").nth(5)).to_be_visible(
                timeout=LONG_MS
            )
            shows(page.locator("[data-test=laps-left]"), NUMBER)
            expect(page.locator("#map .road")).to_be_visible(timeout=LONG_MS)
            page.screenshot(path=screenshots / "dashboard.png")
            page.emulate_media(color_scheme="light")
            expect(page.locator("html")).to_have_attribute("data-theme", "light")
            page.screenshot(path=screenshots / "light.png")
            page.emulate_media(color_scheme="dark")
            expect(page.locator("html")).to_have_attribute("data-theme", "dark")
            page.set_viewport_size({"width": 390, "height": 844})
            page.screenshot(path=screenshots / "phone.png")
            page.set_viewport_size({"width": 1440, "height": 900})
            two_cars(page, f"{base}/spa24+spa24-2", screenshots / "cars.png")
        shows(connection, "Data may be stale")
        page.screenshot(path=screenshots / "stale.png")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        bridge.kill()
        shows(connection, "Disconnected")
        page.screenshot(path=screenshots / "disconnected.png")
        page.reload()
        shows(page.locator("[data-test=kept]"), "Kept in this browser")
        shows(page.locator("[data-test=laps-left]"), NUMBER)
        page.screenshot(path=screenshots / "offline.png")


def test_picture_of_a_monitor_that_is_lost(page: Page, screenshots: Path, tmp_path: Path) -> None:
    """Killed, a monitor cannot sign off: the broker says that it is lost."""
    state = page.locator("[data-test=monitor-state]")
    with (
        Restartable(tmp_path, "broker") as broker,
        Restartable(tmp_path, "bridge", "--broker", f"mqtt://127.0.0.1:{broker.port}") as bridge,
        Pitboard(
            tmp_path,
            *("monitor", "--broker", f"mqtt://127.0.0.1:{broker.port}", "--in-control"),
            *("--session", "spa24", "--monitor", "pc-1", "--state-dir", str(tmp_path / "car")),
            *("--speed", "20", "--rate", "20"),
        ) as monitor,
    ):
        page.emulate_media(color_scheme="dark")
        page.goto(f"http://127.0.0.1:{bridge.port}/s/spa24")
        shows(page.locator("[data-test=laps-left]"), NUMBER)

        monitor.kill()

        shows(state, "lost")
        shows(page.locator("#alerts"), "is lost")
        page.screenshot(path=screenshots / "lost.png")


def test_picture_of_a_page_that_has_no_lap_to_learn_from(
    page: Page, demo: Demo, screenshots: Path
) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(demo.url)
    shows(page.locator("[data-test=fuel-per-lap]"), "learning")

    expect(page.locator("[data-test=lap-table] tbody tr")).to_have_count(0)
    page.screenshot(path=screenshots / "learning.png")


def two_cars(page: Page, url: str, path: Path) -> None:
    other = page.context.new_page()
    other.emulate_media(color_scheme="dark")
    other.goto(url)
    for row in other.locator("[data-test=cars] tbody tr").all():
        shows(row.locator("[data-slot=left]"), NUMBER)
    other.screenshot(path=path)
    other.close()
