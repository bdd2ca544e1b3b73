"""Where a monitor stands with its broker."""

from enum import Enum


class Phase(Enum):
    """What was said over the connection so far."""

    OFFLINE = "offline"
    READING_BACK = "reading back"
    ANNOUNCED = "announced"
