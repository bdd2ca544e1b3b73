"""The connections of the embedded broker: amqtt's broker, with what pitboard relies on put right.

Owns who is connected, who is away and what outlives a connection; `exchange.py` owns who receives
what, `embedded.py` the socket and the life cycle.

What is relied on of amqtt beside its public names, to be looked at again with each of its releases:

- `Broker.start` calls `_create_server_instance`, wraps what it returns in `_servers[name]`, and
  runs `_session_monitor`; `shutdown` ends all that is in `_sessions` and closes the servers.
- `_client_connected` calls `_initialize_client_session`, then `_handle_client_session`, and counts
  the connection in `_servers[name]` meanwhile.
- `_handle_client_session` attaches the handler, puts it with its session into
  `_sessions[session.client_id]`, says `session.parent` as session present, starts the handler, and
  returns when `wait_disconnect` has. It calls `_handle_subscription` and `_handle_unsubscription`
  with a finished future, and for a will `_broadcast_message`, then `retain_message`.
- `_subscriptions` and `_retained_messages` stay empty: amqtt only looks through them.
- `ProtocolHandler.start` runs `_reader_loop` and waits for `_reader_ready`; `stop` cancels it and
  waits for `_reader_stopped`. All that it sends goes through `_send_packet`, and SUBSCRIBE and
  UNSUBSCRIBE wait in `_pending_subscriptions` and `_pending_unsubscriptions`.
- The stream adapters keep their streams as `_reader` and `_writer`, and `is_closed` is theirs.
"""

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence

from amqtt.contexts import BrokerConfig, ListenerConfig  # type: ignore[import-untyped]
from amqtt.session import Session  # type: ignore[import-untyped]

from pitboard.broker.away import Absences, Away, State
from pitboard.broker.exchange import Exchange
from pitboard.broker.guard import Guard, Guest
from pitboard.broker.peer import Peer
from pitboard.broker.store import Kept
from pitboard.broker.streams import LastWords, Reader, Writer, abort
from pitboard.broker.users import Users

log = logging.getLogger(__name__)

LINGER_S = 1.0
"""How long a closing connection may take to send its last bytes, and a stop its clients to end."""

FORGET_EVERY_S = 60.0
"""How often clients that are away too long are looked for, and dropped messages logged."""

# Nothing but this: amqtt's default plugins publish $SYS topics and log every packet.
_PLUGINS = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}


class Engine(Exchange):
    """An MQTT 3.1.1 broker on a socket that is already bound.

    Args:
        sock: the bound socket; the engine listens on it and closes it.
        on_message: called with the topic of every message, wills included.
        users: who may connect and what they may do; anybody and everything when `None`.
        kept: the retained values to begin with.

    Attributes:
        guard: Lets connections in and ends them.
        absences: Clients that are away and will find their sessions again.
    """

    def __init__(
        self,
        sock: socket.socket,
        on_message: Callable[[str], None],
        users: Users | None = None,
        kept: Sequence[Kept] = (),
    ) -> None:
        config = BrokerConfig(listeners={"default": ListenerConfig(bind=":0")}, plugins=_PLUGINS)
        super().__init__(config, on_message, kept)
        self.absences = Absences()
        self._sock = sock
        self._stopping = False
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._guests: dict[Writer, Guest] = {}
        self._serving: dict[str, tuple[Guest, asyncio.Event]] = {}
        self.guard = Guard(users)

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
        """Stop."""
        await self.end_connections()
        self.forget_overdue(float("inf"))
        await super().shutdown()

    def forget_overdue(self, now_s: float) -> None:
        """Forget those who are away too long, and the first who left when there are too many."""
        for key in self.absences.due(now_s):
            self._forget(key)

    def sweep(self, now_s: float) -> None:
        """End the connections that are silent or stuck, and log; called twice a second."""
        self.guard.sweep(now_s)
        self.unkept.say(now_s)

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
        guest = self._guests[writer]
        peer.publish = self.publish
        peer.rules = guest.rules
        peer.client_id = guest.client_id
        peer.forbid = lambda topic: self.guard.forbidden.add(client=guest.client_id, topic=topic)
        # amqtt's name for what it finds a client and its session by.
        session.client_id = guest.key
        # The guard enforces it. amqtt does nothing when it passes, yet pays a task a packet to
        # watch it, and may lose a byte of a header that arrives in two parts.
        session.keep_alive = 0
        return peer, session

    async def _handle_client_session(
        self, reader: Reader, writer: Writer, session: Session, peer: Peer, *rest: object
    ) -> None:
        guest = self._guests[writer]
        await self._take_over(guest.key)
        ended = asyncio.Event()
        self._serving[guest.key] = (guest, ended)
        try:
            self._recall(session, peer)
            await super()._handle_client_session(reader, writer, session, peer, *rest)
        finally:
            try:
                await peer.stop()
            finally:
                # Whatever fails, the next connection of this client must not wait for ever.
                del self._serving[guest.key]
                ended.set()
                self._part(session, peer)

    async def _session_monitor(self) -> None:
        # amqtt's own forgets the sessions that are to be kept.
        while True:
            await asyncio.sleep(FORGET_EVERY_S)
            now_s = asyncio.get_running_loop().time()
            self.forget_overdue(now_s)
            self.absences.say(now_s)

    def _recall(self, session: Session, peer: Peer) -> None:
        """Give a client what it left, as far as it may still have it; or forget that."""
        key = session.client_id
        self.forget_overdue(asyncio.get_running_loop().time())
        if session.clean_session:
            self._forget(key)
        elif (away := self.absences.remove(key)) is not None:
            peer.state = away.state
            session.parent = 1
            self.withdraw_forbidden(peer, key)
            peer.state.mailbox.keep_only(peer.rules.may_subscribe)

    def _part(self, session: Session, peer: Peer) -> None:
        """A connection is over: keep what its client asked to keep."""
        if session.clean_session or self._stopping:
            self._end(session, peer.state)
            return
        # What the client said of itself is of no use any more, and may be large.
        session.will_message = session.password = None
        now_s = asyncio.get_running_loop().time()
        away = Away(peer.state, now_s)
        self._sessions[session.client_id] = (session, away)
        self.absences.add(session.client_id, away)
        self.forget_overdue(now_s)

    def _forget(self, key: str) -> None:
        if (away := self.absences.remove(key)) is not None:
            session, _ = self._sessions[key]
            self._end(session, away.state)

    def _end(self, session: Session, state: State) -> None:
        self._sessions.pop(session.client_id, None)
        for topic_filter in state.filters:
            self.filters.remove(topic_filter, session.client_id)

    async def _take_over(self, key: str) -> None:
        """End the older connection of this client first, its will included.

        It is most often the same monitor's, cut off without a word.
        """
        while (older := self._serving.get(key)) is not None:
            other, ended = older
            other.writer.abort()
            await ended.wait()


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
