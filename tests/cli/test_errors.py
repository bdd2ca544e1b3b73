"""What a person typed or wrote wrongly: one line that says what to change, exit code 2."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers import free_port
from tests.cli.running import Cli, Pitboard, environment, python, the_line


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock.getsockname()[1]


PORT = "use a whole number from 0 to 65535"
RATE = "use a number from 1 to 60"
SPEED = "use a number from 0.1 to 2000"
WORKERS = "use a whole number from 1 to 64"
ID = "use lower-case letters, digits, - and _"


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        pytest.param("bridge --port abc", ("--port:", PORT), id="port abc"),
        pytest.param("bridge --port 70000", ("--port:", PORT), id="port 70000"),
        pytest.param(
            "bridge --max-browsers 0",
            ("--max-browsers:", "whole number from 1 to 100000"),
            id="no browsers",
        ),
        pytest.param("bridge --workers 0", ("--workers:", WORKERS), id="no workers"),
        pytest.param("bridge --workers 65", ("--workers:", WORKERS), id="65 workers"),
        pytest.param(
            "bridge --workers 2 --host bad..host", ("--host 'bad..host'",), id="workers bind"
        ),
        pytest.param(
            "up --max-sessions many",
            ("--max-sessions:", "whole number from 1 to 100000"),
            id="many sessions",
        ),
        pytest.param(
            "bridge --trusted-proxy pit.example",
            ("--trusted-proxy 'pit.example'", "127.0.0.1"),
            id="proxy by name",
        ),
        pytest.param("broker --port=-1", ("--port:", PORT), id="port -1"),
        pytest.param("up --http-port 8e3", ("--http-port:", PORT), id="http port"),
        pytest.param("demo --mqtt-port 65536", ("--mqtt-port:", PORT), id="mqtt port"),
        pytest.param("monitor --rate=-1", ("--rate:", RATE), id="rate -1"),
        pytest.param("monitor --rate 0", ("--rate:", RATE), id="rate 0"),
        pytest.param("monitor --rate nan", ("--rate:", RATE), id="rate NaN"),
        pytest.param("demo --rate inf", ("--rate:", RATE), id="rate inf"),
        pytest.param("monitor --speed=-1", ("--speed:", SPEED), id="speed -1"),
        pytest.param("monitor --speed nan", ("--speed:", SPEED), id="speed NaN"),
        pytest.param("demo --speed 1e400", ("--speed:", SPEED), id="speed 1e400"),
        pytest.param("demo --seed 1.5", ("--seed:", "use a whole number"), id="seed 1.5"),
        pytest.param("monitor --broker bad", ("--broker 'bad'", "mqtt://host:port"), id="no URL"),
        pytest.param("watch a --broker mqtt://bad..host", ("--broker", "bad..host"), id="host"),
        pytest.param("doctor --broker mqtt://h:0", ("--broker", "1 to 65535"), id="URL port 0"),
        pytest.param("doctor --broker mqtt://h:70000", ("--broker", "1 to 65535"), id="URL port"),
        pytest.param("bridge --broker ,", ("--broker is empty", "mqtt://host"), id="no broker"),
        pytest.param("bridge --host bad..host", ("--host 'bad..host'", "127.0.0.1"), id="bind"),
        pytest.param("bridge --host 192.0.2.1", ("--host '192.0.2.1'", "0.0.0.0"), id="not ours"),
        pytest.param(
            "broker --host 0.0.0.0",
            ("--host 0.0.0.0", "credentials new", "--users"),
            id="open broker",
        ),
        pytest.param(
            "broker --host 127.0.0.1.example", ("--host", "credentials new"), id="not loopback"
        ),
        pytest.param("monitor --session ABC", ("--session 'ABC'", ID), id="session"),
        pytest.param("monitor --monitor a/b", ("--monitor 'a/b'", ID), id="monitor"),
        pytest.param("watch ABC", ("SESSION 'ABC'", ID), id="watch id"),
        pytest.param("record ../x -o f", ("SESSION '../x'", ID), id="record id"),
        pytest.param("sessions remove +", ("SESSION '+'", ID), id="remove id"),
        pytest.param("monitor --session a --new-session", ("--new-session", "--session"), id="two"),
        pytest.param("monitor --source simulatd", ("'simulated'", "replay:FILE"), id="source"),
        pytest.param("monitor --source replay:no", ("no:", "No such file"), id="no replay"),
        pytest.param("monitor --setup no", ("no:", "No such file"), id="no setup"),
        pytest.param("monitor --state-dir /dev/null", ("/dev/null", "not a folder"), id="state"),
        pytest.param(
            "monitor --reconnect-delay-initial 61",
            ("--reconnect-delay-initial", "--reconnect-delay-max"),
            id="waits",
        ),
        pytest.param("monitor --reconnect-delay-max -1", ("--reconnect-delay-max",), id="wait"),
        pytest.param("monitor --reconnect-delay-max nan", ("--reconnect-delay-max",), id="NaN"),
        pytest.param(
            "monitor --reconnect-delay-initial=-1", ("--reconnect-delay-initial",), id="first wait"
        ),
        pytest.param(
            "monitor --reconnect-delay-initial nan",
            ("--reconnect-delay-initial",),
            id="first wait NaN",
        ),
        pytest.param("monitor --reconnect-jitter nan", ("--reconnect-jitter",), id="jitter"),
        pytest.param("monitor --reconnect-jitter 1.1", ("--reconnect-jitter",), id="jitter 1.1"),
        pytest.param("monitor --connection-timeout 0", ("--connection-timeout",), id="timeout"),
        pytest.param("monitor --connection-timeout nan", ("--connection-timeout",), id="NaN s"),
        pytest.param("monitor --keepalive 0", ("--keepalive",), id="keepalive"),
        pytest.param("monitor --keepalive=-5", ("--keepalive",), id="keepalive -5"),
        pytest.param("bridge --credentials no", ("--credentials no:", "No such file"), id="creds"),
        pytest.param("doctor --credentials .", ("--credentials .:", "directory"), id="folder"),
        pytest.param("sessions prune --older-than x", ("'x'", "7d, 12h"), id="age"),
        pytest.param("sessions prune", ("--older-than", "prune --help"), id="missing flag"),
        pytest.param("record a", ("--output", "record --help"), id="missing output"),
        pytest.param("watch", ("SESSION", "watch --help"), id="missing argument"),
        pytest.param("monitor --sesion a", ("--sesion", "--session"), id="flag"),
        pytest.param("monitr", ("'monitr'", "'monitor'"), id="command"),
        pytest.param("up --lan=5", ("--lan", "does not take a value"), id="value for a switch"),
    ],
)
def test_command_says_in_one_line_what_to_change(
    cli: Cli, arguments: str, parts: tuple[str, ...]
) -> None:
    line = cli.refused(*arguments.split())

    assert [part for part in parts if part not in line] == []


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[2Jb", "a\udc80b"], ids=["newline", "esc", "byte"])
def test_command_quotes_no_control_characters(cli: Cli, name: str) -> None:
    """What a terminal obeys must not come from a name; and a line stays a line."""
    line = cli.refused("--config", name, "version")

    assert line.isprintable()
    assert "--config a" in line


def test_command_never_takes_a_password_from_a_url(cli: Cli) -> None:
    line = cli.refused("monitor", "--broker", "mqtt://me:hunter2@host")

    assert "PITBOARD_PASSWORD" in line
    assert "hunter2" not in line


@pytest.mark.parametrize(
    ("text", "part"),
    [
        pytest.param("{", "not JSON", id="no JSON"),
        pytest.param("[1]", "expected a JSON object", id="array"),
        pytest.param("[" * 100_000, "not JSON", id="nested"),
        pytest.param("", "empty", id="empty"),
        pytest.param('{"aero": 5}', "'aero'", id="no category"),
    ],
)
def test_monitor_names_what_is_wrong_with_a_setup(cli: Cli, text: str, part: str) -> None:
    path = cli.file(text, "setup.json")

    line = cli.refused("monitor", "--setup", str(path))

    assert "setup.json" in line
    assert part in line


@pytest.mark.parametrize(
    ("arguments", "flag"),
    [
        pytest.param("bridge --port {port}", "--port", id="bridge"),
        pytest.param("bridge --workers 2 --port {port}", "--port", id="workers"),
        pytest.param("broker --port {port}", "--port", id="broker"),
        pytest.param("up --mqtt-port 0 --http-port {port}", "--http-port", id="up http"),
        pytest.param("up --mqtt-port {port} --http-port 0", "--mqtt-port", id="up mqtt"),
    ],
)
def test_command_names_the_flag_for_a_port_that_is_taken(
    cli: Cli, taken_port: int, arguments: str, flag: str
) -> None:
    code, out, err = cli.run(*arguments.format(port=taken_port).split())

    assert (code, out) == (2, "")
    line = the_line(err)
    assert f"port {taken_port} " in line
    assert line.endswith(f"in use: choose another with {flag}")


def test_workers_are_refused_where_processes_cannot_share_a_port(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")

    line = cli.refused("bridge", "--workers", "2", "--port", "0")

    assert line.startswith("--workers: only Linux")
    assert "several bridges on ports of their own, behind a proxy" in line


def test_demo_says_when_no_port_is_left(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 65_535)):
        code, out, err = cli.run("demo", "--mqtt-port", "65535")

    assert (code, out) == (2, "")
    assert "port 65535 is taken" in err.splitlines()[0]
    assert err.splitlines()[1:] == [
        "pitboard: ports 65535 to 65535 are all in use: name another with --mqtt-port"
    ]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may take every port")
def test_command_names_the_flag_for_a_port_that_is_not_allowed(cli: Cli) -> None:
    assert "--port" in cli.refused("bridge", "--port", "1")


@pytest.mark.parametrize(
    "arguments",
    [
        "watch spa24",
        "record spa24 -o race.jsonl",
        "sessions",
        "sessions remove spa24",
        "sessions prune --older-than 7d",
    ],
)
def test_command_says_that_no_broker_is_there(cli: Cli, arguments: str) -> None:
    url = f"mqtt://127.0.0.1:{free_port()}"

    line = cli.refused(*arguments.split(), "--broker", url)

    assert f"{url}: Connection refused" in line
    assert "start a broker there or correct --broker" in line
    assert not (cli.folder / "race.jsonl").exists()


def test_doctor_says_that_no_broker_is_there(cli: Cli) -> None:
    url = f"mqtt://127.0.0.1:{free_port()}"

    code, out, err = cli.run("doctor", "--broker", url)

    assert (code, err) == (1, "")
    assert f"wrong {url}: Connection refused" in out
    assert "--broker" in out


def test_sessions_takes_the_broker_before_or_behind_its_word(cli: Cli) -> None:
    url = f"mqtt://127.0.0.1:{free_port()}"
    cli.variables.setenv("PITBOARD_BROKER", "mqtt://127.0.0.1:1")

    before = cli.refused("sessions", "--broker", url, "remove", "spa24")
    behind = cli.refused("sessions", "remove", "spa24", "--broker", url)

    assert before == behind
    assert url in before


def test_pitboard_without_a_command_prints_help(cli: Cli) -> None:
    code, out, err = cli.run()

    assert (code, err) == (2, "")
    assert out.startswith("Usage: pitboard")
    assert "demo" in out


def test_version_is_printed(cli: Cli) -> None:
    assert cli.run("version") == (0, "0.1.0\n", "")


HIDE = """
import sys
finders = sys.meta_path[:]
class Rest:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {hidden!r}.split():
            return None
        found = (finder.find_spec(name, path, target) for finder in finders)
        return next(filter(None, found), None)
