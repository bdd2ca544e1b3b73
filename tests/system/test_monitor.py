"""A monitor on a real broker: what goes over the wire and what the broker keeps."""

import logging
import threading
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from pitboard.contract import codec
from pitboard.contract.messages import (
    Cell,
    LapsMessage,
    LapSummary,
    Message,
    SetupMessage,
    StatusMessage,
    TelemetryMessage,
)
from pitboard.contract.times import to_text, to_unix_ms
from pitboard.contract.topics import Topic
from pitboard.contract.urls import BrokerUrl
from pitboard.publisher.composer import About, Composer, Condition
from pitboard.publisher.lap_rows import row_of
from pitboard.publisher.memory import Memory
from pitboard.publisher.monitor import Runner
from pitboard.publisher.recording import RecordingWriter
from pitboard.publisher.settings import MonitorSettings
from pitboard.publisher.source import Sample
from pitboard.publisher.state import Identity, StateFile
from tests.broker.clients import Messages
from tests.brokers import TIMEOUT_S, EmbeddedInThread, Mosquitto, has_mosquitto
from tests.fakes import FakeClock, ListSource, frame
from tests.proxy import Proxy
from tests.shared import PORSCHE_LAP, SETUP, needs_data
from tests.system.monitors import decoded, monitoring_car
from tests.waiting import eventually

Broker = EmbeddedInThread | Mosquitto


def retained(broker: Broker, count: int) -> dict[str, Message]:
    """The first *count* retained messages of the session, by topic; each is valid."""
    reader = Messages(broker)
    try:
        reader.subscribe("pitboard/v1/#", qos=1)
        found: dict[str, Message] = {}
        while len(found) < count:
            got = reader.next()
            found[got.topic] = codec.decode(Topic.parse(got.topic), got.payload)
        return found
    finally:
        reader.close()


def test_monitor_sends_at_most_two_retained_frames_a_second_at_60_hz(
    broker: Broker, tmp_path: Path
) -> None:
    """Brokers that persist write every retained message to disk."""
    seconds = 3.0
    with Proxy(broker.port) as proxy, monitoring_car(proxy.url, tmp_path, rate_hz=60.0):
        reader = Messages(broker)
        reader.subscribe("pitboard/v1/spa24/+/telemetry")
        while decoded(reader).seq < 60 * seconds:
            pass
        reader.close()

    frames = [p for p in proxy.published if p.topic.endswith("/telemetry")]
    assert len(frames) >= 60 * seconds
    retained_ms = [
        to_unix_ms(codec.decode(Topic.parse(frame.topic), frame.payload).timestamp)
        for frame in frames
        if frame.is_retained
    ]
    # The last one stays on the broker whenever it comes.
    gaps_ms = [after - before for before, after in pairwise(retained_ms[:-1])]
    assert len(gaps_ms) >= 4
    assert min(gaps_ms) >= 490
    assert all(frame.qos == 0 for frame in frames)
    others = [p for p in proxy.published if not p.topic.endswith("/telemetry")]
    assert all(other.is_retained and other.qos == 1 for other in others)


def test_monitor_leaves_everything_on_the_broker_when_it_stops(
    broker: Broker, tmp_path: Path
) -> None:
    with monitoring_car(broker.url, tmp_path):
        pass

    found = retained(broker, 4)

    assert sorted(Topic.parse(topic).name for topic in found) == [
        "meta",
        "setup",
        "status",
        "telemetry",
    ]
    status = found["pitboard/v1/spa24/pc-1/status"]
    assert isinstance(status, StatusMessage)
    assert status.state == "offline"


@needs_data
def test_monitor_replays_a_recorded_lap_and_setup_as_documented_json(
    broker: Broker, tmp_path: Path
) -> None:
    reader = Messages(broker)
    reader.subscribe("pitboard/v1/#")
    counts: Counter[str] = Counter()
    with monitoring_car(
        broker.url, tmp_path, source=f"replay:{PORSCHE_LAP}", setup=SETUP, rate_hz=10.0
    ):
        while counts["telemetry"] < 20:
            got = reader.next()
            message = codec.decode(Topic.parse(got.topic), got.payload)
            counts[Topic.parse(got.topic).name] += 1
            if isinstance(message, SetupMessage):
                assert message.setup["brakes"]
            if isinstance(message, TelemetryMessage):
                assert message.telemetry.speed
                assert message.telemetry.fuel is None
    reader.close()

    assert counts["setup"] == counts["meta"] == 1


@pytest.mark.parametrize("delay_s", [pytest.param(0.0, id="near"), pytest.param(0.05, id="far")])
def test_monitor_that_lost_its_state_goes_on_with_its_laps(
    broker: Broker, tmp_path: Path, delay_s: float
) -> None:
    """The broker is the memory that survives the driver's disk."""
    with monitoring_car(broker.url, tmp_path / "old", speed=1000.0):
        reader = Messages(broker)
        reader.subscribe("pitboard/v1/spa24/pc-1/laps/0", qos=1)
        while True:
            message = decoded(reader)
            assert isinstance(message, LapsMessage)
            if len(message.rows) >= 5:
                break
        reader.close()
    before = retained_rows(broker)

    with Proxy(broker.port, delay_s=delay_s) as proxy, monitoring_car(proxy.url, tmp_path / "new"):
        pass

    assert retained_rows(broker)[: len(before)] == before


def retained_rows(broker: Broker) -> list[list[Cell]]:
    reader = Messages(broker)
    reader.subscribe("pitboard/v1/spa24/pc-1/laps/0", qos=1)
    message = decoded(reader)
    reader.close()
    assert isinstance(message, LapsMessage)
    return message.rows


