"""Real brokers on free ports for every test that needs one: mosquitto, and the embedded one."""

import asyncio
import getpass
import itertools
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self, TypeVar

from pitboard.broker import EmbeddedBroker
from pitboard.broker.users import User, mosquitto_files
from tests.certificates import Certificates

T = TypeVar("T")

TIMEOUT_S = 10.0 * float(os.environ.get("PITBOARD_TEST_PATIENCE", "1"))
"""How long a test waits for what must happen; slow machines set the environment factor."""

CONF = Path(__file__).parent.parent / "mosquitto.conf"

# Debian installs servers where an ordinary user's PATH does not look.
_SEARCH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])


def has_mosquitto() -> bool:
    """Whether a mosquitto can be started here."""
    return shutil.which("mosquitto", path=_SEARCH) is not None


# Below those that systems give to outgoing connections, so that none takes one in between. Each of
# the processes among which the tests are shared out has its own, and another run begins elsewhere.
_FIRST_PORT = 10_000 + 1_000 * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 20)
_PORTS = (_FIRST_PORT + count % 1_000 for count in itertools.count(os.getpid()))
_REFUSED_BY_BROWSERS = 10_080
"""The WHATWG's one bad port among them: https://fetch.spec.whatwg.org/#port-blocking."""


def free_port() -> int:
    """A port nobody listens on, and that is not given out again soon."""
    for port in _PORTS:
        if port == _REFUSED_BY_BROWSERS:
            continue
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
    raise AssertionError("counting does not end")


def open_folder() -> "tempfile.TemporaryDirectory[str]":
    """A folder that every user may enter, also a mosquitto that root has started."""
    folder = tempfile.TemporaryDirectory(prefix="pitboard-")
    Path(folder.name).chmod(0o755)
    return folder


def settings_for(port: int, store: Path) -> str:
    """The repository's mosquitto.conf with another port and another place for the store."""
    conf = re.sub(r"(?m)^listener 1883 ", f"listener {port} ", CONF.read_text())
    return re.sub(r"(?m)^persistence_location .*$", f"persistence_location {store}/", conf)


class Mosquitto:
    """A mosquitto with the repository's settings: ``with Mosquitto() as broker:``, or `async with`.

    Args:
        folder: holds settings and store; a temporary one when not given.
        port: a free one when not given.
        settings: lines to add to the settings.
        command: put before the command line, e.g. to run it as another user.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        port: int | None = None,
        settings: str | None = None,
        command: tuple[str, ...] = (),
    ) -> None:
        self.host = "127.0.0.1"
        self.port = port or free_port()
        # Started by root it would become the user mosquitto, whom a test's folder keeps out.
        self._settings = f"user {getpass.getuser()}\n" if settings is None else settings
        self._command = command
        self._own = tempfile.TemporaryDirectory() if folder is None else None
        self._folder = folder or Path(self._own.name if self._own else "")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where to connect."""
        return f"mqtt://{self.host}:{self.port}"

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What it has written to stderr so far."""
        return (self._folder / "stderr").read_text()

    def start(self) -> None:
        """Start it and return when it accepts connections; also after `stop` or `kill`."""
        conf = self._folder / "test.conf"
        conf.write_text(settings_for(self.port, self._folder) + "\n" + self._settings)
        binary = shutil.which("mosquitto", path=_SEARCH)
        assert binary is not None, "mosquitto is not installed"
        with (self._folder / "stderr").open("ab") as stderr:
            self._process = subprocess.Popen(
                [*self._command, binary, "-c", str(conf)], stderr=stderr, cwd=self._folder
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.kill()
            raise

    def stop(self) -> int:
        """End it as a service manager does (SIGTERM); returns the exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(TIMEOUT_S)

    def kill(self) -> None:
        """End it without giving it a chance to save or to say goodbye."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(TIMEOUT_S)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()
        if self._own is not None:
            self._own.cleanup()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(self, *_exc: object) -> None:
        await asyncio.to_thread(self.__exit__, None, None, None)

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        for _ in range(int(TIMEOUT_S / 0.01)):
            try:
                socket.create_connection((self.host, self.port), TIMEOUT_S).close()
            except ConnectionRefusedError:
                try:
                    code = self._process.wait(0.01)
                except subprocess.TimeoutExpired:
                    continue
                raise AssertionError(f"mosquitto ended with {code}: {self.log}") from None
            else:
                return
        raise AssertionError(f"mosquitto does not accept connections: {self.log}")


def settings_for_users(folder: Path, users: Iterable[User], more_rules: str = "") -> str:
    """Settings with which mosquitto lets only *users* in; *more_rules* end its `acl_file`."""
    passwords, rules = mosquitto_files(users)
    lines = [f"user {getpass.getuser()}", "allow_anonymous false"]
    for name, text in (("password_file", passwords), ("acl_file", rules + more_rules)):
        path = folder / name
        path.write_text(text)
        path.chmod(0o600)
        lines.append(f"{name} {path}")
    return "\n".join(lines) + "\n"


class MosquittoTls(Mosquitto):
    """A mosquitto that speaks TLS only, with a certificate that *certificates* vouch for."""

    def __init__(
        self,
        folder: Path,
        certificates: Certificates,
        *,
        settings: str = f"user {getpass.getuser()}\n",
    ) -> None:
        super().__init__(folder, settings=settings + certificates.settings)

    @property
    def url(self) -> str:
        """Where to connect."""
        return f"mqtts://{self.host}:{self.port}"


class EmbeddedInThread:
    """An `EmbeddedBroker` on an event loop of its own thread, for tests without a loop."""

    def __init__(self, make: Callable[[], EmbeddedBroker] | None = None) -> None:
        self._make = make or (lambda: EmbeddedBroker(port=0))
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="embedded broker", daemon=True)
        self._error: BaseException | None = None
        self.broker: EmbeddedBroker
        self.loop: asyncio.AbstractEventLoop
        self._leave: asyncio.Event

    @property
    def host(self) -> str:
        """The address."""
        return self.broker.host

    @property
    def port(self) -> int:
        """The port."""
        return self.broker.port

    @property
    def url(self) -> str:
        """Where to connect."""
        return self.broker.url

    def call(self, function: Callable[[], T]) -> T:
        """The result of *function* on the broker's loop."""

        async def run() -> T:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(TIMEOUT_S)

    def start(self) -> None:
        """Start the broker, and return when it accepts connections."""
        self._thread.start()
        assert self._ready.wait(TIMEOUT_S)
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Stop the broker and its loop; once is enough, twice does no harm."""
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self._leave.set)
        self._thread.join(TIMEOUT_S)
        assert not self._thread.is_alive()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - raised in the thread that started this one
            self._error = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._leave = asyncio.Event()
        async with self._make() as self.broker:
            self._ready.set()
            await self._leave.wait()
