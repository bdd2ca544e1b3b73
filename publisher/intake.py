"""Read a source in step with time: laps from every sample, a frame from the newest."""

from pitboard.contract.messages import LapSummary
from pitboard.contract.telemetry import Telemetry
from pitboard.publisher.clock import Clock
from pitboard.publisher.laps import LapRecorder
from pitboard.publisher.settings import MonitorSettings
from pitboard.publisher.source import Sample, Source

IDLE_AFTER_S = 5.0
"""A source that gives nothing for so long is not driving."""


class Intake:
    """What a source gives, at the rate of the frames.

    Attributes:
        in_control: Whether this machine drives the car; laps of another's are not counted.
        frame: The newest telemetry of the last reading; `None` when the source gave nothing.
        is_driving: Whether anybody drives; `None` while that is not known.
    """

    def __init__(
        self, source: Source, recorder: LapRecorder, settings: MonitorSettings, clock: Clock
    ) -> None:
        self.in_control = settings.in_control
        self.frame: Telemetry | None = None
        self.is_driving: bool | None = None
        self._source = source
        self._recorder = recorder
        self._tick_s = 1 / settings.rate_hz
        self._speed = settings.speed
        self._clock = clock
        self._source_s = 0.0
        self._read_at_s = self._last_sample_s = self.due_s = clock.monotonic_s()

    @property
    def is_due(self) -> bool:
        """Whether it is time for the next frame."""
        return self._clock.monotonic_s() >= self.due_s

    def read(self) -> list[LapSummary]:
        """Read the source up to now: the laps that were completed; `frame` is the newest then."""
        now_s = self._clock.monotonic_s()
        # After a sleep of the PC, or at a speed that it cannot keep up with, time is left out
        # rather than caught up with: the catching up would take longer each time.
        duration_s = min(now_s - self._read_at_s, 2 * self._tick_s)
        self._read_at_s = now_s
        self.due_s = max(self.due_s + self._tick_s, now_s)
        self._source_s += duration_s * self._speed
        now_ms = self._clock.unix_ms()
        newest = None
        laps = []
        for newest in self._source.samples(duration_s * self._speed):
            age_s = min(max(0.0, self._source_s - newest.time_s) / self._speed, duration_s)
            laps += self._laps_of(newest, now_ms - round(age_s * 1000))
        self._look_at(newest, now_s)
        return laps

    def _laps_of(self, sample: Sample, unix_ms: int) -> list[LapSummary]:
        if self.in_control is False:
            return []
        if self._source.counts_laps:
            return self._recorder.take(sample.laps)
        lap = self._recorder.feed(sample, unix_ms)
        return [] if lap is None else [lap]

    def _look_at(self, newest: Sample | None, now_s: float) -> None:
        if newest is None:
            self.frame = None
            self.is_driving = False if now_s - self._last_sample_s >= IDLE_AFTER_S else None
            return
        self._last_sample_s = now_s
        own_laps = self._source.counts_laps
        self.frame = newest.telemetry if own_laps else self._recorder.enrich(newest)
        self.is_driving = newest.is_driving
