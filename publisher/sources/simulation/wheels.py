"""Tyres and brakes of one car: heat, pressure and wear, wheels in the order fl, fr, rl, rr."""

from collections.abc import Sequence

from pitboard.contract.quantities import (
    BrakeTemps,
    TirePressures,
    TireTemps,
    TreadTemps,
    WheelPercents,
)

COLD_PRESSURES_KPA = (142.0, 142.0, 138.0, 138.0)
COLD_CELSIUS = 25.0
AIR_KPA = 101.3

# A stint of 30 laps wears the busiest tyre by about half.
WEAR_PER_S = 0.0145

_SURFACE_S = 7.0
_CARCASS_S = 110.0
_BRAKE_SHARE = (0.29, 0.29, 0.21, 0.21)
_TREAD_OFFSETS = (3.5, 0.5, -3.0)  # inner, middle, outer: negative camber leans on the inside


class Tires:
    """Four tyres, from the garage's warmth to worn out."""

    def __init__(self, temp: float) -> None:
        self.surface = [temp] * 4
        self.carcass = [temp] * 4
        self.wear = [0.0] * 4

    def change(self, temp: float) -> None:
        """Put on a new set, warmed to *temp*."""
        self.surface = [temp] * 4
        self.carcass = [temp] * 4
        self.wear = [0.0] * 4

    def run(self, heat: Sequence[float], track_temp: float, wetness: float, dt_s: float) -> None:
        """Turn for *dt_s*; *heat* is each wheel's work, 1.0 on average, 0 while standing."""
        surface, carcass, wear = self.surface, self.carcass, self.wear
        to_surface = min(1.0, dt_s / _SURFACE_S)
        to_carcass = min(1.0, dt_s / _CARCASS_S)
        rise = 58.0 * (1 - wetness / 250)
        worn = WEAR_PER_S * dt_s
        for i in range(4):
            work = heat[i]
            target = track_temp + rise * (0.45 + 0.55 * work if work else 0.1)
            surface[i] += to_surface * (0.55 * target + 0.45 * carcass[i] - surface[i])
            carcass[i] += to_carcass * (surface[i] - carcass[i])
            if work and wear[i] < 100:
                wear[i] = min(100.0, wear[i] + worn * work)

    def pressures(self) -> TirePressures:
        """A fixed amount of gas: pressure follows the carcass."""
        fl, fr, rl, rr = (
            (cold + AIR_KPA) * (temp + 273.15) / (COLD_CELSIUS + 273.15) - AIR_KPA
            for cold, temp in zip(COLD_PRESSURES_KPA, self.carcass, strict=True)
        )
        return TirePressures(fl=fl, fr=fr, rl=rl, rr=rr)

    def surface_temps(self) -> TireTemps:
        """The mean of each tread."""
        fl, fr, rl, rr = self.surface
        return TireTemps(fl=fl, fr=fr, rl=rl, rr=rr)

    def carcass_temps(self) -> TireTemps:
        """The temperature under the tread."""
        fl, fr, rl, rr = self.carcass
        return TireTemps(fl=fl, fr=fr, rl=rl, rr=rr)

    def tread_temps(self) -> TreadTemps:
        """Inner, middle and outer third of each tread."""
        inner, middle, outer = _TREAD_OFFSETS
        rows: list[list[float | None]] = [[t + inner, t + middle, t + outer] for t in self.surface]
        return TreadTemps(fl=rows[0], fr=rows[1], rl=rows[2], rr=rows[3])

    def wear_percents(self) -> WheelPercents:
        """% gone."""
        fl, fr, rl, rr = self.wear
        return WheelPercents(fl=fl, fr=fr, rl=rl, rr=rr)


class Brakes:
    """Four discs: hot in the braking zones, cooled by the air that passes."""

    def __init__(self, temp: float) -> None:
        self.temp = [temp] * 4
        self.wear = 0.0

    def run(self, pedal: float, speed: float, ambient_temp: float, dt_s: float) -> None:
        """Brake with *pedal* % at *speed* m/s for *dt_s*."""
        energy = pedal * speed * 0.105 * dt_s
        cooling = min(1.0, (0.005 + 0.0008 * speed) * dt_s)
        temp = self.temp
        for i in range(4):
            heated = temp[i] + energy * _BRAKE_SHARE[i]
            temp[i] = min(1100.0, heated - cooling * (heated - ambient_temp))
        self.wear = min(100.0, self.wear + pedal * dt_s * 1.2e-5)

    def temps(self) -> BrakeTemps:
        """Disc temperatures."""
        fl, fr, rl, rr = self.temp
        return BrakeTemps(fl=fl, fr=fr, rl=rl, rr=rr)

    def wear_percents(self) -> WheelPercents:
        """% gone; the fronts work harder."""
        front, rear = self.wear, self.wear * 0.8
        return WheelPercents(fl=front, fr=front, rl=rear, rr=rear)
