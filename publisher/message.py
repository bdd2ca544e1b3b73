"""What goes to a broker, as a link takes it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Publish:
    """A message to send."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
