"""mosquitto as `pitboard mosquitto init` sets it up, on free ports."""

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from pitboard import credentials, mosquitto
from pitboard.broker.users import Role
from pitboard.contract.urls import BrokerUrl
from pitboard.options import BrokerAccess
from pitboard.publisher.link import Credentials, LinkSettings
from tests.brokers import TIMEOUT_S, Mosquitto, free_port, open_folder
from tests.waiting import eventually


class Team(Mosquitto):
    """A folder and its broker: ``with Team() as team:``.

    Started by root, mosquitto is a user whom pytest keeps out of its folders, so it has its own.
    """

    def __init__(self) -> None:
        above = open_folder()
        super().__init__(Path(above.name))
        self._own = above
        self.folder = folder = self._folder / "team"
        self.tls_port = free_port()
        self.users = folder / credentials.FILE_NAME
        self.ca = folder / mosquitto.CA
        self.store = folder / mosquitto.STORE / "mosquitto.db"
        self.said = self.init()

    @property
    def tls_url(self) -> str:
        """Where everybody else connects."""
        return f"mqtts://127.0.0.1:{self.tls_port}"

    def init(self) -> list[str]:
        """Run the command, again too; what it says."""
        ports = (self.port, self.tls_port)
        plan = mosquitto.plan(
            self.folder, users=None, hosts=["pit.example"], ports=ports, cert=None, key=None
        )
        return mosquitto.init(plan)

    def new_user(self, role: Role, session_id: str | None = None) -> Credentials:
        """Someone whom the broker knows once it is started or has reloaded."""
        user, password = credentials.new(self.users, role, session_id=session_id, name=None)
        return Credentials(user.name, password)

    def remove_user(self, login: Credentials) -> None:
        """Take someone away, from the next start or reload on."""
        credentials.remove(self.users, login.username)

    def access(self, login: Credentials) -> BrokerAccess:
        """The broker as a command on this machine gets it."""
        return BrokerAccess([BrokerUrl.parse(self.url)], LinkSettings(login))

    def start(self) -> None:
        """Start it and return when it serves; also after `stop` or `kill`."""
        binary = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
        assert binary is not None, "mosquitto is not installed"
        with (self._folder / "stderr").open("ab") as stderr:
            self._process = subprocess.Popen(
                [binary, "-c", str(self.folder / mosquitto.CONF)], stderr=stderr
            )
        try:
            eventually(self._serves)
        except BaseException:
            self.kill()
            raise

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def _serves(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log
        try:
            for port in (self.port, self.tls_port):
                socket.create_connection(("127.0.0.1", port), TIMEOUT_S).close()
        except ConnectionRefusedError:
            return False
        return True


def login_variables(login: Credentials) -> dict[str, str]:
    """A login as a process gets it."""
    return {"PITBOARD_USERNAME": login.username, "PITBOARD_PASSWORD": login.password}
