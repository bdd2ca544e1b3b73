"""Which messages of a session a recording gets, and in which order; knows no file and no clock."""

import logging
from collections import Counter
from dataclasses import dataclass

from pitboard.contract import codec
from pitboard.contract.errors import ContractError
from pitboard.contract.order import Order, advance
from pitboard.contract.topics import Topic
from pitboard.publisher.events import Received

log = logging.getLogger(__name__)

OPENING_QUIET_S = 0.1
OPENING_WITHIN_S = 2.0
"""The retained state is complete after this quiet, or after this long when it is never quiet."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line to write."""

    topic: str
    payload: bytes


class Tape:
    """Takes messages in as they come and gives those to write.

    Attributes:
        skipped: Messages that no reader may see, by cause.
    """

    def __init__(self) -> None:
        self.skipped: Counter[str] = Counter()
        self._orders: dict[str, Order] = {}
        self._opening: list[tuple[Entry, bool]] | None = []
        self._since_s: float | None = None
        self._quiet_since_s = 0.0

    def take(self, received: Received, now_s: float) -> list[Entry]:
        """One message; the entries that are due, none while the retained state is collected."""
        entry = self._checked(received)
        if entry is None:
            return []
        if self._opening is None:
            return [entry]
        self._opening.append((entry, received.retained))
        if received.retained:
            self._quiet_since_s = now_s
        return self.tick(now_s)

    def subscribed(self, now_s: float) -> None:
        """The broker accepted the subscription: its retained messages follow, or came already."""
        if self._since_s is None:
            self._since_s = now_s
        self._quiet_since_s = now_s

    def tick(self, now_s: float) -> list[Entry]:
        """Time passed: all that was collected, retained first, once that is complete."""
        if self._opening is None or self._since_s is None:
            return []
        is_quiet = now_s - self._quiet_since_s >= OPENING_QUIET_S
        if not is_quiet and now_s - self._since_s < OPENING_WITHIN_S:
            return []
        return self.finish()

    def finish(self) -> list[Entry]:
        """What is left to write."""
        # Live messages may overtake the replay, and a reader needs the whole picture first.
        opening, self._opening = self._opening or [], None
        return [entry for entry, _ in sorted(opening, key=lambda one: not one[1])]

    def _checked(self, received: Received) -> Entry | None:
        entry = Entry(received.topic, received.payload)
        if not received.payload:
            # What is published again after a clear is news, whatever its order.
            self._orders.pop(received.topic, None)
            return entry
        try:
            message = codec.decode(Topic.parse(received.topic), received.payload)
        except ContractError as exc:
            self._skip(received, exc)
            return None
        order = self._orders.get(received.topic)
        # A replay that was written before, or a later one of its topic, is not written again.
        if received.retained and order is not None and not order.is_news(message):
            return None
        self._orders[received.topic] = advance(order, message)
        return entry

    def _skip(self, received: Received, exc: ContractError) -> None:
        self.skipped[exc.kind] += 1
        if self.skipped[exc.kind] == 1:  # a broken monitor repeats itself at frame rate
            log.warning(
                "message skipped topic=%r bytes=%d reason=%r",
                received.topic[:200],
                len(received.payload),
                str(exc)[:200],
            )
