"""Several bridges on one port, each a process of its own that is started again when it dies.

The parent holds the port and looks after the workers; browsers and broker are theirs alone.
"""

import asyncio
import logging
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from pitboard import log_setup
from pitboard.bridge.settings import BridgeSettings
from pitboard.contract.backoff import Backoff
from pitboard.contract.errors import SettingsError
from pitboard.running import run
from pitboard.server_part import server_part
from pitboard.signals import exit_code, stopping

log = logging.getLogger(__name__)

# Who has run for so long does not die again and again.
STEADY_AFTER_S = 60.0

# The address of a Unix socket has room for 107 bytes.
MAX_FOLDER_BYTES = 107 - len("/64.sock")

# A worker closes its browsers within 3 s; one that hangs is not waited for.
STOP_WITHIN_S = 5.0

_STOPPING = (signal.SIGINT, signal.SIGTERM)

_processes = multiprocessing.get_context("spawn")


def supervise(settings: BridgeSettings, announce: Callable[[], None]) -> int:
    """Run `settings.workers` bridges on a port that the caller holds; returns the exit code.

    Args:
        settings: What each of them does; `port` is the one that is held.
        announce: Called once, when all of them listen.

    Raises:
        SettingsError: None of them can start, for a reason that a person can mend.
    """
    stopped, stop = _processes.Pipe(duplex=False)
    with _folder() as folder, stopped, stop, stopping(lambda: stop.send(None)) as received:
        workers = [_Worker(settings, folder, n + 1) for n in range(settings.workers)]
        try:
            _look_after(workers, stopped, announce)
        finally:
            _end(workers)
    # Without a signal nothing but failure ends it.
    return exit_code(received) if received else 1


class _Worker:
    """One of the processes, and those that take its place when it dies.

    Attributes:
        is_listening: Whether browsers reach it.
        has_failed: Whether it has ever ended before it listened.
    """

    def __init__(self, settings: BridgeSettings, folder: Path, number: int) -> None:
        self.is_listening = False
        self.has_failed = False
        self.process: SpawnProcess | None = None
        self._settings = settings
        self._folder = folder
        self._number = number
        self._said: Connection | None = None
        self._started_s = self._due_s = time.monotonic()
        self._backoff = Backoff()
        self._is_first_death = True
        self._has_listened = False

    @property
    def awaited(self) -> list[Connection | int]:
        """What becomes ready when there is something to look after."""
        sentinels = [self.process.sentinel] if self.process is not None else []
        return [*sentinels, *([self._said] if self._said is not None else [])]

    @property
    def due_in_s(self) -> float | None:
        """When it must be started; `None` while it runs."""
        return None if self.process is not None else max(0.0, self._due_s - time.monotonic())

    def look_after(self) -> None:
        """Start what is not there, hear what it says, and note when it has died.

        Raises:
            SettingsError: A person must change something before it can start for the first time.
        """
        if self.due_in_s == 0:
            self._start()
        # What it has said is there before its end shows.
        exitcode = self.process.exitcode if self.process is not None else None
        refusal = self._heard()
        if refusal is not None and not self._has_listened:
            raise SettingsError(refusal)
        if self.process is not None and exitcode is not None:
            self._bury(f"pid={self.process.pid} {refusal or _ending(exitcode)}")

    def ask_to_end(self) -> None:
        """Have the process close its browsers and end; at once if it has none yet."""
        if self.process is None:
            return
        if self.is_listening:
            self.process.terminate()
        else:
            self.process.kill()

    def _start(self) -> None:
        self._said, saying = _processes.Pipe(duplex=False)
        level = logging.getLogger("pitboard").level
        process = _processes.Process(
            target=_work,
            args=(self._settings, self._folder, self._number, level, saying),
            name=f"worker-{self._number}",
            daemon=True,
        )
        self._started_s = time.monotonic()
        with saying, _signals_held():
            try:
                process.start()
            except OSError as exc:
                self._bury(f"cannot be started: {exc.strerror}")
            else:
                self.process = process

    def _heard(self) -> str | None:
        """What a person must change, if it has just said so."""
        if self._said is None or not self._said.poll():
            return None
        refusal: str | None = None
        with suppress(EOFError):
            refusal = self._said.recv()
            self.is_listening = refusal is None
            self._has_listened |= self.is_listening
        self._said.close()
        self._said = None
        return refusal

    def _bury(self, how: str) -> None:
        self.has_failed |= not self.is_listening
        if self.is_listening and time.monotonic() - self._started_s >= STEADY_AFTER_S:
            self._backoff.reset()
            self._is_first_death = True
        wait_s = 0.0 if self._is_first_death else self._backoff.next_s()
        self._is_first_death = False
        self._due_s = time.monotonic() + wait_s
        self.is_listening = False
        if self.process is not None:
            self.process.close()
            self.process = None
        if self._said is not None:
            self._said.close()
            self._said = None
        text = "[Server] WARNING: worker=%d %s, starting it again in %.1fs"
        log.warning(text, self._number, how, wait_s)


