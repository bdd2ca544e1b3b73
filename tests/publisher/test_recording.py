"""pitboard's own recording: written line by line, played as its readers would have seen it."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from pitboard.contract.errors import SettingsError
from pitboard.contract.messages import LAP_COLUMNS, LapRow, LapSummary
from pitboard.contract.quantities import WheelPercents, WheelTexts
from pitboard.publisher.lap_rows import row_of, summary_of
from pitboard.publisher.recording import RecordingWriter
from pitboard.publisher.source import Sample
from pitboard.publisher.sources import RecordedSession, open_source

T0 = 1_781_376_000.0
STAMP = "2026-06-13T18:42:07.512Z"


class Script:
    """A recording in the making: each call is one received message."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: list[str] = []
        self._seq = 0

    def put(self, t: float, channel: str, monitor: str = "pc-1", **content: Any) -> None:
        self._seq += 1
        payload = {
            "v": 1,
            "session_id": "spa24",
            "monitor_id": monitor,
            "birth": 1,
            "seq": self._seq,
            "timestamp": STAMP,
            **content,
        }
        topic = f"pitboard/v1/spa24/{monitor}/{channel}"
        self.lines.append(json.dumps({"t": T0 + t, "topic": topic, "payload": payload}))

    def status(self, t: float, state: str = "online", monitor: str = "pc-1", **more: Any) -> None:
        self.put(t, "status", monitor, state=state, **more)

    def frame(self, t: float, lap: int, monitor: str = "pc-1", **more: Any) -> None:
        telemetry = {"lap": lap, "fuel": 50.0, "position": 3, **more}
        self.put(t, "telemetry", monitor, telemetry=telemetry)

    def lap(self, t: float, lap: int, monitor: str = "pc-1", run: int = 1, minute: int = 0) -> None:
        summary = {"run": run, "lap": lap, "finished_at": finished(minute or lap)}
        self.put(t, "lap", monitor, lap_summary=summary)

    def table(self, t: float, laps: list[int], monitor: str = "pc-1") -> None:
        rows = [[1, lap, finished(lap), 100.0] for lap in laps]
        columns = ["run", "lap", "finished_at", "lap_time"]
        self.put(t, "laps/0", monitor, first=0, columns=columns, rows=rows)

    def open(self, sample_hz: float | None = None) -> RecordedSession:
        self.path.write_text("".join(f"{line}\n" for line in self.lines))
        return RecordedSession(self.path, sample_hz)

    def play(self) -> list[Sample]:
        source = self.open()
        samples = list(source.samples(1e6))
        source.close()
        return samples


def finished(minute: int) -> str:
    return f"2026-06-13T18:{minute:02d}:00.000Z"


@pytest.fixture
def script(tmp_path: Path) -> Script:
    return Script(tmp_path / "race.jsonl")


def laps_of(samples: list[Sample]) -> list[list[int]]:
    return [[lap.lap for lap in sample.laps] for sample in samples]


def test_recording_gives_frames_at_their_times(script: Script) -> None:
    script.status(0.0)
    for n in range(10):
        script.frame(0.5 * n, lap=n)
    source = script.open()

    first = list(source.samples(1.0))
    rest = list(source.samples(100.0))

    assert [s.time_s for s in first] == [0.0, 0.5]
    assert [s.telemetry.lap for s in first + rest] == list(range(10))
    assert source.is_finished
    assert list(source.samples(100.0)) == []
    source.close()


def test_recording_is_not_finished_before_its_end(script: Script) -> None:
    script.frame(0.0, 1)
    script.frame(9.0, 1)
    source = script.open()

    list(source.samples(5.0))

    assert not source.is_finished
    source.close()


def test_recording_keeps_the_run_and_every_known_field(script: Script) -> None:
    script.frame(0.0, 4, run=3, tire_wear={"fl": 12.5}, brand_new_field=1)

    (sample,) = script.play()

    assert sample.telemetry.run == 3
    assert sample.telemetry.tire_wear == WheelPercents(fl=12.5)


