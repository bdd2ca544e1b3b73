"""A healthy pair that broken clients must not disturb, and the tally of how it fared."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pitboard.broker import EmbeddedBroker
from tests.broker.clients import CONNACK, Got, connect_packet, packet, subscribe_packet, text
from tests.brokers import TIMEOUT_S

LATE_S = 0.1 * TIMEOUT_S
"""How long a message of the healthy pair, or the end of a connection, may take."""

MONITOR, READER = ("monitor", "two"), ("reader", "three")
"""The healthy pair."""

TOPIC = "pitboard/v1/healthy/pc-1/telemetry"
WILL = Got("pitboard/v1/healthy/pc-1/status", b"lost", retain=True, qos=1)


@dataclass
class Tally:
    """What was sent, and what went wrong."""

    seed: int
    has_users: bool = False
    connections: int = 0
    packets: int = 0
    delivered: int = 0
    slowest_s: float = 0.0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"seed={self.seed} users={self.has_users} connections={self.connections} "
            f"packets={self.packets} healthy_messages={self.delivered} "
            f"slowest_ms={1000 * self.slowest_s:.0f} faults={len(self.faults)}"
        )


@asynccontextmanager
async def healthy(broker: EmbeddedBroker, tally: Tally) -> AsyncIterator[None]:
    """A monitor that publishes and a reader that receives, as long as the block runs."""
    one, other = (MONITOR, READER) if tally.has_users else (None, None)
    monitor = await _entered(broker, connect_packet("healthy-monitor", WILL, 10, user=one))
    reader = await _entered(broker, connect_packet("healthy-reader", user=other))
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
