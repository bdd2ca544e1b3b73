"""Which topic filters match a topic [4.7]. Does no I/O.

A message costs what the levels of its own topic cost, however many filters there are.
"""

from collections.abc import Iterator

MAX_LEVELS = 32
"""Of a topic or a filter; pitboard's have at most 6, and each level of a filter takes memory."""


class _Node:
    """The filters that begin with the same levels.

    Attributes:
        below: Those that go on, by their next level.
        held: Who has the one that ends here, with the QoS granted.
    """

    __slots__ = ("below", "held")

    def __init__(self) -> None:
        self.below: dict[str, _Node] = {}
        self.held: dict[str, int] = {}


class FilterIndex:
    """Who has subscribed to what, by a key of the caller's."""

    def __init__(self) -> None:
        self._root = _Node()

    def __iter__(self) -> Iterator[str]:
        """The filters that somebody has."""
        waiting = list(self._root.below.items())
        while waiting:
            path, node = waiting.pop()
            if node.held:
                yield path
            waiting += [(f"{path}/{level}", below) for level, below in node.below.items()]

    def add(self, topic_filter: str, key: str, qos: int) -> None:
        """Subscribe; a repeated subscription takes the new QoS."""
        node = self._root
        for level in topic_filter.split("/"):
            found = node.below.get(level)
            if found is None:
                found = node.below[level] = _Node()
            node = found
        node.held[key] = qos

    def remove(self, topic_filter: str, key: str) -> None:
        """Unsubscribe; nothing happens without a subscription."""
        levels = topic_filter.split("/")
        path = [self._root]
        for level in levels:
            node = path[-1].below.get(level)
            if node is None:
                return
            path.append(node)
        path.pop().held.pop(key, None)
        while path and _is_empty(path[-1].below[levels[-1]]):
            del path.pop().below[levels.pop()]

    def match(self, topic: str) -> list[tuple[str, int]]:
        """Key and QoS of each subscription that the topic, which has no wildcards, matches."""
        found: list[tuple[str, int]] = []
        nodes = [self._root]
        # A wildcard in the first place matches nothing that begins with $ [4.7.2-1].
        is_wild = not topic.startswith("$")
        for level in topic.split("/"):
            reached = []
            for node in nodes:
                below = node.below
                if level in below:
                    reached.append(below[level])
                if is_wild and "+" in below:
                    reached.append(below["+"])
                if is_wild and "#" in below:
                    found += below["#"].held.items()
            nodes, is_wild = reached, True
        for node in nodes:
            found += node.held.items()
            # `a/#` matches `a` too.
            if "#" in node.below:
                found += node.below["#"].held.items()
        return found


def is_too_deep(topic: str) -> bool:
    """Whether a topic or filter has more than `MAX_LEVELS` levels."""
    return topic.count("/") >= MAX_LEVELS


def matches(levels: list[str], topic: str) -> bool:
    """Whether one filter, as its levels, matches one topic."""
    if topic.startswith("$") and levels[0] in ("+", "#"):
        return False
    given = topic.split("/")
    if levels[-1] == "#":
        levels = levels[:-1]
        given = given[: len(levels)]
    return len(levels) == len(given) and all(
        level in ("+", part) for level, part in zip(levels, given, strict=True)
    )


def _is_empty(node: _Node) -> bool:
    return not node.held and not node.below
