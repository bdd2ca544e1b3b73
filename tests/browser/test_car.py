"""What a page makes of a car that says what a test wants: over a real broker and a real bridge."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from pitboard.contract.topics import Channel
from tests.browser.driver import Driver, car_in_front_of
from tests.chromium import LONG_MS
from tests.cli.car import Car, laps

NOTHING = "–"


@pytest.fixture
def car(page: Page, tmp_path: Path) -> Iterator[Car]:
    """A car that has said nothing yet, on a page that waits for it."""
    with car_in_front_of(page, tmp_path) as car:
        expect(hook(page, "notices")).to_contain_text("Waiting for the first message")
        yield car


@pytest.fixture
def one(car: Car) -> Driver:
    """Who is in the car."""
    driver = Driver(car, "pc-1", "Driver One")
    driver.is_("online", control=1)
    return driver


def hook(page: Page, name: str) -> Locator:
    return page.locator(f"[data-test={name}]")


def slot(page: Page, name: str) -> Locator:
    return page.locator(f"[data-slot={name}]")


def test_crew_sees_when_it_catches_the_one_ahead(page: Page, one: Driver) -> None:
    """Half a second a lap on two and a half are five laps."""
    for lap, gap in ((3, 4.0), (4, 3.5), (5, 3.0), (6, 2.5)):
        expect(slot(page, "catch-ahead")).to_have_text(NOTHING)
        one.drive(lap=lap, class_position=3, gap_ahead=gap, gap_behind=9.0)
        expect(slot(page, "gap-ahead")).to_have_text(str(gap))

    expect(slot(page, "catch-ahead")).to_have_text("5 laps")
    expect(slot(page, "trend-ahead")).to_have_text("closing 0.50/lap")
    expect(slot(page, "caught-behind")).to_have_text(NOTHING)
    one.drive(lap=6, class_position=2, gap_ahead=20.0)
    expect(slot(page, "catch-ahead")).to_have_text(NOTHING)


def test_crew_reads_the_forecast(page: Page, one: Driver) -> None:
    soon = {"in": 1800, "rain": 20, "ambient_temp": 22, "sky": "light clouds"}
    one.say(Channel.META, units={}, forecast=[soon, {"in": 9000, "rain": 80}, {"sky": "rain"}])
    one.drive(lap=3)

    lines = hook(page, "forecast").locator("li")
    expect(lines).to_have_text(["in 30 min: rain 20 %, 22 °C, light clouds", "in 2.5 h: rain 80 %"])
    page.locator("select[name=temperature]").select_option("F")
    expect(lines.first).to_have_text("in 30 min: rain 20 %, 72 °F, light clouds")


def test_crew_reads_in_which_laps_the_car_can_stop(page: Page, one: Driver) -> None:
    """Ten laps of fuel from lap 4, and a tank of twenty to a flag on lap 30."""
    one.say(Channel.META, units={}, session_type="race", race_laps=30, fuel_capacity=60)
    one.say(Channel.LAPS, **laps(3.0, 3.0, 3.0))
    one.drive(lap=4, fuel=30.0, position=1)

    expect(hook(page, "box-window")).to_have_text("Box: lap 10 to 13")
    expect(hook(page, "reaches-flag")).to_have_text(re.compile("Does not reach the flag"))

    one.drive(lap=5, fuel=90.0, position=1)
    expect(hook(page, "box-window")).to_have_text("No stop needed")


def test_page_follows_a_change_of_driver_without_mixing_values(
    page: Page, car: Car, one: Driver
) -> None:
    """Another car's speed beside this one's fuel would be believed."""
    two = Driver(car, "pc-2", "Driver Two")
    two.is_("idle")
    one.say(Channel.LAPS, **laps(2.7, 2.7, 2.7))
    one.drive(lap=4, fuel=40.1, speed=201.0)
    # The whole page is there, and sees who drives.
    expect(hook(page, "stint-number")).to_have_text("1")
    one.drive(lap=4, fuel=40.0, speed=202.0)
    expect(hook(page, "speed")).to_have_text("202")
    expect(hook(page, "others")).to_have_text("Also here: Driver Two (idle)")
    expect(hook(page, "swap")).to_have_text("")

    one.is_("online")
    two.is_("online", control=2)

    expect(hook(page, "driver")).to_have_text("Driver Two")
    expect(hook(page, "speed")).to_have_text(NOTHING)
    expect(hook(page, "fuel")).to_have_text(NOTHING)
    expect(hook(page, "notices")).to_contain_text("no telemetry of the car has come yet")

    one.drive(lap=4, fuel=39.9, speed=205.0)
    two.drive(lap=4, fuel=38.2)

    expect(hook(page, "fuel")).to_have_text("38.2")
    expect(hook(page, "speed")).to_have_text(NOTHING)
    expect(hook(page, "swap")).to_have_text(re.compile("Driver Two took over on lap 4"))
    expect(page.locator("#news")).to_contain_text("Driver changed: Driver One → Driver Two")
    expect(hook(page, "others")).to_have_text("Also here: Driver One (online)")
    driving = hook(page, "drivers").locator("tbody tr").filter(has_text="driving")
    expect(driving).to_contain_text("Driver Two")


def test_page_says_that_the_signal_of_the_monitor_is_lost(page: Page, one: Driver) -> None:
    one.drive(lap=3, fuel=42.3)
    expect(hook(page, "fuel")).to_have_text("42.3")

    one.is_("lost", control=1)

    state = hook(page, "monitor-state")
    expect(state).to_have_text("lost")
    expect(state).to_have_attribute("title", "signal lost")
    expect(page.locator("#alerts")).to_contain_text("The monitor of Driver One is lost")
    expect(page.locator("html")).to_have_attribute("data-monitor", "lost")
    expect(hook(page, "fuel")).to_have_text("42.3")

    one.is_("online", control=1)
    expect(state).to_have_text("online")
    expect(page.locator("#alerts")).to_be_hidden(timeout=LONG_MS)


def test_page_tells_a_monitor_without_a_driver_from_one_that_is_gone(
    page: Page, one: Driver
) -> None:
    one.drive(lap=3)

    one.is_("idle", control=1)

    state = hook(page, "monitor-state")
    expect(state).to_have_text("idle")
    expect(state).to_have_attribute("title", "connected, nobody drives")
    expect(page.locator("#alerts")).not_to_contain_text("The monitor of")


def test_page_says_that_a_monitor_is_there_but_no_telemetry(page: Page, one: Driver) -> None:
    notices = hook(page, "notices")
    expect(notices).to_have_text("A monitor is there, but no telemetry of the car has come yet")
    expect(hook(page, "monitor-state")).to_have_text("online")
    expect(hook(page, "speed")).to_have_text(NOTHING)

    one.drive(lap=3, speed=180.0)

    expect(hook(page, "speed")).to_have_text("180")
    expect(notices).not_to_contain_text("no telemetry")
