"""Which of two messages of one topic is the newer; every reader decides the same."""

from dataclasses import dataclass

from pitboard.contract.messages import Message, StatusMessage

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


def _is_will(message: Message) -> bool:
    return isinstance(message, StatusMessage) and message.state == "lost" and message.seq == 0
