"""Gearbox, tank and engine warmth."""

FUEL_CAPACITY = 85.0  # L
FUEL_PER_LAP = 2.65  # L at racing speed
ENERGY_PER_LAP = 3.05  # % of the stint's allowance
RPM_LIMIT = 8200.0
IDLE_RPM = 1450.0

_UPSHIFT_RPM = 7850.0
# So far below the upshift that no gear is left and taken again at once.
_DOWNSHIFT_RPM = 5250.0
# km/h at the limiter, gears 1 to 6.
_GEAR_TOP_KMH = (104.0, 142.0, 180.0, 216.0, 250.0, 284.0)
_RPM_PER_KMH = tuple(RPM_LIMIT / top for top in _GEAR_TOP_KMH)


class Engine:
    """What the driver hears and the tank loses.

    Attributes:
        fuel: L.
        energy: % of the virtual energy left.
        burn_rate: Consumption against the nominal one: engine map and right foot.
    """

    def __init__(self, *, fuel: float, lap_time_s: float, temp: float) -> None:
        self.fuel = fuel
        self.energy = 100.0
        self.gear = 6
        self.rpm = 0.0
        self.burn_rate = 1.0
        self.water_temp = temp
        self.oil_temp = temp
        self._fuel_per_s = FUEL_PER_LAP / lap_time_s
        self._energy_per_s = ENERGY_PER_LAP / lap_time_s

    def run(self, speed_kmh: float, burn: float, ambient_temp: float, dt_s: float) -> None:
        """Drive for *dt_s*; *burn* is the load, 1.0 on the average of a lap."""
        self.shift(speed_kmh)
        used = burn * self.burn_rate * dt_s
        self.fuel = max(0.0, self.fuel - used * self._fuel_per_s)
        self.energy = max(0.0, self.energy - used * self._energy_per_s)
        warmth = min(1.0, dt_s / 70)
        load = 8 * (burn - 1)
        self.water_temp += warmth * (ambient_temp + 64 + load - self.water_temp)
        self.oil_temp += warmth * 0.5 * (ambient_temp + 80 + load - self.oil_temp)

    def stand(self, ambient_temp: float, dt_s: float) -> None:
        """Idle in neutral."""
        self.gear = 0
        self.rpm = IDLE_RPM
        warmth = min(1.0, dt_s / 240)
        self.water_temp += warmth * (ambient_temp + 55 - self.water_temp)
        self.oil_temp += warmth * (ambient_temp + 60 - self.oil_temp)

    def shift(self, speed_kmh: float) -> None:
        """Choose the gear for *speed_kmh* and turn the engine with it."""
        gear = max(1, self.gear)
        rpm = speed_kmh * _RPM_PER_KMH[gear - 1]
        while rpm > _UPSHIFT_RPM and gear < len(_RPM_PER_KMH):
            gear += 1
            rpm = speed_kmh * _RPM_PER_KMH[gear - 1]
        while rpm < _DOWNSHIFT_RPM and gear > 1:
            gear -= 1
            rpm = speed_kmh * _RPM_PER_KMH[gear - 1]
        self.gear = gear
        self.rpm = min(RPM_LIMIT, max(IDLE_RPM, rpm))
