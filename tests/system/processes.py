"""Parts of a chain as processes of their own, to be killed and started again on their ports."""

from pathlib import Path
from types import TracebackType
from typing import Self

from tests.brokers import free_port
from tests.cli.running import Pitboard


class Restartable:
    """A `pitboard` server on one port: ``with Restartable(tmp_path, "broker") as broker:``.

    Args:
        home: Where it runs.
        arguments: The command; `--port` is added.
    """

    def __init__(self, home: Path, *arguments: str) -> None:
        self.host = "127.0.0.1"
        self.port = free_port()
        self._home = home
        self._arguments = (*arguments, "--port", str(self.port))
        self._process: Pitboard
        self.url: str

    def start(self) -> None:
        """Start it and return when it listens; also after `kill`."""
        self._process = Pitboard(self._home, *self._arguments)
        self.url = self._process.out.line("://").strip()

    def kill(self) -> None:
        """End it without giving it a chance to say goodbye."""
        with self._process:
            self._process.kill()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        type_: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.__exit__(type_, error, traceback)
