"""One race of the simulated car, a step at a time; all chance comes from one generator."""

from collections.abc import Sequence
from random import Random

from pitboard.contract.quantities import WheelFlags, WheelPercents, WheelTexts
from pitboard.contract.telemetry import Telemetry
from pitboard.publisher.source import NamedSetup
from pitboard.publisher.sources.simulation.car import Car
from pitboard.publisher.sources.simulation.circuit import build_circuit
from pitboard.publisher.sources.simulation.cockpit import Settings, setup_document
from pitboard.publisher.sources.simulation.engine import (
    ENERGY_PER_LAP,
    FUEL_CAPACITY,
    FUEL_PER_LAP,
    Engine,
)
from pitboard.publisher.sources.simulation.laps import LapClock
from pitboard.publisher.sources.simulation.line import build_line
from pitboard.publisher.sources.simulation.rivals import Field
from pitboard.publisher.sources.simulation.weather import Weather
from pitboard.publisher.sources.simulation.wheels import Brakes, Tires

RACE_S = 86_400.0
AFTER_FLAG_S = 300.0
START_OF_DAY_S = 57_600.0  # 16:00
TRACK_LIMITS_MAX = 5.0

# What changes slowly is computed at this period, whatever the sample rate.
_SLOW_S = 0.5
_BASE_PACE = 1.002
_YELLOW_PACE = 0.86
_REFUEL_PER_S = 2.1
_TIRE_CHANGE_S = 19.0
# Decided once a lap: with this much at the line one more lap still leaves enough for the in lap.
_PIT_RESERVE_LAPS = 2.4
_TIRE_BLANKET = 45.0

_COMPOUNDS = WheelTexts(fl="Medium", fr="Medium", rl="Medium", rr="Medium")
_NOT_FLAT = WheelFlags(fl=False, fr=False, rl=False, rr=False)
_NO_DAMAGE = WheelPercents(fl=0.0, fr=0.0, rl=0.0, rr=0.0)


