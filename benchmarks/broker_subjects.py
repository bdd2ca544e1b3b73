"""The brokers that `brokers` measures: each a process that can be killed and started again."""

import getpass
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.broker.conformance.line import Line
from tests.brokers import TIMEOUT_S, Mosquitto, MosquittoTls, free_port
from tests.certificates import Certificates
from tests.cli.running import Pitboard
from tests.waiting import eventually

OWN = "pitboard/v1/spa24/pc-1"
CHANNELS = {"status", "meta", "setup", "telemetry", "lap", "laps/0"}


class Process(Protocol):
    """A broker that can be killed and started again on its port."""

    def start(self) -> None:
        """Start it, and return when it accepts connections."""

    def stop(self) -> object:
        """End it as a service manager does."""

    def kill(self) -> None:
        """End it without giving it a chance to save."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A broker and how to reach it.

    Attributes:
        store: What it writes retained values into.
        trusted: What its certificate is checked with.
        ca_file: The same, for a monitor.
    """

    process: Process
    host: str
    port: int
    scheme: str
    home: Path
    store: Path
    trusted: ssl.SSLContext | None = None
    ca_file: Path | None = None

    def line(self, client_id: str = "", **options: Any) -> Line:
        """A connection."""
        return Line(self, client_id, trusted=self.trusted, **options)

    def held(self, topic_filter: str = f"{OWN}/#") -> dict[str, bytes]:
        """The retained values by what comes after the monitor's id."""
        with self.line() as reader:
            reader.subscribe((topic_filter, 1))
            found: dict[str, bytes] = {}
            # A broker sends so many before it waits for them to be acknowledged.
            while came := reader.rest():
                found |= {got.topic.removeprefix(f"{OWN}/"): got.payload for got in came}
            return found

    @contextmanager
    def monitor(self, port: int | None = None) -> Iterator[Pitboard]:
        """A monitor with the settings that it has by itself, in a car that laps often."""
        url = f"{self.scheme}://{self.host}:{port or self.port}"
        ids = ("--session", "spa24", "--monitor", "pc-1", "--speed", "100")
        trust = ("--ca-file", str(self.ca_file)) if self.ca_file else ()
        with Pitboard(self.home, "monitor", "--broker", url, *ids, *trust) as process:
            eventually(lambda: self.held().keys() >= CHANNELS, 3 * TIMEOUT_S)
            yield process


class EmbeddedProcess:
    """`pitboard broker`."""

    def __init__(self, home: Path) -> None:
        self.port = free_port()
        self._home = home
        self._process: Pitboard

    def start(self) -> None:
        """Start it, and return when it listens."""
        where = ("--port", str(self.port), "--state-dir", str(self._home / "state"))
        self._process = Pitboard(self._home, "broker", *where)
        self._process.out.line("mqtt://")

    def stop(self) -> None:
        """SIGTERM."""
        with self._process:
            self._process.terminate()

    def kill(self) -> None:
        """SIGKILL."""
        with self._process:
            self._process.kill()


def embedded(folder: Path) -> Subject:
    """The embedded broker."""
    process = EmbeddedProcess(folder)
    store = folder / "state" / f"broker-{process.port}.retained"
    return Subject(
        process=process,
        host="127.0.0.1",
        port=process.port,
        scheme="mqtt",
        home=folder,
        store=store,
    )


def mosquitto(folder: Path, *, tls: bool = False) -> Subject:
    """Mosquitto with the repository's settings, and with TLS if wanted."""
    settings = f"user {getpass.getuser()}\n"
    home = folder / "home"
    home.mkdir()
    store = folder / "pitboard-mosquitto.db"
    if not tls:
        plain = Mosquitto(folder, settings=settings)
        return Subject(
            process=plain, host=plain.host, port=plain.port, scheme="mqtt", home=home, store=store
        )
    made = Certificates(folder)
    process = MosquittoTls(folder, made, settings=settings)
    return Subject(
        process=process,
        host=process.host,
        port=process.port,
        scheme="mqtts",
        home=home,
        store=store,
        trusted=ssl.create_default_context(cafile=made.ca_file),
        ca_file=Path(made.ca_file),
    )
