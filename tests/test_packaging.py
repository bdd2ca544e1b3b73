"""The wheel, in environments that have nothing else."""

import os
import signal
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

from tests.brokers import TIMEOUT_S

pytestmark = [pytest.mark.packaging, pytest.mark.timeout(300)]

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by way of the source distribution, as a package index gets it."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", folder, ROOT],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return next(folder.glob("*.whl"))


def install(folder: Path, requirement: str) -> Path:
    """The `bin` of a fresh environment with *requirement* in it."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    binaries = folder / ("Scripts" if os.name == "nt" else "bin")
    pip = [str(binaries / "python"), "-m", "pip", "install", "--disable-pip-version-check"]
    subprocess.run([*pip, requirement], check=True, stdout=subprocess.DEVNULL)
    return binaries


def test_wheel_holds_one_package_with_the_dashboard(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert {name.split("/")[0] for name in names} == {
        "pitboard",
        next(name for name in names if ".dist-info/" in name).split("/")[0],
    }
    assert len(names) == len(set(names))
    for file in (
        "pitboard/py.typed",
        "pitboard/contract/codec.py",
        "pitboard/contract/schema/telemetry.schema.json",
        "pitboard/dashboard/session.html",
        "pitboard/dashboard/js/main.js",
        "pitboard/dashboard/sw.js",
        "pitboard/dashboard/vendor/uplot/LICENSE",
    ):
        assert file in names


def test_wheel_starts_the_demo_in_a_fresh_environment(wheel: Path, tmp_path: Path) -> None:
    binaries = install(tmp_path / "env", f"{wheel}[server]")
    command = [str(binaries / "pitboard"), "demo", "--http-port", "0", "--mqtt-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as demo:
        assert demo.stdout is not None
        url = next(line for line in demo.stdout if "http://" in line).split()[-1]

        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as page:
            assert b"/static/js/main.js" in page.read()

        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=TIMEOUT_S)
    assert demo.returncode == 130


def test_wheel_without_extras_is_what_a_driver_needs(wheel: Path, tmp_path: Path) -> None:
    binaries = install(tmp_path / "env", str(wheel))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [binaries / "pitboard", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
            timeout=TIMEOUT_S,
        )

    assert run("monitor", "--help").returncode == 0
    unreachable = run("watch", "spa24", "--once", "--broker", "mqtt://127.0.0.1:1")
    assert (unreachable.returncode, unreachable.stderr.count("\n")) == (2, 1)
    server = run("demo")
    assert server.returncode == 2
    assert "pip install 'pitboard[server]'" in server.stderr
