"""The six messages, one struct each; `docs/protocol.md` says what every field means.

Unknown values are `None` and left out; a reader ignores fields it does not know.
"""

from typing import Annotated, Literal

from msgspec import Meta as Limits
from msgspec import Struct

from pitboard.contract.quantities import (
    AirCelsius,
    BrakeTemps,
    Count,
    Counter,
    Hertz,
    Id,
    LapSeconds,
    Litres,
    Metres,
    Percent,
    Place,
    Points,
    Rpm,
    Seconds,
    SectorTimes,
    Speed,
    Text,
    Time,
    TirePressures,
    TireTemps,
    WheelPercents,
    Wheels,
    WheelTexts,
    Word,
)
from pitboard.contract.telemetry import Telemetry

VERSION: Literal[1] = 1
SCHEMA_VERSION = "1.0"

MAX_SETUP_VALUES = 400


class Envelope(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every message carries; (`birth`, `seq`) order the messages of one topic."""

    v: Literal[1]
    session_id: Id
    monitor_id: Id
    birth: Counter
    seq: Counter
    timestamp: Time


class TelemetryMessage(Envelope, frozen=True, kw_only=True):
    """`telemetry`."""

    telemetry: Telemetry


class StatusMessage(Envelope, frozen=True, kw_only=True):
    """`status`: what the monitor says of itself; as a last will, `lost` with `seq` 0."""

    state: Literal["online", "idle", "offline", "lost"]
    in_control: bool | None = None
    control: Counter | None = None
    laps: Annotated[int, Limits(ge=0, le=100_000)] | None = None
    setup_revision: Counter | None = None
    driver: Text | None = None
    source: Word | None = None
    version: Text | None = None
    started_at: Time | None = None
    rate: Hertz | None = None
    reconnects: Counter | None = None
    last_outage: Seconds | None = None


class Forecast(Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"in_s": "in"}):
    """The weather expected in so many seconds."""

    in_s: Seconds | None = None  # `in` is a keyword
    rain: Percent | None = None
    ambient_temp: AirCelsius | None = None
    sky: Text | None = None


class Meta(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The car, the track and the session, as a source knows them."""

    car: Text | None = None
    car_class: Text | None = None
    car_number: Text | None = None
    team: Text | None = None
    track: Text | None = None
    layout: Text | None = None
    track_length: Metres | None = None
    sector_ends: Annotated[list[Metres], Limits(max_length=20)] | None = None
    pit_entry: Metres | None = None
    pit_exit: Metres | None = None
    session_type: Word | None = None
    race_laps: Count | None = None
    race_time: Seconds | None = None
    drivers: Annotated[list[Text], Limits(max_length=32)] | None = None
    fuel_capacity: Litres | None = None
    rpm_limit: Rpm | None = None
    pit_speed_limit: Speed | None = None
    incident_limit: Count | None = None
    track_limits_max: Points | None = None
    simulator: Text | None = None
    simulator_version: Text | None = None
    forecast: Annotated[list[Forecast], Limits(max_length=8)] | None = None


class MetaMessage(Meta, frozen=True, kw_only=True):
    """`meta`. msgspec structs have one base, so the envelope's fields stand here again."""

    v: Literal[1]
    session_id: Id
    monitor_id: Id
    birth: Counter
    seq: Counter
    timestamp: Time
    units: Annotated[dict[Text, Text], Limits(max_length=200)]
    schema_version: Text | None = None


class SettingWheels(Wheels[int | float | bool | Text], frozen=True):
    """One setting a corner."""


Setting = int | float | bool | Text | SettingWheels | None
SetupDocument = dict[Word, dict[Text, Setting]]


class SetupMessage(Envelope, frozen=True, kw_only=True):
    """`setup`: the whole document, at most 400 values; `revision` rises by 1 with each change."""

    revision: Counter
    captured_at: Time
    setup: SetupDocument
    name: Text | None = None


class LapSummary(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One completed lap, computed by the monitor at the source's own rate."""

    run: Count
    lap: Count
    finished_at: Time
    lap_time: LapSeconds | None = None
    sector_times: SectorTimes | None = None
    driver: Text | None = None
    stint: Count | None = None
    stint_lap: Count | None = None
    kind: Word | None = None
    valid: bool | None = None
    yellow: bool | None = None
    complete: bool | None = None
    fuel_used: Litres | None = None
    fuel_left: Litres | None = None
    fuel_added: Litres | None = None
    energy_used: Percent | None = None
    energy_left: Percent | None = None
    pit_lane_time: Seconds | None = None
    pit_stop_time: Seconds | None = None
    tire_wear: WheelPercents | None = None
    tire_temps_mean: TireTemps | None = None
    tire_temps_max: TireTemps | None = None
    tire_pressures_mean: TirePressures | None = None
    brake_temps_max: BrakeTemps | None = None
    tire_compounds: WheelTexts | None = None
    position: Place | None = None
    class_position: Place | None = None
    incidents: Count | None = None
    speed_max: Speed | None = None
    track_temp: AirCelsius | None = None
    ambient_temp: AirCelsius | None = None
    wetness: Percent | None = None


class LapMessage(Envelope, frozen=True, kw_only=True):
    """`lap`: the event that a lap was completed."""

    lap_summary: LapSummary


class LapRow(Struct, frozen=True, kw_only=True):
    """One row of the lap table; the fields are its columns, in their order on the wire."""

    run: Count
    lap: Count
    finished_at: Time
    lap_time: LapSeconds | None = None
    sector_times: SectorTimes | None = None
    driver: Text | None = None
    kind: Word | None = None
    valid: bool | None = None
    yellow: bool | None = None
    complete: bool | None = None
    fuel_used: Litres | None = None
    fuel_left: Litres | None = None
    fuel_added: Litres | None = None
    energy_used: Percent | None = None
    energy_left: Percent | None = None
    wear_fl: Percent | None = None
    wear_fr: Percent | None = None
    wear_rl: Percent | None = None
    wear_rr: Percent | None = None
    compound: Text | None = None
    position: Place | None = None
    class_position: Place | None = None
    track_temp: AirCelsius | None = None
    wetness: Percent | None = None
    stint: Count | None = None
    stint_lap: Count | None = None


LAP_COLUMNS: tuple[str, ...] = LapRow.__struct_fields__

Cell = int | float | bool | str | list[float] | None


class LapsMessage(Envelope, frozen=True, kw_only=True):
    """`laps/<k>`: rows `first` to `first` + 99 of this monitor's lap table."""

    first: Annotated[int, Limits(ge=0, le=99_900, multiple_of=100)]
    columns: Annotated[list[Text], Limits(min_length=1, max_length=64)]
    rows: Annotated[list[Annotated[list[Cell], Limits(max_length=64)]], Limits(max_length=100)]


Message = StatusMessage | MetaMessage | SetupMessage | TelemetryMessage | LapMessage | LapsMessage
