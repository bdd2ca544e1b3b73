"""The embedded broker: an MQTT broker inside the process, for teams that install none."""

from pitboard.broker.embedded import EmbeddedBroker

__all__ = ["EmbeddedBroker"]
