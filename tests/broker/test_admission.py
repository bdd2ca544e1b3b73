"""The place in front of each connection where a guard stands."""

import asyncio
import socket

import pytest

from pitboard.broker.engine import Engine
from pitboard.broker.peer import Reader, Writer


class Bouncer(Engine):
    async def admit(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[Reader, Writer] | None:
        return None if await reader.readexactly(1) == b"x" else await super().admit(reader, writer)


@pytest.mark.anyio
async def test_guard_in_front_may_refuse_a_connection_unseen_by_the_broker() -> None:
    sock = socket.create_server(("127.0.0.1", 0))
    engine = Bouncer(sock, lambda _topic: None)
    await engine.start()
    reader, writer = await asyncio.open_connection(*sock.getsockname())

    writer.write(b"x")

    assert await reader.read() == b""
    writer.close()
    await engine.shutdown()