def test_monitor_keeps_its_session_when_it_is_started_again(broker: Broker, tmp_path: Path) -> None:
    births = []
    for _ in range(2):
        with monitoring_car(broker.url, tmp_path, session_id=None, monitor_id=None):
            pass
        found = retained(broker, 4)
        births.append({topic: message.birth for topic, message in found.items()})

    assert births[0].keys() == births[1].keys()
    assert all(births[1][topic] > births[0][topic] for topic in births[0])


def test_monitor_comes_back_when_the_broker_does(tmp_path: Path) -> None:
    if not has_mosquitto():
        pytest.skip("mosquitto is not installed")
    with Mosquitto() as broker, monitoring_car(broker.url, tmp_path) as runner:
        runner.announced.clear()
        broker.kill()
        broker.start()

        assert runner.announced.wait(TIMEOUT_S)
        assert "pitboard/v1/spa24/pc-1/setup" in retained(broker, 4)


def test_monitor_says_lost_by_its_will_when_its_network_breaks(
    broker: Broker, tmp_path: Path
) -> None:
    reader = Messages(broker)
    reader.subscribe("pitboard/v1/spa24/pc-1/status", qos=1)
    with Proxy(broker.port) as proxy, monitoring_car(proxy.url, tmp_path):
        proxy.cut()
        while True:
            message = decoded(reader)
            assert isinstance(message, StatusMessage)
            if message.state == "lost":
                break
    reader.close()

    assert message.seq == 0


def test_monitor_leaves_a_broker_that_stopped_answering(
    broker: Broker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The connection still stands; only the acknowledgement is overdue."""
    caplog.set_level(logging.INFO)
    reader = Messages(broker)
    reader.subscribe("pitboard/v1/spa24/pc-1/status", qos=1)
    with Proxy(broker.port) as proxy, monitoring_car(proxy.url, tmp_path) as runner:
        first = decoded(reader).birth
        proxy.stall()
        runner.announced.clear()

        runner.change_driver("Driver Two")

        eventually(lambda: "[Publisher] Disconnected from broker" in caplog.messages)
        proxy.restore()
        assert runner.announced.wait(TIMEOUT_S)
        message = decoded(reader)
        while message.birth == first:
            message = decoded(reader)
    reader.close()

    assert isinstance(message, StatusMessage)
    assert message.driver == "Driver Two"


def test_monitor_whose_source_breaks_is_lost_and_lets_go_of_its_state(
    broker: Broker, tmp_path: Path
) -> None:
    """A silent death behind a connection that still pings would look alive."""
    reader = Messages(broker)
    reader.subscribe("pitboard/v1/spa24/pc-1/status", qos=1)
    state = StateFile(tmp_path, Identity(session_id="spa24", monitor_id="pc-1"))
    settings = MonitorSettings([BrokerUrl.parse(broker.url)], rate_hz=10.0)
    source = BreakingSource([[Sample(0.0, frame())]])
    runner = Runner(settings, source, state, version="0")
    failures: list[BaseException] = []

    def run() -> None:
        try:
            runner.run()
        except ZeroDivisionError as exc:
            failures.append(exc)

    thread = threading.Thread(target=run)
    thread.start()
    assert runner.announced.wait(TIMEOUT_S)
    source.is_broken = True
    thread.join(TIMEOUT_S)

    message = decoded(reader)
    while isinstance(message, StatusMessage) and message.state != "lost":
        message = decoded(reader)
    reader.close()
    assert failures
    assert source.is_closed
    StateFile(tmp_path, Identity(session_id="spa24", monitor_id="pc-1")).close()


class BreakingSource(ListSource):
    """A source whose driver has a bug."""

    is_broken = False
    is_finished = False

    def samples(self, duration_s: float) -> list[Sample]:
        if self.is_broken:
            raise ZeroDivisionError
        return super().samples(duration_s)


def test_monitor_replays_every_lap_of_a_recording(broker: Broker, tmp_path: Path) -> None:
    """A recording begins with the laps of the whole race, in chunks."""
    memory = Memory(session_id="monza-7", monitor_id="pc-9", birth=7, run=1)
    for number in range(1, 251):
        lap = LapSummary(run=1, lap=number, finished_at=to_text(number * 100_000), lap_time=99.5)
        memory.add_lap(lap, row_of(lap))
    clock = FakeClock()
    compose = Composer(memory, About("lmu", "0", 10.0), clock)
    state = Condition(is_driving=True, in_control=True)
    telemetry = compose.frame(frame(lap=251), clock.now_ms, retain=True)
    path = tmp_path / "race.jsonl"
    with RecordingWriter(path) as tape:
        for step in (compose.status(state), *compose.chunks(), telemetry):
            tape.write(1.0, str(step.topic), step.payload)
        tape.write(
            61.0, str(telemetry.topic), compose.frame(frame(lap=251), 0, retain=True).payload
        )

    with monitoring_car(broker.url, tmp_path / "state", source=f"replay:{path}"):
        found: dict[int, list[list[Cell]]] = {}
        reader = Messages(broker)
        reader.subscribe("pitboard/v1/spa24/pc-1/laps/+", qos=1)
        while sum(map(len, found.values())) < 250:
            message = decoded(reader)
            assert isinstance(message, LapsMessage)
            found[message.first] = message.rows
        reader.close()

    rows = [row for first in sorted(found) for row in found[first]]
    assert rows == codec.lap_cells(memory.laps)
