"""`pitboard mosquitto init`: a folder with which mosquitto serves a team.

Settings, users, certificates and the store stand in it. What is there is kept, whatever it holds.
"""

import contextlib
import os
import shlex
import socket
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pitboard import certificates, credentials, mosquitto_conf
from pitboard.broker import users as files
from pitboard.broker.users import Users
from pitboard.certificates import Forge
from pitboard.contract.errors import SettingsError

CONF = "mosquitto.conf"
CA, CA_KEY = "ca.crt", "ca.key"
CERT, KEY = "server.crt", "server.key"
STORE = "store"

_SUFFIXES = (credentials.PASSWORDS_SUFFIX, credentials.ACL_SUFFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a team wants.

    Attributes:
        folder: Where everything goes.
        users: The file of `pitboard credentials`.
        hosts: The names that drivers' PCs call the broker by, for its certificate.
        port: Of the listener on loopback.
        tls_port: Of the one for everybody else.
        pair: A certificate of the team's own and its key, in place of made ones.
    """

    folder: Path
    users: Path
    hosts: Sequence[str] = ()
    port: int = 1883
    tls_port: int = 8883
    pair: tuple[Path, Path] | None = None


def plan(
    folder: Path,
    *,
    users: Path | None,
    hosts: Sequence[str],
    ports: tuple[int, int],
    cert: Path | None,
    key: Path | None,
) -> Plan:
    """What the flags say. Raises `SettingsError`."""
    if (cert is None) != (key is None):
        raise SettingsError("--cert and --key go together: name both")
    if 0 in ports or ports[0] == ports[1]:
        raise SettingsError("--mqtt-port and --mqtts-port: name two ports from 1 to 65535")
    folder = folder.absolute()
    return Plan(
        folder=folder,
        users=(users or folder / credentials.FILE_NAME).absolute(),
        hosts=hosts,
        port=ports[0],
        tls_port=ports[1],
        pair=(cert.absolute(), key.absolute()) if cert and key else None,
    )


def init(plan: Plan) -> list[str]:
    """Make what is missing; the lines that say what was made and what to run next.

    Raises `SettingsError`.
    """
    if not str(plan.folder).isprintable():
        raise SettingsError(f"DIR {plan.folder}: choose a name that can be typed")
    try:
        return _Kit(plan).make()
    except OSError as exc:
        raise SettingsError(f"{exc.filename or plan.folder}: {exc.strerror or exc}") from None


class _Kit:
    """The folder of one team while it is made."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._names = certificates.subject_names(plan.hosts)
        self._server = _server()
        self._passwords, self._acl = map(plan.users.with_suffix, _SUFFIXES)
        self._made: list[str] = []
        self._kept: list[str] = []
        self._notes: list[str] = []

    def make(self) -> list[str]:
        """Everything in it; the lines for the person."""
        plan, folder = self._plan, self._plan.folder
        if plan.pair is not None:
            self._check_pair(*plan.pair)
        if not folder.is_dir():
            folder.mkdir(parents=True)
            if self._server is not None:
                folder.chmod(0o755)
        self._check_reach(folder)
        self._check_reach(plan.users.parent)
        pair = plan.pair or self._made_pair()
        self._make_users()
        store = folder / STORE
        store.mkdir(mode=0o700, exist_ok=True)
        self._give(store, self._passwords, self._acl)
        settings = self._settings(pair)
        self._create(folder / CONF, settings.encode, 0o644)
        if (folder / CONF).read_text() != settings:
            self._notes.append(f"{CONF} is not what these flags ask for: remove it to have that")
        return self._report(is_encrypted=pair is not None)

    def _check_pair(self, cert: Path, key: Path) -> None:
        certificates.check_pair(cert, key)
        for path in (cert, key):
            self._check_reach(path.parent)
            if self._server is not None and not self._server.may(path, 0o4):
                raise SettingsError(f"{path}: the user {self._server.name} may not read it")

    def _check_reach(self, folder: Path) -> None:
        server = self._server
        for path in [*reversed(folder.parents), folder]:
            if server is not None and not server.may(path, 0o1):
                raise SettingsError(
                    f"{folder}: mosquitto becomes the user {server.name}, who may not enter "
                    f"{path}: choose another folder, such as /etc/pitboard"
                )

    def _made_pair(self) -> tuple[Path, Path] | None:
        """The certificate that pitboard makes and its key; `None` without openssl."""
        ca, ca_key, cert, key = (self._plan.folder / name for name in (CA, CA_KEY, CERT, KEY))
        if cert.exists():
            self._kept += [CERT, KEY]
            return cert, key
        if not certificates.has_openssl():
            return None
        if ca.exists() and not ca_key.exists():
            raise SettingsError(f"{ca_key}: missing; put it back to sign {cert}, or remove {ca}")
        with tempfile.TemporaryDirectory(dir=self._plan.folder, prefix=".new-") as work:
            forge = Forge(Path(work), self._names)
            self._create(ca_key, forge.key, 0o600)
            self._create(ca, lambda: forge.authority(ca_key), 0o644)
            self._create(key, forge.key, 0o600)
            self._create(cert, lambda: forge.certificate(key, ca, ca_key), 0o644)
        self._give(key)
        self._notes.append(f"each driver needs {CA}; {CA_KEY} signs brokers, keep it to yourself")
        return cert, key

    def _make_users(self) -> None:
        users = self._plan.users
        known = credentials.load(users) if users.exists() else Users()
        passwords, rules = files.mosquitto_files(known.users)
        self._create(self._passwords, passwords.encode, 0o600)
        self._create(self._acl, rules.encode, 0o600)
        self._create(users, lambda: files.encode(known), 0o600)

    def _settings(self, pair: tuple[Path, Path] | None) -> str:
        plan = self._plan
        return mosquitto_conf.settings(
            plan.folder / CONF,
            user=self._server.name if self._server else None,
            port=plan.port,
            tls=(plan.tls_port, *pair) if pair else None,
            passwords=self._passwords,
            acl=self._acl,
            store=plan.folder / STORE,
        )

    def _create(self, path: Path, make: Callable[[], bytes], mode: int) -> None:
        """Write a file that is not there."""
        if path.exists():
            self._kept.append(path.name)
            return
        data = make()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        path.chmod(mode)
        self._made.append(path.name)

    def _give(self, *paths: Path) -> None:
        for path in paths:
            if self._server is not None:
                self._server.take(path)

    def _report(self, *, is_encrypted: bool) -> list[str]:
        plan = self._plan
        folder, users = (shlex.quote(str(path)) for path in (plan.folder, plan.users))
        lines = [f"made in {plan.folder}: {', '.join(self._made) or 'nothing'}"]
        if self._kept:
            lines.append(f"kept as they are: {', '.join(self._kept)}")
        lines += self._notes
        new = f"(umask 077; pitboard credentials new {{}} --users {users} > {{}}.toml)"
        host = plan.hosts[0] if plan.hosts else socket.gethostname()
        far = f"mqtts://{host}:{plan.tls_port} --ca-file {CA}"
        if plan.pair is not None:
            far = far.partition(" ")[0]
        lines += [
            f"broker:  mosquitto -c {folder}/{CONF}",
            f"bridge:  {new.format('bridge', 'bridge')}",
            f"         pitboard bridge --broker mqtt://127.0.0.1:{plan.port} "
            "--credentials bridge.toml",
            f"monitor: {new.format('monitor', 'monitor')}",
        ]
        if is_encrypted:
            lines.append(
                f"         pitboard monitor --broker {far} --credentials monitor.toml "
                "--session ID, which the line before has said"
            )
        else:
            lines.append("no TLS, so only this machine: install openssl, or give --cert and --key")
        return [*lines, "after a change of users send mosquitto a SIGHUP: it reads them again"]


@dataclass(frozen=True, slots=True)
class _Server:
    """The user that mosquitto becomes when root starts it."""

    name: str
    uid: int
    gid: int

    def take(self, path: Path) -> None:
        os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def may(self, path: Path, bit: int) -> bool:
        """Whether he may read (4) or enter (1) what is there."""
        status = path.stat()
        shift = 6 if status.st_uid == self.uid else 3 if status.st_gid == self.gid else 0
        return bool(status.st_mode >> shift & bit)


def _server() -> _Server | None:
    """`None` unless root is here: then nobody's rights change."""
    if os.name != "posix" or os.geteuid() != 0:
        return None
    import pwd  # noqa: PLC0415 - Windows has none

    for name in ("mosquitto", "nobody"):
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return _Server(name, found.pw_uid, found.pw_gid)
    return None