def test_recording_follows_meta_and_setup(script: Script) -> None:
    script.frame(0.0, 1)
    script.put(1.0, "meta", units={}, car="Example")
    script.put(1.0, "setup", revision=1, captured_at=STAMP, setup={"brakes": {"pads": 1}}, name="a")
    script.frame(2.0, 1)
    source = script.open()

    list(source.samples(0.5))
    before = source.meta.car, source.setup
    list(source.samples(5.0))
    same = source.setup
    source.close()

    assert before == (None, None)
    assert source.meta.car == "Example"
    assert same is not None
    assert same.document == {"brakes": {"pads": 1}}
    assert same.name == "a"


def test_recording_follows_the_monitor_in_control(script: Script) -> None:
    script.status(0.0, in_control=True, control=1)
    script.frame(0.1, 1)
    script.frame(1.0, 1)
    script.put(1.0, "meta", units={}, car="First")
    script.frame(1.1, 40, "pc-2")
    script.put(1.2, "meta", "pc-2", units={}, car="Second")
    script.frame(1.5, 1)
    script.status(2.0, monitor="pc-2", in_control=True, control=2)
    script.frame(2.5, 2)
    script.frame(2.6, 41, "pc-2")
    source = script.open()

    samples = list(source.samples(10.0))
    source.close()

    assert [s.telemetry.lap for s in samples] == [1, 1, 1, 41]
    assert source.meta.car == "Second"
    assert {s.session for s in samples} == {0}


def test_recording_leaves_a_monitor_that_fell_silent(script: Script) -> None:
    """Retained statuses of dead machines say `online` for ever."""
    script.status(0.0, monitor="dead", in_control=True, control=9)
    script.frame(0.0, 7, "dead")
    script.status(1.0, in_control=True, control=1)
    script.frame(2.0, 1)
    script.frame(30.0, 2)

    assert [s.telemetry.lap for s in script.play()] == [7, 2]


@pytest.mark.parametrize("state", ["idle", "offline", "lost"])
def test_recording_says_when_nobody_drives(script: Script, state: str) -> None:
    script.status(0.0)
    script.frame(0.1, 1)
    script.status(5.0, state)
    script.status(9.0)
    script.frame(9.1, 1)

    samples = script.play()

    assert [(s.time_s, s.is_driving) for s in samples] == [
        (pytest.approx(0.1), True),
        (5.0, False),
        (9.0, True),
        (pytest.approx(9.1), True),
    ]


def test_recording_ignores_the_will_of_a_replaced_connection(script: Script) -> None:
    script.status(0.0, birth=2)
    script.frame(0.1, 1)
    script.status(1.0, "lost", birth=1, seq=0)
    script.frame(2.0, 1)

    assert all(sample.is_driving for sample in script.play())


def test_recording_changes_session_with_the_run(script: Script) -> None:
    script.frame(0.0, 1, run=1)
    script.frame(1.0, 2, run=1)
    script.frame(2.0, 1, run=2)

    assert [s.session for s in script.play()] == [0, 0, 1]


def test_recording_gives_retained_laps_with_the_first_sample(script: Script) -> None:
    script.frame(0.0, 5)
    script.lap(0.01, 4)
    script.table(0.02, [2, 3, 4])
    script.table(0.03, [1], "pc-2")
    script.frame(1.0, 5)
    script.lap(2.0, 5)
    script.table(2.01, [2, 3, 4, 5])
    script.frame(2.5, 6)

    assert laps_of(script.play()) == [[1, 2, 3, 4], [], [5]]


def test_recording_gives_laps_that_no_frame_followed(script: Script) -> None:
    script.frame(0.0, 5)
    script.lap(2.0, 5)

    assert laps_of(script.play()) == [[], [5]]


def test_recording_counts_laps_of_different_runs_and_monitors_apart(script: Script) -> None:
    script.frame(0.0, 5)
    script.lap(1.0, 3, run=1, minute=1)
    script.lap(1.1, 3, run=2, minute=3)
    script.lap(1.2, 3, "pc-2", run=1, minute=2)
    script.frame(2.0, 5)

    laps = script.play()[1].laps

    assert [lap.finished_at for lap in laps] == [finished(1), finished(2), finished(3)]


