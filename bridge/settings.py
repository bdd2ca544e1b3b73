"""Everything the bridge can be told, checked when it is made."""

import ipaddress
import math
from dataclasses import dataclass, field

from pitboard.contract.errors import SettingsError
from pitboard.contract.frames import JOIN_WITHIN_S
from pitboard.contract.topics import is_id
from pitboard.contract.urls import BrokerUrl

MAX_WORKERS = 64

_COUNTS = (
    "max_browsers",
    "max_browsers_per_address",
    "max_browsers_per_session",
    "max_sessions",
    "max_empty_sessions_per_address",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeSettings:
    """What a bridge does; each limit is one process's own.

    Attributes:
        broker_urls: Tried in turn.
        ca_file: Trusted certificates for ``mqtts://``; the system's by default.
        host: The address that HTTP listens on.
        port: The port that HTTP listens on; 0 takes a free one.
        workers: Processes that share the port, for whoever starts them.
        list_sessions: Serve the list of all sessions, which is a list of keys.
        allow_hosts: Host names accepted besides this machine's own.
        allow_origins: Origins accepted besides the bridge's own, e.g. ``https://pit.example``.
        trusted_proxies: Addresses or networks whose ``X-Forwarded-For`` is believed.
        only_sessions: The sessions that may be watched; `None` is every one.
        first_retry_s: The pause before the second attempt to reach a broker; doubles.
        last_retry_s: The longest such pause.
        jitter: The share by which a pause varies either way.
        join_timeout_s: How long a browser may take to join its first session.
        stuck_after_s: How long one frame may take to leave before the browser is cut off.
        max_browsers: Open WebSockets.
        max_browsers_per_address: Those of one IPv4 address or one IPv6 /64.
        max_browsers_per_session: Those that watch one session.
        max_sessions: Sessions that are subscribed; idle ones make room.
        max_empty_sessions_per_address: Those without data that one address has opened.
    """

    broker_urls: tuple[str, ...] = ("mqtt://127.0.0.1:1883",)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    list_sessions: bool = False
    allow_hosts: frozenset[str] = frozenset()
    allow_origins: frozenset[str] = frozenset()
    trusted_proxies: frozenset[str] = frozenset()
    only_sessions: frozenset[str] | None = None
    first_retry_s: float = 1.0
    last_retry_s: float = 60.0
    jitter: float = 0.2
    join_timeout_s: float = JOIN_WITHIN_S
    stuck_after_s: float = 20.0
    max_browsers: int = 500
    max_browsers_per_address: int = 100
    max_browsers_per_session: int = 200
    max_sessions: int = 200
    max_empty_sessions_per_address: int = 20

    def __post_init__(self) -> None:
        if not self.broker_urls:
            raise SettingsError("--broker: at least one URL is needed")
        for url in self.broker_urls:
            BrokerUrl.parse(url)
        if not 0 <= self.port <= 65_535:
            raise SettingsError(f"--http-port: {self.port} is not within 0..65535")
        if not 1 <= self.workers <= MAX_WORKERS:
            raise SettingsError(f"--workers: {self.workers} is not within 1..{MAX_WORKERS}")
        self._check_times()
        for session_id in self.only_sessions or ():
            if not is_id(session_id):
                raise SettingsError(f"only_sessions: {session_id[:80]!r} is no session id")
        for proxy in self.trusted_proxies:
            _check_network(proxy)
        for name in _COUNTS:
            if (number := getattr(self, name)) < 1:
                raise SettingsError(f"--{name.replace('_', '-')}: {number} is below 1")

    @property
    def brokers(self) -> tuple[BrokerUrl, ...]:
        """`broker_urls`, parsed."""
        return tuple(BrokerUrl.parse(url) for url in self.broker_urls)

    def may_watch(self, session_id: str) -> bool:
        """Whether browsers may watch the session here."""
        return self.only_sessions is None or session_id in self.only_sessions

    def _check_times(self) -> None:
        for name in ("first_retry_s", "last_retry_s", "join_timeout_s", "stuck_after_s"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise SettingsError(f"{name}: {value} is not a number of seconds above 0")
        if self.first_retry_s > self.last_retry_s:
            raise SettingsError("first_retry_s is above last_retry_s")
        if not 0 <= self.jitter <= 1:
            raise SettingsError(f"jitter: {self.jitter} is not within 0..1")


def _check_network(text: str) -> None:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise SettingsError(
            f"--trusted-proxy {text[:80]!r}: use an address such as 127.0.0.1, "
            "or a network such as 172.18.0.0/16"
        ) from None
