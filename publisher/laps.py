"""Cut the stream of samples into laps: one `LapSummary` for each lap that was completed.

Runs at the source's own rate, whatever rate is published, so a lap does not depend on the network.
"""

from collections import defaultdict

from msgspec import structs

from pitboard.contract.digits import rounded, within_range
from pitboard.contract.messages import LapSummary
from pitboard.contract.telemetry import Telemetry
from pitboard.contract.times import to_text
from pitboard.publisher.lap_rows import row_of
from pitboard.publisher.memory import Memory
from pitboard.publisher.open_lap import HOLE_S, IN_PITS, OpenLap
from pitboard.publisher.source import Sample


class LapRecorder:
    """Completes laps and counts `run`, stints and driving time.

    Args:
        memory: Where `run`, the last lap and the lap table live on after a restart.
        driver: Who drives, if known.
    """

    def __init__(self, memory: Memory, driver: str | None = None) -> None:
        self._memory = memory
        self._driver = driver
        self._lap: OpenLap | None = None
        self._previous: Sample | None = None
        self._stint = 1
        self._stint_laps = 0
        self._stint_start_s: float | None = None
        self._stint_before_s = 0.0
        self._has_stopped = False
        self._driven_s: defaultdict[str | None, float] = defaultdict(float)
        self._is_resumed = False
        self.resume()

    def resume(self) -> None:
        """Go on with the run, stint and driving time of the laps that are remembered, if any."""
        self._pass_newest()
        rows = [row for row in self._memory.laps if row.run == self._memory.run]
        if self._is_resumed or not rows:
            return
        self._is_resumed = True
        self._stint = rows[-1].stint or 1
        self._stint_laps = rows[-1].stint_lap or 0
        self._stint_before_s = sum(
            row.lap_time or 0.0 for row in rows if row.stint == rows[-1].stint
        )
        for row in rows:
            self._driven_s[row.driver] += row.lap_time or 0.0

    def feed(self, sample: Sample, unix_ms: int) -> LapSummary | None:
        """Take the next sample, read at *unix_ms*; the lap that it completed, if any."""
        number = sample.telemetry.lap
        finished = None
        if isinstance(number, int):
            self._follow_run(sample, number)
            if self._lap is None:
                self._open(number, sample, is_complete=False)
            elif number != self._lap.number:
                finished = self._finish(self._lap, sample, unix_ms)
                self._open(number, sample, is_complete=number == self._lap.number + 1)
            self._memory.last_lap = number
            self._add(sample)
        self._previous = sample
        return finished

    def take(self, laps: tuple[LapSummary, ...]) -> list[LapSummary]:
        """Laps that the source completed itself; those that are new."""
        return [lap for lap in laps if self._memory.add_lap(lap, row_of(lap))]

    def change_driver(self, driver: str | None) -> None:
        """Another person drives: his stint begins."""
        if driver != self._driver:
            self._driver = driver
            self._begin_stint(self._stint + 1)

    def leave(self) -> None:
        """Somebody else takes the car: the open lap is his to write, and our stint is over."""
        self._lap = None
        self._previous = None
        self._begin_stint(self._stint + 1)

    def enrich(self, sample: Sample) -> Telemetry:
        """The sample's telemetry with the run, stint and driving time that only we know."""
        start_s = sample.time_s if self._stint_start_s is None else self._stint_start_s
        return structs.replace(
            sample.telemetry,
            run=self._memory.run,
            stint_laps=self._stint_laps,
            stint_time=self._stint_before_s + max(0.0, sample.time_s - start_s),
            drive_time=self._driven_s[self._driver],
        )

    def _follow_run(self, sample: Sample, number: int) -> None:
        previous = self._previous
        is_other_session = previous is not None and previous.session != sample.session
        if self._memory.run and not is_other_session and number >= self._memory.last_lap:
            return
        self._lap = None
        self._previous = None
        self._begin_run()

    def _pass_newest(self) -> None:
        """The lap to come is above all in the table, some of which were read back meanwhile."""
        memory = self._memory
        run, lap = memory.newest_lap
        if (memory.run, memory.last_lap) > (run, lap):
            return
        if self._lap is None:
            memory.run, memory.last_lap = run, lap + 1
        else:
            # It was begun in ignorance of a run that has this number already.
            self._begin_run()

    def _begin_run(self) -> None:
        self._memory.run = max(self._memory.run, self._memory.newest_lap[0]) + 1
        self._driven_s.clear()
        self._is_resumed = True
        self._begin_stint(1)

    def _begin_stint(self, number: int) -> None:
        self._stint = number
        self._stint_laps = 0
        self._stint_start_s = None
        self._stint_before_s = 0.0
        self._has_stopped = False

    def _open(self, number: int, sample: Sample, *, is_complete: bool) -> None:
        lap = OpenLap(
            number=number,
            start_s=sample.time_s - (sample.telemetry.lap_time or 0.0),
            is_complete=is_complete,
            began_in_pits=sample.telemetry.pit_state in IN_PITS,
        )
        if is_complete and self._previous is not None:
            # What burns between the last sample of a lap and the first of the next is counted.
            lap.fuel.add(self._previous.telemetry.fuel)
            lap.energy.add(self._previous.telemetry.virtual_energy)
        self._lap = lap

    def _add(self, sample: Sample) -> None:
        assert self._lap is not None
        step_s = sample.time_s - self._previous.time_s if self._previous else 0.0
        self._lap.add(sample.telemetry, step_s)
        if step_s <= HOLE_S:
            self._driven_s[self._driver] += step_s
        if sample.telemetry.pit_state == "stopped":
            self._has_stopped = True
        elif self._has_stopped and sample.telemetry.pit_state not in IN_PITS:
            self._begin_stint(self._stint + 1)
        if self._stint_start_s is None:
            # A stint that is gone on with began before the open lap.
            into_s = sample.telemetry.lap_time or 0.0 if self._stint_before_s else 0.0
            self._stint_start_s = sample.time_s - into_s

    def _finish(self, lap: OpenLap, sample: Sample, unix_ms: int) -> LapSummary | None:
        """Close *lap*, which ended just before *sample*; lap 0 leads to the start and is none."""
        last = self._previous.telemetry if self._previous else sample.telemetry
        start_s = sample.time_s - (sample.telemetry.lap_time or 0.0)
        lap_time_s = sample.telemetry.last_lap_time
        if lap_time_s is None and lap.is_complete:
            lap_time_s = max(0.001, start_s - lap.start_s)
        if lap.number == 0:
            return None
        self._pass_newest()
        self._stint_laps += 1
        if sample.time_s - (self._previous or sample).time_s > HOLE_S:
            lap.is_complete = False
        summary = LapSummary(
            run=self._memory.run,
            lap=lap.number,
            finished_at=to_text(unix_ms),
            lap_time=lap_time_s,
            driver=self._driver,
            stint=self._stint,
            stint_lap=self._stint_laps,
            tire_wear=last.tire_wear,
            tire_compounds=last.tire_compounds,
            position=last.position if isinstance(last.position, int) else None,
            class_position=last.class_position,
            incidents=last.incidents,
            track_temp=last.track_temp,
            ambient_temp=last.ambient_temp,
            wetness=last.wetness,
            **lap.gathered(lap_time_s, ends_in_pits=sample.telemetry.pit_state in IN_PITS),
        )
        summary = within_range(rounded(summary))
        self._memory.add_lap(summary, row_of(summary))
        return summary