def test_recording_plays_in_order_of_time(script: Script) -> None:
    script.frame(0.0, 1)
    script.frame(5.0, 3)
    script.lines.insert(1, script.lines.pop())
    script.frame(3.0, 2)

    assert [s.time_s for s in script.play()] == [0.0, 3.0]  # the frame of 5 s is an older message


def test_recording_skips_older_messages_of_a_topic(script: Script) -> None:
    script.frame(0.0, 1, fuel=50.0)
    script.lines.append(script.lines[0])

    assert len(script.play()) == 1


def test_recording_skips_what_no_reader_may_see(
    script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    script.frame(0.0, 1)
    script.frame(1.0, -1)
    script.frame(1.5, -2)
    script.lines.append(json.dumps({"t": T0 + 2, "topic": "house/light", "payload": {}}))
    script.lines.append(
        json.dumps({"t": T0 + 2, "topic": "pitboard/v1/spa24/pc-1/setup", "payload": None})
    )
    other = script.lines[0].replace("spa24", "monza")
    script.lines.append(other.replace(str(T0), str(T0 + 3)))
    source = script.open()

    with caplog.at_level(logging.WARNING):
        samples = list(source.samples(10.0))
    source.close()

    assert len(samples) == 1
    assert source.skipped == {"invalid": 2, "topic": 1, "other_session": 1}
    assert caplog.text.count("message skipped") == 3
    assert "invalid=2" in caplog.text


def test_recording_cut_in_a_line_is_played_to_there(
    script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    script.frame(0.0, 1)
    script.frame(1.0, 2)
    text = "\n".join(script.lines)
    script.path.write_text(text[:-20])

    with caplog.at_level(logging.WARNING):
        source = RecordedSession(script.path)
    samples = list(source.samples(10.0))
    source.close()

    assert len(samples) == 1
    assert "torn last line" in caplog.text


def test_recording_without_a_last_line_end_is_whole(script: Script) -> None:
    script.frame(0.0, 1)
    script.path.write_text(script.lines[0])

    source = open_source(f"replay:{script.path}", seed=1)

    assert len(list(source.samples(1.0))) == 1
    source.close()


def test_recording_accepts_windows_files_of_any_name(script: Script, tmp_path: Path) -> None:
    script.frame(0.0, 1)
    script.frame(1.0, 2)
    path = tmp_path / "race.csv"
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n\r\n".join([*script.lines, ""]).encode())

    source = open_source(f"replay:{path}", seed=1)

    assert isinstance(source, RecordedSession)
    assert len(list(source.samples(10.0))) == 2
    source.close()


GOOD = json.dumps({"t": T0, "topic": "x", "payload": {}})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(f"{GOOD}\nhello\n{GOOD}\n", "line 2", id="not-json"),
        pytest.param(f'{GOOD}\n\n{{"t": 1}}\n', "line 3", id="field-missing"),
        pytest.param('{"t": "now", "topic": "x", "payload": {}}\n', "line 1", id="bad-time"),
        pytest.param("{", "line 1", id="nothing-but-torn"),
        pytest.param(f"{GOOD}\n{'[' * 5000}\n", "line 2", id="deep"),
        pytest.param(f'{GOOD}\n"{"x" * 2_200_000}"\n{GOOD}\n', "line 2", id="long"),
    ],
)
def test_recording_with_a_bad_line_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "race.jsonl"
    path.write_text(text)

    with pytest.raises(SettingsError) as caught:
        open_source(f"replay:{path}", seed=1)

    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_recording_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "race.jsonl"
    path.write_bytes(GOOD.encode() + b'\n{"t": 1, "topic": "\xff", "payload": {}}\n')

    with pytest.raises(SettingsError, match="line 2: not UTF-8"):
        open_source(f"replay:{path}", seed=1)


def test_recording_that_changes_while_it_is_played_is_told(script: Script) -> None:
    script.frame(0.0, 1)
    script.frame(1.0, 2)
    source = script.open()
    script.path.write_text("gone")

    with pytest.raises(SettingsError, match="changed while"):
        list(source.samples(9.0))
    source.close()


