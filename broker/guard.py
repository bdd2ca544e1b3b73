"""What stands between the network and amqtt: nobody unknown and no bad packet gets past it.

It reads and checks the whole CONNECT, knows who it is, and lets amqtt see the connection only
then; it checks every later packet, and ends connections that fall silent or stop reading.
"""

import asyncio
import logging
import secrets
from collections import Counter

from pitboard.broker.faults import BadPacket, Fault, MissingId, UnsupportedLevel
from pitboard.broker.packets import (
    MAX_CONNECT_BYTES,
    Connect,
    Kind,
    Splitter,
    header_size,
    packet_size,
    parse_connect,
)
from pitboard.broker.repeats import Repeats
from pitboard.broker.rules import ANYTHING, Rules, rules_of
from pitboard.broker.streams import Reader, Writer
from pitboard.broker.throttle import Throttle
from pitboard.broker.users import Users
from pitboard.contract.addresses import UNKNOWN, counted, parse
from pitboard.contract.log_lines import printable

log = logging.getLogger(__name__)

CONNECT_WITHIN_S = 5.0
WRITE_WITHIN_S = 5.0
"""How long one write may take to leave before its client counts as stuck."""

MAX_CONNECTIONS = 1000
KEEPALIVE_FACTOR = 1.5
CHUNK_BYTES = 64 * 1024

# Port scanners and phones would bury the lines that a person needs.
_STRAY = frozenset({"bad CONNECT", "no CONNECT in time", "other version of MQTT"})

# CONNACK with its return code; MQTT 5 has a byte of properties.
_REFUSED_LEVEL = b"\x20\x02\x00\x01"
_REFUSED_MQTT5 = b"\x20\x03\x00\x84\x00"
_REFUSED_ID = b"\x20\x02\x00\x02"
_NOT_AUTHORIZED = b"\x20\x02\x00\x05"


class GuardedReader(Reader):
    """Gives amqtt the CONNECT that was read already, then checked packets only.

    Attributes:
        heard_s: When something came last, on the loop's clock.
        error: The bad packet that the connection ends with.
    """

    def __init__(self, reader: asyncio.StreamReader, connect: bytes, rest: bytes) -> None:
        super().__init__(reader)
        self.error: BadPacket | None = None
        self.heard_s = asyncio.get_running_loop().time()
        self._splitter = Splitter()
        self._good = bytearray(connect)
        self._good += self._splitter.feed(rest)

    async def read(self, n: int = -1) -> bytes:
        """Read exactly *n* bytes; at the end of what is good, as at the end of the stream."""
        while len(self._good) < n:
            self.error = self._splitter.error
            data = b"" if self.error else await self._reader.read(CHUNK_BYTES)
            if not data:
                raise asyncio.IncompleteReadError(bytes(self._good), n)
            self.heard_s = asyncio.get_running_loop().time()
            self._good += self._splitter.feed(data)
        taken = bytes(self._good[:n])
        del self._good[:n]
        return taken


class Guest:
    """A connection that was let in.

    Attributes:
        name: The user, `None` where nobody is asked.
        client_id: What it calls itself; made up for one that does not.
        key: What the broker knows it by. User and client id together, so that nobody meets, ends or
            keeps out another user's client, whatever that calls itself.
        address: Where it comes from.
        rules: What it may do.
    """

    def __init__(
        self,
        connect: Connect,
        address: str,
        name: str | None,
        rules: Rules,
        reader: GuardedReader,
        writer: Writer,
    ) -> None:
        self.name = name
        self.client_id = connect.client_id or f"unnamed-{secrets.token_hex(8)}"
        self.key = self.client_id if name is None else f"{name}\0{self.client_id}"
        self.address = address
        self.rules = rules
        self.reader = reader
        self.writer = writer
        self._keepalive_s = connect.keepalive_s

    def check(self, now_s: float) -> str | None:
        """Why the connection must end, if it must."""
        limit_s = KEEPALIVE_FACTOR * self._keepalive_s
        if self._keepalive_s and now_s - self.reader.heard_s > limit_s:
            return "silent"
        return "stopped reading" if self.writer.is_stuck(now_s, WRITE_WITHIN_S) else None


