"""The life of the embedded broker: starting, refusing, forgetting, stopping."""

import asyncio
import logging
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import anyio
import pytest

from pitboard.broker import EmbeddedBroker
from pitboard.broker.expiry import KEEP_S
from pitboard.contract.errors import SettingsError
from tests.broker.clients import (
    CONNACK,
    DISCONNECT,
    Got,
    connect_packet,
    messages,
    raw_client,
    subscribe_packet,
)
from tests.brokers import TIMEOUT_S, EmbeddedInThread

SETUP = "pitboard/v1/spa24/pc-1/setup"


class FakeClock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock.getsockname()[1]


async def connected(broker: EmbeddedBroker, client_id: str) -> asyncio.StreamWriter:
    reader, writer = await asyncio.open_connection(broker.host, broker.port)
    writer.write(connect_packet(client_id))
    assert await reader.readexactly(4) == CONNACK
    return writer


@pytest.mark.anyio
async def test_broker_accepts_as_soon_as_it_is_entered() -> None:
    async with EmbeddedBroker(port=0) as broker:
        writer = await connected(broker, "first")
        writer.close()

    assert broker.port > 0
    assert broker.url == f"mqtt://127.0.0.1:{broker.port}"


@pytest.mark.anyio
async def test_two_brokers_get_different_free_ports() -> None:
    async with EmbeddedBroker(port=0) as one, EmbeddedBroker(port=0) as other:
        assert one.port != other.port


@pytest.mark.anyio
async def test_broker_on_all_interfaces_names_a_url_that_can_be_connected_to() -> None:
    async with EmbeddedBroker("0.0.0.0", 0) as broker:
        assert broker.url == f"mqtt://127.0.0.1:{broker.port}"


@pytest.mark.anyio
async def test_broker_on_a_host_name_listens_on_ipv4() -> None:
    async with EmbeddedBroker("localhost", 0) as broker:
        reader, writer = await asyncio.open_connection("127.0.0.1", broker.port)
        writer.write(connect_packet("by address"))
        assert await reader.readexactly(4) == CONNACK
        writer.close()


@pytest.mark.anyio
@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")
async def test_url_of_an_ipv6_address_has_brackets() -> None:
    async with EmbeddedBroker("::1", 0) as broker:
        assert broker.url == f"mqtt://[::1]:{broker.port}"
        (await connected(broker, "six")).close()


@pytest.mark.anyio
async def test_broker_uses_the_port_again_after_a_stop_with_clients() -> None:
    async with EmbeddedBroker(port=0) as broker:
        old = await connected(broker, "left behind")

    async with EmbeddedBroker(port=broker.port) as again:
        new = await connected(again, "left behind")
        new.close()
    old.close()


@pytest.mark.anyio
async def test_busy_port_is_a_settings_error_that_names_port_and_flag() -> None:
    with taken_port() as port, pytest.raises(SettingsError) as caught:
        async with EmbeddedBroker(port=port):
            pass

    text = str(caught.value)
    assert str(port) in text
    assert "--port" in text
    assert "\n" not in text


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("host", "port", "flag"),
    [
        pytest.param("192.0.2.1", 0, "--host", id="not of this machine"),
        pytest.param("no-such-host.invalid", 0, "--host", id="unknown name"),
        pytest.param("127.0.0.1", 70000, "--port", id="not a port"),
    ],
)
async def test_impossible_address_is_a_settings_error(host: str, port: int, flag: str) -> None:
    with pytest.raises(SettingsError, match=flag):
        async with EmbeddedBroker(host, port):
            pass


@pytest.mark.anyio
async def test_accepted_sockets_send_small_packets_at_once() -> None:
    async with EmbeddedBroker(port=0) as broker:
        writer = await connected(broker, "quick")
        assert broker._engine is not None
        (accepted,) = broker._engine._connections.values()

        nodelay = accepted.get_extra_info("socket").getsockopt(
            socket.IPPROTO_TCP, socket.TCP_NODELAY
        )

        assert nodelay
        writer.close()


@pytest.mark.anyio
async def test_broker_stops_within_two_seconds_with_stuck_clients() -> None:
    """A laptop lid closed on one phone must not hold the whole process at exit."""
    before = asyncio.all_tasks()
    async with EmbeddedBroker(port=0) as broker:
        assert broker._engine is not None
        idle = await connected(broker, "idle")
        silent = await asyncio.open_connection(broker.host, broker.port)  # never says CONNECT
        stuck = socket.create_connection((broker.host, broker.port))
        stuck.sendall(connect_packet("stuck") + subscribe_packet("#"))
        with anyio.fail_after(TIMEOUT_S):
            while "#" not in broker._engine.filters:
                await anyio.lowlevel.checkpoint()
        for _ in range(100):
            broker._engine.publish(SETUP, bytes(200_000), qos=0, retain=False)
        began = time.monotonic()

    assert time.monotonic() - began < 2.0
    assert asyncio.all_tasks() == before
    idle.close()
    silent[1].close()
    stuck.close()


