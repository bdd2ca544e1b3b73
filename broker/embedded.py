"""The life of the embedded broker: bind, serve, forget old sessions, stop.

Keeps retained values in memory, and with a store on disk too.
"""

import asyncio
import errno
import logging
import os
import socket
import time
from collections.abc import Callable, Coroutine
from typing import Any, Self

from pitboard.broker.engine import Engine
from pitboard.broker.expiry import SessionExpiry
from pitboard.broker.store import Store
from pitboard.broker.users import Users
from pitboard.contract.errors import PortTaken, SettingsError

EXPIRE_EVERY_S = 3600.0
"""How often sessions nobody has needed for long are looked for."""

WATCH_EVERY_S = 0.5
"""How often silent and stuck connections are looked for."""

SAVE_EVERY_S = 1.0
"""How often retained values are written at most."""

SAVE_PAUSES = 10
"""How much longer than a save the pause after it is."""

_ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound to

log = logging.getLogger(__name__)


class EmbeddedBroker:
    """An MQTT 3.1.1 broker on the running event loop: ``async with EmbeddedBroker() as broker:``.

    It accepts connections when entered. Without *users* anybody may connect: keep it on loopback.

    Args:
        users: who may connect and what they may do.
        store: where retained values survive a restart.
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
        users: Users | None = None,
        store: Store | None = None,
        clock: Callable[[], float] = time.monotonic,
        sweep_every_s: float = EXPIRE_EVERY_S,
    ) -> None:
        self.host = host
        self.port = port
        self._users = users
        self._store = store
        self._saved = 0
        self._saving: asyncio.Future[bool] | None = None
        self._clock = clock
        self._sweep_every_s = sweep_every_s
        self._expiry = SessionExpiry()
        self._engine: Engine | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where a client on this machine connects."""
        host = _ANY_HOST.get(self.host, self.host)
        return f"mqtt://[{host}]:{self.port}" if ":" in host else f"mqtt://{host}:{self.port}"

    async def __aenter__(self) -> Self:
        """Raise `SettingsError` when the address cannot be listened on."""
        _quiet_amqtt()
        sock = await _bind(self.host, self.port)
        try:
            kept = self._store.load() if self._store is not None else []
            self._engine = Engine(sock, self._hear, self._users, kept)
            self._saved = self._engine.changes
            await self._engine.start()
            for value in kept:
                self._hear(value.topic)
        except BaseException:
            sock.close()
            raise
        self.port = sock.getsockname()[1]
        self._spawn(self._expire(self._engine), "broker expiry")
        self._spawn(self._watch(self._engine), "broker guard")
        if self._store is not None:
            self._spawn(self._keep(self._engine, self._store), "broker store")
        return self

    async def __aexit__(self, *_exc: object) -> None:
        # A task of its own: an anyio cancel scope cancels each wait of the task inside it, and a
        # broker stopped halfway leaves its port taken.
        await _complete(asyncio.create_task(self._stop(), name="broker stop"))

    def _hear(self, topic: str) -> None:
        self._expiry.hear(topic, self._clock())

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._tasks.add(asyncio.create_task(work, name=name))

    async def _watch(self, engine: Engine) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            engine.sweep(loop.time())

    async def _keep(self, engine: Engine, store: Store) -> None:
        loop = asyncio.get_running_loop()
        pause_s = SAVE_EVERY_S
        while True:
            await asyncio.sleep(pause_s)
            began_s = loop.time()
            await self._save(engine, store)
            # A store of a hundred races takes its time, which is not to become all the time.
            pause_s = max(SAVE_EVERY_S, SAVE_PAUSES * (loop.time() - began_s))

    async def _save(self, engine: Engine, store: Store) -> None:
        if self._saving is not None:
            # Cut short by a stop, its thread goes on writing.
            await asyncio.wait({self._saving})
        changes = engine.changes
        if changes == self._saved:
            return
        self._saving = asyncio.ensure_future(asyncio.to_thread(store.save, engine.kept))
        if await asyncio.shield(self._saving):
            self._saved = changes

    async def _expire(self, engine: Engine) -> None:
        while True:
            await asyncio.sleep(self._sweep_every_s)
            expired = self._expiry.expired(engine.retained_topics, self._clock())
            for topic in expired:
                engine.publish(topic, b"", qos=0, retain=True)
            if expired:
                log.info("old sessions dropped topics=%d", len(expired))

    async def _stop(self) -> None:
        assert self._engine is not None
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        await self._engine.end_connections()
        if self._store is not None:
            await self._save(self._engine, self._store)
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
