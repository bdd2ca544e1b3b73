"""A `pitboard` process that is killed, frozen and started again."""

import contextlib
import socket
import subprocess
import sys
from pathlib import Path

from tests.brokers import TIMEOUT_S
from tests.cli.running import environment
from tests.waiting import eventually


class Daemon:
    """A `pitboard` process that is killed and started again; its log goes on in one file."""

    def __init__(self, folder: Path, name: str, *arguments: str, port: int | None = None) -> None:
        self.name = name
        self._arguments = arguments
        self._folder = folder
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._port is not None
        return self._port

    @property
    def pid(self) -> int:
        """The process, the last one if it has ended."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and return when it listens, if it is one that does."""
        with (self._folder / f"{self.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pitboard", *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                cwd=self._folder,
                env=environment(self._folder),
                # Ctrl-C is for the soak, which then ends its processes in its own order.
                start_new_session=True,
            )
        if self._port is not None:
            eventually(self._answers)

    def kill(self) -> None:
        """End it without giving it a chance to say goodbye."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait(TIMEOUT_S)

    def terminate(self) -> None:
        """Ask it to end, as a service manager does."""
        assert self._process is not None
        self._process.terminate()

    def ended(self) -> None:
        """Wait for its end."""
        assert self._process is not None
        self._process.wait(TIMEOUT_S)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), TIMEOUT_S).close()
            return True
        return False
