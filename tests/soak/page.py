"""One session as the dashboard shows it, and whether that is how things are.

Follows docs/protocol.md and the rules of dashboard/js; no I/O, times come in as arguments.
"""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec
from msgspec import Struct

from pitboard.contract.control import LOST_AFTER_S
from pitboard.contract.times import to_unix_ms
from pitboard.contract.topics import CHUNK_ROWS
from tests.soak.tally import Book, Row, Witness

STALE_AFTER_MS = 5000
LOST_AFTER_MS = round(LOST_AFTER_S * 1000)

Expected = Literal["live", "silent", "lost", "offline"]
"""What a page must show: `silent` is anything but live."""


class _Lap(Struct):
    run: int
    lap: int
    finished_at: str


class _Car(Struct):
    run: int | None = None
    lap: int | None = None


class Data(Struct):
    """What the page needs of a message."""

    monitor_id: str
    birth: int
    seq: int
    timestamp: str
    state: str | None = None
    lap_summary: _Lap | None = None
    telemetry: _Car | None = None
    first: int = 0
    columns: list[str] = []
    rows: list[list[Any]] = []


class Value(Struct):
    """The last message of a channel."""

    channel: str
    received_at: int
    retained: bool
    data: Data


class _Upstream(Struct):
    connected: bool


class Frame(Struct):
    """What the page needs of a frame."""

    type: str
    upstream: _Upstream | None = None
    connected: bool = False
    active: str | None = None
    monitor_id: str | None = None
    channel: str = ""
    values: list[Value] = []
    received_at: int = 0
    retained: bool = False
    data: Data | None = None


decode = msgspec.json.Decoder(Frame).decode


