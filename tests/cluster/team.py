"""A team's machines: a cluster, two bridges behind nginx, a car; each dies and comes back."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests.brokers import TIMEOUT_S, free_port
from tests.cli.running import Pitboard
from tests.system.nats import Cluster, Node, missing_nats
from tests.system.processes import Restartable
from tests.waiting import eventually

SESSION, MONITOR = "spa24", "pc-1"
NGINX_CONF = Path(__file__).parents[2] / "deploy" / "nginx" / "nginx.conf"

_SEARCH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])


def missing_parts() -> str | None:
    """Why no team can be started here, if none can."""
    has_nginx = shutil.which("nginx", path=_SEARCH) is not None
    return missing_nats() or (None if has_nginx else "nginx is not installed")


class Nginx:
    """The balancer of `deploy/nginx`, without TLS."""

    def __init__(self, folder: Path, bridges: Sequence[int]) -> None:
        self.port = free_port()
        self._folder = folder
        folder.mkdir()
        text = NGINX_CONF.read_text()
        for number, port in enumerate(bridges, 1):
            text = text.replace(f"bridge-{number}:8000", f"127.0.0.1:{port}")
        text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{self.port}")
        text = re.sub(r"(?m)^\s*ssl_.*\n", "", text)
        text = re.sub(r"/run/|/var/log/nginx/", f"{folder}/", text)
        # It writes below its prefix what does not fit into memory.
        temporary = "".join(
            f"{kind}_temp_path {folder}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(text.replace("http {", "http {\n" + temporary))

    def __enter__(self) -> Self:
        binary = shutil.which("nginx", path=_SEARCH)
        assert binary is not None
        command = [binary, "-p", str(self._folder), "-c", str(self._folder / "nginx.conf")]
        self._process = subprocess.Popen([*command, "-g", "daemon off;"])
        return self

    def __exit__(self, *_exc: object) -> None:
        self._process.terminate()
        self._process.wait(TIMEOUT_S)


class Team:
    """Everything that runs, as processes: ``with Team(tmp_path) as team:``.

    Args:
        folder: Where all of it runs.
        speed: How much faster than real time the car drives.
    """

    def __init__(self, folder: Path, *, speed: float = 60.0) -> None:
        self._folder = folder
        self._speed = speed
        self._stack = ExitStack()
        self.cluster = Cluster(folder, 3)

    @property
    def state_file(self) -> Path:
        """What the monitor knows of the race."""
        return self._folder / "state" / f"session-{SESSION}.{MONITOR}.json"

    @property
    def url(self) -> str:
        """The WebSocket of whichever bridge the balancer chooses."""
        return f"ws://127.0.0.1:{self.nginx.port}/ws"

    def front_of_monitor(self) -> Node:
        """The front that the car is connected to."""
        said = [line for line in self.monitor.err.lines if "Connected to" in line]
        return next(node for node in self.cluster.fronts if said[-1].strip().endswith(node.url))

    def back_again(self, node: Node) -> None:
        """Start a killed node, and return when it does its work."""
        node.start()
        eventually(lambda: node.is_ready(None), 4 * TIMEOUT_S)

    def drive(self) -> None:
        """Start the monitor, and return when it is connected; also after its end."""
        self.monitor = self._stack.enter_context(
            Pitboard(
                self._folder,
                *("monitor", *_brokers(self.cluster.urls)),
                *("--session", SESSION, "--monitor", MONITOR, "--state-dir", "state"),
                *("--rate", "10", "--speed", str(self._speed)),
            )
        )
        self.monitor.err.line("Connected to")

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stack.close()

    def _start(self) -> None:
        enter = self._stack.enter_context
        enter(self.cluster)
        first, second = self.cluster.urls
        # Each begins with another front.
        self.bridges = [
            enter(Restartable(self._folder, "bridge", *_brokers(urls)))
            for urls in ((second, first), (first, second))
        ]
        self.nginx = enter(Nginx(self._folder / "nginx", [bridge.port for bridge in self.bridges]))
        self.drive()


def _brokers(urls: Sequence[str]) -> list[str]:
    return [word for url in urls for word in ("--broker", url)]
