"""The monitor's connection over all its links: whom to try, when, and when to give up on one."""

import logging
import random
from collections.abc import Sequence
from queue import SimpleQueue
from typing import Any

from pitboard.contract.backoff import Backoff
from pitboard.contract.urls import BrokerUrl
from pitboard.publisher.clock import Clock
from pitboard.publisher.composer import Send
from pitboard.publisher.lifecycle import Step, Subscribe
from pitboard.publisher.link import Ended, Link, LinkSettings, Publish
from pitboard.publisher.memory import LapKey

log = logging.getLogger(__name__)

ACK_WITHIN_S = 5.0
"""A broker that takes longer to acknowledge a message is lost, although the connection stands."""

REFUSED_DELAY_S = 30.0
"""The least wait after a refused password: it will not become right by itself."""


class Connection:
    """One link at a time, and a new one whenever that ends.

    Args:
        urls: Tried in turn; only after a full round is there a wait.
        link_settings: The same for each of them.
        backoff: The waits.
        client_id: What the broker knows us by.
        events: Where links put their events.
    """

    def __init__(
        self,
        urls: Sequence[BrokerUrl],
        link_settings: LinkSettings,
        backoff: Backoff,
        *,
        client_id: str,
        events: "SimpleQueue[Any]",
        clock: Clock,
    ) -> None:
        self._urls = urls
        self._link_settings = link_settings
        self._backoff = backoff
        self._client_id = client_id
        self._events = events
        self._clock = clock
        self._link: Link | None = None
        self._is_up = False
        self._was_up = False
        self._was_refused = False
        self._failures = 0
        self._connect_at_s: float | None = 0.0
        self._sent_at_s: dict[int, float] = {}
        self._laps: dict[int, LapKey] = {}

    def owns(self, link: Link) -> bool:
        """Whether *link* is the present one; events of older links mean nothing."""
        return link is self._link

    @property
    def has_unacknowledged(self) -> bool:
        """Whether the broker has not confirmed everything yet."""
        return bool(self._sent_at_s)

    @property
    def deadline_s(self) -> float | None:
        """When to look at `is_due` or `is_overdue` again, in monotonic seconds."""
        if self._connect_at_s is not None:
            return self._connect_at_s
        oldest_s = next(iter(self._sent_at_s.values()), None)
        return None if oldest_s is None else oldest_s + ACK_WITHIN_S

    @property
    def is_due(self) -> bool:
        """Whether it is time to `open` the next link."""
        return self._connect_at_s is not None and self._clock.monotonic_s() >= self._connect_at_s

    @property
    def is_overdue(self) -> bool:
        """Whether the broker owes an acknowledgement for too long."""
        oldest_s = next(iter(self._sent_at_s.values()), None)
        return oldest_s is not None and self._clock.monotonic_s() - oldest_s >= ACK_WITHIN_S

    def open(self, will: Send) -> None:
        """Begin to connect to the next broker."""
        if self._was_up and self._failures == 0:
            log.info("[Publisher] Attempting to reconnect...")
        self._connect_at_s = None
        self._link = Link(
            self._urls[self._failures % len(self._urls)],
            self._link_settings,
            client_id=self._client_id,
            events=self._events,
            will=_publish(will),
        )
        self._link.open()

    def connected(self) -> None:
        """The link's broker accepted it."""
        assert self._link is not None
        log.info("[Publisher] Connected to %s", self._link.url)
        self._is_up = self._was_up = True
        self._failures = 0
        self._backoff.reset()

    def ended(self, end: Ended) -> None:
        """The link is over: plan the next attempt."""
        self._link = None
        self._sent_at_s.clear()
        self._laps.clear()
        if self._is_up:
            self._is_up = False
            log.info("[Publisher] Disconnected from broker")
        else:
            self._failures += 1
            self._tell_failure(end)
        self._was_refused = end.is_refused
        delay_s = 0.0
        if self._failures % len(self._urls) == 0:
            delay_s = self._backoff.next_s()
            if end.is_refused:
                delay_s = max(delay_s, REFUSED_DELAY_S)
            else:
                log.info("[Publisher] Retrying in %.1fs...", delay_s)
        self._connect_at_s = self._clock.monotonic_s() + delay_s

    def _tell_failure(self, end: Ended) -> None:
        if not end.is_refused:
            reason = end.reason
            log.warning("[Publisher] Connection failed (attempt %d): %s", self._failures, reason)
        elif not self._was_refused:
            # Once: it stays so until a person changes something.
            log.error(
                "[Publisher] The broker does not accept this user and password (%s): set "
                "PITBOARD_USERNAME and PITBOARD_PASSWORD; trying again every %.0f s",
                end.reason,
                REFUSED_DELAY_S,
            )

    def abandon(self) -> None:
        """Cut a link whose broker does not answer."""
        if self._link is not None:
            self._link.abort()
        self.ended(Ended("no answer in time"))

    def acknowledged(self, mid: int) -> LapKey | None:
        """The broker has a message; the lap that is safe with it, if it was one."""
        self._sent_at_s.pop(mid, None)
        return self._laps.pop(mid, None)

    def apply(self, steps: Sequence[Step]) -> None:
        """Do what the lifecycle decided; without a link there is nobody to do it to."""
        link = self._link
        if link is None:
            return
        for step in steps:
            if isinstance(step, Send):
                mid = link.publish(_publish(step))
                if step.qos:
                    self._sent_at_s[mid] = self._clock.monotonic_s()
                if step.lap is not None:
                    self._laps[mid] = step.lap
            elif isinstance(step, Subscribe):
                link.subscribe(step.filters)
            else:
                link.unsubscribe(step.filters)

    def close(self) -> None:
        """Say goodbye, so that the broker drops the will."""
        if self._link is not None:
            self._link.close()
            self._link = None

    def cut(self) -> None:
        """Leave without a goodbye, if there still is a link: its will is published."""
        if self._link is not None:
            self._link.abort()
            self._link = None


def new_backoff(initial_s: float, maximum_s: float, jitter: float) -> Backoff:
    """The waits between attempts, shifted at random so that a team does not return as one."""
    return Backoff(initial_s, maximum_s, jitter, random.random)


def _publish(step: Send) -> Publish:
    return Publish(str(step.topic), step.payload, step.qos, step.retain)
