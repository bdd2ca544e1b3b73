"""The `replay` source of pitboard's own recording: the car as its monitors told it.

Several monitors may be in one recording; telemetry, meta and setup follow the one in control.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from pitboard.contract.errors import SettingsError
from pitboard.contract.messages import Meta
from pitboard.publisher.recording import numbered_lines, read_line
from pitboard.publisher.source import NamedSetup, Sample
from pitboard.publisher.sources.playback import Playback
from pitboard.publisher.sources.text_file import unreadable

log = logging.getLogger(__name__)

# The retained state comes in one burst; a broker marks no end of it.
_BURST_S = 0.2


class RecordedSession:
    """A recording, played once."""

    name = "replay"
    counts_laps = True

    def __init__(self, path: Path, sample_hz: float | None = None) -> None:
        self._path = path
        self._skipped: Counter[str] = Counter()
        try:
            self._file = path.open("rb")
        except OSError as exc:
            raise unreadable(path, exc) from exc
        try:
            self._places, torn = _index(path, self._file)
        except BaseException:
            self._file.close()
            raise
        if torn is not None:
            log.warning("torn last line ignored file=%s line=%d", path, torn)
        self._begin_s = self._places[0][0]
        self._playback = Playback()
        self._period_s = 1 / sample_hz if sample_hz else 0.0
        self._next_s = 0.0
        self._number = 0
        self._until_s = 0.0
        self._before: Sample | None = None
        self._has_ended = False

    @property
    def meta(self) -> Meta:
        """The meta of the monitor in control, as of the last sample."""
        return self._playback.meta

    @property
    def setup(self) -> NamedSetup | None:
        """The setup of the monitor in control, as of the last sample."""
        return self._playback.setup

    @property
    def is_finished(self) -> bool:
        """Whether the recording has been played to its end."""
        return self._has_ended

    @property
    def skipped(self) -> Counter[str]:
        """Messages that no reader may see, by cause."""
        return self._skipped

    def samples(self, duration_s: float) -> Iterable[Sample]:
        """The samples of the next *duration_s*; none once the recording has ended."""
        self._until_s += duration_s
        return self._run()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _run(self) -> Iterator[Sample]:
        while self._number < len(self._places):
            t, _, offset, _ = self._places[self._number]
            time_s = t - self._begin_s
            if time_s >= self._until_s - 1e-6:
                return
            self._number += 1
            sample = self._play(time_s, offset)
            if sample is not None and self._is_wanted(sample):
                yield sample
        if not self._has_ended:
            self._has_ended = True
            if self._skipped:
                log.warning(
                    "recording had bad messages file=%s %s", self._path, _told(self._skipped)
                )
            if (last := self._playback.rest()) is not None:
                yield last

    def _play(self, time_s: float, offset: int) -> Sample | None:
        self._file.seek(offset)
        raw = self._file.readline().removeprefix(b"\xef\xbb\xbf")
        try:
            line = read_line(raw)
        except ValueError as exc:
            raise SettingsError(f"{self._path}: changed while it was played") from exc
        sample, problem = self._playback.take(time_s, line.topic, bytes(line.payload))
        if problem is not None:
            self._skipped[problem] += 1
            if self._skipped[problem] == 1:
                number = self._places[self._number - 1][3]
                log.warning("message skipped line=%d reason=%s", number, problem)
        return sample

    def _is_wanted(self, sample: Sample) -> bool:
        """Thin the frames; one that brings laps or a change of driving always passes."""
        before, self._before = self._before, sample
        is_change = before is None or before.is_driving != sample.is_driving
        if not is_change and not sample.laps and sample.time_s < self._next_s - 1e-9:
            return False
        self._next_s = max(self._next_s + self._period_s, sample.time_s)
        return True


_Place = tuple[float, bool, int, int]


def _index(path: Path, file: BinaryIO) -> tuple[list[_Place], int | None]:
    """Time, kind, offset and number of each line in playing order; the number of a torn last line.

    Raises:
        SettingsError: naming the first bad line.
    """
    places: list[_Place] = []
    torn = None
    for number, offset, data, is_whole in numbered_lines(file):
        if torn is not None:
            raise SettingsError(f"{path}, line {torn}: too long")
        try:
            line = read_line(data)
        except ValueError as exc:
            if is_whole or not places:
                raise SettingsError(f"{path}, line {number}: {exc}") from exc
            torn = number
            continue
        places.append((line.t, line.topic.endswith("/telemetry"), offset, number))
    if not places:
        raise SettingsError(f"{path}: the file is empty")
    # In order of time, also where files were joined; but what is known of the session's state and
    # laps comes before the first frame.
    places.sort(key=lambda place: place[0])
    begin_s = places[0][0]
    burst = [place for place in places if place[0] - begin_s <= _BURST_S]
    places[: len(burst)] = sorted(burst, key=lambda place: place[1])
    return places, torn


def _told(counts: Counter[str]) -> str:
    return " ".join(f"{cause}={count}" for cause, count in sorted(counts.items()))
