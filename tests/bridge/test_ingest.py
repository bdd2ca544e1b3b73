"""The link to the broker: subscriptions, reconnects, and what arrives."""

import asyncio
import getpass
import logging
import os
import random
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from pitboard.bridge.backlog import Backlog
from pitboard.bridge.feed import Feed
from pitboard.bridge.hub import Hub
from pitboard.bridge.ingest import Upstream
from pitboard.bridge.outbox import Outbox
from pitboard.bridge.server import BridgeServer
from pitboard.bridge.settings import BridgeSettings
from pitboard.broker import EmbeddedBroker
from pitboard.broker.users import Role, Users, new_user
from pitboard.contract.topics import session_filter
from tests.bridge.support import (
    OTHER_SESSION,
    SESSION,
    Publisher,
    browsing,
    eventually,
    settings,
    topic,
)
from tests.broker.clients import CONNACK
from tests.brokers import EmbeddedInThread, Mosquitto, free_port
from tests.proxy import Proxy

pytestmark = pytest.mark.anyio


class Received:
    """What a link delivered."""

    def __init__(self) -> None:
        self.messages: list[tuple[str | None, bytes, bool]] = []
        self.changes: list[bool] = []

    def take(self, name: str | None, payload: bytes, retained: bool) -> None:
        self.messages.append((name, payload, retained))


@asynccontextmanager
async def linked(given: BridgeSettings) -> AsyncIterator[tuple[Upstream, Received]]:
    received = Received()
    upstream = Upstream(given, received.take, received.changes.append)
    task = asyncio.create_task(upstream.run())
    await upstream.settled.wait()
    try:
        yield upstream, received
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_messages_arrive_in_order(broker: Mosquitto, publisher: Publisher) -> None:
    async with linked(settings(broker.url)) as (upstream, received):
        await upstream.subscribe("a/#")
        for number in range(1000):
            publisher._client.publish("a/b", b"%d" % number)
        await eventually(lambda: len(received.messages) == 1000)

    assert received.messages == [("a/b", b"%d" % number, False) for number in range(1000)]
    assert received.changes == [True, False]


async def test_messages_of_all_sizes_and_levels_keep_their_order(
    broker: Mosquitto, publisher: Publisher
) -> None:
    """Most are read past paho, the others by it, from one stream."""
    rng = random.Random(1)
    sent = [rng.randbytes(rng.choice((0, 1, 118, 900, 20_000, 200_000))) for _ in range(100)]
    given = settings(broker.url)
    async with linked(given) as (upstream, received), linked(given) as (other, twice):
        await upstream.subscribe("a/#")
        assert other._client is not None
        other._client.subscribe("a/#", qos=1)
        await other.subscribe("c/#")  # the broker answers in order
        for payload in sent:
            publisher._client.publish("a/b", payload, qos=1)
        await eventually(lambda: len(received.messages) == len(twice.messages) == len(sent))

    assert [payload for _, payload, _ in received.messages] == sent
    assert [payload for _, payload, _ in twice.messages] == sent


async def test_stored_values_are_marked(broker: Mosquitto, publisher: Publisher) -> None:
    await publisher.raw("a/b", b"old", retain=True)
    async with linked(settings(broker.url)) as (upstream, received):
        await upstream.subscribe("a/#")
        await eventually(lambda: received.messages == [("a/b", b"old", True)])


async def test_unsubscribed_topics_stop(broker: Mosquitto, publisher: Publisher) -> None:
    async with linked(settings(broker.url)) as (upstream, received):
        await upstream.subscribe("a/#")
        await upstream.subscribe("b/#")
        upstream.unsubscribe("a/#")
        await upstream.subscribe("c/#")  # the broker answers in order
        await publisher.raw("a/b", b"1")
        await publisher.raw("b/b", b"2")
        await eventually(lambda: bool(received.messages))

    assert [name for name, _, _ in received.messages] == ["b/b"]


async def test_subscriptions_survive_the_broker(broker: Mosquitto) -> None:
    async with linked(settings(broker.url)) as (upstream, received):
        await upstream.subscribe("a/#")
        await asyncio.to_thread(broker.kill)
        await eventually(lambda: not upstream.connected)
        await upstream.subscribe("b/#")
        await asyncio.to_thread(broker.start)
        await eventually(lambda: upstream.connected)
        async with Publisher(broker.url) as publisher:
            while len({name for name, _, _ in received.messages}) < 2:
                await publisher.raw("a/b", b"1")
                await publisher.raw("b/b", b"2")

    assert received.changes == [True, False, True, False]


async def test_second_broker_is_tried_when_the_first_is_away(broker: Mosquitto) -> None:
    away = f"mqtt://127.0.0.1:{free_port()}"
    given = BridgeSettings(broker_urls=(away, broker.url))

    async with linked(given) as (upstream, _):
        assert upstream.connected


