"""The bridge over HTTP."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from pitboard.bridge import guard
from pitboard.bridge.feed import clock_ms
from pitboard.bridge.guard import OwnNames
from pitboard.bridge.qr import qr_code
from pitboard.bridge.server import BridgeServer
from pitboard.contract.times import to_text
from tests.bridge.support import (
    MONITOR,
    OTHER_SESSION,
    SESSION,
    Publisher,
    browsing,
    settings,
    topic,
)
from tests.brokers import TIMEOUT_S, Mosquitto

pytestmark = pytest.mark.anyio


@pytest.fixture
async def http(server: BridgeServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        yield http


async def raw(server: BridgeServer, request: bytes) -> bytes:
    """Everything that answers *request*, until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(request)
    async with asyncio.timeout(TIMEOUT_S):
        answer = await reader.read()
    writer.close()
    return answer


async def test_snapshot_is_what_a_browser_gets(
    publisher: Publisher, http: httpx.AsyncClient
) -> None:
    await publisher.publish("setup")

    response = await http.get(f"/api/sessions/{SESSION}")

    snapshot = response.json()
    assert response.headers["content-type"] == "application/json"
    assert snapshot["type"] == "snapshot"
    assert [value["channel"] for value in snapshot["values"]] == ["setup"]


@pytest.mark.parametrize("session_id", ["UPPER", "..%2f..%2fetc", "a" * 65, "a+b", "%00"])
async def test_malformed_session_is_not_found(session_id: str, http: httpx.AsyncClient) -> None:
    assert (await http.get(f"/api/sessions/{session_id}")).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/", f"/s/{SESSION}", "/s/car-1+car-2", "/static/style.css", "/sw.js", "/livez", "/readyz"],
)
async def test_page_is_served_with_security_headers(path: str, http: httpx.AsyncClient) -> None:
    response = await http.get(path)

    assert response.status_code == 200
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-cache"
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; connect-src 'self' ws://127.0.0.1:")
    assert "server" not in response.headers
    assert (await http.head(path)).status_code == 200


async def test_scripts_have_their_type(http: httpx.AsyncClient) -> None:
    response = await http.get("/static/js/main.js")

    assert response.headers["content-type"].startswith("text/javascript")


async def test_pages_find_all_their_files_under_one_version(http: httpx.AsyncClient) -> None:
    for page in ("/", f"/s/{SESSION}", "/s/car-1+car-2"):
        text = (await http.get(page)).text
        paths = re.findall(r'"(/[^"]+/static/[^"]+)"', text)

        assert len(paths) > 3
        assert '"/static/' not in text
        assert len({path.split("/static/")[0] for path in paths}) == 1
        for path in paths:
            assert (await http.get(path)).status_code == 200


async def test_versioned_file_is_sent_once(http: httpx.AsyncClient) -> None:
    page = (await http.get("/")).text
    path = page.split('rel="stylesheet" href="')[1].split('"')[0]
    first = await http.get(path)

    second = await http.get(path, headers={"If-None-Match": first.headers["etag"]})

    assert first.content == (await http.get("/static/style.css")).content
    assert first.headers["content-type"].startswith("text/css")
    assert (second.status_code, second.content) == (304, b"")


async def test_file_of_another_version_is_not_found(http: httpx.AsyncClient) -> None:
    """A page of the last version gets its own files or none."""
    response = await http.get("/v/0123456789abcdef/static/style.css")

    assert response.status_code == 404


async def test_worker_is_a_script_at_the_root_and_its_files_are_all_served(
    http: httpx.AsyncClient,
) -> None:
    response = await http.get("/sw.js")

    shell = json.loads(response.text.partition(";\n")[0].removeprefix("self.SHELL = "))
    assert response.headers["content-type"].startswith("text/javascript")
    assert f"/v/{shell['version']}/static/js/main.js" in shell["files"]
    assert {shell["start"], shell["session"]} <= set(shell["files"])
    for path in shell["files"]:
        assert (await http.get(path)).status_code == 200, path
    assert (await http.get(shell["session"])).content == (await http.get(f"/s/{SESSION}")).content


