"""A monitor's life without a network: what it is told, and what it wants to send."""

from collections.abc import Iterable

from pitboard.contract import codec
from pitboard.contract.messages import (
    LapRow,
    LapsMessage,
    LapSummary,
    Message,
    SetupMessage,
    StatusMessage,
)
from pitboard.contract.times import to_text
from pitboard.contract.topics import CHUNK_ROWS, Topic
from pitboard.publisher.composer import About, Send
from pitboard.publisher.lifecycle import Lifecycle
from pitboard.publisher.memory import Memory
from pitboard.publisher.steps import Step
from tests.fakes import FakeClock

OWN = "pitboard/v1/spa24/pc-1"


def make(
    clock: FakeClock, memory: Memory | None = None, rate_hz: float = 10.0
) -> tuple[Lifecycle, Memory]:
    memory = memory or Memory(session_id="spa24", monitor_id="pc-1", birth=1)
    return Lifecycle(memory, About("simulated", "0.1.0", rate_hz), clock), memory


def announce(life: Lifecycle, clock: FakeClock) -> list[Step]:
    """Connect to an empty broker."""
    return read_back(life, clock)


def read_back(life: Lifecycle, clock: FakeClock, *messages: tuple[str, bytes]) -> list[Step]:
    """Connect to a broker that holds these."""
    life.connecting()
    life.connected()
    life.subscribed()
    for topic, payload in messages:
        life.received(topic, payload)
    clock.advance(0.021)
    return life.tick()


def decoded(step: Step) -> Message:
    assert isinstance(step, Send)
    return codec.decode(step.topic, step.payload)


def sent(steps: Iterable[Step]) -> list[Message]:
    return [decoded(step) for step in steps if isinstance(step, Send)]


def names(steps: Iterable[Step]) -> list[str]:
    return [step.topic.name for step in steps if isinstance(step, Send)]


def status_of(steps: Iterable[Step]) -> StatusMessage:
    return [message for message in sent(steps) if isinstance(message, StatusMessage)][-1]


def summary(lap: int, run: int = 1, finished_s: int = 0) -> LapSummary:
    return LapSummary(run=run, lap=lap, finished_at=to_text(1_781_376_000_000 + finished_s * 1000))


def foreign(topic: str, message: Message) -> tuple[str, bytes]:
    parsed = Topic.parse(topic)
    return topic, codec.encode(parsed.channel, message)


def chunk(rows: list[LapRow], *, number: int = 0, birth: int = 5) -> tuple[str, bytes]:
    """A chunk of the lap table, as the broker has it from an earlier life."""
    message = LapsMessage(
        v=1,
        session_id="spa24",
        monitor_id="pc-1",
        birth=birth,
        seq=9,
        timestamp=to_text(0),
        first=number * CHUNK_ROWS,
        columns=list(LapRow.__struct_fields__),
        rows=codec.lap_cells(rows),
    )
    return foreign(f"{OWN}/laps/{number}", message)


def status(monitor_id: str, birth: int, **fields: object) -> StatusMessage:
    fields.setdefault("state", "online")
    fields.setdefault("seq", 1)
    return StatusMessage(
        v=1,
        session_id="spa24",
        monitor_id=monitor_id,
        birth=birth,
        timestamp=to_text(0),
        **fields,  # type: ignore[arg-type]
    )


def setup_message(revision: int, bias: int) -> SetupMessage:
    return SetupMessage(
        v=1,
        session_id="spa24",
        monitor_id="pc-1",
        birth=5,
        seq=9,
        timestamp=to_text(0),
        revision=revision,
        captured_at=to_text(0),
        setup={"brakes": {"bias": bias}},
    )
