"""`pitboard mosquitto init`, and the mosquitto that runs with what it makes."""

import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pitboard.broker.users import Role
from pitboard.contract.topics import Channel
from pitboard.inbox import Inbox
from pitboard.publisher.message import Publish
from tests.brokers import TIMEOUT_S, has_mosquitto, open_folder
from tests.cli.car import payload, topic
from tests.cli.running import Cli, Pitboard
from tests.cli.team import Team, login_variables
from tests.waiting import eventually

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl")
needs_mosquitto = pytest.mark.skipif(not has_mosquitto(), reason="mosquitto is not installed")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes owners")

SECRETS = {
    "ca.key",
    "server.key",
    "users.json",
    "users.mosquitto-acl",
    "users.mosquitto-passwords",
}


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    with open_folder() as name:
        yield Cli(capsys, monkeypatch, Path(name))
        monkeypatch.undo()


def settings_in(folder: Path) -> list[str]:
    lines = (folder / "mosquitto.conf").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@needs_openssl
def test_folder_holds_all_that_mosquitto_needs_and_secrets_are_closed(cli: Cli) -> None:
    code, out, err = cli.run("mosquitto", "init", "team", "--host", "pit.example")

    assert (code, err) == (0, "")
    folder = cli.folder / "team"
    made = {path.name for path in folder.iterdir()}
    assert made == SECRETS | {"ca.crt", "server.crt", "mosquitto.conf", "store"}
    for name in SECRETS | {"store"}:
        assert not stat.S_IMODE((folder / name).stat().st_mode) & 0o077, name
    for command in (
        f"mosquitto -c {folder}/mosquitto.conf",
        f"pitboard credentials new bridge --users {folder}/users.json",
        "pitboard bridge --broker mqtt://127.0.0.1:1883",
        "pitboard monitor --broker mqtts://pit.example:8883 --ca-file ca.crt",
    ):
        assert command in out


@needs_openssl
def test_settings_close_the_walls(cli: Cli) -> None:
    cli.run("mosquitto", "init", "team")

    settings = settings_in(cli.folder / "team")
    assert [line for line in settings if line.startswith("listener")] == [
        "listener 1883 127.0.0.1",
        "listener 8883",
    ]
    for setting in (
        "allow_anonymous false",
        f"password_file {cli.folder}/team/users.mosquitto-passwords",
        f"acl_file {cli.folder}/team/users.mosquitto-acl",
        f"persistence_location {cli.folder}/team/store/",
        "autosave_interval 60",
        "set_tcp_nodelay true",
    ):
        assert setting in settings
    for limit in ("max_packet_size", "max_keepalive", "max_queued_messages"):
        assert any(line.startswith(limit) for line in settings)
    assert not any(line.startswith("autosave_on_changes") for line in settings)


@needs_openssl
def test_second_run_keeps_what_is_there(cli: Cli) -> None:
    cli.run("mosquitto", "init", "team")
    users = "team/users.json"
    cli.run("credentials", "new", "bridge", "--name", "wall", "--users", users)
    before = contents(cli.folder / "team")

    out = cli.run("mosquitto", "init", "team", "--mqtts-port", "8884").out

    assert contents(cli.folder / "team") == before
    assert "nothing" in out.splitlines()[0]
    assert "mosquitto.conf is not what these flags ask for" in out
    assert "wall" in cli.run("credentials", "--users", users).out


@needs_openssl
def test_certificate_that_was_removed_is_signed_by_the_same_authority(cli: Cli) -> None:
    """Drivers keep the authority's file when the broker gets another name."""
    cli.run("mosquitto", "init", "team", "--host", "pit.example")
    folder = cli.folder / "team"
    before = contents(folder)
    (folder / "server.crt").unlink()

    cli.run("mosquitto", "init", "team", "--host", "box.example", "--host", "192.0.2.7")

    after = contents(folder)
    assert {name for name in after if after[name] != before[name]} == {"server.crt"}
    names = subprocess.run(
        ["openssl", "x509", "-noout", "-ext", "subjectAltName", "-in", folder / "server.crt"],
        check=True,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    ).stdout
    assert "DNS:localhost, IP Address:127.0.0.1, DNS:box.example, IP Address:192.0.2.7" in names


@needs_openssl
def test_own_certificate_is_used_where_it_is(cli: Cli) -> None:
    cli.run("mosquitto", "init", "first")
    pair = [str(cli.folder / "first" / name) for name in ("server.crt", "server.key")]

    code, out, _ = cli.run("mosquitto", "init", "second", "--cert", pair[0], "--key", pair[1])

    assert code == 0
    assert "--ca-file" not in out
    settings = settings_in(cli.folder / "second")
    assert f"certfile {pair[0]}" in settings
    assert f"keyfile {pair[1]}" in settings
    assert not (cli.folder / "second" / "ca.key").exists()


