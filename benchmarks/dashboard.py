"""What the session page costs in front of a demo at 60 frames a second, beside its targets.

    python -m benchmarks.dashboard [--minutes 1] [--json]

Chromium runs headless and without a GPU, so it draws in software, which counts. The first picture
is the median of fresh browsers; the heap is read after a collection.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.chromium import ARGUMENTS, CHROMIUM

LOADS = 5
WARM_UP_MS = 5000
LONG_MS = 60_000

WATCH = """
window.bench = { first: null, frames: 0, longest: 0 };
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) {
    bench.longest = Math.max(bench.longest, duration);
  }
}).observe({ type: 'longtask', buffered: true });
const frame = () => {
  bench.frames += 1;
  if (bench.first === null) {
    const speed = document.querySelector('[data-test=speed]');
    if (/\\d/.test(speed?.textContent ?? '')) bench.first = performance.now();
  }
  requestAnimationFrame(frame);
};
requestAnimationFrame(frame);
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; `target` says what it should be and `is_met` whether it is."""

    name: str
    value: float
    unit: str
    target: str
    is_met: bool


def main() -> None:
    """Measure and print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long the page is watched")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    if CHROMIUM is None:
        sys.exit("chromium is not installed")

    with _demo() as url, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        figures = [_first_picture(chromium, url), *_watched(chromium, url, arguments.minutes * 60)]
        chromium.close()
    if arguments.json:
        values = {figure.name: [figure.value, figure.unit] for figure in figures}
        print(json.dumps({"load_average": os.getloadavg()[0], "figures": values}, indent=2))
        return
    print(f"{arguments.minutes:g} minutes at 60 Hz; load average {os.getloadavg()[0]:.1f}")
    for figure in figures:
        verdict = "met" if figure.is_met else "MISSED"
        print(
            f"{figure.name:32} {figure.value:8.1f} {figure.unit:4} {figure.target:>10}  {verdict}"
        )


@contextmanager
def _demo() -> Iterator[str]:
    command = [sys.executable, "-m", "pitboard", "demo", "--http-port", "0", "--mqtt-port", "0"]
    process = subprocess.Popen(
        [*command, "--rate", "60"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        yield next(line for line in process.stdout if "http://" in line).split()[-1]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()


def _open(chromium: Browser, url: str) -> Page:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(url)
    page.wait_for_function("() => bench.first !== null", timeout=LONG_MS)
    return page


def _first_picture(chromium: Browser, url: str) -> Figure:
    times = []
    for _ in range(LOADS):
        page = _open(chromium, url)
        times.append(page.evaluate("bench.first"))
        page.context.close()
    first_ms = statistics.median(times)
    return Figure("first speed after navigation", first_ms, "ms", "< 300", first_ms < 300)


def _watched(chromium: Browser, url: str, watch_s: float) -> list[Figure]:
    page = _open(chromium, url)
    page.wait_for_timeout(WARM_UP_MS)
    loading_ms = page.evaluate("bench.longest")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    heap_before = _heap_mb(session)
    page.evaluate("Object.assign(bench, { frames: 0, longest: 0, since: performance.now() })")
    cpu_before_s = _renderers_s(chromium)
    page.wait_for_timeout(watch_s * 1000)
    cpu_s = _renderers_s(chromium) - cpu_before_s
    seen: dict[str, Any] = page.evaluate(
        "({ ...bench, elapsed: (performance.now() - bench.since) / 1000 })"
    )
    heap_after = _heap_mb(session)
    page.context.close()
    fps = seen["frames"] / seen["elapsed"]
    share = 100 * cpu_s / seen["elapsed"]
    longest_ms = seen["longest"]
    growth_mb = heap_after - heap_before
    # Chromium names only tasks of 50 ms and more: 0 is none of them.
    return [
        Figure("frames a second", fps, "", "60", fps >= 59),
        Figure("renderer, share of a core", share, "%", "< 25", share < 25),
        Figure("longest task while loading", loading_ms, "ms", "< 50", loading_ms < 50),
        Figure("longest task afterwards", longest_ms, "ms", "< 50", longest_ms < 50),
        Figure("heap at the start", heap_before, "MB", "", is_met=True),
        Figure("heap at the end", heap_after, "MB", "flat, < +1", growth_mb < 1),
    ]


def _heap_mb(session: CDPSession) -> float:
    session.send("HeapProfiler.collectGarbage")
    metrics = session.send("Performance.getMetrics")["metrics"]
    used: float = next(each["value"] for each in metrics if each["name"] == "JSHeapUsedSize")
    return used / 1e6


def _renderers_s(chromium: Browser) -> float:
    """Processor time of all renderers; one of them has the page, the others wait."""
    session = chromium.new_browser_cdp_session()
    found = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    pids = [each["id"] for each in found if each["type"] == "renderer"]
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return sum(time.user + time.system for time in times)


if __name__ == "__main__":
    main()
