"""The exceptions of pitboard.

PitboardError
├── ContractError          input that breaks the contract: drop it, count it, go on
│   ├── BadTopic
│   ├── BadFrame           a browser's frame
│   └── BadPayload
│       ├── TooLarge
│       ├── Malformed      not JSON as the contract wants it
│       ├── Invalid        a field is missing, of the wrong type or out of range
│       ├── WrongIdentity  ids of the payload are not those of the topic
│       └── UnknownVersion published by a newer pitboard
├── LinkLost               the broker cannot be reached: retry
│   └── LinkRefused        the broker does not want this user: retry slowly
└── SettingsError          a person must change something: one line, exit 2
"""

from typing import ClassVar


class PitboardError(Exception):
    """Anything pitboard raises on purpose."""


class ContractError(PitboardError):
    """Input that breaks the contract.

    `kind` is a short, bounded word for counters; the text is for the log only, since it may quote
    what a stranger sent.
    """

    kind: ClassVar[str] = "contract"


class BadTopic(ContractError):
    """A topic that is not exactly one of ours."""

    kind = "topic"

    def __init__(self, topic: str) -> None:
        super().__init__(f"not a pitboard topic: {topic[:120]!r}")


class BadFrame(ContractError):
    """A browser sent something that is none of the frames it may send."""

    kind = "frame"


class BadPayload(ContractError):
    """A payload that no reader may see."""

    kind = "payload"


class TooLarge(BadPayload):
    """A payload above its channel's limit, in bytes; it is never parsed."""

    kind = "too_large"

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"{size} bytes, the limit is {limit}")
        self.size = size
        self.limit = limit


class Malformed(BadPayload):
    """Not a UTF-8 JSON document, or nested too deeply."""

    kind = "malformed"


class Invalid(BadPayload):
    """A field is missing, has the wrong type or an impossible value."""

    kind = "invalid"


class WrongIdentity(BadPayload):
    """The payload names another session or monitor than its topic."""

    kind = "identity"


class UnknownVersion(BadPayload):
    """The schema version `v` is not 1: the monitor is newer than this reader."""

    kind = "version"


class LinkLost(PitboardError):
    """The broker refused, vanished or did not answer in time."""


class LinkRefused(LinkLost):
    """The broker does not accept the user, or not what the user wants to do."""


class SettingsError(PitboardError):
    """Something a person typed or wrote cannot work; the text says what to change."""


class PortTaken(SettingsError):
    """Another program listens on the port."""

    def __init__(self, host: str, port: int, flag: str) -> None:
        super().__init__(f"port {port} on {host} is already in use: choose another with {flag}")
