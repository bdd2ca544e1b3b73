import logging
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from pitboard.broker import EmbeddedBroker, retained
from pitboard.broker.expiry import KEEP_S
from pitboard.broker.store import Kept, Store
from pitboard.contract.log_lines import REPEAT_AFTER_S
from tests.broker.clients import Got, messages
from tests.broker.conformance.line import Line
from tests.broker.neighbours import FOREIGN, OWN, Neighbours
from tests.brokers import TIMEOUT_S, EmbeddedInThread, free_port
from tests.cli.running import Pitboard
from tests.waiting import eventually


@dataclass
class Address:
    port: int
    host: str = "127.0.0.1"


VALUES = [Kept("a/b", b"\0\xff", 1), Kept("c", b"x" * 100_000, 0)]


def kept_in(path: Path) -> EmbeddedInThread:
    return EmbeddedInThread(lambda: EmbeddedBroker(port=0, store=Store(path)))


def test_values_come_back(tmp_path: Path) -> None:
    store = Store(tmp_path / "new" / "file")

    assert store.load() == []
    assert store.save(VALUES)
    assert Store(tmp_path / "new" / "file").load() == VALUES


@pytest.mark.parametrize("data", [b"", b"garbage", b"\x00" * 100, b"\x91\x93"])
def test_damaged_file_is_set_aside(
    tmp_path: Path, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)

    assert Store(path).load() == []

    assert (tmp_path / "file.damaged").read_bytes() == data
    assert "set aside" in caplog.text


def test_full_disk_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = Store(tmp_path / "file")
    (tmp_path / "file.new").mkdir()
    for _ in range(3):
        assert not store.save(VALUES)
    assert caplog.text.count("not saved") == 1

    (tmp_path / "file.new").rmdir()

    assert store.save(VALUES)


def test_retained_values_survive_a_restart_and_cleared_ones_do_not(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with kept_in(path) as broker, messages(broker) as client:
        client.publish("a/setup", b"1", retain=True)
        client.publish("a/gone", b"1", retain=True)
        client.publish("a/gone", b"", retain=True)
        client.publish("a/live", b"1")

    with kept_in(path) as broker, messages(broker) as client:
        client.subscribe("a/#")

        assert client.next() == Got("a/setup", b"1", retain=True)
        client.publish("a/end", b"")
        assert client.until("a/end") == []


def test_values_are_on_disk_soon_without_a_stop(tmp_path: Path) -> None:
    """After a kill -9 there is no goodbye in which to save."""
    path = tmp_path / "file"
    with kept_in(path) as broker, messages(broker) as client:
        client.publish("a/setup", b"1", retain=True)

        eventually(lambda: Store(path).load() == [Kept("a/setup", b"1", 1)])


def test_session_that_stays_silent_after_a_restart_is_dropped_too(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert Store(path).save([Kept("pitboard/v1/old/pc/setup", b"{}", 1), Kept("other", b"on", 1)])
    now_s = [0.0]

    def make() -> EmbeddedBroker:
        store = Store(path)
        return EmbeddedBroker(port=0, store=store, clock=lambda: now_s[0], sweep_every_s=0.01)

    with EmbeddedInThread(make) as broker, messages(broker) as watcher:
        watcher.subscribe("#")
        assert {watcher.next().topic for _ in range(2)} == {"pitboard/v1/old/pc/setup", "other"}
        now_s[0] = KEEP_S

        assert watcher.next() == Got("pitboard/v1/old/pc/setup", b"")
        eventually(lambda: Store(path).load() == [Kept("other", b"on", 1)])


@pytest.mark.anyio
async def test_broker_with_a_full_store_stops_within_two_seconds(tmp_path: Path) -> None:
    path = tmp_path / "file"
    data = bytes(retained.ALL_BYTES // retained.ALL_VALUES - 100)
    async with EmbeddedBroker(port=0, store=Store(path)) as broker:
        engine = broker._engine
        assert engine is not None
        for number in range(retained.ALL_VALUES):
            engine.publish(f"pitboard/v1/s{number % 50}/{number}", data, qos=1, retain=True)
        began_s = time.monotonic()

    assert time.monotonic() - began_s < 0.2 * TIMEOUT_S
    assert engine.unkept.count == 0
    assert len(Store(path).load()) == retained.ALL_VALUES


def test_value_without_room_is_delivered_and_not_kept_and_logged_once_a_minute(
    closed: EmbeddedInThread,
    neighbours: Neighbours,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Who fills his session takes no room of the others."""
    monkeypatch.setattr(retained, "SESSION_VALUES", 2)
    caplog.set_level(logging.WARNING)
    engine = closed.broker._engine
    assert engine is not None
    topics = [f"{OWN}/{number}" for number in range(5)]
    with Line(closed, "car", login=("ada", "one")) as car:
        for topic in topics:
            car.publish(topic, b"x", 1, retain=True)
    with Line(closed, "other", login=("eve", "two")) as other:
        other.publish(FOREIGN, b"x", 1, retain=True)

    neighbours.are_served()
    assert neighbours.heard == [Got(topic, b"x") for topic in (*topics, FOREIGN)]
    with Line(closed, "late", login=("bridge", "three")) as late:
        late.subscribe(("pitboard/v1/#", 0))
        assert {got.topic for got in late.rest()} == {*topics[:2], FOREIGN}
    closed.call(lambda: engine.sweep(closed.loop.time()))
    closed.call(lambda: engine.sweep(closed.loop.time() + REPEAT_AFTER_S))
    start = "values not kept reason=no room for more retained values count="
    counts = [int(line.removeprefix(start).split()[0]) for line in caplog.messages]
    assert sum(counts) == 3
    assert len(counts) <= 2


@pytest.mark.parametrize(
    "arguments",
    [("broker", "--port"), ("up", "--http-port", "0", "--mqtt-port")],
    ids=["broker", "up"],
)
def test_retained_values_survive_a_restart_of_the_command(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    address = Address(port=free_port())
    command = (*arguments, str(address.port), "--state-dir", str(tmp_path / "state"))
    with Pitboard(tmp_path, *command) as running:
        running.out.line("mqtt://")
        with messages(address) as client:
            client.publish("pitboard/v1/spa24/pc/setup", b"{}", retain=True)
        assert running.interrupt() == 130

    with Pitboard(tmp_path, *command) as running:
        running.out.line("mqtt://")
        with messages(address) as client:
            client.subscribe("#")
            assert client.next() == Got("pitboard/v1/spa24/pc/setup", b"{}", retain=True)
        assert running.interrupt() == 130


def test_unchanged_values_are_not_written_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    path = tmp_path / "file"
    Store(path).save(VALUES)
    before = path.stat().st_ino

    with kept_in(path):
        pass

    assert path.stat().st_ino == before
