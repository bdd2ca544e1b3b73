"""What is wrong with a packet that is refused."""

from enum import StrEnum


class Fault(StrEnum):
    """What may be wrong with a packet; few enough to count each."""

    TYPE = "packet type"
    FLAGS = "flags"
    LENGTH = "length"
    SIZE = "size above the limit"
    TEXT = "text"
    TOPIC = "topic"
    FILTER = "topic filter"
    QOS = "QoS"
    PACKET_ID = "packet id"
    PROTOCOL = "protocol"
    CLIENT_ID = "client id"


class BadPacket(Exception):
    """The bytes break the protocol; the connection they came on is closed."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault


class UnsupportedLevel(BadPacket):
    """A CONNECT of another version of MQTT."""

    def __init__(self, level: int) -> None:
        super().__init__(Fault.PROTOCOL, f"protocol level {level}")
        # Bridges set the highest bit of the level of MQTT 3.1.1.
        self.is_mqtt5 = level == 5


class MissingId(BadPacket):
    """A CONNECT that asks to keep its session and has no client id to keep it under."""

    def __init__(self) -> None:
        super().__init__(Fault.CLIENT_ID, "a session to keep without a client id [3.1.3.1]")
