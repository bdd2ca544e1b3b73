"""Topics that are none of ours: whatever a broker lets through, the bridge drops it."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.bridge.stage import FRESH_S, MARK, Stage, staged
from tests.bridge.support import payload
from tests.broker.clients import packet, raw_client, text
from tests.brokers import EmbeddedInThread, Mosquitto, has_mosquitto

pytestmark = pytest.mark.anyio

LONGEST = 65_535

REFUSED = "[Server] ERROR handling message: topic: not a pitboard topic: "

# `{id}` is the watched session, `{ID}` the same in upper case; lone surrogates are raw bytes.
TOPICS = [
    pytest.param("pitboard/v1//pc-1/setup", id="1-no-session"),
    pytest.param("pitboard/v1/{id}//setup", id="1-no-monitor"),
    pytest.param("pitboard/v1/+/pc-1/setup", id="2-plus-for-session"),
    pytest.param("pitboard/v1/{id}/+/setup", id="2-plus-for-monitor"),
    pytest.param("pitboard/v1/a#b/pc-1/setup", id="3-hash-in-session"),
    pytest.param("pitboard/v1/{id}/a#b/setup", id="3-hash-in-monitor"),
    pytest.param("pitboard/v1/../x/setup", id="4-dot-dot-for-session"),
    pytest.param("pitboard/v1/{id}/../setup", id="4-dot-dot-for-monitor"),
    pytest.param("pitboard/v1/{id}/pc-1/setup/extra", id="5-one-level-more"),
    pytest.param("pitboard/v1/{id}", id="6-session-alone"),
    pytest.param("/pitboard/v1/{id}/pc-1/setup", id="7-leading-slash"),
    pytest.param("pitboard/v1/{ID}/pc-1/setup", id="8-upper-case-session"),
    pytest.param("pitboard/v1/{id}/PC-1/setup", id="8-upper-case-monitor"),
    pytest.param("pitboard/v1/" + "a" * 1000 + "/pc-1/setup", id="9-session-of-1000"),
    pytest.param("pitboard/v1/{id}/" + "a" * 1000 + "/setup", id="9-monitor-of-1000"),
    pytest.param("pitboard/v1/{id}/" + "a" * LONGEST, id="10-65535-bytes"),
    pytest.param("pitboard/v1/{id}/a\0b/setup", id="11-nul"),
    pytest.param("pitboard/v1/{id}/\udcff\udcfe/setup", id="12-invalid-utf-8"),
    pytest.param("pitboard/v1/{id}/\udced\udca0\udc80/setup", id="13-surrogate-bytes"),
    pytest.param("pitboard/v1/{id}/a\u202eb/setup", id="14-right-to-left"),
    pytest.param("$SYS/x", id="15-sys"),
    pytest.param("pitboard/v1/{id}/pc-1/foo", id="19-unknown-channel"),
    pytest.param("pitboard/v1/{id}/pc-1%2Fsetup", id="20-percent-encoded"),
]

# What MQTT allows and the subscription to the session matches: it reaches the bridge.
ARRIVING = [
    "pitboard/v1/{id}//setup",
    "pitboard/v1/{id}/../setup",
    "pitboard/v1/{id}/pc-1/setup/extra",
    "pitboard/v1/{id}",
    "pitboard/v1/{id}/PC-1/setup",
    "pitboard/v1/{id}/a\u202eb/setup",
    "pitboard/v1/{id}/pc-1/foo",
    "pitboard/v1/{id}/pc-1%2Fsetup",
]


def written(where: str, session_id: str) -> bytes:
    name = where.replace("{id}", session_id).replace("{ID}", session_id.upper())
    return name.encode(errors="surrogateescape")[:LONGEST]


@pytest.mark.parametrize("where", TOPICS)
async def test_bad_topic_is_dropped_and_harms_nobody(where: str, stage: Stage) -> None:
    async with stage.audience() as audience:
        good = await audience.see("setup", 1)
        before, since = await stage.rejected(), len(stage.lines.all)
        name = written(where, audience.session_id)
        for _ in range(3):
            stage.inject(name, payload("setup", 2, session=audience.session_id, note=MARK))

        await audience.see_fresh_data()
        assert await audience.values() == {"setup": good}
        assert await stage.rejected() - before == {("topic", "-"): 3}

    assert audience.updates("setup") == [1]
    assert MARK not in str(audience.sent)
    assert len(stage.lines.of("[Server] ERROR", since)) <= 1
    lines = stage.lines.of(REFUSED)
    assert lines
    assert all(line.isascii() and line.isprintable() and len(line) < 500 for line in lines)


async def test_invented_topics_are_one_cause_for_the_log(stage: Stage) -> None:
    """A stranger could otherwise use up the causes of a minute, and hide what breaks next."""
    async with stage.audience() as audience:
        since = len(stage.lines.all)
        for number in range(300):
            name = f'pitboard/v1/{audience.session_id}/it\'s "{number}"/x{"y" * number}'
            stage.inject(name.encode(), b"{}")
        await audience.see_fresh_data()

        body = payload("lap", 1, session=audience.session_id, lap_summary={"run": 1})
        await stage.send(audience.session_id, "lap", body)
        await audience.see_fresh_data()

    assert len(stage.lines.of(REFUSED, since)) <= 1
    assert stage.lines.of("[Server] ERROR: Missing lap_summary.lap in lap", since)


@pytest.mark.parametrize("name", [pytest.param(b"", id="16-empty-topic")])
async def test_bridge_comes_back_from_a_packet_that_ends_its_link(
    name: bytes, stage: Stage
) -> None:
    """MQTT has no empty topic; both brokers hang up on whoever publishes one."""
    async with stage.audience() as audience:
        good = await audience.see("setup", 1)
        stage.inject(name, payload("setup", 2, note=MARK))

        links = [(await audience.healthy.of("upstream"))["connected"] for _ in range(2)]
        assert links == [False, True]
        async with asyncio.timeout(FRESH_S):
            latest = await audience.see("telemetry", 1)
        assert await audience.values() == {"setup": good, "telemetry": latest}

    assert MARK not in str(audience.sent)


@pytest.fixture(params=["embedded", "mosquitto"])
def broker(request: pytest.FixtureRequest) -> Iterator[EmbeddedInThread | Mosquitto]:
    if request.param == "mosquitto" and not has_mosquitto():
        pytest.skip("mosquitto is not installed")
    with EmbeddedInThread() if request.param == "embedded" else Mosquitto() as running:
        yield running


async def test_publishers_of_bad_topics_harm_nobody(broker: EmbeddedInThread | Mosquitto) -> None:
    """Which of them a broker closes, drops or hands on is its own affair."""
    async with staged(broker) as stage, stage.audience() as audience:
        good = await audience.see("setup", 1)
        body = payload("setup", 2, session=audience.session_id, note=MARK)
        for where in [str(case.values[0]) for case in TOPICS] + [""]:
            with raw_client(broker, "hostile") as hostile:
                name = written(where, audience.session_id)
                hostile.sendall(packet(0x30, text(name) + body))

        for where in ARRIVING:
            name = written(where, audience.session_id)
            await stage.publisher.raw(name.decode(), body)
        await audience.see_fresh_data()
        rejected = await stage.rejected()
        assert set(rejected) == {("topic", "-")}
        assert rejected.total() >= len(ARRIVING)
        assert await audience.values() == {"setup": good}

    assert audience.updates("setup") == [1]
    assert MARK not in str(audience.sent)
    assert "upstream" not in {frame["type"] for frame in audience.sent}