def _look_after(
    workers: Sequence[_Worker], stopped: Connection, announce: Callable[[], None]
) -> None:
    """Keep all of them running until *stopped* says something, or until none can start."""
    is_announced = False
    while not stopped.poll():
        for worker in workers:
            worker.look_after()
        if not is_announced and all(worker.is_listening for worker in workers):
            announce()
            is_announced = True
        if not is_announced and all(each.has_failed and not each.is_listening for each in workers):
            log.error("[Server] ERROR: no worker could start")
            return
        due = [worker.due_in_s for worker in workers if worker.due_in_s is not None]
        awaited = [ready for worker in workers for ready in worker.awaited]
        wait([stopped, *awaited], min(due, default=None))


def _end(workers: Sequence[_Worker]) -> None:
    """Have all of them close their browsers; returns when they are gone."""
    for worker in workers:
        worker.ask_to_end()
    until_s = time.monotonic() + STOP_WITHIN_S
    processes = [worker.process for worker in workers if worker.process is not None]
    try:
        for process in processes:
            process.join(max(0.0, until_s - time.monotonic()))
    finally:
        for process in processes:
            if process.exitcode is None:
                log.warning("[Server] WARNING: %s does not end, killed", process.name)
                process.kill()
            process.join()


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that no other user may enter, for the workers' sockets."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="pitboard-bridge-", ignore_cleanup_errors=True)
    except OSError as exc:
        raise SettingsError(
            f"--workers: no folder for sockets: {exc.strerror}: set TMPDIR to another"
        ) from None
    with folder as name:
        if len(os.fsencode(name)) > MAX_FOLDER_BYTES:
            raise SettingsError(f"--workers: {name} is too long for sockets: set TMPDIR to another")
        yield Path(name)


@contextmanager
def _signals_held() -> Iterator[None]:
    """Have a process that is started meanwhile begin without SIGINT and SIGTERM.

    It lets them through when it can handle them; until then they would end it with a traceback.
    """
    # Its own first start would let them through here.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ending(exitcode: int) -> str:
    if exitcode >= 0:
        return f"ended with {exitcode}"
    try:
        return f"was ended by {signal.Signals(-exitcode).name}"
    except ValueError:
        return f"was ended by signal {-exitcode}"


def _work(
    settings: BridgeSettings, folder: Path, number: int, level: int, saying: Connection
) -> None:
    """What a worker does until a signal or the parent's death ends it.

    It says `None` when it listens, or what a person must change.
    """
    log_setup.set_up(level)
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_follow, args=(parent.sentinel,), name="parent", daemon=True).start()

    try:
        run(lambda stop: _serve(settings, folder, number, saying, stop))
    except SettingsError as exc:
        _say(saying, str(exc))
    except KeyboardInterrupt:
        # The parent tells a person about it, and whoever waits for its exit code.
        pass
    if not parent.is_alive():
        shutil.rmtree(folder, ignore_errors=True)


async def _serve(
    settings: BridgeSettings, folder: Path, number: int, saying: Connection, stop: asyncio.Event
) -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
    with server_part():
        # The parent has no use for them.
        from pitboard.bridge.server import BridgeServer  # noqa: PLC0415
        from pitboard.bridge.siblings import Siblings  # noqa: PLC0415

    async with BridgeServer(settings, Siblings(folder, number, settings.workers)):
        _say(saying, None)
        await stop.wait()


def _say(saying: Connection, what: str | None) -> None:
    # A parent that has just died hears nothing.
    with saying, suppress(OSError):
        saying.send(what)


def _follow(parent: int) -> None:
    """End this process when the parent has ended, also when that was killed or this one hangs."""
    wait([parent])
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_WITHIN_S)
    os._exit(1)
