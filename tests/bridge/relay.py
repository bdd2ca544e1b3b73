"""What lies between a bridge and its broker, and can say what no decent broker would."""

import asyncio
import contextlib
from typing import Self


class Relay:
    """Relays a bridge to a broker: ``async with Relay(broker.port) as relay:``.

    Left after the bridge, since it waits for the bridge's connections to end.
    """

    def __init__(self, broker_port: int) -> None:
        self._broker_port = broker_port
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._to_bridge: asyncio.StreamWriter | None = None

    @property
    def url(self) -> str:
        """Where the bridge connects."""
        assert self._server is not None
        return f"mqtt://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def inject(self, packet: bytes) -> None:
        """Send the bridge a packet in the broker's name, while the broker itself is silent."""
        assert self._to_bridge is not None
        self._to_bridge.write(packet)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        assert self._server is not None
        self._server.close()
        await asyncio.gather(*self._serving)

    async def _serve(self, bridge: asyncio.StreamReader, to_bridge: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        broker, to_broker = await asyncio.open_connection("127.0.0.1", self._broker_port)
        self._to_bridge = to_bridge
        await asyncio.gather(_pump(bridge, to_broker), _pump(broker, to_bridge))


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65_536):
            sink.write(data)
    sink.close()
    with contextlib.suppress(OSError):
        await sink.wait_closed()