async def test_failures_are_said_and_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    port = free_port()
    broker = Mosquitto(port=port)
    async with linked(settings(f"mqtt://127.0.0.1:{port}")) as (upstream, _):
        assert not upstream.connected
        await eventually(lambda: "(attempt 2)" in caplog.text)
        async with broker:
            await eventually(lambda: upstream.connected)

    assert "[Server] Connection failed (attempt 1): Connection refused" in caplog.text
    assert "[Server] Retrying in 0.1s..." in caplog.text  # 0.05, rounded
    assert f"[Server] Connected to {broker.url}" in caplog.text


async def test_link_ends_at_whatever_moment_it_is_cancelled(broker: Mosquitto) -> None:
    """A swallowed cancellation would keep the whole bridge from stopping."""
    for loops in range(40):
        upstream = Upstream(settings(broker.url), lambda *_: None)
        task = asyncio.create_task(upstream.run())
        if loops % 2:
            await upstream.settled.wait()
            assert upstream._client is not None
            upstream._client.disconnect()
        for _ in range(loops):
            await asyncio.sleep(0)
        task.cancel()

        async with asyncio.timeout(5):
            await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()


async def test_refused_password_is_a_failure_with_its_reason(
    caplog: pytest.LogCaptureFixture,
) -> None:
    closed = f"user {getpass.getuser()}\nallow_anonymous false\n"
    async with (
        Mosquitto(settings=closed) as broker,
        linked(settings(broker.url, username="ada", password="wrong")) as (upstream, _),
    ):
        await eventually(lambda: "Not authorized" in caplog.text)

        assert not upstream.connected


def of_ada(url: str) -> BridgeSettings:
    """A bridge that logs in as the monitor of one session."""
    return settings(url, username="ada", password="secret")


@pytest.fixture
def closed() -> Iterator[EmbeddedInThread]:
    """A broker that lets ada use her session and nothing else."""
    ada = new_user(Role.MONITOR, "secret", name="ada", session_id=SESSION)
    with EmbeddedInThread(lambda: EmbeddedBroker(port=0, users=Users(users=(ada,)))) as broker:
        yield broker


