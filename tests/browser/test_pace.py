"""Pace: the map, the delta, the charts and the laps of a whole race."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import CLOSE, Demo, running_demo
from tests.chromium import HEIGHT, LONG_MS, WIDTH, new_page

NUMBER = re.compile(r"\d")
PLOTS = ("delta", "speed", "pedals", "laps")


# The page's own widget on a copy of its section, with laps of no car.
THOUSAND_LAPS = """async () => {
  const main = document.querySelector("script[type=module]").src;
  const { lapsWidget } = await import(new URL("widgets/laps.js", main).href);
  const { DEFAULT_UNITS: units } = await import(new URL("format.js", main).href);
  const root = document.querySelector("#laps").cloneNode(true);
  document.querySelector("#laps").replaceWith(root);
  for (const body of root.querySelectorAll("tbody")) body.remove();
  const widget = lapsWidget(root);
  const lapOf = (lap) => ({
    monitor_id: "pc-a", run: 1, lap, finished_at: "2026-06-13T18:42:00.000Z", lap_time: 100 + lap,
    sector_times: [], driver: "Driver One", kind: "flying", stint: 1, stint_lap: lap,
  });
  let all = Array.from({ length: 1000 }, (_, i) => lapOf(i + 1));
  const render = () => widget.render({ laps: all, best_lap_time: 101, units });
  const table = root.querySelector("[data-test=lap-table]");
  const count = () => table.querySelectorAll("tbody tr").length;
  render();
  const roll = root.querySelector("[data-test=lap-roll]");
  window.laps = {
    async open() {
      const made = [count()];
      root.querySelector("[data-slot=all-laps]").click();
      for (let i = 0; i < 500 && count() < all.length; i += 1) {
        const before = count();
        roll.scrollTop = roll.scrollHeight;
        await new Promise(requestAnimationFrame);
        made.push(count() - before);
      }
      return made;
    },
    add() {
      all = [...all, lapOf(1001)];
      const seen = new MutationObserver(() => {});
      seen.observe(table, { subtree: true, childList: true, characterData: true });
      render();
      const records = seen.takeRecords();
      const added = records.flatMap(({ addedNodes }) => [...addedNodes]);
      return {
        rows: added.filter(({ tagName }) => tagName === "TR").length,
        texts: records.filter(({ target }) => target.parentElement?.closest("tr")).length,
      };
    },
    newest: () => table.querySelector("tbody th").textContent,
  };
}"""


@pytest.fixture(scope="module")
def page_for_all(chromium: Browser) -> Iterator[Page]:
    """To drive two laps costs each test more than all that it does."""
    with new_page(chromium) as page:
        for demo in running_demo(*CLOSE):
            page.goto(demo.url)
            expect(page.locator("#delta [data-slot=best-of]")).to_have_text(NUMBER, timeout=LONG_MS)
            expect(page.locator("[data-test=delta-last]")).to_have_text(NUMBER, timeout=LONG_MS)
            yield page
            # Before its bridge, which it would miss.
            page.goto("about:blank")


@pytest.fixture
def learned(page_for_all: Page) -> Page:
    """A page that has learned track and best lap, and that no earlier test has moved."""
    page_for_all.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    page_for_all.mouse.move(0, 0)
    page_for_all.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    return page_for_all


def rows(page: Page) -> Locator:
    return page.locator("[data-test=lap-table] tbody tr")


def download(page: Page, name: str) -> list[list[str]]:
    with page.expect_download() as waiting:
        page.locator(f"[data-export={name}]").click()
    assert re.fullmatch(r"pitboard-[a-z-]+-\d{8}-\d{6}\.csv", waiting.value.suggested_filename)
    with Path(waiting.value.path()).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_page_learns_the_track_and_compares_laps(page: Page, close_demo: Demo) -> None:
    page.goto(close_demo.url)
    ghost = page.locator("[data-test=map-ghost]")
    legend = page.get_by_text("the best lap at this time")

    expect(page.locator("[data-test=map-reason]")).to_contain_text("Learning the track")
    expect(legend).to_be_hidden()
    expect(page.locator("#map .road")).to_be_visible(timeout=LONG_MS)
    expect(page.locator("[data-test=map-car]")).to_be_attached()
    words = page.locator("#map .word").all_text_contents()
    assert words == ["start", "S2", "S3", "pit in", "pit out"]
    expect(page.locator("#delta [data-slot=best-of]")).to_have_text(NUMBER)
    expect(page.locator("[data-test=delta-last]")).to_have_text(NUMBER)
    assert page.evaluate("localStorage.getItem('pitboard.maps')")
    expect(ghost).to_have_attribute("style", re.compile("translate"), timeout=LONG_MS)
    expect(legend).to_be_visible()
    for section in ("delta", "traces", "pace"):
        page.locator(f"#{section}").scroll_into_view_if_needed()
        expect(page.locator(f"#{section} canvas").first).to_be_visible()


def test_reader_reads_charts_at_one_place(learned: Page) -> None:
    """A line without its numbers would leave the reader to guess."""
    page = learned
    words = {name: page.locator(f"[data-plot={name}] .at") for name in PLOTS}
    for name, said in words.items():
        page.locator(f"[data-plot={name}]").scroll_into_view_if_needed()
        expect(page.locator(f"[data-plot={name}] canvas")).to_be_visible()
        expect(said).to_be_hidden()

    page.locator("[data-plot=speed]").hover()

    expect(words["speed"]).to_have_text(re.compile(r"−\d+\.\d s\s+\d+ km/h"))
    expect(words["pedals"]).to_have_text(re.compile(r"throttle\s+\d+ %\s+brake\s+\d+ %"))
    lines = page.locator("#traces .u-cursor-x").evaluate_all(
        "lines => lines.map((line) => line.getBoundingClientRect().x)"
    )
    # Each chart is drawn in its own time, in which the other moves on by less than a pixel.
    assert abs(lines[0] - lines[1]) <= 2
    page.locator("[data-plot=delta]").hover()
    expect(words["delta"]).to_have_text(re.compile(r"\d km  to best .*\d s  to last .*\d s"))
    expect(words["speed"]).to_be_hidden()


def test_keyboard_reads_charts_at_one_place(learned: Page) -> None:
    page = learned
    pace = page.get_by_role("slider", name="Lap times")
    speed = page.get_by_role("slider", name="Speed of the last two minutes")
    for chart in (pace, speed):
        chart.scroll_into_view_if_needed()
        expect(chart.locator("canvas")).to_be_visible()

    pace.press("End")
    expect(pace).to_have_attribute("aria-valuetext", re.compile(r"^Lap \d+  .*\d:\d\d\.\d{3}"))
    speed.press("ArrowLeft")
    expect(speed).to_have_attribute("aria-valuetext", re.compile(r"s\s+\d+ km/h"))

    expect(pace.locator(".at")).to_be_hidden()
    expect(page.locator("[data-plot=pedals] .at")).to_be_visible()
    speed.press("Escape")
    expect(page.locator("[data-plot=pedals] .at")).to_be_hidden()


@pytest.mark.parametrize("what", ["map-car", "map-ghost"])
def test_page_moves_the_car_and_its_best_lap_on_the_map(learned: Page, what: str) -> None:
    spot = learned.locator(f"[data-test={what}]")
    expect(spot).to_have_attribute("style", re.compile("translate"))

    before = spot.get_attribute("style")

    expect(spot).not_to_have_attribute("style", before or "")
    learned.set_viewport_size({"width": 390, "height": 844})
    spot.evaluate("element => element.style.transform = 'translate(100%, 0)'")
    assert learned.evaluate("document.documentElement.scrollWidth") <= 390


def test_page_opens_the_laps_of_the_whole_race(page: Page, race_demo: Demo) -> None:
    """A list that made a thousand rows at once would hold up the page."""
    page.goto(race_demo.url)
    button = page.locator("[data-test=all-laps]")
    expect(button).to_have_text(re.compile(r"[1-9]\d\d laps"), timeout=LONG_MS)
    expect(rows(page)).to_have_count(12)

    button.click()

    expect(rows(page)).to_have_count(100)
    page.locator("[data-test=lap-roll]").focus()
    page.keyboard.press("End")
    expect(rows(page).nth(100)).to_be_attached()
    head = page.locator("[data-test=lap-table] thead th").first
    expect(head).to_be_in_viewport()
    button.click()
    expect(rows(page)).to_have_count(12)


def test_lap_table_makes_few_rows_at_once_of_a_thousand_laps(page: Page, demo: Demo) -> None:
    """What a new lap and a frame cost must not grow with the race."""
    page.goto(demo.url)
    expect(page.locator("#laps[data-filled]")).to_be_attached()
    page.evaluate(THOUSAND_LAPS)

    made = page.evaluate("laps.open()")
    written = page.evaluate("laps.add()")

    # As many as a frame has time for.
    assert max(made) <= 20
    assert sum(made) == 1000
    assert page.evaluate("laps.newest()") == "1001"
    assert written["rows"] == 1
    assert written["texts"] == 0


def test_page_hands_out_what_it_recorded_as_files(learned: Page) -> None:
    laps = download(learned, "laps")
    traces = download(learned, "traces")
    telemetry = download(learned, "telemetry")

    assert laps[0][:3] == ["monitor_id", "run", "lap"]
    assert len(laps) - 1 >= len(rows(learned).all()) - 1
    assert traces[0] == ["lap_distance_m", "current_s", "last_s", "best_s"]
    assert len(traces) > 100
    assert telemetry[0][:4] == ["time_s", "lap", "lap_distance_m", "speed_kmh"]
    assert len(telemetry) > 100
