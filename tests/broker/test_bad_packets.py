"""Packets that break the protocol, from a car that was let in: they end its connection alone."""

import contextlib
import logging
from contextlib import closing

import pytest

from pitboard.broker.packets import MAX_PACKET_BYTES, Splitter
from pitboard.contract.log_lines import REPEAT_AFTER_S
from tests.broker.clients import Got, answer, entered, login, packet, text
from tests.broker.neighbours import OWN, WILL, Neighbours, is_served
from tests.broker.test_packets import BAD
from tests.brokers import EmbeddedInThread
from tests.waiting import eventually

MORE = [
    pytest.param(login("ada", "one", "car", WILL), id="24-second-login"),
    pytest.param(login("ada", "one", "other", WILL), id="24-second-login-under-another-id"),
    pytest.param(packet(0x30, text(OWN) + bytes(MAX_PACKET_BYTES)), id="29-above-256-kib-in-full"),
    pytest.param(packet(0xA2, b"\0\1"), id="30-unsubscribe-without-filters"),
]


def refused(broker: EmbeddedInThread) -> dict[str, int]:
    engine = broker.broker._engine
    assert engine is not None
    return broker.call(lambda: dict(engine.guard.refused))


@pytest.mark.parametrize("sent", [*BAD, *MORE])
def test_bad_packet_ends_its_connection_unanswered_with_its_will_and_harms_nobody(
    closed: EmbeddedInThread, neighbours: Neighbours, sent: bytes
) -> None:
    with closing(entered(closed, "ada", "one", "car", WILL)) as car:
        # The broker need not read a packet to its end.
        with contextlib.suppress(ConnectionError):
            car.sendall(sent)

        neighbours.are_served()
        assert answer(car) == b""

    eventually(lambda: not is_served(closed, "car"))
    neighbours.are_served()
    assert neighbours.heard == [Got(OWN, b"lost")]
    assert not is_served(closed, "other")
    splitter = Splitter()
    splitter.feed(sent)
    assert splitter.error is not None
    assert refused(closed) == {f"bad packet: {splitter.error.fault}": 1}


def test_bad_packets_of_all_clients_are_logged_in_one_line_a_minute(
    closed: EmbeddedInThread, caplog: pytest.LogCaptureFixture
) -> None:
    """A broken client tries again at once, for a whole race."""
    caplog.set_level(logging.INFO)
    engine = closed.broker._engine
    assert engine is not None
    for number in range(50):
        with closing(entered(closed, "ada", "one", f"car-{number}\n")) as car:
            car.sendall(packet(0x30 + number % 2 * 6, b"\0\0"))
            assert answer(car) == b""
    eventually(lambda: sum(refused(closed).values()) == 50)

    # The broker's own watch may have said the first of them.
    closed.call(lambda: engine.sweep(closed.loop.time()))
    closed.call(lambda: engine.sweep(closed.loop.time() + REPEAT_AFTER_S))

    assert refused(closed) == {"bad packet: topic": 25, "bad packet: QoS": 25}
    start = "connections closed reason=bad packet count="
    counts = [int(line.removeprefix(start).split()[0]) for line in caplog.messages]
    assert sum(counts) == 50
    assert len(counts) <= 2
    told = "client='car-0?' address='127.0.0.1' error='topic of a message [3.3.2.1]'"
    assert caplog.messages[0].endswith(told)
