"""The messages of one monitor, stamped and ready to send.

Owns the envelope: the birth of the connection and the `seq` of every topic.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypedDict

from msgspec import structs

from pitboard.contract import codec
from pitboard.contract.digits import rounded
from pitboard.contract.messages import (
    LAP_COLUMNS,
    SCHEMA_VERSION,
    VERSION,
    LapMessage,
    LapsMessage,
    LapSummary,
    Message,
    Meta,
    MetaMessage,
    SetupMessage,
    StatusMessage,
    TelemetryMessage,
)
from pitboard.contract.telemetry import Telemetry
from pitboard.contract.times import to_text
from pitboard.contract.topics import CHUNK_ROWS, Channel, Topic
from pitboard.contract.units import units
from pitboard.publisher.clock import Clock
from pitboard.publisher.memory import LapKey, Memory

State = Literal["online", "idle", "offline", "lost"]


@dataclass(frozen=True, slots=True)
class Send:
    """Publish a message; *lap* says which lap is safe once the broker acknowledges it."""

    topic: Topic
    payload: bytes
    qos: int
    retain: bool
    lap: LapKey | None = None


class Envelope(TypedDict):
    """The fields that every message begins with."""

    v: Literal[1]
    session_id: str
    monitor_id: str
    birth: int
    seq: int
    timestamp: str


@dataclass(frozen=True, slots=True)
class About:
    """What a monitor's status says of it and does not change while it runs."""

    source: str
    version: str
    rate_hz: float


@dataclass(slots=True)
class Condition:
    """What a monitor's status says of it and changes."""

    driver: str | None = None
    is_driving: bool = False
    in_control: bool | None = None
    reconnects: int = 0
    last_outage_s: float | None = None


class Composer:
    """Builds what a monitor sends from what it remembers."""

    def __init__(self, memory: Memory, about: About, clock: Clock) -> None:
        self._memory = memory
        self._about = about
        self._clock = clock
        self._started_at = to_text(clock.unix_ms())
        self._seqs: dict[str, int] = {}

    def begin(self, birth: int) -> None:
        """All that follows is of this birth."""
        self._memory.birth = birth
        self._seqs.clear()

    def will(self) -> Send:
        """`lost`, for the broker to say when the connection breaks."""
        will = StatusMessage(**self._envelope(0), state="lost")
        return self._send(Channel.STATUS, will)

    def status(self, condition: Condition, state: State | None = None) -> Send:
        """The heartbeat; *state* is `online` or `idle` unless given."""
        setup = self._memory.setup
        outage_s = condition.last_outage_s
        message = StatusMessage(
            **self._envelope(self._next_seq("status")),
            state=state or ("online" if condition.is_driving else "idle"),
            in_control=condition.in_control,
            control=self._memory.control or None,
            laps=len(self._memory.laps),
            setup_revision=setup.revision if setup else None,
            driver=condition.driver,
            source=self._about.source,
            version=self._about.version,
            started_at=self._started_at,
            rate=self._about.rate_hz,
            reconnects=condition.reconnects,
            last_outage=None if outage_s is None else round(outage_s, 3),
        )
        return self._send(Channel.STATUS, message)

    def frame(self, telemetry: Telemetry, unix_ms: int, *, retain: bool) -> Send:
        """One telemetry message, of the time at which the frame was read."""
        message = TelemetryMessage(
            **self._envelope(self._next_seq("telemetry"), unix_ms), telemetry=telemetry
        )
        payload = codec.encode(Channel.TELEMETRY, message)
        return Send(self._topic(Channel.TELEMETRY), payload, qos=0, retain=retain)

    def meta(self, meta: Meta) -> Send:
        """Car, track and session, with the unit of every field."""
        message = MetaMessage(
            **self._envelope(self._next_seq("meta")),
            **structs.asdict(rounded(meta)),
            units=units(),
            schema_version=SCHEMA_VERSION,
        )
        return self._send(Channel.META, message)

    def setup(self) -> Send | None:
        """The remembered setup, if there is one."""
        setup = self._memory.setup
        if setup is None:
            return None
        message = SetupMessage(
            **self._envelope(self._next_seq("setup")),
            revision=setup.revision,
            captured_at=setup.captured_at,
            setup=setup.document,
            name=setup.name,
        )
        return self._send(Channel.SETUP, message)

    def lap(self, summary: LapSummary) -> Send:
        """The event that a lap was completed."""
        message = LapMessage(**self._envelope(self._next_seq("lap")), lap_summary=summary)
        return self._send(Channel.LAP, message, lap=(summary.run, summary.lap))

    def chunk(self, number: int) -> Send:
        """One chunk of the lap table."""
        first = number * CHUNK_ROWS
        message = LapsMessage(
            **self._envelope(self._next_seq(f"laps/{number}")),
            first=first,
            columns=list(LAP_COLUMNS),
            rows=codec.lap_cells(self._memory.laps[first : first + CHUNK_ROWS]),
        )
        payload = codec.encode(Channel.LAPS, message)
        return Send(self._topic(Channel.LAPS, number), payload, qos=1, retain=True)

    def chunks_of(self, summaries: Iterable[LapSummary]) -> list[Send]:
        """The chunks that these laps fall into."""
        keys = {(lap.run, lap.lap) for lap in summaries}
        rows = enumerate(self._memory.laps)
        numbers = {i // CHUNK_ROWS for i, row in rows if (row.run, row.lap) in keys}
        return [self.chunk(number) for number in sorted(numbers)]

    def chunks(self) -> list[Send]:
        """The whole lap table."""
        return [self.chunk(k) for k in range(-(-len(self._memory.laps) // CHUNK_ROWS))]

    def all_kept(self, meta: Meta) -> list[Send]:
        """Everything that a broker keeps of us but the status and the newest frame."""
        setup = self.setup()
        laps = map(self.lap, self._memory.unsent)
        # Rows that were read back push later ones on: those are in the next chunk before they leave
        # theirs, should the process die in between.
        chunks = reversed(self.chunks())
        return [self.meta(meta), *([] if setup is None else [setup]), *laps, *chunks]

    def _send(self, channel: Channel, message: Message, lap: LapKey | None = None) -> Send:
        payload = codec.encode(channel, message)
        return Send(self._topic(channel), payload, qos=1, retain=True, lap=lap)

    def _topic(self, channel: Channel, chunk: int | None = None) -> Topic:
        return Topic(self._memory.session_id, self._memory.monitor_id, channel, chunk)

    def _next_seq(self, name: str) -> int:
        seq = self._seqs[name] = self._seqs.get(name, 0) + 1
        return seq

    def _envelope(self, seq: int, unix_ms: int | None = None) -> Envelope:
        return {
            "v": VERSION,
            "session_id": self._memory.session_id,
            "monitor_id": self._memory.monitor_id,
            "birth": self._memory.birth,
            "seq": seq,
            "timestamp": to_text(self._clock.unix_ms() if unix_ms is None else unix_ms),
        }
