"""The last values of one session."""

import json
from typing import Any

import pytest

from pitboard.bridge import session as session_module
from pitboard.bridge.session import MAX_MONITORS, Session
from tests.bridge.support import BIRTH, MONITOR, OTHER_MONITOR, SESSION, message, topic

NOW = 1_781_376_000_000
LOST_MS = 22_000


@pytest.fixture
def session() -> Session:
    return Session(SESSION)


def feed(
    session: Session,
    name: str,
    seq: int = 1,
    *,
    at: int = NOW,
    retained: bool = False,
    **fields: Any,
) -> list[dict[str, Any]]:
    where, what, body = message(name, seq, **fields)
    return [json.loads(frame) for frame in session.accept(where, what, body, retained, at)]


def snapshot(session: Session, at: int = NOW) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(session.snapshot(at, True))
    return found


def held(session: Session) -> list[tuple[str, int, int, bool]]:
    return [
        (value["channel"], value["data"]["seq"], value["received_at"], value["retained"])
        for value in snapshot(session)["values"]
    ]


def test_update_carries_the_message_and_when_it_came(session: Session) -> None:
    feed(session, "status")

    (frame,) = feed(session, "setup", at=NOW + 5)

    assert frame["type"] == "setup_update"
    assert frame["received_at"] == NOW + 5
    assert frame["retained"] is False
    assert frame["data"]["setup"] == {"aero": {"wing": 7}}


@pytest.mark.parametrize(
    ("birth", "seq"),
    [(BIRTH, 5), (BIRTH, 4), (BIRTH - 1, 99)],
    ids=["equal", "older", "older birth"],
)
def test_old_message_is_ignored(session: Session, birth: int, seq: int) -> None:
    feed(session, "setup", 5)

    assert feed(session, "setup", seq, birth=birth) == []
    assert held(session) == [("setup", 5, NOW, False)]


def test_newer_birth_starts_a_new_count(session: Session) -> None:
    feed(session, "setup", 5)

    assert feed(session, "setup", 1, birth=BIRTH + 1)


def test_channels_and_chunks_are_ordered_each_by_itself(session: Session) -> None:
    feed(session, "laps/1", 9, first=100)

    assert feed(session, "laps/0", 2)
    assert feed(session, "setup", 1, birth=BIRTH - 5)


def test_replay_of_what_is_held_keeps_when_it_came(session: Session) -> None:
    """A reconnecting bridge would else show old values as new."""
    feed(session, "telemetry", 5)

    assert feed(session, "telemetry", 5, at=NOW + 9000, retained=True) == []
    assert held(session) == [("telemetry", 5, NOW, False)]


def test_replay_of_what_was_missed_is_taken_in(session: Session) -> None:
    feed(session, "lap", 5)

    (frame,) = feed(session, "lap", 6, retained=True)

    assert frame["retained"] is True


def test_will_counts_though_its_seq_is_0(session: Session) -> None:
    feed(session, "status", 7)

    frames = feed(session, "status", 0, state="lost")

    assert frames[0]["data"]["state"] == "lost"


def test_repeated_will_is_ignored(session: Session) -> None:
    feed(session, "status", 7)
    feed(session, "status", 0, state="lost")

    assert feed(session, "status", 0, state="lost", retained=True) == []


def test_will_of_an_older_birth_is_ignored(session: Session) -> None:
    """The will of a replaced connection comes late, while its successor drives."""
    feed(session, "status", 1, birth=BIRTH + 1)

    assert feed(session, "status", 0, state="lost") == []


def test_will_of_a_birth_never_seen_counts(session: Session) -> None:
    feed(session, "status", 7)

    assert feed(session, "status", 0, state="lost", birth=BIRTH + 1)


def test_what_a_will_replaced_does_not_come_back(session: Session) -> None:
    feed(session, "status", 7)
    feed(session, "status", 0, state="lost")

    assert feed(session, "status", 7, retained=True) == []
    assert feed(session, "status", 8)


def test_gaps_of_live_messages_are_lost(session: Session) -> None:
    for seq in (10, 11, 14, 15, 20):
        feed(session, "telemetry", seq)

    assert (session.received, session.lost) == (5, 6)


def test_gap_after_a_replay_is_no_loss(session: Session) -> None:
    feed(session, "telemetry", 3, retained=True)
    feed(session, "telemetry", 9)

    assert (session.received, session.lost) == (1, 0)


def test_value_that_a_replay_brought_back_is_not_lost(session: Session) -> None:
    feed(session, "lap", 1)
    feed(session, "lap", 3, retained=True)
    feed(session, "lap", 4)

    assert session.lost == 1


def test_new_birth_is_no_loss(session: Session) -> None:
    feed(session, "telemetry", 3)
    feed(session, "telemetry", 9, birth=BIRTH + 1)
    feed(session, "setup", 3)
    feed(session, "setup", 5, birth=BIRTH + 1, retained=True)
    feed(session, "setup", 9, birth=BIRTH + 1)

    assert session.lost == 0


