"""One link in front of a peer that does what no broker would."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

import pytest

from pitboard.contract.urls import BrokerUrl
from pitboard.publisher.events import Connected, Ended
from pitboard.publisher.link import Link, LinkSettings, Tagged
from pitboard.publisher.message import Publish
from tests.broker.clients import CONNACK, packet, text
from tests.brokers import TIMEOUT_S

MESSAGES = 400
PAYLOAD = bytes(30_000)


@contextmanager
def peer() -> Iterator[tuple[socket.socket, Link, "SimpleQueue[Tagged]"]]:
    """The far end of a link that was let in, with hardly any room in between."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        events: SimpleQueue[Tagged] = SimpleQueue()
        url = BrokerUrl("127.0.0.1", server.getsockname()[1], is_encrypted=False)
        link = Link(url, LinkSettings(), client_id="car", events=events)
        link.open()
        sock, _ = server.accept()
        with sock:
            sock.settimeout(TIMEOUT_S)
            sock.recv(1000)
            sock.sendall(CONNACK)
            assert isinstance(events.get(timeout=TIMEOUT_S).event, Connected)
            yield sock, link, events
        link.close()


def test_slow_line_gets_whole_packets_in_order() -> None:
    """The thread that publishes and the link's own must not write into each other's packets."""
    wanted = b"".join(
        packet(0x30, text("a/b") + b"%06d" % number + PAYLOAD) for number in range(MESSAGES)
    )
    got = bytearray()
    with peer() as (sock, link, _):

        def read() -> None:
            while len(got) < len(wanted) and (data := sock.recv(5000)):
                got.extend(data)

        reader = threading.Thread(target=read)
        reader.start()
        for number in range(MESSAGES):
            link.publish(Publish("a/b", b"%06d" % number + PAYLOAD, qos=0, retain=False))
        reader.join(TIMEOUT_S)

    assert bytes(got) == wanted


def fail(*_: object) -> None:
    raise ZeroDivisionError


def test_link_whose_callback_raises_ends() -> None:
    """A thread that dies in silence would leave a monitor that believes it is connected."""
    with peer() as (sock, link, events):
        link._client.on_message = fail
        sock.sendall(packet(0x30, text("a/b")))

        assert events.get(timeout=TIMEOUT_S).event == Ended("ZeroDivisionError")


def test_link_that_was_given_up_never_introduces_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same client id it would throw out the link that has taken its place."""
    is_asked, is_answered = threading.Event(), threading.Event()
    connect = socket.create_connection

    def slow(*arguments: Any, **options: Any) -> socket.socket:
        is_asked.set()
        assert is_answered.wait(TIMEOUT_S)
        return connect(*arguments, **options)

    monkeypatch.setattr(socket, "create_connection", slow)
    with socket.create_server(("127.0.0.1", 0)) as server:
        events: SimpleQueue[Tagged] = SimpleQueue()
        url = BrokerUrl("127.0.0.1", server.getsockname()[1], is_encrypted=False)
        link = Link(url, LinkSettings(), client_id="car", events=events)
        link.open()
        assert is_asked.wait(TIMEOUT_S)

        link.abort()
        is_answered.set()

        sock, _ = server.accept()
        with sock:
            sock.settimeout(TIMEOUT_S)
            assert sock.recv(1000) == b""
    assert isinstance(events.get(timeout=TIMEOUT_S).event, Ended)
