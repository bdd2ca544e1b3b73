"""Peers that hold connections open, or make them grow: bounded, and nobody else notices."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import httpx
import pytest
from websockets.frames import Frame, Opcode

from pitboard.bridge import connections, wire
from pitboard.bridge.connections import MAX_REQUESTING, OTHER_FILES, make_room_for
from pitboard.bridge.server import BridgeServer
from tests.bridge.support import Browser, Publisher, browsing, eventually, settings, stalling
from tests.brokers import TIMEOUT_S, Mosquitto

pytestmark = pytest.mark.anyio

MOST = 8
BULK = {"category": {f"setting {number}": "x" * 64 for number in range(300)}}

HEAD = b"GET /static/vendor/uplot.js HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture
async def server(broker: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BridgeServer]:
    """A bridge for few connections."""
    monkeypatch.setattr(connections, "MAX_REQUESTING", MOST)
    async with BridgeServer(settings(broker.url)) as server:
        yield server


def refused(server: BridgeServer) -> Counter[str]:
    return server.bridge.refused


def open_connections(server: BridgeServer) -> set[Any]:
    """All that uvicorn has open, WebSockets too."""
    assert server._server is not None
    return server._server.server_state.connections


@asynccontextmanager
async def connected(server: BridgeServer) -> AsyncIterator[socket.socket]:
    """A peer that takes little and reads only when it wants to."""
    loop = asyncio.get_running_loop()
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.setblocking(False)
        await loop.sock_connect(sock, ("127.0.0.1", server.port))
        yield sock


async def ends(sock: socket.socket) -> None:
    """Read until the bridge ends the connection."""
    loop = asyncio.get_running_loop()
    with suppress(ConnectionError):
        async with asyncio.timeout(TIMEOUT_S):
            while await loop.sock_recv(sock, 65_536):
                pass


async def say_nothing(_sock: socket.socket) -> None:
    """Half open: connected, and then nothing."""


async def begin_a_head(sock: socket.socket) -> None:
    await asyncio.get_running_loop().sock_sendall(sock, HEAD)


async def begin_a_body(sock: socket.socket) -> None:
    request = HEAD + b"Content-Length: 60000\r\n\r\nx"
    await asyncio.get_running_loop().sock_sendall(sock, request)


async def read_no_answer(sock: socket.socket) -> None:
    await asyncio.get_running_loop().sock_sendall(sock, (HEAD + b"\r\n") * 50)


@pytest.mark.parametrize("hold", [say_nothing, begin_a_head, begin_a_body, read_no_answer])
async def test_connections_that_wait_are_bounded_and_the_first_makes_room(
    server: BridgeServer, hold: Callable[[socket.socket], Awaitable[None]]
) -> None:
    async with browsing(server) as crew, AsyncExitStack() as stack:
        await crew.join()
        held = []
        for _ in range(3 * MOST):
            held.append(await stack.enter_async_context(connected(server)))
            await hold(held[-1])

        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
            for path in ("/livez", "/readyz", "/metrics"):
                assert (await http.get(path)).status_code == 200
        assert len(open_connections(server)) <= MOST + 1
        await crew.send("ping", t=1)
        await crew.of("pong")

        await ends(held[0])
        assert refused(server)["connections"] >= 2 * MOST


async def test_connection_that_asks_again_is_not_the_first_to_go(server: BridgeServer) -> None:
    """A proxy's connections live long."""
    async with (
        httpx.AsyncClient(base_url=server.url, trust_env=False) as proxy,
        AsyncExitStack() as stack,
    ):
        addresses = set()
        for _ in range(3 * MOST):
            response = await proxy.get("/livez")
            stream = response.extensions["network_stream"]
            addresses.add(stream.get_extra_info("client_addr"))
            await stack.enter_async_context(connected(server))

    assert len(addresses) == 1
    assert refused(server)["connections"] > 0


async def test_websockets_take_no_place_of_requests(server: BridgeServer) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(2 * MOST):
            await stack.enter_async_context(browsing(server))

        assert refused(server)["connections"] == 0


async def test_place_is_free_when_the_peer_is_gone(server: BridgeServer) -> None:
    for _ in range(3 * MOST):
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
            assert (await http.get("/livez")).status_code == 200

    assert refused(server)["connections"] == 0


