"""What the driver turns while driving, and the setup document that says the same."""

from dataclasses import dataclass, replace
from random import Random

from pitboard.contract.messages import SettingWheels, SetupDocument
from pitboard.publisher.sources.simulation.wheels import COLD_PRESSURES_KPA

BRAKE_BIAS_RANGE = (50.0, 58.0)
AID_RANGE = (1, 11)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings on the wheel; `brake_bias` is % front."""

    brake_bias: float = 54.2
    tc: int = 4
    tc_cut: int = 5
    tc_slip: int = 5
    abs: int = 5
    engine_map: int = 1

    def changed(self, rng: Random) -> "Settings":
        """These settings with one of them turned a click."""
        step = rng.choice((-1, 1))
        match rng.randrange(8):
            case 0 | 1 | 2:
                return replace(self, brake_bias=_bias(self.brake_bias + step * 0.2))
            case 3 | 4:
                return replace(self, tc=_aid(self.tc + step))
            case 5 | 6:
                return replace(self, abs=_aid(self.abs + step))
            case _:
                return replace(self, engine_map=1 + self.engine_map % 3)


def setup_document(settings: Settings, *, fuel: float) -> SetupDocument:
    """The whole setup as the garage screen would show it."""
    front, rear = settings.brake_bias, 100 - settings.brake_bias
    fl, fr, rl, rr = (f"{kpa:.0f} kPa" for kpa in COLD_PRESSURES_KPA)
    return {
        "aerodynamics": {
            "front_splitter": 3,
            "rear_wing": "P8",
            "front_brake_ducts": "75%",
            "rear_brake_ducts": "50%",
            "radiator_tape": "None",
        },
        "suspension": {
            "front_anti_roll_bar": "P5",
            "rear_anti_roll_bar": "P3",
            "spring": _pairs("190 N/mm", "165 N/mm"),
            "ride_height": _pairs("5.6 cm", "6.9 cm"),
            "camber": _pairs("-3.4 deg", "-2.6 deg"),
            "front_toe": "-0.10 deg",
            "rear_toe": "0.16 deg",
            "slow_bump": _pairs(5, 4),
            "fast_bump": _pairs(6, 5),
            "slow_rebound": _pairs(7, 6),
            "fast_rebound": _pairs(8, 6),
        },
        "brakes": {
            "brake_bias": f"{front:.1f}:{rear:.1f}",
            "brake_pressure": "95%",
            "brake_pads": 1,
        },
        "drivetrain": {
            "differential_preload": "90 Nm",
            "differential_power": "45%",
            "differential_coast": "55%",
            "final_drive": "3.85:1",
        },
        "electronics": {
            "tc": settings.tc,
            "tc_cut": settings.tc_cut,
            "tc_slip": settings.tc_slip,
            "abs": settings.abs,
            "engine_map": settings.engine_map,
        },
        "tires": {
            "compound": "Medium",
            "pressure": SettingWheels(fl=fl, fr=fr, rl=rl, rr=rr),
        },
        "fuel": {"start_fuel": f"{fuel:.0f} L", "virtual_energy": "100%"},
        "other": {"steering_lock": "480 deg", "rev_limiter": "8,200"},
    }


def _pairs(front: int | str, rear: int | str) -> SettingWheels:
    return SettingWheels(fl=front, fr=front, rl=rear, rr=rear)


def _bias(value: float) -> float:
    low, high = BRAKE_BIAS_RANGE
    return round(min(high, max(low, value)), 1)


def _aid(value: int) -> int:
    low, high = AID_RANGE
    return min(high, max(low, value))
