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
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, Self

from tests.broker.conformance.line import Cut, Line
from tests.brokers import TIMEOUT_S, free_port
from tests.waiting import eventually

DEPLOY = Path(__file__).parents[2] / "deploy" / "nats"

# Debian installs servers where an ordinary user's PATH does not look.
# A single node does everything.
_ALONE = "server_name: alone\n" + "".join(
    f'include "{name}.conf"\n' for name in ("pitboard", "store", "front", "users.nats")
)

_SEARCH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])


def missing_nats() -> str | None:
    """Why no node can be started here, if none can."""
    found = shutil.which("nats-server", path=_SEARCH)
    return None if found else "nats-server is not installed"


def missing_cluster() -> str | None:
    """Why no cluster is started here: elections take their time."""
    if not os.environ.get("PITBOARD_CLUSTER"):
        return "make cluster-demo begins with it"
    return missing_nats()


class Node:
    """One node: `start` returns when it runs, `is_ready` tells when it does its work.

    Args:
        folder: Settings, log and store; the node's own.
        name: As in the name of its file of settings in `deploy/nats`.
        routes: The ports on which nodes find each other, by the names of the nodes' machines.
        users: The text of its file of users.

    Attributes:
        own_port: Where it speaks its own protocol.
        is_front: Whether it speaks MQTT.
        is_store: Whether it keeps values.
    """

    def __init__(self, folder: Path, name: str, routes: Mapping[str, int], users: str) -> None:
        self.host = "127.0.0.1"
        self.port = free_port()
        self.url = f"mqtt://{self.host}:{self.port}"
        self.name = name
        self.own_port = free_port()
        self._folder = folder
        self._store = folder / "store"
        self._monitoring = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir()
        for path in DEPLOY.glob("*.conf"):
            (folder / path.name).write_text(self._adapted(path.read_text(), routes))
        (folder / "tls.conf").write_text("")
        (folder / "users.nats.conf").write_text(users)
        self._conf = folder / f"{name.replace('nats', 'node')}.conf"
        if not routes:
            self._conf.write_text(_ALONE)
        self.is_front = '"front.conf"' in self._conf.read_text()
        self.is_store = '"store.conf"' in self._conf.read_text()

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
        """Whether a front accepts a client, which takes the stores; whether a store caught up."""
        assert self._process is not None
        assert self._process.poll() is None, self.log
        with suppress(Cut, OSError):
            if not self.is_front:
                with self._asked("healthz"):
                    return True
            with Line(self, login=login):
                return True
        return False

    def is_leader_of(self) -> set[str]:
        """The stores that no other node can write to before a new leader is elected."""
        said = self._jetstream()
        led = {s["name"] for s in _streams(said) if s.get("cluster", {}).get("leader") == self.name}
        is_meta = said.get("meta_cluster", {}).get("leader") == self.name
        return led | ({"meta"} if is_meta else set())

    def kept(self, store: str) -> int:
        """How many values a store has on this node."""
        return sum(
            s["state"]["messages"] for s in _streams(self._jetstream()) if s["name"] == store
        )

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

    def _jetstream(self) -> dict[str, Any]:
        with self._asked("jsz?accounts=1&streams=1") as answer:
            said: dict[str, Any] = json.load(answer)
        return said

    def _asked(self, path: str) -> HTTPResponse:
        url = f"http://{self.host}:{self._monitoring}/{path}"
        answer: HTTPResponse = urllib.request.urlopen(url, timeout=TIMEOUT_S)
        return answer

    def _adapted(self, text: str, routes: Mapping[str, int]) -> str:
        ports = {
            8883: self.port,
            8222: self._monitoring,
            4222: self.own_port,
            6222: routes.get(self.name),
        }
        for other, port in routes.items():
            text = text.replace(f"//{other}:6222", f"//127.0.0.1:{port}")
        for port, ours in ports.items():
            text = re.sub(rf'"(0\.0\.0\.0|127\.0\.0\.1):{port}"', f'"127.0.0.1:{ours}"', text)
        if not routes:
            text = text.replace("stream_replicas: 3", "stream_replicas: 1")
        return text.replace('"/var/lib/nats"', f'"{self._store}"')


def _streams(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [s for account in said.get("account_details", []) for s in account["stream_detail"]]


class Cluster:
    """Nodes that serve MQTT when entered; the first front's address is the cluster's.

    Args:
        folder: Settings and stores.
        size: How many nodes keep values: one that also lets clients in, or three and two fronts.
        users: The text of their file of users; everybody may do everything without one.
        login: Whom `retained` and `publish` come in as.
    """

    trusted: ssl.SSLContext | None = None

    def __init__(
        self, folder: Path, size: int, users: str = "", login: tuple[str, str] | None = None
    ) -> None:
        names = ["nats-1", "nats-2", "nats-3", "front-1", "front-2"] if size > 1 else ["alone"]
        routes = {name: free_port() for name in names} if size > 1 else {}
        self.nodes = [Node(folder / name, name, routes, users) for name in names]
        self.stores = [node for node in self.nodes if node.is_store]
        self.fronts = [node for node in self.nodes if node.is_front]
        first = self.fronts[0]
        self.host, self.port, self.url = first.host, first.port, first.url
        self._login = login

    @property
    def urls(self) -> list[str]:
        """Where its clients connect."""
        return [node.url for node in self.fronts]

    def start(self) -> None:
        """Start all nodes, and return when each does its work."""
        for node in self.nodes:
            node.start()
        self.wait()

    def wait(self) -> None:
        """Return when each node does its work."""
        for node in self.nodes:
            # Leaders are elected first, which takes up to 9 s, one after the other.
            eventually(lambda node=node: node.is_ready(self._login), 4 * TIMEOUT_S)  # type: ignore[misc]

    def restart(self, *, keeps_store: bool) -> None:
        """End all nodes in order and start them again; without their stores they begin empty."""
        for node in self.nodes:
            node.stop()
        if not keeps_store:
            for node in self.stores:
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
