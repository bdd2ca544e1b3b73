"""One connected MQTT client: amqtt's protocol handler with its losses and leaks closed.

Knows nothing of other clients; what it receives goes to the `publish` of its engine.
"""

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable
from typing import ClassVar

from amqtt.mqtt import packet_class  # type: ignore[import-untyped]
from amqtt.mqtt.connect import ConnectPacket  # type: ignore[import-untyped]
from amqtt.mqtt.disconnect import DisconnectPacket  # type: ignore[import-untyped]
from amqtt.mqtt.packet import MQTTFixedHeader, MQTTPacket  # type: ignore[import-untyped]
from amqtt.mqtt.protocol.broker_handler import (  # type: ignore[import-untyped]
    BrokerProtocolHandler,
    Subscription,
    UnSubscription,
)
from amqtt.mqtt.puback import PubackPacket  # type: ignore[import-untyped]
from amqtt.mqtt.pubcomp import PubcompPacket  # type: ignore[import-untyped]
from amqtt.mqtt.publish import PublishPacket  # type: ignore[import-untyped]
from amqtt.mqtt.pubrec import PubrecPacket  # type: ignore[import-untyped]
from amqtt.mqtt.pubrel import PubrelPacket  # type: ignore[import-untyped]
from amqtt.plugins.manager import PluginManager  # type: ignore[import-untyped]
from amqtt.session import Session  # type: ignore[import-untyped]

from pitboard.broker.away import State
from pitboard.broker.mailbox import Letter
from pitboard.broker.packets import Kind
from pitboard.broker.rules import Rules
from pitboard.broker.streams import Reader, Writer
from pitboard.contract.log_lines import printable

log = logging.getLogger(__name__)

BACKLOG_BYTES = 1024 * 1024
"""Unsent bytes of one client above which QoS 0 messages are dropped for it."""

UNACKED_MAX = 10_000
"""QoS 1 and 2 messages on their way to one client above which more are dropped for it."""

UNACKED_BYTES = 16 * 1024 * 1024
"""Their bytes, above which more are dropped too. A replay waits instead."""

PENDING_FILTERS = 1000
"""Of SUBSCRIBE packets that wait for the replays before them; the client is then not read."""

ANSWERS_MAX = 100
"""Answers that wait for the client to read them; it is not read while there are more."""

PACKETS_A_TURN = 16
"""Packets of one client after which the others get their turn."""

# topic, payload, QoS, retain flag
Publish = Callable[[str, bytes, int, bool], None]


class Pending(asyncio.Queue[Subscription | UnSubscription]):
    """SUBSCRIBE or UNSUBSCRIBE packets in a queue that has room for so many topic filters."""

    def full(self) -> bool:
        """Whether `put` waits."""
        return self._filters >= PENDING_FILTERS

    def _init(self, maxsize: int) -> None:
        super()._init(maxsize)
        self._filters = 0

    def _put(self, item: Subscription | UnSubscription) -> None:
        super()._put(item)
        self._filters += len(item.topics)

    def _get(self) -> Subscription | UnSubscription:
        item = super()._get()
        self._filters -= len(item.topics)
        return item


