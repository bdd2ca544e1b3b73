"""What leaves when, in which form, and what answers mean: with a link that only takes notes."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from pitboard.contract.topics import Topic
from pitboard.publisher.composer import Send
from pitboard.publisher.delivery import (
    DOUBT_S,
    MOST_ON_THE_WAY,
    PROBE_EVERY_S,
    Answer,
    AtOnce,
    Delivery,
    InTurn,
)
from pitboard.publisher.link import Publish
from pitboard.publisher.memory import LapKey
from pitboard.publisher.retelling import AFTER_S, LATE_S
from tests.broker.conformance.line import Line
from tests.brokers import EmbeddedInThread, free_port
from tests.fakes import FakeClock
from tests.system.monitors import monitoring_car

STATUS = Topic.parse("pitboard/v1/spa24/pc-1/status")
TELEMETRY = Topic.parse("pitboard/v1/spa24/pc-1/telemetry")

PROBE = "?"
ROUND_TRIP_S = 0.1
BLOCKED_S = 4.0


class Notes:
    """A link to a broker that answers when told.

    Attributes:
        left: `name@qos`, with a `!` if it is retained, or a `?` for a probe.
    """

    def __init__(self) -> None:
        self.left: list[str] = []
        self.questions: list[int] = []
        self._mid = 0

    def publish(self, message: Publish) -> int:
        self._mid += 1
        mark = "!" if message.retain else ""
        self.left.append(f"{message.payload.decode()}@{message.qos}{mark}")
        if message.qos:
            self.questions.append(self._mid)
        return self._mid

    def probe(self) -> int:
        self._mid += 1
        self.left.append(PROBE)
        self.questions.append(self._mid)
        return self._mid

    def taken(self) -> list[str]:
        """What has left since the last time."""
        left, self.left = self.left, []
        return left


class Talk:
    """A delivery, its link, and the time."""

    def __init__(self, way: type[AtOnce] | type[InTurn]) -> None:
        self.clock = FakeClock()
        self.link = Notes()
        self.delivery: Delivery = way(self.link, self.clock)

    def send(self, *steps: Send) -> list[str]:
        """Messages, without the probes that go with them."""
        for step in steps:
            self.delivery.send(step)
        return self.messages()

    def messages(self) -> list[str]:
        return [text for text in self.link.taken() if text != PROBE]

    def answer(self, after_s: float = 0.0) -> Answer:
        """The broker's next answer."""
        self.clock.advance(after_s)
        return self.delivery.answered(self.link.questions.pop(0))

    def answer_all(self) -> None:
        while self.link.questions:
            self.answer()

    def block(self) -> Answer:
        """The broker works through what is on its way, and takes as long as NATS does."""
        self.answer()
        return self.answer(BLOCKED_S)


def value(name: str, lap: LapKey | None = None) -> Send:
    """To be kept; topics do not matter."""
    return Send(STATUS, name.encode(), qos=1, retain=True, lap=lap)


def frame(name: str, *, retain: bool = False) -> Send:
    return Send(TELEMETRY, name.encode(), qos=0, retain=retain)


@pytest.fixture
def at_once() -> Talk:
    return Talk(AtOnce)


@pytest.fixture
def talk() -> Talk:
    return Talk(InTurn)


# The plain way.


def test_single_broker_is_sent_everything_at_once_as_it_was_composed(at_once: Talk) -> None:
    steps = [value("status"), frame("a", retain=True), value("lap", (1, 2)), frame("b")]

    assert at_once.send(*steps) == ["status@1!", "a@0!", "lap@1!", "b@0"]


def test_acknowledgement_makes_a_lap_safe_even_late(at_once: Talk) -> None:
    at_once.send(value("status"), value("lap", (1, 2)))

    assert at_once.answer() == Answer()
    assert at_once.answer(LATE_S + 0.1) == Answer(lap=(1, 2), is_late=True)
    assert not at_once.delivery.has_unacknowledged


def test_answer_to_what_nobody_asked_tells_nothing(at_once: Talk) -> None:
    """The end of a subscription is answered, too."""
    at_once.send(value("status"))

    assert at_once.delivery.answered(99) == Answer()
    assert at_once.delivery.has_unacknowledged


def test_frames_alone_have_something_answered_once_a_second(at_once: Talk) -> None:
    for _ in range(10):
        at_once.delivery.send(frame("a"))
        at_once.answer_all()
    assert at_once.link.taken().count(PROBE) == 1

    at_once.clock.advance(PROBE_EVERY_S)
    at_once.delivery.send(frame("a"))
    assert at_once.answer(LATE_S + 0.1) == Answer(), "it says nothing of what is kept"


