"""Browsers that misbehave: each loses its own connection at most, and learns nothing from it."""

import json
import re
from collections.abc import Sequence

import pytest
from websockets.exceptions import InvalidStatus

from pitboard.bridge.settings import BridgeSettings
from pitboard.bridge.sockets import REASONS
from pitboard.contract.frames import FRAME_BURST
from tests.bridge.stage import MARK, Audience, Stage, staged
from tests.bridge.support import SESSION, Browser, Frame, browsing
from tests.brokers import EmbeddedInThread

pytestmark = pytest.mark.anyio


def join(**fields: object) -> str:
    return json.dumps({"type": "join_session", "note": MARK, **fields})


async def read_log_of(stage: Stage, error: Frame) -> str:
    """The line of the log that an error's `ref` names, between the two of its connection."""
    (line,) = [line for line in stage.lines.all if f"ref={error['ref']}: " in line]
    found = re.search(r"browser=([0-9a-f]{8}) closed", line)
    assert found is not None
    for end in ("connected", "disconnected"):
        assert stage.lines.all.count(f"[Server] Client {end}: {found[1]}") == 1
    return line


async def check_closed(
    stage: Stage, audience: Audience, bad: Browser, code: int, detail: str
) -> None:
    """It was told no more than the code's reason; the log has the detail; all others go on."""
    assert await bad.closed() == code
    error = bad.frames[-1]
    assert re.fullmatch(r"[0-9a-f]{8}", error["ref"])
    assert error == {
        "type": "error",
        "code": code,
        "message": REASONS[code],
        "ref": error["ref"],
    }
    assert bad.connection.close_reason == REASONS[code]
    assert MARK not in str(bad.frames)

    line = await read_log_of(stage, error)
    assert line.startswith("[Server] WARNING: ")
    assert f" code={code} " in line
    assert detail in line

    await audience.see_fresh_data()
    assert "error" not in {frame["type"] for frame in audience.sent}


UNKNOWN_TYPE = json.dumps({"type": MARK})

BAD_REQUESTS = [
    pytest.param(join(session_id="Spa"), "session_id", id="71-upper-case-id"),
    pytest.param(join(session_id=""), "session_id", id="71-empty-id"),
    pytest.param(join(session_id="a" * 65), "session_id", id="71-id-of-65"),
    pytest.param(join(session_id="spa24-92\n"), "session_id", id="71-line-feed-in-id"),
    pytest.param(join(session_id="../etc"), "session_id", id="72-path-as-id"),
    pytest.param(join(session_id=[SESSION, SESSION]), "session_id", id="73-two-ids"),
    pytest.param(join(session_id=7), "session_id", id="73-number-as-id"),
    pytest.param(join(session_id=None), "session_id", id="73-null-as-id"),
    pytest.param(join(), "session_id", id="73-no-id"),
    pytest.param(join(session_id=SESSION, max_hz=1e9), "max_hz", id="73-rate-out-of-range"),
    pytest.param(join(session_id=SESSION).encode(), "binary frame", id="77-binary"),
    pytest.param(MARK, "malformed", id="78-not-json"),
    pytest.param("", "truncated", id="78-empty"),
    pytest.param(UNKNOWN_TYPE, "Invalid value", id="78-unknown-type"),
    pytest.param('{"type":"ping","t":' + "[" * 30_000, "", id="78-nesting"),
]


@pytest.mark.parametrize(("frame", "detail"), BAD_REQUESTS)
async def test_bad_frame_is_a_bad_request(frame: str | bytes, detail: str, stage: Stage) -> None:
    async with stage.audience() as audience, browsing(stage.server) as bad:
        await bad.connection.send(frame)

        await check_closed(stage, audience, bad, 4400, detail)
        assert len(bad.frames) == 1


@pytest.mark.parametrize("size", [pytest.param(1_000_000, id="78-1-mb")])
async def test_huge_frame_is_refused_unread(size: int, stage: Stage) -> None:
    async with stage.audience() as audience, browsing(stage.server) as bad:
        await bad.connection.send(MARK.ljust(size, "x"))

        assert await bad.closed() == 1009
        await audience.see_fresh_data()

    assert bad.frames == []


