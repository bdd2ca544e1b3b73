"""Clients that ask the embedded broker to keep their sessions, over real sockets."""

import logging
from contextlib import closing
from typing import Any

import pytest

from pitboard.broker import away
from pitboard.broker.engine import Engine
from pitboard.broker.exchange import MAX_SUBSCRIPTIONS
from pitboard.broker.users import Role, Users, new_user
from tests.broker.clients import NOT_AUTHORIZED, Got, answer, dial, packet, text
from tests.broker.conformance.line import PUBCOMP, PUBREC, PUBREL, Line, Refused, connect_body
from tests.broker.neighbours import OWN, WILL, is_served, users
from tests.brokers import EmbeddedInThread
from tests.waiting import eventually

ADA, EVE, BRIDGE, BOSS = ("ada", "one"), ("eve", "two"), ("bridge", "three"), ("boss", "four")


def engine_of(broker: EmbeddedInThread) -> Engine:
    engine = broker.broker._engine
    assert engine is not None
    return engine


def leave(broker: EmbeddedInThread, login: tuple[str, str], client_id: str, *topics: str) -> None:
    """Subscribe, go, and be away."""
    before = broker.call(lambda: len(engine_of(broker).absences))
    with Line(broker, client_id, is_clean=False, login=login) as line:
        assert line.subscribe(*((topic, 2) for topic in topics)) == [2] * len(topics)
    eventually(lambda: broker.call(lambda: len(engine_of(broker).absences)) == before + 1)


def publish(broker: EmbeddedInThread, *messages: Got, login: tuple[str, str] = BOSS) -> None:
    with Line(broker, "sender", login=login) as sender:
        for topic, payload, retain, qos in messages:
            sender.publish(topic, payload, qos, retain=retain)


def held(broker: EmbeddedInThread) -> tuple[Any, ...]:
    """What the broker has of clients that are away."""

    def look() -> tuple[Any, ...]:
        engine = engine_of(broker)
        return len(engine.absences), sorted(engine._sessions), sorted(engine.filters)

    return broker.call(look)


def test_client_that_is_back_finds_what_came_meanwhile_before_anything_new(
    closed: EmbeddedInThread,
) -> None:
    waiting = [Got(OWN, b"%d" % number, qos=1 + number % 2) for number in range(20)]
    leave(closed, ADA, "car", OWN)
    publish(closed, *waiting, Got(OWN, b"not kept"))

    with Line(closed, "car", is_clean=False, login=ADA) as back:
        publish(closed, Got(OWN, b"new", qos=1))

        assert back.session_present
        assert [back.next() for _ in range(21)] == [*waiting, Got(OWN, b"new", qos=1)]
        assert back.rest() == []


def test_return_replays_no_retained_values(closed: EmbeddedInThread) -> None:
    """The client has them already, and an old one would look like news."""
    publish(closed, Got(OWN, b"old", retain=True, qos=1))
    with Line(closed, "car", is_clean=False, login=ADA) as line:
        line.subscribe((OWN, 1))
        assert line.next().retain

    with Line(closed, "car", is_clean=False, login=ADA) as back:
        assert back.session_present
        assert back.rest() == []


def test_takeover_keeps_the_session_and_what_was_not_acknowledged(
    closed: EmbeddedInThread,
) -> None:
    """A client whose line was cut comes back before its old connection is noticed as dead."""
    old = Line(closed, "car", is_clean=False, login=ADA, acknowledges=False)
    old.subscribe((OWN, 1))
    publish(closed, Got(OWN, b"x", qos=1))
    assert old.next() == Got(OWN, b"x", qos=1)

    with Line(closed, "car", is_clean=False, login=ADA) as new:
        assert new.session_present
        assert new.rest() == [Got(OWN, b"x", qos=1)] == new.repeats
    old.cut()


