"""Packets to clients, held against another implementation."""

import pytest
from amqtt.mqtt.publish import PublishPacket  # type: ignore[import-untyped]
from amqtt.mqtt.pubrel import PubrelPacket  # type: ignore[import-untyped]

from pitboard.broker.encode import publish, pubrel


@pytest.mark.parametrize("size", [0, 1, 120, 121, 16_376, 16_377, 240 * 1024, 2_097_145])
@pytest.mark.parametrize("qos", [0, 1, 2])
@pytest.mark.parametrize("retain", [False, True])
@pytest.mark.parametrize("is_repeated", [False, True])
def test_publish_is_as_amqtt_encodes_it(
    size: int, qos: int, retain: bool, is_repeated: bool
) -> None:
    data = bytes(size)
    expected = PublishPacket.build("a/ä", data, 700 if qos else None, is_repeated, qos, retain)

    encoded = publish("a/ä", data, retain=retain, qos=qos, packet_id=700, is_repeated=is_repeated)

    assert encoded == expected.to_bytes()


def test_pubrel_is_as_amqtt_encodes_it() -> None:
    assert pubrel(700) == PubrelPacket.build(700).to_bytes()