class Guard:
    """Decides about connections.

    Args:
        users: Who may connect; `None` asks nobody.

    Attributes:
        refused: Connections that were not let in or ended, by reason.
        forbidden: Messages of clients that were let in, on topics that they may not use.
    """

    def __init__(self, users: Users | None) -> None:
        self.refused: Counter[str] = Counter()
        self.forbidden = Repeats("messages dropped reason=not allowed")
        self._bad_packets = Repeats("connections closed reason=bad packet")
        self._users = users
        self._throttle = Throttle()
        self._guests: set[Guest] = set()

    async def admit(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connections: int
    ) -> Guest | None:
        """Let a new connection in, as one of *connections*; `None` refuses it."""
        address = _address(writer)
        if connections > MAX_CONNECTIONS:
            self._refuse("too many connections", address)
            return None
        if self._has_failed_often(address):
            return None
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                head, body, rest = await _read_connect(reader)
            connect = parse_connect(body)
        except UnsupportedLevel as error:
            writer.write(_REFUSED_MQTT5 if error.is_mqtt5 else _REFUSED_LEVEL)
            self._refuse("other version of MQTT", address)
            return None
        except BadPacket as error:
            if isinstance(error, MissingId):
                writer.write(_REFUSED_ID)
            log.debug("bad CONNECT address=%s reason=%s", address, error)
            self._refuse("bad CONNECT", address)
            return None
        except TimeoutError:
            self._refuse("no CONNECT in time", address)
            return None
        except (OSError, asyncio.IncompleteReadError):
            return None
        # Asked again, since many may have waited with their CONNECT until now.
        if self._has_failed_often(address):
            return None
        known = self._identify(connect, address)
        if isinstance(known, bytes):
            writer.write(known)
            return None
        name, rules = known
        checked = GuardedReader(reader, head + body, rest)
        return Guest(connect, address, name, rules, checked, Writer(writer))

    def welcome(self, guest: Guest) -> None:
        """The guest's connection is served from now on."""
        self._guests.add(guest)

    def part(self, guest: Guest) -> None:
        """The guest's connection is over."""
        self._guests.discard(guest)
        if (error := guest.reader.error) is not None:
            self.refused[f"bad packet: {error.fault}"] += 1
            self._bad_packets.add(client=guest.client_id, address=guest.address, error=str(error))

    def sweep(self, now_s: float) -> None:
        """End the connections that are silent or stuck; called twice a second."""
        self.forbidden.say(now_s)
        self._bad_packets.say(now_s)
        for guest in list(self._guests):
            reason = guest.check(now_s)
            if reason is not None:
                self._guests.discard(guest)
                self.refused[reason] += 1
                client = printable(guest.client_id)
                log.info("connection ended reason=%s client=%r", reason, client)
                guest.writer.abort()

    def _has_failed_often(self, address: str) -> bool:
        """Whether the address has to wait after wrong passwords; counted if so."""
        is_closed = self._throttle.is_closed_to(address, asyncio.get_running_loop().time())
        if is_closed:
            self._refuse("too many failed logins", address)
        return is_closed

    def _identify(self, connect: Connect, address: str) -> tuple[str | None, Rules] | bytes:
        """Who it is and what he may do, or the CONNACK that refuses him."""
        name, rules = None, ANYTHING
        if self._users is not None:
            user = self._users.find(connect.username, connect.password)
            if user is None:
                self._throttle.failed(address, asyncio.get_running_loop().time())
                self._refuse("wrong password", address)
                return _NOT_AUTHORIZED
            name, rules = user.name, rules_of(user)
        if connect.will_topic is not None and not rules.may_publish(connect.will_topic):
            self._refuse("will on a foreign topic", address)
            return _NOT_AUTHORIZED
        return name, rules

    def _refuse(self, reason: str, address: str) -> None:
        count = self.refused[reason] = self.refused[reason] + 1
        if count in (1, 10, 100) or count % 1000 == 0:
            level = logging.DEBUG if reason in _STRAY else logging.WARNING
            text = "connection refused reason=%s address=%s so_far=%d"
            log.log(level, text, reason, address, count)


async def _read_connect(reader: asyncio.StreamReader) -> tuple[bytes, bytes, bytes]:
    """Fixed header and body of the first packet, and what came after it."""
    data = bytearray()
    while True:
        if data and data[0] != Kind.CONNECT << 4:
            raise BadPacket(Fault.TYPE, "the first packet is no CONNECT [3.1.0.1]")
        size = packet_size(data, 0, MAX_CONNECT_BYTES) if data else None
        if size is not None:
            head = header_size(data, 0)
            return bytes(data[:head]), bytes(data[head:size]), bytes(data[size:])
        chunk = await reader.read(CHUNK_BYTES)
        if not chunk:
            raise asyncio.IncompleteReadError(bytes(data), None)
        data += chunk


def _address(writer: asyncio.StreamWriter) -> str:
    peer = writer.get_extra_info("peername")
    return counted(parse(str(peer[0]))) if peer else UNKNOWN
