"""Where each message lives on the broker.

No other module spells a topic, so the layout changes in one place.
"""

import base64
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from pitboard.contract.errors import BadTopic

ROOT = "pitboard/v1"

FENCE = f"{ROOT}/fence"
"""Nobody is subscribed to it; to unsubscribe is a question that each broker answers in turn."""

# Lower case only: topics are case-sensitive, so two spellings of one session would show up as two
# cars. Dots, spaces, + # $ @ * break one broker or another.
ID_PATTERN = r"[a-z0-9][a-z0-9_-]{0,63}"

CHUNK_ROWS = 100
"""Rows of the lap table in one `laps/<k>` chunk."""


class Channel(StrEnum):
    """What a message is about. Every channel is retained."""

    STATUS = "status"
    META = "meta"
    SETUP = "setup"
    TELEMETRY = "telemetry"
    LAP = "lap"
    LAPS = "laps"


_ID = re.compile(ID_PATTERN)
# 1,000 chunks are 100,000 laps; a longer number is not a lap chunk but somebody's experiment.
_TOPIC = re.compile(
    rf"{ROOT}/(?P<session>{ID_PATTERN})/(?P<monitor>{ID_PATTERN})/"
    r"(?:(?P<channel>status|meta|setup|telemetry|lap)|laps/(?P<chunk>0|[1-9][0-9]{0,2}))"
)


def is_id(text: str) -> bool:
    """Whether *text* may name a session or a monitor."""
    return _ID.fullmatch(text) is not None


def new_id() -> str:
    """128 random bits as 26 lower-case letters and digits: whoever knows it may watch."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


@dataclass(frozen=True, slots=True)
class Topic:
    """One channel of one monitor, e.g. ``pitboard/v1/spa24/pc-1/setup`` or ``.../laps/3``."""

    session_id: str
    monitor_id: str
    channel: Channel
    chunk: int | None = None

    @classmethod
    def parse(cls, topic: str) -> Self:
        """Raise `BadTopic` unless *topic* is exactly one of ours, wildcards included."""
        match = _TOPIC.fullmatch(topic)
        if match is None:
            raise BadTopic(topic)
        if match["chunk"] is None:
            return cls(match["session"], match["monitor"], Channel(match["channel"]))
        return cls(match["session"], match["monitor"], Channel.LAPS, int(match["chunk"]))

    @property
    def name(self) -> str:
        """The channel as readers name it: ``setup``, ``laps/3``."""
        return self.channel if self.chunk is None else f"{self.channel}/{self.chunk}"

    def __str__(self) -> str:
        return f"{ROOT}/{self.session_id}/{self.monitor_id}/{self.name}"


def session_filter(session_id: str) -> str:
    """Everything of one session."""
    return f"{ROOT}/{session_id}/#"


def monitor_filter(session_id: str, monitor_id: str) -> str:
    """Everything of one monitor."""
    return f"{ROOT}/{session_id}/{monitor_id}/#"


def status_filter(session_id: str = "+") -> str:
    """The `status` of every monitor of one session, or of all sessions."""
    return f"{ROOT}/{session_id}/+/{Channel.STATUS}"


def all_filter() -> str:
    """Everything pitboard publishes."""
    return f"{ROOT}/#"
