"""Where brokers differ; `docs/brokers.md` says why."""

from dataclasses import dataclass

from pitboard.broker.embedded import WATCH_EVERY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What a broker does where it departs from MQTT or where MQTT leaves a choice.

    Each attribute is a row of `docs/brokers.md`.
    """

    highest_qos: int
    keeps_sessions: bool
    resends_at_once: bool
    carries_dollar_topics: bool
    wildcards_match_dollar_topics: bool
    speaks_other_versions: bool
    cuts_at_malformed_filters: bool
    limits_packets: bool
    limits_subscriptions: bool
    limits_levels: bool
    limits_retained: bool
    sends_will_after_a_second_connect: bool
    overlaps: tuple[list[int], ...]
    orders_across_filters: bool
    looks_every_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject(Traits):
    """A running broker."""

    host: str
    port: int


EMBEDDED = Traits(
    highest_qos=2,
    keeps_sessions=True,
    resends_at_once=True,
    carries_dollar_topics=False,
    wildcards_match_dollar_topics=False,
    speaks_other_versions=False,
    cuts_at_malformed_filters=True,
    limits_packets=True,
    limits_subscriptions=True,
    limits_levels=True,
    limits_retained=True,
    sends_will_after_a_second_connect=True,
    overlaps=([1, 2],),
    orders_across_filters=True,
    looks_every_s=WATCH_EVERY_S,
)
MOSQUITTO = Traits(
    highest_qos=2,
    keeps_sessions=True,
    resends_at_once=True,
    carries_dollar_topics=True,
    wildcards_match_dollar_topics=False,
    speaks_other_versions=True,
    cuts_at_malformed_filters=True,
    limits_packets=True,
    limits_subscriptions=False,
    limits_levels=False,
    limits_retained=False,
    sends_will_after_a_second_connect=False,
    overlaps=([1], [2]),
    orders_across_filters=True,
    looks_every_s=5.0,
)
NATS = Traits(
    highest_qos=1,
    keeps_sessions=True,
    resends_at_once=False,
    carries_dollar_topics=True,
    wildcards_match_dollar_topics=True,
    speaks_other_versions=False,
    cuts_at_malformed_filters=False,
    limits_packets=False,
    limits_subscriptions=False,
    limits_levels=False,
    limits_retained=False,
    sends_will_after_a_second_connect=True,
    overlaps=([1, 1],),
    orders_across_filters=False,
    looks_every_s=0.0,
)
