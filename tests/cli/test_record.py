import errno
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pitboard.contract.backoff import Backoff
from pitboard.contract.errors import LinkLost, SettingsError
from pitboard.contract.topics import Channel
from pitboard.publisher.events import Received
from pitboard.publisher.sources.recorded_session import RecordedSession
from pitboard.record import Recorded, record
from pitboard.tape import OPENING_QUIET_S, OPENING_WITHIN_S, Entry, Tape
from tests.brokers import TIMEOUT_S, EmbeddedInThread, Mosquitto, free_port, has_mosquitto
from tests.cli.car import SESSION, Car, access_to, payload, telemetry, topic
from tests.waiting import eventually

Broker = EmbeddedInThread | Mosquitto


def quick() -> Backoff:
    return Backoff(0.05, 0.05, 0, lambda: 0.5)


def lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    whole = [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
    return [msgspec.json.decode(line) for line in whole]


def frame(seq: int = 1, birth: int = 1) -> bytes:
    return payload(Channel.TELEMETRY, birth=birth, seq=seq, telemetry=telemetry())


def status(state: str, seq: int, birth: int = 1) -> bytes:
    return payload(Channel.STATUS, birth=birth, seq=seq, state=state)


class Recording:
    """A `record` at work in a thread."""

    def __init__(self, url: str, path: Path, progress: io.StringIO | None = None) -> None:
        self.result: Recorded | None = None
        self._stop = threading.Event()
        self._call = (access_to(url), SESSION, path)
        self._progress = progress
        self.thread = threading.Thread(target=self._run)

    def stop(self) -> None:
        self._stop.set()
        self.thread.join(TIMEOUT_S)
        assert not self.thread.is_alive()

    def _run(self) -> None:
        self.result = record(*self._call, stop=self._stop, backoff=quick(), progress=self._progress)


@contextmanager
def recording(url: str, path: Path, progress: io.StringIO | None = None) -> Iterator[Recording]:
    running = Recording(url, path, progress)
    running.thread.start()
    try:
        yield running
    finally:
        running.stop()


def opened_tape() -> Tape:
    tape = Tape()
    tape.subscribed(0.0)
    tape.tick(OPENING_WITHIN_S)
    return tape


def test_tape_gives_the_retained_state_before_what_overtook_it() -> None:
    """A replay must begin with the whole picture."""
    tape = Tape()
    tape.subscribed(0.0)
    live = Received(topic("telemetry"), frame(2), retained=False)
    held = Received(topic("status"), status("online", 1), retained=True)

    assert tape.take(live, 0.01) == tape.take(held, 0.02) == []

    assert tape.tick(0.02 + OPENING_QUIET_S) == [
        Entry(held.topic, held.payload),
        Entry(live.topic, live.payload),
    ]


def test_tape_does_not_wait_for_ever_for_a_quiet_moment() -> None:
    tape = Tape()
    tape.subscribed(0.0)

    entries = [
        entry
        for n in range(1, 60)
        for entry in tape.take(Received(topic("status"), status("idle", n), True), n * 0.05)
    ]

    assert len(entries) == 59


def test_tape_waits_for_the_subscription() -> None:
    tape = Tape()

    assert tape.take(Received(topic("telemetry"), frame(), retained=True), 0.0) == []
    assert tape.tick(1000.0) == []


@pytest.mark.parametrize(
    ("before", "replayed", "is_written"),
    [
        pytest.param([frame(4)], frame(4), False, id="same"),
        pytest.param([frame(5)], frame(4), False, id="older"),
        pytest.param([frame(4)], frame(5), True, id="newer"),
        pytest.param([frame(9)], frame(1, birth=2), True, id="newer birth"),
        pytest.param([], frame(1), True, id="first"),
        pytest.param([b""], frame(1), True, id="after a clear"),
        pytest.param([frame(4), b""], frame(4), True, id="again after a clear"),
    ],
)
def test_tape_skips_what_the_broker_only_repeats(
    before: list[bytes], replayed: bytes, is_written: bool
) -> None:
    tape = opened_tape()
    for data in before:
        tape.take(Received(topic("telemetry"), data, retained=False), 5.0)

    entries = tape.take(Received(topic("telemetry"), replayed, retained=True), 9.0)

    assert bool(entries) is is_written


def test_tape_takes_a_will_that_was_spoken_while_the_broker_was_away_once() -> None:
    """A will has seq 0: by order alone it would look like something old."""
    tape = opened_tape()
    tape.take(Received(topic("status"), status("online", 7), retained=False), 5.0)
    will = Received(topic("status"), status("lost", 0), retained=True)
    late = Received(topic("status"), status("lost", 0, birth=0), retained=True)

    assert tape.take(will, 6.0) == [Entry(will.topic, will.payload)]
    assert tape.take(will, 7.0) == []
    assert tape.take(late, 8.0) == []


def test_tape_counts_bad_messages_and_warns_once_a_cause(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tape = opened_tape()

    for _ in range(3):
        assert tape.take(Received(topic("telemetry"), b"\x1b[2J", retained=False), 5.0) == []
    tape.take(Received("pitboard/v1/spa24/pc-1/other", b"{}", retained=False), 5.0)

    assert tape.skipped == {"malformed": 3, "topic": 1}
    assert len(caplog.records) == 2
    assert "\x1b" not in caplog.text


def test_record_writes_the_retained_state_then_what_comes(
    broker: Broker, car: Car, tmp_path: Path
) -> None:
    path = tmp_path / "race.jsonl"
    car.say(Channel.STATUS, state="online")
    car.say(Channel.META, units={}, car="Porsche")

    with recording(broker.url, path) as running:
        eventually(lambda: len(lines(path)) == 2)
        car.say(Channel.TELEMETRY, seq=1, retain=False, telemetry=telemetry())
        eventually(lambda: len(lines(path)) == 3)
        car.send(topic("meta"), b"")
        eventually(lambda: len(lines(path)) == 4)

    written = lines(path)
    assert {line["topic"] for line in written[:2]} == {topic("status"), topic("meta")}
    assert written[2]["payload"]["telemetry"]["fuel"] == 42.3
    assert written[3]["payload"] is None
    assert [line["t"] for line in written] == sorted(line["t"] for line in written)
    assert running.result is not None
    assert running.result.messages == 4


def test_record_leaves_bad_messages_out(broker: Broker, car: Car, tmp_path: Path) -> None:
    path = tmp_path / "race.jsonl"
    car.send(topic("meta"), b"not json")
    car.say(Channel.STATUS, state="online")

    with recording(broker.url, path) as running:
        eventually(lambda: len(lines(path)) == 1)

    assert running.result is not None
    assert (running.result.messages, running.result.skipped) == (1, 1)


def test_recording_can_be_replayed(broker: Broker, car: Car, tmp_path: Path) -> None:
    path = tmp_path / "race.jsonl"
    car.say(Channel.STATUS, state="online", in_control=True)
    car.say(Channel.TELEMETRY, telemetry=telemetry(fuel=33.0))
    with recording(broker.url, path):
        eventually(lambda: len(lines(path)) == 2)
        car.say(Channel.TELEMETRY, seq=2, telemetry=telemetry(fuel=32.0))
        eventually(lambda: len(lines(path)) == 3)

    source = RecordedSession(path)
    samples = list(source.samples(3600.0))
    source.close()

    assert samples[-1].telemetry.fuel == 32.0


def test_record_refuses_to_overwrite(tmp_path: Path) -> None:
    path = tmp_path / "race.jsonl"
    path.write_text("the only copy")

    with pytest.raises(SettingsError, match="-o"):
        record(access_to("mqtt://127.0.0.1"), SESSION, path, stop=threading.Event())

    assert path.read_text() == "the only copy"


def test_record_in_a_missing_folder_says_so(broker: Broker, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        record(
            access_to(broker.url), SESSION, tmp_path / "no" / "race.jsonl", stop=threading.Event()
        )


def test_record_says_that_the_disk_is_full(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pitboard.publisher.recording.RecordingWriter.flush", fail)

    with pytest.raises(SettingsError, match="No space left on device"):
        record(access_to(broker.url), SESSION, tmp_path / "race.jsonl", stop=threading.Event())


def test_record_without_a_broker_leaves_no_file(tmp_path: Path) -> None:
    """An empty file would stand in the way of the next attempt."""
    path = tmp_path / "race.jsonl"

    with pytest.raises(LinkLost, match="refused"):
        record(access_to(f"mqtt://127.0.0.1:{free_port()}"), SESSION, path, stop=threading.Event())

    assert not path.exists()


@pytest.mark.skipif(not has_mosquitto(), reason="mosquitto is not installed")
def test_record_goes_on_after_an_outage_and_writes_nothing_twice(tmp_path: Path) -> None:
    path = tmp_path / "race.jsonl"
    with Mosquitto() as broker, Car(broker.url) as car:
        car.say(Channel.STATUS, state="online")
        with recording(broker.url, path):
            eventually(lambda: len(lines(path)) == 1)
            broker.stop()
            broker.start()
            with Car(broker.url) as again:
                again.say(Channel.META, units={})
                eventually(lambda: len(lines(path)) == 2)

    assert [line["topic"] for line in lines(path)] == [topic("status"), topic("meta")]


def test_record_shows_its_progress_in_one_line(broker: Broker, tmp_path: Path) -> None:
    progress = io.StringIO()

    with recording(broker.url, tmp_path / "race.jsonl", progress):
        eventually(lambda: "spa24: 0 messages" in progress.getvalue())

    assert progress.getvalue().startswith("\r")
    assert progress.getvalue().endswith("\n")
