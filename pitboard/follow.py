"""A subscription that outlives its broker's outages, for commands that run until stopped."""

import logging
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from pitboard.contract.backoff import Backoff
from pitboard.contract.dialer import Dialer
from pitboard.contract.errors import LinkLost, LinkRefused
from pitboard.contract.urls import BrokerUrl
from pitboard.inbox import client_id
from pitboard.options import BrokerAccess
from pitboard.publisher.events import Connected, Ended, LinkEvent, Received, Subscribed
from pitboard.publisher.link import Link, Tagged

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed and nothing else; at least one comes every *tick_s* in which nothing did."""


FollowEvent = Received | Subscribed | Ended | Tick

TICK = Tick()


def follow(
    access: BrokerAccess,
    filters: Sequence[str],
    *,
    command: str,
    stop: threading.Event,
    tick_s: float = 0.25,
    backoff: Backoff | None = None,
) -> Generator[FollowEvent, None, None]:
    """Everything on *filters* until *stop*; after each `Ended` it connects again by itself.

    `Subscribed` says that it is connected. Raises `LinkLost` when no broker answers at first: then
    an address is more likely wrong than a broker down.
    """
    follower = _Follower(access, filters, command, stop, tick_s, backoff or Backoff())
    return follower.run()


class _Follower:
    def __init__(
        self,
        access: BrokerAccess,
        filters: Sequence[str],
        command: str,
        stop: threading.Event,
        tick_s: float,
        backoff: Backoff,
    ) -> None:
        self._access = access
        self._filters = filters
        self._command = command
        self._stop = stop
        self._tick_s = tick_s
        self._dialer = Dialer(access.urls, backoff)
        self._events: SimpleQueue[Tagged] = SimpleQueue()
        self._was_connected = self._is_connected = False

    def run(self) -> Generator[FollowEvent, None, None]:
        reasons: list[str] = []
        while not self._stop.is_set():
            url = self._dialer.url
            end = yield from self._work(url)
            if end is None:
                return
            reasons.append(f"{url}: {end.reason}")
            yield end
            delay_s = self._next_wait_s(end)
            self._is_connected = False
            if not self._dialer.is_round_over:
                continue
            if not self._was_connected:
                raise LinkLost("cannot reach the broker: " + "; ".join(reasons))
            yield from self._pause(delay_s, reasons[-1])
            reasons.clear()

    def _next_wait_s(self, end: Ended) -> float:
        if self._is_connected:
            return self._dialer.lost()
        return self._dialer.refused()[0] if end.is_refused else self._dialer.failed()

    def _work(self, url: BrokerUrl) -> Generator[FollowEvent, None, Ended | None]:
        """One link from its start to its end; `None` when it was to stop."""
        link = Link(url, self._access.link, client_id=client_id(self._command), events=self._events)
        link.open()
        try:
            while not self._stop.is_set():
                event = self._next(link)
                if isinstance(event, Connected):
                    self._connected(link)
                elif isinstance(event, Ended):
                    return event
                elif isinstance(event, Subscribed) and event.is_refused:
                    raise LinkRefused("the broker does not let this user read these topics")
                elif isinstance(event, Received | Subscribed | Tick):
                    if isinstance(event, Subscribed):
                        self._dialer.accepted()
                    yield event
            return None
        finally:
            link.close()

    def _next(self, link: Link) -> LinkEvent | Tick:
        try:
            tagged = self._events.get(timeout=self._tick_s)
        except Empty:
            return TICK
        # What an earlier link still had to say is over.
        return tagged.event if tagged.link is link else TICK

    def _connected(self, link: Link) -> None:
        if self._was_connected:
            log.info("reconnected broker=%s", link.url)
        self._was_connected = self._is_connected = True
        link.subscribe(self._filters)

    def _pause(self, delay_s: float, reason: str) -> Generator[FollowEvent, None, None]:
        log.warning("broker lost, retrying in %.1f s reason=%s", delay_s, reason)
        end_s = time.monotonic() + delay_s
        while (left_s := end_s - time.monotonic()) > 0:
            if self._stop.wait(min(left_s, self._tick_s)):
                return
            yield TICK
