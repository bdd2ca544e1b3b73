"""Logins that are refused, or that come under a client id in use, and whom they leave alone."""

from collections import deque
from collections.abc import Iterator, Sized
from contextlib import closing

import pytest

from pitboard.broker.engine import Engine
from tests.broker.clients import (
    NOT_AUTHORIZED,
    Got,
    answer,
    connect_packet,
    dial,
    login,
    packet,
    publish_packet,
    text,
)
from tests.broker.conformance.line import Line, connect_body
from tests.broker.neighbours import FOREIGN, OWN, WILL, Neighbours
from tests.brokers import EmbeddedInThread
from tests.waiting import eventually

ATTEMPTS = 3

BOSS = ("boss", "four")

Tables = dict[str, dict[object, int]]


def engine_of(broker: EmbeddedInThread) -> Engine:
    engine = broker.broker._engine
    assert engine is not None
    return engine


def tables(broker: EmbeddedInThread, connections: int) -> Tables:
    """What each table of the broker, its guard and its clients holds, and how much in each place.

    Taken when the broker has done with all but so many connections. Who was refused how often is
    left out.
    """
    engine = engine_of(broker)
    eventually(lambda: broker.call(lambda: len(engine._connections)) == connections)
    return broker.call(lambda: dict(_tables(engine)))


def _tables(engine: Engine) -> Iterator[tuple[str, dict[object, int]]]:
    owners: dict[str, object] = {"engine": engine, "guard": engine.guard}
    for client_id, (session, peer) in engine._sessions.items():
        owners |= {f"session {client_id}": session, f"peer {client_id}": peer}
    yield "filters", dict.fromkeys(engine.filters, 1)
    yield "retained", {value.topic: len(value.data) for value in engine.kept}
    for owner, whole in owners.items():
        for name, table in vars(whole).items():
            if name == "refused":
                continue
            if isinstance(table, dict):
                yield f"{owner} {name}", {key: _size(held) for key, held in table.items()}
            elif isinstance(table, list | set | deque):
                yield f"{owner} {name}", {id(held): _size(held) for held in table}


def publish(broker: EmbeddedInThread, topic: str, payload: bytes) -> None:
    """Let the admin publish."""
    with Line(broker, "sender", login=BOSS) as sender:
        sender.publish(topic, payload, 1)


def _size(held: object) -> int:
    return len(held) if isinstance(held, Sized) else 0


