"""Which of two messages is the newer; every reader decides the same."""

from dataclasses import dataclass

from pitboard.contract.messages import Message, StatusMessage, TelemetryMessage
from pitboard.contract.times import to_unix_ms

TOLD_AGAIN_MS = 2_000
"""More than a frame may be older than a status that went before it."""

Mark = tuple[int, int]
"""(`birth`, `seq`)."""


@dataclass(frozen=True, slots=True)
class Order:
    """How far the messages of one topic have come.

    Attributes:
        last: The message taken last.
        newest: The greatest of all; a will, whose `seq` is 0, does not lower it.
    """

    last: Mark
    newest: Mark

    def is_news(self, message: Message) -> bool:
        """Whether *message* comes after all that was taken.

        A will counts unless it is of an older birth or was taken already.
        """
        mark = (message.birth, message.seq)
        if _is_will(message):
            return message.birth >= self.newest[0] and self.last != mark
        return mark > self.newest


def advance(order: Order | None, message: Message) -> Order:
    """The order after *message*, which is news."""
    mark = (message.birth, message.seq)
    return Order(mark, mark if order is None else max(mark, order.newest))


def is_told_again(message: Message, status: Message | None) -> bool:
    """Whether *message* is a frame that was made well before the *status* heard last.

    A monitor tells a broker its last frame anew after an outage, whether the car has moved since or
    not, and brokers hand that on to standing subscribers like any other.
    """
    if not isinstance(message, TelemetryMessage) or status is None:
        return False
    # Timestamps of one form sort as text; most frames are through here.
    if status.birth != message.birth or message.timestamp >= status.timestamp:
        return False
    return to_unix_ms(status.timestamp) - to_unix_ms(message.timestamp) > TOLD_AGAIN_MS


def _is_will(message: Message) -> bool:
    return isinstance(message, StatusMessage) and message.state == "lost" and message.seq == 0
