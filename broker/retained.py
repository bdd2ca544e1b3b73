"""The retained values of the embedded broker, within bounds. Does no I/O.

Whoever may publish to one session fills the room of that one, and leaves the others theirs.
"""

from pitboard.broker.filters import matches
from pitboard.broker.store import Kept
from pitboard.contract.topics import ROOT

SESSION_VALUES = 2000
"""Of one session; a race of 24 hours has a hundred. All other topics count as one session."""

SESSION_BYTES = 8 * 1024 * 1024
"""Topics and values of one session; a race of 24 hours has one mebibyte at most."""

ALL_VALUES = 20_000

ALL_BYTES = 64 * 1024 * 1024
"""Of all sessions; all of it is written anew when something changes, and when the broker stops."""


class _Shelf:
    """The values of one session."""

    __slots__ = ("size", "values")

    def __init__(self) -> None:
        self.values: dict[str, Kept] = {}
        self.size = 0


class Retained:
    """The newest value of each topic, as far as there is room.

    Attributes:
        changes: How often a value was set or cleared.
        size: Bytes of all topics and values.
    """

    def __init__(self) -> None:
        self.changes = 0
        self.size = 0
        self._count = 0
        self._shelves: dict[str | None, _Shelf] = {}

    def __len__(self) -> int:
        """How many values there are."""
        return self._count

    @property
    def values(self) -> list[Kept]:
        """All of them."""
        return [value for shelf in self._shelves.values() for value in shelf.values.values()]

    def find(self, topic: str) -> Kept | None:
        """The value of a topic."""
        shelf = self._shelves.get(_session_of(topic))
        return shelf.values.get(topic) if shelf is not None else None

    def topics(self, topic_filter: str) -> list[str]:
        """The topics with a value that a filter matches."""
        levels = topic_filter.split("/")
        if not {"+", "#"}.intersection(levels):
            return [topic_filter] if self.find(topic_filter) is not None else []
        session = _session_of(topic_filter)
        if session in (None, "+", "#"):
            shelves = list(self._shelves.values())
        else:
            shelves = [shelf for shelf in [self._shelves.get(session)] if shelf is not None]
        return [topic for shelf in shelves for topic in shelf.values if matches(levels, topic)]

    def put(self, value: Kept) -> bool:
        """Keep a value, an empty one to clear it; whether there was room.

        Without room its topic has no value: the one before would pass for the newest.
        """
        self.changes += 1
        if not value.data:
            self._remove(value.topic)
            return True
        session = _session_of(value.topic)
        shelf = self._shelves.get(session) or _Shelf()
        old = shelf.values.get(value.topic)
        is_new = old is None
        growth = _size(value) - (_size(old) if old is not None else 0)
        if not self._has_room(shelf, is_new, growth):
            self._remove(value.topic)
            return False
        self._shelves[session] = shelf
        shelf.values[value.topic] = value
        shelf.size += growth
        self.size += growth
        self._count += is_new
        return True

    def _has_room(self, shelf: _Shelf, values: int, size: int) -> bool:
        """Whether a shelf may get so many more values and bytes."""
        return (
            len(shelf.values) + values <= SESSION_VALUES
            and shelf.size + size <= SESSION_BYTES
            and self._count + values <= ALL_VALUES
            and self.size + size <= ALL_BYTES
        )

    def _remove(self, topic: str) -> None:
        session = _session_of(topic)
        shelf = self._shelves.get(session)
        old = shelf.values.pop(topic, None) if shelf is not None else None
        if shelf is None or old is None:
            return
        shelf.size -= _size(old)
        self.size -= _size(old)
        self._count -= 1
        if not shelf.values:
            del self._shelves[session]


def _session_of(topic: str) -> str | None:
    """The `<id>` level of ``pitboard/v1/<id>/...``, also of one that is no id; else `None`."""
    root, version, session, *_ = (*topic.split("/", 3), "", "")
    return (session or None) if f"{root}/{version}" == ROOT else None


def _size(value: Kept) -> int:
    return len(value.topic.encode()) + len(value.data)