class Page:
    """The page of a session that only *monitor_id* publishes to.

    Attributes:
        has_link: Whether frames come from the bridge.
        book: The laps.
        strangers: Values of monitors that have no business here.
    """

    def __init__(self, monitor_id: str) -> None:
        self.has_link = False
        self.book = Book()
        self.strangers = 0
        self._monitor_id = monitor_id
        self._has_broker = False
        self._active: str | None = None
        self._marks: dict[str, tuple[int, int, bool]] = {}
        self._state: str | None = None
        self._heard_ms: int | None = None
        self._telemetry_ms: int | None = None
        self._replayed_ms = 0
        self._last_frame: Data | None = None

    def accept(self, frame: Frame) -> int | None:
        """Take a frame in; when the telemetry in it was made, if it is live, in Unix ms."""
        match frame.type:
            case "snapshot":
                assert frame.upstream is not None
                self._has_broker = frame.upstream.connected
                self._active = frame.active
                for value in frame.values:
                    self._take(value)
            case "upstream":
                self._has_broker = frame.connected
            case "active":
                self._active = frame.monitor_id
            case "removed":
                self._remove(frame.channel)
            case _ if frame.data is not None:
                value = _value(frame, frame.data)
                self._take(value)
                if value.channel == "telemetry" and not value.retained:
                    return to_unix_ms(value.data.timestamp)
        return None

    def differs(self, expected: Expected, now_ms: int) -> str:
        """What the page shows instead of *expected*; empty when it is right."""
        problems = _PROBLEMS[expected](self, now_ms)
        return next(problems, "another monitor's values" if self.strangers else "")

    def quiet_ms(self, now_ms: int) -> int:
        """How long no live telemetry has come; before the first, the age of what was replayed."""
        since_ms = self._replayed_ms if self._telemetry_ms is None else self._telemetry_ms
        return now_ms - since_ms

    def state(self, now_ms: int) -> str | None:
        """The monitor's state as the page shows it."""
        if self._state in ("offline", "lost"):
            return self._state
        heard_ms = self._replayed_ms if self._heard_ms is None else self._heard_ms
        return "lost" if now_ms - heard_ms > LOST_AFTER_MS else self._state

    def why_not_live(self, now_ms: int) -> Iterator[str]:
        """What keeps a page from saying that all is well."""
        if not self.has_link:
            yield "no connection to the bridge"
        if not self._has_broker:
            yield "the bridge has no broker"
        if (state := self.state(now_ms)) != "online":
            yield f"state {state}"
        if self._active != self._monitor_id:
            yield f"active {self._active}"
        if (quiet_ms := self.quiet_ms(now_ms)) > STALE_AFTER_MS:
            yield f"stale for {quiet_ms / 1000:.0f} s"

    def why_not_silent(self, now_ms: int) -> Iterator[str]:
        """Whether the page says that all is well."""
        if not any(self.why_not_live(now_ms)):
            yield "live"

    def why_not_lost(self, now_ms: int) -> Iterator[str]:
        """Whether the page gives the monitor another state than lost."""
        if (state := self.state(now_ms)) != "lost":
            yield f"state {state}"

    def why_not_offline(self, now_ms: int) -> Iterator[str]:
        """Whether the page gives the monitor another state than offline."""
        if (state := self.state(now_ms)) != "offline":
            yield f"state {state}"

    def _take(self, value: Value) -> None:
        data = value.data
        if data.monitor_id != self._monitor_id:
            self.strangers += 1
            return
        if not value.retained:
            self._heard_ms = max(self._heard_ms or 0, value.received_at)
        else:
            self._replayed_ms = max(self._replayed_ms, to_unix_ms(data.timestamp))
        if not self._is_news(value):
            return
        match value.channel:
            case "status":
                self._state = data.state
            case "telemetry":
                if not value.retained:
                    self._telemetry_ms = value.received_at
                    self._count_lap(data)
            case "lap":
                assert data.lap_summary is not None
                lap = data.lap_summary
                row = Row(lap.run, lap.lap, lap.finished_at)
                self.book.take_event(row, data.birth, retained=value.retained)
            case channel if channel.startswith("laps/"):
                self.book.take_chunk(data.first // CHUNK_ROWS, _rows(data))

    def _count_lap(self, data: Data) -> None:
        before, self._last_frame = self._last_frame, data
        if before is None or before.birth != data.birth:
            return  # between two connections laps may have gone by that no frame tells of
        was, car = before.telemetry or _Car(), data.telemetry or _Car()
        if was.run is None or car.run != was.run or not was.lap or car.lap != was.lap + 1:
            return
        times_ms = to_unix_ms(before.timestamp), to_unix_ms(data.timestamp)
        self.book.take_witness(Witness((was.run, was.lap), *times_ms))

    def _is_news(self, value: Value) -> bool:
        """A message that was replayed and then comes live is news, too."""
        data = value.data
        birth, seq, was_retained = self._marks.get(value.channel, (-1, -1, False))
        is_will = value.channel == "status" and data.state == "lost"
        if data.birth == birth and not is_will:
            is_news = data.seq > seq or (data.seq == seq and was_retained and not value.retained)
        else:
            is_news = data.birth >= birth
        if is_news:
            newest = max(seq, data.seq) if data.birth == birth else data.seq
            self._marks[value.channel] = data.birth, newest, value.retained
        return is_news

    def _remove(self, channel: str) -> None:
        if channel == "lap":
            self.book.remove_events()
        elif channel.startswith("laps/"):
            self.book.remove_chunk(int(channel.removeprefix("laps/")))
        elif channel == "status":
            self._state = None


_PROBLEMS = {
    "live": Page.why_not_live,
    "silent": Page.why_not_silent,
    "lost": Page.why_not_lost,
    "offline": Page.why_not_offline,
}


def _value(frame: Frame, data: Data) -> Value:
    name = frame.type.removesuffix("_update")
    channel = f"laps/{data.first // CHUNK_ROWS}" if name == "laps" else name
    return Value(channel, frame.received_at, frame.retained, data)


def _rows(data: Data) -> list[Row]:
    run, lap, finished_at = (data.columns.index(name) for name in Row._fields)
    return [Row(cells[run], cells[lap], cells[finished_at]) for cells in data.rows]
