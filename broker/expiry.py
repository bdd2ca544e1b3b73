"""Which retained topics nobody has needed for a long time.

Decides only: it is told of each message and asked now and then; the clock is the caller's.
"""

from collections.abc import Iterable

from pitboard.contract.errors import BadTopic
from pitboard.contract.topics import Topic

KEEP_S = 30 * 86400.0
"""How long a session that says nothing stays on the broker."""


class SessionExpiry:
    """When each session was last heard, and what to drop when it has been silent too long.

    Topics that are not pitboard's are never dropped: they are somebody else's.
    """

    def __init__(self, keep_s: float = KEEP_S) -> None:
        self._keep_s = keep_s
        self._heard: dict[str, float] = {}

    def __len__(self) -> int:
        """How many sessions are remembered."""
        return len(self._heard)

    def hear(self, topic: str, now: float) -> None:
        """Note a message, retained or not: either shows that its session is in use."""
        session_id = _session_of(topic)
        if session_id is not None:
            self._heard[session_id] = now

    def expired(self, retained: Iterable[str], now: float) -> list[str]:
        """Those of the *retained* topics to drop; sessions that are due are then forgotten."""
        due = {key for key, heard in self._heard.items() if now - heard >= self._keep_s}
        for session_id in due:
            del self._heard[session_id]
        return [topic for topic in retained if _session_of(topic) in due]


def _session_of(topic: str) -> str | None:
    try:
        return Topic.parse(topic).session_id
    except BadTopic:
        return None
