from collections.abc import Callable, Iterable

import msgspec
import pytest

from pitboard.contract.messages import LapSummary
from pitboard.contract.quantities import TireTemps
from pitboard.contract.times import to_text
from pitboard.publisher.laps import LapRecorder
from pitboard.publisher.memory import Memory
from pitboard.publisher.source import Sample
from tests.fakes import frame

START_MS = 1_781_376_000_000


@pytest.fixture
def memory() -> Memory:
    return Memory(session_id="spa24", monitor_id="pc-1")


def lap(
    number: int, start_s: float, *, seconds: int = 100, fuel: float = 50.0, **fields: object
) -> Iterable[Sample]:
    """One lap at 1 sample a second that burns 3 L."""
    for second in range(seconds):
        yield Sample(
            time_s=start_s + second,
            telemetry=frame(lap=number, fuel=fuel - 3 * second / seconds, **fields),
        )


def drive(recorder: LapRecorder, *laps: Iterable[Sample]) -> list[LapSummary]:
    finished = []
    for samples in laps:
        for sample in samples:
            done = recorder.feed(sample, START_MS + round(sample.time_s * 1000))
            if done is not None:
                finished.append(done)
    return finished


def test_recorder_completes_a_lap_when_the_counter_rises(memory: Memory) -> None:
    laps = drive(LapRecorder(memory), lap(1, 0), lap(2, 100, fuel=47), lap(3, 200, fuel=44))

    assert [(x.lap, x.complete) for x in laps] == [(1, False), (2, True)]
    assert laps[1].lap_time == 100
    assert laps[1].fuel_used == pytest.approx(3, abs=0.05)
    assert laps[1].fuel_added == 0
    assert laps[1].finished_at == to_text(START_MS + 200_000)


def test_recorder_prefers_the_lap_time_of_the_simulator(memory: Memory) -> None:
    laps = drive(LapRecorder(memory), lap(1, 0), lap(2, 100), lap(3, 200, last_lap_time=99.123))

    assert laps[1].lap_time == 99.123


def test_recorder_does_not_call_the_way_to_the_start_a_lap(memory: Memory) -> None:
    laps = drive(LapRecorder(memory), lap(0, 0), lap(1, 100), lap(2, 200))

    assert [x.lap for x in laps] == [1]


def test_recorder_adds_the_rest_of_the_lap_as_last_sector(memory: Memory) -> None:
    second = [
        *lap(2, 100, seconds=60, sector_times=None),
        *lap(2, 160, seconds=40, sector_times=[42.0, 31.5]),
    ]

    laps = drive(LapRecorder(memory), lap(1, 0), second, lap(3, 200))

    assert laps[1].sector_times == [42.0, 31.5, 26.5]


@pytest.mark.parametrize(
    ("before", "within", "after", "kind"),
    [
        pytest.param("none", "none", "none", "flying", id="on track"),
        pytest.param("none", "none", "entering", "in", id="box before the line"),
        pytest.param("exiting", "none", "none", "out", id="left the box"),
        pytest.param("stopped", "none", "entering", "pit", id="out and in"),
        pytest.param("none", "stopped", "none", "pit", id="whole pit lane in one lap"),
    ],
)
def test_recorder_names_the_kind_of_a_lap(
    memory: Memory, before: str, within: str, after: str, kind: str
) -> None:
    second = [
        *lap(2, 100, seconds=1, pit_state=before),
        *lap(2, 101, seconds=98, pit_state="none"),
        *lap(2, 199, seconds=1, pit_state=within),
    ]

    laps = drive(LapRecorder(memory), lap(1, 0), second, lap(3, 200, pit_state=after))

    assert laps[1].kind == kind


def test_recorder_counts_fuel_that_was_filled_in(memory: Memory) -> None:
    refuel = [
        *lap(2, 100, seconds=50, fuel=20),
        *(Sample(150 + s, frame(lap=2, fuel=17 + 2.0 * s, pit_state="stopped")) for s in range(30)),
        *lap(2, 180, seconds=20, fuel=75),
    ]

    laps = drive(LapRecorder(memory), lap(1, 0, fuel=23), refuel, lap(3, 200, fuel=72))

    assert laps[1].fuel_added == pytest.approx(58, abs=0.1)
    assert laps[1].fuel_used == pytest.approx(6, abs=0.4)
    assert laps[1].pit_stop_time == pytest.approx(30, abs=1)


def test_recorder_takes_noise_of_the_sensor_for_no_refuel(memory: Memory) -> None:
    noisy = [
        Sample(100 + s, frame(lap=2, fuel=50 - 0.03 * s + (0.2 if s % 2 else 0)))
        for s in range(100)
    ]

    laps = drive(LapRecorder(memory), lap(1, 0, fuel=53), noisy, lap(3, 200, fuel=47))

    assert laps[1].fuel_added == 0


