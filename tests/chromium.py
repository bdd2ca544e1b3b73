"""A real Chromium, and pages in it that notice every error."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

from tests.brokers import TIMEOUT_S

LONG_MS = 6_000 * TIMEOUT_S
"""For what the simulated car has to drive some laps for."""

WIDTH, HEIGHT = 1440, 900

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

# A container has neither a sandbox nor a GPU; the rest keeps Chromium from calling home.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


# What Chromium itself complains of when a bridge is gone, or goes while it answers.
_GONE = re.compile(
    r"ERR_(CONNECTION_(REFUSED|RESET|CLOSED|ABORTED)|EMPTY_RESPONSE)"
    r"|An unknown error occurred when fetching the script"  # of the service worker
)


@contextmanager
def running() -> Iterator[Browser]:
    """Chromium. Meanwhile Playwright keeps an event loop running that other tests run into."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def new_page(chromium: Browser) -> Iterator[Page]:
    """A page whose every error fails the test."""
    context = chromium.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, locale="en-GB", color_scheme="dark"
    )
    context.set_default_timeout(TIMEOUT_S * 1000)
    page = context.new_page()
    errors: list[Error] = []
    complaints: list[str] = []
    # Playwright marks its handlers, which a built-in method does not allow.
    page.on("pageerror", lambda error: errors.append(error))  # noqa: PLW0108
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    try:
        yield page
    except Exception as exc:
        exc.add_note(f"The page complained of: {[*map(str, errors), *complaints]}")
        raise
    finally:
        context.close()
    assert not errors, errors
    unexpected = [text for text in complaints if not _GONE.search(text)]
    assert not unexpected, unexpected
