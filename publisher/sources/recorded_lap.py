"""The `replay` source of one recorded lap: driven again and again, laps counted.

Time, a smooth distance, laps and sectors come from the file's speeds and positions; what the file
does not have (fuel, position, tyres) stays unknown.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from pitboard.contract.messages import Meta
from pitboard.contract.telemetry import Telemetry
from pitboard.publisher.source import Sample
from pitboard.publisher.sources.lap_file import RecordedLap, Row, parse_lap
from pitboard.publisher.sources.text_file import cut, read_text

MAX_LAP_BYTES = 64 * 1024 * 1024
_MAX_LAP = 9999


class RecordedLapSource:
    """One recorded lap, looped; `sample_hz` thins the recorder's 50 rows a second."""

    name = "replay"
    counts_laps = False
    is_finished = False
    setup = None

    def __init__(self, path: Path, sample_hz: float | None = None) -> None:
        lap = parse_lap(read_text(path, MAX_LAP_BYTES), str(path))
        self._lap = lap
        self._rows = _thinned(lap.rows, sample_hz)
        self._sectors = [_sector(row, lap.sector_ends) for row in self._rows]
        self._splits = _splits(lap)
        self._meta = _meta(lap)
        self._number = 0
        self._until_s = 0.0

    @property
    def meta(self) -> Meta:
        """The header of the file: always the same."""
        return self._meta

    @property
    def lap_time_s(self) -> float:
        """The time of every lap."""
        return self._lap.lap_time_s

    def samples(self, duration_s: float) -> Iterable[Sample]:
        """The samples of the next *duration_s*; those not taken come with the next call."""
        self._until_s += duration_s
        return self._run()

    def close(self) -> None:
        """Nothing is held."""

    def _run(self) -> Iterator[Sample]:
        begin_s = self._rows[0].time_s
        while True:
            laps, place = divmod(self._number, len(self._rows))
            row = self._rows[place]
            time_s = laps * self._lap.lap_time_s + row.time_s - begin_s
            if time_s >= self._until_s - 1e-6:
                return
            self._number += 1
            yield Sample(
                time_s=time_s,
                telemetry=self._telemetry(row, self._sectors[place], laps % _MAX_LAP),
                # After the last lap number a contract allows, the count begins again.
                session=laps // _MAX_LAP,
            )

    def _telemetry(self, row: Row, sector: int, laps: int) -> Telemetry:
        last = self._lap.lap_time_s if laps else None
        return Telemetry(
            lap=laps + 1,
            fuel=None,
            position=None,
            lap_time=row.time_s,
            last_lap_time=last,
            best_lap_time=last,
            sector=sector,
            sector_times=self._splits[: sector - 1] if self._splits else None,
            lap_distance=max(0.0, row.distance),
            x=_within(row.x, -1e6, 1e6),
            z=_within(row.z, -1e6, 1e6),
            speed=_within(row.speed, 0, 600),
            gear=row.gear if -1 <= row.gear <= 20 else None,
            rpm=_within(row.rpm, 0, 30_000),
            throttle=_within(row.throttle, 0, 100),
            brake=_within(row.brake, 0, 100),
            steering=_within(row.steering, -100, 100),
        )


def _within(value: float, low: float, high: float) -> float | None:
    """*value*, or `None` when no car can have it."""
    return value if low <= value <= high else None


def _thinned(rows: list[Row], sample_hz: float | None) -> list[Row]:
    if sample_hz is None:
        return rows
    kept = []
    next_s = rows[0].time_s
    for row in rows:
        if row.time_s >= next_s - 1e-9:
            kept.append(row)
            next_s = max(next_s + 1 / sample_hz, row.time_s)
    return kept


def _sector(row: Row, ends: list[float]) -> int:
    """By distance, because the file's own column is up to 0.2 s late."""
    if not ends:
        return max(0, min(19, row.sector)) + 1
    return min(len(ends), bisect_right(ends, row.distance) + 1)


def _splits(lap: RecordedLap) -> list[float]:
    """The times of the sectors but the last; empty when the file does not say where they end."""
    passed = [0.0]
    for end in lap.sector_ends[:-1]:
        for a, b in pairwise(lap.rows):
            if a.distance < end <= b.distance:
                share = (end - a.distance) / (b.distance - a.distance)
                passed.append(a.time_s + share * (b.time_s - a.time_s))
                break
        else:
            return []
    splits = [b - a for a, b in pairwise(passed)]
    return splits if all(split > 0 for split in splits) else []


def _meta(lap: RecordedLap) -> Meta:
    header = lap.header
    return Meta(
        car=cut(header.get("CarName")),
        car_class=cut(header.get("CarClass")),
        track=cut(header.get("TrackName")),
        track_length=lap.track_length,
        sector_ends=lap.sector_ends or None,
        session_type="practice",
        drivers=[player] if (player := cut(header.get("Player"))) else None,
        simulator="lmu",
        simulator_version=cut(header.get("GameVersion")),
    )
