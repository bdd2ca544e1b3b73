import errno
import logging
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from pitboard.contract.errors import SettingsError
from pitboard.publisher.lap_rows import row_of
from pitboard.publisher.memory import Memory
from pitboard.publisher.state import Identity, StateFile, load_identity
from tests.disks import SmallDisk, small_disk
from tests.publisher.test_memory import summary

SPA = Identity(session_id="spa24", monitor_id="pc-1")


def test_identity_stays_the_same_over_restarts(tmp_path: Path) -> None:
    first = load_identity(tmp_path, session_id=None, monitor_id=None)

    assert load_identity(tmp_path, session_id=None, monitor_id=None) == first
    assert len(first.session_id) == 26


def test_identity_makes_another_session_when_asked(tmp_path: Path) -> None:
    first = load_identity(tmp_path, session_id=None, monitor_id=None)

    second = load_identity(tmp_path, session_id=None, monitor_id=None, new_session=True)

    assert second.monitor_id == first.monitor_id
    assert second.session_id != first.session_id
    assert load_identity(tmp_path, session_id=None, monitor_id=None) == second


def test_identity_keeps_the_session_that_was_given_last(tmp_path: Path) -> None:
    load_identity(tmp_path, session_id="spa24", monitor_id=None)

    assert load_identity(tmp_path, session_id=None, monitor_id=None).session_id == "spa24"


def test_identity_of_a_second_monitor_does_not_become_the_machines(tmp_path: Path) -> None:
    own = load_identity(tmp_path, session_id="spa24", monitor_id=None)

    load_identity(tmp_path, session_id="spa24", monitor_id="pc-9")

    assert load_identity(tmp_path, session_id="spa24", monitor_id=None) == own


@pytest.mark.parametrize("bad", ["Spa", "a b", "../x", "", "x" * 65, "-a"])
def test_identity_names_the_flag_of_a_bad_id(tmp_path: Path, bad: str) -> None:
    with pytest.raises(SettingsError, match="--session"):
        load_identity(tmp_path, session_id=bad, monitor_id=None)


def test_state_survives_the_process(tmp_path: Path) -> None:
    state = StateFile(tmp_path, SPA)
    state.memory.birth = 7
    state.memory.add_lap(summary(1), row_of(summary(1)))
    state.close()

    again = StateFile(tmp_path, SPA)

    assert again.memory == state.memory
    again.close()


def test_state_is_saved_before_the_process_is_killed(tmp_path: Path) -> None:
    code = f"""
import os
from pathlib import Path
from pitboard.publisher.state import Identity, StateFile
state = StateFile(Path({str(tmp_path)!r}), Identity(session_id="spa24", monitor_id="pc-1"))
state.memory.birth = 42
state.save()
os._exit(9)
"""
    subprocess.run([sys.executable, "-c", code], check=False)

    state = StateFile(tmp_path, SPA)

    assert state.memory.birth == 42
    state.close()


def test_state_refuses_a_second_process(tmp_path: Path) -> None:
    """Two monitors with one state would fight over births and laps."""
    state = StateFile(tmp_path, SPA)
    code = f"""
from pathlib import Path
from pitboard.contract.errors import SettingsError
from pitboard.publisher.state import Identity, StateFile
try:
    StateFile(Path({str(tmp_path)!r}), Identity(session_id="spa24", monitor_id="pc-1"))
except SettingsError as exc:
    print(exc)
"""
    result = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )

    assert "already runs" in result.stdout
    state.close()


