"""`pitboard.toml` and `PITBOARD_*`: defaults for every flag, checked key by key.

A key at the top is for every command that has a flag of that name; a key in a table named after a
command is for that one. Flags come before `PITBOARD_<FLAG>`, which comes before the file.
"""

import difflib
import math
import os
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from platformdirs import user_config_path
from typer.core import TyperCommand, TyperGroup, TyperOption

from pitboard.contract.errors import SettingsError

FILE_NAME = "pitboard.toml"
MAX_BYTES = 64 * 1024

USAGE_ERROR = 2
"""The exit code when a person must change what he typed or wrote."""

# Secrets are read from the environment or from the credentials file only.
_SECRETS = frozenset({"password", "username", "token"})

# A settings file cannot name another one.
_CONFIG = "config"

Command = TyperCommand | TyperGroup


def find_file(given: Path | None) -> Path | None:
    """The settings file: the one given, else one here, else the user's."""
    if given is not None:
        return given
    for path in (Path(FILE_NAME), user_config_path("pitboard") / FILE_NAME):
        try:
            if path.is_file():
                return path
        except OSError:
            continue
    return None


def read_toml(path: Path, flag: str = "") -> dict[str, Any]:
    """The document in a small file that a person wrote; *flag* named the file.

    Raises:
        SettingsError: It cannot be read, is too large, or is not TOML; then with the line.
    """
    where = f"{flag} {path}".lstrip()
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise SettingsError(f"{where}: cannot be read: {reason}") from None
    if len(data) > MAX_BYTES:
        raise SettingsError(f"{where}: larger than {MAX_BYTES // 1024} KiB")
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        raise SettingsError(f"{where}: not UTF-8 text (at line {line})") from None
    except (ValueError, RecursionError) as exc:
        # Besides its own error tomllib lets those through that a huge number or nesting causes.
        raise SettingsError(f"{where}: not TOML: {exc}") from None


def defaults(document: Mapping[str, Any], path: Path, group: TyperGroup) -> dict[str, Any]:
    """The `default_map` of *group*: defaults for its flags, and a map for each command in it.

    Raises:
        SettingsError: A key that no command knows, with the nearest one that exists, or a value
            that its flag cannot take.
    """
    return _File(path).defaults(group, document, {}, frozenset({_CONFIG}))


def name_variables(command: Command, outer: frozenset[str] = frozenset()) -> None:
    """Give every flag of *command* and those in it the environment variable `PITBOARD_<FLAG>`."""
    own = _options(command, outer)
    for option in own.values():
        option.envvar = variable(option)
    for inner in _commands(command).values():
        name_variables(inner, outer | own.keys())


def variable(option: TyperOption) -> str:
    """The environment variable of a flag."""
    return f"PITBOARD_{_key(option).upper()}"


def is_given(context: typer.Context, name: str) -> bool:
    """Whether a flag of the command stands on the command line or in the environment."""
    source = context.get_parameter_source(name)
    return source is not None and source.name in ("COMMANDLINE", "ENVIRONMENT")


def usage_error(error: typer.TyperException) -> str:
    """One line that names the flag or the variable, and what it takes."""
    context = getattr(error, "ctx", None)
    option = getattr(error, "param", None)
    if isinstance(error, typer.BadParameter) and isinstance(option, TyperOption) and error.message:
        source = context and context.get_parameter_source(option.name)
        is_variable = source is not None and source.name == "ENVIRONMENT"
        name = variable(option) if is_variable else _flag(option)
        return f"{name}: use {_allowed(option)}"
    text = error.format_message().rstrip(".")
    if context is None:
        return text
    return f"{text}{'' if text.endswith('?') else '.'} See `{context.command_path} --help`."


def credentials(path: Path | None) -> tuple[str, str] | None:
    """User and password from the environment, else from *path* (keys `username`, `password`)."""
    username, password = os.environ.get("PITBOARD_USERNAME"), os.environ.get("PITBOARD_PASSWORD")
    if username is not None or password is not None:
        if not username or password is None:
            raise SettingsError("set both PITBOARD_USERNAME and PITBOARD_PASSWORD")
        return username, password
    if path is None:
        return None
    document = read_toml(path, "--credentials")
    username, password = document.get("username"), document.get("password")
    is_whole = isinstance(username, str) and isinstance(password, str) and len(document) == 2
    if not is_whole or not username:
        raise SettingsError(
            f'--credentials {path}: write username = "..." and password = "...", nothing else'
        )
    return str(username), str(password)


@dataclass(frozen=True, slots=True)
class _Setting:
    """A value of the file, and in which table it stands."""

    value: object
    table: str


