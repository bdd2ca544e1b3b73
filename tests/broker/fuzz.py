"""Broken clients by the thousand at an embedded broker, beside a pair of healthy ones.

    python -m tests.broker.fuzz [--packets 100000] [--seconds 900] [--seed N]

No packet may raise anything, delay the healthy pair by a second or leave anything behind.
"""

import argparse
import asyncio
import contextlib
import gc
import logging
import random
import socket
import struct
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvloop

from pitboard.broker import EmbeddedBroker
from pitboard.broker.engine import Engine
from tests.bridge.support import eventually
from tests.broker.clients import (
    CONNACK,
    DISCONNECT,
    Got,
    connect_packet,
    packet,
    subscribe_packet,
    text,
)
from tests.broker.mutants import Mutator
from tests.brokers import TIMEOUT_S

LATE_S = 0.1 * TIMEOUT_S
"""How long a message of the healthy pair, or the end of a connection, may take."""

ROUND = 250
"""Connections after which the broker must be as empty as at its start."""

AT_ONCE = 10

TOPIC = "pitboard/v1/healthy/pc-1/telemetry"
WILL = Got("pitboard/v1/healthy/pc-1/status", b"lost", retain=True, qos=1)

_NOTHING = struct.pack("ii", 1, 0)


@dataclass
class Tally:
    """What was sent, and what went wrong."""

    seed: int
    connections: int = 0
    packets: int = 0
    delivered: int = 0
    slowest_s: float = 0.0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"seed={self.seed} connections={self.connections} packets={self.packets} "
            f"healthy_messages={self.delivered} slowest_ms={1000 * self.slowest_s:.0f} "
            f"faults={len(self.faults)}"
        )


async def fuzz(seed: int, *, packets: int, seconds: float = float("inf")) -> Tally:
    """Send at least *packets*, or for *seconds*; faults end it early."""
    tally = Tally(seed)
    mutator = Mutator(seed)
    end_s = time.monotonic() + seconds
    with _watched(tally):
        async with EmbeddedBroker(port=0) as broker, _healthy(broker, tally):
            assert broker._engine is not None
            engine: Engine = broker._engine
            narrow(engine)
            await eventually(lambda: len(engine.guard._guests) == 2)
            before = _held(engine)
            while tally.packets < packets and time.monotonic() < end_s and not tally.faults:
                await _one_round(broker, mutator, tally)
                await _empty(engine, before, tally)
    return tally


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


@asynccontextmanager
async def _healthy(broker: EmbeddedBroker, tally: Tally) -> AsyncIterator[None]:
    """A monitor that publishes and a reader that receives, as long as the block runs."""
    monitor = await _entered(broker, connect_packet("healthy-monitor", WILL, 10))
    reader = await _entered(broker, connect_packet("healthy-reader"))
    reader[1].write(subscribe_packet("pitboard/v1/healthy/#"))
    assert await _packet(reader[0]) == b"\x90\0\1\0"
    task = asyncio.create_task(_exchange(monitor, reader, tally), name="healthy pair")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        for _, writer in (monitor, reader):
            writer.transport.abort()


_Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _entered(broker: EmbeddedBroker, connect: bytes) -> _Line:
    reader, writer = await asyncio.open_connection(broker.host, broker.port)
    writer.write(connect)
    assert await reader.readexactly(4) == CONNACK
    return reader, writer


async def _exchange(monitor: _Line, reader: _Line, tally: Tally) -> None:
    try:
        while True:
            sent = b"%d" % tally.delivered
            began_s = time.monotonic()
            async with asyncio.timeout(LATE_S):
                monitor[1].write(packet(0x33, text(TOPIC) + b"\0\1" + sent))
                assert await _packet(monitor[0]) == b"\x40\0\1"
                assert await _packet(reader[0]) == b"\x30" + text(TOPIC) + sent
            tally.delivered += 1
            tally.slowest_s = max(tally.slowest_s, time.monotonic() - began_s)
            await asyncio.sleep(0.01)
    except Exception as error:  # noqa: BLE001 - whatever it is, the pair has been disturbed
        tally.faults.append(f"healthy pair disturbed after {tally.delivered} messages: {error!r}")


async def _packet(reader: asyncio.StreamReader) -> bytes:
    """The next packet, as its first byte and its body."""
    head = await reader.readexactly(1)
    length = shift = 0
    while True:
        (digit,) = await reader.readexactly(1)
        length |= (digit & 0x7F) << shift
        shift += 7
        if not digit & 0x80:
            return head + await reader.readexactly(length)


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
        "subscriptions": {key: len(held) for key, held in engine._subscriptions.items()},
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
    """Run on both event loops, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.broker.fuzz")
    parser.add_argument("--packets", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=900.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    wanted = parser.parse_args()
    is_good = True
    for name, factory in {"asyncio": None, "uvloop": uvloop.new_event_loop}.items():
        print(f"loop={name} seed={wanted.seed}", flush=True)  # noqa: T201
        packets = wanted.packets // 2
        with asyncio.Runner(loop_factory=factory) as runner:
            tally = runner.run(fuzz(wanted.seed, packets=packets, seconds=wanted.seconds / 2))
        print(*tally.faults, tally, sep="\n")  # noqa: T201
        is_good &= not tally.faults and tally.packets >= packets
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