class Race:
    """The car, its rivals and the weather from the rolling start until after the flag."""

    def __init__(self, rng: Random, duration_s: float = RACE_S) -> None:
        circuit, line = build_circuit(), build_line()
        self.settings = Settings(brake_bias=round(53.4 + 0.2 * rng.randrange(8), 1))
        self.setup = self._named_setup()
        self._rng = rng
        self._duration_s = duration_s
        self._line = line
        self._length_m = circuit.length_m
        self._weather = Weather(rng)
        self._conditions = self._weather.at(0.0, START_OF_DAY_S)
        ambient = self._conditions.ambient_temp
        self._car = Car(circuit, line)
        self._tires = Tires(_TIRE_BLANKET)
        self._brakes = Brakes(180.0)
        self._engine = Engine(fuel=FUEL_CAPACITY, lap_time_s=line.lap_time_s, temp=ambient + 45)
        self._engine.shift(self._car.speed * 3.6)
        self._clock = LapClock(circuit.sector_ends_m)
        self._field = Field(rng, line.lap_time_s * 1.018, round(FUEL_CAPACITY / FUEL_PER_LAP) - 2)
        self._standing = self._field.standing(0.0, 1.0)
        self._pace = 0.98
        self._car.speed *= self._pace
        self._wanted_pace = self._pace
        self._mood = 0.0
        self._next_slow_s = 0.0
        self._slow_done_s = 0.0
        self._next_yellow_s = 900 + rng.expovariate(1 / 2700)
        self._yellow_until_s = 0.0
        self._track_limits = 0.0
        self._cut_at_m: float | None = None
        self._tire_sets = 14

    def is_over(self, elapsed_s: float) -> bool:
        """Whether the race and the minutes after it have passed."""
        return elapsed_s >= self._duration_s + AFTER_FLAG_S

    def run(self, elapsed_s: float, dt_s: float) -> Telemetry:
        """Drive the *dt_s* that end *elapsed_s* into the race."""
        if elapsed_s >= self._next_slow_s:
            self._run_slow(elapsed_s)
        self._pace += (self._wanted_pace - self._pace) * min(1.0, dt_s / 2.5)
        if dt_s > 0:
            self._drive(elapsed_s, dt_s)
        return self._telemetry(elapsed_s)

    def _drive(self, elapsed_s: float, dt_s: float) -> None:
        car, now = self._car, self._conditions
        heat = self._serve(elapsed_s, dt_s) if car.is_stopped else self._move(elapsed_s, dt_s)
        self._tires.run(heat, now.track_temp, now.wetness, dt_s)
        self._brakes.run(car.brake, car.speed, now.ambient_temp, dt_s)
        if self._cut_at_m is not None and car.distance_m > self._cut_at_m:
            self._cut_at_m = None
            self._clock.is_valid = False
            self._track_limits = min(TRACK_LIMITS_MAX - 1, self._track_limits + 0.5)

    def _move(self, elapsed_s: float, dt_s: float) -> Sequence[float]:
        """Drive; the work of each tyre."""
        car = self._car
        moved = car.run(self._pace, dt_s)
        if self._clock.pass_to(elapsed_s, car.distance_m, moved, dt_s):
            car.begin_lap()
            self._begin_lap()
        heat, burn = self._line.heat[car.index], self._line.burn[car.index]
        if car.has_limiter:
            heat, burn = (0.25, 0.25, 0.25, 0.25), 0.4
        self._engine.run(car.speed * 3.6, burn, self._conditions.ambient_temp, dt_s)
        if car.is_stopped:
            missing = FUEL_CAPACITY - self._engine.fuel
            service_s = max(_TIRE_CHANGE_S, missing / _REFUEL_PER_S)
            car.stand(service_s + self._rng.uniform(1.0, 4.0))
        return heat

    def _serve(self, elapsed_s: float, dt_s: float) -> Sequence[float]:
        """Stand in the box; the tyres do no work."""
        engine = self._engine
        engine.stand(self._conditions.ambient_temp, dt_s)
        engine.fuel = min(FUEL_CAPACITY, engine.fuel + _REFUEL_PER_S * dt_s)
        engine.energy = min(100.0, engine.energy + 2.6 * dt_s)
        self._clock.pass_to(elapsed_s, self._car.distance_m, 0.0, dt_s)
        if self._car.wait(dt_s):
            self._tires.change(_TIRE_BLANKET)
            self._tire_sets = max(0, self._tire_sets - 1)
        return (0.0, 0.0, 0.0, 0.0)

    def _begin_lap(self) -> None:
        """What the driver decides once a lap."""
        rng = self._rng
        self._mood = rng.gauss(0.0, 0.0022)
        self._cut_at_m = rng.uniform(0.1, 0.9) * self._length_m if rng.random() < 0.035 else None
        laps_left = min(self._engine.fuel / FUEL_PER_LAP, self._engine.energy / ENERGY_PER_LAP)
        if laps_left < _PIT_RESERVE_LAPS and not self._car.has_limiter:
            self._car.is_boxing = True
        if rng.random() < 0.3:
            changed = self.settings.changed(rng)
            if changed != self.settings:
                self.settings = changed
                self._engine.burn_rate = 1.0 - 0.02 * (changed.engine_map - 1)
                self.setup = self._named_setup()

    def _run_slow(self, elapsed_s: float) -> None:
        """Everything that a driver or a viewer sees change over seconds."""
        time_of_day = (START_OF_DAY_S + elapsed_s) % 86_400
        self._conditions = self._weather.at(elapsed_s, time_of_day)
        if elapsed_s >= self._next_yellow_s:
            self._yellow_until_s = elapsed_s + self._rng.uniform(35, 120)
            self._next_yellow_s = self._yellow_until_s + 600 + self._rng.expovariate(1 / 2700)
        slow = 1 / _YELLOW_PACE if self._is_yellow(elapsed_s) else 1.0
        slow *= 1 + 0.0012 * self._conditions.wetness
        self._field.run(elapsed_s, elapsed_s - self._slow_done_s, slow)
        self._slow_done_s = elapsed_s
        self._next_slow_s = elapsed_s + _SLOW_S
        laps = self._clock.lap - 1 + self._car.distance_m / self._length_m
        self._standing = self._field.standing(laps, slow)
        warmth = sum(self._tires.carcass) / 4
        worn = sum(self._tires.wear) / 4
        pace = _BASE_PACE + self._mood - 0.00020 * self._engine.fuel - 0.00018 * worn
        pace -= 0.0007 * max(0.0, 72 - warmth)
        self._wanted_pace = min(1.01, pace / slow)

    def _is_yellow(self, elapsed_s: float) -> bool:
        return elapsed_s < self._yellow_until_s

    def _flags(self, elapsed_s: float) -> list[str]:
        if elapsed_s >= self._duration_s:
            return ["checkered"]
        flags = ["yellow"] if self._is_yellow(elapsed_s) else ["green"]
        return [*flags, "blue"] if self._standing.is_blue else flags

    def _named_setup(self) -> NamedSetup:
        return NamedSetup(setup_document(self.settings, fuel=FUEL_CAPACITY), "race_dry")

    def _telemetry(self, elapsed_s: float) -> Telemetry:
        car, engine, clock = self._car, self._engine, self._clock
        settings, place, now = self.settings, self._standing, self._conditions
        tires, brakes = self._tires, self._brakes
        time_of_day = (START_OF_DAY_S + elapsed_s) % 86_400
        x, z = car.point()
        return Telemetry(
            lap=clock.lap,
            fuel=engine.fuel,
            position=place.position,
            class_position=place.class_position,
            fuel_capacity=FUEL_CAPACITY,
            virtual_energy=engine.energy,
            lap_time=clock.lap_time,
            last_lap_time=clock.last_lap_time,
            best_lap_time=clock.best_lap_time,
            delta_best=clock.delta_best,
            sector=clock.sector,
            sector_times=clock.sector_times,
            lap_valid=clock.is_valid,
            gap_ahead=place.gap_ahead,
            gap_behind=place.gap_behind,
            gap_ahead_laps=place.gap_ahead_laps,
            gap_behind_laps=place.gap_behind_laps,
            gap_leader=place.gap_leader,
            laps_behind_leader=place.laps_behind_leader,
            leader_lap_time=place.leader_lap_time,
            traffic_ahead=place.traffic_ahead,
            traffic_behind=place.traffic_behind,
            lap_distance=car.distance_m,
            x=x,
            z=z,
            speed=car.speed * 3.6,
            gear=engine.gear,
            rpm=engine.rpm,
            throttle=car.throttle,
            brake=car.brake,
            clutch=100.0 if car.is_stopped else 0.0,
            steering=car.steering,
            tire_pressures=tires.pressures(),
            tire_temps=tires.surface_temps(),
            tire_tread_temps=tires.tread_temps(),
            tire_carcass_temps=tires.carcass_temps(),
            tire_wear=tires.wear_percents(),
            tire_compounds=_COMPOUNDS,
            tire_flat=_NOT_FLAT,
            tire_sets_remaining=self._tire_sets,
            brake_temps=brakes.temps(),
            brake_wear=brakes.wear_percents(),
            engine_water_temp=engine.water_temp,
            engine_oil_temp=engine.oil_temp,
            aero_damage=0.0,
            suspension_damage=_NO_DAMAGE,
            brake_bias=settings.brake_bias,
            tc=settings.tc,
            tc_cut=settings.tc_cut,
            tc_slip=settings.tc_slip,
            abs=settings.abs,
            engine_map=settings.engine_map,
            tc_active=car.throttle > 60 and abs(self._line.lateral[car.index]) > 7,
            abs_active=car.brake > 88 and car.speed > 15,
            speed_limiter=car.has_limiter,
            headlights=not 25_200 < time_of_day < 73_800,  # 07:00 to 20:30
            flags=self._flags(elapsed_s),
            pit_state=car.pit_state,
            pit_stops=car.pit_stops,
            penalties=0,
            incidents=0,
            track_limits=self._track_limits,
            session_phase="racing" if elapsed_s < self._duration_s else "over",
            time_elapsed=elapsed_s,
            time_remaining=max(0.0, self._duration_s - elapsed_s),
            time_of_day=time_of_day,
            track_temp=now.track_temp,
            ambient_temp=now.ambient_temp,
            rain=now.rain,
            wetness=now.wetness,
            wind_speed=now.wind_speed,
            wind_direction=now.wind_direction,
        )
