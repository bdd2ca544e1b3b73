"""`pitboard.Monitor`: another program's car, against a real broker."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import pitboard
from pitboard import Monitor, api
from pitboard.contract.errors import BadPayload, Invalid, SettingsError
from tests.broker.clients import Messages, messages
from tests.brokers import TIMEOUT_S, EmbeddedInThread, Mosquitto, free_port, has_mosquitto
from tests.cli.running import python

pytestmark = pytest.mark.system

Broker = EmbeddedInThread | Mosquitto

NOWHERE = "mqtt://127.0.0.1:1"


@pytest.fixture(params=["embedded", "mosquitto"])
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    if request.param == "mosquitto" and not has_mosquitto():
        pytest.skip("mosquitto is not installed")
    with EmbeddedInThread() if request.param == "embedded" else Mosquitto() as running:
        yield running


def monitor(url: str, folder: Path, **more: Any) -> Monitor:
    return Monitor(url, session_id="spa24", monitor_id="pc-1", state_dir=folder, **more)


def kept(broker: Broker, session_id: str = "spa24") -> dict[str, dict[str, Any]]:
    """What the broker holds of the session, by channel."""
    with messages(broker) as subscriber:
        subscriber.subscribe(f"pitboard/v1/{session_id}/#")
        subscriber.subscribe("end")
        subscriber.publish("end", b"", qos=1)
        return {
            got.topic.rpartition("/")[2]: json.loads(got.payload) for got in subscriber.until("end")
        }


def heard(subscriber: Messages, channel: str) -> dict[str, Any]:
    """The next message of this channel."""
    while not (got := subscriber.next()).topic.endswith(f"/{channel}"):
        pass
    message: dict[str, Any] = json.loads(got.payload)
    return message


@pytest.fixture
def subscriber(broker: Broker) -> Iterator[Messages]:
    with messages(broker) as client:
        client.subscribe("pitboard/v1/spa24/#")
        yield client


def test_example_publishes_a_car(broker: Broker, tmp_path: Path) -> None:
    """The five lines of the README."""
    with Monitor(broker.url, session_id="spa24", state_dir=tmp_path) as monitor:
        monitor.publish_setup({"brakes": {"brake_bias": "54.2:45.8"}})
        monitor.publish_telemetry(lap=45, fuel=42.3, position=3)

    held = kept(broker)
    assert held["setup"]["setup"] == {"brakes": {"brake_bias": "54.2:45.8"}}
    telemetry = held["telemetry"]["telemetry"]
    assert (telemetry["lap"], telemetry["fuel"], telemetry["position"]) == (45, 42.3, 3)
    assert held["status"]["state"] == "offline"
    assert held["status"]["source"] == "api"
    assert held["status"]["monitor_id"] == monitor.monitor_id


def test_frames_arrive_while_the_block_runs(
    broker: Broker, subscriber: Messages, tmp_path: Path
) -> None:
    with monitor(broker.url, tmp_path, rate=60, driver="Driver One") as publisher:
        publisher.publish_telemetry(lap=1, fuel=50.0)
        first = heard(subscriber, "telemetry")
        publisher.publish_telemetry(lap=2, fuel=48.5, tire_temps={"fl": 81.5})
        second = heard(subscriber, "telemetry")

    assert first["telemetry"]["position"] is None
    assert second["telemetry"]["lap"] == 2
    assert second["telemetry"]["tire_temps"] == {"fl": 81.5}
    assert second["seq"] > first["seq"]
    assert kept(broker)["status"]["driver"] == "Driver One"


def test_meta_says_which_car_it_is(broker: Broker, tmp_path: Path) -> None:
    with monitor(broker.url, tmp_path) as publisher:
        publisher.publish_meta(car="Porsche 911", track="Spa", fuel_capacity=90)

    meta = kept(broker)["meta"]
    assert (meta["car"], meta["track"], meta["fuel_capacity"]) == ("Porsche 911", "Spa", 90)


def test_control_is_given_and_taken(broker: Broker, subscriber: Messages, tmp_path: Path) -> None:
    with monitor(broker.url, tmp_path, in_control=False) as publisher:
        assert heard(subscriber, "status")["in_control"] is False

        publisher.take_control()
        taken = heard(subscriber, "status")
        publisher.take_control(False)
        given = heard(subscriber, "status")

    assert (taken["in_control"], taken["control"]) == (True, 1)
    assert given["in_control"] is False


def test_error_in_the_block_is_raised_and_offline_is_said(
    broker: Broker, subscriber: Messages, tmp_path: Path
) -> None:
    def drive() -> None:
        with monitor(broker.url, tmp_path) as publisher:
            publisher.publish_telemetry(lap=1)
            heard(subscriber, "telemetry")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        drive()

    assert kept(broker)["status"]["state"] == "offline"


def test_block_without_a_broker_ends_soon_and_raises_nothing(tmp_path: Path) -> None:
    start_s = time.monotonic()

    with monitor(f"mqtt://127.0.0.1:{free_port()}", tmp_path) as publisher:
        publisher.publish_telemetry(lap=1)

    assert time.monotonic() - start_s < api.CONNECT_WITHIN_S + 0.3 * TIMEOUT_S
    assert not any(thread.name == "pitboard monitor" for thread in threading.enumerate())


def test_block_that_is_left_by_an_error_waits_for_no_broker(tmp_path: Path) -> None:
    start_s = time.monotonic()

    with (
        pytest.raises(KeyboardInterrupt),
        monitor(f"mqtt://127.0.0.1:{free_port()}", tmp_path),
    ):
        raise KeyboardInterrupt

    assert time.monotonic() - start_s < 0.3 * TIMEOUT_S


class _Interrupted(threading.Event):
    def wait(self, timeout: float | None = None) -> bool:
        raise KeyboardInterrupt(timeout)


def test_interrupted_wait_for_the_broker_leaves_no_thread(tmp_path: Path) -> None:
    """A Ctrl-C there must end the program, not hang it behind a thread that nobody stops."""
    publisher = monitor(f"mqtt://127.0.0.1:{free_port()}", tmp_path)
    publisher.__enter__()
    assert publisher._runner is not None
    publisher._runner.announced = _Interrupted()

    with pytest.raises(KeyboardInterrupt):
        publisher.__exit__(None, None, None)

    assert not any(thread.name == "pitboard monitor" for thread in threading.enumerate())


def test_second_monitor_of_one_car_is_refused(tmp_path: Path) -> None:
    url = f"mqtt://127.0.0.1:{free_port()}"

    with (
        pytest.raises(SettingsError, match="already runs"),
        monitor(url, tmp_path),
        monitor(url, tmp_path),
    ):
        pass


def test_ids_are_made_up_once_and_kept(tmp_path: Path) -> None:
    first = Monitor(NOWHERE, state_dir=tmp_path)
    second = Monitor(NOWHERE, state_dir=tmp_path)

    assert first.session_id == second.session_id
    assert first.monitor_id == second.monitor_id


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        pytest.param({"fuell": 1}, "fuell", id="unknown"),
        pytest.param({"lap": "one"}, "lap", id="text"),
        pytest.param({"lap": True}, "lap", id="bool"),
        pytest.param({"lap": 1.5}, "lap", id="fraction"),
        pytest.param({"lap": -1}, "lap", id="negative"),
        pytest.param({"fuel": float("nan")}, "fuel", id="NaN"),
        pytest.param({"fuel": float("inf")}, "fuel", id="inf"),
        pytest.param({"position": 0}, "position", id="place 0"),
        pytest.param({"tire_temps": {"FL": 80}}, "tire_temps", id="wheel"),
        pytest.param({"tire_temps": {"fl": "hot"}}, "tire_temps.fl", id="in a wheel"),
        pytest.param({"pit_state": "In Pit"}, "pit_state", id="word"),
        pytest.param({"extra": {"a": [1]}}, "extra", id="list in extra"),
        pytest.param({"extra": {"fuel": 1}}, "fuel", id="extra repeats a field"),
    ],
)
def test_telemetry_that_readers_would_refuse_is_refused_at_once(
    tmp_path: Path, fields: dict[str, Any], named: str
) -> None:
    with pytest.raises(Invalid, match=named):
        Monitor(NOWHERE, state_dir=tmp_path).publish_telemetry(**fields)


@pytest.mark.parametrize(
    ("setup", "name"),
    [
        pytest.param({"Aero": {"wing": 7}}, None, id="category"),
        pytest.param({"aero": 7}, None, id="no settings"),
        pytest.param({"aero": {"wing": [7]}}, None, id="list"),
        pytest.param({"aero": {"wing": "x" * 65}}, None, id="long text"),
        pytest.param({"aero": {"x" * 65: 1}}, None, id="long name"),
        pytest.param({"aero": {f"w{n}": n for n in range(401)}}, None, id="too many"),
        pytest.param({"aero": {"wing": 7}}, "x" * 65, id="long title"),
    ],
)
def test_setup_that_readers_would_refuse_is_refused_at_once(
    tmp_path: Path, setup: Any, name: str | None
) -> None:
    """In the monitor's thread it would be too late to tell the program."""
    with pytest.raises(BadPayload):
        Monitor(NOWHERE, state_dir=tmp_path).publish_setup(setup, name)


