"""Run a monitor: one loop that reads the source, asks the lifecycle and works the link.

Everything happens on the thread that calls `run`; links and other threads only put events into
its queue.
"""

import logging
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from pitboard.contract.backoff import Backoff
from pitboard.contract.topics import Topic
from pitboard.contract.urls import BrokerUrl
from pitboard.publisher.clock import Clock, SystemClock
from pitboard.publisher.composer import About, Send
from pitboard.publisher.laps import LapRecorder
from pitboard.publisher.lifecycle import Lifecycle, Step, Subscribe
from pitboard.publisher.link import (
    Acked,
    Connected,
    Ended,
    Link,
    LinkSettings,
    Publish,
    Received,
    Tagged,
)
from pitboard.publisher.memory import LapKey
from pitboard.publisher.source import NamedSetup, Sample, Source
from pitboard.publisher.state import StateFile

log = logging.getLogger(__name__)

IDLE_AFTER_S = 5.0
"""A source that gives nothing for so long is not driving."""

STOP_WITHIN_S = 1.0
"""How long a stop waits for the broker's answers."""

SAVE_EVERY_S = 5.0
"""Births and laps are saved at once; the lap counter and the setup wait this long at most."""


@dataclass(frozen=True, slots=True)
class MonitorSettings:
    """How a monitor publishes; times in seconds.

    Attributes:
        urls: Brokers, tried in turn.
        rate_hz: Frames a second.
        speed: How much faster than real time the source is read.
        in_control: Whether this machine drives the car; `None` when nobody said.
        refused_delay_s: The first wait after a refused password; there is no hurry.
    """

    urls: Sequence[BrokerUrl]
    link: LinkSettings = field(default_factory=LinkSettings)
    rate_hz: float = 2.0
    speed: float = 1.0
    driver: str | None = None
    in_control: bool | None = None
    reconnect_delay_initial_s: float = 1.0
    reconnect_delay_max_s: float = 60.0
    reconnect_jitter: float = 0.2
    refused_delay_s: float = 30.0


@dataclass(frozen=True, slots=True)
class _Stop:
    """Somebody wants the monitor to end."""


@dataclass(frozen=True, slots=True)
class _Wake:
    """The source has something new."""


@dataclass(frozen=True, slots=True)
class _Control:
    in_control: bool


@dataclass(frozen=True, slots=True)
class _Driver:
    name: str | None


