"""Run a monitor: one loop that reads the source, asks the lifecycle and works the connection.

Everything happens on the thread that calls `run`; links and other threads only put events into
its queue.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from pitboard.contract.backoff import Backoff
from pitboard.contract.dialer import Dialer
from pitboard.publisher.clock import Clock, SystemClock
from pitboard.publisher.composer import About
from pitboard.publisher.connection import Connection
from pitboard.publisher.delivery import AtOnce, InTurn
from pitboard.publisher.echo import Trouble
from pitboard.publisher.events import Acked, Connected, Ended, LinkEvent, Received, Subscribed
from pitboard.publisher.goodbye import CLOSED_WITHIN_S, Goodbye
from pitboard.publisher.intake import Intake
from pitboard.publisher.laps import LapRecorder
from pitboard.publisher.lifecycle import Lifecycle
from pitboard.publisher.link import Tagged
from pitboard.publisher.read_back import SUBACK_WITHIN_S
from pitboard.publisher.settings import MonitorSettings
from pitboard.publisher.source import NamedSetup, Source
from pitboard.publisher.state import StateFile

log = logging.getLogger(__name__)

SAVE_EVERY_S = 5.0
"""Births and laps are saved at once; the rest waits this long at most."""


@dataclass(frozen=True, slots=True)
class _Stop:
    """Somebody wants the monitor to end."""


@dataclass(frozen=True, slots=True)
class _Control:
    in_control: bool


@dataclass(frozen=True, slots=True)
class _Driver:
    name: str | None


_Event = Tagged | _Stop | _Control | _Driver


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
        self.announced = threading.Event()
        self._settings = settings
        self._source = source
        self._state = state
        self._fixed_setup = setup
        self._clock = clock or SystemClock()
        self._events: SimpleQueue[_Event] = SimpleQueue()
        memory = state.memory
        about = About(source.name, version, settings.rate_hz)
        self._lifecycle = Lifecycle(memory, about, self._clock)
        self._recorder = LapRecorder(memory, settings.driver)
        backoff = Backoff(
            settings.reconnect_delay_initial_s,
            settings.reconnect_delay_max_s,
            settings.reconnect_jitter,
        )
        self._connection = Connection(
            Dialer(settings.urls, backoff),
            settings.link,
            client_id=f"pb-{memory.session_id}-{memory.monitor_id}",
            events=self._events,
            clock=self._clock,
            # Who names several brokers may mean a cluster, and a single one elects nothing.
            delivery=InTurn if len(settings.urls) > 1 else AtOnce,
        )
        self._intake = Intake(source, self._recorder, settings, self._clock)
        self._trouble: Trouble | None = None
        self._save_at_s = self._clock.monotonic_s() + SAVE_EVERY_S

    def run(self) -> None:
        """Work until `stop` is called or the source is at its end."""
        try:
            self._connection.apply(self._lifecycle.driver_is(self._settings.driver))
            if (in_control := self._settings.in_control) is not None:
                self._connection.apply(self._lifecycle.control_is(in_control))
            while self._turn():
                pass
            if self._source.is_finished:
                log.info("[Publisher] The source is at its end")
            # What the source got since the last tick is not lost with the goodbye.
            self._read()
            self._say_goodbye()
        finally:
            # After an error there is no goodbye: the connection is cut, and the will says `lost`.
            try:
                self._connection.cut()
            finally:
                try:
                    self._state.close()
                finally:
                    self._source.close()

    def stop(self) -> None:
        """End `run` soon; from any thread, also from a signal handler."""
        self._events.put(_Stop())

    def take_control(self, in_control: bool) -> None:
        """Say whether this machine drives the car; from any thread."""
        self._events.put(_Control(in_control))

    def change_driver(self, name: str | None) -> None:
        """Say who drives; from any thread."""
        self._events.put(_Driver(name))

    def _turn(self) -> bool:
        """Wait for the next thing to do and do it; False when it was to stop."""
        if not self._handle_events():
            return False
        if self._connection.is_overdue:
            self._lifecycle.disconnected()
            self._connection.abandon()
        if self._connection.is_due:
            will = self._lifecycle.connecting()
            # The birth must be on disk before a broker hears of it, or a crash would reuse it.
            self._state.save()
            self._connection.open(will)
        if self._intake.is_due:
            self._read()
        self._tick()
        return not self._source.is_finished

    def _handle_events(self) -> bool:
        """All events that are there, or the next one that comes in time; False at a stop."""
        deadlines = (
            self._intake.due_s,
            self._connection.deadline_s,
            self._lifecycle.next_tick_s(),
        )
        next_s = min(deadline for deadline in deadlines if deadline is not None)
        timeout_s = max(0.0, next_s - self._clock.monotonic_s())
        try:
            event = self._events.get(timeout=timeout_s)
            while not isinstance(event, _Stop):
                self._handle(event)
                event = self._events.get_nowait()
        except Empty:
            return True
        return False

    def _handle(self, event: Tagged | _Control | _Driver) -> None:
        match event:
            case Tagged(link, link_event):
                if self._connection.owns(link):
                    self._handle_link(link_event)
            case _Control(in_control):
                self._intake.in_control = in_control
                if not in_control:
                    self._recorder.leave()
                self._connection.apply(self._lifecycle.control_is(in_control))
            case _Driver(name):
                self._recorder.change_driver(name)
                self._connection.apply(self._lifecycle.driver_is(name))

    def _handle_link(self, event: LinkEvent) -> None:
        match event:
            case Connected():
                self._connection.connected()
                self._connection.apply(self._lifecycle.connected())
            case Subscribed(is_refused=True):
                self._lifecycle.disconnected()
                self._connection.forbid()
            case Subscribed():
                self._connection.admitted()
                self._lifecycle.subscribed()
            case Received(topic, payload, _):
                self._connection.apply(self._lifecycle.received(topic, payload))
            case Acked(mid):
                answer = self._connection.answered(mid)
                if answer.is_late:
                    self._lifecycle.answered_late()
                if answer.lap is not None:
                    self._lifecycle.acknowledged(answer.lap)
            case Ended():
                self._lifecycle.disconnected()
                self._connection.ended(event)

    def _tick(self) -> None:
        was_reading_back = self._lifecycle.is_reading_back
        self._connection.apply(self._lifecycle.tick())
        self._tell_trouble()
        if was_reading_back and self._lifecycle.is_announced:
            self._recorder.resume()
            self._state.save()
            self.announced.set()

    def _tell_trouble(self) -> None:
        trouble = self._lifecycle.trouble
        # A connection that is gone says nothing of what was wrong with it.
        if trouble is self._trouble or not self._lifecycle.is_announced:
            return
        self._trouble = trouble
        if trouble is Trouble.TWIN:
            self._connection.contested()
        level = logging.ERROR if trouble else logging.INFO
        text = trouble.value if trouble else "that trouble is over"
        memory = self._state.memory
        ids = memory.session_id, memory.monitor_id
        log.log(level, "[Publisher] Session %s, monitor %s: %s", *ids, text)

    def _read(self) -> None:
        """Hand on what the source has got since the last time."""
        apply = self._connection.apply
        if laps := self._intake.read():
            self._state.save()
            apply(self._lifecycle.laps_are(laps))
        apply(self._lifecycle.meta_is(self._source.meta))
        setup = self._fixed_setup or self._source.setup
        if setup is not None:
            apply(self._lifecycle.setup_is(setup))
        # A frame first, so that `online` never stands beside a frame from before.
        if (frame := self._intake.frame) is not None:
            apply(self._lifecycle.frame_is(frame))
        if (is_driving := self._intake.is_driving) is not None:
            apply(self._lifecycle.driving_is(is_driving))
        now_s = self._clock.monotonic_s()
        if now_s >= self._save_at_s:
            self._save_at_s = now_s + SAVE_EVERY_S
            self._state.save()

    def _say_goodbye(self) -> None:
        """`offline`, once the broker is known to have it; else its will says `lost`."""
        # An `online` of an earlier life may stand on the broker, so a read-back that has begun is
        # finished; and a goodbye that crosses with its answers can get lost.
        read_s = self._clock.monotonic_s() + SUBACK_WITHIN_S
        self._work_until(lambda: read_s if self._lifecycle.is_reading_back else None)
        if self._lifecycle.is_announced:
            goodbye = Goodbye(self._connection, self._lifecycle, self._clock)
            self._work_until(goodbye.go_on)
            if goodbye.is_heard:
                self._connection.close(CLOSED_WITHIN_S)
        else:
            self._connection.close()

    def _work_until(self, end: Callable[[], float | None]) -> None:
        """Work as long as *end*, asked after each event, gives a time that is still to come."""
        while (end_s := end()) is not None and (now_s := self._clock.monotonic_s()) < end_s:
            wake_s = min(end_s, self._lifecycle.next_tick_s() or end_s)
            try:
                event = self._events.get(timeout=max(0.0, wake_s - now_s))
            except Empty:
                pass
            else:
                if isinstance(event, Tagged):
                    self._handle(event)
            self._tick()
