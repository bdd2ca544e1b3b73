"""Who watches what, and what reaches them."""

import json
from typing import Any

import pytest

from pitboard.bridge.hub import MAX_BURST, Hub, HubFull
from pitboard.bridge.outbox import Outbox
from pitboard.contract import frames
from tests.bridge.receiver import Reader
from tests.bridge.support import MONITOR, OTHER_MONITOR, SESSION, message, topic

NOW = 1_781_376_000_000
MINUTE = 60_000


@pytest.fixture
def hub() -> Hub:
    hub = Hub()
    hub.connected = True
    return hub


def watch(hub: Hub, session_id: str = SESSION, outbox: Outbox | None = None) -> Outbox:
    outbox = outbox or Outbox()
    hub.join(outbox, session_id)
    hub.admit(outbox, session_id, NOW)
    return outbox


def deliver(hub: Hub, name: str, seq: int = 1, *, at: int = NOW, **fields: Any) -> None:
    hub.deliver(*message(name, seq, **fields), False, at)


def types(outbox: Outbox) -> list[str]:
    return [frame["type"] for frame in sent(outbox)]


def sent(outbox: Outbox) -> list[dict[str, Any]]:
    return [json.loads(frame) for frame in outbox.drain(0.0)]


def test_joined_browser_gets_nothing_before_its_snapshot(hub: Hub) -> None:
    outbox = Outbox()
    hub.join(outbox, SESSION)
    deliver(hub, "setup")
    assert types(outbox) == []

    hub.admit(outbox, SESSION, NOW)
    deliver(hub, "meta")

    assert types(outbox) == ["snapshot", "meta_update"]


def test_message_of_an_unwatched_session_is_dropped(hub: Hub) -> None:
    deliver(hub, "setup")
    hub.remove(topic("setup"), NOW)

    assert hub.sessions == {}


def test_what_is_told_of_a_session_reaches_who_comes_within_a_minute(hub: Hub) -> None:
    """The browser whose join made the broker say no has its snapshot only after that."""
    error = frames.Error(code=403, message="no", ref="1")
    first, early, late = watch(hub), Outbox(), Outbox()
    first.drain(0.0)
    for outbox in (early, late):
        hub.join(outbox, SESSION)
    hub.tell(SESSION, error, NOW)
    hub.tell("never-watched", error, NOW)

    hub.admit(early, SESSION, NOW + MINUTE - 1)
    hub.admit(late, SESSION, NOW + MINUTE)

    assert types(first) == ["error"]
    assert types(early) == ["snapshot", "error"]
    assert types(late) == ["snapshot"]


def test_every_browser_gets_the_same_bytes(hub: Hub) -> None:
    first, second = watch(hub), watch(hub)
    first.drain(0.0), second.drain(0.0)
    deliver(hub, "setup")

    assert first.drain(0.0)[0] is second.drain(0.0)[0]


def test_telemetry_is_latest_wins_and_events_are_not(hub: Hub) -> None:
    outbox = watch(hub)
    for seq in (1, 2, 3):
        deliver(hub, "telemetry", seq)
        deliver(hub, "lap", seq)

    assert [(f["type"], f["data"]["seq"]) for f in sent(outbox) if "data" in f] == [
        ("lap_update", 1),
        ("lap_update", 2),
        ("telemetry_update", 3),
        ("lap_update", 3),
    ]


def test_duplicate_reaches_nobody(hub: Hub) -> None:
    outbox = watch(hub)
    deliver(hub, "setup")
    outbox.drain(0.0)

    deliver(hub, "setup")

    assert types(outbox) == []


def test_snapshot_replaces_telemetry_that_still_waits(hub: Hub) -> None:
    """An older frame after a newer snapshot would turn time back."""
    outbox = watch(hub)
    deliver(hub, "telemetry")
    hub.request_latest(outbox, SESSION, NOW)

    assert "telemetry_update" not in types(outbox)


def test_request_of_a_stranger_is_ignored(hub: Hub) -> None:
    outbox = Outbox()
    hub.request_latest(outbox, SESSION, NOW)
    hub.join(outbox, SESSION)
    hub.request_latest(outbox, SESSION, NOW)

    assert types(outbox) == []


