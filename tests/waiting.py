"""Wait for what must become true, for at most as long as a slow machine may take."""

import threading
from collections.abc import Callable
from typing import TypeVar

from tests.brokers import TIMEOUT_S

T = TypeVar("T")

_PERIOD_S = 0.01


def eventually(check: Callable[[], T], timeout_s: float = TIMEOUT_S) -> T:
    """The first true result of *check*. Fails when there is none in time."""
    pause = threading.Event()
    for _ in range(int(timeout_s / _PERIOD_S)):
        if result := check():
            return result
        pause.wait(_PERIOD_S)
    raise AssertionError(f"did not happen within {timeout_s} s")