def test_interrupted_subscription_is_no_loss(session: Session) -> None:
    feed(session, "telemetry", 3)
    session.restart_counting()
    feed(session, "telemetry", 900)
    feed(session, "telemetry", 902)

    assert session.lost == 1


def test_snapshot_holds_all_values_with_their_ages(session: Session) -> None:
    feed(session, "status", 2, at=NOW)
    feed(session, "laps/0", 3, at=NOW + 1, retained=True)

    found = snapshot(session, NOW + 50)

    assert found["type"] == "snapshot"
    assert (found["session_id"], found["now"]) == (SESSION, NOW + 50)
    assert found["upstream"] == {"connected": True}
    assert found["active"] == MONITOR
    assert held(session) == [("status", 2, NOW, False), ("laps/0", 3, NOW + 1, True)]


def test_cleared_value_is_removed_and_may_come_back(session: Session) -> None:
    feed(session, "status")
    feed(session, "setup", 5)

    (frame,) = session.remove(topic("setup"), NOW)

    assert json.loads(frame) == {
        "type": "removed",
        "session_id": SESSION,
        "channel": "setup",
        "monitor_id": MONITOR,
    }
    assert feed(session, "setup", 5)


def test_clearing_what_is_not_held_is_ignored(session: Session) -> None:
    assert session.remove(topic("setup"), NOW) == []


def test_active_monitor_is_gone_with_its_last_value(session: Session) -> None:
    feed(session, "status")

    frames = [json.loads(frame) for frame in session.remove(topic("status"), NOW)]

    assert [frame["type"] for frame in frames] == ["removed", "active"]
    assert frames[1]["monitor_id"] is None
    assert session.active is None
    assert session.heard_at(MONITOR) is None


def test_other_monitor_is_active_when_one_is_cleared(session: Session) -> None:
    feed(session, "status", control=2)
    feed(session, "status", monitor=OTHER_MONITOR)

    frames = [json.loads(frame) for frame in session.remove(topic("status"), NOW)]

    assert frames[1]["monitor_id"] == OTHER_MONITOR


def test_monitor_that_was_not_active_goes_without_a_word(session: Session) -> None:
    feed(session, "status", control=2)
    feed(session, "status", monitor=OTHER_MONITOR)

    assert len(session.remove(topic("status", OTHER_MONITOR), NOW)) == 1


def test_taking_control_makes_active(session: Session) -> None:
    feed(session, "status")

    frames = feed(session, "status", monitor=OTHER_MONITOR, control=2)

    assert frames[1] == {"type": "active", "session_id": SESSION, "monitor_id": OTHER_MONITOR}
    assert session.active == OTHER_MONITOR


def test_monitor_in_control_that_is_lost_gives_way_to_the_live_one(session: Session) -> None:
    feed(session, "status", control=2)
    feed(session, "status", monitor=OTHER_MONITOR, at=NOW + LOST_MS - 1)
    assert session.active == MONITOR

    (frame,) = session.tick(NOW + LOST_MS)

    assert json.loads(frame)["monitor_id"] == OTHER_MONITOR
    assert session.tick(NOW + LOST_MS + 1) == []


def test_last_active_monitor_stays_when_all_are_lost(session: Session) -> None:
    feed(session, "status")
    feed(session, "status", monitor=OTHER_MONITOR)

    assert session.tick(NOW + 100 * LOST_MS) == []
    assert session.active == MONITOR


def test_telemetry_keeps_a_monitor_alive(session: Session) -> None:
    feed(session, "status")
    feed(session, "telemetry", at=NOW + 20_000)

    assert session.is_live(MONITOR, NOW + 41_000)
    assert not session.is_live(MONITOR, NOW + 42_000)


@pytest.mark.parametrize("name", ["setup", "lap", "meta", "laps/0"])
def test_other_channels_are_no_sign_of_life(session: Session, name: str) -> None:
    feed(session, name)

    assert not session.is_live(MONITOR, NOW)


def test_will_is_no_sign_of_life(session: Session) -> None:
    feed(session, "status", 0, state="lost")

    assert session.heard_at(MONITOR) is None


@pytest.mark.parametrize(
    ("state", "is_live"), [("online", True), ("idle", True), ("offline", False), ("lost", False)]
)
def test_monitor_known_from_the_store_is_live_for_a_while_if_it_says_so(
    session: Session, state: str, is_live: bool
) -> None:
    feed(session, "status", retained=True, state=state)

    assert session.is_live(MONITOR, NOW + LOST_MS - 1) is is_live
    assert not session.is_live(MONITOR, NOW + LOST_MS)