@pytest.mark.parametrize("hold", [say_nothing, begin_a_head])
async def test_head_that_takes_too_long_is_counted(
    server: BridgeServer,
    hold: Callable[[socket.socket], Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "HEAD_TIMEOUT_S", 0.1)
    async with connected(server) as sock:
        await hold(sock)
        await ends(sock)

    assert refused(server)["head_time"] == 1


async def test_head_that_is_too_large_is_counted(server: BridgeServer) -> None:
    async with connected(server) as sock:
        await asyncio.get_running_loop().sock_sendall(sock, HEAD + b"X: " + b"x" * 20_000)
        await ends(sock)

    assert refused(server)["head_size"] == 1


def piece(opcode: Opcode, data: bytes = b"", *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=True)


# Few enough to be read at once: what is still unread at a close takes the close code with it.
@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(piece(Opcode.PING) * 300, id="pings"),
        pytest.param(piece(Opcode.PONG) * 300, id="pongs"),
        pytest.param(
            piece(Opcode.TEXT, b"{", fin=False) + piece(Opcode.CONT, fin=False) * 300,
            id="empty pieces",
        ),
    ],
)
async def test_pieces_that_no_page_sends_are_too_many(server: BridgeServer, frames: bytes) -> None:
    async with browsing(server) as browser:
        await browser.join()
        browser.connection.transport.write(frames)

        assert await browser.closed() == 4429
        await eventually(lambda: refused(server)["frame_rate"] == 1)


async def test_frame_in_many_pieces_is_taken(server: BridgeServer) -> None:
    async with browsing(server) as browser:
        text = '{"type":"join_session","session_id":"spa","later":"' + "x" * 60_000 + '"}'
        await browser.connection.send([text[n : n + 1024] for n in range(0, len(text), 1024)])

        assert (await browser.of("snapshot"))["session_id"] == "spa"


async def fill(server: BridgeServer, browser: Browser, publisher: Publisher) -> Any:
    """Publish until the bridge can write nothing more to the browser; its end of the line."""
    (served,) = server.bridge.browsers
    end: Any = served.outbox._wake.__self__._wire  # type: ignore[attr-defined]
    seq = 0
    async with asyncio.timeout(TIMEOUT_S):
        while end.is_writable:
            seq += 1
            await publisher.publish("setup", seq, setup=BULK, retain=False)
    assert browser.connection.transport.is_reading() is False
    return end


async def test_answers_to_pings_do_not_pile_up_for_who_reads_nothing(
    server: BridgeServer, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "PIECES_BURST", 1e9)
    async with stalling(server) as stalled:
        end = await fill(server, stalled, publisher)
        before = end.unsent

        stalled.connection.transport.write(
            piece(Opcode.PING, b"x" * 100) * 500 + piece(Opcode.CLOSE)
        )
        await eventually(lambda: not server.bridge.browsers)

        assert before > 0
        assert end.unsent <= before + 100


async def test_unread_frames_do_not_keep_a_connection_that_has_ended(
    server: BridgeServer, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A peer that reads nothing and breaks a rule must not hold a socket for ever."""
    monkeypatch.setattr("pitboard.bridge.sockets.GOODBYE_S", 0.1)
    async with stalling(server) as stalled:
        end = await fill(server, stalled, publisher)

        stalled.connection.transport.write(piece(Opcode.TEXT, b"x" * 70_000))

        await eventually(lambda: end.transport.get_extra_info("socket").fileno() == -1)
        assert end.unsent == 0


def test_process_may_open_files_for_all_its_browsers(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    resource = pytest.importorskip("resource")
    limits = [256, 1500]
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: tuple(limits))
    monkeypatch.setattr(resource, "setrlimit", lambda _kind, new: limits.__setitem__(0, new[0]))

    make_room_for(500)
    assert limits == [500 + MAX_REQUESTING + OTHER_FILES, 1500]
    assert caplog.records == []

    make_room_for(100)
    assert limits[0] == 500 + MAX_REQUESTING + OTHER_FILES

    make_room_for(5000)
    assert limits[0] == 1500
    assert "5000 connections need" in caplog.text
