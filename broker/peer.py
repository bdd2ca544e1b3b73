"""One connected MQTT client: amqtt's protocol handler with its losses and leaks closed.

Knows nothing of other clients; what it receives goes to the `publish` of its engine.
"""

import asyncio
import functools
import logging
from collections.abc import Callable

from amqtt.adapters import (  # type: ignore[import-untyped]
    StreamReaderAdapter,
    StreamWriterAdapter,
)
from amqtt.mqtt.connect import ConnectPacket  # type: ignore[import-untyped]
from amqtt.mqtt.disconnect import DisconnectPacket  # type: ignore[import-untyped]
from amqtt.mqtt.packet import MQTTPacket  # type: ignore[import-untyped]
from amqtt.mqtt.protocol.broker_handler import (  # type: ignore[import-untyped]
    BrokerProtocolHandler,
)
from amqtt.mqtt.puback import PubackPacket  # type: ignore[import-untyped]
from amqtt.mqtt.pubcomp import PubcompPacket  # type: ignore[import-untyped]
from amqtt.mqtt.publish import PublishPacket  # type: ignore[import-untyped]
from amqtt.mqtt.pubrec import PubrecPacket  # type: ignore[import-untyped]
from amqtt.mqtt.pubrel import PubrelPacket  # type: ignore[import-untyped]
from amqtt.plugins.manager import PluginManager  # type: ignore[import-untyped]
from amqtt.session import OutgoingApplicationMessage  # type: ignore[import-untyped]

from pitboard.broker.rules import Rules

log = logging.getLogger(__name__)

BACKLOG_BYTES = 1024 * 1024
"""Unsent bytes of one client above which QoS 0 messages are dropped for it."""

UNACKED_MAX = 10_000
"""QoS 1 messages on their way to one client above which more are dropped for it."""

UNACKED_BYTES = 16 * 1024 * 1024
"""Their bytes, above which more are dropped too, but for those of a replay."""

# topic, payload, QoS, retain flag
Publish = Callable[[str, bytes, int, bool], None]


def abort(writer: asyncio.StreamWriter) -> None:
    """Cut a connection without sending what is queued; a closed one is left alone."""
    # One that was closed with bytes to send forgets its loop when they have left, and asyncio's
    # own abort then raises. uvloop's does not, and has no socket to show then.
    sock = writer.get_extra_info("socket")
    if sock is None or sock.fileno() != -1:
        writer.transport.abort()


class LastWords(asyncio.StreamReader):
    """A stream that gives all that came before the connection broke.

    A client that leaves with our answers unread resets the connection, and asyncio's own reader
    then forgets the DISCONNECT that it holds: a clean goodbye would set off the will.
    """

    def set_exception(self, exc: Exception) -> None:
        """The end of the stream, however it came."""
        if isinstance(exc, OSError):
            self.feed_eof()
        else:
            super().set_exception(exc)


class Reader(StreamReaderAdapter):  # type: ignore[misc]
    """What amqtt reads a client's packets from."""