@pytest.mark.anyio
async def test_broker_stops_completely_inside_a_cancelled_scope() -> None:
    """A server that is cancelled must still free its port."""
    before = asyncio.all_tasks()
    with anyio.CancelScope() as scope:
        async with EmbeddedBroker(port=0) as broker:
            writer = await connected(broker, "waiting")
            scope.cancel()

    assert asyncio.all_tasks() == before
    writer.close()
    async with EmbeddedBroker(port=broker.port):
        pass


@pytest.mark.anyio
async def test_broker_stops_completely_when_its_task_is_cancelled_while_it_stops() -> None:
    broker = EmbeddedBroker(port=0)
    await broker.__aenter__()
    stopping = asyncio.create_task(broker.__aexit__(None, None, None))
    await anyio.lowlevel.checkpoint()

    stopping.cancel()

    with pytest.raises(asyncio.CancelledError):
        await stopping
    async with EmbeddedBroker(port=broker.port):
        pass


@pytest.mark.anyio
async def test_sessions_silent_for_thirty_days_are_dropped_and_subscribers_told() -> None:
    clock = FakeClock()
    make = lambda: EmbeddedBroker(port=0, clock=clock, sweep_every_s=0.01)  # noqa: E731

    def watch() -> None:
        with EmbeddedInThread(make) as broker, messages(broker) as watcher:
            watcher.subscribe("#")
            watcher.publish(SETUP, b"{}", retain=True)
            watcher.publish("pitboard/v1/new/pc/setup", b"{}", retain=True)
            watcher.publish("other/program", b"on", retain=True)
            assert {watcher.next().topic for _ in range(3)} >= {SETUP}
            clock.now = KEEP_S - 1
            watcher.publish("pitboard/v1/new/pc/telemetry", b"{}")
            watcher.next()

            clock.now = KEEP_S

            assert watcher.next() == Got(SETUP, b"")
            with messages(broker) as late:
                late.subscribe("#")
                late.publish("end", b"")
                kept = {got.topic for got in late.until("end")}
            assert kept == {"pitboard/v1/new/pc/setup", "other/program"}

    await asyncio.to_thread(watch)


def test_two_hundred_connections_leave_nothing_behind(embedded: EmbeddedInThread) -> None:
    engine = embedded.broker._engine
    assert engine is not None

    for number in range(200):
        with closing(raw_client(embedded, f"c{number}")) as sock:
            sock.sendall(subscribe_packet(f"pitboard/v1/s{number}/#") + DISCONNECT)
            while sock.recv(100):
                pass

    with messages(embedded) as last:
        last.subscribe("end")
        last.publish("end", b"")
        last.next()
        sizes = embedded.call(
            lambda: (
                len(engine._sessions),
                len(list(engine.filters)),
                len(engine._connections),
                len(engine._serving),
            )
        )
    assert sizes == (1, 1, 1, 1)


def test_filters_that_nobody_uses_any_more_are_forgotten(embedded: EmbeddedInThread) -> None:
    """A bridge watches another session every few minutes, for weeks."""
    engine = embedded.broker._engine
    assert engine is not None
    with messages(embedded) as bridge:
        for number in range(20):
            bridge.subscribe(f"pitboard/v1/s{number}/#")
            bridge.client.unsubscribe(f"pitboard/v1/s{number}/#")
        bridge.subscribe("end")

        assert embedded.call(lambda: list(engine.filters)) == ["end"]


def test_clients_that_come_and_go_are_not_logged(
    embedded: EmbeddedInThread, caplog: pytest.LogCaptureFixture
) -> None:
    """Port scanners and phones would bury the lines a person needs."""
    caplog.set_level(logging.INFO)

    with messages(embedded) as client:
        client.subscribe("#")
        client.publish("a", b"b")
        client.next()
    socket.create_connection((embedded.host, embedded.port)).close()
    with closing(socket.create_connection((embedded.host, embedded.port))) as stranger:
        stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
        stranger.shutdown(socket.SHUT_WR)
        stranger.recv(100)
    reset = raw_client(embedded, "reset")
    reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    reset.close()
    embedded.stop()

    assert [record.getMessage() for record in caplog.records] == []
