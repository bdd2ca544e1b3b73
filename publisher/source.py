"""What a monitor reads the car from: one small protocol, one file a source in `sources/`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from pitboard.contract.messages import LapSummary, Meta, SetupDocument
from pitboard.contract.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class NamedSetup:
    """A setup as a person reads it, and what it is called."""

    document: SetupDocument
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """The car at one moment of the source's own time.

    Attributes:
        time_s: Seconds since the source started; never runs backwards.
        telemetry: In the contract's units, with `lap`, `fuel` and `position` set (`None` when the
            source does not know them). `run`, stint and drive fields are the monitor's.
        session: Changes when the simulator's session changes (practice, qualifying, race).
        is_driving: False while nobody drives: the monitor is then `idle`.
        laps: Laps that the source itself completed with this sample; only a source that
            `counts_laps` gives any.
    """

    time_s: float
    telemetry: Telemetry
    session: int = 0
    is_driving: bool = True
    laps: tuple[LapSummary, ...] = ()


class Source(Protocol):
    """Where a monitor reads from.

    Attributes:
        name: The word for `status.source`.
        counts_laps: Whether laps come with the samples; else the monitor computes them.
    """

    name: str
    counts_laps: bool

    @property
    def meta(self) -> Meta:
        """The car, track and session as of the last sample; the same object while unchanged."""
        ...

    @property
    def setup(self) -> NamedSetup | None:
        """The setup as of the last sample; the same object while unchanged."""
        ...

    @property
    def is_finished(self) -> bool:
        """Whether nothing will ever come again, as at the end of a recording."""
        ...

    def samples(self, duration_s: float) -> Iterable[Sample]:
        """The samples of the next *duration_s* of the source's own time, oldest first.

        May be empty when the source had nothing new.
        """
        ...

    def close(self) -> None:
        """Release what the source holds."""
        ...