async def test_code_is_the_link_by_the_host_that_the_browser_used(
    server: BridgeServer, http: httpx.AsyncClient
) -> None:
    """A phone in the network cannot open what only this machine can."""
    path = f"/qr/{SESSION}.svg"
    here = await http.get(path)
    there = await http.get(path, headers={"Host": f"LOCALHOST:{server.port}"})

    assert here.headers["content-type"] == "image/svg+xml"
    assert here.headers["cache-control"] == "no-store"
    assert here.content == qr_code(f"{server.url}/s/{SESSION}")
    assert there.content == qr_code(f"http://localhost:{server.port}/s/{SESSION}")
    assert (await http.get(path, headers={"Host": "evil.example"})).status_code == 400
    assert (await http.head(path)).status_code == 200


async def test_manifest_has_its_type(http: httpx.AsyncClient) -> None:
    (path,) = re.findall(r'rel="manifest" href="([^"]+)"', (await http.get("/")).text)

    response = await http.get(path)

    assert response.headers["content-type"] == "application/manifest+json"
    assert response.json()["start_url"] == "/"


@pytest.mark.parametrize(
    "path",
    [
        "/qr/Bad.svg",
        "/qr/a+b.svg",
        f"/qr/{'a' * 65}.svg",
        "/qr/a.png",
        "/s/Bad",
        "/s/a+B",
        "/s/" + "+".join("abcdefghi"),
        "/nothing",
        "/static/..%2f..%2fetc/passwd",
        "/v/1/static/..%2f..%2fetc/passwd",
        "/..%2f..%2fetc/passwd",
        "/static/no.js",
        "/api/sessions",
        "/docs",
        "/openapi.json",
    ],
)
async def test_unknown_path_is_not_found(path: str, http: httpx.AsyncClient) -> None:
    response = await http.get(path)

    assert response.status_code == 404
    assert "etc" not in response.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
async def test_nothing_can_be_written(method: str, http: httpx.AsyncClient) -> None:
    for path in ("/", f"/api/sessions/{SESSION}", "/static/style.css"):
        response = await http.request(method, path)
        assert response.status_code == 405
        assert response.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "a b", "[::1", "@", ""])
async def test_foreign_host_is_refused(host: str, http: httpx.AsyncClient) -> None:
    response = await http.get("/", headers={"Host": host})

    assert response.status_code == 400
    assert "evil" not in response.text


