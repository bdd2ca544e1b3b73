"""The command line, inside the test and as a process of its own."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple, Self

import pytest

from pitboard.__main__ import run
from tests.brokers import TIMEOUT_S

STOP_WITHIN_S = 0.3 * TIMEOUT_S

# A shell has jobs in its background ignore Ctrl-C, and what they start inherits that: a command
# would then miss one that comes before it has a handler of its own.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Outcome(NamedTuple):
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


class Cli:
    """Runs commands in this process, in an empty folder and without a user's settings."""

    def __init__(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path
    ) -> None:
        self.folder = folder
        self.variables = monkeypatch
        self._capsys = capsys
        for name in own_variables():
            monkeypatch.delenv(name)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
        monkeypatch.chdir(folder)

    def file(self, text: str, name: str = "pitboard.toml") -> Path:
        """A file in the folder, readable by its owner alone."""
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return path

    def run(self, *arguments: str) -> Outcome:
        """Run a command to its end."""
        root = logging.getLogger()
        handlers, level = root.handlers[:], root.level
        try:
            code = run(list(arguments))
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)
            logging.getLogger("pitboard").setLevel(logging.NOTSET)
        return Outcome(code, *self._capsys.readouterr())

    def refused(self, *arguments: str) -> str:
        """The one line with which a command refuses to work."""
        code, out, err = self.run(*arguments)
        assert (code, out) == (2, "")
        return the_line(err)


def the_line(err: str) -> str:
    """*err* as the only line of a mistake that a person can mend."""
    assert err.startswith("pitboard: ")
    assert err.endswith("\n")
    assert err.count("\n") == 1
    return err.removeprefix("pitboard: ").rstrip("\n")


def own_variables() -> list[str]:
    """The variables of this environment that pitboard would read."""
    return [name for name in os.environ if name.startswith("PITBOARD_")]


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a process that knows no settings but those of the test."""
    plain = {name: value for name, value in os.environ.items() if name not in own_variables()}
    apart = {"HOME": home, "XDG_CONFIG_HOME": home / "config", "XDG_STATE_HOME": home / "state"}
    return plain | {"PYTHONUTF8": "1"} | {n: str(path) for n, path in apart.items()} | more


class Output:
    """What a process writes, line by line."""

    def __init__(self, stream: IO[str]) -> None:
        self.lines: list[str] = []
        self._has_ended = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, args=(stream,), name="output")
        self._thread.start()

    def line(self, part: str, within_s: float = TIMEOUT_S) -> str:
        """The first line that holds *part*."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_ended or self._find(part), within_s)
            found = self._find(part)
        assert found is not None, f"no line with {part!r} in {self.lines}"
        return found

    def rest(self) -> str:
        """Everything, once the process has closed its end."""
        self._thread.join(TIMEOUT_S)
        assert not self._thread.is_alive()
        return "".join(self.lines)

    def _find(self, part: str) -> str | None:
        return next((line for line in self.lines if part in line), None)

    def _read(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                with self._changed:
                    self.lines.append(line)
                    self._changed.notify_all()
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()


class Pitboard:
    """A `pitboard` process: ``with Pitboard(tmp_path, "demo") as demo:``."""

    def __init__(self, home: Path, *arguments: str, **variables: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pitboard", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=home,
            env=environment(home, **variables),
            text=True,
            encoding="utf-8",
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self.out = Output(self._process.stdout)
        self.err = Output(self._process.stderr)

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def send_interrupt(self) -> None:
        """Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def interrupt(self) -> int:
        """Ctrl-C; the exit code, which must come soon."""
        self.send_interrupt()
        return self._process.wait(STOP_WITHIN_S)

    def terminate(self) -> int:
        """End it as a service manager does; the exit code, which must come soon."""
        self._process.terminate()
        return self._process.wait(STOP_WITHIN_S)

    def kill(self) -> None:
        """End it without giving it a chance to say goodbye."""
        self._process.kill()
        self._process.wait(TIMEOUT_S)

    def ended(self) -> Outcome:
        """What it said until it ended by itself."""
        code = self._process.wait(TIMEOUT_S)
        return Outcome(code, self.out.rest(), self.err.rest())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self.kill()
        self.out.rest()
        err = self.err.rest()
        assert "Traceback" not in err or error is not None, err


def python(home: Path, code: str, variables: Mapping[str, str] | None = None) -> Outcome:
    """Run *code* in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=home,
        env=environment(home, **(variables or {})),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)
