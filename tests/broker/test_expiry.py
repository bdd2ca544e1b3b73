"""The decision which sessions to forget; no broker, no clock."""

from pitboard.broker.expiry import KEEP_S, SessionExpiry

OLD = ["pitboard/v1/old/pc/setup", "pitboard/v1/old/pc/laps/3", "pitboard/v1/old/pc-2/status"]
NEW = ["pitboard/v1/new/pc/setup"]


def test_a_session_is_kept_for_thirty_days() -> None:
    assert KEEP_S == 30 * 24 * 3600


def test_all_topics_of_a_silent_session_expire_together() -> None:
    expiry = SessionExpiry()
    for topic in OLD:
        expiry.hear(topic, 0.0)
    expiry.hear(NEW[0], 1.0)

    assert expiry.expired(OLD + NEW, KEEP_S - 0.5) == []
    assert expiry.expired(OLD + NEW, KEEP_S) == OLD


def test_any_message_keeps_the_whole_session() -> None:
    """A monitor that only sends heartbeats has not lost its lap table."""
    expiry = SessionExpiry()
    for topic in OLD:
        expiry.hear(topic, 0.0)
    expiry.hear("pitboard/v1/old/pc/status", 10.0)

    assert expiry.expired(OLD, KEEP_S) == []


def test_a_session_that_expired_is_forgotten() -> None:
    """Else the memory of every session there ever was would stay."""
    expiry = SessionExpiry(keep_s=5)
    expiry.hear(OLD[0], 0.0)

    expiry.expired([], 5.0)

    assert len(expiry) == 0
    assert expiry.expired(OLD, 100.0) == []


def test_a_session_that_comes_back_counts_from_then() -> None:
    expiry = SessionExpiry(keep_s=5)
    expiry.hear(OLD[0], 0.0)
    expiry.expired(OLD, 5.0)
    expiry.hear(OLD[0], 6.0)

    assert expiry.expired(OLD, 10.0) == []
    assert expiry.expired(OLD, 11.0) == OLD


def test_foreign_topics_are_neither_remembered_nor_dropped() -> None:
    expiry = SessionExpiry(keep_s=5)
    foreign = ["homeassistant/light/state", "pitboard/v1/Upper/pc/setup", "pitboard/v2/a/b/setup"]
    for topic in foreign:
        expiry.hear(topic, 0.0)

    assert len(expiry) == 0
    assert expiry.expired(foreign, 1000.0) == []