async def test_foreign_host_is_refused_for_sockets(server: BridgeServer) -> None:
    request = (
        b"GET /ws HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )

    assert (await raw(server, request)).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("host", ["localhost:1", "LOCALHOST", "[::1]:80", "127.0.0.1"])
async def test_own_names_are_welcome(host: str, http: httpx.AsyncClient) -> None:
    assert (await http.get("/livez", headers={"Host": host})).status_code == 200


async def test_allowed_host_is_welcome(broker: Mosquitto) -> None:
    allowed = frozenset({"Pit.Example"})
    async with (
        BridgeServer(settings(broker.url, allow_hosts=allowed)) as server,
        httpx.AsyncClient(base_url=server.url, trust_env=False) as http,
    ):
        response = await http.get("/livez", headers={"Host": "pit.example:8000"})

    assert response.status_code == 200


def test_address_of_a_network_joined_later_is_welcome(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    names = OwnNames(clock=lambda: now[0])
    monkeypatch.setattr(guard, "_own_names", lambda: frozenset({"192.0.2.7"}))
    assert "192.0.2.7" not in names

    now[0] = 11.0

    assert "192.0.2.7" in names
    assert "192.0.2.8" not in names


async def test_large_body_is_refused(http: httpx.AsyncClient) -> None:
    response = await http.request("GET", "/", content=b"x" * 2_000_000)

    assert response.status_code == 413


async def test_large_header_is_refused(server: BridgeServer) -> None:
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"

    assert (await raw(server, request)).startswith(b"HTTP/1.1 431 ")


async def test_head_that_does_not_end_is_refused(server: BridgeServer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 20_000)
    async with asyncio.timeout(TIMEOUT_S):
        answer = await reader.readuntil(b"\r\n\r\n")
    writer.close()

    assert answer.startswith(b"HTTP/1.1 431 ")


async def test_long_query_is_refused(server: BridgeServer) -> None:
    request = b"GET /?" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"

    assert (await raw(server, request)).startswith(b"HTTP/1.1 431 ")


async def test_broken_request_is_answered(server: BridgeServer) -> None:
    assert (await raw(server, b"GET /a\x00b HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 400 ")


async def test_thousands_of_ranges_get_the_whole(http: httpx.AsyncClient) -> None:
    ranges = ",".join(f"{n}-{n}" for n in range(1500))

    response = await http.get("/static/style.css", headers={"Range": f"bytes={ranges}"})

    assert response.status_code == 200


async def test_readiness_follows_the_broker(broker: Mosquitto, http: httpx.AsyncClient) -> None:
    assert (await http.get("/readyz")).status_code == 200
    await asyncio.to_thread(broker.kill)

    async with asyncio.timeout(TIMEOUT_S):
        while (await http.get("/readyz")).status_code != 503:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert (await http.get("/livez")).status_code == 200


async def test_metrics_count_messages_and_browsers(
    publisher: Publisher, server: BridgeServer, http: httpx.AsyncClient
) -> None:
    async with browsing(server) as browser:
        await browser.join()
        await publisher.raw(str(topic("setup")), b"{")
        await publisher.publish("telemetry")
        await browser.update("telemetry", 1)

        text = (await http.get("/metrics")).text

    assert 'pitboard_messages_in_total{channel="telemetry"} 1.0' in text
    assert 'pitboard_messages_rejected_total{channel="setup",kind="malformed"} 1.0' in text
    assert "pitboard_browsers 1.0" in text
    assert "pitboard_sessions 1.0" in text
    assert "pitboard_upstream_connected 1.0" in text
    assert "pitboard_frames_out_total" in text


async def test_only_the_own_session_is_served(broker: Mosquitto, publisher: Publisher) -> None:
    await publisher.publish("status", session=SESSION)
    await publisher.publish("status", session=OTHER_SESSION)
    only = frozenset({SESSION})
    async with (
        BridgeServer(settings(broker.url, only_sessions=only, list_sessions=True)) as server,
        httpx.AsyncClient(base_url=server.url, trust_env=False) as http,
    ):
        for path in ("/s/{}", "/api/sessions/{}", "/qr/{}.svg"):
            assert (await http.get(path.format(SESSION))).status_code == 200
            assert (await http.get(path.format(OTHER_SESSION))).status_code == 404
        listing = json.loads((await http.get("/api/sessions")).text)

    assert {entry["session_id"] for entry in listing["sessions"]} <= {SESSION}


async def test_list_names_sessions_and_their_monitors(
    broker: Mosquitto, publisher: Publisher
) -> None:
    await publisher.publish("status", driver="Ada", timestamp=to_text(clock_ms()))
    await publisher.publish("meta")
    await publisher.publish("telemetry")
    async with (
        BridgeServer(settings(broker.url, list_sessions=True)) as server,
        httpx.AsyncClient(base_url=server.url, trust_env=False) as http,
    ):
        found: list[dict[str, Any]] = []
        async with asyncio.timeout(TIMEOUT_S):
            while not found or found[0]["car"] is None:
                found = (await http.get("/api/sessions")).json()["sessions"]

    (entry,) = found
    (monitor,) = entry.pop("monitors")
    assert entry == {"session_id": SESSION, "car": "Porsche 911", "track": "Spa"}
    assert monitor.pop("age_s") >= 0
    assert monitor == {
        "monitor_id": MONITOR,
        "state": "online",
        "driver": "Ada",
        "in_control": True,
    }


async def test_too_many_sessions_are_refused(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pitboard.contract.frames.MAX_JOINED", 0)

    assert (await http.get(f"/api/sessions/{SESSION}")).status_code == 503
