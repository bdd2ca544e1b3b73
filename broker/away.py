"""Clients that are away and have asked to find their subscriptions and messages again.

In memory only, and bounded: a client that never comes back costs little and not for long.
Does no I/O and has no clock: times come in as arguments.
"""

import logging
from dataclasses import dataclass, field

from pitboard.broker.mailbox import Letter, Mailbox
from pitboard.contract.log_lines import OncePerMinute

log = logging.getLogger(__name__)

KEPT_MESSAGES = 1000
"""What waits for one client; above that the oldest are dropped."""

KEPT_BYTES = 1024 * 1024
"""Their bytes, and those of the client's topic filters."""

KEPT_CLIENTS = 100
"""Above that the one that is away longest is forgotten."""

KEPT_S = 3600.0
"""How long a client may be away."""


@dataclass(slots=True)
class State:
    """What MQTT has of a client beside its connection [3.1.2.4].

    Attributes:
        filters: Its subscriptions, with the QoS granted.
        unreleased: Packet ids of the QoS 2 messages it has sent and not released.
    """

    filters: dict[str, int] = field(default_factory=dict)
    mailbox: Mailbox = field(default_factory=Mailbox)
    unreleased: set[int] = field(default_factory=set)


class Away:
    """Takes messages in the place of a client's `Peer`.

    Attributes:
        dropped: Messages that there was no room for.
    """

    def __init__(self, state: State, since_s: float) -> None:
        self.state = state
        self.since_s = since_s
        self._room = KEPT_BYTES - sum(len(key.encode()) for key in state.filters)
        self.dropped = self._trim()

    @property
    def has_room(self) -> bool:
        """Whether the filters alone do not take all of it."""
        return self._room > 0

    def send_now(self, _packet: bytes) -> None:
        """A QoS 0 message; those are not kept."""

    def send_soon(self, topic: str, data: bytes, qos: int, *, retain: bool) -> None:
        """Keep a message, in the place of the oldest ones if need be."""
        self.state.mailbox.put(Letter(topic, data, qos, retain))
        self.dropped += self._trim()

    def _trim(self) -> int:
        return self.state.mailbox.trim(KEPT_MESSAGES, max(self._room, 0))


class Absences:
    """Who is away, by a key of the caller's."""

    def __init__(self) -> None:
        # In the order of leaving.
        self._away: dict[str, Away] = {}
        self._dropped = 0
        self._said = 0
        self._once = OncePerMinute()

    def __contains__(self, key: str) -> bool:
        """Whether this one is away."""
        return key in self._away

    def __len__(self) -> int:
        """How many are away."""
        return len(self._away)

    @property
    def dropped(self) -> int:
        """Messages dropped so far, of all that are or were away."""
        return self._dropped + sum(away.dropped for away in self._away.values())

    def add(self, key: str, away: Away) -> None:
        """A client has left."""
        self._away[key] = away

    def remove(self, key: str) -> Away | None:
        """A client is back, or forgotten; `None` when it was not away."""
        away = self._away.pop(key, None)
        if away is not None:
            self._dropped += away.dropped
        return away

    def due(self, now_s: float) -> list[str]:
        """Whom to forget: who is away too long, and the first to leave when there are too many."""
        too_many = len(self._away) - KEPT_CLIENTS
        return [
            key
            for place, (key, away) in enumerate(self._away.items())
            if place < too_many or now_s - away.since_s >= KEPT_S or not away.has_room
        ]

    def say(self, now_s: float) -> None:
        """Log how many messages were dropped, unless the last line is less than a minute old."""
        new = self.dropped - self._said
        if new and self._once.admit("away", now_s) is not None:
            self._said += new
            text = "messages dropped reason=client is away count=%d so_far=%d"
            log.warning(text, new, self._said)
