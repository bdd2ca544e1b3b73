from typing import Literal

import pytest

from pitboard.contract.control import (
    HEARTBEAT_S,
    LOST_AFTER_S,
    Claim,
    choose_active,
    next_control,
)
from pitboard.contract.messages import StatusMessage

State = Literal["online", "idle", "offline", "lost"]


def status(
    *, state: State = "online", in_control: bool | None = True, control: int | None = None
) -> StatusMessage:
    return StatusMessage(
        v=1,
        session_id="s",
        monitor_id="m",
        birth=1,
        seq=1,
        timestamp="2026-06-13T18:42:07.512Z",
        state=state,
        in_control=in_control,
        control=control,
    )


def claim(
    *,
    state: State = "online",
    in_control: bool | None = True,
    control: int | None = None,
    is_live: bool = True,
) -> Claim:
    return Claim(status(state=state, in_control=in_control, control=control), is_live)


def test_monitor_with_the_highest_control_is_active() -> None:
    claims = {"a": claim(control=3), "b": claim(control=4), "c": claim()}

    assert choose_active(claims, last="a") == "b"


def test_smaller_id_is_active_when_control_ties() -> None:
    claims = {"b": claim(control=4), "a": claim(control=4)}

    assert choose_active(claims, last="b") == "a"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(claim(control=9, is_live=False), id="not live"),
        pytest.param(claim(control=9, in_control=False), id="not in control"),
        pytest.param(claim(control=9, in_control=None), id="silent about control"),
        pytest.param(claim(control=9, state="offline"), id="offline"),
        pytest.param(claim(control=9, state="lost"), id="lost"),
    ],
)
def test_monitor_that_cannot_drive_is_passed_over(other: Claim) -> None:
    claims = {"a": other, "b": claim(control=1)}

    assert choose_active(claims, last="a") == "b"


def test_idle_monitor_in_control_is_active() -> None:
    assert choose_active({"a": claim(state="idle"), "b": claim(is_live=False)}, None) == "a"


def test_reader_that_comes_after_the_race_takes_who_was_in_control_last() -> None:
    claims = {
        "a": claim(state="offline", control=3),
        "b": claim(state="offline", control=4),
        "c": claim(state="offline", control=5, in_control=False),
    }

    assert choose_active(claims, last=None) == "b"


def test_last_active_monitor_stays_while_nobody_is_in_control() -> None:
    claims = {"a": claim(in_control=False), "b": claim(state="lost")}

    assert choose_active(claims, last="b") == "b"


def test_lone_monitor_is_active_even_if_it_never_says_so() -> None:
    assert choose_active({"a": claim(in_control=None)}, last=None) == "a"


def test_lone_monitor_that_claims_nothing_does_not_replace_the_last_active_one() -> None:
    assert choose_active({"a": claim(in_control=None)}, last="b") == "b"


def test_nobody_is_active_when_nobody_claims() -> None:
    claims = {"a": claim(in_control=None), "b": claim(in_control=None)}

    assert choose_active(claims, last=None) is None
    assert choose_active({}, last=None) is None


def test_taker_counts_above_every_control_it_has_seen() -> None:
    seen = [status(control=4), status(control=7, state="lost"), status()]

    assert next_control(seen) == 8
    assert next_control([]) == 1


def test_two_heartbeats_may_be_late_before_a_monitor_is_lost() -> None:
    assert LOST_AFTER_S > 2 * HEARTBEAT_S
