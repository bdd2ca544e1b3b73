"""amqtt's broker, with what pitboard relies on put right.

Owns sessions, subscriptions and retained values; `embedded.py` owns the socket and the life cycle.
No session outlives its connection: every pitboard client connects with a clean session.
"""

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence

from amqtt.broker import Broker, RetainedApplicationMessage  # type: ignore[import-untyped]
from amqtt.contexts import BrokerConfig, ListenerConfig  # type: ignore[import-untyped]
from amqtt.mqtt.publish import PublishPacket  # type: ignore[import-untyped]
from amqtt.session import Session  # type: ignore[import-untyped]
from amqtt.utils import gen_client_id  # type: ignore[import-untyped]

from pitboard.broker.guard import Guard, Guest
from pitboard.broker.peer import LastWords, Peer, Reader, Writer, abort
from pitboard.broker.store import Kept
from pitboard.broker.users import Users

log = logging.getLogger(__name__)

LINGER_S = 1.0
"""How long a closing connection may take to send its last bytes, and a stop its clients to end."""

MAX_SUBSCRIPTIONS = 100
"""Of one client; a bridge has one a watched session."""

REFUSED = 0x80
"""The return code of a subscription that is not granted."""

# Nothing but this: amqtt's default plugins publish $SYS topics and log every packet.
_PLUGINS = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}


class Engine(Broker):  # type: ignore[misc]
    """An MQTT 3.1.1 broker on a socket that is already bound.

    Args:
        sock: the bound socket; the engine listens on it and closes it.
        on_message: called with the topic of every message, wills included.
        users: who may connect and what they may do; anybody and everything when `None`.
        kept: the retained values to begin with.

    Attributes:
        guard: Lets connections in and ends them.
        changes: How often a retained value was set or cleared.
    """

    def __init__(
        self,
        sock: socket.socket,
        on_message: Callable[[str], None],
        users: Users | None = None,
        kept: Sequence[Kept] = (),
    ) -> None:
        config = BrokerConfig(listeners={"default": ListenerConfig(bind=":0")}, plugins=_PLUGINS)
        super().__init__(config)
        self._sock = sock
        self._on_message = on_message
        self.changes = 0
        self._kept = kept
        self._stopping = False
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._guests: dict[Writer, Guest] = {}
        self._serving: dict[str, tuple[Guest, asyncio.Event]] = {}
        self.guard = Guard(users, self._owner_of)

    @property
    def retained_topics(self) -> list[str]:
        """The topics that hold a value."""
        return list(self._retained_messages)

    @property
    def kept(self) -> list[Kept]:
        """The retained values."""
        values = self._retained_messages.values()
        return [Kept(value.topic, bytes(value.data), value.qos) for value in values]

    def publish(self, topic: str, data: bytes, qos: int, retain: bool) -> None:
        """Retain a message if asked to, and send it to every subscriber.

        Never waits: a client that reads slowly loses messages and delays nobody.
        """
        if retain:
            self._retain(topic, data, qos)
        self._fan_out(topic, data, qos)

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        """Serve one connection until its socket is closed."""
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = writer
        try:
            guest = None
            if not self._stopping:
                guest = await self.guard.admit(reader, writer, len(self._connections))
            if guest is not None:
                await self._serve(guest, listener_name)
        except asyncio.CancelledError:
            # asyncio's streams of Python 3.11 report a cancelled connection as an error.
            log.debug("connection cancelled")
        except Exception:
            log.exception("connection failed peer=%s", writer.get_extra_info("peername"))
        finally:
            await _close(writer)
            del self._connections[task]

    async def _serve(self, guest: Guest, listener_name: str) -> None:
        self._guests[guest.writer] = guest
        self.guard.welcome(guest)
        try:
            await self._client_connected(listener_name, guest.reader, guest.writer)
        finally:
            self.guard.part(guest)
            del self._guests[guest.writer]

    def _owner_of(self, client_id: str) -> str | None:
        guest, _ = self._serving[client_id]
        return guest.name

    async def end_connections(self) -> None:
        """Let nobody in any more and end every connection, however stuck, wills included."""
        self._stopping = True
        for server in self._servers.values():
            server.instance.close()
        # Since Python 3.12 a server waits for its connections, and amqtt for its clients to read.
        for writer in self._connections.values():
            abort(writer)
        tasks = set(self._connections)
        if tasks:
            _, stuck = await asyncio.wait(tasks, timeout=LINGER_S)
            for task in stuck:
                task.cancel()

    async def shutdown(self) -> None:
        """Stop, and forget all retained values."""
        await self.end_connections()
        await super().shutdown()

    # Everything below replaces a method of amqtt's that its own code calls.

    async def _create_server_instance(self, listener_name: str, *_: object) -> asyncio.Server:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self.stream_connected(reader, writer, listener_name)

        # amqtt forgets all values when it starts, just before this.
        for value in self._kept:
            self._retain(value.topic, value.data, value.qos)
        self._kept = ()
        loop = asyncio.get_running_loop()

        def protocol() -> asyncio.StreamReaderProtocol:
            return asyncio.StreamReaderProtocol(LastWords(loop=loop), connected, loop=loop)

        return await loop.create_server(protocol, sock=self._sock)

    async def _initialize_client_session(
        self, reader: Reader, writer: Writer, *_: object
    ) -> tuple[Peer, Session]:
        peer, session = await Peer.init_from_connect(reader, writer, self.plugins_manager)
        peer.publish = self.publish
        peer.rules = self._guests[writer].rules
        session.client_id = session.client_id or gen_client_id()
        # The guard enforces it. amqtt does nothing when it passes, yet pays a task a packet to
        # watch it, and may lose a byte of a header that arrives in two parts.
        session.keep_alive = 0
        return peer, session

    async def _handle_client_session(
        self, reader: Reader, writer: Writer, session: Session, peer: Peer, *rest: object
    ) -> None:
        guest = self._guests[writer]
        await self._take_over(session.client_id, guest)
        ended = asyncio.Event()
        self._serving[session.client_id] = (guest, ended)
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

    async def _take_over(self, client_id: str, guest: Guest) -> None:
        """End the older connection of this client id first, its will included.

        It is most often the same monitor's, cut off without a word. Raises `ConnectionError` when
        it is another user's, who came between the guard's look and this one.
        """
        while (older := self._serving.get(client_id)) is not None:
            other, ended = older
            if other.name != guest.name:
                raise ConnectionRefusedError("client id of another user")
            other.writer.abort()
            await ended.wait()

    async def add_subscription(self, subscription: tuple[str, int], session: Session) -> int:
        """Subscribe, or subscribe again with another QoS (amqtt would keep the first)."""
        topic_filter, _ = subscription
        if not self._get_handler(session).rules.may_subscribe(topic_filter):
            return REFUSED
        self._del_subscription(topic_filter, session)
        held = sum(
            subscriber is session for held in self._subscriptions.values() for subscriber, _ in held
        )
        if held >= MAX_SUBSCRIPTIONS:
            return REFUSED
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
        # Wills; all else comes through `publish`.
        self._fan_out(topic, data, force_qos or 0)

    async def retain_message(
        self, _session: Session, topic: str, data: bytes, qos: int | None = None
    ) -> None:
        """Keep a value for later subscribers; an empty one clears it."""
        self._retain(topic, data, qos or 0)

    def _retain(self, topic: str, data: bytes, qos: int) -> None:
        self.changes += 1
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
        abort(writer)