@dataclass(frozen=True, slots=True)
class _File:
    path: Path

    def defaults(
        self,
        command: Command,
        table: Mapping[str, Any],
        around: Mapping[str, _Setting],
        outer: frozenset[str],
        name: str = "",
    ) -> dict[str, Any]:
        """The map of *command*, whose *table* is called *name*.

        *around* is what the tables around it say; *outer* flags belong to a group around it.
        """
        own = _options(command, outer)
        inner = _commands(command)
        known = set(_known(command, outer))
        settings = dict(around)
        tables = {}
        for key, value in table.items():
            if isinstance(value, dict):
                if key not in inner:
                    raise self._no_table(f"{name}.{key}".lstrip("."), key, known, inner)
                tables[key] = value
            else:
                self._check_key(key, known, inner, name)
                settings[_normal(key)] = _Setting(value, name)
        result: dict[str, Any] = {
            str(option.name): self._value(key, settings[key], option)
            for key, option in own.items()
            if key in settings
        }
        for word, one in inner.items():
            whole = f"{name}.{word}".lstrip(".")
            taken = outer | own.keys()
            result[word] = self.defaults(one, tables.get(word, {}), settings, taken, whole)
        return result

    def _check_key(
        self, key: str, known: Collection[str], inner: Collection[str], table: str
    ) -> None:
        word = _normal(key)
        if word in _SECRETS:
            raise SettingsError(
                f"{self.path}: no secrets here ({key}): set PITBOARD_USERNAME and "
                "PITBOARD_PASSWORD, or use a credentials file"
            )
        if word in known:
            return
        if key in inner:
            raise SettingsError(f"{self.path}: {key!r} is a command: write a table [{key}]")
        raise self._error(f"unknown key {key!r}{_in(table)}", word, known)

    def _no_table(
        self, name: str, key: str, known: Collection[str], inner: Collection[str]
    ) -> SettingsError:
        if _normal(key) in known:
            return SettingsError(f"{self.path}: {key!r} takes a value, it is no table")
        return self._error(f"unknown table [{name}]", key, inner)

    def _value(self, key: str, setting: _Setting, option: TyperOption) -> object:
        value = setting.value
        if option.multiple and isinstance(value, str):
            # One value for a flag that may be repeated.
            value = [value]
        if not _is_allowed(option, value):
            text = f"{self.path}: {_dashed(key)}{_in(setting.table)}: use {_allowed(option)}"
            raise SettingsError(text)
        return value

    def _error(self, what: str, name: str, known: Collection[str]) -> SettingsError:
        nearest = difflib.get_close_matches(name, list(known), n=1)
        hint = f", did you mean {_dashed(nearest[0])!r}?" if nearest else ""
        return SettingsError(f"{self.path}: {what}{hint}")


def _options(command: Command, outer: Collection[str]) -> dict[str, TyperOption]:
    """The flags of *command* by key, without those that a group around it has too."""
    options = [param for param in command.params if isinstance(param, TyperOption)]
    return {_key(option): option for option in options if _key(option) not in outer}


def _commands(command: Command) -> dict[str, Command]:
    """What stands in a group."""
    inner = command.commands if isinstance(command, TyperGroup) else {}
    return {n: one for n, one in inner.items() if isinstance(one, TyperCommand | TyperGroup)}


def _known(command: Command, outer: frozenset[str]) -> Iterator[str]:
    """The keys of all flags of *command* and of those in it."""
    own = _options(command, outer)
    yield from own
    for inner in _commands(command).values():
        yield from _known(inner, outer | own.keys())


def _flag(option: TyperOption) -> str:
    return next(text for text in option.opts if text.startswith("--"))


def _key(option: TyperOption) -> str:
    return _normal(_flag(option)[2:])


def _normal(key: str) -> str:
    return key.replace("-", "_")


def _dashed(key: str) -> str:
    return key.replace("_", "-")


def _in(table: str) -> str:
    return f" in [{table}]" if table else ""


def _allowed(option: TyperOption) -> str:
    """What a flag takes, in words."""
    kind = option.type_descriptor.annotation
    if kind is bool:
        return "true or false"
    if kind in (int, float):
        limits = "" if option.min is None else f" from {option.min:g} to {option.max:g}"
        return f"a {'whole ' if kind is int else ''}number{limits}"
    return "text or a list of texts" if option.multiple else "text"


def _is_allowed(option: TyperOption, value: object) -> bool:
    kind = option.type_descriptor.annotation
    if kind is bool or isinstance(value, bool):
        return kind is bool and isinstance(value, bool)
    if kind in (int, float):
        is_number = isinstance(value, int) or (kind is float and isinstance(value, float))
        return is_number and _is_within(option, value)
    if option.multiple:
        return isinstance(value, list) and all(map(_is_text, value))
    return _is_text(value)


def _is_within(option: TyperOption, value: Any) -> bool:
    low = -math.inf if option.min is None else option.min
    high = math.inf if option.max is None else option.max
    return bool(low <= value <= high)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value
