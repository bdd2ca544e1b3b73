"""A recorded lap, driven again and again; and what is said of a file that is none."""

import math
from itertools import pairwise
from pathlib import Path

import pytest

from pitboard.contract.codec import decode, encode
from pitboard.contract.errors import SettingsError
from pitboard.contract.messages import TelemetryMessage
from pitboard.contract.topics import Channel, Topic
from pitboard.publisher.source import Sample
from pitboard.publisher.sources import RecordedLapSource, open_source
from tests.shared import DATA

REAL = DATA / "lmu"
REAL_LAPS = [
    pytest.param("lap_spa_gte_porsche.csv", 142.87, id="porsche"),
    pytest.param("lap_spa_gte_aston_martin.csv", 140.58, id="aston_martin"),
    pytest.param("lap_spa_gte_aston_martin_2.csv", 185.18, id="aston_martin_2"),
]

LENGTH_M = 1000.0
SPEED_MPS = 40.0
COLUMNS = (
    "LapDistance [m],Sector [int],Speed [km/h],EngineRevs [rpm],ThrottlePercentage [%],"
    "BrakePercentage [%],Steer [%],Gear [int],X [m],Z [m]"
)
HEADER = f"""Format,LMUTelemetry v3
Player,Driver One
TrackName,Round
CarClass,GTE
CarName,Example #1
TrackLen [m],{LENGTH_M}
Sector1End [m],300
Sector2End [m],700
Sector3End [m],{LENGTH_M}
GameVersion,1.0
"""


def round_lap(begin_m: float = 15.0, end_m: float = LENGTH_M + 14.4) -> list[str]:
    """A circle at constant speed, 50 rows a second, its distance updated every tenth row."""
    rows = []
    radius = LENGTH_M / math.tau
    count = int((end_m - begin_m) / SPEED_MPS * 50)
    for i in range(count):
        way = begin_m + i * SPEED_MPS / 50
        shown = begin_m + i // 10 * 10 * SPEED_MPS / 50
        angle = -way / radius
        x, z = radius * math.cos(angle), radius * math.sin(angle)
        sector = 0 if shown < 300 else 1 if shown < 700 else 2
        speed = SPEED_MPS * 3.6
        rows.append(f"{shown:.3f},{sector},{speed:.2f},6000,50,0,19.57,4,{x:.4f},{z:.4f}")
    return rows


def write(path: Path, rows: list[str], header: str = HEADER) -> Path:
    path.write_text("\n".join([header, COLUMNS, *rows]) + "\n")
    return path


@pytest.fixture
def lap_file(tmp_path: Path) -> Path:
    return write(tmp_path / "lap.csv", round_lap())


def known(value: float | None) -> float:
    assert value is not None
    return value


def assert_smooth(samples: list[Sample]) -> None:
    for a, b in pairwise(samples):
        assert b.time_s > a.time_s
        if a.telemetry.lap == b.telemetry.lap:
            assert known(b.telemetry.lap_distance) >= known(a.telemetry.lap_distance)


def test_replay_loops_the_lap_and_counts(lap_file: Path) -> None:
    source = RecordedLapSource(lap_file)

    samples = list(source.samples(80.0))

    assert source.lap_time_s == pytest.approx(LENGTH_M / SPEED_MPS, abs=0.05)
    assert samples[0].telemetry.lap == 1
    assert samples[-1].telemetry.lap == 4
    assert samples[-1].telemetry.last_lap_time == pytest.approx(25.0, abs=0.05)
    assert samples[0].telemetry.last_lap_time is None
    assert_smooth(samples)


def test_replay_begins_at_the_line(lap_file: Path) -> None:
    """The recorder notices the line late; its first lap must not be a short one."""
    first = next(iter(RecordedLapSource(lap_file).samples(1.0))).telemetry

    assert known(first.lap_distance) < 1.0
    assert known(first.lap_time) < 0.03
    assert first.sector == 1


def test_replay_spreads_the_distance_over_the_way(lap_file: Path) -> None:
    samples = list(RecordedLapSource(lap_file).samples(20.0))

    for a, b in pairwise(samples):
        moved = known(b.telemetry.lap_distance) - known(a.telemetry.lap_distance)
        # The file's own steps are of 8 m.
        assert 0 < moved < 1.7


def test_replay_times_the_sectors(lap_file: Path) -> None:
    samples = list(RecordedLapSource(lap_file).samples(25.0))

    assert [s.telemetry.sector for s in samples[::300]] == [1, 1, 2, 3, 3]
    times = samples[-5].telemetry.sector_times
    assert times is not None
    assert times == pytest.approx([7.5, 10.0], abs=0.05)


