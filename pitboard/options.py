"""Flags that several commands share, and what they stand for."""

import ipaddress
import logging
import os
import ssl
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from pitboard import config
from pitboard.contract.errors import SettingsError
from pitboard.contract.topics import is_id
from pitboard.contract.urls import BrokerUrl
from pitboard.publisher.link import Credentials, LinkSettings

log = logging.getLogger(__name__)

DEFAULT_BROKER = "mqtt://127.0.0.1:1883"

BrokerFlag = Annotated[
    list[str] | None,
    typer.Option(
        "--broker",
        metavar="URL",
        help=f"mqtt://host[:1883] or mqtts://host[:8883]; may be repeated. [{DEFAULT_BROKER}]",
    ),
]
CredentialsFlag = Annotated[
    Path | None,
    typer.Option(
        "--credentials",
        metavar="FILE",
        help="TOML file with username and password; or set PITBOARD_USERNAME, PITBOARD_PASSWORD.",
    ),
]
CaFileFlag = Annotated[
    Path | None,
    typer.Option(
        "--ca-file",
        metavar="FILE",
        help="Who signs the broker's certificate, for mqtts://. [whom the system trusts]",
    ),
]
HostFlag = Annotated[str, typer.Option(metavar="HOST", help="The address to listen on.")]
PortFlag = Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")]
UsersFlag = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Who may use the broker; made by `pitboard credentials new`."
    ),
]
StateFlag = Annotated[
    Path | None, typer.Option("--state-dir", metavar="DIR", help="[the user's state folder]")
]
WorkersFlag = Annotated[
    int, typer.Option(min=1, max=64, help="Processes that share the port; on Linux.")
]
SessionArgument = Annotated[str, typer.Argument(metavar="SESSION", help="The session's id.")]


@dataclass(frozen=True, slots=True)
class BrokerAccess:
    """The brokers to try and how to log in."""

    urls: Sequence[BrokerUrl]
    link: LinkSettings

    @property
    def url_texts(self) -> tuple[str, ...]:
        """The URLs as text."""
        return tuple(map(str, self.urls))


def broker_access(
    broker: Sequence[str] | None, credentials_file: Path | None, ca_file: Path | None = None
) -> BrokerAccess:
    """What `--broker`, `--credentials` and `--ca-file` say. Raises `SettingsError`."""
    urls = [BrokerUrl.parse(text) for text in listed(broker or [DEFAULT_BROKER])]
    if not urls:
        raise SettingsError("--broker is empty: write mqtt://host or mqtts://host")
    if credentials_file is not None:
        _warn_if_others_may_read(credentials_file)
    found = config.credentials(credentials_file)
    if found is not None:
        _warn_of_open_lines(urls)
    if ca_file is not None:
        _check_ca_file(ca_file)
    link = LinkSettings(
        credentials=Credentials(*found) if found else None,
        ca_file=str(ca_file) if ca_file is not None else None,
    )
    return BrokerAccess(urls, link)


def listed(texts: Sequence[str] | None) -> tuple[str, ...]:
    """The values of a flag that may be repeated; typer splits variables at white space only."""
    parts = (part.strip() for text in texts or () for part in text.split(","))
    return tuple(part for part in parts if part)


def checked_id(value: str, flag: str) -> str:
    """*value* as a session or monitor id. Raises `SettingsError`."""
    if not is_id(value):
        raise SettingsError(
            f"{flag} {value[:80]!r}: use lower-case letters, digits, - and _, at most 64, "
            "beginning with a letter or a digit"
        )
    return value


def is_loopback(host: str) -> bool:
    """Whether what is sent to *host* stays on this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _warn_of_open_lines(urls: Sequence[BrokerUrl]) -> None:
    hosts = [url.host for url in urls if not url.is_encrypted and not is_loopback(url.host)]
    if hosts:
        text = "the password goes to %s for all on the way to read: mqtts://%s encrypts it"
        log.warning(text, ", ".join(hosts), hosts[0])


def _check_ca_file(path: Path) -> None:
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        raise SettingsError(f"--ca-file {path}: no certificates in PEM form") from None
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise SettingsError(f"--ca-file {path}: cannot be read: {reason}") from None


def _warn_if_others_may_read(path: Path) -> None:
    if os.name != "posix":
        return
    try:
        mode = path.stat().st_mode
    except OSError:
        return
    if mode & (stat.S_IRGRP | stat.S_IROTH):
        log.warning("%s can be read by others: chmod 600 it", path)