def test_without_openssl_only_this_machine_is_served(cli: Cli) -> None:
    cli.variables.setenv("PATH", str(cli.folder))

    code, out, _ = cli.run("mosquitto", "init", "team")

    assert code == 0
    assert "no TLS, so only this machine" in out
    assert [line for line in settings_in(cli.folder / "team") if "listener" in line] == [
        "listener 1883 127.0.0.1"
    ]


def test_every_setting_has_its_reason_above_it(cli: Cli) -> None:
    cli.run("mosquitto", "init", "team")

    for block in (cli.folder / "team" / "mosquitto.conf").read_text().strip().split("\n\n"):
        assert block.startswith("# "), block


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        pytest.param("team --cert a.pem", "--cert and --key go together", id="half a pair"),
        pytest.param("team --cert a.pem --key a.pem", "a.pem: No such file", id="no file"),
        pytest.param("team --cert x.pem --key x.pem", "no PEM certificate", id="no certificate"),
        pytest.param("team --host a/b", "--host 'a/b'", id="no name"),
        pytest.param("team --host 0.0.0.0", "--host 0.0.0.0", id="no address"),
        pytest.param("team --mqtts-port 1883", "--mqtts-port", id="one port for two"),
        pytest.param("x.pem", "x.pem: File exists", id="a file is there"),
        pytest.param("/dev/null/team", "/dev/null/team: Not a directory", id="no folder"),
        pytest.param("team --users x.pem", "--users", id="no users"),
    ],
)
def test_mistake_is_one_line(cli: Cli, arguments: str, part: str) -> None:
    cli.file("nothing of this kind", "x.pem")

    assert part in cli.refused("mosquitto", "init", *arguments.split())


@needs_root
def test_folder_that_mosquitto_may_not_enter_is_refused(cli: Cli) -> None:
    closed = cli.folder / "closed"
    closed.mkdir(mode=0o700)

    line = cli.refused("mosquitto", "init", "closed/team")

    assert f"may not enter {closed}" in line
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@needs_root
def test_new_users_are_written_where_mosquitto_can_read_them(cli: Cli) -> None:
    cli.run("mosquitto", "init", "team")
    passwords = cli.folder / "team" / "users.mosquitto-passwords"
    owner = passwords.owner()

    cli.run("credentials", "new", "--users", "team/users.json")

    assert owner != "root"
    assert passwords.owner() == owner
    assert passwords.read_text()
    assert (cli.folder / "team" / "users.json").owner() == "root"


@needs_openssl
@needs_mosquitto
def test_store_is_written_on_demand_and_at_a_stop_and_is_read_again() -> None:
    team = Team()
    login = team.new_user(Role.ADMIN)
    first, second = topic("status"), topic("telemetry")
    said = payload(Channel.STATUS, state="offline")
    with team:
        with Inbox.open(team.access(login), "test") as inbox:
            inbox.publish([Publish(first, said, qos=1, retain=True)])
        team.signal(signal.SIGUSR1)
        eventually(lambda: team.store.exists() and first.encode() in team.store.read_bytes())
        with Inbox.open(team.access(login), "test") as inbox:
            inbox.publish([Publish(second, said, qos=1, retain=True)])
        assert team.stop() == 0
        assert second.encode() in team.store.read_bytes()
        if os.geteuid() == 0:
            assert team.store.owner() == "mosquitto"

        team.start()

        with Inbox.open(team.access(login), "test") as inbox:
            replay = [one for one in inbox.replay([f"{topic('')}#"]) if one.retained]
    assert {one.topic for one in replay} == {first, second}


@needs_openssl
@needs_mosquitto
def test_user_comes_and_goes_with_a_sighup(tmp_path: Path) -> None:
    """A stolen PC is put out while the others race on."""
    command = ("monitor", "--session", "spa24", "--reconnect-delay-max", "1")
    with Team() as team:
        login = team.new_user(Role.MONITOR, "spa24")
        team.signal(signal.SIGHUP)
        with Pitboard(
            tmp_path, *command, "--broker", team.url, **login_variables(login)
        ) as monitor:
            monitor.err.line("Connected to")

            team.remove_user(login)
            team.signal(signal.SIGHUP)

            monitor.err.line("does not accept this user")