class Runner:
    """One monitor at work.

    Args:
        source: Read at every tick; closed at the end.
        state: The monitor's memory; closed at the end.
        setup: Published instead of the source's own.

    Attributes:
        announced: Set once everything that the monitor knew was sent to a broker.
    """

    def __init__(
        self,
        settings: MonitorSettings,
        source: Source,
        state: StateFile,
        *,
        version: str,
        setup: NamedSetup | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings
        self._source = source
        self._state = state
        self._fixed_setup = setup
        self._clock = clock or SystemClock()
        about = About(source.name, version, settings.rate_hz)
        self._lifecycle = Lifecycle(state.memory, about, self._clock)
        self._recorder = LapRecorder(state.memory, settings.driver)
        self._events: SimpleQueue[Tagged | _Stop | _Wake | _Control | _Driver] = SimpleQueue()
        self._backoff = Backoff(
            settings.reconnect_delay_initial_s,
            settings.reconnect_delay_max_s,
            settings.reconnect_jitter,
            random.random,
        )
        self.announced = threading.Event()
        self._link: Link | None = None
        self._is_connected = False
        self._was_connected = False
        self._attempt = 0
        self._url_index = 0
        self._connect_at_s: float | None = 0.0
        self._acks: dict[int, LapKey] = {}
        self._unacked: set[int] = set()
        self._in_control = settings.in_control
        now_s = self._clock.monotonic_s()
        self._source_s = 0.0
        self._read_at_s = now_s
        self._next_read_s = now_s
        self._last_sample_s = now_s
        self._save_at_s = now_s + SAVE_EVERY_S

    def run(self) -> None:
        """Work until `stop` is called or the source is at its end."""
        self._apply(self._lifecycle.driver_is(self._settings.driver))
        if self._in_control is not None:
            self._apply(self._lifecycle.control_is(self._in_control))
        try:
            while self._turn():
                pass
        finally:
            self._shut_down()

    def stop(self) -> None:
        """End `run` soon; from any thread, also from a signal handler."""
        self._events.put(_Stop())

    def wake(self) -> None:
        """Read the source at once; from any thread."""
        self._events.put(_Wake())

    def take_control(self, in_control: bool) -> None:
        """Say whether this machine drives the car; from any thread."""
        self._events.put(_Control(in_control))

    def change_driver(self, name: str | None) -> None:
        """Say who drives; from any thread."""
        self._events.put(_Driver(name))

    def _turn(self) -> bool:
        """Wait for the next thing to do and do it; False when it was to stop."""
        deadlines = [self._next_read_s, self._connect_at_s, self._lifecycle.next_tick_s()]
        next_s = min(deadline for deadline in deadlines if deadline is not None)
        timeout_s = max(0.0, next_s - self._clock.monotonic_s())
        try:
            event = self._events.get(timeout=timeout_s)
        except Empty:
            event = None
        if isinstance(event, _Stop):
            return False
        if event is not None:
            self._handle(event)
        now_s = self._clock.monotonic_s()
        if self._connect_at_s is not None and now_s >= self._connect_at_s:
            self._connect()
        if now_s >= self._next_read_s and not self._read(now_s):
            return False
        self._apply(self._lifecycle.tick())
        if self._lifecycle.is_announced:
            self.announced.set()
        return True

    def _handle(self, event: Tagged | _Wake | _Control | _Driver) -> None:
        match event:
            case Tagged(link, link_event) if link is self._link:
                self._handle_link(link_event)
            case _Wake():
                soonest_s = self._read_at_s + 1 / self._settings.rate_hz
                self._next_read_s = min(self._next_read_s, soonest_s)
            case _Control(in_control):
                self._in_control = in_control
                if not in_control:
                    self._recorder.leave()
                self._apply(self._lifecycle.control_is(in_control))
            case _Driver(name):
                self._recorder.change_driver(name)
                self._apply(self._lifecycle.driver_is(name))

    def _handle_link(self, event: object) -> None:
        match event:
            case Connected():
                log.info("[Publisher] Connected to %s", self._link and self._link.url)
                self._is_connected = self._was_connected = True
                self._attempt = 0
                self._backoff.reset()
                self._apply(self._lifecycle.connected())
            case Received(topic, payload, _):
                self._apply(self._lifecycle.received(topic, payload))
            case Acked(mid):
                self._unacked.discard(mid)
                if (lap := self._acks.pop(mid, None)) is not None:
                    self._lifecycle.acknowledged(lap)
                    self._state.save()
            case Ended() as end:
                self._retry(end)

    def _connect(self) -> None:
        self._connect_at_s = None
        if self._was_connected and self._attempt == 0:
            log.info("[Publisher] Attempting to reconnect...")
        will = self._lifecycle.connecting()
        # The birth must be on disk before a broker hears of it, or a crash would reuse it.
        self._state.save()
        memory = self._state.memory
        self._acks.clear()
        self._unacked.clear()
        self._link = Link(
            self._settings.urls[self._url_index],
            self._settings.link,
            client_id=f"pb-{memory.session_id}-{memory.monitor_id}",
            events=self._events,
            will=_publish(will),
        )
        self._link.open()

    def _retry(self, end: Ended) -> None:
        """Try the next broker; after a full round wait first."""
        self._lifecycle.disconnected()
        self._link = None
        if self._is_connected:
            self._is_connected = False
            log.info("[Publisher] Disconnected from broker")
            self._url_index = -1
        else:
            self._attempt += 1
            log.warning("[Publisher] Connection failed (attempt %d): %s", self._attempt, end.reason)
        self._url_index += 1
        is_round_over = self._url_index >= len(self._settings.urls)
        self._url_index %= len(self._settings.urls)
        delay_s = 0.0
        if is_round_over or self._attempt == 0:
            delay_s = self._backoff.next_s()
            if end.is_refused:
                delay_s = max(delay_s, self._settings.refused_delay_s)
            log.info("[Publisher] Retrying in %.1fs...", delay_s)
        self._connect_at_s = self._clock.monotonic_s() + delay_s

    def _read(self, now_s: float) -> bool:
        """Read the source up to now; False when it is at its end."""
        tick_s = 1 / self._settings.rate_hz
        # After a sleep of the PC, or at a speed that it cannot keep up with, time is left out
        # rather than caught up with: the catching up would take longer each time.
        duration_s = min(now_s - self._read_at_s, 2 * tick_s)
        self._read_at_s = now_s
        self._next_read_s = max(self._next_read_s + tick_s, now_s)
        newest = self._read_samples(duration_s)
        self._apply(self._lifecycle.meta_is(self._source.meta))
        setup = self._fixed_setup or self._source.setup
        if setup is not None:
            self._apply(self._lifecycle.setup_is(setup))
        if newest is not None:
            self._last_sample_s = now_s
            # A frame first, so that `online` never stands beside a frame from before.
            self._apply(self._lifecycle.frame_is(self._recorder.enrich(newest)))
            self._apply(self._lifecycle.driving_is(newest.is_driving))
        elif now_s - self._last_sample_s >= IDLE_AFTER_S:
            self._apply(self._lifecycle.driving_is(False))
        if now_s >= self._save_at_s:
            self._save_at_s = now_s + SAVE_EVERY_S
            self._state.save()
        return not self._source.is_finished

    def _read_samples(self, duration_s: float) -> Sample | None:
        """All samples of the time that passed go into laps; the newest is the frame."""
        speed = self._settings.speed
        now_ms = self._clock.unix_ms()
        self._source_s += duration_s * speed
        newest = None
        for sample in self._source.samples(duration_s * speed):
            newest = sample
            if self._source.counts_laps:
                laps = self._recorder.take(sample.laps)
            elif self._in_control is False:
                continue
            else:
                age_s = min(max(0.0, self._source_s - sample.time_s) / speed, duration_s)
                lap = self._recorder.feed(sample, now_ms - round(age_s * 1000))
                laps = [] if lap is None else [lap]
            for lap in laps:
                self._state.save()
                self._apply(self._lifecycle.lap_is(lap))
        return newest

    def _apply(self, steps: Sequence[Step]) -> None:
        link = self._link
        if link is None:
            return
        for step in steps:
            if isinstance(step, Send):
                mid = link.publish(_publish(step))
                if step.qos:
                    self._unacked.add(mid)
                if step.lap is not None:
                    self._acks[mid] = step.lap
            elif isinstance(step, Subscribe):
                link.subscribe(step.filters)
            else:
                link.unsubscribe(step.filters)

    def _shut_down(self) -> None:
        link = self._link
        if link is not None:
            # An `online` of an earlier life may stand on the broker, so a read-back that has begun
            # is finished; and a goodbye that crosses with its answers can get lost.
            self._work_while(lambda: self._lifecycle.is_reading_back)
            self._read(self._clock.monotonic_s())
            self._apply(self._lifecycle.stop())
            self._work_while(lambda: bool(self._unacked))
            link.close()
        self._state.close()
        self._source.close()

    def _work_while(self, is_needed: Callable[[], bool]) -> None:
        """Serve the link until it is no longer needed or has ended, for a short time at most."""
        end_s = self._clock.monotonic_s() + STOP_WITHIN_S
        while is_needed() and self._link is not None:
            now_s = self._clock.monotonic_s()
            if now_s >= end_s:
                return
            wake_s = min(end_s, self._lifecycle.next_tick_s() or end_s)
            try:
                event = self._events.get(timeout=max(0.0, wake_s - now_s))
            except Empty:
                event = None
            if isinstance(event, Tagged) and event.link is self._link:
                self._handle_link(event.event)
            self._apply(self._lifecycle.tick())


def _publish(step: Send) -> Publish:
    topic: Topic = step.topic
    return Publish(str(topic), step.payload, step.qos, step.retain)
