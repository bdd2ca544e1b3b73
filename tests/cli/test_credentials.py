"""`pitboard credentials`, and the brokers that let nobody else in."""

import getpass
import shutil
import stat
import tomllib
from pathlib import Path

import pytest

from pitboard import credentials
from pitboard.broker.users import Role
from tests.brokers import Mosquitto, free_port
from tests.cli.running import Cli, Pitboard


def test_new_user_is_printed_once_and_kept_hashed(cli: Cli) -> None:
    code, out, err = cli.run("credentials", "new", "--session", "spa24", "--users", "users.json")

    made = tomllib.loads(out)
    assert code == 0
    assert made.keys() == {"username", "password"}
    assert "session spa24" in err
    path = cli.folder / "users.json"
    for file in cli.folder.glob("users.*"):
        assert made["password"] not in file.read_text()
    user = credentials.load(path).find(made["username"], made["password"].encode())
    assert user is not None
    assert (user.role, user.session_id) == (Role.MONITOR, "spa24")


def test_files_are_for_their_owner_alone(cli: Cli) -> None:
    cli.run("credentials", "new", "--users", "users.json")

    for name in ("users.json", "users.mosquitto-passwords", "users.mosquitto-acl"):
        assert stat.S_IMODE((cli.folder / name).stat().st_mode) == 0o600


def test_users_are_listed_and_taken_away(cli: Cli) -> None:
    cli.run("credentials", "new", "bridge", "--name", "wall", "--users", "users.json")
    cli.run("credentials", "new", "--name", "ada", "--session", "spa24", "--users", "users.json")
    listed = cli.run("credentials", "--users", "users.json").out
    assert [line.split() for line in listed.splitlines()[1:]] == [
        ["wall", "bridge", "all"],
        ["ada", "monitor", "spa24"],
    ]

    assert cli.run("credentials", "remove", "wall", "--users", "users.json").code == 0

    assert "wall" not in cli.run("credentials", "--users", "users.json").out
    assert "wall" not in (cli.folder / "users.mosquitto-passwords").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["new", "king"], "monitor, bridge, admin"),
        (["new", "--session", "Spa 24"], "--session"),
        (["new", "--name", "Ada B"], "--name"),
        (["new", "bridge", "--session", "spa24"], "--session"),
        (["remove", "nobody"], "no such file"),
        ([], "no such file"),
    ],
)
def test_mistake_is_one_line(cli: Cli, arguments: list[str], said: str) -> None:
    assert said in cli.refused("credentials", *arguments, "--users", "users.json")


def test_name_that_is_taken_is_refused(cli: Cli) -> None:
    cli.run("credentials", "new", "--name", "ada", "--users", "users.json")

    assert "ada" in cli.refused("credentials", "new", "--name", "ada", "--users", "users.json")


def test_damaged_file_is_refused_and_not_overwritten(cli: Cli) -> None:
    path = cli.file("{", "users.json")

    assert "users.json" in cli.refused("credentials", "new", "--users", "users.json")
    assert path.read_text() == "{"


def test_up_with_users_lets_its_monitors_in_and_serves_their_sessions(tmp_path: Path) -> None:
    users = tmp_path / "users.json"
    ada, password = credentials.new(users, Role.MONITOR, session_id="spa24", name="ada")
    eve, other = credentials.new(users, Role.MONITOR, session_id="monza-7", name="eve")
    port = str(free_port())
    up = Pitboard(tmp_path, "up", "--http-port", "0", "--mqtt-port", port, "--users", str(users))
    command = ("monitor", "--broker", f"mqtt://127.0.0.1:{port}", "--session", "spa24")

    with up:
        up.out.line("broker")
        with Pitboard(
            tmp_path, *command, PITBOARD_USERNAME=eve.name, PITBOARD_PASSWORD=other
        ) as wrong:
            wrong.err.line("does not accept this user")
        with Pitboard(
            tmp_path, *command, PITBOARD_USERNAME=ada.name, PITBOARD_PASSWORD=password
        ) as right:
            right.err.line("Connected to")
            assert "spa24" in up.out.line("session")
            assert right.interrupt() == 130
        assert up.interrupt() == 130


@pytest.mark.skipif(shutil.which("mosquitto_passwd") is None, reason="mosquitto is not installed")
def test_mosquitto_takes_the_same_users(tmp_path: Path) -> None:
    users = tmp_path / "users.json"
    ada, password = credentials.new(users, Role.MONITOR, session_id="spa24", name="ada")
    credentials.new(users, Role.BRIDGE, session_id=None, name="wall")
    settings = (
        f"user {getpass.getuser()}\nallow_anonymous false\n"
        f"password_file {users.with_suffix('.mosquitto-passwords')}\n"
        f"acl_file {users.with_suffix('.mosquitto-acl')}\n"
    )
    with Mosquitto(settings=settings) as broker:
        command = ("monitor", "--broker", broker.url, "--session", "spa24")
        with Pitboard(
            tmp_path, *command, PITBOARD_USERNAME=ada.name, PITBOARD_PASSWORD=password
        ) as right:
            right.err.line("Connected to")
            assert right.interrupt() == 130
        with Pitboard(
            tmp_path, *command, PITBOARD_USERNAME=ada.name, PITBOARD_PASSWORD="wrong"
        ) as wrong:
            wrong.err.line("does not accept this user")
