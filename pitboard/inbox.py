"""One link to a broker for a command that asks, gets its answer and ends; it never reconnects."""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Self

from pitboard.contract.errors import LinkLost, LinkRefused
from pitboard.options import BrokerAccess
from pitboard.publisher.events import Acked, Ended, LinkEvent, Received, Subscribed
from pitboard.publisher.link import Link, Tagged, open_link
from pitboard.publisher.message import Publish

ANSWER_WITHIN_S = 10.0
"""A broker that is silent for so long is taken for lost."""

# Brokers give no mark for the end of a replay. A person can wait, and a far broker stutters, so
# this is ten times what a bridge waits.
QUIET_S = 0.25
REPLAY_WITHIN_S = 30.0


def client_id(command: str) -> str:
    """An id of its own for every process: a second one of the same name would end the first.

    At most 23 characters, which every broker takes.
    """
    return f"pb-{command[:12]}-{secrets.token_hex(3)}"


class Inbox:
    """A link and what comes over it; every wait raises `LinkLost` when the link ends."""

    def __init__(self, link: Link, events: "SimpleQueue[Tagged]") -> None:
        self.link = link
        self._events = events

    @classmethod
    def open(cls, access: BrokerAccess, command: str) -> Self:
        """Connect to the first broker that answers. Raises `LinkLost`."""
        events: SimpleQueue[Tagged] = SimpleQueue()
        link = open_link(access.urls, access.link, client_id=client_id(command), events=events)
        return cls(link, events)

    def next(self, timeout_s: float) -> LinkEvent | None:
        """The next event, `None` when there was none in time."""
        try:
            event = self._events.get(timeout=max(timeout_s, 0)).event
        except Empty:
            return None
        if isinstance(event, Ended):
            raise LinkLost(f"lost the broker {self.link.url}: {event.reason}")
        return event

    def received(self, for_s: float) -> Iterator[Received]:
        """What comes within *for_s*, until the caller has enough."""
        end_s = time.monotonic() + for_s
        while (left_s := end_s - time.monotonic()) > 0:
            event = self.next(left_s)
            if isinstance(event, Received):
                yield event

    def replay(
        self, filters: Sequence[str], *, quiet_s: float = QUIET_S, within_s: float = REPLAY_WITHIN_S
    ) -> Iterator[Received]:
        """Subscribe, and give what comes until no retained message has come for *quiet_s*.

        Live messages are among it, and do not make it longer.
        """
        self.link.subscribe(filters)
        start_s = time.monotonic()
        end_s = start_s + within_s
        until_s = start_s + ANSWER_WITHIN_S
        is_subscribed = False
        while (left_s := min(until_s, end_s) - time.monotonic()) > 0:
            event = self.next(left_s)
            if isinstance(event, Subscribed) and event.is_refused:
                raise LinkRefused("the broker does not let this user read these topics")
            if isinstance(event, Subscribed):
                is_subscribed = True
            if isinstance(event, Received):
                yield event
            is_replay = isinstance(event, Subscribed) or (
                isinstance(event, Received) and event.retained
            )
            if is_subscribed and is_replay:
                until_s = time.monotonic() + quiet_s
        if not is_subscribed:
            raise LinkLost(f"the broker {self.link.url} does not answer a subscription")

    def publish(self, messages: Iterable[Publish]) -> None:
        """Send QoS 1 *messages*, and wait until the broker has them all."""
        self._await_acks({self.link.publish(message) for message in messages})

    def wait_for(self, is_it: Callable[[Received], bool], timeout_s: float) -> Received | None:
        """The next message that *is_it*; `None` when it did not come in time."""
        return next(filter(is_it, self.received(timeout_s)), None)

    def close(self) -> None:
        """Say goodbye."""
        self.link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _await_acks(self, mids: set[int]) -> None:
        until_s = time.monotonic() + ANSWER_WITHIN_S
        while mids:
            event = self.next(until_s - time.monotonic())
            if event is None and time.monotonic() >= until_s:
                raise LinkLost(f"the broker {self.link.url} does not acknowledge what it is sent")
            if isinstance(event, Acked):
                mids.discard(event.mid)
                until_s = time.monotonic() + ANSWER_WITHIN_S
