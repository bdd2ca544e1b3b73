"""All that a lap meets on its way to a reader, as a model that can fail in every part."""

from collections import deque
from collections.abc import Iterable

import msgspec

from pitboard.contract.messages import LapMessage, LapRow, LapsMessage, Message, StatusMessage
from pitboard.contract.topics import CHUNK_ROWS
from pitboard.publisher.composer import About, Send
from pitboard.publisher.lap_rows import row_of
from pitboard.publisher.laps import LapRecorder
from pitboard.publisher.lifecycle import Lifecycle
from pitboard.publisher.memory import LapKey, Memory
from pitboard.publisher.source import Sample
from pitboard.publisher.steps import Step
from tests.fakes import FakeClock, frame
from tests.readers import Reader, decoded, rows_of

HOUR_MS = 3_600_000


class Broker:
    """Keeps the last message of each topic."""

    def __init__(self) -> None:
        self.store: dict[str, bytes] = {}

    @property
    def messages(self) -> list[Message]:
        return [decoded(topic, payload) for topic, payload in self.store.items()]

    @property
    def rows(self) -> list[LapRow]:
        names = sorted(topic for topic in self.store if "/laps/" in topic)
        return [row for name in names for row in rows_of(decoded(name, self.store[name]))]

    @property
    def last_lap(self) -> list[LapRow]:
        """What it keeps of the `lap` channel."""
        laps = [message for message in self.messages if isinstance(message, LapMessage)]
        return [row_of(message.lap_summary) for message in laps]

    @property
    def status(self) -> StatusMessage:
        (status,) = (message for message in self.messages if isinstance(message, StatusMessage))
        return status

    @property
    def births(self) -> list[int]:
        return [message.birth for message in self.messages]


