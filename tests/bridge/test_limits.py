"""How much is allowed, and whom it counts for."""

from collections.abc import Sequence

import pytest

from pitboard.bridge.addresses import Addresses
from pitboard.bridge.limits import CAUSES, Crowd, Crowded, Refusals, TokenBucket
from pitboard.bridge.settings import BridgeSettings
from pitboard.contract.addresses import UNKNOWN

PROXY = "127.0.0.1"


def scope(client: str | None, *forwarded: str) -> dict[str, object]:
    headers = [(b"x-forwarded-for", text.encode()) for text in forwarded]
    return {
        "type": "websocket",
        "client": None if client is None else (client, 4711),
        "headers": headers,
    }


@pytest.mark.parametrize(
    ("client", "forwarded", "counted"),
    [
        pytest.param("192.0.2.7", (), "192.0.2.7", id="peer"),
        pytest.param("192.0.2.7", ("198.51.100.1",), "192.0.2.7", id="stranger claims to be one"),
        pytest.param(PROXY, ("198.51.100.1",), "198.51.100.1", id="proxy"),
        pytest.param(PROXY, ("203.0.113.9, 198.51.100.1",), "198.51.100.1", id="made up before"),
        pytest.param(PROXY, ("203.0.113.9", "198.51.100.1"), "198.51.100.1", id="two lines"),
        pytest.param(PROXY, ("198.51.100.1, 10.1.2.3",), "198.51.100.1", id="two proxies"),
        pytest.param(PROXY, (), PROXY, id="proxy says nothing"),
        pytest.param(PROXY, ("", "x" * 9000), PROXY, id="proxy says nonsense"),
        pytest.param(PROXY, ("10.0.0.1",), "10.0.0.1", id="proxy itself asks"),
        pytest.param(f"::ffff:{PROXY}", ("198.51.100.1",), "198.51.100.1", id="mapped proxy"),
        pytest.param("::ffff:192.0.2.7", (), "192.0.2.7", id="mapped"),
        pytest.param("2001:db8:1:2:3:4:5:6", (), "2001:db8:1:2::/64", id="ipv6"),
        pytest.param(PROXY, ("2001:db8:1:2::9",), "2001:db8:1:2::/64", id="ipv6 behind a proxy"),
        pytest.param("fe80::1%eth0", (), "fe80::/64", id="scope"),
        pytest.param(None, (), UNKNOWN, id="unix socket"),
        pytest.param("testclient", (), UNKNOWN, id="no address"),
    ],
)
def test_request_counts_for(client: str | None, forwarded: Sequence[str], counted: str) -> None:
    addresses = Addresses({PROXY, "10.0.0.0/8"})

    assert addresses.of(scope(client, *forwarded)) == counted


def test_nobody_is_believed_unless_named() -> None:
    assert Addresses().of(scope(PROXY, "198.51.100.1")) == PROXY


def test_crowd_counts_in_all_and_by_address() -> None:
    crowd = Crowd(BridgeSettings(max_browsers=3, max_browsers_per_address=2))
    for address in ("a", "a", "b"):
        crowd.enter(address)
    with pytest.raises(Crowded) as full:
        crowd.enter("c")
    crowd.leave("b")
    with pytest.raises(Crowded) as own:
        crowd.enter("a")
    crowd.leave("a")

    crowd.enter("a")
    crowd.enter("c")

    assert (full.value.cause, own.value.cause) == ("browsers", "browsers_per_address")


def test_crowd_remembers_nobody_who_has_left() -> None:
    """Addresses are what a stranger has most of."""
    crowd = Crowd(BridgeSettings())
    for number in range(1000):
        crowd.enter(f"10.0.0.{number}")
        crowd.leave(f"10.0.0.{number}")

    assert not crowd._by_address


def test_bucket_allows_a_burst_and_then_its_rate() -> None:
    bucket = TokenBucket(0.0, rate_hz=10, burst=20)

    assert [bucket.take(0.0) for _ in range(21)] == [True] * 20 + [False]
    assert bucket.take(0.1)
    assert not bucket.take(0.1)
    assert [bucket.take(1000.0) for _ in range(21)] == [True] * 20 + [False]


def test_refusal_is_told_once_and_counted_always(caplog: pytest.LogCaptureFixture) -> None:
    refused = Refusals()
    for _ in range(3):
        refused.note("browsers", "address=192.0.2.7")

    assert refused["browsers"] == 3
    assert [record.getMessage() for record in caplog.records] == [
        "[Server] WARNING: refused, from now on only counted on /metrics: "
        "cause=browsers address=192.0.2.7"
    ]
    assert set(refused) == set(CAUSES)