def test_replay_leaves_unknown_what_the_file_does_not_say(lap_file: Path) -> None:
    frame = next(iter(RecordedLapSource(lap_file).samples(1.0))).telemetry

    assert frame.fuel is None
    assert frame.position is None
    assert frame.tire_temps is None


def test_replay_reads_the_header(lap_file: Path) -> None:
    meta = RecordedLapSource(lap_file).meta

    assert (meta.car, meta.car_class, meta.track) == ("Example #1", "GTE", "Round")
    assert meta.track_length == LENGTH_M
    assert meta.sector_ends == [300, 700, LENGTH_M]
    assert meta.drivers == ["Driver One"]
    assert (meta.simulator, meta.simulator_version, meta.session_type) == ("lmu", "1.0", "practice")


def test_replay_drops_the_rows_of_another_car(tmp_path: Path) -> None:
    rows = round_lap()
    stray = rows[0].replace("144.00", "0.01").rsplit(",", 2)[0] + ",5000,5000"
    clean = RecordedLapSource(write(tmp_path / "clean.csv", rows))

    mixed = RecordedLapSource(
        write(tmp_path / "mixed.csv", [*rows[:400], *[stray] * 6, *rows[400:], stray])
    )

    assert mixed.lap_time_s == pytest.approx(clean.lap_time_s)
    assert all(s.telemetry.x != 5000 for s in mixed.samples(30.0))


def test_replay_drops_repeated_rows(tmp_path: Path) -> None:
    rows = round_lap()
    repeated = [row for row in rows for _ in range(3)]

    source = RecordedLapSource(write(tmp_path / "lap.csv", repeated))

    assert source.lap_time_s == pytest.approx(25.0, abs=0.05)


def test_replay_survives_a_car_that_stands(tmp_path: Path) -> None:
    rows = round_lap()
    standing = rows[500].replace("144.00", "0.00")

    source = RecordedLapSource(
        write(tmp_path / "lap.csv", [*rows[:500], *[standing] * 100, *rows[501:]])
    )

    assert source.lap_time_s == pytest.approx(27.0, abs=0.15)
    assert_smooth(list(source.samples(60.0)))


def test_replay_mends_steering_that_is_a_hundred_times_too_large(tmp_path: Path) -> None:
    """A car that runs straight is not steered by a fifth of the wheel."""
    straight = [f"{i * 0.8:.1f},0,144.00,6000,100,0,19.57,4,{i * 0.8:.3f},0.0" for i in range(200)]

    source = RecordedLapSource(write(tmp_path / "lap.csv", straight))

    assert next(iter(source.samples(1.0))).telemetry.steering == pytest.approx(0.1957)


def test_replay_nulls_what_no_car_can_have(tmp_path: Path) -> None:
    rows = [row.replace(",6000,50,0,", ",-1,101,0,").replace(",4,", ",77,") for row in round_lap()]

    frame = next(iter(RecordedLapSource(write(tmp_path / "lap.csv", rows)).samples(1.0))).telemetry

    assert frame.rpm is None
    assert frame.throttle is None
    assert frame.gear is None
    assert frame.brake == 0


def test_replay_thins_to_the_wanted_rate(lap_file: Path) -> None:
    assert len(list(RecordedLapSource(lap_file, 10.0).samples(20.0))) == pytest.approx(200, abs=8)


def test_replay_works_without_lengths_in_the_header(tmp_path: Path) -> None:
    source = RecordedLapSource(write(tmp_path / "lap.csv", round_lap(), "Player,Driver One\n"))

    samples = list(source.samples(60.0))

    assert source.meta.track_length is None
    assert samples[0].telemetry.sector == 1
    assert samples[0].telemetry.sector_times is None
    assert_smooth(samples)


def test_replay_restarts_a_lap_that_was_not_recorded_whole(tmp_path: Path) -> None:
    source = RecordedLapSource(write(tmp_path / "lap.csv", round_lap(200.0, 600.0)))

    assert source.lap_time_s == pytest.approx(11.0, abs=0.1)
    assert_smooth(list(source.samples(30.0)))


@pytest.mark.parametrize("change", [b"\xef\xbb\xbf%s", b"%s"], ids=["bom", "crlf"])
def test_replay_accepts_windows_files(lap_file: Path, change: bytes) -> None:
    expected = RecordedLapSource(lap_file).lap_time_s
    lap_file.write_bytes(change % lap_file.read_bytes().replace(b"\n", b"\r\n"))

    source = open_source(f"replay:{lap_file}", seed=1)

    assert isinstance(source, RecordedLapSource)
    assert source.lap_time_s == expected