@pytest.mark.parametrize("session_id", [pytest.param("nobody-here", id="71-nobody-publishes")])
async def test_session_that_nobody_publishes_is_waited_for(session_id: str, stage: Stage) -> None:
    async with stage.audience() as audience, browsing(stage.server) as waiting:
        snapshot = await waiting.join(session_id)
        assert (snapshot["values"], snapshot["active"]) == ([], None)

        await waiting.send("ping", t=1)
        await waiting.of("pong")
        await stage.publisher.publish("setup", session=session_id, retain=False)
        await waiting.update("setup", 1)
        await audience.see_fresh_data()

    assert "error" not in {frame["type"] for frame in waiting.frames}


@pytest.mark.parametrize("path", [pytest.param("/ws?" + MARK * 1000, id="72-query-of-10-kb")])
async def test_long_query_is_refused(path: str, stage: Stage) -> None:
    async with stage.audience() as audience:
        with pytest.raises(InvalidStatus) as refused:
            async with browsing(stage.server, path=path):
                pass

        await audience.see_fresh_data()

    assert refused.value.response.status_code == 431
    assert MARK.encode() not in refused.value.response.body


@pytest.mark.parametrize(
    "origin",
    [
        pytest.param(f"http://{MARK}.example", id="74-another-site"),
        pytest.param("http://127.0.0.1:1", id="74-another-port"),
        pytest.param("null", id="74-null"),
        pytest.param("", id="74-empty"),
        pytest.param("http://[", id="74-no-url"),
    ],
)
async def test_foreign_origin_is_refused(origin: str, stage: Stage) -> None:
    async with stage.audience() as audience:
        with pytest.raises(InvalidStatus) as refused:
            async with browsing(stage.server, additional_headers={"Origin": origin}):
                pass

        await audience.see_fresh_data()

    assert refused.value.response.status_code == 403
    assert MARK.encode() not in refused.value.response.body


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param([], id="76-nothing"),
        pytest.param(['{"type":"ping","t":1}'], id="76-only-a-ping"),
        pytest.param(
            [json.dumps({"type": "leave_session", "session_id": SESSION})], id="76-only-a-leave"
        ),
    ],
)
async def test_browser_that_never_joins_is_closed(frames: Sequence[str]) -> None:
    with EmbeddedInThread() as broker:
        async with (
            staged(broker, join_timeout_s=0.2) as stage,
            stage.audience() as audience,
            browsing(stage.server) as bad,
        ):
            for frame in frames:
                await bad.connection.send(frame)

            await check_closed(stage, audience, bad, 4408, "no join_session")


def test_browser_has_5_s_to_join_and_20_s_to_read() -> None:
    assert (BridgeSettings().join_timeout_s, BridgeSettings().stuck_after_s) == (5.0, 20.0)


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(json.dumps({"type": "ping", "t": 1}), id="79-100-pings"),
        pytest.param(join(session_id=SESSION), id="81-100-joins"),
    ],
)
async def test_hundred_frames_a_second_are_too_many(frame: str, stage: Stage) -> None:
    async with stage.audience() as audience, browsing(stage.server) as bad:
        for _ in range(100):
            await bad.connection.send(frame)

        await check_closed(stage, audience, bad, 4429, "frames a second")
        assert len(bad.frames) - 1 >= FRAME_BURST


@pytest.mark.parametrize("joins", [pytest.param(20, id="81-joins-within-the-rate")])
async def test_joining_again_changes_nothing(joins: int, stage: Stage) -> None:
    async with stage.audience() as audience, browsing(stage.server) as again:
        for _ in range(joins):
            await again.join(audience.session_id)
        await audience.see("setup", 1)
        await audience.see_fresh_data()

        await again.update("telemetry", 1)

    assert [f["data"]["seq"] for f in again.frames if f["type"] == "setup_update"] == [1]


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("leave_session", id="80-leave"),
        pytest.param("request_latest", id="80-request-latest"),
    ],
)
async def test_what_was_never_joined_is_ignored(kind: str, stage: Stage) -> None:
    async with stage.audience() as audience, browsing(stage.server) as odd:
        await odd.send(kind, session_id=audience.session_id)
        await odd.send("ping", t=1)
        await odd.of("pong")

        await audience.see_fresh_data()

    assert [frame["type"] for frame in odd.frames] == ["pong"]
