"""Broker, and what has it in one process: start the parts, say where they are, stop them."""

import asyncio
import logging
import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from pathlib import Path

import typer
from platformdirs import user_state_path

from pitboard import announce, credentials, monitoring
from pitboard.bridge.connections import make_room_for
from pitboard.bridge.server import BridgeServer
from pitboard.bridge.settings import BridgeSettings
from pitboard.broker import EmbeddedBroker
from pitboard.broker.guard import MAX_CONNECTIONS
from pitboard.broker.store import Store
from pitboard.broker.users import Role, Users, new_password, new_user
from pitboard.cli_visitors import Visitors
from pitboard.contract.errors import SettingsError
from pitboard.contract.topics import new_id
from pitboard.contract.urls import BrokerUrl
from pitboard.listening import ANY_HOST, flagged, next_free
from pitboard.options import BrokerAccess, is_loopback
from pitboard.publisher.link import Credentials, LinkSettings
from pitboard.publisher.monitor import Runner
from pitboard.running import run

log = logging.getLogger(__name__)

HOW_TO_OPEN = "make passwords with `pitboard credentials new` and name their file with --users"


def demo(*, http_port: int, mqtt_port: int, seed: int, rate: float, speed: float) -> int:
    """Everything in one process, on the next free ports; returns the exit code."""

    async def main(stop: asyncio.Event) -> None:
        session_id = new_id()
        async with AsyncExitStack() as stack:
            broker = await next_free(
                stack, "--mqtt-port", mqtt_port, lambda port: EmbeddedBroker("127.0.0.1", port)
            )
            server = await next_free(
                stack,
                "--http-port",
                http_port,
                lambda port: BridgeServer(
                    BridgeSettings(
                        broker_urls=(broker.url,),
                        # A phone in the same network can scan the code; the session's id is new
                        # and nothing else is served.
                        host=ANY_HOST,
                        port=port,
                        list_sessions=True,
                        only_sessions=frozenset({session_id}),
                    )
                ),
            )
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="pitboard-"))
            choice = monitoring.Choice(
                session_id=session_id,
                rate_hz=rate,
                speed=speed,
                seed=seed,
                driver="Demo Driver",
                state_dir=Path(folder),
            )
            await stack.enter_async_context(_running(monitoring.build(_local(broker), choice)))
            announce.demo(server.port, broker.url, session_id)
            await stop.wait()

    return run(main)


def up(
    *,
    http_port: int,
    mqtt_port: int,
    is_lan: bool,
    users_file: Path | None,
    state_dir: Path | None,
    visitors: Visitors,
) -> int:
    """Broker and bridge; prints each new session's link."""
    users, own = _with_bridge(users_file)
    host = ANY_HOST if is_lan else "127.0.0.1"
    mqtt_host = host if users is not None else "127.0.0.1"
    if is_lan and users is None:
        log.warning("MQTT stays on this machine: %s", HOW_TO_OPEN)

    async def main(stop: asyncio.Event) -> None:
        async with AsyncExitStack() as stack:
            store = Store(_store_path(state_dir, mqtt_port))
            made = EmbeddedBroker(mqtt_host, mqtt_port, users=users, store=store)
            with flagged(mqtt_host, "--mqtt-port", mqtt_port):
                broker = await stack.enter_async_context(made)
            settings = BridgeSettings(
                broker_urls=(broker.url,),
                username=own.username if own else None,
                password=own.password if own else None,
                host=host,
                port=http_port,
                **asdict(visitors),
            )
            # One process has the files of both.
            make_room_for(settings.max_browsers + MAX_CONNECTIONS)
            with flagged(host, "--http-port", http_port):
                server = await stack.enter_async_context(BridgeServer(settings))
            announce.up(server.port, broker.url)
            links = announce.new_sessions(_local(broker, own), server.port, is_lan=is_lan)
            await stack.enter_async_context(_in_thread(links))
            await stop.wait()

    return run(main)


def broker(*, host: str, port: int, users_file: Path | None, state_dir: Path | None) -> int:
    """The embedded broker alone."""
    users = credentials.load(users_file) if users_file is not None else None
    if users is None and not is_loopback(host):
        raise SettingsError(f"--host {host}: anybody could publish: {HOW_TO_OPEN}")
    make_room_for(MAX_CONNECTIONS)

    async def main(stop: asyncio.Event) -> None:
        async with AsyncExitStack() as stack:
            store = Store(_store_path(state_dir, port))
            made = EmbeddedBroker(host, port, users=users, store=store)
            with flagged(host, "--port", port):
                running = await stack.enter_async_context(made)
            typer.echo(running.url)
            await stop.wait()

    return run(main)


def _local(broker: EmbeddedBroker, own: Credentials | None = None) -> BrokerAccess:
    return BrokerAccess([BrokerUrl.parse(broker.url)], LinkSettings(own))


def _with_bridge(users_file: Path | None) -> tuple[Users | None, Credentials | None]:
    """The users of the file, and one more for the bridge in this process."""
    if users_file is None:
        return None, None
    own = Credentials(f"bridge-{new_id()[:8]}", new_password())
    bridge = new_user(Role.BRIDGE, own.password, name=own.username)
    return Users(users=(*credentials.load(users_file).users, bridge)), own


def _store_path(state_dir: Path | None, port: int) -> Path:
    """Of a broker's own, since two on one machine have different ports."""
    return (state_dir or user_state_path("pitboard")) / f"broker-{port}.retained"


@asynccontextmanager
async def _running(runner: Runner) -> AsyncIterator[None]:
    """The monitor in a thread of its own, as on a driver's PC."""

    def run() -> None:
        try:
            runner.run()
        except Exception:
            log.exception("monitor failed")

    thread = threading.Thread(target=run, name="monitor")
    thread.start()
    try:
        yield
    finally:
        runner.stop()
        await asyncio.to_thread(thread.join)


@asynccontextmanager
async def _in_thread(manager: AbstractContextManager[None]) -> AsyncIterator[None]:
    """Enter and leave *manager* in a thread: it waits for a broker that runs on this loop."""
    await asyncio.to_thread(manager.__enter__)
    try:
        yield
    finally:
        await asyncio.to_thread(manager.__exit__, None, None, None)
