"""Real NATS nodes with the settings of `deploy/nats`, on free ports."""

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from tests.broker.conformance.line import Cut, Line
from tests.brokers import TIMEOUT_S, free_port
from tests.waiting import eventually

DEPLOY = Path(__file__).parents[2] / "deploy" / "nats"

# Debian installs servers where an ordinary user's PATH does not look.
_SEARCH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])


def missing_nats() -> str | None:
    """Why no node can be started here, if none can."""
    found = shutil.which("nats-server", path=_SEARCH)
    return None if found else "nats-server is not installed"


def missing_cluster() -> str | None:
    """Why no three nodes are started here: elections take their time."""
    if not os.environ.get("PITBOARD_CLUSTER"):
        return "make cluster-demo begins with it"
    return missing_nats()


class Node:
    """One node: `start` returns when it runs, `is_ready` tells when it serves MQTT.

    Args:
        folder: Settings, log and store; the node's own.
        number: From 1.
        routes: The ports on which the nodes of its cluster find each other; none when it is alone.
        users: The text of its file of users.

    Attributes:
        own_port: Where it speaks its own protocol.
    """

    def __init__(self, folder: Path, number: int, routes: Mapping[int, int], users: str) -> None:
        self.host = "127.0.0.1"
        self.port = free_port()
        self.url = f"mqtt://{self.host}:{self.port}"
        self.name = f"nats-{number}"
        self._folder = folder
        self._store = folder / "store"
        self.own_port = free_port()
        self._monitoring = free_port()
        self._conf = folder / f"node-{number}.conf"
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir()
        for path in DEPLOY.glob("*.conf"):
            (folder / path.name).write_text(self._adapted(path.read_text(), number, routes))
        (folder / "tls.conf").write_text("")
        (folder / "users.nats.conf").write_text(users)
        if not routes:
            (folder / "cluster.conf").write_text("")

    @property
    def log(self) -> str:
        """What it has written so far."""
        return (self._folder / "log").read_text()

    def start(self) -> None:
        """Start it; also after `stop` or `kill`."""
        binary = shutil.which("nats-server", path=_SEARCH)
        assert binary is not None, "nats-server is not installed"
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [binary, "-c", str(self._conf)],
                stderr=log,
                cwd=self._folder,
            )

    def is_ready(self, login: tuple[str, str] | None) -> bool:
        """Whether it accepts a client, which takes what it keeps on the other nodes."""
        assert self._process is not None
        assert self._process.poll() is None, self.log
        with suppress(Cut, OSError), Line(self, login=login):
            return True
        return False

    def is_leader_of(self) -> set[str]:
        """The stores that no other node can write to before a new leader is elected."""
        path = f"http://{self.host}:{self._monitoring}/jsz?accounts=1&streams=1"
        with urllib.request.urlopen(path, timeout=TIMEOUT_S) as answer:
            said: dict[str, Any] = json.load(answer)
        streams = (
            s for account in said.get("account_details", []) for s in account["stream_detail"]
        )
        led = {s["name"] for s in streams if s.get("cluster", {}).get("leader") == self.name}
        is_meta = said.get("meta_cluster", {}).get("leader") == self.name
        return led | ({"meta"} if is_meta else set())

    def stop(self) -> int:
        """End it as a service manager does; returns the exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(TIMEOUT_S)

    def leave(self) -> int:
        """End it as for an upgrade: what it leads and its clients go to the others first."""
        assert self._process is not None
        self._process.send_signal(signal.SIGUSR2)
        return self._process.wait(6 * TIMEOUT_S)

    def kill(self) -> None:
        """End it without giving it a chance to save or to say goodbye."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(TIMEOUT_S)

    def use_users(self, users: str) -> None:
        """Have it read another text of its file of users."""
        assert self._process is not None
        (self._folder / "users.nats.conf").write_text(users)
        self._process.send_signal(signal.SIGHUP)

    def empty(self) -> None:
        """Take its store away, while it does not run."""
        shutil.rmtree(self._store)

    def close(self) -> None:
        """End it if it runs."""
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def _adapted(self, text: str, number: int, routes: Mapping[int, int]) -> str:
        ports = {
            8883: self.port,
            8222: self._monitoring,
            4222: self.own_port,
            6222: routes.get(number),
        }
        for other, port in routes.items():
            text = text.replace(f"//nats-{other}:6222", f"//127.0.0.1:{port}")
        for port, ours in ports.items():
            text = re.sub(rf'"(0\.0\.0\.0|127\.0\.0\.1):{port}"', f'"127.0.0.1:{ours}"', text)
        return text.replace('"/var/lib/nats"', f'"{self._store}"')


class Cluster:
    """Nodes that serve MQTT when entered; the first one's address is the cluster's.

    Args:
        folder: Settings and stores.
        size: How many nodes.
        users: The text of their file of users; everybody may do everything without one.
        login: Whom `retained` and `publish` come in as.
    """

    trusted: ssl.SSLContext | None = None

    def __init__(
        self, folder: Path, size: int, users: str = "", login: tuple[str, str] | None = None
    ) -> None:
        numbers = range(1, size + 1)
        routes = {number: free_port() for number in numbers} if size > 1 else {}
        self.nodes = [Node(folder / f"n{number}", number, routes, users) for number in numbers]
        self.host, self.port, self.url = self.nodes[0].host, self.nodes[0].port, self.nodes[0].url
        self._login = login

    @property
    def urls(self) -> list[str]:
        """Where its clients connect."""
        return [node.url for node in self.nodes]

    def start(self) -> None:
        """Start all nodes, and return when each serves MQTT."""
        for node in self.nodes:
            node.start()
        self.wait()

    def wait(self) -> None:
        """Return when each node serves MQTT."""
        for node in self.nodes:
            # Leaders are elected first, which takes up to 9 s, one after the other.
            eventually(lambda node=node: node.is_ready(self._login), 4 * TIMEOUT_S)  # type: ignore[misc]

    def restart(self, *, keeps_store: bool) -> None:
        """End all nodes in order and start them again; without their stores they begin empty."""
        for node in self.nodes:
            node.stop()
        if not keeps_store:
            for node in self.nodes:
                node.empty()
        self.start()

    def retained(self, topic: str) -> bytes | None:
        """The value that the topic holds, whoever may read it."""
        with Line(self, login=self._login) as witness:
            witness.subscribe((topic, 0))
            return next((got.payload for got in witness.rest() if got.retain), None)

    def publish(self, topic: str, payload: bytes) -> None:
        """Retain a value on any topic and send it, whoever may do so."""
        with Line(self, login=self._login) as witness:
            witness.publish(topic, payload, 1, retain=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End all nodes."""
        for node in self.nodes:
            node.close()
