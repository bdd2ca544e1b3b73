"""Two tabs of one browser on one session, each set as its reader wants it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Demo
from tests.chromium import new_page

HTML = "html"


@pytest.fixture
def tabs(chromium: Browser, demo: Demo) -> Iterator[tuple[Page, Page]]:
    """The wall's and the engineer's, both open before anything is changed."""
    with new_page(chromium) as wall:
        engineer = wall.context.new_page()
        for tab in (wall, engineer):
            tab.goto(demo.url)
            expect(tab.locator("[data-test=speed]")).not_to_have_text("–")
        yield wall, engineer


def settings_of(tab: Page) -> None:
    tab.bring_to_front()
    tab.locator("[data-test=open-settings]").click()
    expect(tab.locator("[data-test=settings]")).to_be_visible()


def test_what_is_set_in_one_tab_does_not_disturb_another(tabs: tuple[Page, Page]) -> None:
    """A pit wall that changes its look because somebody set a laptop's is a nuisance in a race."""
    wall, engineer = tabs

    settings_of(wall)
    wall.locator("[name=wall]").check()
    wall.locator("[name=theme]").select_option("light")
    settings_of(engineer)
    engineer.locator("[data-section=conditions] [data-act=hide]").click()
    engineer.locator("[data-slot=close]").first.click()
    engineer.locator("[name=pressure]").select_option("psi")

    expect(wall.locator(HTML)).to_have_attribute("data-mode", "wall")
    expect(wall.locator(HTML)).to_have_attribute("data-theme", "light")
    expect(wall.locator("[data-unit=pressure]").first).to_have_text("kPa")
    expect(engineer.locator(HTML)).not_to_have_attribute("data-mode", "wall")
    expect(engineer.locator(HTML)).to_have_attribute("data-theme", "dark")
    expect(engineer.locator("#conditions")).to_be_hidden()
    expect(engineer.locator("[data-unit=pressure]").first).to_have_text("psi")


def test_what_two_tabs_set_is_all_there_when_one_is_loaded_again(
    tabs: tuple[Page, Page],
) -> None:
    wall, engineer = tabs
    settings_of(wall)
    wall.locator("[name=wall]").check()
    wall.locator("[name=theme]").select_option("light")
    wall.locator("[data-section=setup] [data-act=hide]").click()
    wall.locator("[data-slot=close]").first.click()
    settings_of(engineer)
    engineer.locator("[data-section=conditions] [data-act=hide]").click()
    engineer.locator("[name=max_continuous]").fill("180")
    engineer.locator("[name=max_continuous]").blur()
    engineer.locator("[data-slot=close]").first.click()
    engineer.locator("[name=pressure]").select_option("psi")
    engineer.locator("select[name=fuel]").select_option("gal")

    wall.bring_to_front()
    wall.reload()

    expect(wall.locator(HTML)).to_have_attribute("data-mode", "wall")
    expect(wall.locator(HTML)).to_have_attribute("data-theme", "light")
    expect(wall.locator("#setup")).to_be_hidden()
    expect(wall.locator("#conditions")).to_be_hidden()
    expect(wall.locator("[data-unit=pressure]").first).to_have_text("psi")
    expect(wall.locator("[data-unit=fuel]").first).to_have_text("gal")
    settings_of(wall)
    expect(wall.locator("[name=max_continuous]")).to_have_value("180")
