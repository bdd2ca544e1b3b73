"""`pitboard.toml`, `PITBOARD_*` and the credentials file."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperCommand, TyperGroup, TyperOption

from pitboard import cli as command_line
from pitboard import config
from pitboard.contract.errors import SettingsError
from tests.cli.running import Cli

Command = TyperCommand | TyperGroup


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("rate = = 1", ("not TOML", "line 1"), id="not TOML"),
        pytest.param("\n[monitor\n", ("not TOML", "line 2"), id="open table"),
        pytest.param("ratee = 5", ("'ratee'", "did you mean 'rate'?"), id="unknown key"),
        pytest.param("xyzzy = 5", ("unknown key 'xyzzy'",), id="nothing near"),
        pytest.param("stat_dir = 'x'", ("'stat_dir'", "'state-dir'"), id="underscore"),
        pytest.param("[monitor]\nport = 1", ("'port' in [monitor]",), id="another command's key"),
        pytest.param("[moniter]", ("[moniter]", "did you mean 'monitor'?"), id="unknown table"),
        pytest.param("[sessions.prun]", ("[sessions.prun]", "'prune'"), id="table in a group"),
        pytest.param("[bridge.port]", ("'port' takes a value",), id="table for a value"),
        pytest.param("bridge = 5", ("[bridge]",), id="value for a table"),
        pytest.param("config = 'x'", ("unknown key 'config'",), id="names itself"),
        pytest.param("help = true", ("unknown key 'help'",), id="help"),
        pytest.param("rate = 'x'", ("rate: use a number from 1 to 60",), id="text as number"),
        pytest.param("rate = true", ("rate: use a number from 1 to 60",), id="bool as number"),
        pytest.param("rate = nan", ("rate: use a number from 1 to 60",), id="NaN"),
        pytest.param("rate = -inf", ("rate: use a number from 1 to 60",), id="inf"),
        pytest.param("port = 70000", ("port: use a whole number from 0 to 65535",), id="port"),
        pytest.param("port = 80.5", ("port: use a whole number from 0 to 65535",), id="float port"),
        pytest.param("[demo]\nseed = '1'", ("seed in [demo]: use a whole number",), id="seed"),
        pytest.param("lan = 1", ("lan: use true or false",), id="number as bool"),
        pytest.param("driver = 7", ("driver: use text",), id="number as text"),
        pytest.param('setup = "a\\u0000"', ("setup: use text",), id="NUL"),
        pytest.param("broker = [1]", ("broker: use text or a list of texts",), id="list"),
        pytest.param("driver = ['a']", ("driver: use text",), id="list as text"),
        pytest.param("password = 'hunter2'", ("PITBOARD_PASSWORD", "credentials"), id="secret"),
        pytest.param("[monitor]\nusername = 'me'", ("no secrets here (username)",), id="user"),
        pytest.param(f"x = {'9' * 5000}", ("not TOML",), id="huge number"),
        pytest.param(f"x = {'[' * 20_000}", ("not TOML",), id="nested"),
        pytest.param("#" * 66_000, ("larger than 64 KiB",), id="large"),
    ],
)
def test_settings_file_is_refused_in_one_line_that_names_it(
    cli: Cli, text: str, parts: tuple[str, ...]
) -> None:
    """A mistake is told by every command, not weeks later by the one that it is about."""
    cli.file(text)

    line = cli.refused("version")

    assert "pitboard.toml: " in line
    assert [part for part in parts if part not in line] == []
    assert "hunter2" not in line


def test_settings_file_that_is_not_text_is_refused_with_the_line(cli: Cli) -> None:
    cli.file("").write_bytes(b"rate = 5\ndriver = '\xe9'\n")

    assert "not UTF-8 text (at line 2)" in cli.refused("version")


def test_settings_file_named_by_a_flag_must_exist(cli: Cli) -> None:
    line = cli.refused("--config", "no.toml", "version")

    assert line == "--config no.toml: cannot be read: No such file or directory"


def test_settings_file_named_by_a_variable_must_exist(cli: Cli) -> None:
    cli.variables.setenv("PITBOARD_CONFIG", "no.toml")

    assert "no.toml: cannot be read" in cli.refused("version")


def test_endless_settings_file_is_not_read_to_its_end(cli: Cli) -> None:
    assert "larger than 64 KiB" in cli.refused("--config", "/dev/zero", "version")


def test_settings_file_in_this_folder_comes_before_the_users(cli: Cli) -> None:
    user = cli.folder / "config" / "pitboard"
    user.mkdir(parents=True)
    (user / "pitboard.toml").write_text("user = 1")

    assert "'user'" in cli.refused("version")

    cli.file("here = 1")
    assert "'here'" in cli.refused("version")


def test_help_is_printed_whatever_the_settings_file_holds(cli: Cli) -> None:
    cli.file("xyzzy = 5")

    assert cli.run("--help").code == 0


class Seen:
    """The values with which commands are called; none of them does anything."""

    def __init__(self) -> None:
        self.group = command_line.command()
        self.values: dict[str, Any] = {}
        for _, command in walk(self.group):
            if command is not self.group:
                command.callback = self._keep

    def call(self, *arguments: str) -> dict[str, Any]:
        self.values = {}
        self.group.main(list(arguments), prog_name="pitboard", standalone_mode=False)
        return self.values

    def _keep(self, **values: Any) -> None:
        self.values |= values


def walk(command: Command, name: str = "") -> Iterator[tuple[str, Command]]:
    yield name, command
    if isinstance(command, TyperGroup):
        for word, inner in command.commands.items():
            assert isinstance(inner, TyperCommand | TyperGroup)
            yield from walk(inner, f"{name} {word}".strip())


ARGUMENTS = {
    "record": ["spa24", "--output", "x"],
    "watch": ["spa24"],
    "sessions remove": ["spa24"],
    "sessions prune": ["--older-than", "1d"],
    "mosquitto init": ["team"],
}
"""What a command asks for, besides the flag that is tried out."""

FLAGS = [
    pytest.param(name, option, id=f"{name} {option.opts[0]}")
    for name, command in walk(command_line.command())
    for option in command.params
    # The flags of `sessions` are passed on to what stands in it.
    if name and isinstance(option, TyperOption) and option.envvar
]


def sample(option: TyperOption) -> tuple[Any, str, Any]:
    """A value as TOML has it, as a variable has it, and as the command gets it."""
    kind = option.type_descriptor.annotation
    if kind is bool:
        value = not option.default
        return value, str(value).lower(), value
    if kind in (int, float):
        number = 1 if "jitter" in option.opts[0] else 7  # a share is at most 1
        return number, str(number), number
    if option.multiple:
        return ["a", "b"], "a b", ["a", "b"]
    return "text", "text", kind("text")


def arguments_without(name: str, option: TyperOption) -> list[str]:
    given = ARGUMENTS.get(name, [])
    return given[: given.index(option.opts[0])] if option.opts[0] in given else given


def test_every_flag_has_a_variable() -> None:
    """Only what a group hands down to the commands in it has none of its own."""
    without = {
        (name, option.name)
        for name, command in walk(command_line.command())
        for option in command.params
        if isinstance(option, TyperOption) and not option.envvar
    }

    from_sessions = {
        (f"sessions {word}", flag)
        for word in ("remove", "prune")
        for flag in ("broker", "credentials", "ca_file")
    }
    assert without == from_sessions | {
        (f"credentials {word}", "users") for word in ("new", "remove")
    }
    assert len(FLAGS) > 30


@pytest.mark.parametrize(("name", "option"), FLAGS)
def test_flag_can_be_set_by_variable_and_file(cli: Cli, name: str, option: TyperOption) -> None:
    seen = Seen()
    in_file, in_variable, wanted = sample(option)
    text = str(in_file).lower() if isinstance(in_file, bool) else repr(in_file)
    key = option.opts[0].removeprefix("--")
    line = [*name.split(), *arguments_without(name, option)]
    other = cli.file(f"[{name.replace(' ', '.')}]\n{key} = {text}", "other.toml")

    cli.variables.setenv(f"PITBOARD_{key.replace('-', '_').upper()}", in_variable)
    assert seen.call(*line)[str(option.name)] == wanted

    cli.variables.delenv(f"PITBOARD_{key.replace('-', '_').upper()}")
    assert seen.call("--config", str(other), *line)[str(option.name)] == wanted

    cli.file(f"{key} = {text}")
    assert seen.call(*line)[str(option.name)] == wanted


def test_flag_comes_before_variable_before_table_before_key_before_default(cli: Cli) -> None:
    seen = Seen()

    rates = [seen.call("monitor")["rate"]]
    cli.file("rate = 3")
    rates.append(seen.call("monitor")["rate"])
    cli.file("rate = 3\n[monitor]\nrate = 4")
    rates.append(seen.call("monitor")["rate"])
    cli.variables.setenv("PITBOARD_RATE", "5")
    rates.append(seen.call("monitor")["rate"])
    rates.append(seen.call("monitor", "--rate", "6")["rate"])

    assert rates == [2, 3, 4, 5, 6]


def test_table_is_for_its_command_alone(cli: Cli) -> None:
    cli.file("port = 9000\n[bridge]\nport = 9001")
    seen = Seen()

    assert seen.call("broker")["port"] == 9000
    assert seen.call("bridge")["port"] == 9001


def test_table_of_a_group_is_for_the_commands_in_it(cli: Cli) -> None:
    cli.file("[sessions]\nbroker = 'mqtt://a'\nolder-than = '1d'\n[sessions.remove]\nforce = true")
    group = command_line.command()
    document = config.read_toml(Path("pitboard.toml"))

    assert config.defaults(document, Path("pitboard.toml"), group)["sessions"] == {
        "broker": ["mqtt://a"],
        "remove": {"force": True},
        "prune": {"older_than": "1d"},
    }


def test_keys_are_written_with_dashes_or_underscores(cli: Cli) -> None:
    seen = Seen()

    cli.file("http-port = 9000\nmqtt_port = 9001")

    values = seen.call("up")
    assert (values["http_port"], values["mqtt_port"]) == (9000, 9001)


def test_single_text_is_enough_for_a_flag_that_may_be_repeated(cli: Cli) -> None:
    cli.file("broker = 'mqtt://a'")

    assert Seen().call("monitor")["broker"] == ["mqtt://a"]


def test_empty_variable_counts_as_none(cli: Cli) -> None:
    """Compose files set variables to nothing."""
    cli.variables.setenv("PITBOARD_RATE", "")

    assert Seen().call("monitor")["rate"] == 2


@pytest.mark.parametrize(
    ("variable", "value", "command", "allowed"),
    [
        ("PITBOARD_PORT", "abc", "bridge", "a whole number from 0 to 65535"),
        ("PITBOARD_RATE", "nan", "monitor", "a number from 1 to 60"),
        ("PITBOARD_LAN", "maybe", "up", "true or false"),
    ],
)
def test_variable_is_named_when_its_value_cannot_be_used(
    cli: Cli, variable: str, value: str, command: str, allowed: str
) -> None:
    cli.variables.setenv(variable, value)

    assert cli.refused(command) == f"{variable}: use {allowed}"


@pytest.mark.parametrize("start", ["\ufeff", ""], ids=["BOM", "no BOM"])
def test_file_of_a_windows_editor_is_read(cli: Cli, start: str) -> None:
    cli.file("").write_bytes(f"{start}rate = 3\r\n[monitor]\r\nspeed = 4\r\n".encode())

    values = Seen().call("monitor")

    assert (values["rate"], values["speed"]) == (3, 4)


def test_switch_can_be_turned_on_everywhere_and_back_off(cli: Cli) -> None:
    cli.file("in-control = false")
    seen = Seen()

    assert seen.call("monitor")["in_control"] is False
    assert seen.call("monitor", "--in-control")["in_control"] is True

    cli.variables.setenv("PITBOARD_IN_CONTROL", "true")
    assert seen.call("monitor", "--no-in-control")["in_control"] is False


def test_settings_file_can_ask_for_details(cli: Cli) -> None:
    levels = []
    seen = Seen()
    seen.group.commands["version"].callback = lambda: levels.append(
        logging.getLogger("pitboard").level
    )
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        cli.file("verbose = true")
        seen.call("version")
        cli.variables.setenv("PITBOARD_VERBOSE", "0")
        seen.call("version")
    finally:
        root.handlers[:], root.level = before
        logging.getLogger("pitboard").setLevel(logging.NOTSET)

    assert levels == [logging.DEBUG, logging.INFO]


def test_credentials_come_from_the_file(cli: Cli) -> None:
    path = cli.file('\ufeffusername = "me"\r\npassword = "hunter2"\r\n', "c.toml")

    assert config.credentials(path) == ("me", "hunter2")


def test_credentials_of_the_environment_come_first(cli: Cli) -> None:
    path = cli.file('username = "me"\npassword = "hunter2"', "c.toml")
    cli.variables.setenv("PITBOARD_USERNAME", "you")
    cli.variables.setenv("PITBOARD_PASSWORD", "")

    assert config.credentials(path) == ("you", "")


@pytest.mark.parametrize("name", ["PITBOARD_USERNAME", "PITBOARD_PASSWORD"])
def test_half_a_login_is_refused(cli: Cli, name: str) -> None:
    cli.variables.setenv(name, "hunter2")

    line = cli.refused("monitor")

    assert line == "set both PITBOARD_USERNAME and PITBOARD_PASSWORD"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('username = "me"', id="no password"),
        pytest.param('username = ""\npassword = "hunter2"', id="no user"),
        pytest.param('username = "me"\npassword = 5', id="number"),
        pytest.param('username = "me"\npassword = "hunter2"\nhost = "x"', id="more"),
    ],
)
def test_credentials_file_holds_user_and_password_alone(cli: Cli, text: str) -> None:
    path = cli.file(text, "c.toml")

    with pytest.raises(SettingsError, match=r'c\.toml: write username = "\.\.\." and') as caught:
        config.credentials(path)

    assert "hunter2" not in str(caught.value)


def test_credentials_file_that_is_not_toml_is_not_quoted(cli: Cli) -> None:
    path = cli.file("username = me\npassword = hunter2", "c.toml")

    line = cli.refused("monitor", "--credentials", str(path))

    assert "--credentials" in line
    assert "line 1" in line
    assert "hunter2" not in line
