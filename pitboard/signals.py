"""Ctrl-C and termination: the first asks a command to stop, a later one no longer asks."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""

# Runners such as `uv run` pass on what the terminal sent to the whole group already, so one
# Ctrl-C may come twice.
IMPATIENT_AFTER_S = 1.0


@contextmanager
def stopping(stop: Callable[[], object]) -> Iterator[list[int]]:
    """Call *stop* at the first signal; the list holds it from then on.

    A signal that comes a second or more later raises `KeyboardInterrupt`.
    """
    received: list[int] = []
    first_s = 0.0

    def handle(number: int, _frame: FrameType | None) -> None:
        nonlocal first_s
        now_s = time.monotonic()
        if not received:
            first_s = now_s
            received.append(number)
            stop()
        elif now_s - first_s >= IMPATIENT_AFTER_S:
            raise KeyboardInterrupt

    before = {n: signal.signal(n, handle) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def exit_code(received: list[int]) -> int:
    """The exit code of a command that was stopped so, or ended by itself."""
    return INTERRUPTED if signal.SIGINT in received else 0