class World:
    """A car, the monitor's process with its disk, the network, a broker and a reader.

    A lap is known by its time, which no other lap has.

    Attributes:
        finished: All laps that the monitor saw completed.
        driven: Those of which disk, process or broker may still have a copy.
        is_forgotten: A fault took the last copy of something, so that the reader knows more than
            monitor and broker together.
    """

    def __init__(self) -> None:
        self.broker = Broker()
        self.reader = Reader()
        self.finished: list[float] = []
        self.driven: list[float] = []
        self.is_forgotten = False
        self._clock = FakeClock()
        self._disk: bytes | None = None
        self._is_full = False
        self._lap = 1
        self._lap_count = 0
        self._game = 0
        self._births: list[int] = [0]
        self._sent: deque[Send] = deque()
        self._acks: deque[LapKey] = deque()
        self._wills: deque[Send] = deque()
        self._will: Send | None = None
        self._is_running = False
        self.start()

    # The monitor's process does as `Runner` does.

    def start(self) -> None:
        if self._is_running:
            return
        self._is_running = True
        self._is_unsaved = False
        self.memory = self._on_disk()
        self._life = Lifecycle(self.memory, About("simulated", "0", 10.0), self._clock)
        self._recorder = LapRecorder(self.memory)
        self._seen: tuple[int, int] | None = None
        self.sample()

    def kill(self) -> None:
        if self._is_running:
            self._is_unsaved = False
            self.disconnect()
            self._is_running = False
            self._forget()

    def sample(self) -> None:
        if not self._is_running:
            return
        self._catch_up()
        self._clock.advance(0.1)
        self._seen = self._game, self._lap
        time_s = 60 + self._lap_count / 1000
        sample = Sample(
            self._clock.now_s, frame(lap=self._lap, last_lap_time=time_s), session=self._game
        )
        done = self._recorder.feed(sample, self._clock.unix_ms())
        if done is not None:
            self._save()
            self._send(self._life.laps_are([done]))

    def connect(self) -> None:
        if not self._is_running or self._will is not None:
            return
        self._will = self._life.connecting()
        self._births.append(self.memory.birth)
        self._save()
        self._life.connected()
        self._life.subscribed()
        for topic, payload in self.broker.store.items():
            self._life.received(topic, payload)

    def announce(self) -> None:
        if self._is_running and self._life.is_reading_back:
            self._clock.advance(2.1)
            self._send(self._life.tick())
            self._births.append(self.memory.birth)
            self._is_unsaved = True

    def _catch_up(self) -> None:
        """What `Runner` does right after it announced, unless it is killed in that moment."""
        if self._is_unsaved:
            self._is_unsaved = False
            self._recorder.resume()
            self._save()

    def _save(self) -> None:
        if not self._is_full:
            self._disk = msgspec.json.encode(self.memory)

    def _send(self, steps: Iterable[Step]) -> None:
        self._sent += [step for step in steps if isinstance(step, Send)]

    # The car, the network, the broker and the disk.

    def finish_lap(self) -> None:
        self._clock.advance(100.001)
        was_open = self._is_running and self._seen == (self._game, self._lap)
        self._lap += 1
        self._lap_count += 1
        self.sample()
        if was_open:
            time_s = 60 + self._lap_count / 1000
            self.finished.append(time_s)
            self.driven.append(time_s)
            assert self._is_full or time_s in times(self._on_disk().laps)

    def restart_game(self) -> None:
        self._lap = 1
        self._game += 1
        self.sample()

    def deliver(self) -> None:
        if self._sent:
            self._publish(self._sent.popleft())

    def acknowledge(self) -> None:
        self._catch_up()
        while self._acks:
            self._life.acknowledged(self._acks.popleft())

    def disconnect(self) -> None:
        if self._will is not None:
            self._wills.append(self._will)
            self._will = None
            self._sent.clear()
            self._acks.clear()
            self._catch_up()
            self._life.disconnected()

    def deliver_will(self) -> None:
        if self._wills:
            self._publish(self._wills.popleft())

    def lose_broker(self) -> None:
        self.disconnect()
        self.broker.store.clear()
        self._forget()

    def lose_state(self) -> None:
        self.kill()
        self._disk = None
        self._forget()

    def fill_disk(self) -> None:
        self._is_full = True

    def clear_disk(self) -> None:
        self._is_full = False

    def set_clock_back(self) -> None:
        self._clock.now_ms -= HOUR_MS

    def come_online(self) -> None:
        self.start()
        self.connect()
        self.announce()
        while self._sent:
            self.deliver()
        self.acknowledge()

    def settle(self) -> None:
        """All faults are over, and everything on its way arrives."""
        self.clear_disk()
        self.disconnect()
        self.come_online()
        while self._wills or self._sent:
            self.deliver_will()
            self.deliver()
        self._save()

    def _publish(self, send: Send) -> None:
        topic = str(send.topic)
        self._check_chunk(topic, send.payload)
        self.broker.store[topic] = send.payload
        self.reader.take(topic, send.payload)
        if self._will is not None and topic.endswith("/status"):
            self._catch_up()
            self._send(self._life.received(topic, send.payload))
        if send.lap is not None:
            self._acks.append(send.lap)

    def _check_chunk(self, topic: str, payload: bytes) -> None:
        """No chunk takes a lap away unless it is in the next one already: we might die now."""
        old = self.broker.store.get(topic)
        if old is not None and isinstance(new := decoded(topic, payload), LapsMessage):
            taken = set(times(rows_of(decoded(topic, old)))) - set(times(rows_of(new)))
            assert not taken or taken <= set(times(self.broker.rows[new.first + CHUNK_ROWS :]))

    def _on_disk(self) -> Memory:
        if self._disk is None:
            return Memory(session_id="spa24", monitor_id="pc-1")
        return msgspec.json.decode(self._disk, type=Memory)

    def _forget(self) -> None:
        """Of a lap that nobody has any more nothing can be expected."""
        memories = [self._on_disk(), *([self.memory] if self._is_running else [])]
        held = times([*self.broker.rows, *self.broker.last_lap])
        births = list(self.broker.births)
        for memory in memories:
            held += times(memory.laps)
            births.append(memory.birth)
        if max(births) < max(self._births) or not set(self.driven) <= set(held):
            self.is_forgotten = True
        self.driven = [time_s for time_s in self.driven if time_s in held]


def times(rows: Iterable[LapRow]) -> list[float]:
    return [row.lap_time for row in rows if row.lap_time is not None]
