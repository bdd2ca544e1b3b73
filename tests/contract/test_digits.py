import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitboard.contract.digits import rounded
from pitboard.contract.messages import Forecast, LapRow, Meta
from pitboard.contract.quantities import TireTemps, TreadTemps
from pitboard.contract.telemetry import Telemetry


@pytest.mark.parametrize(
    ("telemetry", "expected"),
    [
        pytest.param(Telemetry(fuel=42.34567), Telemetry(fuel=42.35), id="fuel to 2"),
        pytest.param(Telemetry(gap_ahead=4.8249), Telemetry(gap_ahead=4.82), id="gaps to 2"),
        pytest.param(Telemetry(lap_time=61.21449), Telemetry(lap_time=61.214), id="times to 3"),
        pytest.param(Telemetry(rpm=7312.6), Telemetry(rpm=7313), id="rpm to 0"),
        pytest.param(Telemetry(throttle=99.7), Telemetry(throttle=100), id="pedals to 0"),
        pytest.param(Telemetry(speed=214.649), Telemetry(speed=214.6), id="speed to 1"),
        pytest.param(
            Telemetry(sector_times=[42.31849, 55.1]),
            Telemetry(sector_times=[42.318, 55.1]),
            id="lists",
        ),
        pytest.param(
            Telemetry(tire_temps=TireTemps(fl=88.24, fr=None)),
            Telemetry(tire_temps=TireTemps(fl=88.2)),
            id="wheels",
        ),
        pytest.param(
            Telemetry(tire_tread_temps=TreadTemps(fl=[86.14, None, 90.46])),
            Telemetry(tire_tread_temps=TreadTemps(fl=[86.1, None, 90.5])),
            id="lists a wheel",
        ),
    ],
)
def test_field_is_rounded_to_its_digits(telemetry: Telemetry, expected: Telemetry) -> None:
    assert rounded(telemetry) == expected


def test_whole_numbers_stay_whole_on_the_wire() -> None:
    assert isinstance(rounded(Telemetry(rpm=7312.6)).rpm, int)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_becomes_null(value: float) -> None:
    telemetry = rounded(Telemetry(fuel=value, tire_temps=TireTemps(fl=value)))

    assert telemetry == Telemetry(fuel=None, tire_temps=TireTemps())


def test_structs_in_a_list_are_rounded() -> None:
    meta = Meta(forecast=[Forecast(in_s=1800.00049, rain=20.06)])

    assert rounded(meta) == Meta(forecast=[Forecast(in_s=1800.0, rain=20.1)])


def test_numbers_that_need_no_rounding_are_left_alone() -> None:
    telemetry = Telemetry(lap=3, fuel=42.3, position=None, flags=["green"])

    assert rounded(telemetry) == telemetry


def test_struct_without_floats_is_returned_as_it_is() -> None:
    row = LapRow(run=1, lap=2, finished_at="2026-06-13T18:41:06.298Z")

    assert rounded(row) is row


@given(st.floats(0, 500), st.floats(-600, 600), st.lists(st.floats(0.001, 86_400), max_size=20))
def test_rounding_twice_changes_nothing(fuel: float, delta: float, sectors: list[float]) -> None:
    once = rounded(Telemetry(fuel=fuel, delta_best=delta, sector_times=sectors))

    assert rounded(once) == once
