"""amqtt's broker, with what pitboard relies on put right.

Owns sessions, subscriptions and retained values; `embedded.py` owns the socket and the life cycle.
No session outlives its connection: every pitboard client connects with a clean session.
"""

import asyncio
import logging
import socket
from collections.abc import Callable

from amqtt.broker import Broker, RetainedApplicationMessage  # type: ignore[import-untyped]
from amqtt.contexts import BrokerConfig, ListenerConfig  # type: ignore[import-untyped]
from amqtt.mqtt.publish import PublishPacket  # type: ignore[import-untyped]
from amqtt.session import Session  # type: ignore[import-untyped]
from amqtt.utils import gen_client_id  # type: ignore[import-untyped]

from pitboard.broker.peer import LastWords, Peer, Reader, Writer

log = logging.getLogger(__name__)

LINGER_S = 1.0
"""How long a closing connection may take to send its last bytes, and a stop its clients to end."""

# Nothing but this: amqtt's default plugins publish $SYS topics and log every packet.
_PLUGINS = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}


class Engine(Broker):  # type: ignore[misc]
    """An MQTT 3.1.1 broker on a socket that is already bound.

    Args:
        sock: the bound socket; the engine listens on it and closes it.
        on_message: called with the topic of every message, wills included.
    """

    def __init__(self, sock: socket.socket, on_message: Callable[[str], None]) -> None:
        config = BrokerConfig(listeners={"default": ListenerConfig(bind=":0")}, plugins=_PLUGINS)
        super().__init__(config)
        self._sock = sock
        self._on_message = on_message
        self._stopping = False
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._serving: dict[str, tuple[Writer, asyncio.Event]] = {}

    @property
    def retained_topics(self) -> list[str]:
        """The topics that hold a value."""
        return list(self._retained_messages)

    def publish(self, topic: str, data: bytes, qos: int, retain: bool) -> None:
        """Retain a message if asked to, and send it to every subscriber.

        Never waits: a client that reads slowly loses messages and delays nobody.
        """
        if retain:
            self._retain(topic, data, qos)
        self._fan_out(topic, data, qos)

    async def admit(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[Reader, Writer] | None:
        """Decide about a new connection before amqtt sees it; None refuses it.

        A guard overrides this: it may read ahead, and return adapters that check what passes.
        """
        return Reader(reader), Writer(writer)

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        """Serve one connection until its socket is closed."""
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = writer
        try:
            adapters = None if self._stopping else await self.admit(reader, writer)
            if adapters is not None:
                await self._client_connected(listener_name, *adapters)
        except asyncio.CancelledError:
            # asyncio's streams of Python 3.11 report a cancelled connection as an error.
            log.debug("connection cancelled")
        except Exception:
            log.exception("connection failed peer=%s", writer.get_extra_info("peername"))
        finally:
            await _close(writer)
            del self._connections[task]

    async def shutdown(self) -> None:
        """Stop, however stuck a client is."""
        self._stopping = True
        for server in self._servers.values():
            server.instance.close()
        # Since Python 3.12 a server waits for its connections, and amqtt for its clients to read.
        for writer in self._connections.values():
            writer.transport.abort()
        tasks = set(self._connections)
        if tasks:
            _, stuck = await asyncio.wait(tasks, timeout=LINGER_S)
            for task in stuck:
                task.cancel()
        await super().shutdown()

    # Everything below replaces a method of amqtt's that its own code calls.

    async def _create_server_instance(self, listener_name: str, *_: object) -> asyncio.Server:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self.stream_connected(reader, writer, listener_name)

        loop = asyncio.get_running_loop()

        def protocol() -> asyncio.StreamReaderProtocol:
            return asyncio.StreamReaderProtocol(LastWords(loop=loop), connected, loop=loop)

        return await loop.create_server(protocol, sock=self._sock)

    async def _initialize_client_session(
        self, reader: Reader, writer: Writer, *_: object
    ) -> tuple[Peer, Session]:
        peer, session = await Peer.init_from_connect(reader, writer, self.plugins_manager)
        peer.publish = self.publish
        session.client_id = session.client_id or gen_client_id()
        # amqtt does nothing when a keepalive passes, yet pays a task a packet to watch it, and may
        # lose a byte of a header that arrives in two parts. Enforcing it is a guard's work.
        session.keep_alive = 0
        return peer, session

    async def _handle_client_session(
        self, reader: Reader, writer: Writer, session: Session, peer: Peer, *rest: object
    ) -> None:
        await self._take_over(session.client_id)
        ended = asyncio.Event()
        self._serving[session.client_id] = (writer, ended)
        try:
            await super()._handle_client_session(reader, writer, session, peer, *rest)
        finally:
            try:
                await peer.stop()
                self._sessions.pop(session.client_id, None)
                await self._del_all_subscriptions(session)
            finally:
                # Whatever fails, the next connection of this client id must not wait for ever.
                del self._serving[session.client_id]
                ended.set()

    async def _take_over(self, client_id: str) -> None:
        """End the older connection of this client id first, its will included.

        It is most often the same monitor's, cut off without a word.
        """
        while (older := self._serving.get(client_id)) is not None:
            writer, ended = older
            writer.abort()
            await ended.wait()

    async def add_subscription(self, subscription: tuple[str, int], session: Session) -> int:
        """Subscribe, or subscribe again with another QoS (amqtt would keep the first)."""
        self._del_subscription(subscription[0], session)
        return int(await super().add_subscription(subscription, session))

    async def _handle_unsubscription(self, *args: object) -> None:
        await super()._handle_unsubscription(*args)
        # amqtt keeps, and tries for each message, every filter that was ever used.
        for topic_filter in [key for key, held in self._subscriptions.items() if not held]:
            del self._subscriptions[topic_filter]

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        topic_filter, qos = subscription
        subscribers = self._subscriptions.get(topic_filter, ())
        # amqtt calls this for each new client with the filters of all the others.
        if not any(subscriber is session for subscriber, _ in subscribers):
            return
        peer = self._get_handler(session)
        for topic in [key for key in self._retained_messages if self._matches(key, topic_filter)]:
            # The replay waits for the client to read; by now there may be a newer value, or none.
            if (kept := self._retained_messages.get(topic)) is None:
                continue
            if min(qos, kept.qos) == 0:
                await peer.mqtt_publish(topic, kept.data, 0, retain=True)
            else:
                peer.send_soon(topic, kept.data, min(qos, kept.qos), retain=True)

    async def _broadcast_message(
        self, _session: Session, topic: str, data: bytes, force_qos: int | None = None
    ) -> None:
        # Wills and QoS 2; the latter come without their QoS.
        self._fan_out(topic, data, 2 if force_qos is None else force_qos)

    async def retain_message(
        self, _session: Session, topic: str, data: bytes, qos: int | None = None
    ) -> None:
        """Keep a value for later subscribers; an empty one clears it."""
        self._retain(topic, data, qos or 0)

    def _retain(self, topic: str, data: bytes, qos: int) -> None:
        if data:
            # No source: it would keep the session of a client that has left in memory.
            self._retained_messages[topic] = RetainedApplicationMessage(None, topic, data, qos)
        else:
            self._retained_messages.pop(topic, None)

    def _fan_out(self, topic: str, data: bytes, qos: int) -> None:
        self._on_message(topic)
        packet: bytes | None = None
        for topic_filter, subscribers in self._subscriptions.items():
            if not self._matches(topic, topic_filter):
                continue
            for session, granted in subscribers:
                peer = self._get_handler(session)
                if min(qos, granted):
                    peer.send_soon(topic, data, min(qos, granted), retain=False)
                    continue
                # Built once for all of them.
                if packet is None:
                    packet = bytes(
                        PublishPacket.build(topic, data, None, False, 0, False).to_bytes()
                    )
                peer.send_now(packet)


async def _close(writer: asyncio.StreamWriter) -> None:
    """Let the last bytes out, for a moment, and wait until the socket is closed."""
    writer.close()
    try:
        async with asyncio.timeout(LINGER_S):
            await writer.wait_closed()
    except (OSError, TimeoutError):
        pass
    finally:
        writer.transport.abort()
