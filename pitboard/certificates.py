"""Keys and certificates: a team's own, made by `openssl`, and those that it brings."""

import contextlib
import ipaddress
import re
import secrets
import shutil
import socket
import ssl
import subprocess
from collections.abc import Sequence
from pathlib import Path

from pitboard.contract.errors import SettingsError

CA_DAYS = 3650
# The longest that systems which look at it accept.
CERT_DAYS = 825

_OPENSSL_WITHIN_S = 30.0
_HOST = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*")

_CONFIG = """\
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


class Forge:
    """Keys and certificates, made by `openssl` in a folder that is thrown away."""

    def __init__(self, folder: Path, names: str) -> None:
        self._folder = folder
        self._config = folder / "openssl.cnf"
        # Two authorities of one name would be taken for each other.
        name = f"pitboard {secrets.token_hex(4)}"
        self._config.write_text(_CONFIG.format(name=name, names=names))

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
            raise SettingsError("openssl does not come to an end: give --cert and --key") from None
        if done.returncode != 0 or not out.exists():
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise SettingsError(
                f"openssl {command[1]} failed, give --cert and --key: {said[-1] if said else ''}"
            )
        return out.read_bytes()


def has_openssl() -> bool:
    """Whether a `Forge` works here."""
    return shutil.which("openssl") is not None


def check_pair(cert: Path, key: Path) -> None:
    """Raise `SettingsError` unless the two belong together and need no password."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password="")
    except ssl.SSLError:
        raise SettingsError(
            f"--cert {cert}: no PEM certificate that belongs to --key {key}, or that key has "
            "a password"
        ) from None
    except OSError as exc:
        raise SettingsError(f"--cert {cert}, --key {key}: {exc.strerror or exc}") from None


def subject_names(hosts: Sequence[str]) -> str:
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
