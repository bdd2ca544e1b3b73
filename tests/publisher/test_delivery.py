"""What leaves when, in which form, and what answers mean: with a link that only takes notes."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from pitboard.contract.topics import Topic
from pitboard.publisher.composer import Send
from pitboard.publisher.delivery import (
    MAX_WINDOW,
    PROBE_EVERY_S,
    Answer,
    AtOnce,
    Delivery,
    InTurn,
)
from pitboard.publisher.memory import LapKey
from pitboard.publisher.message import Publish
from pitboard.publisher.retelling import LATE_S
from tests.broker.conformance.line import Line
from tests.brokers import EmbeddedInThread, free_port
from tests.fakes import FakeClock
from tests.system.monitors import monitoring_car

STATUS = Topic.parse("pitboard/v1/spa24/pc-1/status")
META = Topic.parse("pitboard/v1/spa24/pc-1/meta")
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
    """To be kept, of a channel whose messages all count."""
    return Send(META, name.encode(), qos=1, retain=True, lap=lap)


def status(name: str) -> Send:
    return Send(STATUS, name.encode(), qos=1, retain=True)


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
    assert at_once.delivery.owed_since_s is None


def test_answer_to_what_nobody_asked_tells_nothing(at_once: Talk) -> None:
    """The end of a subscription is answered, too."""
    at_once.send(value("status"))

    assert at_once.delivery.answered(99) == Answer()
    assert at_once.delivery.owed_since_s is not None


def test_frames_alone_have_something_answered_once_a_second(at_once: Talk) -> None:
    for _ in range(10):
        at_once.delivery.send(frame("a"))
        at_once.answer_all()
    assert at_once.link.taken().count(PROBE) == 1

    at_once.clock.advance(PROBE_EVERY_S)
    at_once.delivery.send(frame("a"))
    assert at_once.answer(LATE_S + 0.1) == Answer(), "it says nothing of what is kept"


def test_single_broker_is_told_the_last_as_everything_else(at_once: Talk) -> None:
    at_once.send(value("meta"))
    at_once.delivery.say_last(status("offline"))

    assert at_once.messages() == ["offline@1!"]
    at_once.answer()
    assert at_once.delivery.last_answer is None
    at_once.answer()
    assert at_once.delivery.last_answer == Answer()


def test_single_broker_is_trusted_although_it_was_late(at_once: Talk) -> None:
    at_once.send(value("meta"))
    at_once.answer(LATE_S + 0.1)

    assert at_once.send(value("setup")) == ["setup@1!"]
    at_once.delivery.trust_again()
    assert at_once.send(value("setup")) == ["setup@1!"]


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
    assert talk.delivery.owed_since_s is not None


def test_one_value_is_on_its_way_at_a_time_and_frames_pass_it(talk: Talk) -> None:
    assert talk.send(value("lap", (1, 2)), value("laps/0"), frame("a")) == ["lap@0!", "a@0"]

    talk.answer()
    assert talk.messages() == []
    assert talk.answer() == Answer(lap=(1, 2))
    assert talk.messages() == ["laps/0@0!"]


def test_frame_is_never_late_and_the_newest_is_retained_in_the_place_of_the_first(
    talk: Talk,
) -> None:
    """After a connect who comes late has it before the laps, and who watches as with one broker."""
    talk.send(value("meta"))

    assert talk.send(frame("a")) == ["a@0"], "that it is retained was not asked for"
    assert talk.send(frame("b", retain=True), value("lap")) == ["b@0"]
    assert talk.send(frame("c"), frame("d", retain=True), frame("e")) == ["c@0", "d@0", "e@0"]
    talk.answer()
    talk.answer()
    assert talk.messages() == ["e@0!", "lap@0!"]


def test_status_is_never_late_nor_behind_the_frame_that_it_goes_before(talk: Talk) -> None:
    """A frame that is older than the `idle` before it is no sign of a moving car."""
    talk.send(value("meta"))

    passed = talk.send(status("online"), status("idle"), frame("a", retain=True))

    assert passed == ["online@0", "idle@0", "a@0"]
    talk.answer_all()
    assert talk.messages() == ["idle@0!", "a@0!"]


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
        pytest.param([value("setup"), value("meta")], id="what the source says"),
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


def test_what_was_passed_on_while_it_waited_is_not_passed_on_twice(talk: Talk) -> None:
    talk.send(value("meta"), status("idle"), frame("a", retain=True))
    talk.messages()

    assert talk.block().is_late

    assert talk.messages() == []


def test_nothing_is_retained_until_everything_is_said_again(talk: Talk) -> None:
    talk.send(value("meta"))
    talk.block()
    talk.answer_all()
    talk.clock.advance(1000.0)

    assert talk.send(frame("a", retain=True), value("setup")) == ["a@0", "setup@0"]
    talk.answer_all()
    talk.delivery.trust_again()
    assert talk.send(status("status"), value("setup")) == ["status@0!"]
    talk.answer_all()
    assert talk.messages() == ["setup@0!"]


def test_retelling_that_is_late_itself_begins_the_doubt_again(talk: Talk) -> None:
    talk.send(value("meta"))
    talk.block()
    talk.answer_all()
    talk.messages()
    talk.delivery.trust_again()
    assert talk.send(status("status"), value("meta")) == ["status@0!"]

    assert talk.block().is_late

    assert talk.messages() == ["meta@0"]
    assert talk.send(value("setup")) == ["setup@0"]


def test_backlog_leaves_more_and_more_together(talk: Talk) -> None:
    """Else the laps of hours took a round trip each."""
    talk.send(*(value(f"lap{n}") for n in range(60)))

    sizes = [1]
    while talk.link.questions:
        talk.answer()
        if left := talk.messages():
            sizes.append(len(left))

    assert sizes == [1, 2, 4, 8, MAX_WINDOW, MAX_WINDOW, 13]
    assert talk.delivery.owed_since_s is None


def test_values_after_a_backlog_begin_alone_again(talk: Talk) -> None:
    talk.send(*(value(f"lap{n}") for n in range(60)))
    talk.answer_all()
    talk.messages()

    assert talk.send(value("lap", (1, 2)), value("laps/0")) == ["lap@0!"]


def test_last_word_is_retained_at_once_even_in_doubt(talk: Talk) -> None:
    talk.send(value("meta"))
    talk.block()
    talk.answer_all()
    talk.messages()

    talk.delivery.say_last(status("offline"))

    assert talk.messages() == ["offline@0!"]
    talk.answer_all()
    assert talk.delivery.last_answer == Answer()


def test_last_word_waits_for_nothing_and_no_older_one_follows(talk: Talk) -> None:
    talk.send(value("meta"), status("online"), value("setup"))
    talk.messages()

    talk.delivery.say_last(status("offline"))

    assert talk.messages() == ["offline@0!"]
    talk.answer_all()
    assert talk.messages() == ["setup@0!"]


def test_last_word_can_be_said_again(talk: Talk) -> None:
    for _ in range(2):
        talk.delivery.say_last(status("offline"))
        assert talk.delivery.last_answer is None
        talk.block()
        assert talk.delivery.last_answer == Answer(is_late=True)

    assert talk.messages() == ["offline@0!"] * 2


def test_what_waits_is_unacknowledged(talk: Talk) -> None:
    """A goodbye waits for it."""
    talk.send(value("status"), value("meta"))

    talk.answer()
    talk.answer()

    assert talk.messages() == ["meta@0!"]
    assert talk.delivery.owed_since_s is not None


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
    assert b'"offline"' in [got.payload for got in told if got.topic.endswith("/status")][-1]
    assert kept.items() >= {got.topic: got.payload for got in told}.items()
    assert "pitboard/v1/spa24/pc-1/telemetry" in kept
