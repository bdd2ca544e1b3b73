"""An event loop for the length of a command."""

import asyncio
import importlib
from collections.abc import Awaitable, Callable

from pitboard.signals import exit_code, stopping

Main = Callable[[asyncio.Event], Awaitable[None]]


def run(main: Main) -> int:
    """Run *main* until a signal says stop; the exit code."""

    async def supervised() -> list[int]:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        with stopping(lambda: loop.call_soon_threadsafe(stop.set)) as received:
            await main(stop)
        return received

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return exit_code(runner.run(supervised()))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Uvloop's where it exists; Windows has none."""
    try:
        uvloop = importlib.import_module("uvloop")
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
