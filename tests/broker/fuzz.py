"""Broken clients by the thousand at an embedded broker, beside a pair of healthy ones.

Half of them come to a broker without users, half to one with users, logged in as a monitor.

    python -m tests.broker.fuzz [--packets 100000] [--seconds 900] [--seed N]

No packet may raise anything, delay the healthy pair by a second or leave anything behind.
"""

import argparse
import asyncio
import contextlib
import gc
import itertools
import logging
import random
import socket
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvloop

from pitboard.broker import EmbeddedBroker
from pitboard.broker.engine import Engine
from pitboard.broker.users import Role, Users, new_user
from tests.bridge.support import eventually
from tests.broker.clients import (
    DISCONNECT,
)
from tests.broker.mutants import Mutator
from tests.broker.pair import LATE_S, MONITOR, READER, TOPIC, Tally, healthy

ROUND = 250
"""Connections after which the broker must be as empty as at its start."""

AT_ONCE = 10

BROKEN = ("broken", "one")
"""A monitor of a session that the mutator publishes to, beside others."""

_NOTHING = struct.pack("ii", 1, 0)


async def fuzz(
    seed: int, *, packets: int, seconds: float = float("inf"), has_users: bool = False
) -> Tally:
    """Send at least *packets*, or for *seconds*; faults end it early."""
    tally = Tally(seed, has_users)
    mutator = Mutator(seed, BROKEN if has_users else None)
    end_s = time.monotonic() + seconds
    users = _users() if has_users else None
    with _watched(tally):
        async with EmbeddedBroker(port=0, users=users) as broker, healthy(broker, tally):
            assert broker._engine is not None
            engine: Engine = broker._engine
            narrow(engine)
            await eventually(lambda: len(engine.guard._guests) == 2)
            before = _held(engine)
            while tally.packets < packets and time.monotonic() < end_s and not tally.faults:
                await _one_round(broker, mutator, tally)
                await _empty(engine, before, tally)
            # Whoever is kept out breaks nothing.
            if has_users and engine.guard.refused["wrong password"]:
                tally.faults.append("connections were not let in")
    return tally


def _users() -> Users:
    (broken, one), (monitor, two), (reader, three) = BROKEN, MONITOR, READER
    return Users(
        users=(
            new_user(Role.MONITOR, one, name=broken, session_id="s0"),
            new_user(Role.MONITOR, two, name=monitor, session_id="healthy"),
            new_user(Role.BRIDGE, three, name=reader),
        )
    )


async def _one_round(broker: EmbeddedBroker, mutator: Mutator, tally: Tally) -> None:
    left: list[asyncio.StreamWriter] = []
    for _ in range(ROUND // AT_ONCE):
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                sent = mutator.packets()
                tally.connections += 1
                tally.packets += len(sent)
                ending = mutator.one_of("FIN", "FIN", "RST", "goodbye", "left")
                client = _Client(broker.port, mutator.chunks(sent), ending, left)
                group.create_task(client.run(tally))
    for writer in left:
        writer.transport.abort()


class _Client:
    """One connection that sends *chunks*; one that is `left` ends with its round."""

    def __init__(
        self, port: int, chunks: list[bytes], ending: str, left: list[asyncio.StreamWriter]
    ) -> None:
        self._port = port
        self._chunks = chunks
        self._ending = ending
        self._left = left

    async def run(self, tally: Tally) -> None:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self._port))
        reader, writer = await asyncio.open_connection(sock=sock, limit=1024)
        # The broker may cut the connection at any time.
        with contextlib.suppress(OSError):
            for chunk in self._chunks:
                writer.write(chunk)
                await writer.drain()
                await asyncio.sleep(0)
            await self._end(reader, writer, tally)
        if self._ending != "left":
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _end(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tally: Tally
    ) -> None:
        if self._ending == "left":
            self._left.append(writer)
            return
        if self._ending == "RST":
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NOTHING)
            return
        if self._ending == "goodbye":
            writer.write(DISCONNECT)
        if not writer.transport.is_closing():
            writer.write_eof()
        try:
            async with asyncio.timeout(LATE_S):
                while await reader.read(65536):
                    pass
        except TimeoutError:
            tally.faults.append(f"a connection that ended stays open: {self._chunks!r:.500}")


def narrow(engine: Engine) -> None:
    """Let the kernel take little of what a client does not read, so that its answers wait."""
    for server in engine._servers.values():
        for sock in server.instance.sockets:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)


def _held(engine: Engine) -> dict[str, Any]:
    """Everything that a connection takes."""
    return {
        "connections": len(engine._connections),
        "sessions": sorted(engine._sessions),
        "subscriptions": sorted(engine.filters),
        "serving": sorted(engine._serving),
        "guests": (len(engine._guests), len(engine.guard._guests)),
        "slots": [server.conn_count for server in engine._servers.values()],
        "tasks": sorted(task.get_name().rstrip("0123456789") for task in asyncio.all_tasks()),
    }


async def _empty(engine: Engine, before: dict[str, Any], tally: Tally) -> None:
    for topic in set(engine.retained_topics) - {TOPIC}:
        engine.publish(topic, b"", qos=0, retain=True)

    def is_empty() -> bool:
        # A mutated CONNECT may ask to keep its session.
        engine.forget_overdue(float("inf"))
        return _held(engine) == before

    try:
        await eventually(is_empty)
    except TimeoutError:
        now = _held(engine)
        tally.faults.append(f"left behind: { ({k: now[k] for k in now if now[k] != before[k]}) }")
    # What an unseen task raised is told when the task is collected.
    gc.collect()


class _Complaints(logging.Handler):
    def __init__(self, tally: Tally) -> None:
        super().__init__(logging.WARNING)
        self._tally = tally

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        # amqtt goes on after what it calls unhandled, with a client that hears nothing any more.
        if record.levelno >= logging.ERROR or "nhandled" in said:
            error = record.exc_info[1] if record.exc_info else None
            self._tally.faults.append(f"{record.name}: {said} {error!r}")


@contextmanager
def _watched(tally: Tally) -> Iterator[None]:
    """Whatever is logged as an error counts as a fault."""
    amqtt = logging.getLogger("amqtt")
    handler, level = _Complaints(tally), amqtt.level
    logging.getLogger().addHandler(handler)
    amqtt.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        amqtt.setLevel(level)


def main() -> int:
    """Run on both event loops, with users and without, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.broker.fuzz")
    parser.add_argument("--packets", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=900.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    wanted = parser.parse_args()
    is_good = True
    loops = {"asyncio": None, "uvloop": uvloop.new_event_loop}
    packets, seconds = wanted.packets // 4, wanted.seconds / 4
    for (name, factory), has_users in itertools.product(loops.items(), (False, True)):
        print(f"loop={name} users={has_users} seed={wanted.seed}", flush=True)  # noqa: T201
        with asyncio.Runner(loop_factory=factory) as runner:
            tally = runner.run(
                fuzz(wanted.seed, packets=packets, seconds=seconds, has_users=has_users)
            )
        print(*tally.faults, tally, sep="\n")  # noqa: T201
        is_good &= not tally.faults and tally.packets >= packets
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
