"""The simulated car: repeatable, plausible, and never outside the contract's ranges."""

import math
from itertools import islice, pairwise
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitboard.contract.codec import decode, encode
from pitboard.contract.digits import rounded
from pitboard.contract.errors import SettingsError
from pitboard.contract.messages import Meta, MetaMessage, SetupMessage, TelemetryMessage
from pitboard.contract.telemetry import Telemetry
from pitboard.contract.topics import Channel, Topic
from pitboard.publisher.source import NamedSetup, Sample
from pitboard.publisher.sources.simulated import Simulated
from pitboard.publisher.sources.simulation.circuit import build_circuit
from pitboard.publisher.sources.simulation.race import AFTER_FLAG_S
from pitboard.publisher.sources.simulation.rivals import Field

SLOW_HZ = 10.0
STINT_S = 4500.0
ENVELOPE: dict[str, Any] = {
    "v": 1,
    "session_id": "spa24",
    "monitor_id": "pc-1",
    "birth": 1,
    "seq": 1,
    "timestamp": "2026-06-13T18:42:07.512Z",
}


@pytest.fixture(scope="module")
def stint() -> list[Sample]:
    """A stint with its pit stop and the laps after it."""
    return list(Simulated(1, SLOW_HZ).samples(STINT_S))


T = TypeVar("T")


def known(value: T | None) -> T:
    assert value is not None
    return value


def check(telemetry: Telemetry) -> None:
    for frame in (telemetry, rounded(telemetry)):
        payload = encode(Channel.TELEMETRY, TelemetryMessage(**ENVELOPE, telemetry=frame))
        decode(Topic("spa24", "pc-1", Channel.TELEMETRY), payload)


def test_simulated_car_is_repeatable_by_seed() -> None:
    assert list(Simulated(7).samples(30)) == list(Simulated(7).samples(30))
    assert list(Simulated(7).samples(30)) != list(Simulated(8).samples(30))


def test_simulated_car_gives_the_same_samples_however_they_are_asked_for() -> None:
    whole = list(Simulated(3).samples(2.0))
    car = Simulated(3)

    pieces = [sample for _ in range(100) for sample in car.samples(0.02)]

    assert len(whole) == 100
    assert pieces == whole


def test_simulated_car_keeps_samples_that_were_not_taken() -> None:
    car = Simulated(3)
    taken = list(islice(car.samples(1.0), 10))

    rest = list(car.samples(1.0))

    assert [sample.time_s for sample in taken + rest] == [n / 50 for n in range(100)]


def test_simulated_car_moves_at_once() -> None:
    first, *_, last = Simulated(5).samples(1.0)

    assert first.telemetry.lap == 1
    assert first.telemetry.speed is not None
    assert first.telemetry.speed > 100
    assert first.telemetry.rpm is not None
    assert first.telemetry.rpm > 4000
    assert last.telemetry.lap_distance is not None
    assert last.telemetry.lap_distance > 40


def test_simulated_values_pass_the_contract() -> None:
    """20,000 frames at the default rate, and a whole stint with its stop."""
    for sample in Simulated(11).samples(400.0):
        check(sample.telemetry)


def test_simulated_stint_passes_the_contract(stint: list[Sample]) -> None:
    for sample in stint[::3]:
        check(sample.telemetry)


@given(st.integers(0, 2**64))
@settings(max_examples=25, deadline=None)
def test_simulated_values_pass_the_contract_for_any_seed(seed: int) -> None:
    car = Simulated(seed, SLOW_HZ)

    for sample in car.samples(60.0):
        check(sample.telemetry)

    fields = {name: getattr(car.meta, name) for name in Meta.__struct_fields__}
    meta = MetaMessage(**ENVELOPE, **fields, units={})
    decode(Topic("spa24", "pc-1", Channel.META), encode(Channel.META, meta))