def test_client_gets_its_own_will_when_it_is_back(closed: EmbeddedInThread) -> None:
    car = Line(closed, "car", is_clean=False, login=ADA, will=WILL)
    car.subscribe((OWN, 1))
    car.cut()
    eventually(lambda: held(closed)[0] == 1)

    with Line(closed, "car", is_clean=False, login=ADA) as back:
        assert back.rest() == [WILL._replace(retain=False)]


def test_another_users_client_id_neither_finds_nor_ends_the_session(
    closed: EmbeddedInThread,
) -> None:
    leave(closed, ADA, "car", OWN)
    publish(closed, Got(OWN, b"ada's", qos=1))

    for is_clean in (False, True):
        with Line(closed, "car", is_clean=is_clean, login=EVE) as other:
            assert not other.session_present
            assert other.rest() == []
            publish(closed, Got(OWN, b"meanwhile", qos=1))
            assert other.rest() == []
        eventually(lambda: not is_served(closed, "car"))

    with Line(closed, "car", is_clean=False, login=ADA) as back:
        assert back.session_present
        assert [got.payload for got in back.rest()] == [b"ada's", b"meanwhile", b"meanwhile"]


def test_user_name_and_client_id_run_together_are_no_way_in(closed: EmbeddedInThread) -> None:
    leave(closed, ADA, "car", OWN)

    with closing(dial(closed, packet(0x10, connect_body("ada\0car", login=EVE)))) as sock:
        assert answer(sock) == b""

    assert held(closed)[0] == 1


def test_wrong_password_leaves_no_trace_in_the_session(closed: EmbeddedInThread) -> None:
    leave(closed, ADA, "car", OWN)
    before = held(closed)

    for is_clean in (False, True):
        with pytest.raises(Refused) as caught:
            Line(closed, "car", is_clean=is_clean, login=("ada", "wrong"))
        assert caught.value.code == NOT_AUTHORIZED[3]

    assert held(closed) == before
    with Line(closed, "car", is_clean=False, login=ADA) as back:
        assert back.session_present


def test_clean_session_of_the_same_user_ends_it_for_good(closed: EmbeddedInThread) -> None:
    leave(closed, ADA, "car", OWN)
    publish(closed, Got(OWN, b"x", qos=1))
    with Line(closed, "car", login=ADA) as clean:
        assert not clean.session_present
        assert clean.rest() == []
    eventually(lambda: held(closed) == (0, [], []))

    with Line(closed, "car", is_clean=False, login=ADA) as back:
        assert not back.session_present
        assert back.rest() == []


def test_rights_are_looked_at_again_when_a_client_is_back(closed: EmbeddedInThread) -> None:
    """Its user may watch another car by now."""
    leave(closed, ADA, "car", OWN, "pitboard/v1/spa24/#")
    publish(closed, Got(OWN, b"secret", qos=1))
    moved = new_user(Role.MONITOR, "one", name="ada", session_id="monza-7")
    others = [user for user in users().users if user.name != "ada"]
    guard = engine_of(closed).guard
    closed.call(lambda: setattr(guard, "_users", Users(users=(moved, *others))))

    with Line(closed, "car", is_clean=False, login=ADA) as back:
        publish(closed, Got(OWN, b"secret too", qos=1))

        assert back.session_present
        assert back.rest() == []
        assert held(closed)[2] == []


def test_qos_2_message_that_was_not_received_is_sent_again(closed: EmbeddedInThread) -> None:
    line = Line(closed, "car", is_clean=False, login=ADA, acknowledges=False)
    line.subscribe((OWN, 2))
    publish(closed, Got(OWN, b"x", qos=2))
    assert line.next() == Got(OWN, b"x", qos=2)
    line.cut()

    with Line(closed, "car", is_clean=False, login=ADA) as back:
        assert back.rest() == back.repeats == [Got(OWN, b"x", qos=2)]

    with Line(closed, "car", is_clean=False, login=ADA) as done:
        assert done.rest() == []


