import msgspec
import pytest

from pitboard.contract.messages import (
    LapMessage,
    Meta,
    SetupMessage,
    StatusMessage,
    TelemetryMessage,
)
from pitboard.publisher.composer import Send
from pitboard.publisher.echo import Trouble
from pitboard.publisher.lap_rows import row_of
from pitboard.publisher.source import NamedSetup
from pitboard.publisher.steps import Subscribe, Unsubscribe
from tests.fakes import FakeClock, frame
from tests.publisher.lives import (
    OWN,
    announce,
    decoded,
    foreign,
    make,
    names,
    sent,
    status,
    status_of,
    summary,
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def test_monitor_leaves_a_will_of_its_birth_and_seq_0(clock: FakeClock) -> None:
    life, memory = make(clock)

    will = life.connecting()

    message = decoded(will)
    assert isinstance(message, StatusMessage)
    assert (message.state, message.seq, message.birth) == ("lost", 0, memory.birth)
    assert (will.retain, will.qos, str(will.topic)) == (True, 1, f"{OWN}/status")


def test_monitor_takes_a_greater_birth_with_each_connection(clock: FakeClock) -> None:
    """A clock set back must not make new messages look old."""
    life, memory = make(clock)
    life.connecting()
    first = memory.birth

    clock.now_ms -= 3_600_000
    life.connecting()

    assert memory.birth == first + 1


def test_monitor_reads_before_it_speaks(clock: FakeClock) -> None:
    life, _ = make(clock)
    life.connecting()

    steps = life.connected()

    assert steps == [Subscribe((f"{OWN}/#", "pitboard/v1/spa24/+/status"))]
    assert life.frame_is(frame()) == []
    assert life.tick() == []


def test_monitor_waits_for_the_brokers_answer_before_it_counts_the_quiet(
    clock: FakeClock,
) -> None:
    """Over a long line the replay begins late; speaking first would erase what it brings."""
    life, _ = make(clock)
    life.connecting()
    life.connected()
    clock.advance(1.9)
    assert life.tick() == []

    life.subscribed()

    assert life.tick() == []
    clock.advance(0.021)
    assert "status" in names(life.tick())


def test_monitor_speaks_after_2_s_to_a_broker_that_answers_no_subscription(
    clock: FakeClock,
) -> None:
    life, _ = make(clock)
    life.connecting()
    life.connected()
    assert life.next_tick_s() == pytest.approx(clock.now_s + 2)

    clock.advance(2)

    assert "status" in names(life.tick())


def test_monitor_says_status_then_newest_frame_then_the_rest(clock: FakeClock) -> None:
    life, memory = make(clock)
    life.meta_is(Meta(car="Example GT3"))
    life.setup_is(NamedSetup({"brakes": {"bias": 54}}))
    life.frame_is(frame(lap=1))
    life.frame_is(frame(lap=2))
    memory.add_lap(summary(1), row_of(summary(1)))

    steps = announce(life, clock)

    assert steps[0] == Unsubscribe((f"{OWN}/#",))
    assert names(steps) == ["status", "telemetry", "meta", "setup", "lap", "laps/0"]
    newest = decoded(steps[2])
    assert isinstance(newest, TelemetryMessage)
    assert newest.telemetry.lap == 2


def test_monitor_says_everything_again_after_a_reconnect(clock: FakeClock) -> None:
    life, _ = make(clock)
    life.setup_is(NamedSetup({"brakes": {"bias": 54}}))
    life.frame_is(frame())
    announce(life, clock)
    life.disconnected()
    clock.advance(4)

    steps = announce(life, clock)

    assert names(steps) == ["status", "telemetry", "meta", "setup"]
    assert status_of(steps).reconnects == 1
    assert status_of(steps).last_outage == pytest.approx(4)
    assert status_of(steps).seq == 1


def test_monitor_counts_seq_per_topic(clock: FakeClock) -> None:
    life, _ = make(clock)
    announce(life, clock)

    seqs = [decoded(life.frame_is(frame())[0]).seq for _ in range(3)]

    assert seqs == [1, 2, 3]


def test_monitor_retains_at_most_two_frames_a_second(clock: FakeClock) -> None:
    life, _ = make(clock, rate_hz=60.0)
    announce(life, clock)
    retained = []

    for _ in range(600):
        clock.advance(1 / 60)
        (step,) = life.frame_is(frame())
        assert isinstance(step, Send)
        retained.append(step.retain)

    assert 18 <= sum(retained) <= 20
    assert retained[0]


def test_monitor_retains_every_frame_of_a_slow_rate(clock: FakeClock) -> None:
    """Two frames a second with a little jitter are still two a second."""
    life, _ = make(clock, rate_hz=2.0)
    announce(life, clock)

    for _ in range(5):
        clock.advance(0.499)
        (step,) = life.frame_is(frame())
        assert isinstance(step, Send)
        assert step.retain


def test_monitor_leaves_the_last_frame_retained_when_it_stops(clock: FakeClock) -> None:
    life, _ = make(clock)
    announce(life, clock)
    life.frame_is(frame(lap=1))
    clock.advance(0.1)
    life.frame_is(frame(lap=2))

    steps = life.stop()

    assert names(steps) == ["telemetry", "status"]
    last = decoded(steps[0])
    assert isinstance(last, TelemetryMessage)
    assert last.telemetry.lap == 2
    assert isinstance(steps[0], Send)
    assert steps[0].retain
    assert status_of(steps).state == "offline"


def test_monitor_sends_no_frame_twice_when_it_stops(clock: FakeClock) -> None:
    life, _ = make(clock)
    announce(life, clock)
    life.frame_is(frame())

    assert names(life.stop()) == ["status"]


def test_monitor_says_nothing_after_offline(clock: FakeClock) -> None:
    life, memory = make(clock)
    announce(life, clock)
    life.stop()
    clock.advance(60)
    late_will = status("pc-1", memory.birth - 1, state="lost", seq=0)

    assert life.tick() == []
    assert life.received(*foreign(f"{OWN}/status", late_will)) == []


def test_monitor_says_nothing_when_it_stops_without_a_broker(clock: FakeClock) -> None:
    life, _ = make(clock)

    assert life.stop() == []


def test_monitor_says_idle_and_retains_the_last_frame_when_nobody_drives(clock: FakeClock) -> None:
    life, _ = make(clock)
    life.driving_is(True)
    announce(life, clock)
    life.frame_is(frame())
    clock.advance(0.1)
    life.frame_is(frame())

    steps = life.driving_is(False)

    assert names(steps) == ["status", "telemetry"]
    assert status_of(steps).state == "idle"


def test_monitor_speaks_every_10_s(clock: FakeClock) -> None:
    life, _ = make(clock)
    announce(life, clock)
    clock.advance(9.9)
    assert life.tick() == []

    clock.advance(0.2)

    assert names(life.tick()) == ["status"]
    assert life.next_tick_s() == pytest.approx(clock.now_s + 10)


def test_monitor_raises_the_revision_with_each_other_setup(clock: FakeClock) -> None:
    life, _ = make(clock)
    announce(life, clock)
    first = NamedSetup({"brakes": {"bias": 54}})
    second = NamedSetup({"brakes": {"bias": 55}})

    revisions = [
        message.revision
        for setup in (first, first, second, second, first)
        for step in life.setup_is(setup)
        if isinstance(message := decoded(step), SetupMessage)
    ]

    assert revisions == [1, 2, 3]


def test_monitor_keeps_a_lap_until_the_broker_has_it(clock: FakeClock) -> None:
    life, memory = make(clock)
    memory.add_lap(summary(1), row_of(summary(1)))
    announce(life, clock)
    life.disconnected()

    again = announce(life, clock)
    laps = [s for s in again if isinstance(s, Send) and isinstance(decoded(s), LapMessage)]
    assert [step.lap for step in laps] == [(1, 1)]
    life.acknowledged((1, 1))
    life.disconnected()

    assert "lap" not in names(announce(life, clock))


def test_monitor_sends_a_lost_lap_and_those_after_it_again_in_order(clock: FakeClock) -> None:
    """The broker keeps the last `lap` that it gets, which must be the newest."""
    life, memory = make(clock)
    for lap in (1, 2, 3, 4):
        memory.add_lap(summary(lap), row_of(summary(lap)))
    announce(life, clock)
    for lap in (1, 3, 4):
        life.acknowledged((1, lap))
    life.disconnected()

    again = announce(life, clock)

    laps = [m.lap_summary.lap for m in sent(again) if isinstance(m, LapMessage)]
    assert laps == [2, 3, 4]


def test_monitor_forgets_laps_whose_acknowledgements_came_in_any_order(clock: FakeClock) -> None:
    life, memory = make(clock)
    for lap in (1, 2, 3):
        memory.add_lap(summary(lap), row_of(summary(lap)))
    announce(life, clock)

    for lap in (2, 3, 1):
        life.acknowledged((1, lap))

    assert memory.unsent == []


def test_monitor_trusts_no_acknowledgement_of_another_connection(clock: FakeClock) -> None:
    """That broker may have died with it."""
    life, memory = make(clock)
    for lap in (1, 2):
        memory.add_lap(summary(lap), row_of(summary(lap)))
    announce(life, clock)
    life.acknowledged((1, 2))
    life.disconnected()
    announce(life, clock)

    life.acknowledged((1, 1))

    assert memory.unsent == [summary(2)]


def test_monitor_sends_only_the_chunk_that_a_lap_falls_into(clock: FakeClock) -> None:
    life, memory = make(clock)
    for lap in range(1, 151):
        memory.add_lap(summary(lap), row_of(summary(lap)))
    memory.unsent.clear()
    assert names(announce(life, clock))[-2:] == ["laps/1", "laps/0"]
    memory.add_lap(summary(151), row_of(summary(151)))

    steps = life.laps_are([summary(151)])

    assert names(steps) == ["lap", "laps/1"]


def test_monitor_sends_each_chunk_of_many_laps_once(clock: FakeClock) -> None:
    """A recording brings the laps of a whole race with its first sample."""
    life, memory = make(clock)
    announce(life, clock)
    laps = [summary(lap) for lap in range(1, 251)]
    for lap in laps:
        memory.add_lap(lap, row_of(lap))

    steps = life.laps_are(laps)

    assert names(steps).count("lap") == 250
    # Before a second event replaces the first on the broker.
    assert names(steps)[:4] == ["lap", "laps/0", "laps/1", "laps/2"]


def test_monitor_keeps_only_the_newest_frame_while_offline(clock: FakeClock) -> None:
    life, _ = make(clock)
    for lap in range(5):
        assert life.frame_is(frame(lap=lap)) == []

    steps = announce(life, clock)

    frames = [
        m
        for s in steps
        if isinstance(s, Send) and (m := decoded(s)).seq and "telemetry" in s.topic.name
    ]
    assert len(frames) == 1


def test_monitor_answers_lost_with_online_while_it_lives(clock: FakeClock) -> None:
    """The will of the connection before came late and stands on the broker now."""
    life, memory = make(clock)
    announce(life, clock)
    late_will = status("pc-1", memory.birth - 1, state="lost", seq=0)

    steps = life.received(*foreign(f"{OWN}/status", late_will))

    assert status_of(steps).state == "idle"


def test_monitor_does_not_answer_its_own_echo(clock: FakeClock) -> None:
    life, _ = make(clock)
    step = next(step for step in announce(life, clock) if isinstance(step, Send))

    assert life.received(str(step.topic), step.payload) == []


def test_monitor_says_everything_again_once_it_is_heard(clock: FakeClock) -> None:
    """A broker acknowledges and drops what its rules forbid, until somebody mends them."""
    life, _ = make(clock)
    life.setup_is(NamedSetup({"aero": {"wing": 7}}))
    announce(life, clock)
    clock.advance(11)
    troubles = [life.trouble]
    (heartbeat,) = life.tick()
    assert isinstance(heartbeat, Send)

    steps = life.received(str(heartbeat.topic), heartbeat.payload)

    assert [*troubles, life.trouble] == [Trouble.UNHEARD, None]
    assert names(steps) == ["status", "meta", "setup"]


def test_monitor_rises_above_a_greater_birth(clock: FakeClock) -> None:
    """Its clock went back an hour and its state is gone: readers would ignore it for ever."""
    life, memory = make(clock)
    announce(life, clock)

    steps = life.received(*foreign(f"{OWN}/status", status("pc-1", memory.birth + 3600)))

    assert status_of(steps).birth == memory.birth
    assert names(steps) == ["status", "meta"]


def test_monitor_takes_control_above_all_others(clock: FakeClock) -> None:
    life, _ = make(clock)
    life.control_is(True)
    life.connecting()
    life.connected()
    life.subscribed()
    other = status("pc-2", 1, control=4, in_control=True)
    life.received(*foreign("pitboard/v1/spa24/pc-2/status", other))
    clock.advance(0.03)

    steps = life.tick()

    assert status_of(steps).control == 5
    assert status_of(steps).in_control is True


def test_monitor_keeps_its_control_over_a_reconnect(clock: FakeClock) -> None:
    life, _ = make(clock)
    life.control_is(True)
    assert status_of(announce(life, clock)).control == 1
    life.disconnected()
    life.connecting()
    life.connected()
    life.subscribed()
    taker = status("pc-2", 1, control=2, in_control=True)
    life.received(*foreign("pitboard/v1/spa24/pc-2/status", taker))
    clock.advance(0.03)

    assert status_of(life.tick()).control == 1


def test_monitor_gives_and_takes_control_at_a_swap(clock: FakeClock) -> None:
    life, _ = make(clock)
    life.control_is(True)
    announce(life, clock)
    assert status_of(life.control_is(False)).in_control is False
    taker = status("pc-2", 1, control=2, in_control=True)
    life.received(*foreign("pitboard/v1/spa24/pc-2/status", taker))

    steps = life.control_is(True)

    assert status_of(steps).control == 3


def test_monitor_says_who_drives(clock: FakeClock) -> None:
    life, _ = make(clock)
    announce(life, clock)

    steps = life.driver_is("Driver Two")

    assert status_of(steps).driver == "Driver Two"
    assert life.driver_is("Driver Two") == []


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        pytest.param("elsewhere", b"{}", id="not ours"),
        pytest.param(f"{OWN}/status", b"", id="cleared"),
        pytest.param(f"{OWN}/status", b"{", id="not JSON"),
        pytest.param("pitboard/v1/spa24/pc-2/telemetry", b"{}", id="not valid"),
    ],
)
def test_monitor_ignores_what_it_cannot_understand(
    clock: FakeClock, topic: str, payload: bytes
) -> None:
    life, _ = make(clock)
    announce(life, clock)

    assert life.received(topic, payload) == []


