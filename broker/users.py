"""Who may use a broker and for what: names, hashed passwords, roles.

One file holds them for the embedded broker; `mosquitto_files` gives the same for mosquitto, and
`nats_file` for NATS.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec
from msgspec import Struct, structs

from pitboard.broker import bcrypt
from pitboard.contract.errors import SettingsError
from pitboard.contract.topics import is_id, session_filter

PASSWORD_BYTES = 32

# mosquitto's own form, so that one hash serves both. Few rounds do: the passwords are random, and
# no list of likely ones can be tried.
_ROUNDS = 101
_SALT_BYTES = 12
_DIGEST_BYTES = 64
_FORM = re.compile(r"\$7\$(\d{1,6})\$([A-Za-z0-9+/=]{1,64})\$([A-Za-z0-9+/=]{1,128})")

EVERYTHING = "pitboard/v1/#"


class Role(StrEnum):
    """What a user is for."""

    MONITOR = "monitor"
    """Publishes and reads one session."""
    BRIDGE = "bridge"
    """Reads every session."""
    ADMIN = "admin"
    """Reads and clears every session."""


class User(Struct, frozen=True, kw_only=True):
    """One user.

    Attributes:
        password: Hashed.
        nats_password: The same password as NATS wants it hashed; without it NATS keeps him out.
        session_id: That of a monitor.
    """

    name: str
    role: Role
    password: str
    nats_password: str | None = None
    session_id: str | None = None

    @property
    def write_filter(self) -> str | None:
        """The topics that the user may publish to."""
        if self.role is Role.MONITOR:
            return session_filter(self.session_id or "")
        return EVERYTHING if self.role is Role.ADMIN else None

    @property
    def read_filter(self) -> str:
        """The topics that the user may subscribe to."""
        return session_filter(self.session_id or "") if self.role is Role.MONITOR else EVERYTHING


class Users(Struct, frozen=True, kw_only=True):
    """All users of a broker."""

    users: tuple[User, ...] = ()

    def find(self, name: str | None, password: bytes | None) -> User | None:
        """The user with this name and password."""
        user = next((user for user in self.users if user.name == name), None)
        # An unknown name takes as long as a wrong password, and tells nothing.
        stored = user.password if user else _NOBODY
        is_right = _matches(stored, password or b"")
        return user if is_right and user else None


def new_password() -> str:
    """256 random bits as text."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


def new_user(role: Role, password: str, *, name: str, session_id: str | None = None) -> User:
    """A user with *password* hashed. Raises `SettingsError`."""
    if not is_id(name):
        raise SettingsError(
            f"--name {name[:80]!r}: use lower-case letters, digits, - and _, at most 64, "
            "beginning with a letter or a digit"
        )
    if (role is Role.MONITOR) != (session_id is not None):
        raise SettingsError("--session: a monitor needs one, nobody else may have one")
    return User(name=name, role=role, password=hashed(password), session_id=session_id)


def with_nats(user: User, password: str) -> User:
    """The user, with *password*, which must be his, hashed for NATS too; takes 0.2 s."""
    return structs.replace(user, nats_password=bcrypt.hashed(password))


