"""What every request passes first: who asks from where, and how.

A page that is open in a browser of the pit could otherwise read a bridge on the local network
(DNS rebinding, cross-site WebSockets).
"""

import re
import socket
from collections.abc import Callable, Iterable
from time import monotonic
from urllib.parse import urlsplit

import psutil
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pitboard.bridge.limits import Refusals
from pitboard.bridge.settings import BridgeSettings

MAX_HEAD_BYTES = 16 * 1024
MAX_BODY_BYTES = 64 * 1024

# Addresses change with the network that a laptop joins; asking is cheap, but not free.
REFRESH_S = 10.0

_HOST = re.compile(r"(?P<name>[a-z0-9_.-]{1,255}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?")
_LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})


class OwnNames:
    """The names and addresses that this machine is reached by."""

    def __init__(self, extra: Iterable[str] = (), clock: Callable[[], float] = monotonic) -> None:
        self._extra = _LOCAL | {name.lower() for name in extra}
        self._clock = clock
        self._own = _own_names()
        self._asked_at = clock()

    def __contains__(self, name: str) -> bool:
        if name in self._extra or name in self._own:
            return True
        if self._clock() - self._asked_at < REFRESH_S:
            return False
        self._own, self._asked_at = _own_names(), self._clock()
        return name in self._own


def _own_names() -> frozenset[str]:
    host_name = socket.gethostname().lower()
    names = {host_name, f"{host_name.partition('.')[0]}.local"}
    for addresses in psutil.net_if_addrs().values():
        for address in addresses:
            if address.family == socket.AF_INET:
                names.add(address.address)
            elif address.family == socket.AF_INET6:
                names.add(f"[{address.address.partition('%')[0]}]")
    return frozenset(names)


class Guard:
    """ASGI middleware: Host, Origin, method and size in; security headers out."""

    def __init__(self, app: ASGIApp, settings: BridgeSettings, refused: Refusals) -> None:
        self._app = app
        self._refused = refused
        self._names = OwnNames(settings.allow_hosts)
        self._origins = {origin.lower() for origin in settings.allow_origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is refused, pass on the rest."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        refusal = self._refuse(scope, headers, host)
        if refusal is None and scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                _secure(MutableHeaders(scope=message), host if refusal is None else "")
            await send(message)

        if refusal is not None:
            await refusal(scope, receive, send_secured)
            return
        # No part of a page is worth a range, and thousands of ranges cost.
        scope["headers"] = [item for item in scope["headers"] if item[0] != b"range"]
        await self._app(scope, receive, send_secured)

    def _refuse(self, scope: Scope, headers: Headers, host: str) -> Response | None:
        if _head_bytes(scope) > MAX_HEAD_BYTES:
            self._refused["head_size"] += 1
            return PlainTextResponse("too large\n", 431, {"Connection": "close"})
        parsed = _HOST.fullmatch(host)
        if parsed is None or parsed["name"] not in self._names:
            self._refused["host"] += 1
            return PlainTextResponse(
                "unknown host; the bridge allows more with --allow-host\n", 400
            )
        if scope["type"] == "websocket":
            if not self._is_own_origin(headers.get("origin"), host):
                self._refused["origin"] += 1
                return PlainTextResponse("foreign origin\n", 403)
            return None
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("read-only\n", 405, {"Allow": "GET, HEAD"})
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > MAX_BODY_BYTES:
            self._refused["body_size"] += 1
            return PlainTextResponse("too large\n", 413, {"Connection": "close"})
        return None

    def _is_own_origin(self, origin: str | None, host: str) -> bool:
        if origin is None:  # no browser: browsers always send one
            return True
        origin = origin.lower()
        if origin in self._origins:
            return True
        try:
            return urlsplit(origin).netloc == host
        except ValueError:
            return False


def _head_bytes(scope: Scope) -> int:
    # uvicorn's parser limits only what comes in several pieces.
    fields = sum(len(name) + len(value) for name, value in scope["headers"])
    return fields + len(scope.get("raw_path") or b"") + len(scope["query_string"])


def _secure(headers: MutableHeaders, host: str) -> None:
    # 'self' covers WebSockets only in newer browsers, so they are named.
    sockets = f" ws://{host} wss://{host}" if host else ""
    headers["Content-Security-Policy"] = (
        f"default-src 'self'; connect-src 'self'{sockets}; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; object-src 'none'"
    )
    headers["Referrer-Policy"] = "no-referrer"
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Cache-Control", "no-cache")
