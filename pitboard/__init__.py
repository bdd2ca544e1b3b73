"""Live car telemetry for endurance racing teams, over MQTT."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pitboard.api import Monitor

__version__ = "0.1.0"

__all__ = ["Monitor", "__version__"]


def __getattr__(name: str) -> object:
    # Loaded when asked for, so that the bridge does not carry the publisher along.
    if name == "Monitor":
        from pitboard.api import Monitor  # noqa: PLC0415

        return Monitor
    raise AttributeError(f"module 'pitboard' has no attribute {name!r}")