async def test_refused_filter_is_asked_for_again_and_the_others_are_served(
    closed: EmbeddedInThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs the broker mends its rules without restarting bridges."""
    monkeypatch.setattr("pitboard.bridge.ingest.REFUSED_DELAY_S", 0.01)
    foreign = session_filter(OTHER_SESSION)
    refused: list[str] = []
    upstream = Upstream(of_ada(closed.url), lambda *_: None, on_refused=refused.append)
    task = asyncio.create_task(upstream.run())
    await upstream.settled.wait()

    await upstream.subscribe(session_filter(SESSION))
    await upstream.subscribe(foreign)
    await eventually(lambda: len(refused) >= 3)
    upstream.unsubscribe(foreign)
    count = len(refused)
    await upstream.subscribe(session_filter(SESSION))

    assert set(refused) == {foreign}
    assert len(refused) <= count + 1
    assert upstream.connected
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_browser_of_a_session_that_the_bridge_may_not_read_is_told(
    closed: EmbeddedInThread, caplog: pytest.LogCaptureFixture
) -> None:
    """The page would wait for a first message that cannot come."""
    async with BridgeServer(of_ada(closed.url)) as server, browsing(server) as browser:
        await browser.join(OTHER_SESSION)
        error = await browser.of("error")

    assert error["code"] == 403
    assert OTHER_SESSION not in error["message"]
    assert f"filter={session_filter(OTHER_SESSION)} ref={error['ref']}" in caplog.text


async def test_broker_that_accepts_and_hangs_up_is_left_for_the_next(broker: Mosquitto) -> None:
    async with (
        hanging_up() as url,
        linked(BridgeSettings(broker_urls=(url, broker.url))) as (
            upstream,
            received,
        ),
    ):
        await upstream.subscribe("a/#")
        await eventually(lambda: received.changes[-1:] == [True] and upstream.connected)


@asynccontextmanager
async def hanging_up() -> AsyncIterator[str]:
    """A broker that lets everybody in and serves nobody."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(CONNACK)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"mqtt://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_failing_delivery_does_not_stop_the_others(
    broker: Mosquitto, publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    async with linked(settings(broker.url)) as (upstream, received):

        def take(name: str | None, payload: bytes, retained: bool) -> None:
            if payload == b"bad":
                raise ZeroDivisionError
            received.take(name, payload, retained)

        upstream._backlog._deliver = take
        await upstream.subscribe("a/#")
        for body in (b"bad", b"good"):
            await publisher.raw("a/b", body)
        await eventually(lambda: len(received.messages) == 1)

    assert "message not delivered" in caplog.text


def fail(*_: object) -> None:
    raise ZeroDivisionError


async def test_link_whose_callback_raises_is_lost_and_comes_back(
    broker: Mosquitto, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that dies in silence would leave a bridge that believes it is connected."""
    async with linked(settings(broker.url)) as (upstream, received):
        await upstream.subscribe(session_filter(SESSION))
        with monkeypatch.context() as spoilt:
            spoilt.setattr(Backlog, "_append", fail)
            await publisher.publish("setup", retain=False)
            await eventually(lambda: False in received.changes)

        await eventually(lambda: received.changes[-1] is True)
        await publisher.publish("setup", 2)
        await eventually(lambda: len(received.messages) == 1)


@contextmanager
def open_files(count: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2 * count:
        pytest.skip(f"no more than {hard} files may be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * count), hard))
    with ExitStack() as files:
        files.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        for _ in range(count):
            files.enter_context(Path(os.devnull).open("rb"))
        yield


async def test_link_works_when_more_than_a_thousand_files_are_open(
    broker: Mosquitto, publisher: Publisher
) -> None:
    """Browsers take numbers too, and `select` knows none above 1023."""
    with open_files(1100):
        async with linked(settings(broker.url)) as (upstream, received):
            await upstream.subscribe(session_filter(SESSION))
            await publisher.publish("setup", retain=False)

            await eventually(lambda: len(received.messages) == 1)
        assert received.changes == [True, False]


async def test_full_backlog_drops(
    broker: Mosquitto, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pitboard.bridge.backlog.MAX_BACKLOG_BYTES", -1)
    async with linked(settings(broker.url)) as (upstream, received):
        await upstream.subscribe("a/#")
        await publisher.raw("a/b", b"x")
        await eventually(lambda: upstream.dropped == 1)

    assert received.messages == []


@asynccontextmanager
async def feeding(url: str) -> AsyncIterator[tuple[Feed, Hub]]:
    hub = Hub()
    feed = Feed(settings(url), hub)
    task = asyncio.create_task(feed.upstream.run())
    await feed.upstream.settled.wait()
    try:
        yield feed, hub
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(params=["mosquitto", "embedded"])
def any_broker(request: pytest.FixtureRequest, broker: Mosquitto) -> Any:
    if request.param == "mosquitto":
        yield broker
        return
    with EmbeddedInThread() as embedded:
        yield embedded


async def test_watching_returns_with_the_stored_values(any_broker: Mosquitto) -> None:
    async with Publisher(any_broker.url) as publisher, feeding(any_broker.url) as (feed, hub):
        for chunk in range(30):
            await publisher.publish(f"laps/{chunk}", first=100 * chunk)
        outbox = Outbox()
        hub.join(outbox, SESSION)

        await asyncio.gather(feed.watch(SESSION), feed.watch(SESSION))

        session = hub.sessions[SESSION]
        assert all(session.last("pc-1", f"laps/{chunk}") for chunk in range(30))


async def test_watching_waits_for_stored_values_on_a_slow_line(any_broker: Mosquitto) -> None:
    async with Publisher(any_broker.url) as publisher:
        for chunk in range(10):
            await publisher.publish(f"laps/{chunk}", first=100 * chunk)
    with Proxy(any_broker.port, delay_s=0.05, piece_bytes=200) as slow:
        async with feeding(slow.url) as (feed, hub):
            hub.join(Outbox(), SESSION)

            await feed.watch(SESSION)

            session = hub.sessions[SESSION]
            assert all(session.last("pc-1", f"laps/{chunk}") for chunk in range(10))


async def test_watching_without_a_broker_returns_at_once() -> None:
    async with feeding(f"mqtt://127.0.0.1:{free_port()}") as (feed, hub):
        async with asyncio.timeout(0.1):
            await feed.watch(SESSION)

        assert not hub.connected


async def test_unwatched_session_can_be_watched_again(
    broker: Mosquitto, publisher: Publisher
) -> None:
    await publisher.publish("setup")
    async with feeding(broker.url) as (feed, hub):
        outbox = Outbox()
        for _ in range(2):
            hub.join(outbox, SESSION)
            await feed.watch(SESSION)
            assert hub.sessions[SESSION].last("pc-1", "setup")
            hub.leave(outbox, SESSION, 0)
            assert hub.expire(60_000) == [SESSION]
            feed.unwatch(SESSION)
        feed.unwatch("never-watched")

        assert list(feed.upstream._filters) == []


async def test_replay_brings_what_was_lost(broker: Mosquitto, publisher: Publisher) -> None:
    await publisher.publish("setup")
    async with feeding(broker.url) as (feed, hub):
        hub.join(Outbox(), SESSION)
        await feed.watch(SESSION)
        session = hub.sessions[SESSION]
        session.remove(topic("setup"), 0)

        await feed.replay(SESSION)

        await eventually(lambda: session.last("pc-1", "setup") is not None)


async def test_cleared_topic_is_removed(broker: Mosquitto, publisher: Publisher) -> None:
    await publisher.publish("setup")
    async with feeding(broker.url) as (feed, hub):
        hub.join(Outbox(), SESSION)
        await feed.watch(SESSION)
        await publisher.raw(str(topic("setup")), b"", retain=True)

        await eventually(lambda: hub.sessions[SESSION].monitors == [])


async def test_topic_that_is_not_text_is_counted(broker: Mosquitto) -> None:
    async with feeding(broker.url) as (feed, _):
        feed._take(None, b"", False)

        assert feed.checker.rejected == {("topic", "-"): 1}


async def test_filter_is_the_whole_session(broker: Mosquitto) -> None:
    async with feeding(broker.url) as (feed, _):
        await feed.watch(SESSION)

        assert list(feed.upstream._filters) == [session_filter(SESSION)]
