"""What axe-core finds on each page, and what a keyboard reaches."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.brokers import TIMEOUT_S
from tests.browser.conftest import Demo
from tests.chromium import LONG_MS

NUMBER = re.compile(r"\d")
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
WIDTHS = (1920, 1440, 360)
SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")

# Of what passes one example is enough.
RUN = """([where, levels]) => axe.run(
  where, { runOnly: { type: 'tag', values: levels }, resultTypes: ['violations'] })"""

# What can be reached by Tab, in the order of the page.
REACHABLE = """
() => {
  const shown = (node) => node.checkVisibility({ visibilityProperty: true })
    && !node.matches('details:not([open]) > :not(summary) *');
  const nodes = [...document.querySelectorAll(
    'a[href], button, input, select, summary, [tabindex="0"]')];
  return nodes.filter((node) => !node.disabled && shown(node)).map(NAME);
}
""".replace("NAME", "(node) => node.outerHTML.slice(0, 200)")
FOCUSED = """
() => {
  const node = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(node);
  const { width, height } = node.getBoundingClientRect();
  return {
    name: node.outerHTML.slice(0, 200),
    isVisible: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1 && width * height > 0,
  };
}
"""


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Page]:
    """A page whose policy lets the test run axe in it."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm ci")
    context = chromium.new_context(bypass_csp=True, locale="en-GB")
    context.set_default_timeout(TIMEOUT_S * 1000)
    context.add_init_script(path=AXE)
    yield context.new_page()
    context.close()


def violations(page: Page, where: str = "html") -> list[str]:
    """What is wrong in what *where* selects, a line each, at every width by night and by day."""
    found = []
    for width, scheme in product(WIDTHS, SCHEMES):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        result: dict[str, Any] = page.evaluate(RUN, [where, LEVELS])
        assert result["passes"], "axe judged nothing"
        found += [
            f"{width} {scheme}: {rule['id']}: {node['target']}: {node['failureSummary']}"
            for rule in result["violations"]
            for node in rule["nodes"]
        ]
    return found


def test_start_page_has_no_violation(open_page: Page, demo: Demo) -> None:
    open_page.goto(demo.url.rsplit("/s/", 1)[0])
    expect(open_page.locator("[data-test=sessions] a").first).to_be_visible(
        timeout=TIMEOUT_S * 1000
    )

    assert violations(open_page) == []


def test_session_page_has_no_violation_live_in_its_dialogs_and_when_the_bridge_is_gone(
    open_page: Page, fast_demo: Demo
) -> None:
    open_page.goto(fast_demo.url)
    expect(open_page.locator("[data-test=fuel-per-lap]")).to_have_text(NUMBER, timeout=LONG_MS)
    for details in open_page.locator("details").all():
        details.evaluate("node => { node.open = true; }")
    found = {"live": violations(open_page)}
    open_page.locator("[data-test=open-settings]").click()
    # What lies under a dialog is as it was.
    found["settings"] = violations(open_page, "#settings")
    open_page.locator("[data-test=open-limits]").click()
    found["limits"] = violations(open_page, "#limits")
    open_page.keyboard.press("Escape")
    open_page.keyboard.press("Escape")

    fast_demo.stop()
    expect(open_page.locator("html")).to_have_attribute("data-state", "disconnected")
    found["disconnected"] = violations(open_page)

    assert {state: lines for state, lines in found.items() if lines} == {}


def test_page_of_several_cars_has_no_violation(open_page: Page, demo: Demo) -> None:
    open_page.goto(f"{demo.url}+{demo.url.rsplit('/', 1)[1]}")
    expect(open_page.locator("[data-test=cars] [data-slot=fuel]")).to_have_text(NUMBER)

    assert violations(open_page) == []


def test_keyboard_reaches_every_control_in_order_and_shows_where_it_is(
    page: Page, demo: Demo
) -> None:
    page.goto(demo.url)
    expect(page.locator("[data-test=speed]")).to_have_text(NUMBER)
    expect(page.locator("[data-test=setup]")).to_contain_text("Brake bias")
    reachable = page.evaluate(REACHABLE)

    reached = []
    for _ in reachable:
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        assert focused["isVisible"], focused["name"]
        reached.append(focused["name"])

    assert len(reachable) > 8
    assert reached == reachable


def test_link_is_copied_and_shown_as_a_code(page: Page, demo: Demo) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(demo.url)

    page.locator("[data-test=copy-link]").click()
    expect(page.locator("[data-test=copy-link]")).to_have_text("Copied")
    page.locator("[data-test=share] summary").click()

    expect(page.locator("[data-test=share] img")).to_be_visible()
    expect(page.locator("[data-slot=qr-note]")).to_contain_text("this device only")
    assert page.evaluate("navigator.clipboard.readText()") == demo.url


def test_link_is_selected_where_the_browser_does_not_copy(page: Page, demo: Demo) -> None:
    """There is no clipboard without TLS, as in the network of a pit."""
    page.add_init_script("delete Navigator.prototype.clipboard")
    page.goto(demo.url)
    expect(page.locator("#setup[data-filled]")).to_be_attached()

    page.locator("[data-test=copy-link]").click()

    expect(page.locator("[data-test=copy-link]")).to_have_text("Selected: copy it")
    assert page.evaluate("getSelection().toString()") == demo.url
