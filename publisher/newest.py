"""The newest frame, and when the broker is to keep it."""

from dataclasses import replace

from pitboard.contract.digits import rounded
from pitboard.contract.telemetry import Telemetry
from pitboard.publisher.clock import Clock
from pitboard.publisher.composer import Composer, Send

RETAIN_EVERY_S = 0.5
"""Telemetry carries the retain flag at most this often: persisting brokers write each one."""

RETAIN_ALL_UP_TO_HZ = 2.0


class Newest:
    """One frame, or none yet; an older one is of no use to anybody.

    Args:
        rate_hz: How many frames there are a second.
    """

    def __init__(self, compose: Composer, clock: Clock, rate_hz: float) -> None:
        self._compose = compose
        self._clock = clock
        self._is_slow = rate_hz <= RETAIN_ALL_UP_TO_HZ
        self._telemetry: Telemetry | None = None
        self._unix_ms = 0
        self._is_retained = False
        self._last_retained_s = float("-inf")
        self._sent: Send | None = None

    def take(self, telemetry: Telemetry) -> None:
        """A frame was made at this moment."""
        self._telemetry = rounded(telemetry)
        self._unix_ms = self._clock.unix_ms()
        self._is_retained = False

    def as_update(self) -> list[Send]:
        """For those who listen now; retained if it is time for that."""
        since_s = self._clock.monotonic_s() - self._last_retained_s
        return self._send(retain=self._is_slow or since_s >= RETAIN_EVERY_S)

    def as_stored(self) -> list[Send]:
        """For a broker that may not have it."""
        return self._send(retain=True)

    def as_last(self) -> list[Send]:
        """Once more before a silence, unless the broker keeps it already."""
        return [] if self._is_retained else self._send(retain=True)

    def again(self) -> list[Send]:
        """The last message anew, for a broker that may not have kept it; others know it."""
        return [] if self._sent is None else [replace(self._sent, retain=True)]

    def _send(self, *, retain: bool) -> list[Send]:
        if self._telemetry is None:
            return []
        if retain:
            self._last_retained_s = self._clock.monotonic_s()
            self._is_retained = True
        self._sent = self._compose.frame(self._telemetry, self._unix_ms, retain=retain)
        return [self._sent]
