"""What strangers have a hand in, as a log may hold it: once a minute, short and printable.

No clock here: times come in as arguments.
"""

import re

REPEAT_AFTER_S = 60.0

# Causes are texts that a stranger has a hand in; beyond this many in a minute the rest is counted
# only.
MAX_CAUSES = 200

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


class OncePerMinute:
    """Lets each of a bounded number of causes through once a minute, and counts the others."""

    def __init__(self) -> None:
        self._said: dict[str, tuple[float, int]] = {}

    def admit(self, cause: str, now_s: float) -> int | None:
        """How many times *cause* was held back since it was last let through; `None` to hold."""
        last = self._said.get(cause)
        if last is not None and now_s - last[0] < REPEAT_AFTER_S:
            self._said[cause] = (last[0], last[1] + 1)
            return None
        if last is None and len(self._said) >= MAX_CAUSES:
            old = [key for key, (at, _) in self._said.items() if now_s - at >= REPEAT_AFTER_S]
            for key in old:
                del self._said[key]
            if not old:
                return None
        self._said[cause] = (now_s, 0)
        return last[1] if last else 0


def printable(text: str) -> str:
    """*text* cut short and without what could forge or garble a line of the log."""
    return _UNPRINTABLE.sub("?", text[:200])