sys.meta_path[:] = [Rest()]
from pitboard.__main__ import run
"""
SERVER_PARTS = "amqtt fastapi prometheus_client psutil segno uvicorn uvloop websockets"


def test_server_commands_say_how_to_install_the_server_part(tmp_path: Path) -> None:
    for hidden, command in (("fastapi", "demo"), ("amqtt", "demo"), ("uvicorn", "bridge")):
        code = HIDE.format(hidden=hidden) + f"sys.exit(run(['{command}']))"

        outcome = python(tmp_path, code)

        line = the_line(outcome.err)
        assert outcome.code == 2
        assert f"{hidden} is missing" in line
        assert line.endswith("pip install 'pitboard[server]'")


def test_drivers_commands_need_no_server_part(tmp_path: Path) -> None:
    """A driver's PC installs the small half."""
    url = f"mqtt://127.0.0.1:{free_port()}"
    lines = [
        ["version"],
        ["monitor", "--source", "replay:no"],
        ["watch", "a", "--broker", url],
        ["record", "a", "-o", "f", "--broker", url],
        ["sessions", "--broker", url],
        ["doctor", "--broker", url],
    ]
    code = HIDE.format(hidden=SERVER_PARTS) + f"print([run(line) for line in {lines!r}])"

    outcome = python(tmp_path, code)

    assert outcome.out.endswith("[0, 2, 2, 2, 2, 1]\n")
    assert "Traceback" not in outcome.err


def test_broken_installation_is_not_called_a_missing_part(tmp_path: Path) -> None:
    """A module of our own that is missing is a bug, which the hint would hide."""
    code = HIDE.format(hidden="nothing") + (
        "sys.modules['pitboard.announce'] = None\nsys.exit(run(['demo']))"
    )

    outcome = python(tmp_path, code)

    assert "pitboard[server]" not in outcome.err
    assert "pitboard.announce" in outcome.err


@pytest.mark.skipif(os.name != "posix", reason="pipes break otherwise elsewhere")
def test_reader_that_leaves_early_causes_no_complaint(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "pitboard", "--help"],
        stdout=writing,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
        check=False,
    )
    os.close(writing)

    assert done.stderr == b""
    assert done.returncode == 1


@pytest.mark.parametrize("arguments", [("bridge", "--port", "x"), ("--config", "no", "version")])
def test_process_ends_with_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with Pitboard(tmp_path, *arguments) as process:
        code, out, err = process.ended()

    assert (code, out) == (2, "")
    the_line(err)
