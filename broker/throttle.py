"""Slows down whoever guesses passwords. No I/O and no clock: times come in as arguments."""

from collections import deque

FAILURES = 10
"""So many failed logins of one address in a minute close the door to it."""

WINDOW_S = 60.0

MAX_ADDRESSES = 1000
"""Above this the address that failed longest ago is forgotten."""


class Throttle:
    """Failed logins by address."""

    def __init__(self) -> None:
        self._failures: dict[str, deque[float]] = {}

    def is_closed_to(self, address: str, now_s: float) -> bool:
        """Whether the address has to wait, for a minute after its tenth failure.

        What it tries meanwhile is not looked at, and does not make the wait longer.
        """
        failures = self._failures.get(address)
        if failures is None or now_s - failures[-1] >= WINDOW_S:
            self._failures.pop(address, None)
            return False
        return len(failures) == FAILURES and failures[-1] - failures[0] < WINDOW_S

    def failed(self, address: str, now_s: float) -> None:
        """A wrong password came from the address."""
        failures = self._failures.pop(address, None) or deque(maxlen=FAILURES)
        failures.append(now_s)
        # Put in last, so that the first is the one that failed longest ago.
        self._failures[address] = failures
        if len(self._failures) > MAX_ADDRESSES:
            del self._failures[next(iter(self._failures))]
