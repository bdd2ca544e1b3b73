"""Live car telemetry for endurance racing teams, over MQTT."""

__version__ = "0.1.0"
