"""A team's mosquitto with TLS, met by real monitors and bridges."""

import json
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from pitboard.broker.users import Role
from pitboard.contract import codec
from pitboard.contract.messages import LapsMessage, Message, StatusMessage
from pitboard.contract.topics import Channel, Topic
from pitboard.inbox import Inbox
from pitboard.publisher.events import Received
from pitboard.publisher.link import Credentials
from tests.brokers import TIMEOUT_S, has_mosquitto
from tests.cli.running import Pitboard
from tests.cli.team import Team, login_variables
from tests.waiting import eventually

pytestmark = [
    pytest.mark.skipif(not has_mosquitto(), reason="mosquitto is not installed"),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
]

SESSION = "spa24"
WHOLE_WITHIN_S = 0.3 * TIMEOUT_S
QUICK = ("--reconnect-delay-initial", "0.05", "--reconnect-delay-max", "0.2")

MONITOR = ("monitor", "--session", SESSION)
BRIDGE = ("bridge", "--port", "0")


@pytest.fixture
def team() -> Iterator[Team]:
    with Team() as team:
        yield team


def expire(team: Team) -> None:
    """Another certificate of the same authority, which was good until yesterday."""
    names = team.folder / "names"
    names.write_text("subjectAltName = IP:127.0.0.1\n")
    key, ca, ca_key, request = (
        str(team.folder / name) for name in ("server.key", "ca.crt", "ca.key", "request")
    )
    signed = ["x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-set_serial", "2"]
    for command in (
        ["req", "-new", "-key", key, "-subj", "/CN=broker", "-out", request],
        [*signed, "-extfile", str(names), "-days", "-1", "-out", str(team.folder / "server.crt")],
    ):
        subprocess.run(["openssl", *command], check=True, capture_output=True, timeout=TIMEOUT_S)


def test_car_reaches_the_crew_encrypted_all_the_way(tmp_path: Path) -> None:
    team = Team()
    car = login_variables(team.new_user(Role.MONITOR, SESSION))
    wall = login_variables(team.new_user(Role.BRIDGE))
    admin = login_variables(team.new_user(Role.ADMIN))
    way = ("--broker", f"mqtts://localhost:{team.tls_port}", "--ca-file", str(team.ca))

    with (
        team,
        Pitboard(tmp_path, *BRIDGE, *way, **wall) as bridge,
        Pitboard(tmp_path, *MONITOR, *way, **car) as monitor,
    ):
        monitor.err.line("Connected to mqtts://")
        page = bridge.out.line("http://").strip()

        def channels() -> set[str]:
            with urlopen(f"{page}/api/sessions/{SESSION}", timeout=TIMEOUT_S) as answer:
                return {value["channel"] for value in json.load(answer)["values"]}

        eventually(lambda: {"status", "meta", "setup", "telemetry"} <= channels())
        for words in (["watch", SESSION, "--once"], ["sessions"]):
            with Pitboard(tmp_path, *words, *way, **wall) as tool:
                assert tool.ended().code == 0
        with Pitboard(tmp_path, "doctor", *way, **admin) as doctor:
            assert doctor.ended().code == 0


@pytest.mark.parametrize("command", [MONITOR, BRIDGE], ids=["monitor", "bridge"])
@pytest.mark.parametrize(
    ("broken", "url", "is_trusted", "words"),
    [
        pytest.param(
            None,
            "mqtts://127.0.0.1:{tls_port}",
            False,
            "certificate not trusted: its authority is unknown here: name its file, --ca-file",
            id="unknown authority",
        ),
        pytest.param(
            None,
            "mqtts://127.0.0.2:{tls_port}",
            True,
            "certificate not trusted: IP address mismatch, certificate is not valid for "
            "'127.0.0.2'",
            id="another name",
        ),
        pytest.param(
            expire,
            "mqtts://127.0.0.1:{tls_port}",
            True,
            "certificate not trusted: it has expired, or this machine's clock is wrong",
            id="expired",
        ),
        pytest.param(None, "mqtts://127.0.0.1:{port}", True, "no TLS on that port", id="plain"),
        pytest.param(
            None,
            "mqtt://127.0.0.1:{tls_port}",
            True,
            "it hung up without an answer: no MQTT on that port, or only with mqtts://",
            id="encrypted",
        ),
    ],
)
def test_way_that_is_not_safe_is_not_taken_and_told_in_words(
    command: tuple[str, ...],
    broken: Callable[[Team], None] | None,
    url: str,
    is_trusted: bool,
    words: str,
    tmp_path: Path,
) -> None:
    team = Team()
    login = login_variables(team.new_user(Role.MONITOR, SESSION))
    if broken is not None:
        broken(team)
    broker = url.format(port=team.port, tls_port=team.tls_port)
    trusted = ("--ca-file", str(team.ca)) if is_trusted else ()

    with team, Pitboard(tmp_path, *command, "--broker", broker, *trusted, **login) as process:
        line = process.err.line("Connection failed (attempt 1): ")

    assert words in line
    assert "Connected to" not in process.err.rest()


