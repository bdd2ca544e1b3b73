"""Workers that cannot even start."""

import sys
from pathlib import Path

import pytest

from tests.cli.running import Cli, python, the_line

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux shares a port"),
]

SUPERVISE = """
import logging, socket, sys
from dataclasses import replace
from pitboard import log_setup, workers
from pitboard.bridge.settings import BridgeSettings
from pitboard.contract.errors import SettingsError

log_setup.set_up(logging.INFO)
settings = BridgeSettings(broker_urls=("mqtt://127.0.0.1:1",), workers=2)
if __name__ == "__main__":
"""


def test_what_a_person_must_change_ends_all_workers(tmp_path: Path) -> None:
    """A port that is not held belongs to whoever listens there alone."""
    code = SUPERVISE + (
        "    with socket.create_server(('127.0.0.1', 0)) as taken:\n"
        "        port = taken.getsockname()[1]\n"
        "        try:\n"
        "            workers.supervise(replace(settings, port=port), lambda: print('listening'))\n"
        "        except SettingsError as exc:\n"
        "            sys.exit(f'pitboard: {exc}')"
    )

    code_, out, err = python(tmp_path, code)

    assert (code_, out) == (1, "")
    assert the_line(err).endswith("is already in use: choose another with --port")


def test_workers_that_all_crash_at_the_start_are_given_up(tmp_path: Path) -> None:
    code = SUPERVISE + (
        "    object.__setattr__(settings, 'trusted_proxies', frozenset({'x'}))\n"
        "    sys.exit(workers.supervise(settings, lambda: print('listening')))"
    )

    code_, out, err = python(tmp_path, code)

    assert (code_, out) == (1, "")
    assert "[Server] ERROR: no worker could start" in err
    assert "worker=1 " in err
    assert "worker=2 " in err


@pytest.mark.parametrize(
    ("folder", "part"),
    [("x" * 90, "is too long for sockets"), ("gone", "no folder for sockets: No such file")],
)
def test_folder_for_sockets_that_cannot_be_had_is_named(cli: Cli, folder: str, part: str) -> None:
    path = cli.folder / folder
    if folder != "gone":
        path.mkdir()
    cli.variables.setattr("tempfile.tempdir", str(path))

    line = cli.refused("bridge", "--workers", "2", "--port", "0")

    assert part in line
    assert line.endswith("set TMPDIR to another")