def torn(data: bytes) -> Iterator[bytes]:
    """What a crash, a bad disk or a person may leave of a file."""
    yield from (data[:length] for length in range(0, len(data), 64))
    yield data[:-1]
    yield bytes(len(data))
    yield data[: len(data) // 2].ljust(len(data), b"\0")
    yield random.Random(1).randbytes(len(data))
    yield b"[]"


def test_state_of_a_damaged_file_is_set_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A person may save something from it; the monitor reads back what the broker has."""
    path = tmp_path / "session-spa24.pc-1.json"
    with closing(StateFile(tmp_path, SPA)) as state:
        state.memory.birth = 7
        for lap in (1, 2, 3):
            state.memory.add_lap(summary(lap), row_of(summary(lap)))

    for data in torn(path.read_bytes()):
        path.write_bytes(data)
        caplog.clear()

        with closing(StateFile(tmp_path, SPA)) as state:
            assert (state.memory.birth, state.memory.laps) == (0, [])

        assert path.with_suffix(".damaged").read_bytes() == data
        (line,) = caplog.messages
        assert str(path) in line
        assert "kept as session-spa24.pc-1.damaged" in line
        assert "\n" not in line


def test_identity_of_a_damaged_file_is_that_of_the_session_used_last(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Another session id would be another car, and the crew would watch one that is gone."""
    first = load_identity(tmp_path, session_id=None, monitor_id=None)
    drive(tmp_path, SPA, at_s=1000)
    drive(tmp_path, first, at_s=2000)
    (tmp_path / "session-notes.json").write_text("a person's")
    path = tmp_path / "identity.json"

    for data in torn(path.read_bytes()):
        path.write_bytes(data)
        caplog.clear()

        assert load_identity(tmp_path, session_id=None, monitor_id=None) == first

        assert path.with_suffix(".damaged").read_bytes() == data
        assert len(caplog.messages) == 1
        assert msgspec.json.decode(path.read_bytes(), type=Identity) == first


def drive(folder: Path, identity: Identity, at_s: int) -> None:
    """Leave a state file of that age."""
    with closing(StateFile(folder, identity)) as state:
        state.memory.birth = 1
    path = folder / f"session-{identity.session_id}.{identity.monitor_id}.json"
    os.utime(path, (at_s, at_s))


def test_identity_makes_another_session_when_asked_in_spite_of_older_ones(tmp_path: Path) -> None:
    drive(tmp_path, SPA, at_s=1000)

    identity = load_identity(tmp_path, session_id=None, monitor_id=None, new_session=True)

    assert identity.monitor_id == "pc-1"
    assert identity.session_id != "spa24"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


def test_state_goes_on_when_the_disk_is_full(
    disk: SmallDisk, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told once, and what could not be written is as soon as there is room."""
    caplog.set_level(logging.INFO)
    with closing(StateFile(disk.path, SPA)) as state:
        state.memory.birth = 1
        state.save()
        disk.fill()
        for birth in (2, 3):
            state.memory.birth = birth
            state.save()
        assert birth_on_disk(disk.path) == 1
        (line,) = caplog.messages
        assert "full" in line
        disk.clear()
        caplog.clear()

        state.save()

        assert birth_on_disk(disk.path) == 3
        assert caplog.messages == ["[Publisher] Laps are kept on disk again"]


def test_state_tells_of_the_second_full_disk_too(
    disk: SmallDisk, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(StateFile(disk.path, SPA)) as state:
        for birth in (1, 3):
            disk.fill()
            state.memory.birth = birth
            state.save()
            disk.clear()
            state.memory.birth = birth + 1
            state.save()

    assert len(caplog.messages) == 2


def test_state_leaves_no_half_file_on_a_full_disk(disk: SmallDisk) -> None:
    """It would take the room that the next attempt needs."""
    with closing(StateFile(disk.path, SPA)) as state:
        state.memory.birth = 1
        state.save()
        files = set(disk.path.iterdir())
        disk.fill()
        state.memory.birth = 2

        state.save()

        disk.clear()
        assert set(disk.path.iterdir()) == files


def test_state_starts_again_on_a_full_disk(disk: SmallDisk) -> None:
    identity = load_identity(disk.path, session_id=None, monitor_id=None)
    drive(disk.path, identity, at_s=1000)
    disk.fill()

    assert load_identity(disk.path, session_id=None, monitor_id=None) == identity
    with closing(StateFile(disk.path, identity)) as state:
        assert state.memory.birth == 1


def test_state_says_why_else_it_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No disk breaks on demand; the write fails as it would there."""

    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with closing(StateFile(tmp_path, SPA)) as state:
        state.memory.birth = 2
        with monkeypatch.context() as patch:
            patch.setattr("os.fsync", broken)
            state.save()

    assert "cannot be written: Input/output error" in caplog.text
    assert birth_on_disk(tmp_path) == 2


def test_state_is_written_again_when_somebody_cleaned_up(tmp_path: Path) -> None:
    """Nothing has changed since, and yet the next start would find nothing."""
    folder = tmp_path / "state"
    with closing(StateFile(folder, SPA)) as state:
        state.memory.birth = 7
        state.save()
        shutil.rmtree(folder)

        state.save()

        assert birth_on_disk(folder) == 7


def birth_on_disk(folder: Path) -> int:
    data = (folder / "session-spa24.pc-1.json").read_bytes()
    return msgspec.json.decode(data, type=Memory).birth


def test_state_in_an_impossible_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(SettingsError, match="--state-dir"):
        StateFile(tmp_path / "file" / "x", SPA)
