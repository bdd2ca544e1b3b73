"""The car on the circuit: it follows the line at a pace, and stops at its box when told to."""

import math

from pitboard.publisher.sources.simulation.circuit import (
    PIT_BOX_AFTER_LINE_M,
    PIT_EXIT_AFTER_LINE_M,
    PIT_LANE_OFFSET_M,
    Circuit,
)
from pitboard.publisher.sources.simulation.line import PIT_SPEED, Line

_PIT_BRAKING = 4.0  # m/s2, to the box
_PIT_ACCELERATION = 5.0  # m/s2
_RAMP_M = 70.0  # the way between track and pit lane
_PEDAL_S = 0.09  # how fast a foot is


class Car:
    """Position and controls.

    Attributes:
        distance_m: Past the line that began the lap; `run` may leave it beyond the lap's length
            until `begin_lap` takes the length off.
        speed: m/s.
        pit_state: As the contract names it.
        is_boxing: The driver comes in at the end of this lap.
    """

    def __init__(self, circuit: Circuit, line: Line) -> None:
        self.distance_m = 0.0
        self.speed = line.speed[0]
        self.throttle = 100.0
        self.brake = 0.0
        self.steering = 0.0
        self.pit_state = "none"
        self.pit_stops = 0
        self.is_boxing = False
        self.has_limiter = False
        self.index = 0
        self._circuit = circuit
        self._line = line
        self._is_leaving = False
        self._wait_s = 0.0

    @property
    def is_stopped(self) -> bool:
        """Whether the car stands in its box."""
        return self.pit_state == "stopped"

    def run(self, pace: float, dt_s: float) -> float:
        """Drive for *dt_s* at *pace*, 1.0 being the line's own; metres moved.

        Not for a car that is stopped: that one waits.
        """
        step = self._circuit.step_m
        index = min(int(self.distance_m / step), len(self._line.speed) - 1)
        fraction = self.distance_m / step - index
        # The first half of the in lap is driven like any other.
        is_coming = self.is_boxing and self.distance_m > self._circuit.length_m / 2
        in_pits = is_coming or self._is_leaving
        speeds = self._line.pit_speed if in_pits else self._line.speed
        # A negative index reaches the start of the closed lap.
        here, there = speeds[index], speeds[index + 1 - len(speeds)]
        wanted = (here + (there - here) * fraction) * pace
        before = self.speed
        self.speed = self._in_pits(wanted, dt_s) if in_pits else wanted
        moved = (before + self.speed) / 2 * dt_s
        self.distance_m += moved
        self.index = index
        self._move_feet(pace, before, dt_s)
        if in_pits:
            self._follow_pit_lane()
        return moved

    def begin_lap(self) -> None:
        """Take one lap's length off the distance."""
        self.distance_m -= self._circuit.length_m
        self.index = 0
        if self.is_boxing:
            self.is_boxing = False
            self._is_leaving = True

    def stand(self, wait_s: float) -> None:
        """Stay in the box for *wait_s* more."""
        self._wait_s = wait_s

    def wait(self, dt_s: float) -> bool:
        """Stand for *dt_s*; whether the car now drives off."""
        self._wait_s -= dt_s
        if self._wait_s > 0:
            return False
        self.pit_state = "exiting"
        self.pit_stops += 1
        return True

    def point(self) -> tuple[float, float]:
        """X and z in metres, in the pit lane beside the track."""
        circuit = self._circuit
        place = self.distance_m / circuit.step_m
        index = min(int(place), len(circuit.x) - 1)
        fraction, after = place - index, index + 1 - len(circuit.x)
        x = circuit.x[index] + (circuit.x[after] - circuit.x[index]) * fraction
        z = circuit.z[index] + (circuit.z[after] - circuit.z[index]) * fraction
        if self.pit_state in ("entering", "stopped", "exiting"):
            aside = self._aside()
            heading = circuit.heading[index]
            x += aside * math.sin(heading)
            z -= aside * math.cos(heading)
        return x, z

    def _in_pits(self, wanted: float, dt_s: float) -> float:
        """The speed on an in or out lap: no faster than the limiter, the box and the engine."""
        if self._is_leaving and self.pit_state == "entering":
            left = PIT_BOX_AFTER_LINE_M - self.distance_m
            wanted = min(wanted, math.sqrt(2 * _PIT_BRAKING * max(0.0, left)))
            # The root's end is never reached in finite steps.
            if left <= max(0.1, self.speed * dt_s):
                self.pit_state = "stopped"
                return 0.0
        if self.has_limiter:
            wanted = min(wanted, PIT_SPEED, self.speed + _PIT_ACCELERATION * dt_s)
        return wanted

    def _follow_pit_lane(self) -> None:
        """Change `pit_state` where the lane begins and ends."""
        if self.is_boxing:
            self.pit_state = "requested"
            if self.distance_m >= self._circuit.pit_entry_m:
                self.pit_state = "entering"
        elif self.pit_state == "exiting" and self.distance_m > PIT_EXIT_AFTER_LINE_M:
            self.pit_state = "none"
        elif self.distance_m > self._circuit.length_m / 2:
            # From here the pit lap's speeds are those of any lap.
            self._is_leaving = False
        self.has_limiter = self.pit_state in ("entering", "stopped", "exiting")

    def _move_feet(self, pace: float, before: float, dt_s: float) -> None:
        if self.is_stopped:
            self.throttle, self.brake, self.steering = 0.0, 100.0, 0.0
            return
        if self.has_limiter:
            gas = 35.0 if self.speed >= before else 0.0
            stop = max(0.0, min(100.0, (before - self.speed) / dt_s * 6 - 6))
        else:
            gas = self._line.throttle[self.index] * min(1.0, pace * 1.02)
            stop = self._line.brake[self.index] * min(1.0, pace * 1.02)
        follow = min(1.0, dt_s / _PEDAL_S)
        self.throttle += (gas - self.throttle) * follow
        self.brake += (stop - self.brake) * follow
        self.steering += (self._line.steering[self.index] - self.steering) * follow

    def _aside(self) -> float:
        """Metres to the right of the centreline in the pit lane."""
        if self.distance_m > self._circuit.length_m / 2:
            along = (self.distance_m - self._circuit.pit_entry_m) / _RAMP_M
        else:
            along = (PIT_EXIT_AFTER_LINE_M - self.distance_m) / _RAMP_M
        return PIT_LANE_OFFSET_M * max(0.0, min(1.0, along))
