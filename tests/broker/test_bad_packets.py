"""Packets that break the protocol, from a car that was let in: they end its connection alone."""

import contextlib
from contextlib import closing

import pytest

from pitboard.broker.packets import MAX_PACKET_BYTES
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
