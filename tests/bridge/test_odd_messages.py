"""Messages that look odd and are legal: what the bridge makes of each."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pitboard.bridge.feed import clock_ms
from tests.bridge.stage import Audience, Stage
from tests.bridge.support import BIRTH, MONITOR, Frame, document, topic

pytestmark = pytest.mark.anyio


async def publish(stage: Stage, audience: Audience, name: str, seq: int, **fields: Any) -> None:
    """Publish without waiting for an update, which may never come."""
    await stage.publisher.publish(name, seq, session=audience.session_id, retain=False, **fields)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("setup", id="37-setup"),
        pytest.param("telemetry", id="37-telemetry"),
        pytest.param("laps/0", id="37-laps"),
    ],
)
async def test_cleared_value_is_removed_and_viewers_are_told(name: str, stage: Stage) -> None:
    async with stage.audience() as audience:
        await audience.see(name, 1)
        where = topic(name, session=audience.session_id)
        await stage.publisher.raw(str(where), b"", retain=True)

        told = [await browser.of("removed") for browser in (audience.first, audience.healthy)]
        await audience.see_fresh_data()
        assert await audience.values() == {}

    removed = {"type": "removed", "session_id": audience.session_id, "channel": name}
    assert told == [removed | {"monitor_id": MONITOR}] * 2


@pytest.mark.parametrize("name", [pytest.param("status", id="70-newer-version")])
async def test_newer_monitor_is_told_to_its_viewers_once(name: str, stage: Stage) -> None:
    """Silence would look like a monitor that is away."""
    async with stage.audience() as audience:
        for seq in (1, 2):
            await publish(stage, audience, name, seq, v=2)
        error = await audience.first.of("error")
        await audience.see_fresh_data()

    assert error["code"] == 426
    assert "newer" in error["message"]
    assert [frame["type"] for frame in audience.first.frames].count("error") == 1


@pytest.mark.parametrize("name", [pytest.param("setup", id="38-empty-on-an-unseen-topic")])
async def test_clearing_what_was_never_seen_is_ignored(name: str, stage: Stage) -> None:
    async with stage.audience() as audience:
        before = await stage.rejected()
        where = topic(name, session=audience.session_id)
        await stage.publisher.raw(str(where), b"", retain=True)

        await audience.see_fresh_data()
        assert await stage.rejected() == before

    assert "removed" not in {frame["type"] for frame in audience.sent}


def twice(good: Frame) -> bytes:
    return json.dumps(good).encode()[:-1] + b',"state":"idle"}'


def having(**fields: object) -> Callable[[Frame], bytes]:
    return lambda good: json.dumps(good | fields).encode()


MARKUP = "<img src=x onerror=alert(1)>"
CROWDED = {"lap": 1, "fuel": 1, "position": 1, "later": [{}], "__proto__": {"lap": 9}}


@pytest.mark.parametrize(
    ("name", "make"),
    [
        pytest.param("status", twice, id="50-last-of-two-keys-wins"),
        pytest.param("status", having(later={"a": [None, 1.5]}), id="59-unknown-field"),
        pytest.param("telemetry", having(telemetry=CROWDED), id="59-unknown-telemetry-field"),
        pytest.param("status", having(driver=MARKUP), id="67-markup"),
        pytest.param("setup", having(setup={"x": {"n": MARKUP}}), id="67-markup-in-setup"),
        pytest.param("status", having(__proto__={"state": "lost"}), id="68-proto"),
    ],
)
async def test_unusual_content_is_passed_on_as_it_is(
    name: str, make: Callable[[Frame], bytes], stage: Stage
) -> None:
    async with stage.audience() as audience:
        body = make(document(name, 1, session=audience.session_id))
        await stage.send(audience.session_id, name, body)

        update = await audience.first.update(name, 1)
        assert update["data"] == json.loads(body)
        assert await audience.values() == {name: json.loads(body)}
        await audience.see_fresh_data()


@pytest.mark.parametrize(
    "timestamp",
    [
        pytest.param("1970-01-01T00:00:00.000Z", id="62-1970"),
        pytest.param(
            (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            id="62-tomorrow",
        ),
    ],
)
async def test_wrong_clock_of_a_monitor_makes_nothing_stale(timestamp: str, stage: Stage) -> None:
    async with stage.audience() as audience:
        for name in ("status", "telemetry"):
            good = await audience.see(name, 1, timestamp=timestamp)
            update = audience.healthy.frames[-1]
            assert update["data"] == good
            assert abs(clock_ms() - update["received_at"]) < 10_000

        await audience.see_fresh_data()
        await audience.first.send("request_latest", session_id=audience.session_id)
        assert (await audience.first.of("snapshot"))["active"] == MONITOR


@pytest.mark.parametrize(
    ("birth", "seq"),
    [
        pytest.param(BIRTH, 5, id="63-seq-of-the-last"),
        pytest.param(BIRTH, 4, id="63-lower-seq"),
        pytest.param(BIRTH - 1, 6, id="65-older-birth"),
    ],
)
async def test_message_that_is_no_news_is_ignored(birth: int, seq: int, stage: Stage) -> None:
    async with stage.audience() as audience:
        good = await audience.see("telemetry", 5)
        before = await stage.rejected()
        await publish(stage, audience, "telemetry", seq, birth=birth)

        await audience.see_fresh_data()
        assert await audience.values() == {"telemetry": good}
        assert await stage.rejected() == before

    assert audience.updates("telemetry") == [5]


@pytest.mark.parametrize(
    ("birth", "seqs"),
    [
        pytest.param(BIRTH, [7, 0], id="65-will-of-the-newest-birth"),
        pytest.param(BIRTH - 1, [7], id="65-will-of-an-older-birth"),
    ],
)
async def test_will_counts_unless_its_birth_is_older(
    birth: int, seqs: list[int], stage: Stage
) -> None:
    async with stage.audience() as audience:
        await audience.see("status", 7)
        await publish(stage, audience, "status", 0, state="lost", birth=birth)

        await audience.see_fresh_data()

    assert audience.updates("status") == seqs


@pytest.mark.parametrize(("seqs", "lost"), [pytest.param([1, 2, 5], 2, id="64-gap")])
async def test_gap_is_told_as_loss(seqs: list[int], lost: int, stage: Stage) -> None:
    async with stage.audience() as audience:
        for seq in seqs:
            await audience.see("telemetry", seq)

        heartbeat = await audience.healthy.of("heartbeat")

    assert (heartbeat["session_id"], heartbeat["lost"]) == (audience.session_id, lost)
    assert heartbeat["received"] == len(seqs)


async def test_telemetry_without_a_required_field_is_passed_on_with_one_warning(
    stage: Stage,
) -> None:
    async with stage.audience() as audience:
        since = len(stage.lines.all)
        for seq in (1, 2):
            await audience.see("telemetry", seq, telemetry={"lap": 1, "fuel": None})

        await audience.see_fresh_data()

    warning = "[Server] WARNING: Telemetry missing required fields: ['position']"
    assert len(stage.lines.of(warning, since)) == 1
