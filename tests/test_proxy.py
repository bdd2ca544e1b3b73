"""The proxy does to connections what it says, so that tests of faults mean something."""

import socket
import threading
import time
from collections.abc import Iterator
from queue import SimpleQueue

import pytest

from tests.broker.clients import Messages
from tests.brokers import TIMEOUT_S, EmbeddedInThread
from tests.proxy import HOST, Proxy, Published
from tests.waiting import eventually


class Echo:
    """A server that sends back what it gets, on one connection after another."""

    def __init__(self) -> None:
        self._server = socket.create_server((HOST, 0))
        self.port: int = self._server.getsockname()[1]
        self.ends: SimpleQueue[str] = SimpleQueue()
        threading.Thread(target=self._run, name="echo", daemon=True).start()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _run(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            with client:
                self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        try:
            while data := client.recv(65_536):
                client.sendall(data)
        except ConnectionResetError:
            self.ends.put("reset")
        else:
            self.ends.put("closed")


@pytest.fixture
def echo() -> Iterator[Echo]:
    server = Echo()
    yield server
    server.close()


def connected(proxy: Proxy) -> socket.socket:
    return socket.create_connection((HOST, proxy.port), TIMEOUT_S)


def said(client: socket.socket, data: bytes) -> bytes:
    """What comes back for *data*."""
    client.sendall(data)
    answer = b""
    while len(answer) < len(data):
        answer += client.recv(65_536)
    return answer


def test_proxy_passes_on_what_is_not_mqtt_as_it_is(echo: Echo) -> None:
    data = b"GET / HTTP/1.1\r\n\r\n" + bytes(range(256)) * 1000
    with Proxy(echo.port) as proxy, connected(proxy) as client:
        assert said(client, data) == data
        client.shutdown(socket.SHUT_WR)

        assert client.recv(1) == b""
        assert echo.ends.get(timeout=TIMEOUT_S) == "closed"


def test_proxy_that_is_cut_ends_both_sides_and_refuses_until_it_is_restored(echo: Echo) -> None:
    with Proxy(echo.port) as proxy:
        with connected(proxy) as client:
            assert said(client, b"one") == b"one"
            proxy.cut()

            assert client.recv(1) == b""
            assert echo.ends.get(timeout=TIMEOUT_S) == "closed"
        with pytest.raises(ConnectionRefusedError):
            connected(proxy)

        proxy.restore()

        with connected(proxy) as client:
            assert said(client, b"two") == b"two"


def test_proxy_resets_both_sides_and_goes_on(echo: Echo) -> None:
    with Proxy(echo.port) as proxy:
        with connected(proxy) as client:
            assert said(client, b"one") == b"one"
            proxy.reset()

            with pytest.raises(ConnectionResetError):
                client.recv(1)
            assert echo.ends.get(timeout=TIMEOUT_S) == "reset"
        with connected(proxy) as client:
            assert said(client, b"two") == b"two"


def test_proxy_that_stalls_holds_back_data_and_ends_until_it_resumes(echo: Echo) -> None:
    with Proxy(echo.port) as proxy, connected(proxy) as client:
        assert said(client, b"one") == b"one"
        proxy.stall()
        client.sendall(b"two")
        client.shutdown(socket.SHUT_WR)
        with connected(proxy) as late:
            late.sendall(b"three")
            late.settimeout(0.05)
            client.settimeout(0.05)
            with pytest.raises(TimeoutError):
                client.recv(1)
            with pytest.raises(TimeoutError):
                late.recv(1)
            client.settimeout(TIMEOUT_S)
            late.settimeout(TIMEOUT_S)

            proxy.resume()

            assert client.recv(16) == b"two"
            assert client.recv(16) == b""
            assert late.recv(16) == b"three"


def test_proxy_corrupts_both_ways_until_it_is_restored(echo: Echo) -> None:
    data = bytes(1000)
    with Proxy(echo.port) as proxy, connected(proxy) as client:
        proxy.corrupt()
        spoilt = said(client, data)
        proxy.restore()

        assert 16 <= sum(byte != 0 for byte in spoilt) <= 32
        assert said(client, data) == data


def test_proxy_delays_each_way(echo: Echo) -> None:
    with Proxy(echo.port) as proxy, connected(proxy) as client:
        assert said(client, b"fast") == b"fast"
        proxy.delay_s = 0.1
        began = time.monotonic()

        assert said(client, b"slow") == b"slow"
        assert time.monotonic() - began >= 0.2


def test_proxy_of_a_server_that_is_gone_ends_connections() -> None:
    with EmbeddedInThread() as broker:
        port = broker.port
    with Proxy(port) as proxy, connected(proxy) as client:
        assert client.recv(1) == b""


def test_proxy_reads_what_is_published_and_swallows_what_it_is_told() -> None:
    with EmbeddedInThread() as broker, Proxy(broker.port) as proxy:
        reader = Messages(broker)
        reader.subscribe("pitboard/v1/#", qos=1)
        writer = Messages(proxy)
        topic = "pitboard/v1/spa24/pc-1/telemetry"
        proxy.swallow(lambda published: published.payload == b"swallowed")

        writer.client.publish(topic, b"swallowed", qos=0)
        writer.client.publish(topic, b"x" * 1000, qos=1, retain=True)
        first = reader.next()
        eventually(lambda: len(proxy.published) == 2)
        proxy.restore()
        writer.client.publish(topic, b"swallowed", qos=0)
        second = reader.next()
        writer.close()
        reader.close()

    assert first.payload == b"x" * 1000
    assert second.payload == b"swallowed"
    assert proxy.published[:2] == [
        Published(topic, 0, False, b"swallowed"),
        Published(topic, 1, True, b"x" * 1000),
    ]
