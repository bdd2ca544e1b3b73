"""What the bridge changes in uvicorn's protocols, each told by what a peer would notice."""

import asyncio
import contextlib
import time
from collections.abc import Callable

import pytest
from websockets.frames import Frame, Opcode

from pitboard.bridge import wire
from pitboard.bridge.framing import text_frames
from pitboard.bridge.outbox import Readers
from pitboard.bridge.server import BridgeServer
from pitboard.bridge.sockets import Browser as Served
from pitboard.bridge.wire import BrowserProtocol, RequestProtocol
from tests.bridge.support import (
    Browser,
    Publisher,
    browsing,
    eventually,
    settings,
    stalling,
)
from tests.brokers import TIMEOUT_S, Mosquitto

pytestmark = pytest.mark.anyio

BULK = {"category": {f"setting {number}": "x" * 64 for number in range(300)}}
PAUSE_S = 0.1

BULKY = {"lap": 1, "fuel": 1.0, "position": 1, "later": "x" * 30_000}


def served(server: BridgeServer, browser: Browser) -> BrowserProtocol:
    """The bridge's end of a browser's connection."""
    client = browser.connection.local_address
    (found,) = [
        each._wire
        for each in server.bridge.browsers
        if isinstance(each, Served) and each._ws.client == client
    ]
    assert isinstance(found, BrowserProtocol)
    return found


async def stand_still(server: BridgeServer, browser: Browser, publisher: Publisher) -> int:
    """Publish setups until the bridge can write nothing more; the last `seq`."""
    end = served(server, browser)
    seq = 0
    async with asyncio.timeout(TIMEOUT_S):
        while end.is_writable:
            seq += 1
            await publisher.publish("setup", seq, setup=BULK, retain=False)
    # It is only told apart from a short pause by a message that still does not leave.
    for _ in range(3):
        seq += 1
        await publisher.publish("setup", seq, setup=BULK, retain=False)
    assert not end.is_writable
    return seq


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 100_000])
def test_frame_is_what_the_library_would_send(size: int) -> None:
    text = b"x" * size

    assert text_frames([text]) == Frame(Opcode.TEXT, text).serialize(mask=False)


async def test_frames_of_a_browser_take_the_direct_way(server: BridgeServer) -> None:
    async with browsing(server) as browser:
        await browser.join()

        assert served(server, browser).handshake_complete


CLOSE = Frame(Opcode.CLOSE, b"").serialize(mask=True, extensions=[])
NO_FRAME = b"\x8f\x80\0\0\0\0"


@pytest.mark.parametrize(
    "happens",
    [
        pytest.param(lambda end: end.pause_writing(), id="does not read"),
        pytest.param(lambda end: end.eof_received(), id="has closed its side"),
        pytest.param(lambda end: end.data_received(CLOSE), id="says goodbye"),
        pytest.param(lambda end: end.data_received(NO_FRAME), id="breaks the protocol"),
        pytest.param(lambda end: end.keepalive_timeout(), id="answers no ping"),
        pytest.param(lambda end: end.shutdown(), id="server stops"),
    ],
)
async def test_browser_that_takes_no_more_is_left_out_at_once(
    server: BridgeServer, happens: Callable[[BrowserProtocol], None]
) -> None:
    """Its transport would take frames a while longer, behind the close frame too."""
    async with browsing(server) as browser:
        await browser.join()
        end = served(server, browser)
        readers: Readers = {}
        (outbox,) = [each.outbox for each in server.bridge.browsers]
        outbox.enlist(readers)
        assert readers

        happens(end)

        assert not readers
        end.transport.abort()


async def test_browser_that_is_gone_is_left_out(server: BridgeServer) -> None:
    async with browsing(server) as browser:
        await browser.join()
        readers: Readers = {}
        (outbox,) = [each.outbox for each in server.bridge.browsers]
        outbox.enlist(readers)

        browser.connection.transport.abort()

        await eventually(lambda: not readers)


@pytest.mark.skipif(wire._NOTSENT_LOWAT is None, reason="this system has no TCP_NOTSENT_LOWAT")
async def test_browser_that_reads_again_is_not_shown_megabytes_of_the_past(
    server: BridgeServer, publisher: Publisher
) -> None:
    async with browsing(server) as healthy, stalling(server) as stalled:
        await healthy.join()
        for seq in range(1, 201):
            await publisher.publish("telemetry", seq, telemetry=BULKY, retain=False)
        await healthy.update("telemetry", 200)

        stalled.connection.transport.resume_reading()
        await stalled.update("telemetry", 200)

    assert sum(frame["type"] == "telemetry_update" for frame in stalled.frames) < 20