def test_qos_2_message_that_was_received_is_only_released(closed: EmbeddedInThread) -> None:
    """Sent again it would be delivered twice."""
    line = Line(closed, "car", is_clean=False, login=ADA, acknowledges=False)
    line.subscribe((OWN, 2))
    publish(closed, Got(OWN, b"x", qos=2))
    line.next()
    line.send(PUBREC, b"\0\1")
    assert line.expect(PUBREL) == b"\0\1"
    line.cut()

    with Line(closed, "car", is_clean=False, login=ADA) as back:
        assert back.expect(PUBREL) == b"\0\1"
        back.send(PUBCOMP, b"\0\1")
        assert back.rest() == []


def test_qos_2_message_sent_again_after_a_return_is_delivered_once(
    closed: EmbeddedInThread,
) -> None:
    message = text(OWN) + b"\0\7" + b"x"
    with Line(closed, "reader", login=BRIDGE) as reader:
        reader.subscribe((OWN, 0))
        line = Line(closed, "car", is_clean=False, login=ADA)
        line.send(0x34, message)
        assert line.expect(PUBREC) == b"\0\7"
        line.cut()

        with Line(closed, "car", is_clean=False, login=ADA) as back:
            back.send(0x3C, message)
            assert back.expect(PUBREC) == b"\0\7"
            back.send(PUBREL, b"\0\7")
            assert back.expect(PUBCOMP) == b"\0\7"

        assert reader.rest() == [Got(OWN, b"x")]


def test_more_than_is_kept_costs_the_oldest_and_is_logged_once_a_minute(
    closed: EmbeddedInThread, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(away, "KEPT_MESSAGES", 3)
    caplog.set_level(logging.WARNING)
    leave(closed, ADA, "car", OWN)
    publish(closed, *(Got(OWN, b"%d" % number, qos=1) for number in range(5)))

    closed.call(lambda: engine_of(closed).absences.say(closed.loop.time()))
    publish(closed, Got(OWN, b"5", qos=1))
    closed.call(lambda: engine_of(closed).absences.say(closed.loop.time()))

    with Line(closed, "car", is_clean=False, login=ADA) as back:
        assert [got.payload for got in back.rest()] == [b"3", b"4", b"5"]
    assert caplog.messages == ["messages dropped reason=client is away count=2 so_far=2"]


def test_session_is_forgotten_after_an_hour_and_when_there_are_too_many(
    closed: EmbeddedInThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(away, "KEPT_CLIENTS", 2)
    for client_id in ("first", "second", "third"):
        with Line(closed, client_id, is_clean=False, login=ADA) as line:
            line.subscribe((f"{OWN}/{client_id}", 1))
        wanted = f"ada\0{client_id}"
        eventually(lambda wanted=wanted: wanted in engine_of(closed).absences)  # type: ignore[misc]
    kept = ["second", "third"]

    assert held(closed) == (2, [f"ada\0{key}" for key in kept], [f"{OWN}/{key}" for key in kept])
    later_s = closed.loop.time() + away.KEPT_S
    closed.call(lambda: engine_of(closed).forget_overdue(later_s))
    assert held(closed) == (0, [], [])


def test_broker_that_stops_keeps_nothing(closed: EmbeddedInThread) -> None:
    leave(closed, ADA, "car", OWN)
    line = Line(closed, "bridge", is_clean=False, login=BRIDGE)
    line.subscribe(("pitboard/v1/#", 1))

    closed.stop()

    engine = engine_of(closed)
    assert (len(engine.absences), engine._sessions, list(engine.filters)) == (0, {}, [])
    line.cut()


def test_subscriptions_of_a_kept_session_count_towards_the_limit(
    closed: EmbeddedInThread,
) -> None:
    """Else a client could have a hundred more with each return."""
    with Line(closed, "car", is_clean=False, login=ADA) as line:
        wanted = [(f"{OWN}/{number}", 1) for number in range(MAX_SUBSCRIPTIONS)]
        assert line.subscribe(*wanted) == [1] * MAX_SUBSCRIPTIONS

    with Line(closed, "car", is_clean=False, login=ADA) as back:
        assert back.session_present
        assert back.subscribe((f"{OWN}/more", 1), (f"{OWN}/0", 2)) == [0x80, 2]
