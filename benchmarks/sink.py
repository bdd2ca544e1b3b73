"""The load generator: C, built when it is needed, so that it costs less than what it loads."""

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from benchmarks import corpus
from benchmarks.processes import Server

SOURCES = Path(__file__).parent / "load"
COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
RATE_HZ = 10.0
"""How much time lies between two messages."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The built programs, and messages for them.

    Attributes:
        stamped: Messages that tell their age.
        plain: The same without, as monitors send them.
    """

    sink: Path
    limit: Path
    stamped: Path
    plain: Path


@contextmanager
def tools() -> Iterator[Tools]:
    """Build the programs and write the messages; needs `COMPILER`."""
    assert COMPILER is not None
    with tempfile.TemporaryDirectory(prefix="pitboard-bench-") as folder:
        made = Tools(*(Path(folder, name) for name in ("sink", "limit", "stamped", "plain")))
        for binary in (made.sink, made.limit):
            source = SOURCES / f"{binary.name}.c"
            subprocess.run([COMPILER, "-O2", "-o", binary, source], check=True)
        corpus.write(made.stamped, rate_hz=RATE_HZ)
        corpus.write(made.plain, rate_hz=RATE_HZ, is_stamped=False)
        yield made


@dataclass(frozen=True, slots=True)
class Seen:
    """What browsers saw between start and stop.

    Attributes:
        cpu_s: Of the server.
        sink_share: Of a core, of the load generator.
        bytes: Of telemetry, with the heads of its frames.
        least_received: By the browser that got least.
    """

    elapsed_s: float
    published: int
    delivered: int
    bytes: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    least_received: int
    cpu_s: float
    sink_share: float
    is_compressed: bool

    @property
    def cpu_us(self) -> float:
        """The server's processor time for each delivered frame."""
        return self.cpu_s / max(self.delivered, 1) * 1e6


class Sink:
    """Browsers of one server and a publisher, while the context is entered.

    Args:
        made: The programs.
        server: Whom the browsers connect to.
        browsers: How many.
        arguments: Further ones; see the head of `load/sink.c`.
        mode: `ws` for the bridge's protocol, `mqttws` for MQTT over WebSockets.
    """

    def __init__(
        self, made: Tools, server: Server, browsers: int, *arguments: object, mode: str = "ws"
    ) -> None:
        self._server = server
        self._command = [str(made.sink), "-m", mode, "-p", str(server.port), "-n", str(browsers)]
        self._command += map(str, arguments)
        self._process: subprocess.Popen[str]

    def __enter__(self) -> Self:
        """Return when every browser has its snapshot, or its subscription."""
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.read("READY")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def tell(self, command: str) -> None:
        """Send `start` or `stop`."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()

    def read(self, start: str) -> str:
        """The next line that begins with *start*. Raises `SystemExit` if the program ended."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(start):
                return line
        raise SystemExit(f"the load generator ended with {self._process.wait()}")

    def measure(self, seconds: float, warm_up_s: float = 0.5) -> Seen:
        """Let messages flow, and count those after the warm-up."""
        self.tell("start")
        time.sleep(warm_up_s)
        self.tell("start")
        cpu_before_s = self._server.cpu_s
        time.sleep(seconds)
        cpu_s = self._server.cpu_s - cpu_before_s
        self.tell("stop")
        seen: dict[str, Any] = json.loads(self.read("{"))
        sink_share = seen.pop("sink_cpu_s") / seen["elapsed_s"]
        del seen["aged"]
        return Seen(**seen, cpu_s=cpu_s, sink_share=sink_share)
