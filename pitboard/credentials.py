"""`pitboard credentials`: make, list and take away the users of a broker.

One file belongs to the embedded broker; beside it two are the same for mosquitto, one for NATS,
with its name in place of `.json`.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_config_path
from rich.console import Console
from rich.table import Table

from pitboard.broker import users as files
from pitboard.broker.users import Role, User, Users
from pitboard.contract.errors import SettingsError
from pitboard.contract.topics import new_id

FILE_NAME = "users.json"
SUFFIX = ".json"
PASSWORDS_SUFFIX = ".mosquitto-passwords"
ACL_SUFFIX = ".mosquitto-acl"
NATS_SUFFIX = ".nats.conf"

LOCK_WITHIN_S = 5.0


def default_path() -> Path:
    """The file that commands use unless told otherwise."""
    return user_config_path("pitboard") / FILE_NAME


def load(path: Path) -> Users:
    """The users in *path*. Raises `SettingsError`."""
    try:
        return files.decode(path.read_bytes())
    except FileNotFoundError:
        raise SettingsError(
            f"--users {path}: no such file; make it with `pitboard credentials new`"
        ) from None
    except OSError as exc:
        raise SettingsError(f"--users {path}: cannot be read: {exc.strerror or exc}") from None
    except SettingsError as exc:
        raise SettingsError(f"--users {path}: {exc}") from None


def role(word: str) -> Role:
    """What a person called a role. Raises `SettingsError`."""
    try:
        return Role(word)
    except ValueError:
        raise SettingsError(f"ROLE {word[:80]!r}: use {', '.join(Role)}") from None


def new(path: Path, role: Role, *, session_id: str | None, name: str | None) -> tuple[User, str]:
    """Make a user and save all files; the user and his password, which nobody can see again.

    A monitor without a session gets a new one. Raises `SettingsError`.
    """
    if role is Role.MONITOR and session_id is None:
        session_id = new_id()
    password = files.new_password()
    with _locked(path):
        known = load(path).users if path.exists() else ()
        name = name or f"{role}-{new_id()[:6]}"
        if any(user.name == name for user in known):
            raise SettingsError(f"--name {name}: there is one already")
        user = files.new_user(role, password, name=name, session_id=session_id)
        user = files.with_nats(user, password)
        _save(path, (*known, user))
    return user, password


def remove(path: Path, name: str) -> None:
    """Take a user away. Raises `SettingsError` when there is none of that name."""
    with _locked(path):
        known = load(path).users
        left = tuple(user for user in known if user.name != name)
        if len(left) == len(known):
            raise SettingsError(f"{name[:80]!r} is not in {path}")
        _save(path, left)


def list_users(path: Path, console: Console) -> None:
    """Print who may do what. Raises `SettingsError`."""
    table = Table(box=None, pad_edge=False)
    for heading in ("NAME", "ROLE", "SESSION"):
        table.add_column(heading)
    for user in load(path).users:
        table.add_row(user.name, str(user.role), user.session_id or "all")
    console.print(table)


def as_toml(user: User, password: str) -> str:
    """What the user's own `--credentials` file holds."""
    return f'username = "{user.name}"\npassword = "{password}"\n'


def _save(path: Path, users: Sequence[User]) -> None:
    passwords, rules = files.mosquitto_files(users)
    _write(path.with_suffix(PASSWORDS_SUFFIX), passwords.encode())
    _write(path.with_suffix(ACL_SUFFIX), rules.encode())
    _write(path.with_suffix(NATS_SUFFIX), files.nats_file(users).encode())
    _write(path, files.encode(Users(users=tuple(users))))


def _write(path: Path, data: bytes) -> None:
    """Replace the file as a whole; only its owner may read it, and it keeps its owner."""
    temporary = path.with_name(f"{path.name}.new")
    try:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            _keep_owner(path, descriptor)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as exc:
        raise SettingsError(f"--users {path}: cannot be written: {exc.strerror or exc}") from None


def _keep_owner(path: Path, descriptor: int) -> None:
    """Root writes for the mosquitto that reads *path*, and only an owner may read."""
    with contextlib.suppress(OSError):
        was = path.stat()
        if os.fstat(descriptor).st_uid != was.st_uid:
            os.fchown(descriptor, was.st_uid, was.st_gid)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Alone with the files, so that two who add a user both succeed."""
    # `pit.a` and `pit.b` would share what is made for the other brokers.
    if path.suffix != SUFFIX:
        raise SettingsError(f"--users {path}: choose a name that ends in {SUFFIX}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock", timeout=LOCK_WITHIN_S):
            yield
    except (OSError, Timeout) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise SettingsError(f"--users {path}: cannot be locked: {reason}") from None
