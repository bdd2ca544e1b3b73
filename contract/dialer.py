"""Whom to try next, and how long to wait before: the same for every link to a broker."""

from collections.abc import Sequence

from pitboard.contract.backoff import Backoff
from pitboard.contract.urls import BrokerUrl

REFUSED_DELAY_S = 30.0
"""The wait after a refusal, which stays until a person changes something."""


class Dialer:
    """Goes through a list of brokers for ever; after a full round without success comes a wait.

    Attributes:
        failures: Attempts that failed since a broker last accepted.
        is_round_over: Whether each broker was tried since the last wait.
    """

    def __init__(self, urls: Sequence[BrokerUrl], backoff: Backoff) -> None:
        self.failures = 0
        self.is_round_over = True
        self._urls = tuple(urls)
        self._backoff = backoff
        self._at = 0
        self._is_accepted = False
        self._refusing: set[BrokerUrl] = set()
        self._is_round_refused = False

    @property
    def url(self) -> BrokerUrl:
        """The broker to try now."""
        return self._urls[self._at]

    def accepted(self) -> None:
        """The broker lets us in and gives what we ask for."""
        self.failures = 0
        self._is_accepted = True
        self._refusing.discard(self.url)
        self._backoff.reset()

    def lost(self) -> float:
        """A connection that stood ended; the wait in seconds.

        After one that was `accepted` the list is tried from its start. A broker that hangs up
        sooner is no better than one that does not answer, and the next one has its turn.
        """
        if self._is_accepted:
            self._at = len(self._urls) - 1
        return self._next()

    def failed(self) -> float:
        """An attempt failed; the wait in seconds, 0 while there are brokers to try."""
        self.failures += 1
        return self._next()

    def refused(self) -> tuple[float, bool]:
        """The broker does not want this user; the wait, and whether that is news."""
        is_news = self.url not in self._refusing
        self._refusing.add(self.url)
        self._is_round_refused = True
        return self.failed(), is_news

    def _next(self) -> float:
        self._is_accepted = False
        self._at = (self._at + 1) % len(self._urls)
        self.is_round_over = self._at == 0
        if not self.is_round_over:
            return 0.0
        was_refused, self._is_round_refused = self._is_round_refused, False
        return REFUSED_DELAY_S if was_refused else self._backoff.next_s()