async def test_browser_that_reads_again_gets_what_waited_at_once(
    broker: Mosquitto, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pitboard.bridge.core.TICK_S", 10 * TIMEOUT_S)  # nor by a heartbeat
    async with (
        BridgeServer(settings(broker.url)) as server,
        stalling(server) as stalled,
    ):
        last = await stand_still(server, stalled, publisher)

        stalled.connection.transport.resume_reading()
        await stalled.update("setup", last)

    seqs = [frame["data"]["seq"] for frame in stalled.frames if frame["type"] == "setup_update"]
    assert seqs == list(range(1, last + 1))


async def test_browser_that_answers_no_ping_is_cut_off_with_all_that_waits_for_it(
    broker: Mosquitto, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pitboard.bridge.server.PING_INTERVAL_S", 0.5)
    monkeypatch.setattr("pitboard.bridge.server.PING_TIMEOUT_S", 1.5)
    monkeypatch.setattr("pitboard.bridge.wire.GRACE_S", 0.1)
    patient = settings(broker.url, stuck_after_s=10 * TIMEOUT_S)
    async with (
        BridgeServer(patient) as server,
        browsing(server) as healthy,
        stalling(server) as stalled,
    ):
        await healthy.join()
        await stand_still(server, stalled, publisher)

        await eventually(lambda: len(server.bridge.browsers) == 1)
        await publisher.publish("telemetry")
        await healthy.update("telemetry", 1)


async def test_stop_waits_a_moment_only_for_browsers_that_do_not_read(
    broker: Mosquitto, publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    async with BridgeServer(settings(broker.url)) as server, stalling(server) as stalled:
        await stand_still(server, stalled, publisher)
        await server.__aexit__(None, None, None)

    assert "timeout graceful shutdown exceeded" not in caplog.text


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param([Frame(Opcode.TEXT, b"\xff")], id="whole"),
        pytest.param(
            [Frame(Opcode.TEXT, b"\xc3", fin=False), Frame(Opcode.CONT, b"x")], id="in parts"
        ),
    ],
)
async def test_text_that_is_not_utf_8_is_refused_without_a_traceback(
    frames: list[Frame], server: BridgeServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with browsing(server) as browser:
        for frame in frames:
            browser.connection.transport.write(frame.serialize(mask=True))

        assert await browser.closed() == 1007

    assert [record for record in caplog.records if record.exc_info] == []


async def test_text_in_parts_is_read_whole(server: BridgeServer) -> None:
    text = '{"type":"ping","t":1,"note":"\u00fc"}'.encode()
    at = text.index(b"\xc3") + 1
    async with browsing(server) as browser:
        parts = Frame(Opcode.TEXT, text[:at], fin=False), Frame(Opcode.CONT, text[at:])
        browser.connection.transport.write(b"".join(part.serialize(mask=True) for part in parts))

        assert await browser.of("pong") == {"type": "pong", "t": 1}


async def rest_of(reader: asyncio.StreamReader) -> bytes:
    data = b""
    # A server that closes with our bytes unread resets the connection.
    with contextlib.suppress(ConnectionResetError):
        while piece := await reader.read(65_536):
            data += piece
    return data


async def answer_to(server: BridgeServer, *pieces: bytes) -> bytes:
    """What comes back until the server closes; pauses lie between the pieces."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    answer = asyncio.create_task(rest_of(reader))
    for piece in pieces:
        writer.write(piece)
        await asyncio.wait([answer], timeout=PAUSE_S)
        if answer.done():
            break
    async with asyncio.timeout(TIMEOUT_S):
        await answer
    writer.close()
    return answer.result()


WHOLE = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    ("pieces", "answers"),
    [
        pytest.param([], 0, id="silence"),
        pytest.param([b"GET /li"], 0, id="part"),
        pytest.param([bytes([byte]) for byte in WHOLE], 0, id="byte by byte"),
        pytest.param([WHOLE, b"GET /li"], 1, id="part after a whole one"),
    ],
)
async def test_head_that_does_not_come_in_time_ends_the_connection(
    pieces: list[bytes], answers: int, server: BridgeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pitboard.bridge.wire.HEAD_TIMEOUT_S", 0.5)
    began = time.monotonic()

    answer = await answer_to(server, *pieces)

    assert answer.count(b"HTTP/1.1 200 ") == answers
    assert time.monotonic() - began < PAUSE_S * len(WHOLE)


async def test_time_for_the_head_ends_with_the_head(
    server: BridgeServer, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or no browser could stay longer than that."""
    monkeypatch.setattr("pitboard.bridge.wire.HEAD_TIMEOUT_S", 1.0)
    async with browsing(server) as browser:
        await browser.join()
        began = time.monotonic()
        seq = 0
        while time.monotonic() - began < 1.5:
            seq += 1
            await publisher.publish("telemetry", seq)
            await browser.update("telemetry", seq)


async def test_connection_that_ends_leaves_no_clock_running(server: BridgeServer) -> None:
    assert server._server is not None
    connections = server._server.server_state.connections
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    await eventually(lambda: bool(connections))
    (protocol,) = connections
    assert isinstance(protocol, RequestProtocol)
    timer = protocol._head_timer
    assert timer is not None

    writer.close()

    await eventually(timer.cancelled)
    assert not connections


UPGRADE = (
    b"Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        pytest.param(b"GET /ws?%s HTTP/1.1\r\n" % (b"x" * 10_000), 431, id="long target"),
        pytest.param(b"GET /ws HTTP/1.1\r\nX: %s\r\n" % (b"x" * 10_000), 431, id="long field"),
        pytest.param(b"GET /ws HTTP/1.1\r\n" + b"X: x\r\n" * 200, 431, id="many fields"),
        pytest.param(b"POST /ws HTTP/1.1\r\n", 400, id="another method"),
        pytest.param(b"GET /ws HTTP/1.1\r\nContent-Length: 3\r\n", 400, id="body"),
    ],
)
async def test_upgrade_that_cannot_be_read_is_answered(
    head: bytes, status: int, server: BridgeServer
) -> None:
    answer = await answer_to(server, head + UPGRADE + b"\r\n")

    assert answer.startswith(b"HTTP/1.1 %d " % status)