class Peer(BrokerProtocolHandler):  # type: ignore[misc]
    """A connected client.

    Attributes:
        state: What of it may outlive the connection.
        dropped: Messages that were not sent to it because it reads or acknowledges too slowly.
    """

    client_id: str
    publish: Publish
    rules: Rules
    forbid: Callable[[str], None]

    def __init__(
        self,
        plugins_manager: PluginManager,
        *,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(plugins_manager, loop=loop)
        self.state = State()
        self.dropped = 0
        # amqtt's own waiter misses what a quick client sends while the handler starts: such a
        # client's DISCONNECT became a will, or its session stayed connected for ever.
        self._gone: asyncio.Future[DisconnectPacket | None] = (
            asyncio.get_running_loop().create_future()
        )
        self._pending_subscriptions = Pending()
        self._pending_unsubscriptions = Pending()
        self._sender: asyncio.Task[None] | None = None
        self._room = asyncio.Event()

    def attach(self, session: Session, reader: Reader, writer: Writer) -> None:
        """Serve this session from now on."""
        super().attach(session, reader, writer)
        self.state.mailbox.rewind()

    async def mqtt_connack_authorize(self, authorize: bool) -> None:
        """Answer the CONNECT, and begin to send what has waited for the client."""
        await super().mqtt_connack_authorize(authorize)
        self._send_waiting()

    def send_now(self, packet: bytes) -> None:
        """Write a QoS 0 packet, or drop it when the client is too far behind."""
        if self.writer.backlog > BACKLOG_BYTES:
            self._drop()
        else:
            self.writer.write(packet)

    async def send_in_turn(self, packet: bytes) -> None:
        """Write a packet, and wait until the client has read most of what waits for it."""
        self.writer.write(packet)
        await self._drain()

    def send_soon(self, topic: str, data: bytes, qos: int, *, retain: bool) -> None:
        """Send a message that wants an acknowledgement, without waiting for it."""
        if self._is_full:
            self._drop()
        else:
            self.state.mailbox.put(Letter(topic, data, qos, retain))
            self._send_waiting()

    @property
    def has_left(self) -> bool:
        """Whether there is nobody to send to any more."""
        return self._gone.done()

    async def has_room(self) -> None:
        """Wait until the client has acknowledged enough to be sent more, or has left."""
        while self._is_full and not self.has_left:
            self._room.clear()
            await self._room.wait()

    async def handle_publish(self, packet: PublishPacket) -> None:
        """Hand a message on before it is acknowledged, and a QoS 2 message once.

        amqtt queues it instead, acknowledges, and forgets the queue on DISCONNECT; and while one
        QoS 2 message waits for its release it remembers every packet.
        """
        if packet.qos != 2 or packet.packet_id not in self.state.unreleased:
            self._accept(packet)
        # MQTT 3.1.1 has no way to say no: what is dropped is acknowledged like all else.
        if packet.qos == 1:
            await self._send_packet(PubackPacket.build(packet.packet_id))
        elif packet.qos == 2:
            self.state.unreleased.add(packet.packet_id)
            await self._send_packet(PubrecPacket.build(packet.packet_id))

    async def handle_pubrel(self, pubrel: PubrelPacket) -> None:
        """The packet id of a QoS 2 message may be used again."""
        self.state.unreleased.discard(pubrel.packet_id)
        await self._send_packet(PubcompPacket.build(pubrel.packet_id))

    async def handle_puback(self, puback: PubackPacket) -> None:
        """The client has a QoS 1 message."""
        self.state.mailbox.acknowledge(puback.variable_header.packet_id)
        self._room.set()

    async def handle_pubrec(self, pubrec: PubrecPacket) -> None:
        """The client has a QoS 2 message; one that is not known here is released too."""
        self.state.mailbox.receive(pubrec.packet_id)
        self._room.set()
        await self._send_packet(PubrelPacket.build(pubrec.packet_id))

    async def handle_pubcomp(self, pubcomp: PubcompPacket) -> None:
        """A QoS 2 message is done with."""
        self.state.mailbox.complete(pubcomp.packet_id)
        self._room.set()

    async def handle_connect(self, _connect: ConnectPacket) -> None:
        """A second CONNECT ends the connection."""
        await self.handle_connection_closed()

    async def handle_disconnect(self, disconnect: DisconnectPacket | None) -> None:
        """Note why the client left: its DISCONNECT, or None when it is just gone."""
        self._room.set()
        if not self.has_left:
            self._gone.set_result(disconnect)

    async def wait_disconnect(self) -> DisconnectPacket | None:
        """Wait until the client has left, for the reason noted."""
        return await self._gone

    async def stop(self) -> None:
        """End everything that works for this client."""
        await super().stop()
        await self.handle_disconnect(None)
        if self._sender is not None:
            self._sender.cancel()

    @property
    def _is_full(self) -> bool:
        mailbox = self.state.mailbox
        return mailbox.size >= UNACKED_BYTES or len(mailbox) >= UNACKED_MAX

    async def _reader_loop(self) -> None:
        # amqtt goes on reading while its answers wait for the client to read them, with a task
        # for each: 130,000 within seconds where one client sends nothing but PINGREQ.
        self._reader_ready.set()
        try:
            for count in itertools.count(1):
                header = await MQTTFixedHeader.from_stream(self.reader)
                if header is None or self.has_left:
                    break
                packet = await packet_class(header).from_stream(self.reader, fixed_header=header)
                await self._handlers[header.packet_type](self, packet)
                if count % PACKETS_A_TURN == 0:
                    await asyncio.sleep(0)
        except asyncio.CancelledError:
            # By `stop`, which waits for the event below.
            pass
        except Exception:
            log.exception("packet not handled client=%r", printable(self.client_id))
        await self.handle_connection_closed()
        self._reader_stopped.set()
        await self.stop()

    def _send_waiting(self) -> None:
        if self._sender is None or self._sender.done():
            self._sender = self._loop.create_task(self._send_mail(), name="broker sender")

    async def _send_mail(self) -> None:
        while not self.has_left and (packet := self.state.mailbox.next()) is not None:
            await self.send_in_turn(packet)

    async def _send_packet(self, packet: MQTTPacket) -> None:
        # What is not yet read of messages holds up no answer: whoever is sent more than he can
        # read for a while would else lose his connection for want of a PINGRESP.
        self.writer.answer(packet.to_bytes())
        if self.writer.unread_answers > ANSWERS_MAX:
            await self._drain()

    async def _drain(self) -> None:
        try:
            await self.writer.drain()
        except OSError:
            await self.handle_connection_closed()

    def _accept(self, packet: PublishPacket) -> None:
        if self.rules.may_publish(packet.topic_name):
            self.publish(packet.topic_name, packet.data, packet.qos, packet.retain_flag)
        else:
            self.forbid(packet.topic_name)

    def _drop(self) -> None:
        self.dropped += 1
        if self.dropped == 1:
            client = printable(self.client_id)
            log.warning("messages dropped reason=client reads too slowly client=%r", client)

    _handlers: ClassVar[dict[int, Callable[["Peer", MQTTPacket], Awaitable[None]]]] = {
        Kind.CONNECT: handle_connect,
        Kind.PUBLISH: handle_publish,
        Kind.PUBACK: handle_puback,
        Kind.PUBREC: handle_pubrec,
        Kind.PUBREL: handle_pubrel,
        Kind.PUBCOMP: handle_pubcomp,
        Kind.SUBSCRIBE: BrokerProtocolHandler.handle_subscribe,
        Kind.UNSUBSCRIBE: BrokerProtocolHandler.handle_unsubscribe,
        Kind.PINGREQ: BrokerProtocolHandler.handle_pingreq,
        Kind.DISCONNECT: handle_disconnect,
    }
