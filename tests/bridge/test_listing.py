"""The list of all sessions."""

from typing import Any

import pytest

from pitboard.bridge import listing as listing_module
from pitboard.bridge.listing import Listing
from pitboard.bridge.settings import BridgeSettings
from pitboard.contract.times import to_text
from tests.bridge.support import MONITOR, OTHER_MONITOR, SESSION, payload, topic

pytestmark = pytest.mark.anyio

NOW = 1_781_376_000_000


class Clock:
    now_ms = NOW

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


def take(
    listing: Listing, name: str, *, retained: bool = False, session: str = SESSION, **fields: Any
) -> None:
    monitor = str(fields.get("monitor", MONITOR))
    body = payload(name, session=session, **fields)
    listing._take(str(topic(name, monitor, session)), body, retained)


@pytest.mark.parametrize(("age_s", "state"), [(21.9, "online"), (22, "lost"), (9000, "lost")])
async def test_retained_monitor_is_aged_by_its_timestamp(
    age_s: float, state: str, clock: Clock
) -> None:
    """A broker whose machine died delivered no will, and keeps `online` for ever."""
    listing = Listing(BridgeSettings(), clock)
    take(listing, "status", retained=True, timestamp=to_text(NOW - round(age_s * 1000)))

    (entry,) = listing.entries()

    assert entry.monitors[0].age_s == age_s
    assert entry.monitors[0].state == state


async def test_silent_monitor_is_lost(clock: Clock) -> None:
    listing = Listing(BridgeSettings(), clock)
    take(listing, "status")
    clock.now_ms += 25_000

    (entry,) = listing.entries()

    assert (entry.monitors[0].state, entry.monitors[0].age_s) == ("lost", 25)


async def test_monitor_that_said_offline_stays_offline(clock: Clock) -> None:
    listing = Listing(BridgeSettings(), clock)
    take(listing, "status", state="offline")
    take(listing, "meta", monitor=OTHER_MONITOR, car="M4")
    clock.now_ms += 25_000

    (entry,) = listing.entries()

    assert [monitor.state for monitor in entry.monitors] == ["offline"]
    assert entry.car == "M4"


async def test_cleared_session_is_gone(clock: Clock) -> None:
    listing = Listing(BridgeSettings(), clock)
    take(listing, "status")
    listing._take(str(topic("status")), b"", False)

    assert listing.entries() == []


async def test_what_is_refused_is_not_listed(clock: Clock) -> None:
    listing = Listing(BridgeSettings(), clock)
    listing._take(None, b"", False)
    listing._take("pitboard/v1/x", b"{}", False)

    assert listing.entries() == []


async def test_list_is_bounded_and_newest_first(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing_module, "MAX_SESSIONS", 2)
    listing = Listing(BridgeSettings(), clock)
    for session in ("a", "b", "c"):
        take(listing, "status", session=session)
    take(listing, "meta", session="b")

    assert [entry.session_id for entry in listing.entries()] == ["b", "c"]
