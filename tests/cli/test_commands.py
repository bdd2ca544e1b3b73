"""The commands that keep running, as processes of their own."""

import json
import re
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from pitboard.contract.topics import Channel
from tests.broker.clients import Messages, messages
from tests.brokers import TIMEOUT_S, EmbeddedInThread, Mosquitto, free_port
from tests.cli.car import Car
from tests.cli.running import Pitboard, the_line
from tests.waiting import eventually

pytestmark = pytest.mark.system

Broker = EmbeddedInThread | Mosquitto

STATUS = "pitboard/v1/spa24/pc-1/status"


class At:
    """A broker by its URL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.scheme == "mqtt"
        self.host = str(parts.hostname)
        self.port = int(parts.port or 0)


def first_url(line: str) -> str:
    found = re.search(r"\w+://\S+", line)
    assert found is not None, line
    return found[0]


def fetch(url: str) -> tuple[int, str]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=TIMEOUT_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@contextmanager
def browsing(page: str) -> Iterator[Connection]:
    """A WebSocket that has asked for the page's session."""
    parts = urlsplit(page)
    with connect(f"ws://{parts.netloc}/ws", proxy=None, open_timeout=TIMEOUT_S) as browser:
        session_id = parts.path.rpartition("/")[2]
        browser.send(json.dumps({"type": "join_session", "session_id": session_id}))
        yield browser


def frame(browser: Connection, kind: str) -> dict[str, Any]:
    """The next frame of this kind."""
    while True:
        found: dict[str, Any] = json.loads(browser.recv(TIMEOUT_S))
        if found["type"] == kind:
            return found


def next_state(subscriber: Messages) -> str:
    """What the next status says."""
    while not (got := subscriber.next()).topic.endswith("/status"):
        pass
    return str(json.loads(got.payload)["state"])


def retained_state(broker: Broker, topic: str = STATUS) -> str | None:
    """What the broker keeps as the monitor's status."""
    with messages(broker) as subscriber:
        subscriber.subscribe(topic)
        subscriber.subscribe("end")
        subscriber.publish("end", b"", qos=1)
        kept = subscriber.until("end")
    return str(json.loads(kept[-1].payload)["state"]) if kept else None


def monitor(
    home: Path, url: str, *arguments: str, session: str | None = "spa24", state: str = "state"
) -> Pitboard:
    known = [] if session is None else ["--session", session, "--monitor", "pc-1"]
    where = ["--broker", url, "--state-dir", str(home / state)]
    return Pitboard(home, "monitor", *where, *known, *arguments)


def session_of(process: Pitboard) -> str:
    found = re.search(r"session=(\S+)", process.err.line("publishing session="))
    assert found is not None
    return found[1]


def test_broker_prints_its_url_and_works(tmp_path: Path) -> None:
    with Pitboard(tmp_path, "broker", "--port", "0") as process:
        url = process.out.line("mqtt://").strip()
        with messages(At(url)) as client:
            client.subscribe("a")
            client.publish("a", b"x")
            assert client.next().payload == b"x"

        assert process.terminate() == 0
        assert process.out.rest() == f"{url}\n"


def test_broker_stops_with_130_at_ctrl_c_while_clients_are_connected(tmp_path: Path) -> None:
    with (
        Pitboard(tmp_path, "broker", "--port", "0") as process,
        messages(At(process.out.line("mqtt://").strip())),
    ):
        assert process.interrupt() == 130


@pytest.mark.parametrize("is_ctrl_c", [True, False], ids=["Ctrl-C", "SIGTERM"])
def test_bridge_prints_its_url_answers_and_stops(
    tmp_path: Path, broker: Broker, is_ctrl_c: bool
) -> None:
    with Pitboard(tmp_path, "bridge", "--broker", broker.url, "--port", "0") as process:
        url = process.out.line("http://").strip()
        assert fetch(f"{url}/livez") == (200, "alive\n")
        assert fetch(f"{url}/api/sessions")[0] == 404
        with browsing(f"{url}/s/spa24") as browser, Car(broker.url) as car:
            frame(browser, "snapshot")
            car.say(Channel.STATUS, state="online")
            assert frame(browser, "status_update")["data"]["state"] == "online"

            assert (process.interrupt() if is_ctrl_c else process.terminate()) == (
                130 if is_ctrl_c else 0
            )


def test_bridge_runs_and_stops_while_no_broker_is_there(tmp_path: Path) -> None:
    url = f"mqtt://127.0.0.1:{free_port()}"
    with Pitboard(tmp_path, "bridge", PITBOARD_BROKER=url, PITBOARD_PORT="0") as process:
        page = process.out.line("http://").strip()

        assert fetch(f"{page}/livez")[0] == 200
        assert fetch(f"{page}/readyz")[0] == 503
        assert process.interrupt() == 130