def test_every_message_of_a_monitor_is_valid_json_of_the_contract(clock: FakeClock) -> None:
    life, memory = make(clock)
    life.setup_is(NamedSetup({"tires": {"pressure": 135.0}}, "race"))
    life.frame_is(frame(speed=214.612345))
    memory.add_lap(summary(1), row_of(summary(1)))

    for step in announce(life, clock):
        if isinstance(step, Send):
            assert decoded(step).monitor_id == "pc-1"
            assert msgspec.json.decode(step.payload)["v"] == 1


def test_monitor_publishes_another_setup_and_meta_at_once(clock: FakeClock) -> None:
    life, _ = make(clock)
    announce(life, clock)

    assert names(life.setup_is(NamedSetup({"brakes": {"bias": 54}}))) == ["setup"]
    assert names(life.meta_is(Meta(track="Spa"))) == ["meta"]
    assert life.meta_is(Meta(track="Spa")) == []
    assert life.laps_are([]) == []


def test_monitor_knows_where_it_stands(clock: FakeClock) -> None:
    life, _ = make(clock)
    assert life.next_tick_s() is None
    life.connecting()
    life.connected()
    assert life.is_reading_back
    life.subscribed()
    clock.advance(0.03)
    life.tick()

    assert life.is_announced
    life.disconnected()
    life.disconnected()

    assert not life.is_announced


def test_monitor_changes_nothing_while_nothing_changes(clock: FakeClock) -> None:
    life, _ = make(clock)
    life.control_is(True)
    life.driving_is(True)
    announce(life, clock)

    assert life.control_is(True) == []
    assert life.driving_is(True) == []
    assert names(life.driving_is(False)) == ["status"]
    assert names(life.driving_is(True)) == ["status"]
