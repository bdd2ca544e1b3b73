"""The repository's mosquitto.conf with the mosquitto of this machine."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker.clients import Got, messages
from tests.brokers import CONF, Mosquitto, has_mosquitto, open_folder

SETUP = "pitboard/v1/spa24/pc-1/setup"

needs_mosquitto = pytest.mark.skipif(not has_mosquitto(), reason="mosquitto is not installed")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start it as another user")


def settings() -> list[str]:
    return [line for line in CONF.read_text().splitlines() if line and not line.startswith("#")]


def test_store_is_saved_by_time_and_never_by_change() -> None:
    assert "autosave_interval 60" in settings()
    assert "autosave_on_changes false" in settings()


def test_anonymous_access_is_for_loopback_only() -> None:
    assert [line for line in settings() if line.startswith("listener")] == [
        "listener 1883 127.0.0.1"
    ]
    assert "allow_anonymous true" in settings()


def test_store_is_not_in_a_folder_where_everybody_may_write() -> None:
    """mosquitto 2.0.11 crashes when it may not replace another user's file in one."""
    (location,) = [line for line in settings() if line.startswith("persistence_location ")]

    assert not re.search(r" /(var/)?tmp", location)


def test_every_setting_has_its_reason_above_it() -> None:
    blocks = CONF.read_text().split("\n\n")

    for block in blocks:
        lines = block.splitlines()
        if any(not line.startswith("#") for line in lines):
            assert lines[0].startswith("# "), block


@needs_mosquitto
def test_retained_values_survive_a_restart(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker:
        with messages(broker) as publisher:
            publisher.publish(SETUP, b"v1", retain=True)
        assert broker.stop() == 0

        broker.start()

        with messages(broker) as reader:
            reader.subscribe("pitboard/v1/#")
            assert reader.next() == Got(SETUP, b"v1", retain=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as name:
        yield Path(name)


@needs_mosquitto
@needs_root
def test_retained_values_survive_a_restart_when_root_starts_it(folder: Path) -> None:
    """mosquitto leaves root for the user mosquitto, who owns Debian's folder."""
    shutil.chown(folder, "mosquitto")

    with Mosquitto(folder, settings="") as broker:
        with messages(broker) as publisher:
            publisher.publish(SETUP, b"v1", retain=True)
        assert broker.stop() == 0
        (store,) = folder.glob("*.db")
        assert store.owner() == "mosquitto"

        broker.start()

        with messages(broker) as reader:
            reader.subscribe("pitboard/v1/#")
            assert reader.next() == Got(SETUP, b"v1", retain=True)


@needs_mosquitto
@needs_root
def test_broker_serves_when_the_store_cannot_be_written(folder: Path) -> None:
    """An ordinary user has no right to Debian's folder."""
    with Mosquitto(folder, settings="user nobody\n") as broker:
        with messages(broker) as client:
            client.publish(SETUP, b"v1", retain=True)
            client.subscribe("#")
            assert client.next() == Got(SETUP, b"v1", retain=True)
        assert broker.stop() == 0
        assert "Permission denied" in broker.log


@needs_mosquitto
def test_packet_above_256_kib_is_refused_and_one_of_240_kib_passes() -> None:
    with Mosquitto() as broker:
        with messages(broker) as client:
            client.subscribe(SETUP)
            client.publish(SETUP, bytes(240 * 1024))
            assert len(client.next().payload) == 240 * 1024
        with messages(broker) as client:
            client.client.publish(SETUP, bytes(262_144), qos=0)

            assert client.disconnected.wait(10)


@needs_mosquitto
def test_reader_of_everything_gets_three_thousand_retained_values() -> None:
    """mosquitto's own limits drop two thirds of them."""
    with Mosquitto() as broker, messages(broker) as publisher, messages(broker) as reader:
        for number in range(3000):
            publisher.client.publish(f"pitboard/v1/s{number}/pc/laps/0", bytes(500), 1, True)
        publisher.publish("end", b"")

        reader.subscribe("pitboard/v1/#", qos=1)

        assert len({reader.next().topic for _ in range(3000)}) == 3000


@needs_mosquitto
@pytest.mark.anyio
async def test_mosquitto_can_be_started_from_async_tests() -> None:
    async with Mosquitto() as broker:
        assert broker.url == f"mqtt://127.0.0.1:{broker.port}"
