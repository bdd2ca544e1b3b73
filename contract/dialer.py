"""Whom to try next, and how long to wait before: the same for every link to a broker."""

from collections.abc import Sequence

from pitboard.contract.backoff import Backoff
from pitboard.contract.urls import BrokerUrl

REFUSED_DELAY_S = 30.0
"""The least wait after a refusal: it stays so until a person changes something."""


class Dialer:
    """Goes through a list of brokers for ever; after a full round of failures comes a wait.

    Attributes:
        failures: Attempts since a broker last accepted.
        is_refused: Whether the last broker that answered did not want this user.
    """

    def __init__(self, urls: Sequence[BrokerUrl], backoff: Backoff) -> None:
        self.failures = 0
        self.is_refused = False
        self._urls = tuple(urls)
        self._backoff = backoff
        self._round_is_refused = False

    @property
    def url(self) -> BrokerUrl:
        """The broker to try now."""
        return self._urls[self.failures % len(self._urls)]

    @property
    def is_round_over(self) -> bool:
        """Whether each broker was tried since the last wait."""
        return self.failures % len(self._urls) == 0

    def accepted(self) -> None:
        """The broker let us in."""
        self.failures = 0
        self.is_refused = self._round_is_refused = False
        self._backoff.reset()

    def lost(self) -> float:
        """A connection that was accepted ended; the wait in seconds."""
        return self._backoff.next_s()

    def failed(self, *, is_refused: bool = False) -> float:
        """An attempt failed; the wait in seconds, 0 while there are brokers to try."""
        self.failures += 1
        self.is_refused = is_refused
        self._round_is_refused = self._round_is_refused or is_refused
        if not self.is_round_over:
            return 0.0
        delay_s = self._backoff.next_s()
        if self._round_is_refused:
            delay_s = max(delay_s, REFUSED_DELAY_S)
        self._round_is_refused = False
        return delay_s
