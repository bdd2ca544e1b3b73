"""A real Chromium, and a demo for it to look at."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

from tests.brokers import TIMEOUT_S

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

SCREENSHOTS = os.environ.get("PITBOARD_SCREENSHOTS")
"""Where `make screenshots` wants them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


# Not for the whole session: while it lives, Playwright keeps an event loop running that other
# tests would run into.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page whose every error fails the test."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(TIMEOUT_S * 1000)
    page = context.new_page()
    errors: list[Error] = []
    complaints: list[str] = []
    # Playwright marks its handlers, which a built-in method does not allow.
    page.on("pageerror", lambda error: errors.append(error))  # noqa: PLW0108
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    yield page
    context.close()
    assert errors == []
    # Chromium itself complains of a bridge that is gone, each time the page tries again.
    assert [text for text in complaints if "ERR_CONNECTION_REFUSED" not in text] == []


class Demo:
    """`pitboard demo` as a process."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "pitboard", "demo", "--http-port", "0", "--mqtt-port", "0"]
        self.process = subprocess.Popen(
            [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout is not None
        self.url = next(line for line in self.process.stdout if "http://" in line).split()[-1]

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=TIMEOUT_S)
        return self.process.returncode


@pytest.fixture
def demo() -> Iterator[Demo]:
    demo = Demo()
    yield demo
    if demo.process.poll() is None:
        demo.stop()


@pytest.fixture
def fast_demo() -> Iterator[Demo]:
    """A lap every two seconds."""
    demo = Demo("--speed", "50")
    yield demo
    if demo.process.poll() is None:
        demo.stop()


@pytest.fixture
def screenshots(tmp_path: Path) -> Path:
    folder = Path(SCREENSHOTS) if SCREENSHOTS else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    return folder
