"""What the car does now; `docs/protocol.md` says what every field means."""

from typing import Annotated

from msgspec import UNSET, Struct, UnsetType
from msgspec import Meta as Limits

from pitboard.contract.quantities import (
    AidLevel,
    AirCelsius,
    BrakeTemps,
    Coordinate,
    Count,
    DaySeconds,
    Degrees,
    DeltaSeconds,
    EngineCelsius,
    GapSeconds,
    Gear,
    LapSeconds,
    Litres,
    Metres,
    Pedal,
    Percent,
    Place,
    Points,
    Rpm,
    Seconds,
    SectorTimes,
    Speed,
    Steering,
    Text,
    TirePressures,
    TireTemps,
    TreadTemps,
    WheelFlags,
    WheelPercents,
    WheelTexts,
    Word,
)

MAX_EXTRA_KEYS = 32

ExtraKey = Annotated[str, Limits(pattern=r"^[a-z][a-z0-9_]{0,31}\Z")]
ExtraValue = int | float | bool | Text | None
Extra = Annotated[dict[ExtraKey, ExtraValue], Limits(max_length=MAX_EXTRA_KEYS)]


class Telemetry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One frame: what the car does now. `lap`, `fuel` and `position` are always sent."""

    lap: Count | UnsetType | None = UNSET
    fuel: Litres | UnsetType | None = UNSET
    position: Place | UnsetType | None = UNSET
    run: Count | None = None
    class_position: Place | None = None
    fuel_capacity: Litres | None = None
    virtual_energy: Percent | None = None
    battery: Percent | None = None
    lap_time: DaySeconds | None = None
    last_lap_time: LapSeconds | None = None
    best_lap_time: LapSeconds | None = None
    delta_best: DeltaSeconds | None = None
    sector: Annotated[int, Limits(ge=1, le=20)] | None = None
    sector_times: SectorTimes | None = None
    lap_valid: bool | None = None
    gap_ahead: GapSeconds | None = None
    gap_behind: GapSeconds | None = None
    gap_ahead_laps: Annotated[int, Limits(ge=0, le=999)] | None = None
    gap_behind_laps: Annotated[int, Limits(ge=0, le=999)] | None = None
    gap_leader: GapSeconds | None = None
    laps_behind_leader: Count | None = None
    leader_lap_time: LapSeconds | None = None
    traffic_ahead: GapSeconds | None = None
    traffic_behind: GapSeconds | None = None
    lap_distance: Metres | None = None
    x: Coordinate | None = None
    z: Coordinate | None = None
    speed: Speed | None = None
    gear: Gear | None = None
    rpm: Rpm | None = None
    throttle: Pedal | None = None
    brake: Pedal | None = None
    clutch: Pedal | None = None
    steering: Steering | None = None
    tire_pressures: TirePressures | None = None
    tire_temps: TireTemps | None = None
    tire_tread_temps: TreadTemps | None = None
    tire_carcass_temps: TireTemps | None = None
    tire_wear: WheelPercents | None = None
    tires_as_of_lap: Count | None = None
    tire_compounds: WheelTexts | None = None
    tire_flat: WheelFlags | None = None
    tire_sets_remaining: Annotated[int, Limits(ge=0, le=254)] | None = None
    brake_temps: BrakeTemps | None = None
    brake_wear: WheelPercents | None = None
    engine_water_temp: EngineCelsius | None = None
    engine_oil_temp: EngineCelsius | None = None
    aero_damage: Percent | None = None
    suspension_damage: WheelPercents | None = None
    repair_time: Seconds | None = None
    brake_bias: Percent | None = None
    tc: AidLevel | None = None
    tc_cut: AidLevel | None = None
    tc_slip: AidLevel | None = None
    abs: AidLevel | None = None
    engine_map: AidLevel | None = None
    tc_active: bool | None = None
    abs_active: bool | None = None
    speed_limiter: bool | None = None
    headlights: bool | None = None
    flags: Annotated[list[Word], Limits(max_length=16)] | None = None
    pit_state: Word | None = None
    pit_stops: Count | None = None
    penalties: Count | None = None
    incidents: Count | None = None
    track_limits: Points | None = None
    session_phase: Word | None = None
    time_elapsed: Seconds | None = None
    time_remaining: Seconds | None = None
    laps_remaining: Count | None = None
    stint_laps: Count | None = None
    stint_time: Seconds | None = None
    drive_time: Seconds | None = None
    drive_time_remaining: Seconds | None = None
    time_of_day: DaySeconds | None = None
    track_temp: AirCelsius | None = None
    ambient_temp: AirCelsius | None = None
    rain: Percent | None = None
    wetness: Percent | None = None
    wind_speed: Speed | None = None
    wind_direction: Degrees | None = None
    extra: Extra | None = None
