"""Compressed telemetry as Chromium reads it, compared with what a plain client was sent."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.browser.conftest import Demo, running_demo

SOCKETS = 8

# Sockets that join, leave, change their rate and stand still at random moments for some stretches
# of the shared stream.
WANDER = """
async ({ url, session_id, sockets, lasts_ms }) => {
  const seen = [];
  const extensions = [];
  const end = performance.now() + lasts_ms;
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const one = async () => {
    await pause(1500 * Math.random());
    const socket = new WebSocket(url);
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (frame.type === "telemetry_update") seen.push(frame.data);
    };
    await new Promise((done) => { socket.onopen = done; });
    extensions.push(socket.extensions);
    const send = (type, more) => socket.send(JSON.stringify({ type, session_id, ...more }));
    send("join_session");
    while (performance.now() < end) {
      await pause(300 + 700 * Math.random());
      const choice = Math.floor(5 * Math.random());
      const max_hz = [1, 2, 3, 5, 10][Math.floor(5 * Math.random())];
      if (choice === 0) send("join_session", { max_hz });
      if (choice === 1) send("join_session");
      if (choice === 2) { send("leave_session"); send("join_session"); }
      if (choice === 3) send("request_latest");
      if (choice === 4) for (const until = performance.now() + 50; performance.now() < until;);
    }
    socket.close();
  };
  await Promise.all(Array.from({ length: sockets }, one));
  return { seen, extensions };
}
"""


@contextmanager
def reading(url: str, session_id: str) -> Iterator[dict[int, Any]]:
    """Every telemetry message by its `seq`, as sent to a client that takes no compression."""
    sent: dict[int, Any] = {}
    has_snapshot = threading.Event()
    with connect(url, compression=None, proxy=None, max_size=None) as plain:
        plain.send(json.dumps({"type": "join_session", "session_id": session_id}))

        def read() -> None:
            try:
                for text in plain:
                    frame = json.loads(text)
                    if frame["type"] == "telemetry_update":
                        sent[frame["data"]["seq"]] = frame["data"]
                    elif frame["type"] == "snapshot":
                        has_snapshot.set()
            except ConnectionClosed:
                pass

        reader = threading.Thread(target=read, name="plain client")
        reader.start()
        assert has_snapshot.wait(10)
        yield sent
    reader.join()


@pytest.fixture
def frequent_demo() -> Iterator[Demo]:
    yield from running_demo("--rate", "60")


def test_chromium_reads_what_was_published_whatever_it_does(
    page: Page, frequent_demo: Demo
) -> None:
    """A spoiled window would show wrong numbers without an error."""
    parts = urlsplit(frequent_demo.url)
    url, session_id = f"ws://{parts.netloc}/ws", parts.path.rpartition("/")[2]
    page.goto(f"http://{parts.netloc}/")

    with reading(url, session_id) as sent:
        load = {"url": url, "session_id": session_id, "sockets": SOCKETS, "lasts_ms": 8000}
        result = page.evaluate(WANDER, load)

    assert result["extensions"] == ["permessage-deflate; client_no_context_takeover"] * SOCKETS
    compared = [each for each in result["seen"] if each["seq"] in sent]
    assert len(compared) > 0.9 * len(result["seen"]) > 500
    for each in compared:
        assert each == sent[each["seq"]]
