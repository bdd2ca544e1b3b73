"""The bridge as a server: start, stop, and browsers that do not read."""

import asyncio
import socket
import time

import pytest
import uvicorn

from pitboard.bridge.app import create_app
from pitboard.bridge.server import BridgeServer, _Server
from pitboard.bridge.settings import BridgeSettings
from pitboard.bridge.sockets import Browser
from pitboard.contract.errors import SettingsError
from tests.bridge.support import SESSION, Publisher, browsing, eventually, settings
from tests.brokers import TIMEOUT_S, Mosquitto, free_port

pytestmark = pytest.mark.anyio

BULK = {"category": {f"setting {n}": "x" * 64 for n in range(300)}}


async def stalled_browser(server: BridgeServer) -> socket.socket:
    """A browser that joins and then never reads."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(sock, ("127.0.0.1", server.port))
    await loop.sock_sendall(
        sock,
        b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    )
    assert (await loop.sock_recv(sock, 4096)).endswith(b"\r\n\r\n")
    text = b'{"type":"join_session","session_id":"%s"}' % SESSION.encode()
    await loop.sock_sendall(sock, bytes((0x81, 0x80 | len(text), 0, 0, 0, 0)) + text)
    return sock


async def is_closed(sock: socket.socket) -> bool:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(TIMEOUT_S):
            while await loop.sock_recv(sock, 1 << 20):
                pass
    except ConnectionError:
        pass
    return True


async def test_stalled_browser_delays_nobody_and_is_cut_off(
    broker: Mosquitto, publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        BridgeServer(settings(broker.url, stuck_after_s=0.5)) as server,
        browsing(server) as healthy,
    ):
        stalled = await stalled_browser(server)
        await healthy.join()
        for seq in range(1, 200):
            await publisher.publish("setup", seq, setup=BULK, retain=False)
            started = time.monotonic()
            await healthy.update("setup", seq)
            assert time.monotonic() - started < 1

        await eventually(lambda: "code=4008" in caplog.text)
        assert await is_closed(stalled)
        stalled.close()


async def test_browser_with_too_much_waiting_is_closed(
    broker: Mosquitto,
    publisher: Publisher,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pitboard.bridge.sockets.GOODBYE_S", 0.2)
    async with BridgeServer(settings(broker.url)) as server, browsing(server) as healthy:
        stalled = await stalled_browser(server)
        await healthy.join()
        port = stalled.getsockname()[1]
        (outbox,) = [
            browser.outbox
            for browser in server.bridge.browsers
            if isinstance(browser, Browser) and browser._ws.client == ("127.0.0.1", port)
        ]
        outbox._max_frames = 3
        for seq in range(1, 200):
            await publisher.publish("setup", seq, setup=BULK, retain=False)
            await healthy.update("setup", seq)

        await eventually(lambda: "too much is waiting" in caplog.text)
        assert await is_closed(stalled)
        stalled.close()


async def test_stop_is_quick_and_says_restart(broker: Mosquitto, publisher: Publisher) -> None:
    async with BridgeServer(settings(broker.url)) as server:
        async with browsing(server) as first, browsing(server) as second:
            await first.join()
            await second.join()
            stalled = await stalled_browser(server)
            for seq in range(1, 60):
                await publisher.publish("setup", seq, setup=BULK, retain=False)
            await first.update("setup", 59)
            await second.update("setup", 59)
            started = time.monotonic()
            await server.__aexit__(None, None, None)
            took_s = time.monotonic() - started

            assert await first.closed() == 1012
            assert await second.closed() == 1012
        stalled.close()

    assert took_s < 3


async def test_busy_port_is_one_line_that_names_the_option(broker: Mosquitto) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]

        with pytest.raises(SettingsError, match=r"^port \d+ .*--port$"):
            async with BridgeServer(BridgeSettings(broker_urls=(broker.url,), port=port)):
                pass


async def test_unknown_address_is_named() -> None:
    with pytest.raises(SettingsError, match="--host"):
        async with BridgeServer(BridgeSettings(host="no.such.host.invalid")):
            pass


async def test_bridge_without_a_broker_starts_all_the_same() -> None:
    url = f"mqtt://127.0.0.1:{free_port()}"
    async with BridgeServer(settings(url)) as server, browsing(server) as browser:
        snapshot = await browser.join()

    assert snapshot["upstream"] == {"connected": False}


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
        ("pit", "http://pit:8000"),
    ],
)
def test_url_is_one_to_open(host: str, url: str) -> None:
    assert BridgeServer(BridgeSettings(host=host)).url == url


async def test_application_runs_on_a_plain_uvicorn(broker: Mosquitto, publisher: Publisher) -> None:
    """Without our protocol class frames take the long way."""
    given = settings(broker.url)
    plain = BridgeServer(given)
    with socket.create_server(("127.0.0.1", 0)) as sock:
        plain.port = sock.getsockname()[1]
        config = uvicorn.Config(
            create_app(given), ws="websockets-sansio", lifespan="on", log_config=None
        )
        server = _Server(config)
        task = asyncio.create_task(server.serve(sockets=[sock]))
        await server.has_started.wait()

        async with browsing(plain) as browser:
            await browser.join()
            for seq in range(1, 50):
                await publisher.publish("setup", seq)
            await browser.update("setup", 49)
            seqs = [f["data"]["seq"] for f in browser.frames if f["type"] == "setup_update"]
            assert seqs == list(range(1, 50))
            await browser.connection.send("bad")
            assert await browser.closed() == 4400

        server.should_exit = True
        await task