@pytest.mark.parametrize("fields", [{"carr": "x"}, {"car": 1}, {"race_laps": -1}])
def test_meta_that_readers_would_refuse_is_refused_at_once(
    tmp_path: Path, fields: dict[str, Any]
) -> None:
    with pytest.raises(Invalid, match=next(iter(fields))):
        Monitor(NOWHERE, state_dir=tmp_path).publish_meta(**fields)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        pytest.param({"rate": 0}, "rate 0: use 1 to 60", id="rate 0"),
        pytest.param({"rate": 61}, "rate 61", id="rate 61"),
        pytest.param({"rate": float("nan")}, "rate nan", id="rate NaN"),
        pytest.param({"session_id": "ABC"}, "'ABC'", id="session"),
        pytest.param({"monitor_id": "a/b"}, "'a/b'", id="monitor"),
        pytest.param({"broker": "localhost"}, "mqtt://host", id="URL"),
        pytest.param({"broker": []}, "broker is empty", id="no URL"),
        pytest.param({"password": "hunter2"}, "username", id="half a login"),
    ],
)
def test_monitor_that_cannot_work_is_not_made(
    tmp_path: Path, given: dict[str, Any], named: str
) -> None:
    with pytest.raises(SettingsError, match=named):
        Monitor(**{"broker": NOWHERE, "state_dir": tmp_path, **given})


def test_package_offers_the_monitor_and_its_version() -> None:
    assert pitboard.Monitor is api.Monitor
    assert sorted(pitboard.__all__) == ["Monitor", "__version__"]
    with pytest.raises(AttributeError, match="Monitro"):
        _ = pitboard.Monitro


def test_contract_is_imported_without_a_network_library(tmp_path: Path) -> None:
    """A tool that only reads messages needs neither paho nor a web server."""
    code = (
        "import sys, pitboard.contract.codec\n"
        "print({'paho', 'typer', 'fastapi', 'amqtt', 'pitboard.api'} & set(sys.modules))"
    )

    outcome = python(tmp_path, code)

    assert (outcome.code, outcome.out) == (0, "set()\n")