def test_cleared_telemetry_is_not_sent_afterwards(hub: Hub) -> None:
    outbox = watch(hub)
    deliver(hub, "status")
    outbox.drain(0.0)
    deliver(hub, "telemetry")
    hub.remove(topic("telemetry"), NOW)

    assert types(outbox) == ["removed"]


def test_cleared_setup_is_told(hub: Hub) -> None:
    outbox = watch(hub)
    deliver(hub, "status")
    deliver(hub, "setup")
    outbox.drain(0.0)

    hub.remove(topic("setup"), NOW)

    assert types(outbox) == ["removed"]


def test_late_browser_tells_the_others_who_is_active(hub: Hub) -> None:
    first = watch(hub)
    deliver(hub, "status", control=2)
    deliver(hub, "status", monitor=OTHER_MONITOR, at=NOW + 20_000)
    first.drain(0.0)
    late = Outbox()
    hub.join(late, SESSION)

    hub.admit(late, SESSION, NOW + 30_000)

    assert [frame["monitor_id"] for frame in sent(first)] == [OTHER_MONITOR]
    assert [frame.get("active") for frame in sent(late)] == [OTHER_MONITOR]


def test_request_tells_all_who_is_active(hub: Hub) -> None:
    first, second = watch(hub), watch(hub)
    deliver(hub, "status", control=2)
    deliver(hub, "status", monitor=OTHER_MONITOR, at=NOW + 20_000)
    first.drain(0.0), second.drain(0.0)

    hub.request_latest(first, SESSION, NOW + 30_000)

    assert types(first) == ["active", "snapshot"]
    assert types(second) == ["active"]


def test_browser_that_left_while_it_waited_is_not_admitted(hub: Hub) -> None:
    outbox = Outbox()
    hub.join(outbox, SESSION)
    hub.leave(outbox, SESSION, NOW)

    hub.admit(outbox, SESSION, NOW)

    assert types(outbox) == []


def test_leaving_browser_gets_no_more(hub: Hub) -> None:
    outbox = watch(hub)
    watch(hub, "monza", outbox)
    outbox.drain(0.0)
    hub.leave(outbox, SESSION, NOW)
    deliver(hub, "setup")

    assert types(outbox) == []
    assert hub.joined(outbox) == {"monza"}


def test_leaving_what_was_never_joined_changes_nothing(hub: Hub) -> None:
    outbox = Outbox()

    hub.leave(outbox, SESSION, NOW)
    hub.drop(outbox, NOW)

    assert hub.expire(NOW + MINUTE) == []


def test_session_is_unsubscribed_a_minute_after_the_last_browser_left(hub: Hub) -> None:
    first, second = watch(hub), watch(hub)
    hub.drop(first, NOW)
    assert hub.expire(NOW + 2 * MINUTE) == []
    hub.drop(second, NOW)

    assert hub.expire(NOW + MINUTE - 1) == []
    assert hub.expire(NOW + MINUTE) == [SESSION]
    assert hub.sessions == {}
    assert hub.expire(NOW + MINUTE) == []


def test_session_lives_on_when_a_browser_comes_back(hub: Hub) -> None:
    hub.drop(watch(hub), NOW)
    deliver(hub, "setup")

    outbox = watch(hub)

    assert hub.expire(NOW + MINUTE) == []
    assert len(sent(outbox)[0]["values"]) == 1


def test_full_hub_makes_room_of_what_nobody_watches() -> None:
    hub = Hub(max_sessions=2)
    watch(hub, "a")
    hub.drop(watch(hub, "b"), NOW)

    watch(hub, "c")

    assert hub.expire(NOW) == ["b"]
    assert set(hub.sessions) == {"a", "c"}


def test_full_hub_refuses() -> None:
    hub = Hub(max_sessions=1)
    watch(hub, "a")

    with pytest.raises(HubFull):
        hub.join(Outbox(), "b")


def test_browser_watches_eight_sessions_at_most(hub: Hub) -> None:
    outbox = Outbox()
    for number in range(8):
        hub.join(outbox, f"s{number}")

    hub.join(outbox, "s0")
    with pytest.raises(HubFull):
        hub.join(outbox, "s8")


