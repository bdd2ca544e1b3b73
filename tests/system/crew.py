"""A reader for a whole test, and a monitor as a process for it to watch."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from pitboard.contract.messages import LapMessage, LapRow, LapsMessage
from pitboard.publisher.memory import LapKey, Memory, key_of
from tests.broker.clients import Got, Messages, messages
from tests.brokers import TIMEOUT_S, EmbeddedInThread, Mosquitto
from tests.cli.running import Pitboard
from tests.readers import Reader, decoded, rows_of

Broker = EmbeddedInThread | Mosquitto

OWN = "pitboard/v1/spa24/pc-1"

# A lap takes the simulated car about 0.15 s.
QUICK = (
    *("--rate", "10", "--speed", "1000", "--reconnect-jitter", "0"),
    *("--reconnect-delay-initial", "0.05", "--reconnect-delay-max", "0.1"),
)


class Crew:
    """A reader at the broker for the whole test.

    Attributes:
        laps: The key of each `lap` message, as often as it came.
    """

    def __init__(self, broker: Messages) -> None:
        self.reader = Reader()
        self.laps: list[LapKey] = []
        self._broker = broker
        self._chunks: dict[str, list[LapRow]] = {}

    @property
    def rows(self) -> dict[LapKey, LapRow]:
        return self.reader.rows

    def hear(self) -> Got:
        """The next message. No chunk of it may ever have lost a row."""
        got = self._broker.next()
        message = decoded(got.topic, got.payload)
        self.reader.take(got.topic, got.payload)
        if isinstance(message, LapMessage):
            self.laps.append(key_of(message.lap_summary))
        if isinstance(message, LapsMessage):
            rows = rows_of(message)
            assert rows[: len(self._chunks.get(got.topic, []))] == self._chunks.get(got.topic, [])
            self._chunks[got.topic] = rows
        return got

    def until(self, check: Callable[[], object]) -> None:
        """Hear what comes until *check* holds."""
        end_s = time.monotonic() + 2 * TIMEOUT_S
        while not check():
            assert time.monotonic() < end_s
            self.hear()

    def until_state(self, state: str) -> None:
        self.until(lambda: self.reader.status and self.reader.status.state == state)

    def has(self, rows: list[LapRow]) -> bool:
        return all(self.rows.get(key_of(row)) == row for row in rows)

    def check(self, *, may_lack_events: bool = False) -> None:
        """All laps came in order, each key was given to one lap, and the chunks have them all.

        Args:
            may_lack_events: Whether it is no fault that `lap` messages are missing.
        """
        assert self.reader.mistaken == []
        announced = list(map(key_of, self.reader.announced))
        assert announced == sorted(announced)
        assert may_lack_events or announced == sorted(self.rows)
        stored = [row for name in sorted(self._chunks) for row in self._chunks[name]]
        assert stored == [self.rows[key] for key in sorted(self.rows)]


@contextmanager
def watching(broker: Broker) -> Iterator[Crew]:
    with messages(broker) as client:
        client.subscribe(f"{OWN}/#", qos=1)
        yield Crew(client)


def monitor(home: Path, url: str, folder: Path | None = None) -> Pitboard:
    state_dir = str(folder or home / "state")
    ids = ("--session", "spa24", "--monitor", "pc-1")
    return Pitboard(home, "monitor", "--broker", url, "--state-dir", state_dir, *ids, *QUICK)


def on_disk(folder: Path) -> Memory:
    path = folder / "session-spa24.pc-1.json"
    if not path.exists():
        return Memory(session_id="spa24", monitor_id="pc-1")
    return msgspec.json.decode(path.read_bytes(), type=Memory)
