"""What a connected client may publish and subscribe to. No I/O."""

from dataclasses import dataclass

from pitboard.broker.filters import is_too_deep
from pitboard.broker.users import User


@dataclass(frozen=True, slots=True)
class Rules:
    """The topics of one client; `None` is no topic at all.

    `$` topics are nobody's: the broker has none, and another broker's tell about all its clients.
    Nor are topics and filters of more than `MAX_LEVELS` levels.
    """

    write_filter: str | None = "#"
    read_filter: str | None = "#"

    def may_publish(self, topic: str) -> bool:
        """Whether the client may publish to the topic, or leave a will there."""
        return not topic.startswith("$") and _covers(self.write_filter, topic)

    def may_subscribe(self, topic_filter: str) -> bool:
        """Whether all that the filter can match is the client's to read."""
        return not topic_filter.startswith("$") and _covers(self.read_filter, topic_filter)


ANYTHING = Rules()
"""For a broker that asks nobody who he is, and therefore stays on loopback."""


def rules_of(user: User) -> Rules:
    """What the user may do."""
    return Rules(user.write_filter, user.read_filter)


def _covers(allowed: str | None, given: str) -> bool:
    """Whether *allowed*, which ends in `#`, matches all that *given* does."""
    if allowed is None or is_too_deep(given):
        return False
    prefix = allowed.removesuffix("#")
    return given.startswith(prefix) or given == prefix.removesuffix("/")