def test_up_prints_a_link_for_each_session_that_appears(tmp_path: Path) -> None:
    with Pitboard(tmp_path, "up", "--http-port", "0", "--mqtt-port", "0") as process:
        url = first_url(process.out.line("://"))
        broker_url = first_url(process.out.line("mqtt://"))
        assert url.startswith("http://127.0.0.1:")
        with Car(broker_url) as car:
            car.say(Channel.STATUS, state="online")
            link = first_url(process.out.line("/s/spa24"))
            car.say(Channel.STATUS, seq=2, state="idle")
            car.say(Channel.STATUS, session_id="monza-7", state="online")
            process.out.line("/s/monza-7")
        assert link == f"{url}s/spa24"
        assert fetch(link)[0] == 200

        assert process.interrupt() == 130
        assert process.out.rest().count("/s/spa24") == 1


def outside_address() -> str:
    """An address of this machine that others reach."""
    for addresses in psutil.net_if_addrs().values():
        for address in addresses:
            if address.family == socket.AF_INET and not address.address.startswith("127."):
                return str(address.address)
    pytest.skip("this machine has no address but loopback")


def test_up_lan_opens_the_pages_and_keeps_mqtt_on_this_machine(tmp_path: Path) -> None:
    outside, mqtt = outside_address(), free_port()
    command = ("up", "--lan", "--http-port", "0", "--mqtt-port", str(mqtt))
    with Pitboard(tmp_path, *command) as process:
        assert "pitboard credentials new" in process.err.line("MQTT stays on this machine")
        port = first_url(process.out.line("://")).strip("/").rpartition(":")[2]
        process.out.line("mqtt://")

        assert fetch(f"http://{outside}:{port}/")[0] == 200
        socket.create_connection(("127.0.0.1", mqtt), TIMEOUT_S).close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((outside, mqtt), TIMEOUT_S)
        assert process.interrupt() == 130


def test_demo_shows_a_moving_car_to_browsers_and_says_goodbye(tmp_path: Path) -> None:
    """The first thing anybody tries: one command, one link, values that move."""
    with (
        socket.create_server(("127.0.0.1", 0)) as http,
        socket.create_server(("127.0.0.1", 0)) as mqtt,
    ):
        taken = http.getsockname()[1], mqtt.getsockname()[1]
        ports = ["--http-port", str(taken[0]), "--mqtt-port", str(taken[1])]
        with Pitboard(tmp_path, "demo", *ports) as process:
            page = first_url(process.out.line("://"))
            broker_url = first_url(process.out.line("mqtt://"))
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+/s/[a-z0-9]{20,}", page)
            chosen = urlsplit(page).port or 0, At(broker_url).port
            assert [0 < new - old < 20 for new, old in zip(chosen, taken, strict=True)] == [
                True
            ] * 2

            with browsing(page) as browser, messages(At(broker_url)) as subscriber:
                first = frame(browser, "telemetry_update")["data"]["telemetry"]
                second = frame(browser, "telemetry_update")["data"]["telemetry"]
                assert first["lap_distance"] != second["lap_distance"]
                subscriber.subscribe("pitboard/v1/+/+/status")
                assert next_state(subscriber) == "online"

                assert process.interrupt() == 130
                assert next_state(subscriber) == "offline"


def test_demo_serves_only_its_own_session(tmp_path: Path) -> None:
    """It listens in the whole network, and its broker takes every local program's messages."""
    with Pitboard(tmp_path, "demo", "--http-port", "0", "--mqtt-port", "0") as process:
        page = first_url(process.out.line("/s/"))
        base, _, session_id = page.rpartition("/s/")
        with Car(first_url(process.out.line("mqtt://"))) as car:
            car.say(Channel.STATUS, state="online")

            assert fetch(page)[0] == 200
            assert fetch(f"{base}/s/spa24")[0] == 404
            assert fetch(f"{base}/api/sessions/spa24")[0] == 404
            listed = json.loads(fetch(f"{base}/api/sessions")[1])["sessions"]
            assert {each["session_id"] for each in listed} <= {session_id}

        assert process.terminate() == 0


def test_demo_draws_a_code_for_phones(tmp_path: Path) -> None:
    with Pitboard(tmp_path, "demo", "--http-port", "0", "--mqtt-port", "0") as process:
        process.out.line("Ctrl-C stops everything")
        assert process.interrupt() == 130
        out = process.out.rest()

    assert ("In the LAN" in out) == ("█" in out)


def test_demo_leaves_the_code_out_where_it_cannot_be_printed(tmp_path: Path) -> None:
    ports = ["--http-port", "0", "--mqtt-port", "0"]
    plain = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    with Pitboard(tmp_path, "demo", *ports, **plain) as process:
        process.out.line("Ctrl-C stops everything")

        assert process.interrupt() == 130
        assert process.out.rest().isascii()


def test_demo_stops_at_a_ctrl_c_that_comes_twice(tmp_path: Path) -> None:
    """`uv run` and the like pass on what the terminal sent to all of them already."""
    with Pitboard(tmp_path, "demo", "--http-port", "0", "--mqtt-port", "0") as process:
        broker_url = first_url(process.out.line("mqtt://"))
        with messages(At(broker_url)) as subscriber:
            subscriber.subscribe("pitboard/v1/+/+/status")
            assert next_state(subscriber) == "online"

            process.send_interrupt()
            assert process.interrupt() == 130
            assert next_state(subscriber) == "offline"


