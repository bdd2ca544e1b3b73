"""The monitor's connection over all its links: whom to try, when, and when to give up on one."""

import logging
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any

from pitboard.contract import reasons
from pitboard.contract.dialer import REFUSED_DELAY_S, Dialer
from pitboard.publisher.clock import Clock
from pitboard.publisher.composer import Send
from pitboard.publisher.delivery import Answer, AtOnce, Delivery, to_publish
from pitboard.publisher.events import Ended
from pitboard.publisher.link import Link, LinkSettings
from pitboard.publisher.steps import Step, Subscribe, Unsubscribe

log = logging.getLogger(__name__)

ACK_WITHIN_S = 5.0
"""A broker that takes longer to answer is lost, although the connection stands.

More than the 4 s for which NATS, while it elects, reads nothing of who retained a value.
"""

CONTESTED_FOR_S = 60.0
"""A link that outlives its last trouble by so long ends for another reason."""


class Connection:
    """One link at a time, and a new one whenever that ends.

    Args:
        dialer: Whom to try, and when.
        link_settings: The same for each broker.
        client_id: What the broker knows us by.
        events: Where links put their events.
        delivery: Decides how messages leave; one for each link.
    """

    def __init__(
        self,
        dialer: Dialer,
        link_settings: LinkSettings,
        *,
        client_id: str,
        events: "SimpleQueue[Any]",
        clock: Clock,
        delivery: Callable[[Link, Clock], Delivery] = AtOnce,
    ) -> None:
        self._dialer = dialer
        self._link_settings = link_settings
        self._make_delivery = delivery
        self._client_id = client_id
        self._events = events
        self._clock = clock
        self._link: Link | None = None
        self._delivery: Delivery | None = None
        self._is_up = False
        self._was_up = False
        self._contested_until_s = float("-inf")
        self._connect_at_s: float | None = 0.0
        self._answer_due_s: float | None = None

    def owns(self, link: Link) -> bool:
        """Whether *link* is the present one; events of older links mean nothing."""
        return link is self._link

    @property
    def last_answer(self) -> Answer | None:
        """To what was said last of all, once there is one."""
        return None if self._delivery is None else self._delivery.last_answer

    @property
    def patience_s(self) -> float:
        """How long a broker that is said goodbye to may take for an answer."""
        return 0.0 if self._delivery is None else self._delivery.patience_s

    @property
    def owed_since_s(self) -> float | None:
        """Since when the broker owes an answer, if it does, in monotonic seconds."""
        return None if self._delivery is None else self._delivery.owed_since_s

    @property
    def deadline_s(self) -> float | None:
        """When to look at `is_due` or `is_overdue` again, in monotonic seconds."""
        if self._connect_at_s is not None:
            return self._connect_at_s
        return self._due_s

    @property
    def is_due(self) -> bool:
        """Whether it is time to `open` the next link."""
        return self._connect_at_s is not None and self._clock.monotonic_s() >= self._connect_at_s

    @property
    def is_overdue(self) -> bool:
        """Whether the broker owes an answer for too long."""
        due_s = self._due_s
        return due_s is not None and self._clock.monotonic_s() >= due_s

    @property
    def _due_s(self) -> float | None:
        if self._answer_due_s is not None:
            return self._answer_due_s
        since_s = self.owed_since_s
        return None if since_s is None else since_s + ACK_WITHIN_S

    def open(self, will: Send) -> None:
        """Begin to connect to the next broker."""
        if self._was_up and self._dialer.failures == 0:
            log.info("[Publisher] Attempting to reconnect...")
        self._connect_at_s = None
        # From the name's look-up to CONNACK: paho's own limit is for the socket alone.
        timeout_s = self._link_settings.connection_timeout_s
        self._answer_due_s = self._clock.monotonic_s() + timeout_s
        self._link = Link(
            self._dialer.url,
            self._link_settings,
            client_id=self._client_id,
            events=self._events,
            will=to_publish(will),
        )
        self._delivery = self._make_delivery(self._link, self._clock)
        self._link.open()

    def connected(self) -> None:
        """The link's broker let us in; whether we may do anything there is not known yet."""
        assert self._link is not None
        log.info("[Publisher] Connected to %s", self._link.url)
        self._answer_due_s = None
        self._is_up = self._was_up = True

    def admitted(self) -> None:
        """The broker granted our subscription: the next outage is waited for from the start."""
        self._dialer.accepted()

    def ended(self, end: Ended) -> None:
        """The link is over: plan the next attempt."""
        if end.is_taken:
            self._refused("has another user under these ids: start one with another --monitor")
        elif end.is_refused:
            advice = "set PITBOARD_USERNAME and PITBOARD_PASSWORD, or --session"
            what = f"does not accept this user and password for the session ({end.reason})"
            self._refused(f"{what}: {advice}")
        elif self._is_up:
            log.info("[Publisher] Disconnected from broker")
            delay_s = self._dialer.lost()
            if self._clock.monotonic_s() < self._contested_until_s:
                delay_s = max(delay_s, REFUSED_DELAY_S)
            self._plan(delay_s)
        else:
            delay_s = self._dialer.failed()
            attempt = self._dialer.failures
            log.warning("[Publisher] Connection failed (attempt %d): %s", attempt, end.reason)
            self._plan(delay_s)

    def contested(self) -> None:
        """Somebody else uses our ids: should this link end soon, he ended it, and has his turn."""
        self._contested_until_s = self._clock.monotonic_s() + CONTESTED_FOR_S

    def abandon(self) -> None:
        """Cut a link whose broker does not answer."""
        self._abort()
        self.ended(Ended(reasons.NO_ANSWER))

    def forbid(self) -> None:
        """Cut a link whose broker does not let us read what is ours."""
        self._abort()
        self._refused("does not let this user into the session: ask who runs it, or set --session")

    def _refused(self, what: str) -> None:
        url = self._dialer.url
        delay_s, is_news = self._dialer.refused()
        # Once: it stays so until a person changes something.
        if is_news:
            text = "[Publisher] The broker %s %s; trying again every %.0f s"
            log.error(text, url, what, REFUSED_DELAY_S)
        self._plan(delay_s, is_told=False)

    def _plan(self, delay_s: float, *, is_told: bool = True) -> None:
        self._link = self._delivery = None
        self._is_up = False
        self._answer_due_s = None
        self._connect_at_s = self._clock.monotonic_s() + delay_s
        if is_told and self._dialer.is_round_over:
            log.info("[Publisher] Retrying in %.1fs...", delay_s)

    def _abort(self) -> None:
        if self._link is not None:
            self._link.abort()

    def answered(self, mid: int) -> Answer:
        """The broker answered what has this number; what waited for that leaves."""
        return Answer() if self._delivery is None else self._delivery.answered(mid)

    def apply(self, steps: Sequence[Step]) -> None:
        """Do what the lifecycle decided; without a link there is nobody to do it to."""
        if self._link is None or self._delivery is None:
            return
        for step in steps:
            if isinstance(step, Send):
                self._delivery.send(step)
            elif isinstance(step, Subscribe):
                self._link.subscribe(step.filters)
            elif isinstance(step, Unsubscribe):
                self._link.unsubscribe(step.filters)
            else:
                self._delivery.trust_again()

    def say_last(self, step: Send) -> None:
        """Send a message ahead of all that waits; none of its topic follows."""
        if self._delivery is not None:
            self._delivery.say_last(step)

    def close(self, timeout_s: float = 1.0) -> None:
        """Say goodbye, so that the broker drops the will, and wait until that has left."""
        if self._link is not None:
            self._link.close(timeout_s)
            self._link = self._delivery = None

    def cut(self) -> None:
        """Leave without a goodbye, if there still is a link: its will is published."""
        if self._link is not None:
            self._link.abort()
            self._link = self._delivery = None
