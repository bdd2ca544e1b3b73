"""A reader that does what the protocol asks of readers, and nothing more."""

from functools import lru_cache

from pitboard.contract import codec
from pitboard.contract.messages import LapMessage, LapRow, LapsMessage, Message, StatusMessage
from pitboard.contract.order import Order, advance
from pitboard.contract.topics import Topic
from pitboard.publisher.lap_rows import row_of
from pitboard.publisher.memory import LapKey, key_of


class Reader:
    """Orders each topic by (`birth`, `seq`) and merges one monitor's laps by (`run`, `lap`).

    Attributes:
        rows: The lap table.
        announced: The laps of the `lap` messages, each once, in that order.
        mistaken: Keys that were given to two laps.
        status: The last one that counts.
    """

    def __init__(self) -> None:
        self.rows: dict[LapKey, LapRow] = {}
        self.announced: list[LapRow] = []
        self.mistaken: list[LapKey] = []
        self.status: StatusMessage | None = None
        self._orders: dict[str, Order] = {}

    def take(self, topic: str, payload: bytes) -> None:
        message = decoded(topic, payload)
        order = self._orders.get(topic)
        if order is not None and not order.is_news(message):
            return
        self._orders[topic] = advance(order, message)
        match message:
            case StatusMessage():
                self.status = message
            case LapMessage():
                row = row_of(message.lap_summary)
                if row not in self.announced:
                    self.announced.append(row)
                self._put(row)
            case LapsMessage():
                for row in rows_of(message):
                    self._put(row)

    def _put(self, row: LapRow) -> None:
        if self.rows.setdefault(key_of(row), row) != row:
            self.mistaken.append(key_of(row))


@lru_cache
def decoded(topic: str, payload: bytes) -> Message:
    return codec.decode(Topic.parse(topic), payload)


def rows_of(message: Message) -> list[LapRow]:
    return codec.lap_rows(message) if isinstance(message, LapsMessage) else []
