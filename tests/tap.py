"""A TCP relay that reads along: which MQTT packets a client really sends."""

import contextlib
import socket
import threading
import time
from types import TracebackType
from typing import Self

from tests.brokers import TIMEOUT_S

PUBLISH = 3


class Published:
    """One PUBLISH packet as it went over the wire."""

    def __init__(self, flags: int, body: bytes) -> None:
        length = int.from_bytes(body[:2], "big")
        self.topic = body[2 : 2 + length].decode()
        self.qos = (flags >> 1) & 3
        self.is_retained = bool(flags & 1)
        self.payload = body[2 + length + (2 if self.qos else 0) :]


class Tap:
    """Relays clients to a broker and keeps what they published.

    Args:
        broker_port: Where the broker listens.
        delay_s: How long each piece of data takes, each way.
    """

    def __init__(self, broker_port: int, delay_s: float = 0.0) -> None:
        self._broker_port = broker_port
        self._delay_s = delay_s
        self._flowing = threading.Event()
        self._flowing.set()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.published: list[Published] = []
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        """Where the client connects."""
        return f"mqtt://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.cut()
        for thread in self._threads:
            thread.join(TIMEOUT_S)

    def cut(self) -> None:
        """End both sides and let nobody in again."""
        for sock in (self._server, *self._sockets):
            # A close alone does not wake the thread that waits in it.
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _spawn(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def stall(self) -> None:
        """Deliver nothing more on the connections that stand, without closing them."""
        self._flowing.clear()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            broker = socket.create_connection(("127.0.0.1", self._broker_port))
            self._sockets += [client, broker]
            self._flowing = threading.Event()
            self._flowing.set()
            self._spawn(self._relay, broker, client, None)
            self._spawn(self._relay, client, broker, bytearray())

    def _relay(self, source: socket.socket, target: socket.socket, seen: bytearray | None) -> None:
        flowing = self._flowing
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                if not flowing.is_set():
                    continue
                if self._delay_s:
                    time.sleep(self._delay_s)
                if seen is not None:
                    seen += data
                    self._read(seen)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def _read(self, seen: bytearray) -> None:
        """Take whole packets off the front."""
        while (packet := _split(seen)) is not None:
            head, body = packet
            if head >> 4 == PUBLISH:
                self.published.append(Published(head & 15, body))


def _split(data: bytearray) -> tuple[int, bytes] | None:
    length, shift, at = 0, 0, 1
    while True:
        if at >= len(data):
            return None
        byte = data[at]
        length |= (byte & 127) << shift
        shift, at = shift + 7, at + 1
        if not byte & 128:
            break
    if len(data) < at + length:
        return None
    head, body = data[0], bytes(data[at : at + length])
    del data[: at + length]
    return head, body
