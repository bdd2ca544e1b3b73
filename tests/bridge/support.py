"""Messages, a publisher and a browser for the bridge's tests."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol, Self

import msgspec
from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from pitboard.bridge.settings import BridgeSettings
from pitboard.contract import codec
from pitboard.contract.messages import Message
from pitboard.contract.topics import Topic
from tests.brokers import TIMEOUT_S

SESSION = "spa24-92"
OTHER_SESSION = "monza-7"
MONITOR = "pc-1"
OTHER_MONITOR = "pc-2"
BIRTH = 1781376001

Frame = dict[str, Any]


def topic(name: str, monitor: str = MONITOR, session: str = SESSION) -> Topic:
    return Topic.parse(f"pitboard/v1/{session}/{monitor}/{name}")


def document(
    name: str, seq: int = 1, *, monitor: str = MONITOR, session: str = SESSION, **fields: object
) -> dict[str, object]:
    """A message for the channel; *fields* replace its content."""
    content: dict[str, dict[str, object]] = {
        "status": {"state": "online", "in_control": True, "control": 1},
        "meta": {"units": {}, "car": "Porsche 911", "track": "Spa"},
        "setup": {
            "revision": 1,
            "captured_at": "2026-06-13T18:42:07.512Z",
            "setup": {"aero": {"wing": 7}},
        },
        "telemetry": {"telemetry": {"lap": 45, "fuel": 42.3, "position": 3}},
        "lap": {
            "lap_summary": {"run": 1, "lap": 3, "finished_at": "2026-06-13T18:42:07.512Z"},
        },
        "laps": {
            "first": 0,
            "columns": ["run", "lap", "finished_at"],
            "rows": [[1, 1, "2026-06-13T18:42:07.512Z"]],
        },
    }
    return {
        "v": 1,
        "session_id": session,
        "monitor_id": monitor,
        "birth": BIRTH,
        "seq": seq,
        "timestamp": "2026-06-13T18:42:07.512Z",
        **content[name.partition("/")[0]],
        **fields,
    }


def payload(name: str, seq: int = 1, **fields: Any) -> bytes:
    return msgspec.json.encode(document(name, seq, **fields))


def message(
    name: str, seq: int = 1, *, monitor: str = MONITOR, **fields: Any
) -> tuple[Topic, Message, bytes]:
    """What the hub gets: topic, checked message and its bytes."""
    where = topic(name, monitor)
    body = payload(name, seq, monitor=monitor, **fields)
    return where, codec.decode(where, body), body


class Publisher:
    """A plain MQTT client with a thread of its own."""

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("mqtt://").partition(":")
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.connect(host, int(port))
        self._client.loop_start()

    async def publish(
        self,
        name: str,
        seq: int = 1,
        *,
        monitor: str = MONITOR,
        session: str = SESSION,
        retain: bool = True,
        **fields: object,
    ) -> bytes:
        """Publish a message of the channel, and return when the broker has it."""
        body = payload(name, seq, monitor=monitor, session=session, **fields)
        await self.raw(str(topic(name, monitor, session)), body, retain=retain)
        return body

    async def raw(self, where: str, body: bytes, *, retain: bool = False) -> None:
        info: MQTTMessageInfo = self._client.publish(where, body, qos=1, retain=retain)
        await asyncio.to_thread(info.wait_for_publish, TIMEOUT_S)
        assert info.is_published()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await asyncio.to_thread(self.close)


class Browser:
    """One WebSocket that remembers every frame it was sent."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.frames: list[Frame] = []

    async def send(self, kind: str, **fields: object) -> None:
        await self.connection.send(json.dumps({"type": kind, **fields}))

    async def join(self, session_id: str = SESSION, **fields: object) -> Frame:
        """Join, and return the snapshot."""
        await self.send("join_session", session_id=session_id, **fields)
        return await self.until(
            lambda frame: frame["type"] == "snapshot" and frame["session_id"] == session_id
        )

    async def next(self) -> Frame:
        async with asyncio.timeout(TIMEOUT_S):
            text = await self.connection.recv()
        assert isinstance(text, str)
        frame: Frame = json.loads(text)
        self.frames.append(frame)
        return frame

    async def until(self, is_wanted: Callable[[Frame], bool]) -> Frame:
        """The next frame that *is_wanted*; the others are only remembered."""
        async with asyncio.timeout(TIMEOUT_S):
            while not is_wanted(frame := await self.next()):
                pass
        return frame

    async def of(self, kind: str) -> Frame:
        return await self.until(lambda frame: frame["type"] == kind)

    async def update(self, name: str, seq: int) -> Frame:
        """The update of the channel with this `seq`."""
        return await self.until(
            lambda frame: frame["type"] == f"{name}_update" and frame["data"]["seq"] == seq
        )

    async def closed(self) -> int:
        """Read on to the end; the close code."""
        async with asyncio.timeout(TIMEOUT_S):
            try:
                while True:
                    await self.next()
            except ConnectionClosed:
                code = self.connection.close_code
        assert code is not None
        return code


class Listening(Protocol):
    """A bridge, as browsers know it."""

    @property
    def port(self) -> int: ...


@asynccontextmanager
async def browsing(server: Listening, path: str = "/ws", **options: Any) -> AsyncIterator[Browser]:
    options.setdefault("max_size", None)
    uri = f"ws://127.0.0.1:{server.port}{path}"
    async with connect(uri, compression=None, proxy=None, **options) as connection:
        yield Browser(connection)


@asynccontextmanager
async def stalling(server: Listening, session_id: str = SESSION) -> AsyncIterator[Browser]:
    """A browser with little room that joins and then reads nothing until its transport resumes."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", server.port))
    async with browsing(server, sock=sock, ping_interval=None) as browser:
        await browser.join(session_id)
        browser.connection.transport.pause_reading()
        try:
            yield browser
        finally:
            browser.connection.transport.abort()


def settings(url: str, **fields: Any) -> BridgeSettings:
    return BridgeSettings(broker_urls=(url,), port=0, jitter=0.0, first_retry_s=0.05, **fields)


async def eventually(check: Callable[[], bool]) -> None:
    """Wait until *check* holds."""
    async with asyncio.timeout(TIMEOUT_S):
        while not check():  # noqa: ASYNC110 - what is checked has no event to wait for
            await asyncio.sleep(0.005)
