"""Weather that drifts: a few slow waves whose phases the seed decides, no state."""

import math
from dataclasses import dataclass
from random import Random

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Conditions:
    """The weather of one moment, in the contract's units."""

    track_temp: float
    ambient_temp: float
    rain: float
    wetness: float
    wind_speed: float
    wind_direction: float


class Weather:
    """The weather of one race day."""

    def __init__(self, rng: Random) -> None:
        self._base = rng.uniform(19, 25)
        self._phases = [rng.uniform(0, math.tau) for _ in range(5)]

    def at(self, elapsed_s: float, time_of_day_s: float) -> Conditions:
        """The weather *elapsed_s* into the race."""
        a, b, _, d, e = self._phases
        # Warmest at 15:00, coldest at 03:00.
        sun = math.cos((time_of_day_s / _DAY_S - 0.625) * math.tau)
        clouds = math.sin(elapsed_s / 2900 + a)
        ambient = self._base + 5 * sun + 0.8 * clouds + 0.4 * math.sin(elapsed_s / 700 + b)
        wetness = self._rain(elapsed_s - 400) * 1.4
        rain = self._rain(elapsed_s)
        track = ambient + 4 + 7 * max(0.0, sun) + 1.5 * clouds - wetness * 0.12
        return Conditions(
            track_temp=track,
            ambient_temp=ambient,
            rain=rain,
            wetness=min(60.0, wetness),
            wind_speed=9 + 5 * math.sin(elapsed_s / 1300 + d) + 3 * math.sin(elapsed_s / 310 + b),
            wind_direction=(200 + 60 * math.sin(elapsed_s / 5200 + e)) % 360,
        )

    def _rain(self, elapsed_s: float) -> float:
        """%: dry most of the day, a shower where two waves meet."""
        _, b, c, _, e = self._phases
        wave = math.sin(elapsed_s / 4700 + c) + math.sin(elapsed_s / 7900 + e + b)
        return max(0.0, wave - 1.55) * 55
