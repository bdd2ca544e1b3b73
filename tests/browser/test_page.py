"""What a crew sees, in a real Chromium in front of a real demo."""

import json
import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Demo
from tests.chromium import LONG_MS

NUMBER = re.compile(r"\d")

ESSENTIALS = (
    *("trust", "race", "fuel", "tires", "drive"),
    *("conditions", "stint", "gaps", "map", "delta"),
)
PLOT_PX = 25
# Of a monitor of 1920 x 1080 a browser leaves 937.
SCREENS = ((1600, 965), (1760, 965), (1900, 937), (1920, 937), (1920, 1080), (2560, 1440))
SECTIONS = (*ESSENTIALS, "traces", "pace", "laps", "setup", "alert-log", "units")

CUT = """
(section) => {
  const box = document.querySelector(section).getBoundingClientRect();
  const nodes = document.querySelectorAll(`${section} :is([data-slot], [data-test], th, td)`);
  return [...nodes]
    .filter((node) => node.checkVisibility() && !node.matches('.sr-only, .sr-only *, .spot'))
    .filter((node) => {
      const { bottom, right } = node.getBoundingClientRect();
      return bottom > box.bottom || right > box.right;
    })
    .map((node) => node.outerHTML.slice(0, 80));
}
"""


def hook(page: Page, name: str) -> str:
    return page.locator(f"[data-test={name}]").inner_text()


def test_page_shows_a_moving_car(page: Page, demo: Demo) -> None:
    page.goto(demo.url)

    expect(page.locator("[data-test=speed]")).to_have_text(NUMBER)
    expect(page.locator("[data-test=connection]")).to_have_text("🟢 Connected")
    first = hook(page, "speed")
    page.wait_for_function(
        "before => document.querySelector('[data-test=speed]').textContent !== before", arg=first
    )
    for name in ("fuel", "position", "lap", "driver", "car", "track", "gear", "rpm"):
        assert hook(page, name) not in ("", "–"), name
    for corner in ("fl", "fr", "rl", "rr"):
        assert NUMBER.search(hook(page, f"tire-{corner}-temp"))
        assert NUMBER.search(hook(page, f"tire-{corner}-pressure"))
        assert NUMBER.search(hook(page, f"tire-{corner}-wear"))
        assert NUMBER.search(hook(page, f"brake-{corner}"))
    assert hook(page, "monitor-state") == "online"


def test_page_learns_the_use_of_fuel_from_laps_and_lists_the_newest_dozen(
    page: Page, race_demo: Demo
) -> None:
    page.goto(race_demo.url)

    rows = page.locator("[data-test=lap-table] tbody tr")
    expect(page.locator("[data-test=all-laps]")).to_be_visible(timeout=LONG_MS)
    expect(rows).to_have_count(12)
    expect(page.locator("[data-test=fuel-per-lap]")).to_have_text(NUMBER)
    expect(page.locator("[data-test=laps-left]")).to_have_text(NUMBER)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_page_is_one_screen_where_there_is_room(page: Page, close_demo: Demo) -> None:
    page.set_viewport_size({"width": 1600, "height": 965})
    page.goto(close_demo.url)
    # With all that a crew may ask for.
    rules = {"min_total": 36_000, "max_total": 36_000, "max_continuous": 14_400}
    prefs = json.dumps({"v": 1, "driver_rules": rules})
    page.evaluate("prefs => localStorage.setItem('pitboard.prefs', prefs)", prefs)
    page.reload()

    expect(page.locator("#stint .may").last).to_be_visible()
    expect(page.locator("[data-test=fuel-per-lap]")).to_have_text(NUMBER, timeout=LONG_MS)
    expect(page.locator("#map .road")).to_be_visible(timeout=LONG_MS)
    last = page.locator("#setup .group").last
    expect(last).to_be_attached()
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        is_one_screen(page, width, height)
    # A list that is longer scrolls inside. The setup changes, and what was found is made anew.
    page.evaluate("document.querySelector('#setup').scrollTop = 1e6")
    expect(last).to_be_in_viewport()
    assert page.evaluate("scrollY") == 0


def is_one_screen(page: Page, width: int, height: int) -> None:
    for section in SECTIONS:
        box = page.locator(f"#{section}").bounding_box()
        assert box is not None
        assert box["height"] > 20, (width, section)
        assert box["y"] + box["height"] <= height, (width, section)
    for section in ESSENTIALS:
        assert page.evaluate(f"({CUT})('#{section}')") == [], (width, section)
    for plot in page.locator(".plot").all():
        assert plot.evaluate("node => node.clientHeight") >= PLOT_PX, width
    scrolls = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    assert page.evaluate(scrolls) == [width, height]


def test_page_opened_late_shows_setup_and_all_laps_at_once(page: Page, fast_demo: Demo) -> None:
    page.goto(fast_demo.url)
    rows = page.locator("[data-test=lap-table] tbody tr")
    expect(rows).to_have_count(3, timeout=LONG_MS)

    late = page.context.new_page()
    late.goto(fast_demo.url)

    expect(late.locator("[data-test=lap-table] tbody tr").nth(2)).to_be_visible()
    expect(late.locator("[data-test=setup]")).to_contain_text("Brake bias")


def test_page_says_that_it_lost_the_bridge(page: Page, demo: Demo) -> None:
    page.goto(demo.url)
    expect(page.locator("[data-test=connection]")).to_have_text("🟢 Connected")
    expect(page.locator("[data-test=fuel-percent]")).to_have_text(NUMBER)

    assert demo.stop() == 130

    expect(page.locator("[data-test=connection]")).to_have_text(
        "🔴 Disconnected (attempting to reconnect...)"
    )
    assert hook(page, "fuel") not in ("", "–")


def test_start_page_leads_to_the_session(page: Page, demo: Demo) -> None:
    page.goto(demo.url.rsplit("/s/", 1)[0])

    page.locator("[data-test=sessions] a").first.click()

    expect(page).to_have_url(demo.url)
    expect(page.locator("[data-test=speed]")).to_have_text(NUMBER)
