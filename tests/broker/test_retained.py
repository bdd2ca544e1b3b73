"""What is retained and what there is no room for, without any socket."""

import random

import pytest

from pitboard.broker import retained
from pitboard.broker.filters import matches
from pitboard.broker.retained import Retained
from pitboard.broker.store import Kept

OWN = "pitboard/v1/spa24"


def kept(topic: str, data: bytes = b"x") -> Kept:
    return Kept(topic, data, 1)


def test_newest_value_of_a_topic_is_kept_until_it_is_cleared() -> None:
    values = Retained()
    assert values.put(kept("a", b"1"))
    assert values.put(kept("a", b"22"))
    assert (values.values, len(values), values.size) == ([kept("a", b"22")], 1, 3)

    assert values.put(kept("a", b""))
    assert values.put(kept("never", b""))

    assert (values.values, len(values), values.size) == ([], 0, 0)
    assert values.find("a") is None
    assert values.changes == 4


def test_changed_value_keeps_its_place() -> None:
    """Whoever subscribes gets the values in the order in which their topics came up."""
    values = Retained()
    for topic in ("a", "b", "a"):
        values.put(kept(topic))

    assert values.topics("#") == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "limit"), [("SESSION_VALUES", 3), ("SESSION_BYTES", 3 * (len(OWN) + 3))]
)
def test_session_has_its_own_room(name: str, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retained, name, limit)
    values = Retained()
    took = [values.put(kept(f"{OWN}/{number}")) for number in range(5)]
    assert took == [True, True, True, False, False]

    assert values.put(kept(f"{OWN}/0", b"y"))
    assert values.put(kept("pitboard/v1/monza-7/0"))
    assert values.put(kept(f"{OWN}/1", b""))
    assert values.put(kept(f"{OWN}/n"))


@pytest.mark.parametrize(("name", "limit"), [("ALL_VALUES", 3), ("ALL_BYTES", 3 * 16)])
def test_all_sessions_share_the_whole(
    name: str, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retained, name, limit)
    values = Retained()

    took = [values.put(kept(f"pitboard/v1/{number}/x")) for number in range(5)]

    assert took == [True, True, True, False, False]
    assert len(values) == 3


@pytest.mark.parametrize(
    "topic", ["other", "a/b/c", "pitboard/v2/spa24/x", "pitboard/v1", "x/v1/y"]
)
def test_all_that_is_of_no_session_counts_as_one(
    topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else there would be as much room as there are first levels."""
    monkeypatch.setattr(retained, "SESSION_VALUES", 1)
    values = Retained()
    values.put(kept("somebody's"))

    assert not values.put(kept(topic))
    assert values.put(kept("pitboard/v1/spa24"))
    assert not values.put(kept("pitboard/v1/spa24/x/y"))


def test_value_without_room_takes_the_one_before_it_along(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An `online` that stays for an `offline` would show a car that is gone."""
    monkeypatch.setattr(retained, "SESSION_BYTES", 100)
    values = Retained()
    values.put(kept(f"{OWN}/status", b"online"))
    values.put(kept(f"{OWN}/rest", bytes(40)))

    assert not values.put(kept(f"{OWN}/status", bytes(60)))

    assert [value.topic for value in values.values] == [f"{OWN}/rest"]
    assert values.size == len(f"{OWN}/rest") + 40


def test_filter_selects_topics_as_it_does_one_by_one() -> None:
    choice = random.Random(7)
    levels = ("pitboard", "v1", "spa24", "monza-7", "$x", "a", "")
    topics = {"/".join(choice.choices(levels, k=choice.randrange(1, 6))) for _ in range(300)}
    topics |= {f"pitboard/v1/{choice.choice(levels)}/{end}" for end in range(300)}
    values = Retained()
    for topic in topics:
        values.put(kept(topic))
    filters = [*topics, "#", "+", "+/+/#", "pitboard/#", "pitboard/v1/#", "pitboard/v1/+/+"]
    filters += ["pitboard/v1/spa24/#", "pitboard/+/spa24/#", "+/v1/spa24/+", "pitboard/v1/nobody/#"]
    for topic_filter in filters:
        expected = {topic for topic in topics if matches(topic_filter.split("/"), topic)}

        assert set(values.topics(topic_filter)) == expected
