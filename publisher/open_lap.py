"""What is gathered of one lap while it is driven."""

from dataclasses import dataclass, field
from typing import TypedDict

from pitboard.contract.quantities import BrakeTemps, TirePressures, TireTemps, Wheels
from pitboard.contract.telemetry import Telemetry

# Sensors and slosh move a level a little both ways; a rise from its lowest by more is a refill.
REFUEL_NOISE = 0.3

HOLE_S = 5.0
"""A lap with a longer time without samples is not `complete`."""

IN_PITS = frozenset({"entering", "stopped", "exiting", "garage"})
_PIT_LANE = frozenset({"entering", "stopped", "exiting"})
_SLOW_FLAGS = frozenset({"yellow", "double_yellow", "full_course_yellow", "safety_car", "red"})


class Gathered(TypedDict):
    """The fields of a `LapSummary` that a lap's samples give."""

    sector_times: list[float] | None
    kind: str
    valid: bool | None
    yellow: bool
    complete: bool
    fuel_used: float | None
    fuel_left: float | None
    fuel_added: float | None
    energy_used: float | None
    energy_left: float | None
    pit_lane_time: float | None
    pit_stop_time: float | None
    tire_temps_mean: TireTemps | None
    tire_temps_max: TireTemps | None
    tire_pressures_mean: TirePressures | None
    brake_temps_max: BrakeTemps | None
    speed_max: float | None


@dataclass(slots=True)
class Level:
    """A tank or a battery over one lap."""

    first: float | None = None
    last: float | None = None
    _filled: float = 0.0
    _low: float = 0.0
    _peak: float | None = None

    def add(self, value: object) -> None:
        """Take the next reading; anything but a number is none."""
        if not isinstance(value, (int, float)):
            return
        if self.first is None:
            self.first = self._low = value
        self.last = value
        if self._peak is None:
            self._low = min(self._low, value)
            if value - self._low > REFUEL_NOISE:
                self._peak = value
        elif value >= self._peak - REFUEL_NOISE:
            self._peak = max(self._peak, value)
        else:
            self._filled += self._peak - self._low
            self._low, self._peak = value, None

    @property
    def added(self) -> float | None:
        """What was filled in."""
        if self.first is None:
            return None
        return self._filled + (0.0 if self._peak is None else self._peak - self._low)

    @property
    def used(self) -> float | None:
        """What was used, refills counted out."""
        if self.first is None or self.last is None:
            return None
        return max(0.0, self.first - self.last + (self.added or 0.0))


@dataclass(slots=True)
class WheelStats:
    """Mean and maximum of one quantity at the four wheels."""

    count: int = 0
    totals: list[float] = field(default_factory=lambda: [0.0] * 4)
    tops: list[float] = field(default_factory=lambda: [-273.15] * 4)

    def add(self, wheels: Wheels[float] | None) -> None:
        """Take the next reading; one that lacks a wheel is left out."""
        if wheels is None:
            return
        values = (wheels.fl, wheels.fr, wheels.rl, wheels.rr)
        for i, value in enumerate(values):
            if value is None:
                return
            self.totals[i] += value
            self.tops[i] = max(self.tops[i], value)
        self.count += 1

    def means(self) -> list[float]:
        """Front left, front right, rear left, rear right; only with a `count`."""
        return [total / self.count for total in self.totals]


@dataclass(slots=True)
class OpenLap:
    """The lap being driven.

    Attributes:
        number: The lap counter.
        start_s: When it began, in the source's time.
        is_complete: Seen from its start, by this monitor in control, without a hole.
        began_in_pits: The line was crossed in the pit lane, or it began in the garage.
    """

    number: int
    start_s: float
    is_complete: bool
    began_in_pits: bool
    fuel: Level = field(default_factory=Level)
    energy: Level = field(default_factory=Level)
    _has_stopped: bool = False
    _was_slow: bool = False
    _valid: bool | None = None
    _pit_lane_s: float = 0.0
    _pit_stop_s: float = 0.0
    _speed_max: float | None = None
    _sector_times: list[float] = field(default_factory=list)
    _temps: WheelStats = field(default_factory=WheelStats)
    _pressures: WheelStats = field(default_factory=WheelStats)
    _brakes: WheelStats = field(default_factory=WheelStats)

    def add(self, telemetry: Telemetry, step_s: float) -> None:
        """Take the next sample, *step_s* after the one before it."""
        if step_s > HOLE_S:
            self.is_complete = False
        self.fuel.add(telemetry.fuel)
        self.energy.add(telemetry.virtual_energy)
        self._temps.add(telemetry.tire_temps)
        self._pressures.add(telemetry.tire_pressures)
        self._brakes.add(telemetry.brake_temps)
        if telemetry.pit_state in _PIT_LANE:
            self._pit_lane_s += step_s
        if telemetry.pit_state == "stopped":
            self._pit_stop_s += step_s
            self._has_stopped = True
        if telemetry.flags and not _SLOW_FLAGS.isdisjoint(telemetry.flags):
            self._was_slow = True
        if telemetry.lap_valid is not None:
            self._valid = telemetry.lap_valid and self._valid is not False
        if telemetry.speed is not None:
            self._speed_max = max(self._speed_max or 0.0, telemetry.speed)
        if telemetry.sector_times and len(telemetry.sector_times) > len(self._sector_times):
            self._sector_times = telemetry.sector_times

    def gathered(self, lap_time_s: float | None, *, ends_in_pits: bool) -> Gathered:
        """The lap as its samples tell it, once it is over."""
        is_whole = self.is_complete
        has_temps = self._temps.count > 0
        return Gathered(
            sector_times=self._all_sectors(lap_time_s),
            kind=self._kind(ends_in_pits=ends_in_pits),
            valid=self._valid,
            yellow=self._was_slow,
            complete=is_whole,
            fuel_used=self.fuel.used if is_whole else None,
            fuel_left=self.fuel.last,
            fuel_added=self.fuel.added,
            energy_used=self.energy.used if is_whole else None,
            energy_left=self.energy.last,
            pit_lane_time=self._pit_lane_s or None,
            pit_stop_time=self._pit_stop_s or None,
            tire_temps_mean=TireTemps(*self._temps.means()) if has_temps else None,
            tire_temps_max=TireTemps(*self._temps.tops) if has_temps else None,
            tire_pressures_mean=(
                TirePressures(*self._pressures.means()) if self._pressures.count else None
            ),
            brake_temps_max=BrakeTemps(*self._brakes.tops) if self._brakes.count else None,
            speed_max=self._speed_max,
        )

    def _kind(self, *, ends_in_pits: bool) -> str:
        if self.began_in_pits and ends_in_pits:
            return "pit"
        if self.began_in_pits:
            return "out"
        if ends_in_pits:
            return "in"
        # A pit lane with both its ends in one lap.
        return "pit" if self._has_stopped else "flying"

    def _all_sectors(self, lap_time_s: float | None) -> list[float] | None:
        """Sources give the finished sectors; the last one is the rest of the lap."""
        if not self._sector_times or lap_time_s is None or not self.is_complete:
            return None
        rest_s = lap_time_s - sum(self._sector_times)
        return [*self._sector_times, rest_s] if rest_s >= 0.001 else None
