"""A TCP relay that fails on demand in the ways a network does, and reads MQTT along.

It runs on an event loop in a thread of its own, so every test can use it, with a loop or without.
"""

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Self

from tests.brokers import TIMEOUT_S

HOST = "127.0.0.1"

CONNECT = 0x10
PUBLISH = 3


# With lingering on and no time for it, closing a socket sends RST.
_LINGER_NOT = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Published:
    """One PUBLISH packet as a client sent it."""

    topic: str
    qos: int
    is_retained: bool
    payload: bytes

    @classmethod
    def parse(cls, packet: bytes) -> Self:
        at = 1
        while packet[at] & 128:
            at += 1
        body = packet[at + 1 :]
        length = int.from_bytes(body[:2], "big")
        qos = (packet[0] >> 1) & 3
        return cls(
            topic=body[2 : 2 + length].decode(errors="replace"),
            qos=qos,
            is_retained=bool(packet[0] & 1),
            payload=body[2 + length + (2 if qos else 0) :],
        )


class Proxy:
    """Relays clients to a server: ``with Proxy(broker.port) as proxy: ... proxy.cut()``.

    Args:
        target_port: Where the server listens.
        delay_s: How long each piece of data takes, each way.
        piece_bytes: The largest piece.

    Attributes:
        published: What clients published and was not held back, swallowed packets included.
    """

    def __init__(
        self, target_port: int, *, delay_s: float = 0.0, piece_bytes: int = 65_536
    ) -> None:
        self.host = HOST
        self.delay_s = delay_s
        self._piece_bytes = piece_bytes
        self.published: list[Published] = []
        self._target_port = target_port
        # Bound without listening: connections are refused, yet nobody else gets the port.
        self._claim = socket.socket()
        self._claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._claim.bind((HOST, 0))
        self.port: int = self._claim.getsockname()[1]
        self._server: socket.socket | None = None
        self._standing: dict[asyncio.Task[None], tuple[socket.socket, socket.socket]] = {}
        self._flowing = asyncio.Event()
        self._is_corrupting = False
        self._is_swallowed: Callable[[Published], bool] = _nothing
        self._random = random.Random(1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    @property
    def url(self) -> str:
        """Where MQTT clients connect."""
        return f"mqtt://{self.host}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self.restore()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT_S)
        self._loop.close()
        self._claim.close()

    def cut(self) -> None:
        """End all connections and refuse new ones."""
        self._do(self._cut())

    def restore(self) -> None:
        """Accept connections and let everything flow as it is: all faults are over."""
        self._do(self._restore())

    def reset(self) -> None:
        """End all standing connections with RST; new ones are accepted."""
        self._do(self._end(with_reset=True))

    def stall(self) -> None:
        """Deliver nothing more, either way, on standing and on new connections; all stay open."""
        self._do(self._set_flowing(False))

    def resume(self) -> None:
        """End a stall; what was held back comes first."""
        self._do(self._set_flowing(True))

    def corrupt(self) -> None:
        """Flip bytes of what is delivered, both ways, until `restore`."""
        self._is_corrupting = True

    def swallow(self, is_wanted: Callable[[Published], bool]) -> None:
        """Keep the PUBLISH packets of clients that *is_wanted* from the server until `restore`."""
        self._is_swallowed = is_wanted

    def _do(self, action: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(action, self._loop).result(TIMEOUT_S)

    async def _set_flowing(self, is_flowing: bool) -> None:
        if is_flowing:
            self._flowing.set()
        else:
            self._flowing.clear()

    async def _cut(self) -> None:
        if self._server is not None:
            self._loop.remove_reader(self._server)
            self._server.close()
            self._server = None
        await self._end()

    async def _restore(self) -> None:
        self._is_corrupting = False
        self._is_swallowed = _nothing
        self._flowing.set()
        if self._server is None:
            self._server = socket.create_server((HOST, self.port))
            self._server.setblocking(False)
            self._loop.add_reader(self._server, self._accept, self._server)

    async def _end(self, *, with_reset: bool = False) -> None:
        standing = dict(self._standing)
        for task, sockets in standing.items():
            if with_reset:
                for sock in sockets:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
            task.cancel()
        await asyncio.gather(*standing, return_exceptions=True)

    def _accept(self, server: socket.socket) -> None:
        try:
            client, _ = server.accept()
        except OSError:  # it has gone again
            return
        target = socket.socket()
        for sock in (client, target):
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        task = self._loop.create_task(self._relay(client, target), name="proxied connection")
        self._standing[task] = (client, target)
        task.add_done_callback(self._close)

    def _close(self, task: asyncio.Task[None]) -> None:
        for sock in self._standing.pop(task):
            sock.close()

    async def _relay(self, client: socket.socket, target: socket.socket) -> None:
        await self._flowing.wait()
        with contextlib.suppress(OSError):
            await self._loop.sock_connect(target, (HOST, self._target_port))
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._pump(client, target, _Packets()))
                    group.create_task(self._pump(target, client, None))
            except* OSError:
                pass

    async def _pump(
        self, source: socket.socket, sink: socket.socket, packets: "_Packets | None"
    ) -> None:
        while True:
            try:
                data = await self._loop.sock_recv(source, self._piece_bytes)
            except OSError:
                data = b""
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            # A stall holds back the end of a connection too.
            await self._flowing.wait()
            if not data:
                sink.shutdown(socket.SHUT_WR)
                return
            if packets is not None:
                data = b"".join(p for p in packets.feed(data) if self._is_passed(p))
            await self._loop.sock_sendall(sink, self._flipped(data))

    def _is_passed(self, packet: bytes) -> bool:
        if packet[0] >> 4 != PUBLISH:
            return True
        published = Published.parse(packet)
        self.published.append(published)
        return not self._is_swallowed(published)

    def _flipped(self, data: bytes) -> bytes:
        """*data*, or a piece in which about one byte in 64 is wrong.

        All bits of a byte change: what was ASCII is never taken for another valid value.
        """
        if not self._is_corrupting or not data:
            return data
        flipped = bytearray(data)
        for at in self._random.sample(range(len(data)), 1 + len(data) // 64):
            flipped[at] ^= 0xFF
        return bytes(flipped)


class _Packets:
    """Cuts a client's stream into MQTT packets; what does not begin as MQTT stays as it is."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._is_mqtt: bool | None = None

    def feed(self, data: bytes) -> list[bytes]:
        if self._is_mqtt is None:
            self._is_mqtt = data[0] == CONNECT
        if not self._is_mqtt:
            return [data]
        self._rest += data
        packets = []
        while size := _size(self._rest):
            packets.append(bytes(self._rest[:size]))
            del self._rest[:size]
        return packets


def _size(data: bytearray) -> int:
    """How many bytes the packet at the front has; 0 while it is not whole."""
    length = 0
    for at, byte in enumerate(data[1:5]):
        length |= (byte & 127) << (7 * at)
        if not byte & 128:
            size = at + 2 + length
            return size if len(data) >= size else 0
    return 0


def _nothing(_published: Published) -> bool:
    return False
