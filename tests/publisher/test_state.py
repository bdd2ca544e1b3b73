import errno
import subprocess
import sys
from pathlib import Path

import pytest

from pitboard.contract.errors import SettingsError
from pitboard.publisher.lap_rows import row_of
from pitboard.publisher.state import Identity, StateFile, load_identity
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


def test_state_of_a_damaged_file_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "session-spa24.pc-1.json"
    path.write_bytes(b'{"session_id": "spa24", "monit')

    state = StateFile(tmp_path, SPA)

    assert state.memory.birth == 0
    assert path.with_suffix(".damaged").exists()
    state.close()


def test_state_goes_on_when_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real full disk cannot be had in a test; the write fails as it would there."""
    state = StateFile(tmp_path, SPA)
    state.memory.birth = 1
    state.save()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        state.memory.birth = 2
        state.save()
    state.save()
    state.close()

    assert StateFile(tmp_path, SPA).memory.birth == 2


def test_state_in_an_impossible_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(SettingsError, match="--state-dir"):
        StateFile(tmp_path / "file" / "x", SPA)
