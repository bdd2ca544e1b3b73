"""The other cars: each has a pace, good and bad stints and pit stops, and nothing more."""

from dataclasses import dataclass
from random import Random

HYPERCARS = 6
CLASS_RIVALS = 15
PIT_LOSS_S = 78.0
HYPERCAR_PACE = 0.89

# Cars run in each other's sight at a rolling start.
_GRID_GAP_LAPS = 0.0065


@dataclass(slots=True)
class Rival:
    """One car. `progress` is laps since the start; `lap_time_s` its pace now."""

    is_class: bool
    base_s: float
    progress: float
    stint_laps: int
    lap_time_s: float = 0.0
    last_lap_s: float = 0.0
    next_stop: float = 0.0
    standing_s: float = 0.0
    _entered_s: float = 0.0

    def run(self, now_s: float, dt_s: float, slow: float, rng: Random) -> None:
        """Drive or stand in the pits for *dt_s*; *slow* stretches every lap."""
        if self.standing_s > 0:
            self.standing_s -= dt_s
            return
        before = int(self.progress)
        self.progress += dt_s / (self.lap_time_s * slow)
        if int(self.progress) > before:
            over_s = (self.progress - int(self.progress)) * self.lap_time_s * slow
            self.last_lap_s = now_s - over_s - self._entered_s
            self._entered_s = now_s - over_s
            self.lap_time_s = self.base_s * (1 + rng.gauss(0, 0.003))
            if self.progress >= self.next_stop:
                self.standing_s = PIT_LOSS_S + rng.uniform(-6, 10)
                self.next_stop = int(self.progress) + self.stint_laps + rng.randrange(-2, 3)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the car stands among the others; the names are those of the telemetry."""

    position: int
    class_position: int
    gap_ahead: float | None = None
    gap_behind: float | None = None
    gap_ahead_laps: int | None = None
    gap_behind_laps: int | None = None
    gap_leader: float | None = None
    laps_behind_leader: int = 0
    leader_lap_time: float | None = None
    traffic_ahead: float | None = None
    traffic_behind: float | None = None
    is_blue: bool = False


class Field:
    """All rivals of one race."""

    def __init__(self, rng: Random, lap_time_s: float, stint_laps: int) -> None:
        self._rng = rng
        self._lap_time_s = lap_time_s
        own_grid = rng.randrange(4, 12)
        self.rivals = []
        for number in range(HYPERCARS + CLASS_RIVALS):
            is_class = number >= HYPERCARS
            pace = HYPERCAR_PACE if not is_class else 1.0 + 0.0009 * (number - HYPERCARS - own_grid)
            places_ahead = HYPERCARS + own_grid - number
            # The car itself holds a place of the grid.
            places_ahead -= 0 if places_ahead > 0 else 1
            rival = Rival(
                is_class=is_class,
                base_s=lap_time_s * pace * (1 + rng.gauss(0, 0.0015)),
                progress=places_ahead * _GRID_GAP_LAPS,
                stint_laps=stint_laps + rng.randrange(-3, 3),
            )
            rival.lap_time_s = rival.base_s
            rival.next_stop = rival.stint_laps + rng.randrange(-4, 3)
            self.rivals.append(rival)

    def run(self, now_s: float, dt_s: float, slow: float) -> None:
        """Move every rival on by *dt_s*."""
        for rival in self.rivals:
            rival.run(now_s, dt_s, slow, self._rng)

    def standing(self, progress: float, slow: float) -> Standing:
        """The standing of a car *progress* laps into the race."""
        pace = self._lap_time_s * slow
        leader = max(self.rivals, key=lambda rival: rival.progress)
        in_class = [rival.progress for rival in self.rivals if rival.is_class]
        ahead = min((p - progress for p in in_class if p > progress), default=None)
        behind = min((progress - p for p in in_class if p <= progress), default=None)
        to_leader = max(0.0, leader.progress - progress)
        ahead_s, ahead_laps = _gap(ahead, pace)
        behind_s, behind_laps = _gap(behind, pace)
        traffic_ahead, traffic_behind, is_blue = self._traffic(progress, pace)
        return Standing(
            position=1 + sum(rival.progress > progress for rival in self.rivals),
            class_position=1 + sum(p > progress for p in in_class),
            gap_ahead=ahead_s,
            gap_behind=behind_s,
            gap_ahead_laps=ahead_laps,
            gap_behind_laps=behind_laps,
            gap_leader=to_leader % 1 * leader.lap_time_s * slow,
            laps_behind_leader=min(9999, int(to_leader)),
            leader_lap_time=leader.last_lap_s or None,
            traffic_ahead=traffic_ahead,
            traffic_behind=traffic_behind,
            is_blue=is_blue,
        )

    def _traffic(self, progress: float, pace: float) -> tuple[float | None, float | None, bool]:
        """Seconds to the next car on the road, and whether a faster one is about to pass."""
        ahead = behind = 1.0
        is_blue = False
        for rival in self.rivals:
            if rival.standing_s > 0:
                continue
            offset = (rival.progress - progress) % 1
            ahead = min(ahead, offset)
            if 1 - offset < behind:
                behind = 1 - offset
                is_blue = not rival.is_class and behind * pace < 1.6
        # Farther than a third of a lap is no traffic.
        near = pace / 3
        return (
            ahead * pace if ahead * pace < near else None,
            behind * pace if behind * pace < near else None,
            is_blue,
        )


def _gap(laps: float | None, pace: float) -> tuple[float | None, int | None]:
    """A gap as seconds, or as whole laps once it is one or more."""
    if laps is None:
        return None, None
    whole = int(laps)
    return (None, min(999, whole)) if whole else (laps * pace, 0)