def test_joining_again_changes_the_rate(hub: Hub) -> None:
    outbox = watch(hub)
    hub.join(outbox, SESSION, 1.0)
    hub.admit(outbox, SESSION, NOW)
    deliver(hub, "telemetry", 1)
    outbox.drain(100.0)
    deliver(hub, "telemetry", 2)

    assert outbox.drain(100.1) == []
    assert outbox.next_due() == 101.0


def test_upstream_is_told_to_all_and_interrupts_the_count(hub: Hub) -> None:
    outbox = watch(hub)
    deliver(hub, "telemetry", 1)
    outbox.drain(0.0)

    hub.set_upstream(False, NOW)
    hub.set_upstream(True, NOW + 5)
    deliver(hub, "telemetry", 99)

    frames = sent(outbox)
    assert frames[:2] == [
        {"type": "upstream", "connected": False, "since": NOW},
        {"type": "upstream", "connected": True, "since": NOW + 5},
    ]
    assert hub.sessions[SESSION].lost == 0


def test_tick_sends_a_heartbeat_for_each_session(hub: Hub) -> None:
    outbox = watch(hub)
    watch(hub, "monza", outbox)
    deliver(hub, "telemetry", 1)
    deliver(hub, "telemetry", 3)
    outbox.drain(0.0)

    hub.tick(NOW + 1000)

    assert sent(outbox) == [
        {"type": "heartbeat", "session_id": SESSION, "t": NOW + 1000, "lost": 1, "received": 2},
        {"type": "heartbeat", "session_id": "monza", "t": NOW + 1000, "lost": 0, "received": 0},
    ]


def test_tick_tells_who_is_active_by_now(hub: Hub) -> None:
    outbox = watch(hub)
    deliver(hub, "status", control=2)
    deliver(hub, "status", monitor=OTHER_MONITOR, at=NOW + 20_000)
    outbox.drain(0.0)

    hub.tick(NOW + 25_000)

    assert types(outbox) == ["active", "heartbeat"]


def test_tick_names_sessions_to_replay_while_connected(hub: Hub) -> None:
    watch(hub)
    hub.join(Outbox(), "not-admitted-yet")
    deliver(hub, "status", laps=5)
    hub.connected = False
    assert hub.tick(NOW + 2000) == []

    hub.connected = True

    assert hub.tick(NOW + 3000) == [SESSION]
    assert hub.tick(NOW + 4000) == []


def test_monitor_ids_pass_through(hub: Hub) -> None:
    outbox = watch(hub)
    deliver(hub, "setup")
    deliver(hub, "setup", monitor=OTHER_MONITOR)

    ids = [frame["data"]["monitor_id"] for frame in sent(outbox) if "data" in frame]
    assert ids == [MONITOR, OTHER_MONITOR]


def test_batch_of_telemetry_leaves_as_its_newest(hub: Hub) -> None:
    """What comes faster than it can be handed out must not make browsers see the past."""
    outbox = watch(hub)
    for monitor in (MONITOR, OTHER_MONITOR):
        deliver(hub, "telemetry", 1, monitor=monitor)
    outbox.drain(0.0)
    for seq in range(2, MAX_BURST + 3):
        for monitor in (MONITOR, OTHER_MONITOR):
            hub.deliver(*message("telemetry", seq, monitor=monitor), False, NOW, is_batch=True)
    before = outbox.drain(0.0)

    hub.settle(NOW)

    assert before == []
    updates = [frame["data"] for frame in sent(outbox) if frame["type"] == "telemetry_update"]
    assert [(each["monitor_id"], each["seq"]) for each in updates] == [
        (MONITOR, MAX_BURST + 2),
        (OTHER_MONITOR, MAX_BURST + 2),
    ]
    assert hub.conflated == 2 * MAX_BURST


def test_few_frames_that_came_together_all_leave_in_one_write(hub: Hub) -> None:
    """A short pause of the loop must not cost browsers a frame."""
    reader = Reader(is_deflating=False)
    watch(hub, outbox=reader.outbox)
    deliver(hub, "telemetry", 1)
    reader.texts.clear()

    for seq in range(2, MAX_BURST + 2):
        hub.deliver(*message("telemetry", seq), False, NOW, is_batch=True)
    hub.settle(NOW)

    seqs = [json.loads(text)["data"]["seq"] for text in reader.texts]
    assert seqs == list(range(2, MAX_BURST + 2))
    assert reader.writes[-1] == MAX_BURST
    assert hub.conflated == 0


