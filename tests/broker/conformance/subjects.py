"""Where brokers differ; `docs/brokers.md` says why."""

from dataclasses import dataclass

from pitboard.broker.embedded import WATCH_EVERY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What a broker does where it departs from MQTT or where MQTT leaves a choice.

    Each attribute is a row of `docs/brokers.md`.
    """

    keeps_sessions: bool
    carries_dollar_topics: bool
    speaks_other_versions: bool
    limits_subscriptions: bool
    sends_will_after_a_second_connect: bool
    overlaps: tuple[list[int], ...]
    looks_every_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject(Traits):
    """A running broker."""

    host: str
    port: int


EMBEDDED = Traits(
    keeps_sessions=False,
    carries_dollar_topics=False,
    speaks_other_versions=False,
    limits_subscriptions=True,
    sends_will_after_a_second_connect=True,
    overlaps=([1, 2],),
    looks_every_s=WATCH_EVERY_S,
)
MOSQUITTO = Traits(
    keeps_sessions=True,
    carries_dollar_topics=True,
    speaks_other_versions=True,
    limits_subscriptions=False,
    sends_will_after_a_second_connect=False,
    overlaps=([1], [2]),
    looks_every_s=5.0,
)
