"""Which messages of a session a recording gets, and in which order; knows no file and no clock."""

import logging
from collections import Counter
from dataclasses import dataclass

from pitboard.contract import codec
from pitboard.contract.errors import ContractError
from pitboard.contract.messages import Message, StatusMessage
from pitboard.contract.topics import Topic
from pitboard.publisher.link import Received

log = logging.getLogger(__name__)

OPENING_QUIET_S = 0.1
OPENING_WITHIN_S = 2.0
"""The retained state is complete after this quiet, or after this long when it is never quiet."""

_Order = tuple[int, int]


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
        self._newest: dict[str, _Order] = {}
        self._last: dict[str, _Order] = {}
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
            self._newest.pop(received.topic, None)
            return entry
        try:
            message = codec.decode(Topic.parse(received.topic), received.payload)
        except ContractError as exc:
            self._skip(received, exc)
            return None
        if received.retained and self._is_written(received.topic, message):
            return None
        order = (message.birth, message.seq)
        self._last[received.topic] = order
        self._newest[received.topic] = max(order, self._newest.get(received.topic, order))
        return entry

    def _is_written(self, topic: str, message: Message) -> bool:
        """Whether a replayed message, or a later one of its topic, came before."""
        newest = self._newest.get(topic)
        if newest is None:
            return False
        if isinstance(message, StatusMessage) and message.state == "lost" and message.seq == 0:
            # A will has seq 0 and comes after all others of its birth.
            return message.birth < newest[0] or self._last[topic] == (message.birth, 0)
        return (message.birth, message.seq) <= newest

    def _skip(self, received: Received, exc: ContractError) -> None:
        self.skipped[exc.kind] += 1
        if self.skipped[exc.kind] == 1:  # a broken monitor repeats itself at frame rate
            log.warning(
                "message skipped topic=%r bytes=%d reason=%r",
                received.topic[:200],
                len(received.payload),
                str(exc)[:200],
            )
