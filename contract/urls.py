"""Where a broker listens, as people write it."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from pitboard.contract.errors import SettingsError

_DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class BrokerUrl:
    """``mqtt://host[:1883]`` or ``mqtts://host[:8883]``."""

    host: str
    port: int
    is_encrypted: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raise `SettingsError` that says how a broker's URL looks."""
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            raise _bad_url(text) from None
        if parts.username is not None or parts.password is not None:
            # Command lines and process lists are read by others; the URL is not quoted here.
            raise SettingsError(
                "--broker: no user or password in a URL, set PITBOARD_USERNAME and "
                "PITBOARD_PASSWORD instead"
            )
        default = _DEFAULT_PORTS.get(parts.scheme)
        host = parts.hostname or ""
        has_rest = parts.path not in ("", "/") or parts.query or parts.fragment
        if default is None or has_rest or port == 0 or not _is_host(host):
            raise _bad_url(text)
        return cls(host, port or default, parts.scheme == "mqtts")

    def __str__(self) -> str:
        scheme = "mqtts" if self.is_encrypted else "mqtt"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}"


def _bad_url(text: str) -> SettingsError:
    return SettingsError(
        f"--broker {text[:120]!r}: write mqtt://host, mqtt://host:port or mqtts://host, "
        "with a port from 1 to 65535"
    )


def _is_host(host: str) -> bool:
    if not host or len(host) > 253 or any(char.isspace() for char in host):
        return False
    try:
        # Refuses empty labels (`bad..host`), too long ones and what no name server can be asked.
        host.encode("idna")
    except UnicodeError:
        return False
    return True
