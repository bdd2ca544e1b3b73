"""The life of the embedded broker: bind, serve, forget old sessions, stop.

Keeps retained values in memory only; a monitor publishes them again when it reconnects.
"""

import asyncio
import errno
import logging
import os
import socket
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from pitboard.broker.engine import Engine
from pitboard.broker.expiry import SessionExpiry
from pitboard.contract.errors import PortTaken, SettingsError

SWEEP_EVERY_S = 3600.0
"""How often sessions nobody has needed for long are looked for."""

_ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound to

log = logging.getLogger(__name__)


class EmbeddedBroker:
    """An MQTT 3.1.1 broker on the running event loop: ``async with EmbeddedBroker() as broker:``.

    It accepts connections when entered, and anybody may connect: keep it on loopback.

    Args:
        host: address to listen on.
        port: port to listen on; 0 takes a free one, which `port` then tells.
        clock: seconds on a clock that never goes back.
        sweep_every_s: how often to drop the retained values of long silent sessions.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 1883,
        *,
        clock: Callable[[], float] = time.monotonic,
        sweep_every_s: float = SWEEP_EVERY_S,
    ) -> None:
        self.host = host
        self.port = port
        self._clock = clock
        self._sweep_every_s = sweep_every_s
        self._expiry = SessionExpiry()
        self._engine: Engine | None = None
        self._sweeper: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where a client on this machine connects."""
        host = _ANY_HOST.get(self.host, self.host)
        return f"mqtt://[{host}]:{self.port}" if ":" in host else f"mqtt://{host}:{self.port}"

    async def __aenter__(self) -> Self:
        """Raise `SettingsError` when the address cannot be listened on."""
        _quiet_amqtt()
        sock = await _bind(self.host, self.port)
        self._engine = Engine(sock, self._hear)
        try:
            await self._engine.start()
        except BaseException:
            sock.close()
            raise
        self.port = sock.getsockname()[1]
        self._sweeper = asyncio.create_task(self._sweep(self._engine), name="broker expiry")
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        # A task of its own: an anyio cancel scope cancels each wait of the task inside it, and a
        # broker stopped halfway leaves its port taken.
        await _complete(asyncio.create_task(self._stop(), name="broker stop"))

    def _hear(self, topic: str) -> None:
        self._expiry.hear(topic, self._clock())

    async def _sweep(self, engine: Engine) -> None:
        while True:
            await asyncio.sleep(self._sweep_every_s)
            expired = self._expiry.expired(engine.retained_topics, self._clock())
            for topic in expired:
                engine.publish(topic, b"", qos=0, retain=True)
            if expired:
                log.info("old sessions dropped topics=%d", len(expired))

    async def _stop(self) -> None:
        assert self._engine is not None
        assert self._sweeper is not None
        self._sweeper.cancel()
        await asyncio.wait({self._sweeper})
        await self._engine.shutdown()


async def _complete(task: asyncio.Task[None]) -> None:
    """Wait for *task* to its end even while cancelled; the cancellation is raised afterwards."""
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    task.result()
    if cancelled is not None:
        raise cancelled


async def _bind(host: str, port: int) -> socket.socket:
    """A bound socket, so that the port is known and ours before the broker starts."""
    if not 0 <= port <= 65535:
        raise SettingsError(f"{port} is not a port: choose one from 0 to 65535 with --port")
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # A name such as localhost has an address in each family; IPv4 is the one all clients try.
        family, kind, proto, _, address = min(found, key=lambda info: info[0] != socket.AF_INET)
        sock = socket.socket(family, kind, proto)
    except OSError as error:
        raise _refusal(host, port, error) from error
    try:
        if os.name == "posix":  # on Windows it would let two programs share the port
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
    except OSError as error:
        sock.close()
        raise _refusal(host, port, error) from error
    return sock


def _refusal(host: str, port: int, error: OSError) -> SettingsError:
    """What a person has to change, in one line."""
    if error.errno == errno.EADDRINUSE:
        return PortTaken(host, port, "--port")
    if isinstance(error, PermissionError):
        return SettingsError(f"port {port} on {host} is not allowed: choose another with --port")
    return SettingsError(f"cannot listen on {host}: {error.strerror}: change --host")


def _quiet_amqtt() -> None:
    """Leave of amqtt's log what a person must act on, unless its level was set on purpose.

    It warns, and at INFO writes several lines, about each client that comes or goes.
    """
    for name, level in (("amqtt", logging.ERROR), ("transitions", logging.WARNING)):
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET:
            logger.setLevel(level)
