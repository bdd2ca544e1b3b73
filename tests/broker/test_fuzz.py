"""Broken clients disturb nobody; `make fuzz` sends more of them.

The tests after the first hold what it takes the mutator long to come across.
"""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from pitboard.broker import EmbeddedBroker
from pitboard.broker.engine import Engine
from tests.bridge.support import eventually
from tests.broker import fuzz
from tests.broker.clients import (
    CONNACK,
    DISCONNECT,
    connect_packet,
    packet,
    publish_packet,
    subscribe_packet,
    text,
)
from tests.broker.mutants import Mutator
from tests.brokers import TIMEOUT_S

pytestmark = pytest.mark.anyio

PING = packet(0xC0, b"")


@asynccontextmanager
async def stuck_client() -> AsyncIterator[tuple[socket.socket, Engine]]:
    """A client that has not read the megabytes that were sent to it."""
    async with EmbeddedBroker(port=0) as broker:
        engine = broker._engine
        assert engine is not None
        fuzz.narrow(engine)
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(sock, (broker.host, broker.port))
            await loop.sock_sendall(sock, connect_packet("stuck") + subscribe_packet("a"))
            await eventually(lambda: "a" in engine.filters)
            for _ in range(10):
                engine.publish("a", bytes(100_000), qos=0, retain=False)
            yield sock, engine


@pytest.mark.parametrize("has_users", [False, True], ids=["open", "users"])
async def test_thousands_of_broken_clients_disturb_nobody(*, has_users: bool) -> None:
    tally = await fuzz.fuzz(seed=20_260_613, packets=3000, has_users=has_users)

    assert tally.faults == []
    assert tally.packets >= 3000
    assert tally.delivered > 0


async def test_same_seed_breaks_packets_in_the_same_way() -> None:
    one, other, third = Mutator(7), Mutator(7), Mutator(8)
    sent = [one.chunks(one.packets()) for _ in range(50)]

    assert sent == [other.chunks(other.packets()) for _ in range(50)]
    assert sent != [third.chunks(third.packets()) for _ in range(50)]


async def test_connection_that_sends_its_last_bytes_and_closes_frees_its_slot() -> None:
    """asyncio fails to abort such a connection, and a thousand slots are soon gone."""
    async with stuck_client() as (sock, engine), asyncio.timeout(TIMEOUT_S):
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(sock, DISCONNECT)
        while await loop.sock_recv(sock, 65536):
            pass

        await eventually(lambda: not engine._connections)


async def test_stuck_client_that_leaves_is_no_error() -> None:
    """The check itself is this folder's: no task fails unseen."""
    async with stuck_client() as (sock, engine):
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(sock, 5 * PING + publish_packet("b", b"", retain=True))
        await eventually(lambda: engine.retained_topics == [] and engine.changes == 1)
        sock.shutdown(socket.SHUT_WR)

        await eventually(lambda: not engine._connections)


async def test_message_that_is_never_released_keeps_no_later_one_in_memory() -> None:
    async with EmbeddedBroker(port=0) as broker:
        reader, writer = await asyncio.open_connection(broker.host, broker.port)
        writer.write(connect_packet("forgetful") + packet(0x34, text("a") + b"\0\1never released"))
        answers = [CONNACK + b"\x50\2\0\1\xd0\0", b"\xd0\0"]
        for answer in answers:
            writer.write(1000 * publish_packet("b", b"x") + PING)
            assert await reader.readexactly(len(answer)) == answer

        tasks = sum(isinstance(found, asyncio.Task) for found in gc.get_objects())

        # Those of what came last may still stand there.
        assert tasks < 1500
        writer.close()