def test_single_broker_is_told_the_last_as_everything_else(at_once: Talk) -> None:
    at_once.delivery.insist()

    assert at_once.send(value("status")) == ["status@1!"]


@pytest.mark.parametrize("way", [AtOnce, InTurn])
def test_answer_is_owed_since_the_one_before_it(way: type[AtOnce] | type[InTurn]) -> None:
    """A queue that moves is a slow line; one that does not is a broker to be left."""
    talk = Talk(way)
    asked_s = talk.clock.monotonic_s()

    owed = [talk.delivery.owed_since_s]
    talk.send(value("status"), value("lap", (1, 2)), value("setup"))
    owed.append(talk.delivery.owed_since_s)
    talk.answer(3.0)
    owed.append(talk.delivery.owed_since_s)
    talk.answer_all()
    owed.append(talk.delivery.owed_since_s)

    assert owed == [None, asked_s, asked_s + 3.0, None]


# In turn.


def test_value_leaves_at_qos_0_between_two_questions(talk: Talk) -> None:
    """NATS cuts off whose QoS 1 message it cannot store."""
    talk.delivery.send(value("status"))

    assert talk.link.taken() == [PROBE, "status@0!", PROBE]
    assert talk.delivery.has_unacknowledged


def test_one_value_is_on_its_way_at_a_time_and_frames_pass_it(talk: Talk) -> None:
    assert talk.send(value("lap", (1, 2)), value("laps/0"), frame("a")) == ["lap@0!", "a@0"]

    talk.answer()
    assert talk.messages() == []
    assert talk.answer() == Answer(lap=(1, 2))
    assert talk.messages() == ["laps/0@0!"]


def test_frame_to_be_retained_waits_until_the_next_one_comes(talk: Talk) -> None:
    """Only who watches needs it once there is a newer one, and none overtakes another."""
    talk.send(value("status"))

    assert talk.send(frame("a", retain=True)) == []
    assert talk.send(frame("b")) == ["a@0", "b@0"]
    assert talk.send(frame("c", retain=True)) == []
    assert talk.send(frame("d", retain=True)) == ["c@0"]
    talk.answer_all()
    assert talk.messages() == ["d@0!"]


@pytest.mark.parametrize(
    ("round_trip_s", "is_late"),
    [
        pytest.param(ROUND_TRIP_S, False, id="near"),
        pytest.param(LATE_S + 1.0, False, id="a line that is slow, not a broker"),
    ],
)
def test_line_is_not_mistaken_for_an_election(
    talk: Talk, round_trip_s: float, is_late: bool
) -> None:
    talk.send(value("lap", (1, 2)))

    assert not talk.answer(round_trip_s).is_late
    assert talk.answer() == Answer(lap=(1, 2), is_late=is_late)


@pytest.mark.parametrize(
    ("took_s", "is_late"), [(LATE_S, False), (LATE_S + 0.01, True), (BLOCKED_S, True)]
)
def test_value_is_late_by_the_time_that_the_broker_took(
    talk: Talk, took_s: float, is_late: bool
) -> None:
    talk.send(value("lap", (1, 2)))
    talk.answer(ROUND_TRIP_S)

    answer = talk.answer(took_s)

    assert answer == (Answer(is_late=True) if is_late else Answer(lap=(1, 2)))


def test_lap_that_was_only_passed_on_is_not_safe(talk: Talk) -> None:
    """It comes again when everything is said again."""
    talk.send(value("status"), value("lap", (1, 2)))
    talk.block()
    assert talk.messages() == ["lap@0"]

    while talk.link.questions:
        assert talk.answer() == Answer()


@pytest.mark.parametrize(
    "kept_back",
    [
        pytest.param([value("lap", (1, 2)), value("laps/0")], id="a lap"),
        pytest.param([value("status"), frame("a", retain=True)], id="a change of the condition"),
        pytest.param([value(f"lap{n}") for n in range(9)], id="more than leave together"),
    ],
)
def test_what_waits_for_a_late_answer_leaves_with_it_unretained(
    talk: Talk, kept_back: Sequence[Send]
) -> None:
    """Another retained one would cost 4 s more."""
    talk.send(value("status"))
    assert talk.send(*kept_back) == []

    assert talk.block().is_late

    assert talk.messages() == [f"{step.payload.decode()}@0" for step in kept_back]


