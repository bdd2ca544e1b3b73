"""A mosquitto that hands messages on to the embedded broker as a bridge."""

import getpass

import pytest

from tests.broker.clients import Got
from tests.broker.conformance.line import Line
from tests.brokers import EmbeddedInThread, Mosquitto, has_mosquitto
from tests.waiting import eventually


@pytest.mark.skipif(not has_mosquitto(), reason="mosquitto is not installed")
def test_mosquitto_bridges_to_the_embedded_broker(embedded: EmbeddedInThread) -> None:
    """It begins with a protocol level of its own, and must be told that it is not spoken."""
    settings = (
        f"user {getpass.getuser()}\nconnection pit\naddress {embedded.host}:{embedded.port}\n"
        "topic # out 1\nnotifications false\nrestart_timeout 1\n"
    )
    engine = embedded.broker._engine
    assert engine is not None
    with Line(embedded, "reader") as reader, Mosquitto(settings=settings) as mosquitto:
        reader.subscribe(("a", 1))
        eventually(lambda: embedded.call(lambda: len(engine._serving)) == 2)
        with Line(mosquitto, "car") as car:
            car.publish("a", b"x", 1)

            assert reader.next() == Got("a", b"x", qos=1)
    assert engine.guard.refused == {"other version of MQTT": 1}
