"""How far the car comes, who drives, and what the crew's rules leave the driver."""

import json
import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Demo
from tests.chromium import LONG_MS

NUMBER = re.compile(r"\d")


def test_crew_reads_how_far_the_tanks_go(page: Page, fast_demo: Demo) -> None:
    page.goto(fast_demo.url)
    use = page.locator("[data-test=fuel-per-lap]")
    expect(use).to_have_text("learning")

    expect(use).to_have_text(NUMBER, timeout=LONG_MS)

    expect(page.locator("[data-test=ends-first]")).to_have_text(re.compile("ends first"))
    expect(page.locator("[data-test=box-window]")).to_have_text(re.compile(r"^Box: by lap \d+"))
    verdict = page.locator("[data-test=reaches-flag]")
    expect(verdict).to_have_text(re.compile(r"Does not reach the flag: \d+ stops"))
    expect(page.locator("[data-slot=energy-need]")).to_have_text(NUMBER)
    expect(page.locator("[data-slot=fuel-over]")).to_have_text(re.compile("−"))
    expect(page.locator("#fuel [data-slot=learned]")).to_have_text(
        re.compile(r"Per lap: \d( of \d)? laps")
    )
    bars = page.locator("[data-test=fuel-uses]")
    expect(bars.locator("rect.clean")).not_to_have_count(0)
    expect(bars.locator("rect.out")).not_to_have_count(0)
    expect(bars).to_have_attribute("aria-label", re.compile(r"lap \d+ .* left out"))


def test_crew_sees_what_its_rules_leave_the_driver(page: Page, fast_demo: Demo) -> None:
    rules = {"min_total": 36_000, "max_total": 36_000, "max_continuous": None}
    page.goto(fast_demo.url)
    drivers = page.locator("[data-test=drivers] tbody tr")
    expect(page.locator("[data-test=stint-number]")).to_have_text("1")
    expect(drivers.filter(has_text="driving")).to_have_count(1)
    expect(page.locator("[data-test=drivers] td.may").first).to_be_hidden()

    prefs = json.dumps({"v": 1, "driver_rules": rules})
    page.evaluate("prefs => localStorage.setItem('pitboard.prefs', prefs)", prefs)
    page.reload()

    driving = drivers.filter(has_text="driving")
    expect(driving.locator(".may")).to_have_text(re.compile(r"^[89]:\d\d:\d\d$"))
    expect(driving.locator(".must")).to_have_text(re.compile(r"^[89]:\d\d:\d\d$"))
    others = drivers.filter(has_not_text="driving")
    expect(others.first.locator(".may")).to_have_text("10:00:00")