def test_recorder_marks_a_lap_with_a_hole(memory: Memory) -> None:
    broken = [*lap(2, 100, seconds=10), *lap(2, 117, seconds=83)]

    laps = drive(LapRecorder(memory), lap(1, 0), broken, lap(3, 200))

    assert laps[1].complete is False
    assert laps[1].fuel_used is None


def test_recorder_marks_a_lap_after_which_one_is_missing(memory: Memory) -> None:
    laps = drive(LapRecorder(memory), lap(1, 0), lap(2, 100), lap(4, 300), lap(5, 400))

    assert [(x.lap, x.complete) for x in laps] == [(1, False), (2, False), (4, False)]


def test_recorder_marks_a_lap_under_yellow(memory: Memory) -> None:
    second = [*lap(2, 100, seconds=99), *lap(2, 199, seconds=1, flags=["yellow"])]

    laps = drive(LapRecorder(memory), lap(1, 0), second, lap(3, 200, flags=["green"]))

    assert laps[1].yellow is True


def test_recorder_keeps_a_lap_invalid_once_it_was(memory: Memory) -> None:
    second = [*lap(2, 100, seconds=50, lap_valid=False), *lap(2, 150, seconds=50, lap_valid=True)]

    laps = drive(LapRecorder(memory), lap(1, 0), second, lap(3, 200))

    assert laps[1].valid is False


def test_recorder_gives_mean_and_peak_of_the_tyres(memory: Memory) -> None:
    second = [
        *lap(2, 100, seconds=50, tire_temps=TireTemps(80, 80, 80, 80)),
        *lap(2, 150, seconds=50, tire_temps=TireTemps(100, 90, 80, 80)),
    ]

    laps = drive(LapRecorder(memory), lap(1, 0), second, lap(3, 200))

    assert laps[1].tire_temps_mean == TireTemps(90, 85, 80, 80)
    assert laps[1].tire_temps_max == TireTemps(100, 90, 80, 80)


def test_recorder_begins_a_run_when_the_lap_counter_goes_back(memory: Memory) -> None:
    """Lap 3 of the race is not lap 3 of practice."""
    recorder = LapRecorder(memory)
    drive(recorder, lap(1, 0), lap(2, 100), lap(3, 200))

    laps = drive(recorder, lap(1, 300), lap(2, 400), lap(3, 500))

    assert [(x.run, x.lap) for x in laps] == [(2, 1), (2, 2)]


def test_recorder_begins_a_run_with_another_session(memory: Memory) -> None:
    recorder = LapRecorder(memory)
    drive(recorder, lap(1, 0))

    recorder.feed(Sample(100, frame(lap=1), session=1), START_MS)

    assert memory.run == 2


def test_recorder_goes_on_with_its_run_after_a_restart(memory: Memory) -> None:
    drive(LapRecorder(memory), lap(1, 0), lap(2, 100), lap(3, 200))

    laps = drive(LapRecorder(memory), lap(3, 0, seconds=10), lap(4, 10), lap(5, 110))

    assert [(x.run, x.lap, x.complete) for x in laps] == [(1, 3, False), (1, 4, True)]
    assert len(memory.laps) == 4


def test_recorder_counts_stints_from_stop_to_stop(memory: Memory) -> None:
    stop = [
        *lap(3, 200, seconds=95),
        *lap(3, 295, seconds=5, pit_state="entering"),
    ]
    out = [
        *lap(4, 300, seconds=30, pit_state="stopped"),
        *lap(4, 330, seconds=5, pit_state="exiting"),
        *lap(4, 335, seconds=65, pit_state="none"),
    ]

    laps = drive(LapRecorder(memory), lap(1, 0), lap(2, 100), stop, out, lap(5, 400))

    assert [(x.stint, x.stint_lap) for x in laps] == [(1, 1), (1, 2), (1, 3), (2, 1)]


def test_recorder_begins_a_stint_with_another_driver(memory: Memory) -> None:
    recorder = LapRecorder(memory, "Driver One")
    drive(recorder, lap(1, 0), lap(2, 100, seconds=50))

    recorder.change_driver("Driver Two")
    laps = drive(recorder, lap(2, 150, seconds=50), lap(3, 200))

    assert (laps[0].driver, laps[0].stint) == ("Driver Two", 2)