class Writer(StreamWriterAdapter):  # type: ignore[misc]
    """What amqtt writes a client's packets to."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        super().__init__(writer)
        self._written = 0
        # The bytes that must have left, and since when they wait.
        self._mark = 0
        self._mark_s = float("-inf")

    def is_stuck(self, now_s: float, within_s: float) -> bool:
        """Whether something written more than *within_s* ago has not left; asked regularly."""
        left = self._written - self.backlog
        if left >= self._mark:
            self._mark, self._mark_s = self._written, now_s
            return False
        return now_s - self._mark_s > within_s

    @property
    def backlog(self) -> int:
        """Bytes that wait for the client to read."""
        return int(self._writer.transport.get_write_buffer_size())

    def write(self, data: bytes) -> None:
        """Queue one whole packet."""
        # asyncio warns about writing to a lost connection.
        if not self._writer.transport.is_closing():
            self._written += len(data)
            self._writer.write(data)

    async def drain(self) -> None:
        """Wait until the client has read most of what was written."""
        if not self._writer.transport.is_closing():
            await self._writer.drain()

    def abort(self) -> None:
        """Cut the connection without sending what is queued."""
        abort(self._writer)

    async def close(self) -> None:
        """Begin to close; never waits, as a client that reads nothing would hold it for ever."""
        self.is_closed = True
        self._writer.close()


class Peer(BrokerProtocolHandler):  # type: ignore[misc]
    """A connected client."""

    publish: Publish
    rules: Rules

    def __init__(
        self,
        plugins_manager: PluginManager,
        *,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(plugins_manager, loop=loop)
        self.dropped = 0
        self.forbidden = 0
        # amqtt's own waiter misses what a quick client sends while the handler starts: such a
        # client's DISCONNECT became a will, or its session stayed connected for ever.
        self._gone: asyncio.Future[DisconnectPacket | None] = (
            asyncio.get_running_loop().create_future()
        )
        self._unacked: set[asyncio.Task[OutgoingApplicationMessage]] = set()
        self.unacked_bytes = 0
        self._unreleased: set[int] = set()

    def send_now(self, packet: bytes) -> None:
        """Write a QoS 0 packet, or drop it when the client is too far behind."""
        if self.writer.backlog > BACKLOG_BYTES:
            self._drop()
        else:
            self.writer.write(packet)

    def send_soon(self, topic: str, data: bytes, qos: int, *, retain: bool) -> None:
        """Send a message that wants an acknowledgement, without waiting for it."""
        is_full = not retain and self.unacked_bytes >= UNACKED_BYTES
        if is_full or len(self._unacked) >= UNACKED_MAX:
            self._drop()
            return
        self.unacked_bytes += len(data)
        task = self._loop.create_task(
            self.mqtt_publish(topic, data, qos, retain), name="broker publish"
        )
        self._unacked.add(task)
        task.add_done_callback(functools.partial(self._settle, len(data)))

    async def handle_publish(self, packet: PublishPacket) -> None:
        """Hand a message on before it is acknowledged, and a QoS 2 message once.

        amqtt queues it instead, acknowledges, and forgets the queue on DISCONNECT; and while one
        QoS 2 message waits for its release it remembers every packet.
        """
        if packet.qos != 2 or packet.packet_id not in self._unreleased:
            self._accept(packet)
        # MQTT 3.1.1 has no way to say no: what is dropped is acknowledged like all else.
        if packet.qos == 1:
            await self._send_packet(PubackPacket.build(packet.packet_id))
        elif packet.qos == 2:
            self._unreleased.add(packet.packet_id)
            await self._send_packet(PubrecPacket.build(packet.packet_id))

    async def handle_pubrel(self, pubrel: PubrelPacket) -> None:
        """The packet id of a QoS 2 message may be used again."""
        self._unreleased.discard(pubrel.packet_id)
        await self._send_packet(PubcompPacket.build(pubrel.packet_id))

    async def handle_connect(self, _connect: ConnectPacket) -> None:
        """A second CONNECT ends the connection."""
        await self.handle_connection_closed()

    async def handle_disconnect(self, disconnect: DisconnectPacket | None) -> None:
        """Note why the client left: its DISCONNECT, or None when it is just gone."""
        if not self._gone.done():
            self._gone.set_result(disconnect)

    async def wait_disconnect(self) -> DisconnectPacket | None:
        """Wait until the client has left, for the reason noted."""
        return await self._gone

    async def stop(self) -> None:
        """End everything that works for this client."""
        await super().stop()
        await self.handle_disconnect(None)
        for task in list(self._unacked):
            task.cancel()

    async def _send_packet(self, packet: MQTTPacket) -> None:
        # amqtt turns a cancelled wait, as each stuck client that leaves has them, into an error
        # that nobody catches.
        try:
            async with self._write_lock:
                await packet.to_stream(self.writer)
        except OSError:
            await self.handle_connection_closed()

    def _accept(self, packet: PublishPacket) -> None:
        if self.rules.may_publish(packet.topic_name):
            self.publish(packet.topic_name, packet.data, packet.qos, packet.retain_flag)
        else:
            self._forbid(packet.topic_name)

    def _forbid(self, topic: str) -> None:
        self.forbidden += 1
        if self.forbidden == 1:
            text = "message dropped reason=not allowed client=%r topic=%r"
            log.warning(text, self.session.client_id, topic[:120])

    def _drop(self) -> None:
        self.dropped += 1
        if self.dropped == 1:
            log.warning(
                "messages dropped reason=client reads too slowly client=%r", self.session.client_id
            )

    def _settle(self, size: int, task: asyncio.Task[OutgoingApplicationMessage]) -> None:
        self._unacked.discard(task)
        self.unacked_bytes -= size
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.debug("message not acknowledged reason=%r", failure)
