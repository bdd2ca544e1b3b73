"""What the crew sets and is warned of, in a real Chromium in front of a real demo."""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Demo
from tests.chromium import LONG_MS

NUMBER = re.compile(r"\d")

CONTRAST = """
([text, ground]) => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d');
  const luminance = (colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const over = luminance(getComputedStyle(document.querySelector(text)).color);
  const under = luminance(getComputedStyle(document.querySelector(ground)).backgroundColor);
  return (Math.max(over, under) + 0.05) / (Math.min(over, under) + 0.05);
}
"""
AA = 4.5

CUT = """
selector => {
  const value = document.querySelector(selector).closest('.value');
  return value.scrollWidth > value.clientWidth;
}
"""


def left(section: str) -> str:
    return f"document.getElementById('{section}').getBoundingClientRect().left"


def set_limit(page: Page, name: str, value: str) -> None:
    field = page.locator(f"[data-test=limits] [data-quantity=brake_temp] input[name={name}]")
    field.fill(value)
    field.blur()


def open_limits(page: Page) -> None:
    page.locator("[data-test=open-settings]").click()
    page.locator("[data-test=open-limits]").click()


def close_dialogs(page: Page) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_brake_over_the_limit_of_the_team_is_an_alert_until_it_is_seen_or_muted(
    page: Page, demo: Demo
) -> None:
    page.goto(demo.url)
    expect(page.locator("[data-test=brake-fl]")).to_have_text(NUMBER)
    alert = page.locator("[data-alert='brake_temp.fl']")
    expect(alert).to_have_count(0)

    open_limits(page)
    set_limit(page, "hot", "1600")
    expect(page.locator("#problem-brake_temp")).to_have_text("From −50 to 1500 °C")
    for name, value in (("cold", "1"), ("hot", "2"), ("too_hot", "3")):
        set_limit(page, name, value)
    close_dialogs(page)

    expect(alert).to_contain_text("too hot")
    expect(alert).to_contain_text("Critical")
    expect(page.locator("[data-corner=fl] [data-slot=brake-word]")).to_have_text("too hot")
    expect(page.locator("[data-slot=announcer]")).to_contain_text("Critical: ")
    alert.get_by_role("button", name="Seen").click()
    expect(alert).to_have_attribute("data-look", "quiet")
    alert.get_by_role("button", name="Mute").click()
    expect(page.locator("[data-alert='brake_temp.rr']")).to_contain_text("muted")
    page.locator("[data-test=alert-log] summary").click()
    expect(page.locator("[data-test=alert-log] tbody tr").first).to_contain_text(NUMBER)

    page.reload()

    expect(page.locator("[data-alert='brake_temp.rr']")).to_contain_text("muted")
    open_limits(page)
    expect(
        page.locator("[data-test=limits] [data-quantity=brake_temp] input[name=hot]")
    ).to_have_value("2")


def test_setup_is_searched_and_tells_what_changed(page: Page, fast_demo: Demo) -> None:
    page.goto(fast_demo.url)
    lines = page.locator("[data-test=setup] .line:visible")
    expect(lines.nth(5)).to_be_visible()

    page.locator("[data-test=setup-search]").fill("brake bias")

    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("Brake bias")
    expect(lines).to_contain_text(
        re.compile(r"was .*; changed (this lap|\d+ laps? ago)"), timeout=LONG_MS
    )
    page.locator("[data-test=setup-search]").fill("no such thing")
    expect(page.locator("[data-slot=found]")).to_have_text('Nothing matches "no such thing"')
    page.locator("[data-slot=since-last] summary").click()
    expect(page.locator("[data-slot=since-last] tbody")).to_contain_text("Brake bias")