def test_heartbeat_of_a_driving_car_comes_with_its_next_frame(hub: Hub) -> None:
    """It tells the bridge's clock, so it is made when it leaves."""
    reader = Reader(is_deflating=False)
    watch(hub, outbox=reader.outbox)
    deliver(hub, "telemetry", 1, at=NOW + 900)
    reader.texts.clear()

    hub.tick(NOW + 1000)
    before = list(reader.texts)
    deliver(hub, "telemetry", 2, at=NOW + 1010)

    assert before == []
    heartbeat, update = (json.loads(text) for text in reader.texts)
    assert (heartbeat["type"], heartbeat["t"]) == ("heartbeat", NOW + 1010)
    assert heartbeat["received"] == update["data"]["seq"] == 2
    assert reader.writes[-1] == 2


def test_heartbeat_waits_a_second_at_most_for_a_car_that_stopped(hub: Hub) -> None:
    outbox = watch(hub)
    deliver(hub, "telemetry", 1, at=NOW + 900)
    outbox.drain(0.0)

    hub.tick(NOW + 1000)
    waiting = types(outbox)
    hub.tick(NOW + 2000)
    hub.tick(NOW + 3000)

    assert (waiting, types(outbox)) == ([], ["heartbeat", "heartbeat"])


def test_batch_counts_no_loss_for_what_it_skips(hub: Hub) -> None:
    watch(hub)

    for seq in range(1, 6):
        hub.deliver(*message("telemetry", seq), False, NOW, is_batch=True)
    hub.settle(NOW)

    assert (hub.sessions[SESSION].received, hub.sessions[SESSION].lost) == (5, 0)


def test_telemetry_of_a_batch_leaves_before_what_came_after_it(hub: Hub) -> None:
    outbox = watch(hub)
    deliver(hub, "status")
    outbox.drain(0.0)

    for name in ("telemetry", "setup"):
        hub.deliver(*message(name, 2), False, NOW, is_batch=True)

    assert types(outbox) == ["telemetry_update", "setup_update"]


def test_telemetry_that_was_cleared_in_its_batch_is_not_sent(hub: Hub) -> None:
    outbox = watch(hub)
    outbox.drain(0.0)
    hub.deliver(*message("telemetry"), False, NOW, is_batch=True)

    hub.remove(topic("telemetry"), NOW)
    hub.settle(NOW)

    assert "telemetry_update" not in types(outbox)


def test_batch_of_a_session_that_was_closed_is_dropped(hub: Hub) -> None:
    outbox = watch(hub)
    hub.deliver(*message("telemetry"), False, NOW, is_batch=True)
    hub.leave(outbox, SESSION, NOW)
    hub.expire(NOW + MINUTE)

    hub.settle(NOW + MINUTE)

    assert "telemetry_update" not in types(outbox)


def test_browsers_that_read_are_counted_as_served(hub: Hub) -> None:
    for _ in range(3):
        watch(hub, outbox=Reader().outbox)
    deliver(hub, "telemetry", 1)
    before = hub.frames_out

    deliver(hub, "telemetry", 2)

    assert hub.frames_out - before == 3


def test_what_is_no_telemetry_counts_as_well(hub: Hub) -> None:
    reader = Reader()
    watch(hub, outbox=reader.outbox)
    reader.texts.clear()

    deliver(hub, "setup")
    deliver(hub, "telemetry")
    hub.tick(NOW)
    deliver(hub, "telemetry", 2)

    kinds = [json.loads(text)["type"] for text in reader.texts]
    assert {"setup_update", "telemetry_update", "heartbeat"} <= set(kinds)
    assert hub.frames_out == len(kinds)


def test_rate_of_a_waiting_browser_holds_from_its_snapshot(hub: Hub) -> None:
    reader = Reader()
    hub.join(reader.outbox, SESSION, 2.0)
    deliver(hub, "telemetry", 1)
    hub.admit(reader.outbox, SESSION, NOW)
    reader.texts.clear()

    for seq in range(2, 12):
        deliver(hub, "telemetry", seq, at=NOW + 100 * seq)

    seqs = [json.loads(text)["data"]["seq"] for text in reader.texts]
    assert seqs == [2, 7]
