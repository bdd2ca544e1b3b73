"""A translation is one file: with another `words.js` the pages say nothing in English."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Demo
from tests.chromium import LONG_MS
from tests.waiting import eventually

WORDS = (Path(__file__).parents[2] / "dashboard" / "js" / "words.js").read_text()

TRANSLATION = """
import * as english from "./words.js?english";
// With a dot over each letter no two letters stand side by side.
const dotted = (text) => text.replace(/\\{\\w+\\}|[A-Za-z]/g, (part) => {
  return part.startsWith("{") ? part : `${part}\\u0307`;
});
const translated = (value) => {
  if (typeof value === "string") return dotted(value);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, translated(each)]));
};
"""
SAME_IN_EVERY_LANGUAGE = {"LANGUAGE": '"de"', "ACRONYMS": "english.ACRONYMS"}

SAID = """() => {
  const texts = [document.title];
  const nodes = document.createNodeIterator(document.body, NodeFilter.SHOW_TEXT);
  for (let node = nodes.nextNode(); node !== null; node = nodes.nextNode()) {
    if (!node.parentElement.closest("noscript, .units option, code")) texts.push(node.data);
  }
  for (const element of document.querySelectorAll("*")) {
    for (const name of ["aria-label", "aria-valuetext", "alt", "title", "placeholder"]) {
      texts.push(element.getAttribute(name) ?? "");
    }
  }
  return texts;
}"""

SYMBOLS = {"pitboard", "csv", "kpa", "km", "rpm", "gal"}
"""Names of units, of formats and of the program."""

NAMED = {"car", "car_class", "track", "layout", "team", "driver", "drivers", "compound", "sky"}
NAMED |= {"tire_compound", "name", "monitor_id"}
"""Fields whose texts somebody else chose; words of the contract are in the table."""


def translation() -> str:
    names = re.findall(r"^export const (\w+)", WORDS, re.MULTILINE)
    assert len(names) > 20
    return TRANSLATION + "\n".join(
        f"export const {name} = {SAME_IN_EVERY_LANGUAGE.get(name, f'translated(english.{name})')};"
        for name in names
    )


def chosen(value: Any, *, is_name: bool = False) -> Iterator[str]:
    """The words that somebody else chose, in a message: names, and values of settings."""
    if isinstance(value, str) and is_name:
        yield from re.findall(r"[a-z]+", value.lower())
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from chosen(each, is_name=is_name or key in NAMED or key == "setup")
    elif isinstance(value, list):
        for each in value:
            yield from chosen(each, is_name=is_name)


@pytest.fixture
def english(page: Page) -> Callable[[], set[str]]:
    """What a translated page says in English and was not sent."""
    sent: set[str] = set(SYMBOLS)

    def answer(route: Route) -> None:
        if route.request.url.endswith("?english"):
            route.fulfill(body=WORDS, content_type="text/javascript")
        else:
            route.fulfill(body=translation(), content_type="text/javascript")

    page.route("**/js/words.js*", answer)
    # What it has kept goes past the route.
    page.add_init_script("delete Navigator.prototype.serviceWorker")
    page.on(
        "websocket",
        lambda socket: socket.on(
            "framereceived", lambda frame: sent.update(chosen(json.loads(frame)))
        ),
    )

    def said() -> set[str]:
        texts = page.evaluate(SAID)
        assert any("\u0307" in text for text in texts)
        found = {word for text in texts for word in re.findall(r"[A-Za-z]{2,}", text)}
        return {word for word in found if word.lower() not in sent}

    return said


def test_session_page_says_all_by_one_file(
    page: Page, fast_demo: Demo, english: Callable[[], set[str]]
) -> None:
    page.goto(fast_demo.url)

    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("[data-test=lap-table] tbody tr").nth(5)).to_be_attached(timeout=LONG_MS)
    page.locator("[data-test=open-settings]").click()
    page.locator("[data-test=open-limits]").click()
    assert english() == set()

    fast_demo.stop()
    eventually(lambda: page.evaluate("document.documentElement.dataset.state") == "disconnected")
    assert english() == set()


def test_start_page_and_that_of_several_cars_say_all_by_one_file(
    page: Page, demo: Demo, english: Callable[[], set[str]]
) -> None:
    start, _, session = demo.url.partition("/s/")
    page.goto(start)
    expect(page.locator("[data-test=sessions] li")).to_be_visible(timeout=LONG_MS)
    page.get_by_role("textbox").fill("No id")
    page.get_by_role("textbox").press("Enter")
    expect(page.locator("#join-problem")).not_to_have_text("")
    # The list comes by another way than the page's own.
    named = set(chosen(page.evaluate("fetch('/api/sessions').then((answer) => answer.json())")))
    assert {word for word in english() if word.lower() not in named} == set()

    page.goto(f"{start}/s/{session}+{session}")
    expect(page.locator("[data-test=cars] tbody [data-slot=lap]")).not_to_have_text("–")
    assert english() == set()