@pytest.mark.parametrize("command", [MONITOR, BRIDGE], ids=["monitor", "bridge"])
def test_wrong_password_is_told_in_words(
    command: tuple[str, ...], team: Team, tmp_path: Path
) -> None:
    wrong = login_variables(Credentials("somebody", "wrong"))
    way = ("--broker", team.tls_url, "--ca-file", str(team.ca))

    with Pitboard(tmp_path, *command, *way, **wrong) as process:
        process.err.line("does not accept")


def is_whole(held: dict[str, Message], laps: int = 1, after_birth: int = 0) -> bool:
    """Whether a late crew would get everything, from a life of the monitor after that one."""
    status, table = held.get("status"), held.get("laps/0")
    return (
        {"meta", "setup", "telemetry"} <= held.keys()
        and isinstance(status, StatusMessage)
        and status.state == "online"
        and status.birth > after_birth
        and isinstance(table, LapsMessage)
        and len(table.rows) >= laps
    )


def take(held: dict[str, Message], received: Received) -> None:
    topic = Topic.parse(received.topic)
    if topic.channel is not Channel.LAPS or topic.name == "laps/0":
        held[topic.name] = codec.decode(topic, received.payload)


def whole_after_s(team: Team, login: Credentials, laps: int = 1, after_birth: int = 0) -> float:
    """How long it takes from here until the broker has all of the session."""
    start_s = time.monotonic()
    held: dict[str, Message] = {}
    with Inbox.open(team.access(login), "test") as inbox:
        inbox.link.subscribe([f"pitboard/v1/{SESSION}/#"])
        for received in inbox.received(TIMEOUT_S):
            take(held, received)
            if is_whole(held, laps, after_birth):
                return time.monotonic() - start_s
    raise AssertionError(f"only {held.keys()} within {TIMEOUT_S} s")


def retained(team: Team, login: Credentials) -> dict[str, Message]:
    """What somebody finds who comes late."""
    held: dict[str, Message] = {}
    with Inbox.open(team.access(login), "test") as inbox:
        for received in inbox.replay([f"pitboard/v1/{SESSION}/#"]):
            if received.retained:
                take(held, received)
    return held


def frames_pass(team: Team, login: Credentials, count: int) -> None:
    with Inbox.open(team.access(login), "test") as inbox:
        inbox.link.subscribe([f"pitboard/v1/{SESSION}/+/telemetry"])
        for _ in range(count):
            assert inbox.wait_for(lambda received: not received.retained, TIMEOUT_S)


def test_session_is_whole_3_s_after_the_broker_was_killed(tmp_path: Path) -> None:
    """What the store lacks, written once a minute, the monitor sends again."""
    team = Team()
    car, admin = team.new_user(Role.MONITOR, SESSION), team.new_user(Role.ADMIN)
    moments = random.Random(24)
    way = ("--broker", team.tls_url, "--ca-file", str(team.ca))
    command = (*MONITOR, *way, *QUICK, "--speed", "100", "--rate", "20")

    with team, Pitboard(tmp_path, *command, **login_variables(car)):
        whole_after_s(team, admin)
        for _ in range(5):
            frames_pass(team, admin, moments.randrange(1, 30))
            before = retained(team, admin)
            table, status = before["laps/0"], before["status"]
            assert isinstance(table, LapsMessage)
            if moments.random() < 0.5:
                team.signal(signal.SIGUSR1)
            team.kill()
            team.start()

            assert whole_after_s(team, admin, len(table.rows), status.birth) < WHOLE_WITHIN_S
            assert is_whole(retained(team, admin), len(table.rows), status.birth)
