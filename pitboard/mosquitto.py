"""`pitboard mosquitto init`: a folder with which mosquitto serves a team.

Settings, users, certificates and the store stand in it. What is there is kept, whatever it holds.
"""

import contextlib
import ipaddress
import os
import re
import secrets
import shlex
import shutil
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pitboard import credentials
from pitboard.broker import users as files
from pitboard.broker.users import Users
from pitboard.contract.errors import SettingsError

CONF = "mosquitto.conf"
CA, CA_KEY = "ca.crt", "ca.key"
CERT, KEY = "server.crt", "server.key"
STORE = "store"

CA_DAYS = 3650
# The longest that systems which look at it accept.
CERT_DAYS = 825

_OPENSSL_WITHIN_S = 30.0
_HOST = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*")
_SUFFIXES = (credentials.PASSWORDS_SUFFIX, credentials.ACL_SUFFIX)

_SETTINGS = """\
# mosquitto for a team, made by `pitboard mosquitto init`. Start it with:
#
#     mosquitto -c {conf}
{user}
# This machine, where a bridge needs no encryption.
listener {port} 127.0.0.1
{tls}
# Whoever is not in the password file stays outside, and whoever is may do what the rules say.
# `pitboard credentials` writes both; mosquitto reads them again on SIGHUP.
allow_anonymous false
password_file {passwords}
acl_file {acl}

# Without it the kernel holds small messages back to join them: 40 ms more at p95.
set_tcp_nodelay true

# The largest pitboard message is far below 256 KiB.
max_packet_size 262144

# A client that goes silent is cut off after one and a half times what it promised at most.
max_keepalive 120

# A reader of everything gets every retained value at once: about 3000 with 200 sessions.
max_inflight_messages 100
max_queued_messages 10000
max_queued_bytes 67108864

# A reader with a stored session that never comes back would keep its queue for ever.
persistent_client_expiration 1d

# Retained values are how a late pit crew gets the whole race. They are saved by time only: a save
# on each change costs a write of the whole store for every message. What a crash loses of the last
# minute, each live monitor sends again.
persistence true
autosave_interval 60
persistence_location {store}/

# The terminal or the service manager keeps the log; a phone that sleeps and wakes would fill it.
log_dest stderr
log_type error
log_type warning
log_type notice
connection_messages false
log_timestamp_format %Y-%m-%dT%H:%M:%S
"""

_USER = """
# Started by root it becomes this user, who owns the store and the secrets that it reads.
user {name}
"""

_TLS = """
# Everybody else, encrypted: passwords and session ids travel here.
listener {port}
certfile {cert}
keyfile {key}
tls_version tlsv1.2
"""

_OPENSSL = """\
[req]
distinguished_name = name
prompt = no
[name]
CN = {name}
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {names}
"""


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


@contextlib.contextmanager
def keeping_owners(users: Path) -> Iterator[None]:
    """Files of mosquitto's beside *users* that are written meanwhile stay mosquitto's."""
    before = {}
    for path in map(users.with_suffix, _SUFFIXES):
        with contextlib.suppress(OSError):
            before[path] = path.stat()
    yield
    for path, was in before.items():
        with contextlib.suppress(OSError):
            if path.stat().st_uid != was.st_uid:
                os.chown(path, was.st_uid, was.st_gid, follow_symlinks=False)


class _Kit:
    """The folder of one team while it is made."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._names = _subject_names(plan.hosts)
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
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password="")
        except ssl.SSLError:
            raise SettingsError(
                f"--cert {cert}: no PEM certificate that belongs to --key {key}, or that key has "
                "a password"
            ) from None
        except OSError as exc:
            raise SettingsError(f"--cert {cert}, --key {key}: {exc.strerror or exc}") from None
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
        if shutil.which("openssl") is None:
            return None
        if ca.exists() and not ca_key.exists():
            raise SettingsError(f"{ca_key}: missing; without it nobody can sign {cert}")
        with tempfile.TemporaryDirectory(dir=self._plan.folder, prefix=".new-") as work:
            forge = _Forge(Path(work), self._names)
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
        return _SETTINGS.format(
            conf=shlex.quote(str(plan.folder / CONF)),
            user=_USER.format(name=self._server.name) if self._server else "",
            port=plan.port,
            tls=_TLS.format(port=plan.tls_port, cert=pair[0], key=pair[1]) if pair else "",
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


class _Forge:
    """Keys and certificates, made by `openssl` in a folder that is thrown away."""

    def __init__(self, folder: Path, names: str) -> None:
        self._folder = folder
        self._config = folder / "openssl.cnf"
        # Two authorities of one name would be taken for each other.
        name = f"pitboard {secrets.token_hex(4)}"
        self._config.write_text(_OPENSSL.format(name=name, names=names))

    def key(self) -> bytes:
        """A private key."""
        return self._run("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256")

    def authority(self, key: Path) -> bytes:
        """The certificate of the team's own authority."""
        days = f"-days {CA_DAYS}"
        return self._run(f"req -x509 -extensions ca {days}", "-config", self._config, "-key", key)

    def certificate(self, key: Path, ca: Path, ca_key: Path) -> bytes:
        """The broker's certificate."""
        request = self._folder / "request"
        request.write_bytes(
            self._run("req -new -subj /CN=broker", "-config", self._config, "-key", key)
        )
        serial = f"-set_serial 0x{secrets.token_hex(15)}"
        words = f"x509 -req -extensions server -days {CERT_DAYS} {serial}"
        return self._run(
            words, "-extfile", self._config, "-in", request, "-CA", ca, "-CAkey", ca_key
        )

    def _run(self, words: str, *more: str | Path) -> bytes:
        out = self._folder / "out"
        out.unlink(missing_ok=True)
        command = ["openssl", *words.split(), *map(str, more), "-out", str(out)]
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and names are checked
                command, capture_output=True, timeout=_OPENSSL_WITHIN_S, check=False
            )
        except subprocess.TimeoutExpired:
            raise SettingsError("openssl does not come to an end") from None
        if done.returncode != 0 or not out.exists():
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise SettingsError(f"openssl {command[1]} failed: {said[-1] if said else ''}")
        return out.read_bytes()


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


def _subject_names(hosts: Sequence[str]) -> str:
    """The names in a certificate as openssl writes them. Raises `SettingsError`."""
    names = ["DNS:localhost", "IP:127.0.0.1"]
    for host in hosts or [socket.gethostname()]:
        with contextlib.suppress(ValueError):
            address = ipaddress.ip_address(host)
            if address.is_unspecified:
                raise SettingsError(f"--host {host}: write what drivers' PCs call this machine")
            names.append(f"IP:{address}")
            continue
        if not _HOST.fullmatch(host):
            raise SettingsError(f"--host {host[:80]!r}: write a host name or an IP address")
        names.append(f"DNS:{host}")
    return ", ".join(dict.fromkeys(names))
