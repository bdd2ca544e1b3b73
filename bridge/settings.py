"""Everything the bridge can be told, checked when it is made."""

import math
from dataclasses import dataclass, field

from pitboard.contract.errors import SettingsError
from pitboard.contract.frames import JOIN_WITHIN_S
from pitboard.contract.topics import is_id
from pitboard.contract.urls import BrokerUrl


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeSettings:
    """What one bridge process does.

    Attributes:
        broker_urls: Tried in turn.
        ca_file: Trusted certificates for ``mqtts://``; the system's by default.
        host: The address that HTTP listens on.
        port: The port that HTTP listens on; 0 takes a free one.
        list_sessions: Serve the list of all sessions, which is a list of keys.
        allow_hosts: Host names accepted besides this machine's own.
        allow_origins: Origins accepted besides the bridge's own, e.g. ``https://pit.example``.
        only_sessions: The sessions that may be watched; `None` is every one.
        first_retry_s: The pause before the second attempt to reach a broker; doubles.
        last_retry_s: The longest such pause.
        jitter: The share by which a pause varies either way.
        join_timeout_s: How long a browser may take to join its first session.
        stuck_after_s: How long one frame may take to leave before the browser is cut off.
    """

    broker_urls: tuple[str, ...] = ("mqtt://127.0.0.1:1883",)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    list_sessions: bool = False
    allow_hosts: frozenset[str] = frozenset()
    allow_origins: frozenset[str] = frozenset()
    only_sessions: frozenset[str] | None = None
    first_retry_s: float = 1.0
    last_retry_s: float = 60.0
    jitter: float = 0.2
    join_timeout_s: float = JOIN_WITHIN_S
    stuck_after_s: float = 20.0

    def __post_init__(self) -> None:
        if not self.broker_urls:
            raise SettingsError("--broker: at least one URL is needed")
        for url in self.broker_urls:
            BrokerUrl.parse(url)
        if not 0 <= self.port <= 65_535:
            raise SettingsError(f"--http-port: {self.port} is not within 0..65535")
        for name in ("first_retry_s", "last_retry_s", "join_timeout_s", "stuck_after_s"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise SettingsError(f"{name}: {value} is not a number of seconds above 0")
        if self.first_retry_s > self.last_retry_s:
            raise SettingsError("first_retry_s is above last_retry_s")
        if not 0 <= self.jitter < 1:
            raise SettingsError(f"jitter: {self.jitter} is not within 0..1")
        for session_id in self.only_sessions or ():
            if not is_id(session_id):
                raise SettingsError(f"only_sessions: {session_id[:80]!r} is no session id")

    @property
    def brokers(self) -> tuple[BrokerUrl, ...]:
        """`broker_urls`, parsed."""
        return tuple(BrokerUrl.parse(url) for url in self.broker_urls)

    def may_watch(self, session_id: str) -> bool:
        """Whether browsers may watch the session here."""
        return self.only_sessions is None or session_id in self.only_sessions
