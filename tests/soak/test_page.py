"""The page that the soak compares with how things are follows the protocol."""

import json

import pytest

from tests.bridge.support import BIRTH, MONITOR, OTHER_MONITOR, document
from tests.soak.page import LOST_AFTER_MS, STALE_AFTER_MS, Page, decode
from tests.soak.tally import Row

MADE_MS = 1781376127512  # the timestamp of the documents
NOW_MS = MADE_MS + 3_600_000


def accept(page: Page, kind: str, **fields: object) -> int | None:
    return page.accept(decode(json.dumps({"type": kind, **fields})))


def update(
    page: Page,
    name: str,
    seq: int = 1,
    *,
    at_ms: int = NOW_MS,
    retained: bool = False,
    **fields: object,
) -> int | None:
    kind = f"{name.partition('/')[0]}_update"
    data = document(name, seq, **fields)  # type: ignore[arg-type]
    return accept(page, kind, received_at=at_ms, retained=retained, data=data)


def live_page() -> Page:
    """A page on which all is well at NOW_MS."""
    page = Page(MONITOR)
    page.has_link = True
    accept(page, "snapshot", upstream={"connected": True}, active=MONITOR, values=[])
    update(page, "status")
    update(page, "telemetry")
    return page


def test_live_car_is_shown_as_live() -> None:
    page = live_page()

    assert page.differs("live", NOW_MS) == ""
    assert page.differs("silent", NOW_MS) == "live"
    assert page.differs("lost", NOW_MS) == "state online"
    assert page.differs("offline", NOW_MS) == "state online"


def test_live_telemetry_tells_when_it_was_made() -> None:
    page = live_page()

    assert update(page, "telemetry", 2) == MADE_MS
    assert update(page, "telemetry", 3, retained=True) is None
    assert update(page, "status", 2) is None


def test_page_without_its_bridge_is_not_live() -> None:
    page = live_page()

    page.has_link = False

    assert page.differs("live", NOW_MS) == "no connection to the bridge"
    assert page.differs("silent", NOW_MS) == ""


def test_page_whose_bridge_lost_the_broker_is_not_live() -> None:
    page = live_page()

    accept(page, "upstream", connected=False, since=NOW_MS)
    assert page.differs("live", NOW_MS) == "the bridge has no broker"

    accept(page, "upstream", connected=True, since=NOW_MS)
    assert page.differs("live", NOW_MS) == ""


def test_page_that_shows_another_monitor_is_not_live() -> None:
    page = live_page()

    accept(page, "active", session_id="spa24-92", monitor_id=OTHER_MONITOR)

    assert page.differs("live", NOW_MS) == f"active {OTHER_MONITOR}"


def test_old_telemetry_is_stale() -> None:
    page = live_page()
    later_ms = NOW_MS + STALE_AFTER_MS + 1

    assert page.differs("live", later_ms) == "stale for 5 s"
    assert page.differs("silent", later_ms) == ""


def test_replayed_telemetry_is_no_sign_of_life() -> None:
    page = live_page()
    later_ms = NOW_MS + STALE_AFTER_MS + 1

    update(page, "telemetry", 2, at_ms=later_ms, retained=True)

    assert page.differs("silent", later_ms) == ""


def test_replayed_message_that_then_comes_live_counts() -> None:
    page = live_page()
    later_ms = NOW_MS + STALE_AFTER_MS + 1

    update(page, "telemetry", 2, at_ms=later_ms, retained=True)
    update(page, "telemetry", 2, at_ms=later_ms)

    assert page.differs("live", later_ms) == ""


def test_silent_monitor_is_lost() -> None:
    page = live_page()

    assert page.state(NOW_MS + LOST_AFTER_MS) == "online"
    assert page.differs("lost", NOW_MS + LOST_AFTER_MS + 1) == ""


