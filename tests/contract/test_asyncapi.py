from typing import Any

import pytest

from pitboard.contract.asyncapi import document, qos
from pitboard.contract.topics import Channel, Topic

DOCUMENT = document()


def references(node: object) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(references, node))
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
    return own.union(*map(references, node.values()))


def resolve(reference: str) -> object:
    node: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def test_document_refers_to_what_it_contains() -> None:
    assert all(resolve(reference) for reference in references(DOCUMENT))


@pytest.mark.parametrize("channel", Channel)
def test_channel_has_the_address_of_its_topic(channel: Channel) -> None:
    chunk = 7 if channel is Channel.LAPS else None

    address = DOCUMENT["channels"][channel]["address"]

    assert address.format(session_id="s", monitor_id="m", chunk=7) == str(
        Topic("s", "m", channel, chunk)
    )


@pytest.mark.parametrize("channel", Channel)
def test_channel_is_retained_and_only_telemetry_may_be_lost(channel: Channel) -> None:
    binding = DOCUMENT["operations"][f"publish_{channel}"]["bindings"]["mqtt"]

    assert binding["retain"] is True
    assert binding["qos"] == qos(channel) == (0 if channel is Channel.TELEMETRY else 1)


def test_websocket_carries_every_frame_in_one_direction() -> None:
    operations = DOCUMENT["operations"]
    received = operations["receive_browser_frames"]["messages"]
    sent = operations["send_bridge_frames"]["messages"]

    names = [message["$ref"].rpartition("/")[2] for message in received + sent]

    assert sorted(names) == sorted(DOCUMENT["channels"]["ws"]["messages"])
    assert len(received) == 4