def test_recorder_leaves_the_lap_of_a_swap_to_the_taker(memory: Memory) -> None:
    recorder = LapRecorder(memory)
    drive(recorder, lap(1, 0), lap(2, 100, seconds=50))

    recorder.leave()
    laps = drive(recorder, lap(5, 500, seconds=50), lap(6, 550))

    assert [(x.lap, x.complete) for x in laps] == [(5, False)]


def test_recorder_begins_a_stint_when_it_gets_the_car_back(memory: Memory) -> None:
    recorder = LapRecorder(memory)
    drive(recorder, lap(1, 0), lap(2, 100))

    recorder.leave()
    laps = drive(recorder, lap(20, 2000), lap(21, 2100))

    assert (laps[0].stint, laps[0].stint_lap) == (2, 1)


def test_recorder_goes_on_with_the_stint_of_laps_that_were_read_back(memory: Memory) -> None:
    earlier = Memory(session_id="spa24", monitor_id="pc-1")
    drive(LapRecorder(earlier), lap(1, 0), lap(2, 100), lap(3, 200))
    recorder = LapRecorder(memory)
    memory.run, memory.last_lap = 1, 3
    memory.merge_laps(earlier.laps)

    recorder.resume()
    laps = drive(recorder, lap(3, 0), lap(4, 100))

    assert laps[0].stint_lap == 3


def test_recorder_goes_on_with_the_time_of_the_stint_after_a_restart(memory: Memory) -> None:
    """The crew plans the stop by it, and a restart at lap 20 would tell them of a fresh driver."""
    earlier = [
        *lap(2, 100, seconds=30, pit_state="stopped"),
        *lap(2, 130, seconds=70, pit_state="none"),
    ]
    drive(LapRecorder(memory), lap(1, 0), earlier, lap(3, 200), lap(4, 300, seconds=40))
    recorder = LapRecorder(memory)

    drive(recorder, [Sample(7, frame(lap=4, lap_time=47.0))])
    resumed = recorder.enrich(Sample(17, frame(lap=4)))
    recorder.change_driver("Driver Two")
    drive(recorder, [Sample(20, frame(lap=4, lap_time=60.0))])
    fresh = recorder.enrich(Sample(25, frame(lap=4)))

    assert [row.stint for row in memory.laps] == [1, 2, 2]
    assert resumed.stint_time == pytest.approx(100 + 100 + 47 + 10)
    assert fresh.stint_time == pytest.approx(5)


def test_recorder_never_writes_a_value_that_readers_reject(memory: Memory) -> None:
    """One impossible number would cost the reader the whole chunk of 100 laps."""
    refuel = [
        Sample(100 + s, frame(lap=2, fuel=(5 + s % 50 * 10.0), virtual_energy=s % 25 * 4.0))
        for s in range(100)
    ]

    laps = drive(LapRecorder(memory), lap(1, 0), refuel, lap(3, 200))

    assert laps[1].fuel_added is None
    assert laps[1].energy_used is None
    assert laps[1].lap_time == 100
    decoded = msgspec.json.decode(msgspec.json.encode(memory), type=Memory)
    assert decoded == memory


def test_recorder_tells_run_stint_and_driving_time_with_each_frame(memory: Memory) -> None:
    recorder = LapRecorder(memory)
    drive(recorder, lap(1, 0), lap(2, 100))
    sample = Sample(210, frame(lap=3))
    recorder.feed(sample, START_MS)

    telemetry = recorder.enrich(sample)

    assert (telemetry.run, telemetry.stint_laps) == (1, 2)
    assert telemetry.stint_time == pytest.approx(210)
    assert telemetry.drive_time == pytest.approx(199)  # nobody saw the last 11 s


def test_recorder_takes_each_lap_of_a_recording_once(memory: Memory) -> None:
    recorder = LapRecorder(memory)
    recorded = LapSummary(run=2, lap=7, finished_at=to_text(START_MS))

    assert recorder.take((recorded, recorded)) == [recorded]
    assert recorder.take((recorded,)) == []


def test_recorder_waits_for_a_source_that_knows_no_lap(memory: Memory) -> None:
    recorder = LapRecorder(memory)

    done = recorder.feed(Sample(0, frame(lap=None)), START_MS)  # type: ignore[arg-type]

    assert done is None
    assert memory.run == 0


def test_recorder_keeps_laps_in_order(memory: Memory, make_laps: Callable[[int], None]) -> None:
    make_laps(5)

    assert [row.lap for row in memory.laps] == [1, 2, 3, 4]


@pytest.fixture
def make_laps(memory: Memory) -> Callable[[int], None]:
    def make(count: int) -> None:
        drive(LapRecorder(memory), *(lap(n, 100.0 * n) for n in range(1, count + 1)))

    return make