def test_replayed_telemetry_is_no_sign_of_life(session: Session) -> None:
    feed(session, "telemetry", retained=True)

    assert not session.is_live(MONITOR, NOW)


def test_frame_of_a_standing_car_that_is_told_again_is_no_live_one(session: Session) -> None:
    feed(session, "status", timestamp="2026-06-13T18:52:07.000Z")

    (again,) = feed(session, "telemetry", at=NOW + 1, timestamp="2026-06-13T18:42:07.000Z")
    (fresh,) = feed(session, "telemetry", 2, at=NOW + 2, timestamp="2026-06-13T18:52:07.500Z")

    assert (again["retained"], fresh["retained"]) == (True, False)
    assert not session.is_stored(MONITOR, "telemetry")


def test_order_of_a_replay_does_not_choose_the_active_monitor() -> None:
    """Two bridges would show two cars."""
    chosen = set()
    for order in ((MONITOR, OTHER_MONITOR), (OTHER_MONITOR, MONITOR)):
        session = Session(SESSION)
        for monitor in order:
            feed(session, "status", monitor=monitor, retained=True, state="offline")
        session.tick(NOW)
        chosen.add(session.active)

    assert len(chosen) == 1


def test_single_monitor_without_a_status_is_active(session: Session) -> None:
    frames = feed(session, "telemetry")

    assert frames[1]["monitor_id"] == MONITOR


def test_two_monitors_without_a_status_are_not(session: Session) -> None:
    feed(session, "setup", retained=True)
    feed(session, "setup", retained=True, monitor=OTHER_MONITOR)

    assert session.tick(NOW) == []
    assert session.active is None


def test_missing_laps_ask_for_a_replay(session: Session) -> None:
    feed(session, "laps/0")
    feed(session, "status", laps=2)

    assert not session.needs_replay(NOW)
    assert session.needs_replay(NOW + 1000)


def test_missing_setup_asks_for_a_replay(session: Session) -> None:
    feed(session, "status", setup_revision=3)
    assert session.needs_replay(NOW + 1000)

    feed(session, "setup", revision=3)

    assert not session.needs_replay(NOW + 60_000)


def test_complete_session_asks_for_nothing(session: Session) -> None:
    feed(session, "laps/0")
    feed(session, "setup", revision=3)
    feed(session, "status", laps=1, setup_revision=3)
    feed(session, "telemetry", monitor=OTHER_MONITOR)

    assert not session.needs_replay(NOW + 1000)


def test_what_came_after_the_heartbeat_asks_for_nothing(session: Session) -> None:
    """The whole lap table would come again after nearly every lap."""
    feed(session, "status", laps=0, setup_revision=2)
    feed(session, "laps/0")
    feed(session, "setup", revision=3)

    assert not session.needs_replay(NOW + 1000)


def test_replayed_status_asks_for_nothing(session: Session) -> None:
    feed(session, "telemetry")
    feed(session, "status", laps=5, retained=True)

    assert not session.needs_replay(NOW + 1000)


def test_replays_that_do_not_help_become_rare(session: Session) -> None:
    feed(session, "status", laps=2)

    asked = [at for at in range(0, 80_000, 1000) if session.needs_replay(NOW + 1000 + at)]

    assert asked == [0, 10_000, 30_000, 70_000]


def test_pause_is_short_again_after_a_success(session: Session) -> None:
    feed(session, "status", laps=1)
    session.needs_replay(NOW + 1000)
    session.needs_replay(NOW + 11_000)
    feed(session, "laps/0")
    session.needs_replay(NOW + 12_000)
    feed(session, "status", 2, laps=2, at=NOW + 40_000)

    assert session.needs_replay(NOW + 41_000)
    assert session.needs_replay(NOW + 51_000)


def test_monitors_of_a_session_are_bounded(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(MAX_MONITORS):
        assert feed(session, "setup", monitor=f"m{number}")

    assert feed(session, "setup", monitor="one-more") == []
    assert feed(session, "setup", monitor="and-more") == []
    assert feed(session, "setup", 2, monitor="m0")
    assert feed(session, "meta", monitor="m0")
    assert caplog.text.count("session is full") == 1


def test_bytes_of_a_session_are_bounded(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(message("setup")[2])
    monkeypatch.setattr(session_module, "MAX_HELD_BYTES", 2 * size)
    assert feed(session, "setup")
    assert feed(session, "setup", monitor=OTHER_MONITOR)

    assert feed(session, "meta") == []
    assert feed(session, "setup", 2)
    session.remove(topic("setup"), NOW)

    assert feed(session, "meta")


def test_last_value_of_a_channel_is_known(session: Session) -> None:
    _, what, _ = message("setup")
    feed(session, "setup")

    assert session.last(MONITOR, "setup") == what
    assert session.last(MONITOR, "meta") is None
    assert session.monitors == [MONITOR]
