"""The whole system as real processes: one broker, one bridge, a monitor for each session.

Between each of them and the broker stands a proxy, so that a line can be cut or stalled.
"""

import os
import signal
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import msgspec
import psutil

from pitboard.publisher.memory import Memory
from tests.brokers import Mosquitto, free_port
from tests.proxy import Proxy
from tests.soak.daemon import Daemon
from tests.soak.schedule import Fault, Kind
from tests.soak.tally import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What the fleet consists of.

    Attributes:
        broker: `mosquitto` or `embedded`.
        rate_hz: Frames a second of each monitor.
        speed: How many times faster than real time the cars drive.
    """

    broker: str = "mosquitto"
    sessions: int = 20
    rate_hz: float = 10.0
    speed: float = 20.0


class _Process(Protocol):
    @property
    def pid(self) -> int: ...
    def start(self) -> None: ...
    def kill(self) -> None: ...


class _Broker(_Process, Protocol):
    @property
    def port(self) -> int: ...


class Fleet:
    """Everything but the browsers: ``with Fleet(folder, fit) as fleet:``."""

    def __init__(self, folder: Path, fit: Fit) -> None:
        self._folder = folder
        self._fit = fit
        self._stack = ExitStack()
        self._broker: _Broker
        self._bridge: Daemon
        self._bridge_line: Proxy
        self._monitors: list[Daemon] = []
        self._lines: list[Proxy] = []
        # What a fault has taken away is no surprise.
        self._away: set[int] = set()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._broker = self._new_broker(stack)
            port = self._broker.port
            self._bridge_line = stack.enter_context(Proxy(port))
            self._lines = [stack.enter_context(Proxy(port)) for _ in range(self._fit.sessions)]
            self._bridge = self._new_bridge()
            self._monitors = [self._new_monitor(n) for n in range(self._fit.sessions)]
            stack.callback(_put_away, [self._bridge, *self._monitors])
            self._bridge.start()
            for monitor in self._monitors:
                monitor.start()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stack.close()

    @property
    def broker_name(self) -> str:
        """What the broker is."""
        if self._fit.broker == "embedded":
            return "embedded"
        program = psutil.Process(self._broker.pid).exe()
        told = subprocess.run([program, "-h"], stdout=subprocess.PIPE, text=True, check=False)
        return told.stdout.partition("\n")[0].replace(" version", "")

    @property
    def browser_url(self) -> str:
        """Where browsers connect."""
        return f"ws://127.0.0.1:{self._bridge.port}/ws"

    @property
    def metrics_url(self) -> str:
        """Where the bridge tells its numbers."""
        return f"http://127.0.0.1:{self._bridge.port}/metrics"

    def processes(self) -> Iterator[tuple[str, int]]:
        """Role and pid of each process that should run."""
        everybody = [("broker", self._broker.pid), ("bridge", self._bridge.pid)]
        everybody += [("monitor", monitor.pid) for monitor in self._monitors]
        yield from (one for one in everybody if one[1] not in self._away)

    def surprises(self) -> Iterator[str]:
        """The processes that ended by themselves."""
        return (f"{role} {pid}" for role, pid in self.processes() if _has_ended(pid))

    def begin(self, fault: Fault) -> None:
        """Let it happen."""
        match fault.kind:
            case Kind.KILL_BROKER | Kind.KILL_BRIDGE | Kind.KILL_MONITORS:
                for process in self._processes_of(fault):
                    self._away.add(process.pid)
                    process.kill()
            case Kind.CUT_BRIDGE | Kind.CUT_MONITORS:
                for line in self._lines_of(fault):
                    line.cut()
            case Kind.STALL_BRIDGE | Kind.STALL_MONITORS:
                for line in self._lines_of(fault):
                    line.stall()
            case _:
                self._signal(fault, signal.SIGSTOP)

    def end(self, fault: Fault) -> None:
        """Let it be over; processes that died are on their way up again."""
        match fault.kind:
            case Kind.KILL_BROKER | Kind.KILL_BRIDGE | Kind.KILL_MONITORS:
                for process in self._processes_of(fault):
                    process.start()
                    # Numbers are given again.
                    self._away.discard(process.pid)
            case Kind.CUT_BRIDGE | Kind.CUT_MONITORS:
                for line in self._lines_of(fault):
                    line.restore()
            case Kind.STALL_BRIDGE | Kind.STALL_MONITORS:
                for line in self._lines_of(fault):
                    line.resume()
            case _:
                self._signal(fault, signal.SIGCONT)

    def stop_monitors(self) -> None:
        """Let every monitor say goodbye."""
        self._away.update(monitor.pid for monitor in self._monitors)
        for monitor in self._monitors:
            monitor.terminate()
        for monitor in self._monitors:
            monitor.ended()

    def driven(self, number: int) -> list[Row]:
        """The laps that a monitor has on disk."""
        path = self._folder / f"session-{session_id(number)}.{monitor_id(number)}.json"
        memory = msgspec.json.decode(path.read_bytes(), type=Memory)
        return [Row(row.run, row.lap, row.finished_at) for row in memory.laps]

    def forget_traffic(self) -> None:
        """Drop what the proxies have written down."""
        for line in (self._bridge_line, *self._lines):
            line.published.clear()

    def complaints(self) -> Iterator[str]:
        """The lines of all logs that a person would have to act on."""
        for path in sorted(self._folder.glob("*.log")):
            for line in path.read_text(errors="replace").splitlines():
                if " E " in line[:12] or line.startswith("Traceback"):
                    yield f"{path.name}: {line}"

    def _new_broker(self, stack: ExitStack) -> _Broker:
        if self._fit.broker == "mosquitto":
            store = self._folder / "mosquitto"
            store.mkdir()
            # setsid, for the same reason as in `Daemon`.
            return stack.enter_context(Mosquitto(store, command=("setsid",)))
        port = free_port()
        broker = Daemon(self._folder, "broker", "broker", "--port", str(port), port=port)
        stack.callback(_put_away, [broker])
        broker.start()
        return broker

    def _new_bridge(self) -> Daemon:
        port = free_port()
        # All browsers are on this machine, and come back before the bridge has missed them.
        arguments = ["--broker", self._bridge_line.url, "--port", str(port)]
        arguments += ["--max-browsers-per-address", "1000"]
        return Daemon(self._folder, "bridge", "bridge", *arguments, port=port)

    def _new_monitor(self, number: int) -> Daemon:
        flags = {
            "--broker": self._lines[number].url,
            "--session": session_id(number),
            "--monitor": monitor_id(number),
            "--state-dir": str(self._folder),
            "--rate": f"{self._fit.rate_hz:g}",
            "--speed": f"{self._fit.speed:g}",
            "--seed": str(number),
        }
        words = [word for flag in flags.items() for word in flag]
        return Daemon(self._folder, f"monitor-{number:02}", "monitor", *words)

    def _processes_of(self, fault: Fault) -> list[_Process]:
        if fault.kind in (Kind.KILL_BROKER, Kind.FREEZE_BROKER):
            return [self._broker]
        if not fault.kind.hits_monitors:
            return [self._bridge]
        return [self._monitors[number] for number in fault.monitors]

    def _lines_of(self, fault: Fault) -> list[Proxy]:
        if not fault.kind.hits_monitors:
            return [self._bridge_line]
        return [self._lines[number] for number in fault.monitors]

    def _signal(self, fault: Fault, number: signal.Signals) -> None:
        for process in self._processes_of(fault):
            os.kill(process.pid, number)


def session_id(number: int) -> str:
    """The session of a monitor."""
    return f"soak-{number:02}"


def monitor_id(number: int) -> str:
    """A monitor."""
    return f"pc-{number:02}"


def _put_away(daemons: Iterable[Daemon]) -> None:
    for daemon in daemons:
        daemon.kill()


def _has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
