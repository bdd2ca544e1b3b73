"""`pitboard credentials`, and the brokers that let nobody else in."""

import getpass
import shutil
import stat
import tomllib
from pathlib import Path

import pytest

from pitboard import credentials
from pitboard.broker.users import Role, Users, encode, new_user
from tests.broker.conformance.line import Line, Refused
from tests.brokers import Mosquitto, free_port
from tests.cli.running import Cli, Pitboard
from tests.system.nats import Cluster, missing_nats
from tests.system.processes import Restartable


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

    for name in (
        *("users.json", "users.mosquitto-passwords", "users.mosquitto-acl"),
        "users.nats.conf",
    ):
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
    for name in ("users.mosquitto-passwords", "users.nats.conf"):
        assert "wall" not in (cli.folder / name).read_text()


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


@pytest.mark.parametrize("name", ["pit.a", "pit", "pit.json.bak"])
@pytest.mark.parametrize("command", [["new", "bridge"], ["remove", "wall"]])
def test_file_whose_neighbours_could_be_anothers_is_refused(
    cli: Cli, command: list[str], name: str
) -> None:
    """`pit.a` and `pit.b` would both write `pit.mosquitto-passwords`."""
    assert "ends in .json" in cli.refused("credentials", *command, "--users", name)
    assert list(cli.folder.glob("pit*")) == []


def test_two_files_of_users_share_nothing(cli: Cli) -> None:
    for name in ("a", "b"):
        cli.run("credentials", "new", "bridge", "--name", name, "--users", f"pit.{name}.json")

    for name in ("a", "b"):
        passwords = (cli.folder / f"pit.{name}.mosquitto-passwords").read_text()
        assert [line.split(":")[0] for line in passwords.splitlines()] == [name]


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


def test_user_who_is_taken_away_stays_outside_after_a_restart(tmp_path: Path) -> None:
    users = tmp_path / "users.json"
    ada, password = credentials.new(users, Role.MONITOR, session_id="spa24", name="ada")
    login = (ada.name, password)

    with Restartable(tmp_path, "broker", "--users", str(users)) as broker:
        with Line(broker, login=login):
            credentials.remove(users, ada.name)
        broker.kill()
        broker.start()

        with pytest.raises(Refused):
            Line(broker, login=login)


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


def test_nats_takes_the_same_users_and_puts_out_who_is_taken_away(tmp_path: Path) -> None:
    if reason := missing_nats():
        pytest.skip(reason)
    users = tmp_path / "users.json"
    login = ("ada", credentials.new(users, Role.MONITOR, session_id="spa24", name="ada")[1])
    file = users.with_suffix(credentials.NATS_SUFFIX)
    with Cluster(tmp_path, 1, file.read_text(), login) as broker:
        (node,) = broker.nodes
        with Line(broker, login=login) as ada:
            assert ada.subscribe(("pitboard/v1/spa24/#", 0), ("pitboard/v1/#", 0)) == [0, 0x80]

            credentials.remove(users, "ada")
            node.use_users(file.read_text())

            ada.until_cut()
        # Nobody is left, and that is not everybody.
        for nobody in (login, None):
            with pytest.raises(Refused):
                Line(broker, login=nobody)


def test_user_from_before_nats_stays_outside_and_is_named(tmp_path: Path) -> None:
    users = tmp_path / "users.json"
    old = new_user(Role.BRIDGE, "secret", name="wall")
    users.write_bytes(encode(Users(users=(old,))))

    credentials.new(users, Role.BRIDGE, session_id=None, name="other")

    text = users.with_suffix(credentials.NATS_SUFFIX).read_text()
    assert "# wall has no password for NATS" in text
    assert 'user: "wall"' not in text
    assert 'user: "other"' in text