def test_simulated_laps_are_those_of_a_gt3_car(stint: list[Sample]) -> None:
    times = [b.telemetry.last_lap_time for a, b in pairwise(stint) if has_new_lap(a, b)]
    racing = sorted(t for t in times if t is not None)

    assert len(racing) > 38
    assert 95 < racing[0] < racing[len(racing) // 2] < 110


def has_new_lap(a: Sample, b: Sample) -> bool:
    return a.telemetry.lap != b.telemetry.lap


def test_simulated_lap_and_sector_times_agree(stint: list[Sample]) -> None:
    for a, b in pairwise(stint):
        if has_new_lap(a, b):
            assert a.telemetry.sector_times is not None
            assert b.telemetry.last_lap_time is not None
            assert len(a.telemetry.sector_times) == 2
            assert sum(a.telemetry.sector_times) < b.telemetry.last_lap_time
            assert b.telemetry.sector_times == []


def test_simulated_car_drives_without_jumps() -> None:
    """A car that jumps on the map or brakes like a wall is seen at once."""
    samples = [s.telemetry for s in Simulated(1, 20).samples(STINT_S)]

    for a, b in pairwise(samples):
        x0, z0, speed0 = known(a.x), known(a.z), known(a.speed)
        x1, z1, speed1 = known(b.x), known(b.z), known(b.speed)
        assert math.hypot(x1 - x0, z1 - z0) < max(speed0, speed1) / 3.6 / 20 * 1.4 + 0.1
        assert abs(speed1 - speed0) / 3.6 * 20 < 27


def test_simulated_car_stops_when_the_tank_runs_low(stint: list[Sample]) -> None:
    states = [stint[0].telemetry.pit_state]
    for sample in stint:
        if sample.telemetry.pit_state != states[-1]:
            states.append(sample.telemetry.pit_state)
    fuel = [s.telemetry.fuel for s in stint if isinstance(s.telemetry.fuel, float)]
    before = max(i for i, s in enumerate(stint) if s.telemetry.pit_stops == 0)

    assert states[:6] == ["none", "requested", "entering", "stopped", "exiting", "none"]
    assert min(fuel) > 0.5
    assert stint[before].telemetry.pit_state == "stopped"
    assert stint[before + 1].telemetry.pit_stops == 1
    assert stint[before + 1].telemetry.fuel == 85.0
    assert stint[before - 20].telemetry.speed == 0.0
    assert stint[before - 20].telemetry.gear == 0


def test_simulated_car_keeps_the_pit_limit(stint: list[Sample]) -> None:
    limited = [s.telemetry for s in stint if s.telemetry.speed_limiter]
    limit = Simulated(1).meta.pit_speed_limit

    assert limit is not None
    assert max(known(t.speed) for t in limited) <= limit


def test_simulated_tires_wear_and_are_changed(stint: list[Sample]) -> None:
    wear = [s.telemetry.tire_wear.rl for s in stint if s.telemetry.tire_wear]
    worn = [w for w in wear if w is not None]
    drops = [(a, b) for a, b in pairwise(worn) if b < a]

    assert len(drops) == 1
    assert 30 < drops[0][0] < 80
    assert drops[0][1] < 0.1


def test_simulated_tires_warm_up_and_their_pressures_with_them(stint: list[Sample]) -> None:
    cold, warm = stint[0].telemetry, stint[6000].telemetry

    assert known(known(cold.tire_temps).fl) < 50
    assert 65 < known(known(warm.tire_temps).fl) < 115
    rise = known(known(warm.tire_pressures).fl) - known(known(cold.tire_pressures).fl)
    assert 20 < rise < 60


def test_simulated_brakes_glow_and_cool(stint: list[Sample]) -> None:
    temps = [s.telemetry.brake_temps.fl for s in stint[3000:] if s.telemetry.brake_temps]
    known = [t for t in temps if t is not None]

    assert max(known) > 450
    assert min(known) < 280


def test_simulated_setup_says_what_the_telemetry_says() -> None:
    car = Simulated(2, SLOW_HZ)
    setups: list[NamedSetup] = []

    for sample in car.samples(STINT_S):
        frame, setup = sample.telemetry, car.setup
        if not setups or setups[-1] is not setup:
            setups.append(setup)
        assert frame.brake_bias is not None
        front = f"{frame.brake_bias:.1f}"
        assert str(setup.document["brakes"]["brake_bias"]).split(":")[0] == front
        assert setup.document["electronics"]["tc"] == frame.tc
        assert setup.document["electronics"]["abs"] == frame.abs

    assert 3 < len(setups) < 30
    assert all(a.document != b.document for a, b in pairwise(setups))


def test_simulated_setup_passes_the_contract() -> None:
    setup = Simulated(2).setup
    message = SetupMessage(
        **ENVELOPE,
        revision=1,
        captured_at=ENVELOPE["timestamp"],
        setup=setup.document,
        name=setup.name,
    )

    payload = encode(Channel.SETUP, message)

    assert decode(Topic("spa24", "pc-1", Channel.SETUP), payload) == message


def test_simulated_position_is_among_the_rivals(stint: list[Sample]) -> None:
    places = {s.telemetry.position for s in stint}

    assert len(places) > 3
    assert all(isinstance(place, int) and 1 <= place <= 22 for place in places)


def test_simulated_gap_to_the_leader_is_the_leaders_time() -> None:
    """The page divides it by his lap time, and would else put him past the line too early."""
    field = Field(Random(1), lap_time_s=120.0, stint_laps=20)
    leader = max(field.rivals, key=lambda rival: rival.progress)

    standing = field.standing(leader.progress - 1.25, slow=2.0)

    assert standing.laps_behind_leader == 1
    assert standing.gap_leader == pytest.approx(0.25 * leader.lap_time_s * 2.0)


def test_simulated_race_ends_and_another_begins() -> None:
    """A monitor that runs for days must not leave the contract's ranges."""
    car = Simulated(4, SLOW_HZ, race_s=600.0)
    frames = list(car.samples(600.0 + AFTER_FLAG_S + 60))
    over = frames[6600]

    assert over.telemetry.flags == ["checkered"]
    assert over.telemetry.session_phase == "over"
    assert over.telemetry.time_remaining == 0
    assert over.session == 0
    assert frames[-1].session == 1
    assert frames[-1].telemetry.lap == 1
    assert frames[-1].telemetry.session_phase == "racing"
    for sample in frames[::7]:
        check(sample.telemetry)


def test_simulated_circuit_is_closed() -> None:
    circuit = build_circuit()
    count = len(circuit.x)
    steps = [
        math.dist((circuit.x[i - 1], circuit.z[i - 1]), (circuit.x[i], circuit.z[i]))
        for i in range(count)
    ]
    turned = sum(curvature * circuit.step_m for curvature in circuit.curvature)

    assert 4000 < circuit.length_m < 6000
    assert max(steps) < circuit.step_m * 1.001
    assert min(steps) > circuit.step_m * 0.98
    assert turned == pytest.approx(math.tau, rel=0.02)  # clockwise, once round


@pytest.mark.parametrize("hz", [0.0, -1.0, 4.9, 1e6, math.nan])
def test_simulated_car_refuses_a_rate_it_cannot_drive_at(hz: float) -> None:
    with pytest.raises(SettingsError, match="sample rate"):
        Simulated(1, hz)
