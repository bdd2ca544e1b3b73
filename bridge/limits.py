"""How much is allowed, and to whom; times come in as arguments."""

import logging
from collections import Counter

from pitboard.bridge.settings import BridgeSettings
from pitboard.contract.frames import FRAME_BURST, FRAMES_PER_S

log = logging.getLogger(__name__)

CAUSES = (
    "browsers",
    "browsers_per_address",
    "browsers_per_session",
    "sessions",
    "sessions_per_address",
    "sessions_per_browser",
    "join_time",
    "frame_rate",
    "frame_size",
    "host",
    "origin",
    "head_size",
    "head_time",
    "body_size",
    "connections",
)
"""What a request or a browser is refused for, as `/metrics` names it."""


class Refusals(Counter[str]):
    """How often each of `CAUSES` was the reason; all are there from the start, at 0."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys(CAUSES, 0))

    def note(self, cause: str, who: str) -> None:
        """Count a refusal for want of room; the first of each cause is told in the log."""
        self[cause] += 1
        if self[cause] == 1:
            text = "[Server] WARNING: refused, from now on only counted on /metrics: cause=%s %s"
            log.warning(text, cause, who)


class Crowded(Exception):
    """There is no room now, and there may be later.

    Attributes:
        cause: The one of `CAUSES` that is reached.
    """

    def __init__(self, cause: str) -> None:
        super().__init__(f"{cause} is reached")
        self.cause = cause


class Crowd:
    """The browsers that are there, in all and by address."""

    def __init__(self, settings: BridgeSettings) -> None:
        self._max = settings.max_browsers
        self._max_per_address = settings.max_browsers_per_address
        self._by_address: Counter[str] = Counter()

    def enter(self, address: str) -> None:
        """Count one more. Raises `Crowded`."""
        if self._by_address.total() >= self._max:
            raise Crowded("browsers")
        if self._by_address[address] >= self._max_per_address:
            raise Crowded("browsers_per_address")
        self._by_address[address] += 1

    def leave(self, address: str) -> None:
        """Count one less."""
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]


class TokenBucket:
    """*burst* at once, *rate_hz* in the long run."""

    def __init__(
        self, now: float, rate_hz: float = FRAMES_PER_S, burst: float = FRAME_BURST
    ) -> None:
        self._rate_hz = rate_hz
        self._burst = burst
        self._tokens = burst
        self._at = now

    def take(self, now: float) -> bool:
        """Whether one more is allowed at *now*, in seconds."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate_hz)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
