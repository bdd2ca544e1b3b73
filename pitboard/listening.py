"""Parts that listen, on ports that may be taken: says which flag to change."""

import errno
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager
from typing import TypeVar

from pitboard.contract.errors import PortTaken, SettingsError

log = logging.getLogger(__name__)

ANY_HOST = "0.0.0.0"  # noqa: S104

PORTS_TRIED = 20

T = TypeVar("T")


async def next_free(
    stack: AsyncExitStack,
    flag: str,
    port: int,
    make: Callable[[int], AbstractAsyncContextManager[T]],
) -> T:
    """Enter what *make* makes on the first free port from *port* on."""
    last = min(port + PORTS_TRIED, 65_536) - 1
    for candidate in range(port, last + 1):
        try:
            with flagged("127.0.0.1", flag, candidate):
                return await stack.enter_async_context(make(candidate))
        except PortTaken:
            log.info("port %d is taken, trying the next one", candidate)
    raise SettingsError(f"ports {port} to {last} are all in use: name another with {flag}")


@contextmanager
def flagged(host: str, flag: str, port: int) -> Iterator[None]:
    """For what listens, which knows neither this command's flags nor that others have a port.

    Raises `SettingsError`, which is `PortTaken` when another port may do.
    """
    try:
        yield
    except (SettingsError, OSError, UnicodeError) as exc:
        cause = exc.__cause__ if isinstance(exc, SettingsError) else exc
        code = cause.errno if isinstance(cause, OSError) else None
        if code == errno.EADDRINUSE or isinstance(exc, PortTaken):
            raise PortTaken(host, port, flag) from None
        if code in (errno.EACCES, errno.EPERM):
            text = f"port {port} is not allowed here: choose one above 1023 with {flag}"
            raise SettingsError(text) from None
        if isinstance(cause, socket.gaierror | UnicodeError) or code == errno.EADDRNOTAVAIL:
            raise SettingsError(
                f"--host {host[:80]!r} is no address of this machine: "
                f"use 127.0.0.1, or {ANY_HOST} for all of them"
            ) from None
        raise