def hashed(password: str) -> str:
    """*password* in mosquitto's form, with a salt of its own."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return f"$7${_ROUNDS}${_text(salt)}${_text(_digest(password.encode(), salt, _ROUNDS))}"


def decode(data: bytes) -> Users:
    """The users in a file. Raises `SettingsError` with what is wrong in it."""
    try:
        found = msgspec.json.decode(data, type=Users)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise SettingsError(f"not a file of users: {error}") from None
    names = [user.name for user in found.users]
    for user in found.users:
        is_monitor = user.role is Role.MONITOR
        fits = is_id(user.session_id or "") if is_monitor else user.session_id is None
        if not is_id(user.name) or not fits:
            raise SettingsError(f"not a user, take it out: {user.name[:80]!r}")
        nats = user.nats_password
        if _parsed(user.password) is None or (nats is not None and not bcrypt.FORM.fullmatch(nats)):
            raise SettingsError(
                f"user {user.name} has a damaged password: delete his entry and make him anew"
            )
        if names.count(user.name) > 1:
            raise SettingsError(f"user {user.name} stands there twice: remove one")
    return found


def encode(users: Users) -> bytes:
    """The users as a file that people may read."""
    return msgspec.json.format(msgspec.json.encode(users), indent=2) + b"\n"


def mosquitto_files(users: Iterable[User]) -> tuple[str, str]:
    """The same users as mosquitto's `password_file` and `acl_file`."""
    passwords = []
    rules = ["# Who is not named here may do nothing.\n"]
    for user in users:
        passwords.append(f"{user.name}:{user.password}\n")
        access = "readwrite" if user.write_filter else "read"
        rules.append(f"\nuser {user.name}\ntopic {access} {user.read_filter}\n")
    return "".join(passwords), "".join(rules)


def nats_file(users: Iterable[User]) -> str:
    """The same users as a file that NATS includes; it lets nobody else in."""
    lines = ["# Made by `pitboard credentials`. Who is not named here stays outside.\n"]
    lines.append("authorization {\n  users = [\n")
    # A list without a user would let everybody in.
    lines.append(_nats_user("nobody.", _NOBODY_AT_NATS, write=(), read=()))
    for user in users:
        if user.nats_password is None:
            lines.append(f"    # {user.name} has no password for NATS: make him anew\n")
            continue
        write = [_subjects(user.write_filter)[1]] if user.write_filter else []
        # Where NATS sends a client what he subscribed to at QoS 1; nobody else can subscribe there.
        read = [*_subjects(user.read_filter), "$MQTT.sub.>"]
        lines.append(_nats_user(user.name, user.nats_password, write, read))
    return "".join([*lines, "  ]\n}\n"])


def _subjects(topic_filter: str) -> tuple[str, str]:
    """What NATS calls ``a/b/#``, which MQTT lets match ``a/b`` too."""
    stem = topic_filter.removesuffix("/#").replace("/", ".")
    return stem, f"{stem}.>"


def _nats_user(name: str, password: str, write: Sequence[str], read: Sequence[str]) -> str:
    # NATS's own protocol would reach the subjects in which it keeps what it has of everybody.
    return (
        f'    {{ user: "{name}", password: "{password}", allowed_connection_types: ["MQTT"]\n'
        f"      permissions: {{ publish: {_nats_rule(write)}, subscribe: {_nats_rule(read)} }} }}\n"
    )


def _nats_rule(allowed: Sequence[str]) -> str:
    if not allowed:
        return '{ deny: ">" }'
    subjects = ", ".join(f'"{subject}"' for subject in allowed)
    return f"{{ allow: [{subjects}] }}"


def _matches(stored: str, password: bytes) -> bool:
    parsed = _parsed(stored)
    if parsed is None:
        return False
    rounds, salt, expected = parsed
    return hmac.compare_digest(_digest(password, salt, rounds), expected)


def _parsed(stored: str) -> tuple[int, bytes, bytes] | None:
    """Rounds, salt and digest of a hashed password; `None` when it is none."""
    form = _FORM.fullmatch(stored)
    if form is None or int(form[1]) == 0:
        return None
    try:
        salt, digest = (base64.b64decode(part, validate=True) for part in form.group(2, 3))
    except binascii.Error:
        return None
    return (int(form[1]), salt, digest) if len(digest) == _DIGEST_BYTES else None


def _digest(password: bytes, salt: bytes, rounds: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha512", password, salt, rounds)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


_NOBODY = hashed(new_password())
# Of 24 random bytes, which nobody has seen; a hash made anew would change the file each time.
_NOBODY_AT_NATS = "$2a$04$8TE91Id0nJVYHQR/iaKshOO6v62rqfYH8ITKfrSjV/A4czaiBczm."
