"""paho clients for the bridge."""

import contextlib
import secrets
import selectors
import socket
from collections.abc import Callable
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from pitboard.bridge.arrivals import Arrival, read_arrivals
from pitboard.bridge.buffered import BufferedSocket
from pitboard.bridge.settings import BridgeSettings

CONNECT_TIMEOUT_S = 5.0
USER_TIMEOUT_MS = 5000

# What the kernel keeps for a bridge that does not keep up is the past by the time it is read; by
# itself that grows to 30 MB. 100 ms away this still lets through 2 MB/s.
UNREAD_BYTES = 256 * 1024

# After so many turns of 256 KiB at most, paho looks after its keepalive.
MAX_TURNS = 64


class BridgeClient(Client):
    """A client that takes in more for its time, and works in the thread that calls `work`.

    paho makes five calls into the kernel a packet, and for each message three locks and a line for
    a log that is off: 18 of the 40 us that a message cost the bridge. So QoS 0 messages are read
    past it, out of a buffer. All other packets are paho's; so is everything over TLS and MQTT 5.

    Attributes:
        on_arrivals: Called with messages that came together, where the callback `on_message` would
            be called with each.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.on_arrivals: Callable[[list[Arrival]], None] = lambda _arrivals: None
        self._waker: socket.socket | None = None
        # With it paho leaves writing to `work`, also when another thread subscribes.
        self.on_socket_register_write = self._wake

    def work(self) -> None:
        """Read and write until the connection ends. Raises what a callback raises.

        paho's own loop waits with `select`, which knows no file above number 1023.
        """
        code = MQTTErrorCode.MQTT_ERR_SUCCESS
        watched = 0
        woken, self._waker = socket.socketpair()
        with woken, self._waker, selectors.DefaultSelector() as selector:
            woken.setblocking(False)
            self._waker.setblocking(False)
            selector.register(woken, selectors.EVENT_READ)
            while code == MQTTErrorCode.MQTT_ERR_SUCCESS and (sock := self.socket()) is not None:
                wanted = selectors.EVENT_READ | selectors.EVENT_WRITE * self.want_write()
                if wanted != watched:
                    set_events = selector.modify if watched else selector.register
                    set_events(sock, wanted)
                    watched = wanted
                code = self._turn(sock, selector)

    def _turn(self, sock: Any, selector: selectors.BaseSelector) -> MQTTErrorCode:
        # What TLS or our own buffer has read is nothing that the kernel would wake us for.
        is_buffered = hasattr(sock, "pending") and sock.pending() > 0
        ready: dict[Any, int] = {
            key.fileobj: events for key, events in selector.select(0 if is_buffered else 1.0)
        }
        for woken in ready.keys() - {sock}:
            woken.recv(4096)
        events = ready.get(sock, 0)
        code = MQTTErrorCode.MQTT_ERR_SUCCESS
        if is_buffered or events & selectors.EVENT_READ:
            code = self.loop_read()
        if code == MQTTErrorCode.MQTT_ERR_SUCCESS and events & selectors.EVENT_WRITE:
            code = self.loop_write()
        return code or self.loop_misc()

    def _wake(self, *_: object) -> None:
        # Nobody is there yet or any more, or the pipe is full, which wakes as well.
        if (waker := self._waker) is not None:
            with contextlib.suppress(OSError):
                waker.send(b"w")

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read on until nothing is left, or one half packet, which paho has then."""
        for _ in range(MAX_TURNS):
            sock = self.socket()
            buffered = sock if isinstance(sock, BufferedSocket) else None
            # Of a half packet, the first half is with paho.
            if buffered is not None and not self._in_packet["command"]:
                arrivals = buffered.take(read_arrivals)
                if arrivals:
                    self.on_arrivals(arrivals)
                if arrivals is not None and not buffered.pending():
                    break
            code = super().loop_read(max_packets)
            if code != MQTTErrorCode.MQTT_ERR_SUCCESS or not buffered or not buffered.pending():
                return code
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _create_socket_connection(self) -> socket.socket:
        sock = super()._create_socket_connection()
        # TLS has a buffer of its own and wraps a socket as it is; MQTT 5 has another form.
        is_plain = not self._ssl and self._protocol != MQTTProtocolVersion.MQTTv5
        return BufferedSocket(sock) if is_plain else sock


def new_client(name: str, settings: BridgeSettings) -> BridgeClient:
    """One for one connection: paho's own reconnection waits too long and knows no jitter."""
    client = BridgeClient(
        CallbackAPIVersion.VERSION2,
        client_id=f"pb-{name}-{secrets.token_hex(8)}",
        protocol=MQTTProtocolVersion.MQTTv311,
        reconnect_on_failure=False,
    )
    client.connect_timeout = CONNECT_TIMEOUT_S
    if settings.username is not None:
        client.username_pw_set(settings.username, settings.password)
    client.on_socket_open = _set_options
    return client


def _set_options(_client: Client, _data: Any, sock: Any) -> None:
    with contextlib.suppress(OSError, AttributeError):
        # Delayed acknowledgements and Nagle's algorithm together cost 40 ms.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(OSError, AttributeError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, UNREAD_BYTES)
    with contextlib.suppress(OSError, AttributeError):
        # A ping that nobody acknowledges, as after a pulled cable, ends the connection.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
