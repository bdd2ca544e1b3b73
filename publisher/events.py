"""What a link tells its owner."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker accepted the link."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The link is over, whether it ever worked or not.

    Attributes:
        reason: For a person.
        is_refused: The broker does not want these credentials: asking again soon is no use.
        is_taken: It does not want the client id, because that is another user's.
    """

    reason: str
    is_refused: bool = False
    is_taken: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """A message of a subscription; `retained` ones are replayed by the broker."""

    topic: str
    payload: bytes
    retained: bool


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The broker answered a subscription; unless refused, its retained messages follow."""

    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class Acked:
    """The broker has the message that `Link.publish` gave this number (QoS 1)."""

    mid: int


LinkEvent = Connected | Ended | Received | Subscribed | Acked
