"""The lap clock: lap number, lap and sector times, the best lap and the distance to it."""

from collections.abc import Sequence

# The best lap is remembered at this many places; a lap of 105 s passes one every 0.4 s.
_MARKS = 256


class LapClock:
    """Counts laps as the car passes the line; times are interpolated between samples."""

    def __init__(self, sector_ends_m: Sequence[float]) -> None:
        self.lap = 1
        self.lap_time = 0.0
        self.last_lap_time: float | None = None
        self.best_lap_time: float | None = None
        self.delta_best: float | None = None
        self.sector = 1
        self.sector_times: list[float] = []
        self.is_valid = True
        self._ends = sector_ends_m
        self._length = sector_ends_m[-1]
        self._started_s = 0.0
        self._sector_started_s = 0.0
        self._marks = [0.0] * _MARKS
        self._best_marks: list[float] | None = None
        self._mark = 0

    def pass_to(self, now_s: float, distance_m: float, moved_m: float, dt_s: float) -> bool:
        """Whether the lap ended with the last step of *moved_m* in *dt_s*.

        *distance_m* counts from the line that began the lap and may lie beyond its length.
        """
        finished = False
        while self.sector <= len(self._ends) and distance_m >= self._ends[self.sector - 1]:
            over_m = distance_m - self._ends[self.sector - 1]
            passed_s = now_s - (over_m / moved_m * dt_s if moved_m > 0 else 0.0)
            self.sector_times = [*self.sector_times, passed_s - self._sector_started_s]
            self._sector_started_s = passed_s
            self.sector += 1
            if self.sector > len(self._ends):
                self._finish(passed_s)
                distance_m -= self._length
                finished = True
        self.lap_time = now_s - self._started_s
        self._compare(distance_m)
        return finished

    def _finish(self, passed_s: float) -> None:
        self.last_lap_time = passed_s - self._started_s
        if self.is_valid and self.last_lap_time < (self.best_lap_time or float("inf")):
            self.best_lap_time = self.last_lap_time
            self._best_marks = self._marks
            self._marks = [0.0] * _MARKS
        self.lap += 1
        self.sector = 1
        self.sector_times = []
        self.is_valid = True
        self._started_s = passed_s
        self._mark = 0

    def _compare(self, distance_m: float) -> None:
        mark = min(_MARKS - 1, int(distance_m / self._length * _MARKS))
        if mark == self._mark:
            return
        self._mark = mark
        self._marks[mark] = self.lap_time
        # A mark is 0 where no sample fell on it.
        if self._best_marks is not None and self._best_marks[mark] > 0:
            delta = self.lap_time - self._best_marks[mark]
            self.delta_best = max(-600.0, min(600.0, delta))