def test_recording_is_thinned_to_the_wanted_rate(script: Script) -> None:
    for n in range(100):
        script.frame(0.1 * n, 1)
    script.lap(5.01, 1)
    source = script.open(sample_hz=1.0)

    samples = list(source.samples(20.0))
    source.close()

    assert 10 <= len(samples) <= 12
    assert sum(len(s.laps) for s in samples) == 1


def test_writer_writes_what_the_source_reads(tmp_path: Path) -> None:
    path = tmp_path / "race.jsonl"
    payload = json.dumps(
        {
            "v": 1,
            "session_id": "spa24",
            "monitor_id": "pc-1",
            "birth": 1,
            "seq": 1,
            "timestamp": STAMP,
            "telemetry": {"lap": 1, "fuel": None, "position": None},
        },
        indent=2,  # somebody else's publisher may write it over many lines
    )

    with RecordingWriter(path) as writer:
        assert writer.write(T0, "pitboard/v1/spa24/pc-1/telemetry", payload.encode())
        assert writer.write(T0 + 1, "pitboard/v1/spa24/pc-1/setup", b"")

    source = RecordedSession(path)
    assert [s.telemetry.lap for s in source.samples(9.0)] == [1]
    assert not source.skipped
    assert writer.written == 2
    source.close()


@pytest.mark.parametrize("payload", [b"\xff", b"{", b"NaN", b'{"a":1} x', b"[" * 99_999])
def test_writer_leaves_out_what_is_not_json(tmp_path: Path, payload: bytes) -> None:
    path = tmp_path / "race.jsonl"

    with RecordingWriter(path) as writer:
        assert not writer.write(T0, "x", payload)

    assert writer.skipped == 1
    assert path.read_bytes() == b""


def test_writer_flushes_at_least_every_second(tmp_path: Path) -> None:
    """A recording that only a clean end saves is none."""
    path = tmp_path / "race.jsonl"
    with RecordingWriter(path) as writer:
        for n in range(5):
            writer.write(T0 + n * 0.6, "x", b"{}")

        assert len(path.read_bytes().splitlines()) == 5


def test_writer_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "race.jsonl"
    path.write_text("precious")

    with pytest.raises(SettingsError, match="already exists"):
        RecordingWriter(path)
    with pytest.raises(SettingsError, match="cannot be written"):
        RecordingWriter(tmp_path / "no" / "folder")

    assert path.read_text() == "precious"


SUMMARY = LapSummary(
    run=3,
    lap=167,
    finished_at=STAMP,
    lap_time=139.4,
    sector_times=[42.3, 55.1, 42.0],
    kind="flying",
    tire_wear=WheelPercents(fl=20.9, fr=23.3),
    tire_compounds=WheelTexts(fl="Medium", fr="Medium", rl="Medium", rr="Medium"),
    speed_max=271.0,
)


def test_row_keeps_what_has_a_column() -> None:
    row = row_of(SUMMARY)

    assert row == LapRow(
        run=3,
        lap=167,
        finished_at=STAMP,
        lap_time=139.4,
        sector_times=[42.3, 55.1, 42.0],
        kind="flying",
        wear_fl=20.9,
        wear_fr=23.3,
        compound="Medium",
    )
    assert row_of(summary_of(row)) == row


def test_row_of_a_mixed_set_says_so() -> None:
    mixed = LapSummary(
        run=1, lap=1, finished_at=STAMP, tire_compounds=WheelTexts(fl="Soft", rl="Hard")
    )

    row = row_of(mixed)

    assert row.compound == "mixed"
    assert summary_of(row).tire_compounds is None


def test_row_of_an_empty_lap_is_empty() -> None:
    bare = LapSummary(run=1, lap=1, finished_at=STAMP)

    row = row_of(bare)

    assert [name for name in LAP_COLUMNS if getattr(row, name) is not None] == [
        "run",
        "lap",
        "finished_at",
    ]
    assert summary_of(row) == bare
