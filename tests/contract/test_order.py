from typing import Literal

import pytest

from pitboard.contract.messages import StatusMessage, TelemetryMessage
from pitboard.contract.order import Order, advance, is_told_again
from pitboard.contract.telemetry import Telemetry


def status(birth: int, seq: int, state: Literal["online", "lost"] = "online") -> StatusMessage:
    return StatusMessage(
        v=1,
        session_id="spa24",
        monitor_id="pc-1",
        birth=birth,
        seq=seq,
        timestamp="2026-06-13T18:42:07.512Z",
        state=state,
    )


def order_of(*messages: StatusMessage) -> Order:
    order = None
    for message in messages:
        order = advance(order, message)
    assert order is not None
    return order


@pytest.mark.parametrize(
    ("message", "is_news"),
    [
        pytest.param(status(7, 5), True, id="next"),
        pytest.param(status(8, 1), True, id="another birth"),
        pytest.param(status(7, 4), False, id="the same again"),
        pytest.param(status(7, 3), False, id="one before"),
        pytest.param(status(6, 99), False, id="older birth"),
        pytest.param(status(7, 0, "lost"), True, id="its will"),
        pytest.param(status(8, 0, "lost"), True, id="will of a birth that never spoke"),
        pytest.param(status(6, 0, "lost"), False, id="late will of the connection before"),
    ],
)
def test_reader_takes_only_news(message: StatusMessage, is_news: bool) -> None:
    order = order_of(status(7, 3), status(7, 4))

    assert order.is_news(message) is is_news


def test_reader_takes_a_will_once() -> None:
    order = order_of(status(7, 4), status(7, 0, "lost"))

    assert not order.is_news(status(7, 0, "lost"))


def test_reader_takes_nothing_again_that_a_will_replaced() -> None:
    """A replay after the will would make a dead monitor look alive."""
    order = order_of(status(7, 4), status(7, 0, "lost"))

    assert not order.is_news(status(7, 4))
    assert order.is_news(status(7, 5))


def test_reader_ignores_older_births_after_the_will_of_a_newer_one() -> None:
    order = order_of(status(7, 4), status(8, 0, "lost"))

    assert not order.is_news(status(7, 5))


def frame(birth: int, timestamp: str) -> TelemetryMessage:
    return TelemetryMessage(
        v=1,
        session_id="spa24",
        monitor_id="pc-1",
        birth=birth,
        seq=2,
        timestamp=timestamp,
        telemetry=Telemetry(lap=3, fuel=42.0, position=1),
    )


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        pytest.param(frame(7, "2026-06-13T18:42:07.512Z"), False, id="of the same moment"),
        pytest.param(frame(7, "2026-06-13T18:42:09.999Z"), False, id="later"),
        pytest.param(frame(7, "2026-06-13T18:42:05.512Z"), False, id="of a slow monitor"),
        pytest.param(frame(7, "2026-06-13T18:42:05.511Z"), True, id="more than 2 s older"),
        pytest.param(frame(7, "2026-06-13T18:31:07.512Z"), True, id="from before an outage"),
        pytest.param(frame(8, "2026-06-13T17:42:07.512Z"), False, id="clock set back"),
        pytest.param(status(7, 3), False, id="no frame"),
    ],
)
def test_frame_that_was_made_before_the_status_is_told_again(
    message: StatusMessage | TelemetryMessage, expected: bool
) -> None:
    assert is_told_again(message, status(7, 1)) is expected
    assert is_told_again(message, None) is False
