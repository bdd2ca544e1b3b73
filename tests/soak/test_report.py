"""A run is good only when something happened and nothing went wrong."""

import pytest

from tests.soak.report import Recovered, Result, percentile, text
from tests.soak.resources import Sample


def result(**fields: object) -> Result:
    good: dict[str, object] = {"conditions": {"run": "10 min"}, "laps": 2000, "looks": 5000}
    return Result(**(good | fields))  # type: ignore[arg-type]


def test_run_without_a_fault_of_ours_is_good() -> None:
    assert result().is_good


@pytest.mark.parametrize(
    "fields",
    [
        {"lost": 1},
        {"duplicated": 1},
        {"out_of_order": 1},
        {"wrong": {"cut: stale": 1}},
        {"recoveries": [Recovered("cut", 5.0, [1.0], 1)]},
        {"surprises": ["bridge 4711"]},
        {"complaints": ["bridge.log: Traceback"]},
        {"rejected": 1},
        {"laps": 0},
        {"looks": 0},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_run_is_bad_when(fields: dict[str, object]) -> None:
    assert not result(**fields).is_good


def test_percentile_is_one_of_the_values() -> None:
    values = [float(n) for n in range(100, 0, -1)]

    assert percentile(values, 0.5) == 50.0
    assert percentile(values, 0.99) == 99.0
    assert percentile(values, 1.0) == 100.0
    assert percentile([7.0], 0.5) == 7.0


def lines_of(told: Result) -> dict[str, list[str]]:
    """The cells of each line of the tables, by the first of them."""
    lines = [line.strip("|").split("|") for line in text(told).splitlines()]
    return {line[0].strip(): [cell.strip() for cell in line[1:]] for line in lines}


def test_table_tells_recovery_by_kind_of_fault() -> None:
    recoveries = [
        Recovered("kill", 5.0, [1.0, 2.0], 0),
        Recovered("kill", 65.0, [9.0], 0),
        Recovered("cut", 125.0, [], 3),
    ]

    cells = lines_of(result(recoveries=recoveries))

    assert cells["kill"] == ["2", "3", "2.0", "9.0", "9.0"]
    assert cells["cut"] == ["1", "0", "-", "-", "-"]
    assert cells["browsers that did not recover"][0] == "3"


def test_table_tells_what_the_processes_take() -> None:
    samples = [Sample(5.0 * n, "bridge", 1, 10_240.0 + n, 20, 3, tasks=100 + n) for n in range(121)]

    cells = lines_of(result(samples=samples))

    assert cells["bridge"] == ["10.1", "+12.0", "20.0", "+0.00", "3.0", "190", "+12.00"]
    assert cells["broker"] == ["-"] * 7
    assert cells["0.0 to 1.0"] == ["-", "-", "10.0", "20", "106", "-", "-"]


def test_table_names_what_went_wrong() -> None:
    told = text(result(wrong={"cut: live expected: stale": 3}, surprises=["bridge 4711"]))

    assert "- 3 x cut: live expected: stale" in told
    assert "- bridge 4711" in told
