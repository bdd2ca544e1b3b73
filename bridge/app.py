"""The bridge over HTTP: pages, snapshots, health and metrics; all of it read-only."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.resources import files
from pathlib import Path

import msgspec
from fastapi import FastAPI, HTTPException, Request, Response, WebSocket
from fastapi.responses import PlainTextResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.routing import WebSocketRoute

from pitboard.bridge.addresses import Addresses
from pitboard.bridge.core import Bridge
from pitboard.bridge.guard import Guard
from pitboard.bridge.hub import JoinedTooMany
from pitboard.bridge.limits import Crowded, Refusals
from pitboard.bridge.metrics import exposition, numbers
from pitboard.bridge.pages import CARS, SESSION, START, Pages, media_type
from pitboard.bridge.qr import qr_code
from pitboard.bridge.settings import BridgeSettings
from pitboard.bridge.siblings import Siblings
from pitboard.bridge.sockets import Browser
from pitboard.contract import frames
from pitboard.contract.topics import is_id

_READ = ["GET", "HEAD"]

FOR_EVER = "public, max-age=31536000, immutable"


def create_app(
    settings: BridgeSettings, dashboard: Path | None = None, *, siblings: Siblings | None = None
) -> FastAPI:
    """The bridge as an application; it connects to the broker when it starts.

    Args:
        settings: What it serves; `host` and `port` are the server's business.
        dashboard: The folder of the pages; the installed one by default.
        siblings: The processes whose numbers are added up on `/metrics`.
    """
    refused = Refusals()
    addresses = Addresses(settings.trusted_proxies)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        bridge = Bridge(settings, refused)
        app.state.bridge = bridge
        async with AsyncExitStack() as stack:
            if siblings is not None:
                await stack.enter_async_context(siblings.answering(lambda: numbers(bridge)))
            stack.push_async_callback(bridge.stop)
            await bridge.start()
            yield

    app = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.refused = refused
    app.add_middleware(Guard, settings=settings, refused=refused)
    app.add_exception_handler(StarletteHTTPException, _plain_error)
    _add_socket(app, addresses)
    _add_api(app, settings, addresses)
    _add_health(app, siblings)
    _add_pages(app, settings, dashboard or Path(str(files("pitboard") / "dashboard")))
    _add_qr_codes(app, settings)
    return app


def _add_socket(app: FastAPI, addresses: Addresses) -> None:
    async def serve_browser(ws: WebSocket) -> None:
        await Browser(ws, app.state.bridge, addresses.of(ws.scope)).run()

    # FastAPI's own would keep three stacks for what it injects, 4 kB a browser.
    app.router.routes.append(WebSocketRoute("/ws", serve_browser))


def _add_api(app: FastAPI, settings: BridgeSettings, addresses: Addresses) -> None:
    @app.api_route("/api/sessions/{session_id}", methods=_READ)
    async def snapshot(session_id: str, request: Request) -> Response:
        if not is_id(session_id) or not settings.may_watch(session_id):
            raise HTTPException(404, "no such session")
        try:
            return _json(await _bridge(app).snapshot(session_id, addresses.of(request.scope)))
        except (Crowded, JoinedTooMany):
            raise HTTPException(503, "too many sessions are watched") from None

    @app.api_route("/api/sessions", methods=_READ)
    async def sessions() -> Response:
        listing = _bridge(app).listing
        if listing is None:
            raise HTTPException(404, "not found")
        entries = [entry for entry in listing.entries() if settings.may_watch(entry.session_id)]
        return _json(msgspec.json.encode({"sessions": entries}))


def _add_health(app: FastAPI, siblings: Siblings | None) -> None:
    @app.api_route("/livez", methods=_READ)
    async def livez() -> Response:
        return PlainTextResponse("alive\n")

    @app.api_route("/readyz", methods=_READ)
    async def readyz() -> Response:
        if _bridge(app).feed.upstream.connected:
            return PlainTextResponse("ready\n")
        return PlainTextResponse("no connection to the broker\n", 503)

    @app.api_route("/metrics", methods=_READ)
    async def metrics() -> Response:
        together = await siblings.numbers() if siblings is not None else None
        return Response(exposition(_bridge(app), together), media_type=CONTENT_TYPE_LATEST)


def _add_pages(app: FastAPI, settings: BridgeSettings, dashboard: Path) -> None:
    pages = Pages(dashboard)

    @app.api_route("/", methods=_READ)
    async def start() -> Response:
        return _file(START, pages.get(START))

    @app.api_route("/s/{session_ids}", methods=_READ)
    async def session(session_ids: str) -> Response:
        # Several cars of a team on one page: `/s/car-1+car-2`.
        ids = session_ids.split("+")
        is_served = all(is_id(each) and settings.may_watch(each) for each in ids)
        if len(ids) > frames.MAX_JOINED or not is_served:
            raise HTTPException(404, "no such session")
        name = SESSION if len(ids) == 1 else CARS
        return _file(name, pages.get(name))

    # At the root, because a worker serves only pages below its own address.
    @app.api_route("/sw.js", methods=_READ)
    async def worker() -> Response:
        return _file("sw.js", pages.worker())

    @app.api_route("/v/{version}/static/{name:path}", methods=_READ)
    async def versioned(version: str, name: str, request: Request) -> Response:
        content = pages.get(name) if version == pages.version else None
        if content is None:
            return _file(name, None)
        # Another version has another address, so a browser need never ask again.
        headers = {"ETag": f'"{pages.version}"', "Cache-Control": FOR_EVER}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return _file(name, content, headers)

    app.mount("/static", StaticFiles(directory=dashboard, check_dir=False))


def _add_qr_codes(app: FastAPI, settings: BridgeSettings) -> None:
    # Not `async`: drawing takes long enough to hold up frames, so it is for a thread.
    @app.api_route("/qr/{session_id}.svg", methods=_READ)
    def qr(session_id: str, request: Request) -> Response:
        if not is_id(session_id) or not settings.may_watch(session_id):
            raise HTTPException(404, "no such session")
        # The guard has checked Host, so it is an address of this bridge.
        host = request.headers["host"].lower()
        picture = qr_code(f"{request.url.scheme}://{host}/s/{session_id}")
        return Response(picture, headers={"Cache-Control": "no-store"}, media_type="image/svg+xml")


def _bridge(app: FastAPI) -> Bridge:
    bridge: Bridge = app.state.bridge
    return bridge


def _file(name: str, content: bytes | None, headers: dict[str, str] | None = None) -> Response:
    if content is None:
        raise HTTPException(404, "not found")
    return Response(content, headers=headers, media_type=media_type(name))


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")


async def _plain_error(_request: Request, exc: Exception) -> Response:
    assert isinstance(exc, StarletteHTTPException)
    return PlainTextResponse(f"{exc.detail}\n".lower(), exc.status_code)
