"""What is said about messages that their clients may not publish."""

import pytest

from pitboard.broker.forbidden import Forbidden
from pitboard.contract.log_lines import REPEAT_AFTER_S

START = "messages dropped reason=not allowed"


def test_nothing_is_said_of_nothing(caplog: pytest.LogCaptureFixture) -> None:
    Forbidden().say(0.0)

    assert caplog.messages == []


def test_messages_of_a_minute_are_one_line_with_the_first_as_an_example(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And the last ones are told although nothing comes after them."""
    forbidden = Forbidden()
    forbidden.add("car", "a")
    forbidden.say(0.0)
    for topic in ("b", "c"):
        forbidden.add("van", topic)
        forbidden.say(1.0)
    forbidden.say(REPEAT_AFTER_S)
    forbidden.say(3 * REPEAT_AFTER_S)

    assert caplog.messages == [
        f"{START} count=1 so_far=1 client='car' topic='a'",
        f"{START} count=2 so_far=3 client='van' topic='b'",
    ]


def test_example_is_short_and_cannot_forge_a_line(caplog: pytest.LogCaptureFixture) -> None:
    forbidden = Forbidden()
    forbidden.add("x\r\n[Server] \x1b[31m", "\u202e" + "t" * 65_000)
    forbidden.say(0.0)

    (line,) = caplog.messages
    assert line.isprintable()
    assert len(line) < 600
