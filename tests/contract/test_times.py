import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitboard.contract.times import TIME_PATTERN, to_text, to_unix_ms

LAST_MS = 253_402_300_799_999
"""The last millisecond of the year 9999."""


@given(st.integers(0, LAST_MS))
def test_time_comes_back_from_its_text(unix_ms: int) -> None:
    text = to_text(unix_ms)

    assert re.search(TIME_PATTERN, text)
    assert to_unix_ms(text) == unix_ms


def test_text_is_utc_with_milliseconds() -> None:
    assert to_text(1_781_376_127_012) == "2026-06-13T18:42:07.012Z"


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        pytest.param("2026-02-31T00:00:00.000Z", "2026-03-03T00:00:00.000Z", id="31 February"),
        pytest.param("2026-12-31T23:59:60.000Z", "2027-01-01T00:00:00.000Z", id="leap second"),
        pytest.param("0000-01-01T00:00:00.000Z", "0001-01-01T00:00:00.000Z", id="year 0"),
    ],
)
def test_time_that_no_calendar_has_counts_on(text: str, same_as: str) -> None:
    assert re.search(TIME_PATTERN, text)
    assert to_unix_ms(text) == to_unix_ms(same_as)


def test_time_before_1970_is_negative() -> None:
    assert to_unix_ms("0001-01-01T00:00:00.000Z") == -62_135_596_800_000


@given(st.from_regex(TIME_PATTERN))
def test_every_time_that_the_contract_accepts_is_readable(text: str) -> None:
    assert isinstance(to_unix_ms(text), int)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2026-06-13T18:42:07.512Z\n", id="trailing line feed"),
        pytest.param("٢٠٢٦-06-13T18:42:07.512Z", id="digits of another script"),
        pytest.param("2026-06-13t18:42:07.512z", id="lower case"),
        pytest.param("2026-06-13 18:42:07.512Z", id="blank"),
        pytest.param("2026-06-13T24:00:00.000Z", id="hour 24"),
    ],
)
def test_other_spelling_is_no_time(text: str) -> None:
    assert not re.search(TIME_PATTERN, text)
