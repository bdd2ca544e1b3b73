"""One connection to one broker: the only place that knows paho.

A link lives once: it connects, works, ends. Whoever wants to be connected again makes a new one,
since a reused paho client sends old unacknowledged messages after the new ones. Nothing happens
in paho's callbacks but putting an event into the owner's queue.
"""

import contextlib
import logging
import socket
import ssl
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from pitboard.contract import reasons
from pitboard.contract.errors import LinkLost
from pitboard.contract.topics import FENCE
from pitboard.contract.urls import BrokerUrl
from pitboard.publisher.events import Acked, Connected, Ended, LinkEvent, Received, Subscribed
from pitboard.publisher.message import Publish

log = logging.getLogger(__name__)

USER_TIMEOUT_MS = 5000

LOOP_S = 1.0
"""How often paho looks whether it has to ping."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user of the broker."""

    username: str
    password: str


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """How a link behaves, whichever broker it goes to.

    Attributes:
        ca_file: Trusted certificates for ``mqtts://``; the system's by default.
    """

    credentials: Credentials | None = None
    keepalive_s: int = 10
    connection_timeout_s: float = 10.0
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Tagged:
    """An event of one link among the events of those before and after it."""

    link: "Link"
    event: LinkEvent


class Link:
    """A connection in its own thread; its events arrive `Tagged` in *events*."""

    def __init__(
        self,
        url: BrokerUrl,
        settings: LinkSettings,
        *,
        client_id: str,
        events: "SimpleQueue[Any]",
        will: Publish | None = None,
    ) -> None:
        self.url = url
        self._settings = settings
        self._events = events
        self._end_reason: Ended | None = None
        self._is_answered = False
        self._is_closing = False
        self._is_aborted = False
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = settings.connection_timeout_s
        # paho's 20 cost a round trip for every 20 laps that were driven offline.
        client.max_inflight_messages_set(1000)
        if settings.credentials is not None:
            client.username_pw_set(settings.credentials.username, settings.credentials.password)
        if will is not None:
            client.will_set(will.topic, will.payload, will.qos, will.retain)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.on_publish = client.on_unsubscribe = self._on_acknowledged
        client.on_subscribe = self._on_subscribe
        client.on_socket_open = _set_options
        client.on_disconnect = self._on_disconnect
        # With it paho leaves writing to the loop. Else the thread that publishes writes too, and
        # half a packet of one may be followed by a packet of the other.
        client.on_socket_register_write = _write_in_the_loop
        self._client = client
        self._thread = threading.Thread(target=self._run, name=f"link {url}", daemon=True)

    def open(self) -> None:
        """Begin to connect; `Connected` or `Ended` follows."""
        self._thread.start()

    def publish(self, message: Publish) -> int:
        """Hand a message to the connection, never waiting for the network; its number."""
        return self._client.publish(message.topic, message.payload, message.qos, message.retain).mid

    def subscribe(self, filters: Iterable[str], qos: int = 0) -> None:
        """Subscribe to all *filters* at once; `Subscribed` follows.

        QoS 0 loses nothing on a connection that holds, and what arrives wants no answer, so a
        goodbye cannot cross with one.
        """
        self._client.subscribe([(topic_filter, qos) for topic_filter in filters])

    def unsubscribe(self, filters: Iterable[str]) -> None:
        """End subscriptions."""
        self._client.unsubscribe(list(filters))

    def probe(self) -> int:
        """Ask the broker for an answer, which comes as `Acked`; its number."""
        _, mid = self._client.unsubscribe(FENCE)
        return mid or 0

    def close(self, timeout_s: float = 1.0) -> None:
        """Say goodbye, so that the broker drops the will, and wait for the thread to end."""
        self._is_closing = True
        self._client.disconnect()
        self._thread.join(timeout_s)

    def abort(self) -> None:
        """Cut the connection at once; the broker finds out by itself and publishes the will."""
        self._is_aborted = True
        sock = self._client.socket()
        if isinstance(sock, socket.socket):
            with contextlib.suppress(OSError):
                # Closing alone would not wake the thread that waits in it.
                sock.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        try:
            if self.url.is_encrypted:
                trusted = ssl.create_default_context(cafile=self._settings.ca_file)
                self._client.tls_set_context(trusted)
            self._client.connect(self.url.host, self.url.port, keepalive=self._settings.keepalive_s)
            # A name may be found long after the owner gave up. CONNECT leaves with the first turn
            # of the loop, and would throw out the link that has taken this one's place.
            state = MQTTErrorCode.MQTT_ERR_SUCCESS
            while state == MQTTErrorCode.MQTT_ERR_SUCCESS and not self._is_aborted:
                state = self._client.loop(LOOP_S)
            if self._is_aborted:
                self.abort()
            end = self._end_reason or Ended("connection closed")
        except (OSError, ValueError) as exc:
            end = Ended(reasons.of_error(exc, is_encrypted=self.url.is_encrypted))
        except Exception as exc:
            # A supervisor's boundary: whatever paho raises, the owner hears that the link ended.
            log.exception("link failed url=%s", self.url)
            end = Ended(type(exc).__name__)
        # Without its callbacks the client is in no reference cycle and closes its sockets at once.
        client = self._client
        client.on_connect = client.on_disconnect = client.on_message = None
        client.on_publish = client.on_unsubscribe = client.on_subscribe = None
        self._emit(end)

    def _emit(self, event: LinkEvent) -> None:
        self._events.put(Tagged(self, event))

    def _on_connect(
        self, _client: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, *_: object
    ) -> None:
        self._is_answered = True
        if self._is_aborted:
            self.abort()
            return
        if self._is_closing:
            # paho forgets a goodbye that was said before the connection stood.
            self._client.disconnect()
            return
        if not reason.is_failure:
            self._emit(Connected())
            return
        code = reason.value
        is_refused, is_taken = code in reasons.REFUSED_CODES, code == reasons.TAKEN_CODE
        self._end_reason = Ended(str(reason), is_refused=is_refused, is_taken=is_taken)

    def _on_disconnect(
        self, _client: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, *_: object
    ) -> None:
        if self._end_reason is None and reason.is_failure:
            is_strange = not (self._is_answered or self.url.is_encrypted)
            self._end_reason = Ended(reasons.HUNG_UP if is_strange else reasons.LOST)

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return
        self._emit(Received(topic, bytes(message.payload), bool(message.retain)))

    def _on_acknowledged(self, _client: mqtt.Client, _data: object, mid: int, *_: object) -> None:
        self._emit(Acked(mid))

    def _on_subscribe(
        self, _client: mqtt.Client, _data: object, _mid: int, reasons: list[ReasonCode], *_: object
    ) -> None:
        self._emit(Subscribed(is_refused=any(reason.is_failure for reason in reasons)))


def open_link(
    urls: Sequence[BrokerUrl],
    settings: LinkSettings,
    *,
    client_id: str,
    events: "SimpleQueue[Any]",
) -> Link:
    """A connected link to the first of *urls* that answers, for tools that do not retry.

    Raises `LinkLost` with every broker's reason in a person's words.
    """
    failures = []
    for url in urls:
        link = Link(url, settings, client_id=client_id, events=events)
        link.open()
        event = events.get().event
        if not isinstance(event, Ended):
            return link
        failures.append(f"{url}: {event.reason}")
    raise LinkLost("cannot reach the broker: " + "; ".join(failures))


def _write_in_the_loop(*_: object) -> None:
    """The loop is woken already."""


def _set_options(_client: mqtt.Client, _data: object, sock: object) -> None:
    # Without it Nagle's algorithm holds a small frame back until the last one is acknowledged.
    assert isinstance(sock, socket.socket)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Packets that nobody acknowledges, as after a pulled cable, end the connection; without it
        # the kernel goes on for a quarter of an hour.
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