ROW = round_lap()[0]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"", "the file is empty", id="empty"),
        pytest.param(b"\xef\xbb\xbf \r\n", "the file is empty", id="blank"),
        pytest.param(b"Player,One\nCarName,\xff\xfe\n", "line 2: not UTF-8", id="not-utf8"),
        pytest.param(b"Player,One\nhello\n", "line 2: expected 'key,value'", id="not-csv"),
        pytest.param(HEADER.encode(), "no line of column names", id="no-columns"),
        pytest.param(b"a,b\n" * 500, "no line of column names", id="another-csv"),
        pytest.param(
            f"{COLUMNS.replace('Gear', 'Cog')}\n{ROW}\n".encode(),
            "line 1: column 'Gear [int]' is missing",
            id="missing-column",
        ),
        pytest.param(
            f"{COLUMNS}\n{ROW}\n1,2,3\n".encode(), "line 3: 3 values for 10 columns", id="short-row"
        ),
        pytest.param(
            f"{COLUMNS}\n{ROW}\n{ROW.replace('6000', 'fast')}\n".encode(),
            "line 3: EngineRevs [rpm] is 'fast', not a number",
            id="text",
        ),
        pytest.param(
            f"{COLUMNS}\n{ROW.replace('6000', 'nan')}\n".encode(),
            "is 'nan', not a number",
            id="nan",
        ),
        pytest.param(f"{COLUMNS}\n{ROW}\n".encode(), "fewer than two rows", id="one-row"),
        pytest.param(f"{COLUMNS}\n".encode(), "fewer than two rows", id="no-row"),
        pytest.param(
            f"TrackLen [m],long\n{COLUMNS}\n{ROW}\n{round_lap()[1]}\n".encode(),
            "TrackLen [m] is 'long'",
            id="no-length",
        ),
        pytest.param(
            f"TrackLen [m],-3\n{COLUMNS}\n{ROW}\n{round_lap()[1]}\n".encode(),
            "TrackLen [m] is '-3'",
            id="bad-length",
        ),
    ],
)
def test_replay_refuses_a_damaged_file(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "lap.csv"
    path.write_bytes(data)

    with pytest.raises(SettingsError) as caught:
        open_source(f"replay:{path}", seed=1)

    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        pytest.param("simulatd", "did you mean 'simulated'?", id="misspelt"),
        pytest.param("reply:x.csv", "did you mean 'replay'?", id="misspelt-replay"),
        pytest.param("", "unknown source ''", id="empty"),
        pytest.param("replay", "needs a file", id="no-file"),
        pytest.param("replay:", "needs a file", id="no-name"),
        pytest.param("simulated:x", "takes no file", id="no-argument"),
        pytest.param("replay:/no/such/file", "No such file", id="missing"),
        pytest.param("replay:/", "directory", id="directory"),
    ],
)
def test_unknown_source_is_told_in_one_line(spec: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        open_source(spec, seed=1)

    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_source_is_opened_at_the_wanted_rate() -> None:
    source = open_source("simulated", seed=1, sample_hz=20.0)

    assert source.name == "simulated"
    assert len(list(source.samples(1.0))) == 20
    with pytest.raises(SettingsError, match="sample rate 0 Hz"):
        open_source("simulated", seed=1, sample_hz=0.0)


@pytest.mark.parametrize(("name", "lap_time_s"), REAL_LAPS)
def test_replay_of_a_real_lap(name: str, lap_time_s: float) -> None:
    if not REAL.exists():
        pytest.skip(f"recorded data is not here: {REAL}")
    source = RecordedLapSource(REAL / name)

    samples = list(source.samples(lap_time_s * 2.2))

    assert source.lap_time_s == pytest.approx(lap_time_s, abs=0.05)
    assert samples[-1].telemetry.lap == 3
    assert_smooth(samples)
    for sample in samples:
        frame = sample.telemetry
        assert 0 <= known(frame.lap_distance) <= 6982
        message = TelemetryMessage(
            v=1,
            session_id="a",
            monitor_id="b",
            birth=1,
            seq=1,
            timestamp="2026-06-13T18:42:07.512Z",
            telemetry=frame,
        )
        decode(Topic("a", "b", Channel.TELEMETRY), encode(Channel.TELEMETRY, message))
    for a, b in pairwise(samples):
        assert abs(known(a.telemetry.x) - known(b.telemetry.x)) < 20