def test_nothing_is_retained_until_the_election_must_be_over(talk: Talk) -> None:
    talk.send(value("status"))
    talk.block()
    talk.answer_all()

    talk.clock.advance(DOUBT_S - 0.01)
    assert talk.send(frame("a", retain=True), value("status")) == ["a@0", "status@0"]
    talk.answer_all()
    talk.clock.advance(0.01)
    assert talk.send(frame("b", retain=True)) == ["b@0!"]


def test_one_value_tries_before_everything_is_said_again() -> None:
    assert 0 < AFTER_S - DOUBT_S < 1


def test_second_late_answer_begins_the_wait_again(talk: Talk) -> None:
    talk.send(value("status"))
    talk.block()
    talk.clock.advance(DOUBT_S)
    talk.answer_all()
    talk.send(value("status"))
    talk.block()

    talk.clock.advance(DOUBT_S - 0.01)
    assert talk.send(value("status")) == ["status@0"]


def test_backlog_leaves_more_and_more_together(talk: Talk) -> None:
    """Else the laps of hours took a round trip each."""
    talk.send(*(value(f"lap{n}") for n in range(60)))

    sizes = [1]
    while talk.link.questions:
        talk.answer()
        if left := talk.messages():
            sizes.append(len(left))

    assert sizes == [1, 2, 4, 8, MOST_ON_THE_WAY, MOST_ON_THE_WAY, 13]
    assert not talk.delivery.has_unacknowledged


def test_values_after_a_backlog_begin_alone_again(talk: Talk) -> None:
    talk.send(*(value(f"lap{n}") for n in range(60)))
    talk.answer_all()
    talk.messages()

    assert talk.send(value("lap", (1, 2)), value("laps/0")) == ["lap@0!"]


def test_last_words_are_retained_at_once_even_in_doubt(talk: Talk) -> None:
    """Nobody will say them again, and a goodbye has one second."""
    talk.send(value("status"))
    talk.block()
    talk.messages()
    talk.answer_all()

    talk.delivery.insist()

    assert talk.send(frame("a", retain=True), value("offline")) == ["a@0!", "offline@0!"]
    talk.answer_all()
    assert not talk.delivery.has_unacknowledged


def test_last_words_wait_for_no_answer(talk: Talk) -> None:
    """One that is late would have them leave `online` on the broker, with the will taken away."""
    talk.send(value("status"), value("meta"))
    assert talk.messages() == []

    talk.delivery.insist()

    assert talk.send(value("offline")) == ["meta@0!", "offline@0!"]
    assert talk.block().is_late
    assert talk.messages() == []


def test_what_waits_is_unacknowledged(talk: Talk) -> None:
    """A goodbye waits for it."""
    talk.send(value("status"), value("meta"))

    talk.answer()
    talk.answer()

    assert talk.messages() == ["meta@0!"]
    assert talk.delivery.has_unacknowledged


def test_frames_in_doubt_have_something_answered_once_a_second(talk: Talk) -> None:
    """A front that dies meanwhile is left in time."""
    talk.send(value("status"))
    talk.block()
    talk.answer_all()
    talk.link.taken()

    for _ in range(20):
        talk.delivery.send(frame("a", retain=True))
        talk.answer_all()
        talk.clock.advance(PROBE_EVERY_S / 10)

    assert talk.link.taken().count(PROBE) == 2


# A whole monitor.


@pytest.mark.parametrize(("brokers", "qos"), [(1, {1}), (2, {0})])
def test_monitor_of_several_brokers_delivers_in_turn(
    tmp_path: Path, brokers: int, qos: set[int]
) -> None:
    """Else NATS cuts it off when a node dies, and lets it in 9 s later."""
    with EmbeddedInThread() as broker, Line(broker) as reader:
        reader.subscribe(("pitboard/v1/spa24/pc-1/+", 1))
        # The second one is not needed.
        urls = [broker.url, f"mqtt://127.0.0.1:{free_port()}"][:brokers]
        with monitoring_car(urls, tmp_path):
            pass
        told = [got for got in reader.rest() if not got.topic.endswith("/telemetry")]
        with Line(broker) as newcomer:
            newcomer.subscribe(("pitboard/v1/spa24/pc-1/+", 0))
            kept = {got.topic: got.payload for got in newcomer.rest()}

    assert {got.qos for got in told} == qos
    assert b'"offline"' in told[-1].payload
    assert kept.items() >= {got.topic: got.payload for got in told}.items()
    assert "pitboard/v1/spa24/pc-1/telemetry" in kept
