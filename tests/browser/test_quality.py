"""How good the way is, as the page says it, on ways that are and ways that are not."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.brokers import TIMEOUT_S, EmbeddedInThread
from tests.browser.conftest import Demo
from tests.proxy import Proxy, Published
from tests.system.monitors import monitoring_car
from tests.system.processes import Restartable

# The window is a minute: what was slow while the page loaded is out of it by then.
WINDOW_MS = 1000 * (60 + TIMEOUT_S)

TIME = r"[\d.]+ (?:ms|s)"
SPREAD = re.compile(f"{TIME}, 95 % within {TIME}")


def slot(page: Page, name: str) -> str:
    return page.locator(f"[data-test=quality-details] [data-slot={name}]").inner_text()


def test_quality_of_a_demo_is_good_and_has_numbers(page: Page, demo: Demo) -> None:
    page.goto(demo.url)
    details = page.locator("[data-test=quality-details]")
    expect(page.locator("[data-test=quality]")).to_have_text("good", timeout=WINDOW_MS)
    expect(details).to_be_hidden()

    page.locator("[data-test=quality]").click()

    expect(details).to_be_visible()
    expect(details.locator("[data-slot=round-trip]")).to_have_text(SPREAD)
    assert SPREAD.fullmatch(slot(page, "age-on-arrival"))
    assert re.fullmatch(r"0 of [1-9]\d* messages \(0 %\)", slot(page, "loss"))
    assert slot(page, "clocks") == "agree"


def test_numbers_open_and_close_from_the_keyboard_and_by_touch(page: Page, demo: Demo) -> None:
    page.goto(demo.url)
    # Its widget is not of the first picture.
    expect(page.locator("#quality")).to_have_attribute("data-level", re.compile(r"\w"))
    details = page.locator("[data-test=quality-details]")
    summary = page.locator("#quality summary")

    page.keyboard.press("Tab")
    expect(summary).to_be_focused()
    page.keyboard.press("Enter")
    expect(details).to_be_visible()
    page.keyboard.press("Escape")
    expect(details).to_be_hidden()
    expect(summary).to_be_focused()

    page.set_viewport_size({"width": 390, "height": 844})
    summary.click()
    expect(details).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = details.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    page.locator("#fuel").click(position={"x": 5, "y": 5})
    expect(details).to_be_hidden()


def test_quality_is_poor_when_every_third_frame_is_lost(page: Page, tmp_path: Path) -> None:
    frames = 0

    def is_lost(packet: Published) -> bool:
        nonlocal frames
        if not packet.topic.endswith("/telemetry"):
            return False
        frames += 1
        return frames % 3 == 0

    with EmbeddedInThread() as broker, Proxy(broker.port) as proxy:
        proxy.swallow(is_lost)
        with (
            Restartable(tmp_path, "bridge", "--broker", broker.url) as bridge,
            monitoring_car(f"mqtt://127.0.0.1:{proxy.port}", tmp_path / "car", rate_hz=10.0),
        ):
            page.goto(f"http://127.0.0.1:{bridge.port}/s/spa24")

            expect(page.locator("[data-test=quality]")).to_have_text("poor", timeout=WINDOW_MS)
            expect(page.locator("[data-test=connection]")).to_have_text("🟢 Connected")
            page.locator("[data-test=quality]").click()
            assert re.fullmatch(r"[1-9]\d* of \d+ messages \((?:2|3)\d\.\d %\)", slot(page, "loss"))
