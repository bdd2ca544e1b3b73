"""The monitor's connection in front of real ports: whom it tries, and what it says."""

import getpass
import logging
import socket
from collections.abc import Sequence
from dataclasses import replace
from queue import SimpleQueue

import pytest

from pitboard.contract.backoff import Backoff
from pitboard.contract.dialer import Dialer
from pitboard.contract.topics import Topic
from pitboard.contract.urls import BrokerUrl
from pitboard.publisher.composer import Send
from pitboard.publisher.connection import Connection
from pitboard.publisher.delivery import Answer, AtOnce, InTurn
from pitboard.publisher.events import Acked, Connected, Ended, LinkEvent
from pitboard.publisher.link import Credentials, LinkSettings, Tagged
from tests.broker.conformance.line import Line as Packets
from tests.brokers import TIMEOUT_S, EmbeddedInThread, Mosquitto, free_port, has_mosquitto
from tests.fakes import FakeClock

WILL = Send(Topic.parse("pitboard/v1/spa24/pc-1/status"), b"{}", qos=1, retain=True)
SETUP = replace(WILL, topic=Topic.parse("pitboard/v1/spa24/pc-1/setup"))


class Line:
    """A connection whose waits pass at once."""

    def __init__(
        self,
        urls: Sequence[str | BrokerUrl],
        credentials: Credentials | None = None,
        delivery: type[AtOnce] | type[InTurn] = AtOnce,
    ) -> None:
        self.clock = FakeClock()
        self._events: SimpleQueue[Tagged] = SimpleQueue()
        parsed = [BrokerUrl.parse(url) if isinstance(url, str) else url for url in urls]
        self.connection = Connection(
            Dialer(parsed, Backoff(jitter=0)),
            LinkSettings(credentials),
            client_id="pb-spa24-pc-1",
            events=self._events,
            clock=self.clock,
            delivery=delivery,
        )

    def dial(self) -> LinkEvent:
        """Wait until it is time, connect, and hand the outcome to the connection."""
        if (due_s := self.connection.deadline_s) is not None:
            self.clock.advance(max(due_s - self.clock.monotonic_s(), 0))
        assert self.connection.is_due
        self.connection.open(WILL)
        event = self._next()
        if isinstance(event, Ended):
            self.connection.ended(event)
        elif isinstance(event, Connected):
            self.connection.connected()
        return event

    def acked(self) -> int:
        """The number of the message that the broker acknowledges next; nobody is told."""
        event = self._next()
        assert isinstance(event, Acked)
        return event.mid

    def _next(self) -> LinkEvent:
        while True:
            tagged = self._events.get(timeout=TIMEOUT_S)
            if self.connection.owns(tagged.link):
                return tagged.event

    @property
    def wait_s(self) -> float:
        """How long until the next attempt."""
        assert self.connection.deadline_s is not None
        return self.connection.deadline_s - self.clock.monotonic_s()


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The monitor's lines of the log."""
    return [line for line in caplog.messages if line.startswith("[Publisher]")]


def test_refused_password_is_said_once_and_tried_slowly(caplog: pytest.LogCaptureFixture) -> None:
    if not has_mosquitto():
        pytest.skip("mosquitto is not installed")
    closed = f"user {getpass.getuser()}\nallow_anonymous false\n"
    with Mosquitto(settings=closed) as broker:
        line = Line([broker.url], Credentials("ada", "wrong"))
        caplog.set_level(logging.INFO)
        for _ in range(3):
            event = line.dial()
            assert isinstance(event, Ended)
            assert event.is_refused
            assert line.wait_s == 30

    assert said(caplog) == [
        f"[Publisher] The broker {broker.url} does not accept this user and password for the "
        "session (Not authorized): set PITBOARD_USERNAME and PITBOARD_PASSWORD, or --session; "
        "trying again every 30 s"
    ]


def test_second_broker_is_tried_at_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with EmbeddedInThread() as broker:
        line = Line([f"mqtt://127.0.0.1:{free_port()}", broker.url])

        assert isinstance(line.dial(), Ended)
        assert line.wait_s == 0
        assert isinstance(line.dial(), Connected)
        line.connection.close()

    assert said(caplog) == [
        "[Publisher] Connection failed (attempt 1): Connection refused",
        f"[Publisher] Connected to {broker.url}",
    ]


