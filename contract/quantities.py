"""The types that fields are made of: unit, range and digits on the wire, each stated once.

A unit stands in the JSON Schema beside the range (`extra_json_schema`), the digits that a
publisher sends in `extra`.
"""

from typing import Annotated, Generic, TypeVar

from msgspec import Meta, Struct

from pitboard.contract.times import TIME_PATTERN
from pitboard.contract.topics import ID_PATTERN

MAX_SAFE_INT = 2**53 - 1
"""The largest whole number that JavaScript reads exactly."""

Id = Annotated[str, Meta(pattern=rf"^{ID_PATTERN}\Z")]
# A NUL ends text in C readers; publishers strip it.
Text = Annotated[str, Meta(max_length=64, pattern=r"^[^\x00]*\Z")]
Time = Annotated[str, Meta(pattern=TIME_PATTERN, description="ISO 8601, UTC, milliseconds")]
# A set of words grows within a version, so a reader shows a word it does not know as it is.
Word = Annotated[str, Meta(pattern=r"^[a-z_]{1,32}\Z")]

Count = Annotated[int, Meta(ge=0, le=9999)]
Counter = Annotated[int, Meta(ge=0, le=MAX_SAFE_INT)]
Place = Annotated[int, Meta(ge=1, le=200)]

Litres = Annotated[float, Meta(ge=0, le=500, extra_json_schema={"unit": "L"}, extra={"digits": 2})]
Percent = Annotated[float, Meta(ge=0, le=100, extra_json_schema={"unit": "%"}, extra={"digits": 1})]
Pedal = Annotated[float, Meta(ge=0, le=100, extra_json_schema={"unit": "%"}, extra={"digits": 0})]
Steering = Annotated[
    float, Meta(ge=-100, le=100, extra_json_schema={"unit": "%"}, extra={"digits": 1})
]
Seconds = Annotated[
    float, Meta(ge=0, le=604_799, extra_json_schema={"unit": "s"}, extra={"digits": 3})
]
DaySeconds = Annotated[
    float, Meta(ge=0, le=86_400, extra_json_schema={"unit": "s"}, extra={"digits": 3})
]
LapSeconds = Annotated[
    float, Meta(gt=0, le=86_400, extra_json_schema={"unit": "s"}, extra={"digits": 3})
]
SectorTimes = Annotated[list[LapSeconds], Meta(max_length=20)]
DeltaSeconds = Annotated[
    float, Meta(ge=-600, le=600, extra_json_schema={"unit": "s"}, extra={"digits": 3})
]
GapSeconds = Annotated[
    float, Meta(ge=0, le=86_400, extra_json_schema={"unit": "s"}, extra={"digits": 2})
]
Metres = Annotated[
    float, Meta(ge=0, le=100_000, extra_json_schema={"unit": "m"}, extra={"digits": 1})
]
Coordinate = Annotated[
    float,
    Meta(ge=-1_000_000, le=1_000_000, extra_json_schema={"unit": "m"}, extra={"digits": 1}),
]
Speed = Annotated[
    float, Meta(ge=0, le=600, extra_json_schema={"unit": "km/h"}, extra={"digits": 1})
]
Rpm = Annotated[
    float, Meta(ge=0, le=30_000, extra_json_schema={"unit": "1/min"}, extra={"digits": 0})
]
Degrees = Annotated[
    float, Meta(ge=0, le=360, extra_json_schema={"unit": "deg"}, extra={"digits": 1})
]
Kilopascals = Annotated[
    float, Meta(ge=0, le=600, extra_json_schema={"unit": "kPa"}, extra={"digits": 1})
]
TireCelsius = Annotated[
    float, Meta(ge=-50, le=300, extra_json_schema={"unit": "degC"}, extra={"digits": 1})
]
BrakeCelsius = Annotated[
    float, Meta(ge=-50, le=1500, extra_json_schema={"unit": "degC"}, extra={"digits": 1})
]
EngineCelsius = Annotated[
    float, Meta(ge=-50, le=250, extra_json_schema={"unit": "degC"}, extra={"digits": 1})
]
AirCelsius = Annotated[
    float, Meta(ge=-50, le=90, extra_json_schema={"unit": "degC"}, extra={"digits": 1})
]
Points = Annotated[
    float, Meta(ge=0, le=999, extra_json_schema={"unit": "points"}, extra={"digits": 1})
]
Hertz = Annotated[float, Meta(ge=0, le=60, extra_json_schema={"unit": "Hz"}, extra={"digits": 1})]
Gear = Annotated[int, Meta(ge=-1, le=20)]
AidLevel = Annotated[int, Meta(ge=0, le=50)]

T = TypeVar("T")


# Unknown keys are refused here alone: `FL` beside `fl` would be a wheel that nobody shows.
class Wheels(Struct, Generic[T], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One value a wheel: front left, front right, rear left, rear right."""

    fl: T | None = None
    fr: T | None = None
    rl: T | None = None
    rr: T | None = None


class TirePressures(Wheels[Kilopascals], frozen=True):
    """Pressures, kPa."""


class TireTemps(Wheels[TireCelsius], frozen=True):
    """Tyre temperatures, degC."""


class TreadTemps(
    Wheels[Annotated[list[TireCelsius | None], Meta(min_length=3, max_length=3)]], frozen=True
):
    """Surface temperatures as [inner, middle, outer], degC."""


class BrakeTemps(Wheels[BrakeCelsius], frozen=True):
    """Brake temperatures, degC."""


class WheelPercents(Wheels[Percent], frozen=True):
    """Wear or damage, % gone: 0 is new."""


class WheelTexts(Wheels[Text], frozen=True):
    """One word or name a wheel."""


class WheelFlags(Wheels[bool], frozen=True):
    """One yes or no a wheel."""
