"""The bridge as a process, or as several on one port."""

import asyncio
import logging
from contextlib import AsyncExitStack
from dataclasses import asdict, replace

import typer

from pitboard.bridge.ports import hold, page_url
from pitboard.bridge.settings import BridgeSettings
from pitboard.cli_visitors import Visitors
from pitboard.listening import flagged
from pitboard.options import BrokerAccess
from pitboard.running import run
from pitboard.server_part import server_part
from pitboard.workers import supervise

log = logging.getLogger(__name__)


def bridge(
    access: BrokerAccess,
    *,
    host: str,
    port: int,
    workers: int,
    visitors: Visitors,
) -> int:
    """The bridge alone, or several of them on one port."""
    credentials = access.link.credentials
    settings = BridgeSettings(
        broker_urls=access.url_texts,
        username=credentials.username if credentials else None,
        password=credentials.password if credentials else None,
        ca_file=access.link.ca_file,
        host=host,
        port=port,
        workers=workers,
        **asdict(visitors),
    )
    return _bridges(settings) if workers > 1 else _bridge(settings)


def _bridge(settings: BridgeSettings) -> int:
    with server_part():
        from pitboard.bridge.server import BridgeServer  # noqa: PLC0415 - a parent has no use for it

    async def main(stop: asyncio.Event) -> None:
        async with AsyncExitStack() as stack:
            with flagged(settings.host, "--port", settings.port):
                server = await stack.enter_async_context(BridgeServer(settings))
            typer.echo(server.url)
            await stop.wait()

    return run(main)


def _bridges(settings: BridgeSettings) -> int:
    with flagged(settings.host, "--port", settings.port):
        held = hold(settings.host, settings.port)
    with held:
        shared = replace(settings, port=held.getsockname()[1])
        url = page_url(shared.host, shared.port)

        def announce() -> None:
            log.info("[Server] Listening on %s workers=%d", url, shared.workers)
            typer.echo(url)

        return supervise(shared, announce)
