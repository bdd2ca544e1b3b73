"""Stand-ins for what tests must control: time, and sources of samples."""

from collections.abc import Iterable, Sequence

from pitboard.contract.messages import Meta
from pitboard.contract.telemetry import Telemetry
from pitboard.publisher.source import NamedSetup, Sample


class FakeClock:
    """A clock that stands still until told."""

    def __init__(self, unix_ms: int = 1_781_376_000_000) -> None:
        self.now_ms = unix_ms
        self.now_s = 1000.0

    def unix_ms(self) -> int:
        return self.now_ms

    def monotonic_s(self) -> float:
        return self.now_s

    def advance(self, seconds: float) -> None:
        self.now_ms += round(seconds * 1000)
        self.now_s += seconds


class ListSource:
    """Gives prepared samples, a batch a read."""

    name = "api"
    counts_laps = False

    def __init__(
        self, batches: Sequence[Iterable[Sample]], setup: NamedSetup | None = None
    ) -> None:
        self._batches = [list(batch) for batch in batches]
        self.meta = Meta(car="Example GT3")
        self.setup = setup
        self.is_closed = False

    @property
    def is_finished(self) -> bool:
        return not self._batches

    def samples(self, duration_s: float) -> list[Sample]:
        del duration_s
        return self._batches.pop(0) if self._batches else []

    def close(self) -> None:
        self.is_closed = True


def frame(lap: int = 1, fuel: float | None = 50.0, **fields: object) -> Telemetry:
    """Telemetry with the required fields."""
    return Telemetry(lap=lap, fuel=fuel, position=1, **fields)  # type: ignore[arg-type]
