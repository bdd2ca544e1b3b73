"""mosquitto as `pitboard mosquitto init` sets it up, on free ports."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from pitboard import credentials, mosquitto
from pitboard.broker.users import Role
from pitboard.contract.urls import BrokerUrl
from pitboard.options import BrokerAccess
from pitboard.publisher.link import Credentials, LinkSettings
from tests.brokers import TIMEOUT_S, free_port
from tests.waiting import eventually


class Team:
    """A folder and its broker: ``with Team() as team:``.

    Started by root, mosquitto is a user whom pytest keeps out of its folders, so it has its own.
    """

    def __init__(self) -> None:
        self._above = open_folder()
        self.folder = folder = Path(self._above.name) / "team"
        self.port, self.tls_port = free_port(), free_port()
        self.users = folder / credentials.FILE_NAME
        self.ca = folder / mosquitto.CA
        self.store = folder / mosquitto.STORE / "mosquitto.db"
        self._log = folder.with_suffix(".log")
        self._process: subprocess.Popen[bytes]
        self.said = self.init()

    @property
    def url(self) -> str:
        """Where this machine connects."""
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        """Where everybody else connects."""
        return f"mqtts://127.0.0.1:{self.tls_port}"

    @property
    def log(self) -> str:
        """What the broker has written so far."""
        return self._log.read_text()

    def init(self) -> list[str]:
        """Run the command, again too; what it says."""
        ports = (self.port, self.tls_port)
        plan = mosquitto.plan(
            self.folder, users=None, hosts=["pit.example"], ports=ports, cert=None, key=None
        )
        return mosquitto.init(plan)

    def new_user(self, role: Role, session_id: str | None = None) -> Credentials:
        """Someone whom the broker knows once it is started or has reloaded."""
        with mosquitto.keeping_owners(self.users):
            user, password = credentials.new(self.users, role, session_id=session_id, name=None)
        return Credentials(user.name, password)

    def remove_user(self, login: Credentials) -> None:
        """Take someone away, from the next start or reload on."""
        with mosquitto.keeping_owners(self.users):
            credentials.remove(self.users, login.username)

    def access(self, login: Credentials) -> BrokerAccess:
        """The broker as a command on this machine gets it."""
        return BrokerAccess([BrokerUrl.parse(self.url)], LinkSettings(login))

    def start(self) -> None:
        """Start it and return when it serves; also after `stop` or `kill`."""
        binary = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
        assert binary is not None, "mosquitto is not installed"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [binary, "-c", str(self.folder / mosquitto.CONF)], stderr=log
            )
        try:
            eventually(self._serves)
        except BaseException:
            self.kill()
            raise

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def stop(self) -> int:
        """End it as a service manager does; the exit code."""
        self._process.terminate()
        return self._process.wait(TIMEOUT_S)

    def kill(self) -> None:
        """End it without giving it a chance to save."""
        self._process.kill()
        self._process.wait(TIMEOUT_S)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self.kill()
        self._above.cleanup()

    def _serves(self) -> bool:
        assert self._process.poll() is None, self.log
        try:
            for port in (self.port, self.tls_port):
                socket.create_connection(("127.0.0.1", port), TIMEOUT_S).close()
        except ConnectionRefusedError:
            return False
        return True


def open_folder() -> "tempfile.TemporaryDirectory[str]":
    """A folder that every user may enter."""
    folder = tempfile.TemporaryDirectory(prefix="pitboard-")
    Path(folder.name).chmod(0o755)
    return folder


def login_variables(login: Credentials) -> dict[str, str]:
    """A login as a process gets it."""
    return {"PITBOARD_USERNAME": login.username, "PITBOARD_PASSWORD": login.password}
