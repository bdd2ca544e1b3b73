"""QoS 1 and 2 messages for one client: those that wait, and those sent but not acknowledged.

Does no I/O: it is told what came, and gives the packets to send. Outlives a connection when the
client keeps its session; what was not acknowledged is then sent again first [4.4].
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import NamedTuple

from pitboard.broker.encode import publish, pubrel


class Letter(NamedTuple):
    """A message for one client."""

    topic: str
    data: bytes
    qos: int
    retain: bool

    @property
    def size(self) -> int:
        """Its bytes."""
        return len(self.topic.encode()) + len(self.data)


class Mailbox:
    """The messages of one client, in the order in which they were put in.

    Attributes:
        size: Bytes of the messages whose data may still be needed.
    """

    def __init__(self) -> None:
        self.size = 0
        self._waiting: deque[Letter] = deque()
        # By packet id; None once the client has a QoS 2 message and its id is to be released.
        self._sent: OrderedDict[int, Letter | None] = OrderedDict()
        self._again: deque[int] = deque()
        self._last_id = 0

    def __len__(self) -> int:
        """How many messages are not done with."""
        return len(self._waiting) + len(self._sent)

    def put(self, letter: Letter) -> None:
        """Add a message behind the others. There may be at most 65,535."""
        self._waiting.append(letter)
        self.size += letter.size

    def rewind(self) -> None:
        """A new connection begins: what was sent on the one before is sent again."""
        self._again = deque(self._sent)

    def next(self) -> bytes | None:
        """The packet to send next, which counts as sent; `None` when there is none."""
        while self._again:
            packet_id = self._again.popleft()
            if packet_id in self._sent:
                return _packet(packet_id, self._sent[packet_id], is_repeated=True)
        if not self._waiting:
            return None
        letter = self._waiting.popleft()
        packet_id = self._free_id()
        self._sent[packet_id] = letter
        return _packet(packet_id, letter, is_repeated=False)

    def acknowledge(self, packet_id: int) -> None:
        """A PUBACK came; it counts for a QoS 1 message only."""
        letter = self._sent.get(packet_id)
        if letter is not None and letter.qos == 1:
            self._forget(packet_id)

    def receive(self, packet_id: int) -> None:
        """A PUBREC came: the client has the QoS 2 message, and its packet id is in use still."""
        letter = self._sent.get(packet_id)
        if letter is not None and letter.qos == 2:
            self._sent[packet_id] = None
            self.size -= letter.size

    def complete(self, packet_id: int) -> None:
        """A PUBCOMP came: the packet id of a QoS 2 message is free."""
        if self._sent.get(packet_id, True) is None:
            self._forget(packet_id)

    def trim(self, messages: int, size: int) -> int:
        """Drop the oldest until so many messages and bytes are left; how many were dropped."""
        dropped = 0
        while len(self) > messages or self.size > size:
            if self._sent:
                _, letter = self._sent.popitem(last=False)
            else:
                letter = self._waiting.popleft()
            self.size -= letter.size if letter is not None else 0
            dropped += 1
        return dropped

    def keep_only(self, is_allowed: Callable[[str], bool]) -> None:
        """Drop the messages on topics that are not allowed."""
        for packet_id, letter in list(self._sent.items()):
            if letter is not None and not is_allowed(letter.topic):
                self._forget(packet_id)
        self._waiting = deque(letter for letter in self._waiting if is_allowed(letter.topic))
        kept = [*self._waiting, *self._sent.values()]
        self.size = sum(letter.size for letter in kept if letter is not None)

    def _forget(self, packet_id: int) -> None:
        letter = self._sent.pop(packet_id)
        self.size -= letter.size if letter is not None else 0

    def _free_id(self) -> int:
        while True:
            self._last_id = self._last_id % 65535 + 1
            if self._last_id not in self._sent:
                return self._last_id


def _packet(packet_id: int, letter: Letter | None, *, is_repeated: bool) -> bytes:
    if letter is None:
        return pubrel(packet_id)
    return publish(
        letter.topic,
        letter.data,
        retain=letter.retain,
        qos=letter.qos,
        packet_id=packet_id,
        is_repeated=is_repeated,
    )
