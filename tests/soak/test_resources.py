"""Growth is told from restarts."""

import os

import pytest

from tests.soak.resources import WARM_UP_S, Sample, look, metrics, settled, slope_per_min


def series(
    pid: int, begin_s: float, level: float, growth_per_min: float
) -> list[tuple[int, float, float]]:
    return [(pid, begin_s + t_s, level + growth_per_min * t_s / 60) for t_s in range(0, 300, 5)]


def samples(pid: int, *times_s: float) -> list[Sample]:
    return [Sample(t_s, "bridge", pid, 1000.0, 10, 2) for t_s in times_s]


def test_growth_is_told_per_minute() -> None:
    assert slope_per_min(series(1, 0.0, 5000.0, 12.0)) == pytest.approx(12.0)


def test_level_that_stays_does_not_grow() -> None:
    assert slope_per_min(series(1, 0.0, 5000.0, 0.0)) == pytest.approx(0.0)


def test_restart_at_another_level_is_no_growth() -> None:
    points = series(1, 0.0, 9000.0, 12.0) + series(2, 300.0, 4000.0, 12.0)

    assert slope_per_min(points) == pytest.approx(12.0)


def test_one_moment_has_no_slope() -> None:
    assert slope_per_min([]) is None
    assert slope_per_min([(1, 5.0, 7.0)]) is None


def test_first_half_and_the_start_of_each_process_are_left_out() -> None:
    old, new = samples(1, 0, 50, 100), samples(2, 60, 60 + WARM_UP_S - 1, 60 + WARM_UP_S)

    assert settled([*old, *new]) == [old[1], old[2], new[2]]
    assert settled([]) == []


def test_process_is_looked_at() -> None:
    sample = look(5.0, "bridge", os.getpid(), tasks=3)

    assert sample is not None
    assert (sample.t_s, sample.role, sample.pid, sample.tasks) == (5.0, "bridge", os.getpid(), 3)
    assert sample.rss_kb > 1000
    assert sample.fds >= 3
    assert sample.threads >= 1


def test_process_that_has_gone_gives_no_sample() -> None:
    assert look(5.0, "bridge", 2**22 + 1) is None


def test_numbers_are_summed_over_their_labels() -> None:
    text = 'a_total{kind="x"} 2\na_total{kind="y"} 3\nb 1.5\n'

    assert metrics("# TYPE a counter\n" + text) == {"a_total": 5.0, "b": 1.5}
