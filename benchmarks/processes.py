"""The processes that are measured, each on ports of its own, and what they have used so far."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.request import urlopen

import psutil

from tests.brokers import Mosquitto, free_port

# The load comes from one address and is meant to be more than a bridge takes in by default.
_UNLIMITED = dict.fromkeys(
    (
        "PITBOARD_MAX_BROWSERS",
        "PITBOARD_MAX_BROWSERS_PER_ADDRESS",
        "PITBOARD_MAX_BROWSERS_PER_SESSION",
    ),
    "10000",
)

_METRIC = re.compile(r"(?m)^(\w+)(?:\{[^}]*\})? (\S+)$")


@dataclass(frozen=True, slots=True)
class Server:
    """One process that serves browsers; `port` is theirs, `mqtt_port` the publisher's."""

    pid: int
    port: int
    mqtt_port: int

    @property
    def cpu_s(self) -> float:
        """Processor time so far, of all threads that still run."""
        with suppress(OSError):
            # Of a few ns where the process's own times have ticks of 10 ms.
            tasks = Path(f"/proc/{self.pid}/task").iterdir()
            return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
        times = psutil.Process(self.pid).cpu_times()
        return times.user + times.system

    @property
    def rss_kb(self) -> float:
        """Memory in use."""
        return psutil.Process(self.pid).memory_info().rss / 1000

    def metric(self, name: str) -> float:
        """The sum over one of the bridge's metrics."""
        with urlopen(f"http://127.0.0.1:{self.port}/metrics") as answer:
            text = answer.read().decode()
        return sum(float(value) for found, value in _METRIC.findall(text) if found == name)


@contextmanager
def mosquitto() -> Iterator[Server]:
    """A mosquitto with the repository's settings and a WebSocket listener."""
    port = free_port()
    listener = f"listener {port} 127.0.0.1\nprotocol websockets\n"
    with Mosquitto(settings=f"user {_user()}\n{listener}") as broker:
        yield Server(broker.pid, port, broker.port)


@contextmanager
def bridge(mqtt_port: int, port: int = 0) -> Iterator[Server]:
    """`pitboard bridge` in front of a broker."""
    url = f"mqtt://127.0.0.1:{mqtt_port}"
    with _pitboard("bridge", "--broker", url, "--port", str(port or free_port())) as (pid, found):
        yield Server(pid, found, mqtt_port)


@contextmanager
def all_in_one() -> Iterator[Server]:
    """`pitboard up`: the embedded broker and the bridge in one process."""
    mqtt_port = free_port()
    with (
        tempfile.TemporaryDirectory(prefix="pitboard-") as folder,
        _pitboard(
            *("up", "--http-port", str(free_port()), "--mqtt-port", str(mqtt_port)),
            *("--state-dir", folder),
        ) as (pid, port),
    ):
        yield Server(pid, port, mqtt_port)


@contextmanager
def limit(binary: Path) -> Iterator[Server]:
    """The C loop that pays for nothing but one send a browser."""
    port, mqtt_port = free_port(), free_port()
    process = subprocess.Popen([binary, str(port), str(mqtt_port)])
    try:
        _wait_for_listener(process.pid, mqtt_port)
        yield Server(process.pid, port, mqtt_port)
    finally:
        process.kill()
        process.wait()


@contextmanager
def _pitboard(*arguments: str) -> Iterator[tuple[int, int]]:
    """The process and its HTTP port, once it listens."""
    command = [sys.executable, "-m", "pitboard", *arguments]
    # A file, not a pipe: nobody would empty that while browsers come and go.
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=log, env=os.environ | _UNLIMITED
        )
        try:
            yield process.pid, _port_told_in(log, process)
        finally:
            process.terminate()
            process.wait()


def _port_told_in(log: IO[str], process: "subprocess.Popen[bytes]") -> int:
    while process.poll() is None:
        # Not through `log`: its place in the file is where the process writes on.
        text = os.pread(log.fileno(), 65_536, 0).decode()
        if found := re.search(r"Listening on http://[^ ]*:(\d+)", text):
            return int(found[1])
        time.sleep(0.02)
    raise SystemExit(f"the bridge did not start: {os.pread(log.fileno(), 65_536, 0).decode()}")


def _wait_for_listener(pid: int, port: int) -> None:
    process = psutil.Process(pid)
    while not any(each.laddr[1] == port for each in process.net_connections()):
        if not process.is_running():
            raise SystemExit(f"process {pid} ended before it listened on {port}")


def _user() -> str:
    return os.environ.get("USER") or psutil.Process().username()
