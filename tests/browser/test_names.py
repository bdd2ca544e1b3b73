"""Names that somebody else chose: whatever they are, the page shows them and stays as it is."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Dialog, Locator, Page, expect

from pitboard.contract.times import to_text
from pitboard.contract.topics import Channel
from tests.browser.driver import Driver, car_in_front_of
from tests.cli.car import SESSION, Car, laps, telemetry, topic

MARKUP = "<img src=x onerror=alert(1)>"
SCRIPT = "</span><script>alert(1)</script>&lt;"
EMOJI = "🏎" * 64
FROM_THE_RIGHT = "فريق السباق"
TURNS_WHAT_FOLLOWS = "\u202eOne \u202b"
CLOSES_WHAT_IS_AROUND = "\u2069\u2067One\u202e"

HOSTILE = [
    MARKUP,
    SCRIPT,
    EMOJI,
    "z" + "\u0335\u0322" * 31,  # marks on top of each other
    FROM_THE_RIGHT,
    "\u200f\u200fOne\u200f",
    TURNS_WHAT_FOLLOWS,
    CLOSES_WHAT_IS_AROUND,
    "__proto__",
    "constructor",
    "${name}{{name}}%s",
]

TURNING = [
    pytest.param(FROM_THE_RIGHT, id="from the right"),
    pytest.param(TURNS_WHAT_FOLLOWS, id="override"),
    pytest.param(CLOSES_WHAT_IS_AROUND, id="isolates"),
]

# Isolates are what the page itself puts around a name in a sentence.
READ = "(element) => element.textContent.replace(/[\\u2066-\\u2069]/g, '')"

# Where each of the words stands first, as it is read: px from above, then from the left; null for
# one that is not there.
PLACES = """(element, words) => {
  const nodes = document.createNodeIterator(element, NodeFilter.SHOW_TEXT);
  const places = words.map(() => null);
  for (let node = nodes.nextNode(); node !== null; node = nodes.nextNode()) {
    for (const [i, word] of words.entries()) {
      const at = node.data.indexOf(word);
      if (at < 0 || places[i] !== null) continue;
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + word.length);
      const { top, left } = range.getBoundingClientRect();
      places[i] = [Math.round(top), left];
    }
  }
  return places;
}"""

TELEMETRY = telemetry(lap=4, fuel=41.5, stint_laps=3, stint_time=420.0)


def force(car: Car, one: Driver, channel: Channel, fields: Mapping[str, Any]) -> None:
    """Publish what the contract forbids."""
    one.seq += 1
    message = {
        "v": 1,
        "session_id": SESSION,
        "monitor_id": "pc-1",
        "birth": 1,
        "seq": one.seq,
        "timestamp": to_text(time.time_ns() // 1_000_000),
        **fields,
    }
    car.send(topic(channel), msgspec.json.encode(message))


@pytest.fixture
def car(page: Page, tmp_path: Path) -> Iterator[Car]:
    """A car that has said nothing yet, on a page that no name may make speak."""
    dialogs: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    with car_in_front_of(page, tmp_path) as car:
        yield car
    assert dialogs == []


@pytest.fixture
def one(car: Car) -> Driver:
    """The monitor that has the car."""
    return Driver(car, "pc-1", "Driver One")


def hook(page: Page, name: str) -> Locator:
    return page.locator(f"[data-test={name}]")


def slot(page: Page, name: str) -> Locator:
    return page.locator(f"[data-slot={name}]")


def shows(where: Locator, text: str) -> None:
    """The text as it is: `to_have_text` would take other spaces and marks for the same."""
    expect(where).not_to_have_text("–")
    expect(where).not_to_have_text("")
    assert where.evaluate(READ) == without_isolates(text)


def without_isolates(text: str) -> str:
    return text.translate(dict.fromkeys(range(0x2066, 0x206A)))


def stand_in_order(where: Locator, *words: str) -> None:
    places = where.evaluate(PLACES, words)
    assert None not in places, (words, places, where.inner_text())
    assert places == sorted(places), (words, places)


def calls_everything(one: Driver, name: str) -> None:
    """All that people, teams and tracks are called by is *name*."""
    sheet = {"tires": {name: name, "compound": name}, "constructor": {"__proto__": name}}
    one.say(Channel.STATUS, state="online", in_control=True, driver=name, control=1)
    one.say(
        Channel.META,
        units={},
        **dict.fromkeys(("car", "car_class", "team", "track", "layout", "car_number"), name),
        drivers=[name, "Driver Two"],
        session_type="constructor",
        forecast=[{"in": 1800, "rain": 20, "sky": name}],
    )
    one.say(
        Channel.SETUP, revision=1, captured_at="2026-06-13T12:00:00.000Z", name=name, setup=sheet
    )
    one.say(Channel.LAPS, **laps_of(name))
    compounds = dict.fromkeys(("fl", "fr", "rl", "rr"), name)
    one.say(
        Channel.TELEMETRY,
        telemetry={
            **TELEMETRY,
            "tire_compounds": compounds,
            "pit_state": "constructor",
            "flags": ["constructor"],
        },
    )


def laps_of(name: str) -> Mapping[str, Any]:
    """Three laps that a driver of that name drove on tyres of that name."""
    told = laps(3.0, 3.0, 3.0)
    columns = [*told["columns"], "compound"]
    return {**told, "columns": columns, "rows": [[*row[:-1], name, name] for row in told["rows"]]}


def test_page_shows_names_as_they_are(page: Page, one: Driver) -> None:
    for name in HOSTILE:
        calls_everything(one, name)
        page.set_viewport_size({"width": 1440, "height": 900})
        page.reload()
        is_shown_as_it_is(page, name)


def is_shown_as_it_is(page: Page, name: str) -> None:
    row = hook(page, "lap-table").locator("tbody tr").first
    expect(row).to_be_visible()
    expect(hook(page, "fuel")).to_have_text("41.5")

    for where in (
        hook(page, "driver"),
        hook(page, "car"),
        slot(page, "team"),
        slot(page, "stint-driver"),
    ):
        shows(where, name)
    shows(hook(page, "track"), f"{name}, {name}")
    shows(slot(page, "car-number"), name)
    expect(hook(page, "setup")).to_contain_text("Constructor")
    setup = hook(page, "setup").locator(".groups").evaluate(READ)
    assert without_isolates(name).strip("_") in setup
    assert "Constructor" in setup
    assert without_isolates(name) in hook(page, "forecast").evaluate(READ)
    assert without_isolates(name) in hook(page, "lap-table").evaluate(READ)
    assert without_isolates(name) in hook(page, "drivers").evaluate(READ)
    expect(slot(page, "pit-state")).to_have_text("Constructor")
    expect(page.locator("img[src=x], script:not([src])")).to_have_count(0)
    expect(slot(page, "stint")).to_have_text("stint 3 laps, 7:00")
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[{}.polluted, Object.keys(Object.prototype).length]") == [None, 0]


@pytest.mark.parametrize("name", TURNING)
def test_what_stands_beside_a_name_keeps_its_place(
    page: Page, car: Car, one: Driver, name: str
) -> None:
    """A name that turns the words around it could make them say something else."""
    two = Driver(car, "pc-2", name)
    one.is_("online", control=1)
    one.say(Channel.LAPS, **laps(3.0, 3.0, 3.0))
    one.say(Channel.TELEMETRY, telemetry=TELEMETRY)
    expect(hook(page, "stint-number")).to_have_text("1")
    two.is_("idle")
    meta = {"car": name, "track": name, "layout": "GP", "team": "Racing"}
    two.say(Channel.META, units={}, session_type="race", **meta)
    one.say(Channel.META, units={}, session_type="race", **meta)
    expect(hook(page, "others")).to_contain_text("(idle)")
    stand_in_order(hook(page, "others"), "Also", "here:", "(", "idle", ")")
    identity = page.locator("#identity .sub").first
    expect(identity).to_contain_text("Racing")
    stand_in_order(identity, "GP", "Race", "Racing")

    # A change is news only to who saw a live car before it.
    one.say(Channel.TELEMETRY, telemetry={**TELEMETRY, "fuel": 41.0})
    expect(hook(page, "fuel")).to_have_text("41.0")
    two.is_("online", control=2)
    two.say(Channel.TELEMETRY, telemetry=TELEMETRY)

    expect(hook(page, "swap")).to_contain_text("took over on lap 4")
    stand_in_order(hook(page, "swap"), "took", "over", "on", "lap", "4")
    news = page.locator("#news").filter(has_text="Driver changed")
    expect(news).to_be_visible()
    stand_in_order(news, "Driver", "changed:", "Driver One", "→")
    stand_in_order(page.locator("#identity .driver"), "Driver", "stint", "3", "laps")


@pytest.mark.parametrize("name", TURNING)
def test_alert_goes_on_after_a_name_as_it_began(page: Page, one: Driver, name: str) -> None:
    one.name = name
    one.is_("online", control=1)
    one.say(Channel.TELEMETRY, telemetry=TELEMETRY)
    expect(hook(page, "stint-number")).to_have_text("1")

    one.is_("lost", control=1)

    alert = page.locator("#alerts").filter(has_text="is lost")
    expect(alert).to_be_visible()
    stand_in_order(alert, "The", "monitor", "of", "is", "lost")


def test_name_that_is_too_long_leaves_the_page_with_the_last_good_one(
    page: Page, car: Car, one: Driver
) -> None:
    one.is_("online", control=1)
    one.say(Channel.TELEMETRY, telemetry=TELEMETRY)
    expect(hook(page, "driver")).to_have_text("Driver One")
    expect(hook(page, "fuel")).to_have_text("41.5")

    claim = {"state": "online", "in_control": True, "control": 1}
    force(car, one, Channel.STATUS, {**claim, "driver": "🏎" * 10_000})
    force(car, one, Channel.STATUS, {**claim, "driver": "nul \x00"})
    force(car, one, Channel.META, {"units": {}, "car": "🏎" * 10_000})
    one.say(Channel.TELEMETRY, telemetry={**TELEMETRY, "fuel": 41.0})

    # The broker and the bridge keep the order, so what came before it was refused.
    expect(hook(page, "fuel")).to_have_text("41.0")
    expect(hook(page, "driver")).to_have_text("Driver One")
    expect(hook(page, "car")).to_have_text("–")
    one.name = EMOJI
    one.is_("online", control=1)
    expect(hook(page, "driver")).to_have_text(EMOJI)
