"""What a perfect driver does at each metre of the circuit: speed, pedals, wheel and tyre heat."""

import math
from dataclasses import dataclass
from functools import cache

from pitboard.publisher.sources.simulation.circuit import build_circuit

GRAVITY = 9.81
TIRE_GRIP = 1.48
DOWNFORCE = 0.0016  # 1/m: extra weight in m/s2 per (m/s)2
POWER = 300.0  # W/kg
DRAG = 7.0e-4  # 1/m
TRACTION = 7.0  # m/s2
BRAKING = 15.0  # m/s2 without downforce
TOP_SPEED = 77.0  # m/s
PIT_SPEED_KMH = 60.0
PIT_SPEED = PIT_SPEED_KMH / 3.6 - 0.3  # m/s: the limiter stays a little below

# Full lock is about an 11 m radius at parking speed; a hairpin then takes most of the wheel.
_STEERING_GAIN = 1500.0


@dataclass(frozen=True, slots=True)
class Line:
    """One value an index of the circuit, except where noted.

    Attributes:
        speed: m/s on the track.
        pit_speed: m/s on a lap that ends or begins in the pit lane.
        throttle, brake, steering: %.
        lateral: m/s2, positive in right turns.
        heat: Work of each wheel's tyre (fl, fr, rl, rr), 1.0 on the average of a lap and car.
        lap_time_s: The lap time at `speed`.
        burn: Fuel burnt per second, 1.0 on the average of a lap.
    """

    speed: list[float]
    pit_speed: list[float]
    throttle: list[float]
    brake: list[float]
    steering: list[float]
    lateral: list[float]
    heat: list[tuple[float, float, float, float]]
    burn: list[float]
    lap_time_s: float


@cache
def build_line() -> Line:
    """The line on the one circuit of the simulation."""
    circuit = build_circuit()
    corner_speed = [_corner_speed(curvature) for curvature in circuit.curvature]
    # Slow enough some metres early: a sample a tenth of a second apart must not see it speeding.
    places = [i * circuit.step_m for i in range(len(corner_speed))]
    in_lane = [circuit.is_pit_lane(place) or circuit.is_pit_lane(place + 16) for place in places]
    speed = _drivable(corner_speed, circuit.step_m)
    capped = [
        min(v, PIT_SPEED) if lane else v for v, lane in zip(corner_speed, in_lane, strict=True)
    ]
    pedals = [_pedals(speed, i, circuit.step_m) for i in range(len(speed))]
    throttle = [pedal[0] for pedal in pedals]
    brake = [pedal[1] for pedal in pedals]
    lateral = [v * v * k for v, k in zip(speed, circuit.curvature, strict=True)]
    times = [circuit.step_m / v for v in speed]
    return Line(
        speed=speed,
        pit_speed=_drivable(capped, circuit.step_m),
        throttle=throttle,
        brake=brake,
        steering=[max(-95.0, min(95.0, k * _STEERING_GAIN)) for k in circuit.curvature],
        lateral=lateral,
        heat=_heat(lateral, throttle, brake, times),
        burn=_scaled([0.15 + pedal / 100 for pedal in throttle], times),
        lap_time_s=sum(times),
    )


def _corner_speed(curvature: float) -> float:
    """The speed at which grip, downforce included, just holds the turn."""
    spare = abs(curvature) - TIRE_GRIP * DOWNFORCE
    if spare <= 0:
        return TOP_SPEED
    return min(TOP_SPEED, math.sqrt(TIRE_GRIP * GRAVITY / spare))


def _drivable(limits: list[float], step_m: float) -> list[float]:
    """*limits* lowered to what engine and brakes can follow, around the closed lap."""
    speed = list(limits)
    count = len(speed)
    # Twice round, so that the start of the lap knows how the lap before it ended.
    for i in range(2 * count):
        v = speed[i % count]
        reachable = math.sqrt(max(0.0, v * v + 2 * step_m * _acceleration(v)))
        speed[(i + 1) % count] = min(speed[(i + 1) % count], reachable)
    for i in range(2 * count, 0, -1):
        v = speed[i % count]
        reachable = math.sqrt(v * v + 2 * step_m * _braking(v))
        speed[(i - 1) % count] = min(speed[(i - 1) % count], reachable)
    return speed


def _acceleration(v: float) -> float:
    return min(TRACTION, POWER / max(v, 1.0)) - DRAG * v * v


def _braking(v: float) -> float:
    return BRAKING * (1 + DOWNFORCE * v * v / GRAVITY) * 0.85


def _pedals(speed: list[float], i: int, step_m: float) -> tuple[float, float]:
    """Throttle and brake in % that make the speed change as it does at *i*."""
    after, before, v = speed[(i + 1) % len(speed)], speed[i - 1], speed[i]
    wanted = (after * after - before * before) / (4 * step_m) + DRAG * v * v
    if wanted >= 0:
        return min(100.0, 100 * wanted / min(TRACTION, POWER / v)), 0.0
    # Below a light touch the engine alone slows the car.
    push = -100 * wanted / _braking(v)
    return 0.0, min(100.0, push) if push > 4 else 0.0


def _heat(
    lateral: list[float], throttle: list[float], brake: list[float], times: list[float]
) -> list[tuple[float, float, float, float]]:
    rows = []
    for side, gas, stop in zip(lateral, throttle, brake, strict=True):
        # A right turn leans on the left wheels.
        left, right = 1 + side / 34, 1 - side / 34
        turning = 0.25 + abs(side) / 11
        front, rear = turning + stop / 110, turning * 0.92 + gas / 270 + stop / 260
        rows.append((left * front, right * front, left * rear, right * rear))
    duration = sum(times)
    total = sum(sum(row) * time for row, time in zip(rows, times, strict=True))
    mean = total / (4 * duration)
    return [(fl / mean, fr / mean, rl / mean, rr / mean) for fl, fr, rl, rr in rows]


def _scaled(weights: list[float], times: list[float]) -> list[float]:
    mean = sum(weight * time for weight, time in zip(weights, times, strict=True)) / sum(times)
    return [weight / mean for weight in weights]
