"""Which filters match, held against paho's matcher, without any socket."""

import random

import pytest
from paho.mqtt.client import topic_matches_sub

from pitboard.broker.filters import MAX_LEVELS, FilterIndex, is_too_deep, matches

LEVELS = ("a", "b", "", "$x", "ä", "\n")


def some_topic(choice: random.Random) -> str:
    # Paho, unlike the standard, has an empty topic.
    return "/".join(choice.choices(LEVELS, k=choice.randrange(1, 6))) or "/"


def some_filter(choice: random.Random) -> str:
    levels = choice.choices((*LEVELS, "+", "+"), k=choice.randrange(1, 6))
    if choice.random() < 0.3:
        levels[-1] = "#"
    return "/".join(levels) or "/"


@pytest.mark.parametrize("seed", range(20))
def test_index_finds_what_trying_each_filter_finds(seed: int) -> None:
    choice = random.Random(seed)
    index, held = FilterIndex(), dict[tuple[str, str], int]()
    for _ in range(300):
        topic_filter, key, qos = some_filter(choice), choice.choice("xyz"), choice.randrange(3)
        if choice.random() < 0.4 and held:
            topic_filter, key = choice.choice(list(held))
            del held[topic_filter, key]
            index.remove(topic_filter, key)
        else:
            held[topic_filter, key] = qos
            index.add(topic_filter, key, qos)
        topic = some_topic(choice)

        expected = [
            (key, qos) for (wanted, key), qos in held.items() if topic_matches_sub(wanted, topic)
        ]
        assert sorted(index.match(topic)) == sorted(expected)
        assert sorted(index) == sorted({wanted for wanted, _ in held})


@pytest.mark.parametrize("seed", range(20))
def test_one_filter_matches_as_the_standard_has_it(seed: int) -> None:
    choice = random.Random(seed)
    for _ in range(500):
        topic_filter, topic = some_filter(choice), some_topic(choice)

        assert matches(topic_filter.split("/"), topic) is topic_matches_sub(topic_filter, topic)


@pytest.mark.parametrize(
    ("topic_filter", "topic", "is_match"),
    [
        ("a/#", "a", True),
        ("a/#", "ab", False),
        ("+/+", "/a", True),
        ("/+", "/a", True),
        ("+", "/a", False),
        ("a/+", "a/", True),
        ("a/+", "a", False),
        ("#", "$SYS/x", False),
        ("+/x", "$SYS/x", False),
        ("$SYS/#", "$SYS/x", True),
        ("a/#", "a/$x", True),
        ("+/#", "$a", False),
    ],
)
def test_examples_of_the_standard(topic_filter: str, topic: str, *, is_match: bool) -> None:
    index = FilterIndex()
    index.add(topic_filter, "key", 1)

    assert index.match(topic) == ([("key", 1)] if is_match else [])
    assert matches(topic_filter.split("/"), topic) is is_match


def test_removed_filters_leave_nothing_behind() -> None:
    """A bridge watches another session every few minutes, for weeks."""
    index = FilterIndex()
    index.add("a/b", "other", 0)
    for topic_filter in ("a/b/c/#", "a/b", "a/+/c", "x/y"):
        index.add(topic_filter, "key", 0)
        index.remove(topic_filter, "key")
    index.remove("a/b", "nobody")
    index.remove("never/there", "key")

    assert list(index._root.below) == ["a"]
    assert list(index._root.below["a"].below) == ["b"]
    assert index._root.below["a"].below["b"].below == {}
    assert index.match("a/b") == [("other", 0)]


def test_match_looks_at_no_filter_that_begins_otherwise() -> None:
    """Else one client's filters would cost every message of all others."""
    looked_at = []

    class Watched(dict[str, object]):
        def __contains__(self, level: object) -> bool:
            looked_at.append(level)
            return super().__contains__(level)

    index = FilterIndex()
    for number in range(1000):
        index.add(f"pitboard/v1/eve/{number}/" + "+/" * 20 + "#", "eve", 0)
    index.add("pitboard/v1/ada/#", "ada", 0)
    nodes = [index._root]
    while nodes:
        node = nodes.pop()
        nodes += node.below.values()
        node.below = Watched(node.below)  # type: ignore[assignment]

    assert index.match("pitboard/v1/ada/pc/telemetry") == [("ada", 0)]

    assert len(looked_at) < 20


def test_topic_has_at_most_32_levels() -> None:
    assert not is_too_deep("/".join(["x"] * MAX_LEVELS))
    assert is_too_deep("/".join(["x"] * (MAX_LEVELS + 1)))
