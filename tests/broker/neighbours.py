"""A healthy pair beside whatever a test sends, on a broker with or without the test's users."""

import time
from contextlib import ExitStack
from typing import Self

from pitboard.broker.users import Role, Users, new_user
from tests.broker.clients import Address, Got
from tests.broker.conformance.line import Line
from tests.brokers import TIMEOUT_S, EmbeddedInThread

FRESH_S = 0.1 * TIMEOUT_S
"""How long the healthy pair may wait for fresh data."""

OWN = "pitboard/v1/spa24/pc-1/status"
FOREIGN = "pitboard/v1/monza-7/pc-1/status"
WILL = Got(OWN, b"lost", retain=True, qos=1)

_TOPIC = "pitboard/v1/monza-7/pc-1/telemetry"


def users() -> Users:
    """Of these tests: two cars, a bridge and an admin."""
    return Users(
        users=(
            new_user(Role.MONITOR, "one", name="ada", session_id="spa24"),
            new_user(Role.MONITOR, "two", name="eve", session_id="monza-7"),
            new_user(Role.BRIDGE, "three", name="bridge"),
            new_user(Role.ADMIN, "four", name="boss"),
        )
    )


class Neighbours:
    """A car that publishes and a bridge that reads every session.

    Attributes:
        heard: What the bridge got of others than the car, in order.
    """

    def __init__(self, broker: Address) -> None:
        self.heard: list[Got] = []
        self._broker = broker
        self._stack = ExitStack()
        self._sent = 0

    def are_served(self) -> None:
        """Assert that what the car publishes reaches the bridge within a second."""
        self._sent += 1
        fresh = Got(_TOPIC, b"%d" % self._sent)
        began_s = time.monotonic()
        self._car.publish(*fresh[:2])
        while (got := self._bridge.next()) != fresh:
            self.heard.append(got)
        assert time.monotonic() - began_s < FRESH_S

    def __enter__(self) -> Self:
        enter = self._stack.enter_context
        self._car = enter(Line(self._broker, "healthy-car", login=("eve", "two")))
        self._bridge = enter(Line(self._broker, "healthy-bridge", login=("bridge", "three")))
        assert self._bridge.subscribe(("pitboard/v1/#", 0)) == [0]
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stack.close()


def is_served(broker: EmbeddedInThread, client_id: str) -> bool:
    """Whether a connection has this client id, up to the last that follows from its end."""
    engine = broker.broker._engine
    assert engine is not None
    return broker.call(
        lambda: any(guest.client_id == client_id for guest, _ in engine._serving.values())
    )
