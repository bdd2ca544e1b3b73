"""How many frames a browser may send; times come in as arguments."""

from pitboard.contract.frames import FRAME_BURST, FRAMES_PER_S


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
