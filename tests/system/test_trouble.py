"""Troubles that a connection which stands does not show, on real brokers."""

import getpass
import logging
import os
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from pitboard import monitoring
from pitboard.broker import EmbeddedBroker
from pitboard.broker.users import Role, Users, new_user
from pitboard.contract.urls import BrokerUrl
from pitboard.options import BrokerAccess
from pitboard.publisher.echo import Trouble
from pitboard.publisher.link import Credentials, LinkSettings
from pitboard.publisher.monitor import Runner
from tests.broker.clients import Messages
from tests.brokers import TIMEOUT_S, EmbeddedInThread, Mosquitto, has_mosquitto
from tests.system.monitors import monitoring_car, running
from tests.waiting import eventually

Broker = EmbeddedInThread | Mosquitto


def said(caplog: pytest.LogCaptureFixture, trouble: Trouble) -> int:
    """How many lines of the log tell the trouble."""
    return sum(trouble.value in line for line in caplog.messages)


def test_two_monitors_of_one_name_are_told_of_each_other(
    broker: Broker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each connection ends the other one, for ever and with a fine log on both sides."""
    retry = monitoring.Retry(delay_initial_s=1.0, jitter=0.0)
    with ExitStack() as stack:
        for name in "ab":
            car = monitoring_car(broker.url, tmp_path / name, retry=retry)
            stack.enter_context(car)

        eventually(lambda: said(caplog, Trouble.TWIN) == 2)

        # Both ask slowly from then on, so the log stays as it is.
        assert "Session spa24, monitor pc-1" in caplog.text


def test_monitors_of_two_users_with_the_same_ids_are_told_of_each_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where a client id is its user's, neither ends the other's connection."""
    users = [new_user(Role.MONITOR, name, name=name, session_id="spa24") for name in ("ada", "eve")]

    def monitor(name: str) -> Runner:
        login = LinkSettings(credentials=Credentials(name, name))
        access = BrokerAccess([BrokerUrl.parse(broker.url)], login)
        folder = tmp_path / name
        choice = monitoring.Choice(session_id="spa24", monitor_id="pc-1", state_dir=folder)
        return monitoring.build(access, choice)

    with (
        EmbeddedInThread(lambda: EmbeddedBroker(port=0, users=Users(users=tuple(users)))) as broker,
        running(monitor("ada")) as first,
    ):
        assert first.announced.wait(TIMEOUT_S)
        with running(monitor("eve")) as second:
            assert second.announced.wait(TIMEOUT_S)
            eventually(lambda: said(caplog, Trouble.TWIN) == 2)

    assert "Disconnected" not in caplog.text


def allow(folder: Path, session_id: str) -> Path:
    """Write rules that let everybody use the session and nothing else."""
    rules = folder / "acl"
    rules.write_text(f"topic readwrite pitboard/v1/{session_id}/#\n")
    rules.chmod(0o600)
    return rules


def test_monitor_that_may_not_publish_says_so_once_and_goes_on_when_it_may(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A broker acknowledges what its rules forbid, and the crew would see nothing."""
    if not has_mosquitto():
        pytest.skip("mosquitto is not installed")
    caplog.set_level(logging.INFO)
    rules = f"user {getpass.getuser()}\nacl_file {allow(tmp_path, 'monza-7')}\n"
    with Mosquitto(settings=rules) as broker, monitoring_car(broker.url, tmp_path / "state"):
        eventually(lambda: said(caplog, Trouble.UNHEARD) == 1)
        allow(tmp_path, "spa24")
        os.kill(broker.pid, signal.SIGHUP)

        eventually(lambda: "that trouble is over" in caplog.text, 2 * TIMEOUT_S)
        reader = Messages(broker)
        reader.subscribe("pitboard/v1/spa24/pc-1/setup", qos=1)
        assert reader.next().topic.endswith("/setup")
        reader.close()

    assert said(caplog, Trouble.UNHEARD) == 1
