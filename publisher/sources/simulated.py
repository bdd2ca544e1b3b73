"""The `simulated` source: an invented GT3 car in an endless row of races.

The same seed and sample rate give the same samples.
"""

from collections.abc import Iterable, Iterator
from random import Random

from pitboard.contract.errors import SettingsError
from pitboard.contract.messages import Meta
from pitboard.publisher.source import NamedSetup, Sample
from pitboard.publisher.sources.simulation.circuit import (
    PIT_EXIT_AFTER_LINE_M,
    build_circuit,
)
from pitboard.publisher.sources.simulation.engine import FUEL_CAPACITY, RPM_LIMIT
from pitboard.publisher.sources.simulation.line import PIT_SPEED_KMH
from pitboard.publisher.sources.simulation.race import RACE_S, TRACK_LIMITS_MAX, Race

DEFAULT_HZ = 50.0
# Below this the car would jump through its own braking zones.
MIN_HZ = 5.0
MAX_HZ = 1000.0

DRIVERS = ("Alex Example", "Robin Sample", "Kim Placeholder")


class Simulated:
    """The simulated car; its time runs as fast as samples are asked for."""

    name = "simulated"
    counts_laps = False
    is_finished = False

    def __init__(self, seed: int, sample_hz: float = DEFAULT_HZ, *, race_s: float = RACE_S) -> None:
        if not MIN_HZ <= sample_hz <= MAX_HZ:
            raise SettingsError(
                f"sample rate {sample_hz:g} Hz is not between {MIN_HZ:g} and {MAX_HZ:g}"
            )
        self._hz = sample_hz
        self._rng = Random(seed)  # noqa: S311 - a car, not a secret
        self._race_s = race_s
        self._meta = _meta(self._rng, race_s)
        self._race = Race(self._rng, race_s)
        self._session = 0
        self._count = 0
        self._race_began = 0
        self._until_s = 0.0

    @property
    def meta(self) -> Meta:
        """The car, track and race: always the same."""
        return self._meta

    @property
    def setup(self) -> NamedSetup:
        """The setup; a new object when the driver has changed something."""
        return self._race.setup

    def samples(self, duration_s: float) -> Iterable[Sample]:
        """The samples of the next *duration_s*; those not taken come with the next call."""
        self._until_s += duration_s
        return self._run()

    def close(self) -> None:
        """Nothing is held."""

    def _run(self) -> Iterator[Sample]:
        # A hair early, so that 50 calls of 0.02 s give 50 samples in spite of rounding.
        while self._count / self._hz < self._until_s - 1e-6:
            elapsed_s = (self._count - self._race_began) / self._hz
            if self._race.is_over(elapsed_s):
                self._race = Race(self._rng, self._race_s)
                self._session += 1
                self._race_began = self._count
                elapsed_s = 0.0
            telemetry = self._race.run(elapsed_s, 1 / self._hz if elapsed_s else 0.0)
            time_s = self._count / self._hz
            self._count += 1
            yield Sample(time_s=time_s, telemetry=telemetry, session=self._session)


def _meta(rng: Random, race_s: float) -> Meta:
    circuit = build_circuit()
    return Meta(
        car="Example GT3 R",
        car_class="GT3",
        car_number=str(rng.randrange(2, 100)),
        team="Sample Racing",
        track="Pitboard Park",
        layout="Grand Prix",
        track_length=round(circuit.length_m, 1),
        sector_ends=[round(end, 1) for end in circuit.sector_ends_m],
        pit_entry=round(circuit.pit_entry_m, 1),
        pit_exit=PIT_EXIT_AFTER_LINE_M,
        session_type="race",
        race_time=race_s,
        drivers=list(DRIVERS),
        fuel_capacity=FUEL_CAPACITY,
        rpm_limit=RPM_LIMIT,
        pit_speed_limit=PIT_SPEED_KMH,
        track_limits_max=TRACK_LIMITS_MAX,
        simulator="simulated",
    )
