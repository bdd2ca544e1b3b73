"""A page on a network that costs: it asks for fewer frames, and says so."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Demo

NETWORK = """
  const network = new EventTarget();
  Object.assign(network, %s);
  Object.defineProperty(navigator, "connection", { value: network });
"""


def joins_of(page: Page) -> list[dict[str, Any]]:
    """What the page asks the bridge for, as it asks."""
    joins: list[dict[str, Any]] = []

    def hear(payload: str | bytes) -> None:
        frame = json.loads(payload)
        if frame["type"] == "join_session":
            joins.append(frame)

    page.on("websocket", lambda socket: socket.on("framesent", hear))
    return joins


@pytest.mark.parametrize(
    "network",
    [
        pytest.param({"saveData": True}, id="saves data"),
        pytest.param({"saveData": False, "type": "cellular"}, id="of a phone"),
    ],
)
def test_page_on_a_metered_network_asks_for_two_frames_a_second_and_says_so(
    page: Page, demo: Demo, network: dict[str, Any]
) -> None:
    page.add_init_script(NETWORK % json.dumps(network))
    joins = joins_of(page)
    page.goto(demo.url)
    note = page.locator("[data-slot=way-note]")

    page.locator("#quality summary").click()
    expect(note).to_be_visible()
    expect(note).to_contain_text("2 frames a second at most, to save data")
    assert joins[-1]["max_hz"] == 2

    page.evaluate(
        """() => {
          Object.assign(navigator.connection, { saveData: false, type: "wifi" });
          navigator.connection.dispatchEvent(new Event("change"));
        }"""
    )

    expect(note).not_to_contain_text("frames a second")
    assert "max_hz" not in joins[-1]