def test_monitor_says_offline_at_ctrl_c(tmp_path: Path, broker: Broker) -> None:
    with messages(broker) as subscriber:
        subscriber.subscribe(STATUS)
        with monitor(tmp_path, broker.url) as process:
            assert next_state(subscriber) == "online"

            assert process.interrupt() == 130

    assert retained_state(broker) == "offline"


def test_monitor_says_offline_when_it_is_terminated(tmp_path: Path, broker: Broker) -> None:
    with messages(broker) as subscriber:
        subscriber.subscribe(STATUS)
        with monitor(tmp_path, broker.url) as process:
            assert next_state(subscriber) == "online"

            assert process.terminate() == 0

    assert retained_state(broker) == "offline"


@pytest.mark.parametrize("moment", ["publishing session", "Connected to"])
def test_monitor_never_looks_alive_after_a_ctrl_c_while_it_starts(
    tmp_path: Path, broker: Broker, moment: str
) -> None:
    with monitor(tmp_path, broker.url) as process:
        process.err.line(moment)

        assert process.interrupt() == 130

    assert retained_state(broker) in (None, "offline")


def test_monitor_stops_at_ctrl_c_while_no_broker_is_there(tmp_path: Path) -> None:
    with monitor(tmp_path, f"mqtt://127.0.0.1:{free_port()}") as process:
        process.err.line("Retrying in")

        assert process.interrupt() == 130


def test_monitor_stops_at_ctrl_c_while_a_broker_does_not_answer(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(TIMEOUT_S)
        url = f"mqtt://127.0.0.1:{silent.getsockname()[1]}"
        with monitor(tmp_path, url) as process, silent.accept()[0]:
            assert process.interrupt() == 130


def test_monitor_stops_at_ctrl_c_after_its_broker_went(tmp_path: Path) -> None:
    with EmbeddedInThread() as broker, monitor(tmp_path, broker.url) as process:
        process.err.line("Connected to")
        broker.stop()
        process.err.line("Retrying in")

        assert process.interrupt() == 130


def test_monitor_does_not_run_twice_for_one_car(tmp_path: Path) -> None:
    url = f"mqtt://127.0.0.1:{free_port()}"
    with monitor(tmp_path, url) as first:
        first.err.line("publishing")
        with monitor(tmp_path, url) as second:
            code, out, err = second.ended()

        assert (code, out) == (2, "")
        line = the_line(err)
        assert "pc-1 of session spa24 already runs" in line
        assert "--monitor" in line
        assert first.interrupt() == 130


def test_monitor_keeps_its_session_over_a_crash_until_a_new_one_is_wanted(tmp_path: Path) -> None:
    """A driver's PC that restarts in the race must come back as the same car."""
    url = f"mqtt://127.0.0.1:{free_port()}"
    with monitor(tmp_path, url, session=None) as process:
        before = session_of(process)
        process.kill()
    with monitor(tmp_path, url, session=None) as process:
        after = session_of(process)
        process.kill()
    with monitor(tmp_path, url, "--new-session", session=None) as process:
        other = session_of(process)
        process.kill()
    with monitor(tmp_path, url, session=None) as process:
        kept = session_of(process)
        process.kill()

    assert before == after
    assert other != before
    assert kept == other


def test_monitor_is_set_by_file_and_environment(tmp_path: Path, broker: Broker) -> None:
    (tmp_path / "pitboard.toml").write_text(
        f'broker = "{broker.url}"\n[monitor]\nsession = "spa24"\nmonitor = "pc-1"\nrate = 5\n'
    )
    with messages(broker) as subscriber:
        subscriber.subscribe(STATUS)
        with Pitboard(
            tmp_path, "monitor", PITBOARD_DRIVER="X" * 100, PITBOARD_IN_CONTROL="no"
        ) as process:
            status = json.loads(subscriber.next().payload)
            assert process.interrupt() == 130

    assert (status["rate"], status["in_control"]) == (5, False)
    assert status["driver"] == "X" * 64


def test_record_stops_with_130_at_ctrl_c(tmp_path: Path, broker: Broker) -> None:
    with Car(broker.url) as car:
        car.say(Channel.STATUS, state="online")
    line = ["record", "spa24", "-o", "race.jsonl", "--broker", broker.url]
    with Pitboard(tmp_path, *line) as process:
        process.err.line("recording session=spa24")
        eventually((tmp_path / "race.jsonl").read_text)

        assert process.interrupt() == 130

    assert (tmp_path / "race.jsonl").read_text().count("\n") == 1


def test_watch_prints_a_snapshot_where_no_terminal_is(tmp_path: Path, broker: Broker) -> None:
    with Car(broker.url) as car:
        car.say(Channel.STATUS, state="online")
    with Pitboard(tmp_path, "watch", "spa24", PITBOARD_BROKER=broker.url) as process:
        code, out, _ = process.ended()

    assert code == 0
    assert "on track" in out
