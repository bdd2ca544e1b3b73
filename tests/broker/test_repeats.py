"""What is said about what clients do over and over."""

import pytest

from pitboard.broker.repeats import Repeats
from pitboard.contract.log_lines import REPEAT_AFTER_S

WHAT = "messages dropped reason=not allowed"


def test_nothing_is_said_of_nothing(caplog: pytest.LogCaptureFixture) -> None:
    Repeats(WHAT).say(0.0)

    assert caplog.messages == []


def test_repeats_of_a_minute_are_one_line_with_the_first_as_an_example(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And the last ones are told although nothing comes after them."""
    repeats = Repeats(WHAT)
    repeats.add(client="car", topic="a")
    repeats.say(0.0)
    for topic in ("b", "c"):
        repeats.add(client="van", topic=topic)
        repeats.say(1.0)
    repeats.say(REPEAT_AFTER_S)
    repeats.say(3 * REPEAT_AFTER_S)

    assert caplog.messages == [
        f"{WHAT} count=1 so_far=1 client='car' topic='a'",
        f"{WHAT} count=2 so_far=3 client='van' topic='b'",
    ]


def test_example_is_short_and_cannot_forge_a_line(caplog: pytest.LogCaptureFixture) -> None:
    repeats = Repeats(WHAT)
    repeats.add(client="x\r\n[Server] \x1b[31m", topic="\u202e" + "t" * 65_000)
    repeats.say(0.0)

    (line,) = caplog.messages
    assert line.isprintable()
    assert len(line) < 600
