"""The socket that browsers connect to: one process's own, or shared by several."""

import errno
import socket
import sys

from pitboard.contract.errors import PortTaken, SettingsError

BACKLOG = 1024


def listen(host: str, port: int, *, is_shared: bool = False) -> socket.socket:
    """A socket that listens; a shared one beside others, for a port that somebody holds.

    Raises `SettingsError`, which is `PortTaken` when another port may do.
    """
    sock = _bound(host, port, is_shared=is_shared)
    try:
        sock.listen(BACKLOG)
    except OSError as exc:
        sock.close()
        raise _unusable(host, port, exc) from exc
    sock.setblocking(False)
    return sock


def hold(host: str, port: int) -> socket.socket:
    """A socket that does not listen, and while it is open lets only shared ones of this user in.

    Raises `SettingsError`, which is `PortTaken` when another port may do.
    """
    if sys.platform != "linux":
        raise SettingsError(
            "--workers: only Linux shares a port between processes: "
            "run several bridges on ports of their own, behind a proxy"
        )
    # Two sockets that listen and do not share exclude each other, so this one is the only one.
    with listen(host, port) as guard:
        guard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held = _bound(host, guard.getsockname()[1], is_shared=True)
        # Needed to pass old connections that the kernel still remembers; left on, it would let in
        # whoever sets it too, as long as nobody listens.
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    return held


def page_url(host: str, port: int) -> str:
    """Where a browser on this machine finds what listens on *host*."""
    if host in ("", "0.0.0.0", "::"):  # noqa: S104
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _bound(host: str, port: int, *, is_shared: bool) -> socket.socket:
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as exc:
        raise SettingsError(f"--host {host[:80]!r} is no address of this machine") from exc
    family, kind, proto, _, address = found[0]
    sock = socket.socket(family, kind, proto)
    try:
        if sys.platform != "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if is_shared:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(address)
    except OSError as exc:
        sock.close()
        raise _unusable(host, port, exc) from exc
    return sock


def _unusable(host: str, port: int, exc: OSError) -> SettingsError:
    if exc.errno == errno.EADDRINUSE:
        return PortTaken(host, port, "--port")
    return SettingsError(f"port {port} on {host} cannot be used: {exc.strerror}")
