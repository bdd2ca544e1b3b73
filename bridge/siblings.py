"""The numbers of all processes that share a port, over Unix sockets.

Whoever connects to a process's socket is told its numbers and asked nothing. What a process has
told it also leaves in a file: counters that fall when it is silent or gone would look to Prometheus
as if all processes had begun anew.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec

from pitboard.bridge.metrics import Numbers, joined, lasting

log = logging.getLogger(__name__)

WITHIN_S = 1.0
"""How long all others together may take; who has not answered then is left out."""


class Siblings:
    """One of *count* processes that find each other in *folder*, which is theirs alone.

    Args:
        folder: Where each has a socket and a file.
        number: Which one this is, from 1; one that takes its place later has the same.
        count: How many there are.
    """

    def __init__(self, folder: Path, number: int, count: int) -> None:
        self._own = folder / str(number)
        self._others = [folder / str(n) for n in range(1, count + 1) if n != number]
        self._earlier: Numbers = {}
        self._now: Callable[[], Numbers] = dict

    @contextlib.asynccontextmanager
    async def answering(self, now: Callable[[], Numbers]) -> AsyncIterator[None]:
        """While entered, tell each of the others that asks what *now* says."""

        async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                writer.write(msgspec.json.encode(self._tell()))
                await writer.drain()
            writer.close()

        self._now = now
        self._earlier = _told(self._own)
        try:
            server = await asyncio.start_unix_server(answer, _socket(self._own))
        except OSError as exc:
            # Browsers can do without, so it is no reason not to serve them.
            log.warning("[Server] WARNING: numbers are missing on /metrics: %s", exc)
            yield
            return
        try:
            yield
        finally:
            self._tell()
            server.close()
            _socket(self._own).unlink(missing_ok=True)

    async def numbers(self) -> Numbers:
        """The sum of all of them, as far as the others answer in time."""
        return joined([self._tell(), *await asyncio.gather(*map(_ask, self._others))])

    def _tell(self) -> Numbers:
        numbers = joined([self._now(), self._earlier])
        new = self._own.with_suffix(".new")
        try:
            new.write_bytes(msgspec.json.encode(lasting(numbers)))
            new.replace(_file(self._own))
        except OSError as exc:
            log.debug("numbers cannot be kept: %r", exc)
        return numbers


async def _ask(process: Path) -> Numbers:
    try:
        async with asyncio.timeout(WITHIN_S):
            reader, writer = await asyncio.open_unix_connection(_socket(process))
            try:
                return msgspec.json.decode(await reader.read(), type=Numbers)
            finally:
                writer.close()
    except (OSError, TimeoutError, msgspec.DecodeError) as exc:
        log.debug("no numbers from worker=%s: %r", process.name, exc)
        return _told(process)


def _told(process: Path) -> Numbers:
    """What still counts of what a process said last."""
    try:
        return msgspec.json.decode(_file(process).read_bytes(), type=Numbers)
    except (OSError, msgspec.DecodeError):
        return {}


def _socket(process: Path) -> Path:
    return process.with_suffix(".sock")


def _file(process: Path) -> Path:
    return process.with_suffix(".json")
