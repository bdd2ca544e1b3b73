"""Messages read straight out of what the broker has sent."""

from dataclasses import dataclass
from time import monotonic

_PUBLISH_QOS_0 = 0x30
_RETAIN = 0x01
_MORE = 0x80


# Not frozen: that would triple what it costs to make one.
@dataclass(slots=True)
class Arrival:
    """A QoS 0 message as `Backlog` takes it in."""

    topic_bytes: bytes
    payload: bytes | bytearray
    retain: bool
    timestamp: float

    @property
    def topic(self) -> str:
        """Where it was published. Raises `UnicodeDecodeError` where that is no text."""
        return self.topic_bytes.decode()


def read_arrivals(data: bytes, at: int) -> tuple[list[Arrival], int]:
    """The whole QoS 0 messages that *data* has from *at* on, and where the next packet begins.

    Ends before the first packet that is another one, not whole, not well-formed, or of 16 KiB and
    more. MQTT 3.1.1, sections 2.2.3 and 3.3.
    """
    now = monotonic()
    arrivals = []
    while at + 4 < len(data) and data[at] & ~_RETAIN == _PUBLISH_QOS_0:
        length, name = data[at + 1], at + 4
        if length & _MORE:
            length, name = length & ~_MORE | data[at + 2] << 7, at + 5
        end = name - 2 + length
        payload = name + (data[name - 2] << 8 | data[name - 1])
        if length >= _MORE << 7 or not name < payload <= end <= len(data):
            break
        is_retained = bool(data[at] & _RETAIN)
        arrivals.append(Arrival(data[name:payload], data[payload:end], is_retained, now))
        at = end
    return arrivals, at
