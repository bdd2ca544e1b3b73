"""How a monitor publishes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pitboard.contract.urls import BrokerUrl
from pitboard.publisher.link import LinkSettings


@dataclass(frozen=True, slots=True)
class MonitorSettings:
    """How a monitor publishes; times in seconds.

    Attributes:
        urls: Brokers, tried in turn.
        rate_hz: Frames a second.
        speed: How much faster than real time the source is read.
        in_control: Whether this machine drives the car; `None` when nobody said.
    """

    urls: Sequence[BrokerUrl]
    link: LinkSettings = field(default_factory=LinkSettings)
    rate_hz: float = 2.0
    speed: float = 1.0
    driver: str | None = None
    in_control: bool | None = None
    reconnect_delay_initial_s: float = 1.0
    reconnect_delay_max_s: float = 60.0
    reconnect_jitter: float = 0.2
