"""A real Chromium, and a demo for it to look at."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.brokers import TIMEOUT_S
from tests.chromium import new_page
from tests.chromium import running as chromium_running

CLOSE = ("--speed", "20", "--rate", "60")
"""A lap every five seconds, in frames that are close enough to learn a track from."""

SCREENSHOTS = os.environ.get("PITBOARD_SCREENSHOTS")
"""Where `make screenshots` wants them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


# Not for the whole session: while it lives, an event loop runs.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with chromium_running() as browser:
        yield browser


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    with new_page(chromium) as page:
        yield page


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


def running_demo(*arguments: str) -> Iterator[Demo]:
    demo = Demo(*arguments)
    yield demo
    if demo.process.poll() is None:
        demo.stop()


@pytest.fixture
def demo() -> Iterator[Demo]:
    yield from running_demo()


@pytest.fixture
def fast_demo() -> Iterator[Demo]:
    """A lap every two seconds."""
    yield from running_demo("--speed", "50")


@pytest.fixture
def race_demo() -> Iterator[Demo]:
    """Ten laps a second."""
    yield from running_demo("--speed", "1000", "--rate", "60")


@pytest.fixture
def close_demo() -> Iterator[Demo]:
    yield from running_demo(*CLOSE)


@pytest.fixture
def screenshots(tmp_path: Path) -> Path:
    folder = Path(SCREENSHOTS) if SCREENSHOTS else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    return folder