def test_settings_asked_for_before_they_are_loaded_open_when_they_are(
    page: Page, demo: Demo
) -> None:
    held: list[Route] = []
    # Playwright marks its handlers, which a built-in method does not allow.
    page.route("**/whole_page.js", lambda route: held.append(route))  # noqa: PLW0108
    with page.expect_request("**/whole_page.js"):
        page.goto(demo.url)
    settings = page.locator("[data-test=settings]")
    expect(page.locator("[data-test=speed]")).to_have_text(re.compile(r"\d"))
    expect(page.locator("[data-test=fuel]")).to_have_text(re.compile(r"\d"))

    page.locator("[data-test=open-settings]").click()
    expect(settings).to_be_hidden()
    held[0].continue_()

    expect(settings).to_be_visible()


def test_link_asked_for_before_it_can_be_copied_is_copied_when_it_can(
    page: Page, demo: Demo
) -> None:
    held: list[Route] = []
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    # Playwright marks its handlers, which a built-in method does not allow.
    page.route("**/whole_page.js", lambda route: held.append(route))  # noqa: PLW0108
    with page.expect_request("**/whole_page.js"):
        page.goto(demo.url)

    page.locator("[data-test=copy-link]").click()
    held[0].continue_()

    expect(page.locator("[data-test=copy-link]")).to_have_text("Copied")


def test_preferences_are_remembered_and_reached_by_keyboard(page: Page, demo: Demo) -> None:
    page.goto(demo.url)
    settings = page.locator("[data-test=settings]")
    page.locator("[data-test=open-settings]").press("Enter")
    expect(settings).to_be_visible()

    settings.locator("[name=theme]").select_option("light")
    settings.locator("[name=max_continuous]").fill("180")
    settings.locator("[name=max_continuous]").blur()
    settings.locator("[data-section=conditions] [data-act=hide]").press("Enter")
    up = settings.locator("[data-section=tires] [data-act=up]")
    up.press("Enter")
    expect(up).to_be_focused()
    close_dialogs(page)
    expect(page.locator("#conditions")).to_be_hidden()

    page.reload()

    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.locator("meta[name=color-scheme]")).to_have_attribute("content", "light")
    expect(page.locator("#conditions")).to_be_hidden()
    assert page.evaluate("document.querySelector('#tires').nextElementSibling.id") == "fuel"
    page.set_viewport_size({"width": 1920, "height": 1080})
    assert page.evaluate(f"{left('tires')} < {left('fuel')}"), "a broad screen keeps the order too"
    page.locator("[data-test=open-settings]").click()
    expect(settings.locator("[name=max_continuous]")).to_have_value("180")
    for text in (".sub", "[data-test=fuel]", "[data-test=connection]", ".label"):
        assert page.evaluate(CONTRAST, [text, "html"]) >= AA, text


def test_pit_wall_mode_is_a_few_large_numbers_at_every_width(page: Page, demo: Demo) -> None:
    page.goto(demo.url)
    size = "getComputedStyle(document.querySelector('#fuel .huge')).fontSize"
    usual = page.evaluate(f"parseFloat({size})")
    page.locator("[data-test=open-settings]").click()
    page.locator("[data-test=settings] [name=wall]").check()
    close_dialogs(page)

    expect(page.locator("html")).to_have_attribute("data-mode", "wall")
    assert page.evaluate(f"parseFloat({size})") > usual
    expect(page.locator("#setup")).to_be_hidden()
    expect(page.locator("[data-test=position]")).to_be_visible()
    for width in (360, 768, 1440, 1920, 2560):
        page.set_viewport_size({"width": width, "height": 1000})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        assert page.evaluate(CUT, "#race [data-slot=to-go]") is False, width


def test_pit_wall_says_which_tank_ends_first(page: Page, fast_demo: Demo) -> None:
    page.goto(fast_demo.url)
    ends = page.locator("[data-test=ends-first]")
    expect(ends).to_have_text(re.compile("ends first"), timeout=LONG_MS)

    page.locator("[data-test=open-settings]").click()
    page.locator("[data-test=settings] [name=wall]").check()
    close_dialogs(page)

    expect(ends).to_be_visible()