def test_host_that_no_name_service_can_hold_is_a_failure_like_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An error of another kind must not end the attempts."""
    line = Line([BrokerUrl("a" * 70, 1883, is_encrypted=False)])

    assert isinstance(line.dial(), Ended)

    assert line.wait_s == 1
    assert "(attempt 1)" in caplog.text


def test_trust_store_that_cannot_be_read_is_a_failure_like_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(**_: object) -> None:
        raise OSError(13, "Permission denied")

    monkeypatch.setattr("ssl.create_default_context", refuse)
    line = Line(["mqtts://127.0.0.1"])

    assert line.dial() == Ended("Permission denied")
    assert line.wait_s == 1


def test_session_that_the_user_may_not_read_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with EmbeddedInThread() as broker:
        line = Line([broker.url])
        for _ in range(2):
            assert isinstance(line.dial(), Connected)
            line.connection.forbid()
            assert line.wait_s == 30

    refusals = [text for text in said(caplog) if "does not let this user" in text]
    assert len(refusals) == 1


def test_peer_that_takes_connections_and_says_nothing_is_left_in_time() -> None:
    """paho waits for the keepalive, which may be minutes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        line = Line([f"mqtt://127.0.0.1:{server.getsockname()[1]}"])
        line.connection.open(WILL)
        assert line.wait_s == LinkSettings().connection_timeout_s
        line.clock.advance(line.wait_s)

        assert line.connection.is_overdue
        line.connection.abandon()
        assert line.wait_s == 1


def test_message_is_late_by_its_own_time_not_by_those_before_it() -> None:
    """A queue that moves is a slow line; a broker that stops is one that may have dropped it."""
    with EmbeddedInThread() as broker:
        line = Line([broker.url])
        assert isinstance(line.dial(), Connected)
        line.connection.apply([WILL] * 3)
        mids = [line.acked() for _ in range(3)]

        late = []
        for mid, after_s in zip(mids, (1.5, 1.5, 4.0), strict=True):
            line.clock.advance(after_s)
            late.append(line.connection.answered(mid).is_late)

        assert late == [False, False, True]
        assert line.connection.answered(mids[-1]) == Answer()
        line.connection.close()


def test_queue_that_moves_is_not_overdue_however_long_it_is() -> None:
    """After an outage a slow line needs minutes for the laps of hours."""
    with EmbeddedInThread() as broker:
        line = Line([broker.url])
        assert isinstance(line.dial(), Connected)
        line.connection.apply([WILL] * 3)
        mids = [line.acked() for _ in range(3)]

        for mid in mids:
            line.clock.advance(4)
            assert not line.connection.is_overdue
            line.connection.answered(mid)
        assert line.connection.owed_since_s is None

        line.connection.apply([WILL])
        line.clock.advance(5)
        assert line.connection.is_overdue
        line.connection.close()


def test_connection_has_something_answered_once_a_second_while_frames_go_out() -> None:
    """Frames are not acknowledged, and a frozen broker would be found out by a heartbeat only."""
    frame = Send(Topic.parse("pitboard/v1/spa24/pc-1/telemetry"), b"{}", qos=0, retain=False)
    with EmbeddedInThread() as broker:
        line = Line([broker.url])
        line.dial()
        before = line.connection.owed_since_s

        line.connection.apply([frame, frame])
        assert (before, line.connection.owed_since_s) == (None, line.clock.monotonic_s())
        line.clock.advance(2.5)
        while line.connection.owed_since_s is not None:
            answer = line.connection.answered(line.acked())
            assert not answer.is_late, "it says nothing of what is stored"
        line.connection.apply([frame])
        line.clock.advance(4.9)
        early = line.connection.is_overdue
        line.clock.advance(0.1)
        assert (early, line.connection.is_overdue) == (False, True)

        line.connection.close()


@pytest.mark.parametrize("make", [EmbeddedInThread, Mosquitto])
def test_value_is_kept_once_the_question_after_it_is_answered(
    make: type[EmbeddedInThread] | type[Mosquitto],
) -> None:
    if make is Mosquitto and not has_mosquitto():
        pytest.skip("mosquitto is not installed")
    values = [replace(SETUP, payload=b"%d" % number) for number in range(40)]
    with make() as broker:
        line = Line([broker.url], delivery=InTurn)
        line.dial()
        line.connection.apply(values)
        while line.connection.owed_since_s is not None:
            line.connection.answered(line.acked())
        line.connection.cut()

        with Packets(broker) as newcomer:
            newcomer.subscribe((str(SETUP.topic), 0))
            kept = [got.payload for got in newcomer.rest() if got.retain]

    assert kept == [b"39"]