def test_will_counts_and_what_came_before_it_does_not() -> None:
    page = live_page()
    update(page, "status", 5)

    update(page, "status", 0, state="lost")
    update(page, "status", 4)

    assert page.differs("lost", NOW_MS) == ""
    update(page, "status", 6)
    assert page.differs("live", NOW_MS) == ""


def test_will_of_an_older_connection_changes_nothing() -> None:
    page = live_page()

    update(page, "status", 0, state="lost", birth=BIRTH - 1)

    assert page.differs("live", NOW_MS) == ""


def test_goodbye_is_shown() -> None:
    page = live_page()

    update(page, "status", 2, state="offline")

    assert page.differs("offline", NOW_MS) == ""
    assert page.differs("live", NOW_MS) == "state offline"


def test_values_of_a_stranger_are_never_right() -> None:
    page = live_page()

    update(page, "telemetry", 2, monitor=OTHER_MONITOR)

    assert page.differs("live", NOW_MS) == "another monitor's values"


def test_laps_of_snapshot_event_and_chunk_go_into_one_book() -> None:
    page = Page(MONITOR)
    first = {
        "channel": "laps/0",
        "received_at": NOW_MS,
        "retained": True,
        "data": document("laps/0"),
    }
    accept(page, "snapshot", upstream={"connected": True}, active=None, values=[first])

    update(page, "lap")

    at = "2026-06-13T18:42:07.512Z"
    assert page.book.rows() == [Row(1, 1, at), Row(1, 3, at)]


def test_cleared_laps_leave_the_book() -> None:
    page = Page(MONITOR)
    update(page, "lap")
    update(page, "laps/0")

    accept(page, "removed", session_id="spa24-92", channel="laps/0", monitor_id=MONITOR)
    assert [row.lap for row in page.book.rows()] == [3]

    accept(page, "removed", session_id="spa24-92", channel="lap", monitor_id=MONITOR)
    assert page.book.rows() == []


def test_older_chunk_does_not_replace_a_newer_one() -> None:
    page = Page(MONITOR)
    update(page, "laps/0", 2)

    update(page, "laps/0", 1, rows=[])

    assert len(page.book.rows()) == 1


@pytest.mark.parametrize(
    ("birth", "run", "lap", "is_lap"),
    [
        pytest.param(BIRTH, 1, 6, True, id="the next lap"),
        pytest.param(BIRTH, 1, 5, False, id="the same lap"),
        pytest.param(BIRTH, 1, 7, False, id="a lap was skipped"),
        pytest.param(BIRTH, 2, 6, False, id="another run"),
        pytest.param(BIRTH + 1, 1, 6, False, id="another connection"),
    ],
)
def test_lap_counter_that_rises_is_a_witness(birth: int, run: int, lap: int, is_lap: bool) -> None:
    page = Page(MONITOR)
    update(page, "telemetry", 1, telemetry={"run": 1, "lap": 5})

    update(page, "telemetry", 2, birth=birth, telemetry={"run": run, "lap": lap})

    assert page.book.verdict([]).lost == ({(1, 5)} if is_lap else set())


def test_replayed_telemetry_is_no_witness() -> None:
    page = Page(MONITOR)
    update(page, "telemetry", 1, telemetry={"run": 1, "lap": 5})

    update(page, "telemetry", 2, retained=True, telemetry={"run": 1, "lap": 6})

    assert page.book.verdict([]).lost == set()


def test_lap_before_the_start_is_no_lap() -> None:
    page = Page(MONITOR)
    update(page, "telemetry", 1, telemetry={"run": 1, "lap": 0})

    update(page, "telemetry", 2, telemetry={"run": 1, "lap": 1})

    assert page.book.verdict([]).lost == set()


def test_frame_of_a_kind_that_the_page_does_not_know_changes_nothing() -> None:
    page = live_page()

    accept(page, "heartbeat", session_id="spa24-92", t=NOW_MS, lost=0, received=1)
    accept(page, "weather", forecast=1)

    assert page.differs("live", NOW_MS) == ""