@pytest.mark.parametrize(
    ("first", "said"),
    [
        pytest.param(connect_packet("x"), NOT_AUTHORIZED, id="nobody"),
        pytest.param(login("ada", "wrong", "x"), NOT_AUTHORIZED, id="33-wrong-password"),
        pytest.param(login("ghost", "one", "x"), NOT_AUTHORIZED, id="unknown user"),
        pytest.param(
            login("ada", "one", "x", Got(FOREIGN, b"lost", qos=1)), NOT_AUTHORIZED, id="18-will"
        ),
        pytest.param(
            packet(0x10, text("MQTT") + b"\x05\x02\0\x3c\0" + text("x")),
            b"\x20\x03\x00\x84\x00",
            id="25-mqtt5",
        ),
        pytest.param(
            packet(0x10, text("MQIsdp") + b"\x03\x02\0\x3c" + text("x")),
            b"\x20\x02\x00\x01",
            id="26-mqtt31",
        ),
        pytest.param(
            packet(0x10, text("MQTT") + b"\x84\x02\0\x3c" + text("x")),
            b"\x20\x02\x00\x01",
            id="bridge at 3.1.1",
        ),
        pytest.param(publish_packet(OWN, b"x"), b"", id="first packet is no CONNECT"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", b"", id="http"),
        pytest.param(b"\x10\xff\xff\xff\x7f", b"", id="huge CONNECT"),
    ],
)
def test_stranger_is_answered_in_the_protocol_and_leaves_no_trace(
    closed: EmbeddedInThread, neighbours: Neighbours, first: bytes, said: bytes
) -> None:
    before = tables(closed, 2)

    with closing(dial(closed, first)) as sock:
        assert answer(sock) == said

    neighbours.are_served()
    assert neighbours.heard == []
    assert tables(closed, 2) == before


@pytest.mark.parametrize(
    ("attack", "said", "reason"),
    [
        pytest.param(
            login("ada", "wrong", "car"), NOT_AUTHORIZED, "wrong password", id="33-wrong-password"
        ),
        pytest.param(
            login("ada", "wrong", "car", WILL),
            NOT_AUTHORIZED,
            "wrong password",
            id="33-with-a-will",
        ),
        pytest.param(
            packet(0x10, connect_body("car", is_clean=False, login=("ada", "wrong"))),
            NOT_AUTHORIZED,
            "wrong password",
            id="33-to-resume",
        ),
        pytest.param(
            login("ghost", "one", "car"), NOT_AUTHORIZED, "wrong password", id="33-unknown-user"
        ),
        pytest.param(connect_packet("car"), NOT_AUTHORIZED, "wrong password", id="33-nobody"),
        pytest.param(
            login("ada", "one", "car", Got(FOREIGN, b"lost")),
            NOT_AUTHORIZED,
            "will on a foreign topic",
            id="18-will-on-another-session",
        ),
    ],
)
def test_client_id_in_use_cannot_be_taken_by_others(
    closed: EmbeddedInThread, neighbours: Neighbours, attack: bytes, said: bytes, reason: str
) -> None:
    """Who owns it keeps its connection, its subscriptions and its will, and notices nothing."""
    with Line(closed, "car", login=("ada", "one"), will=WILL) as victim:
        assert victim.subscribe(("pitboard/v1/spa24/#", 1)) == [1]
        before = tables(closed, 3)

        for _ in range(ATTEMPTS):
            with closing(dial(closed, attack)) as sock:
                assert answer(sock) == said
            neighbours.are_served()

        assert tables(closed, 3) == before
        assert closed.call(lambda: dict(engine_of(closed).guard.refused)) == {reason: ATTEMPTS}
        victim.publish(OWN, b"alive", 1)
        assert victim.next() == Got(OWN, b"alive", qos=1)
        victim.cut()
    tables(closed, 2)
    neighbours.are_served()
    assert neighbours.heard == [Got(OWN, b"alive"), Got(OWN, b"lost")]


@pytest.mark.parametrize("is_clean", [True, False], ids=["clean", "to-resume"])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(("ada", "one"), ("bridge", "three"), id="owner-first"),
        pytest.param(("bridge", "three"), ("ada", "one"), id="owner-second"),
    ],
)
def test_users_with_the_same_client_id_never_meet(
    closed: EmbeddedInThread,
    neighbours: Neighbours,
    first: tuple[str, str],
    second: tuple[str, str],
    *,
    is_clean: bool,
) -> None:
    """Else whoever is first keeps the owner out for as long as he likes."""
    wills = {"ada": WILL, "bridge": None}
    with Line(closed, "car", is_clean=is_clean, login=first, will=wills[first[0]]) as one:
        assert one.subscribe((OWN, 1)) == [1]

        for _ in range(ATTEMPTS):
            with Line(closed, "car", is_clean=is_clean, login=second, will=wills[second[0]]) as two:
                assert (two.rest(), one.rest()) == ([], [])
                assert two.subscribe((f"{OWN}/x", 1)) == [1]
                publish(closed, OWN, b"alive")
                assert one.next() == Got(OWN, b"alive", qos=1)
                assert two.rest() == []
                neighbours.are_served()
                two.unsubscribe(f"{OWN}/x")

        assert one.rest() == []
    assert closed.call(lambda: dict(engine_of(closed).guard.refused)) == {}
    assert neighbours.heard == [Got(OWN, b"alive")] * ATTEMPTS


def test_end_of_a_client_ends_none_of_another_user_with_its_client_id(
    closed: EmbeddedInThread, neighbours: Neighbours
) -> None:
    with Line(closed, "car", login=("bridge", "three")) as other:
        other.subscribe((OWN, 0))
        Line(closed, "car", login=("ada", "one"), will=WILL).cut()
        assert other.next() == Got(OWN, b"lost")

        with Line(closed, "car", login=("ada", "one")) as owner:
            owner.publish(OWN, b"online", 1)
            assert other.next() == Got(OWN, b"online")

    neighbours.are_served()
    assert neighbours.heard == [Got(OWN, b"lost"), Got(OWN, b"online")]


def test_own_client_id_is_taken_over_and_the_older_connection_ends_with_its_will(
    closed: EmbeddedInThread, neighbours: Neighbours
) -> None:
    """A monitor whose line was cut comes back before its old connection is noticed as dead."""
    will = WILL._replace(retain=False)
    empty = tables(closed, 2)
    with Line(closed, "car", login=("ada", "one"), will=will) as old:
        old.subscribe((OWN, 0))
        before = tables(closed, 3)

        with Line(closed, "car", login=("ada", "one"), will=will) as new:
            old.until_cut()
            assert new.rest() == []
            new.subscribe((OWN, 0))
            neighbours.are_served()
            after = tables(closed, 3)
            new.publish(OWN, b"online")
            assert new.next() == Got(OWN, b"online")

    assert {name: len(held) for name, held in after.items()} == {
        name: len(held) for name, held in before.items()
    }
    assert tables(closed, 2) == empty
    neighbours.are_served()
    assert neighbours.heard == [Got(OWN, b"lost"), Got(OWN, b"online")]
