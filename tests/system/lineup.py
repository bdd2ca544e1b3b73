"""The brokers that pitboard runs on, all started, stopped and asked in one way.

Another broker joins by an entry in `KINDS`.
"""

import getpass
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from pitboard.broker import EmbeddedBroker
from pitboard.broker.store import Store
from pitboard.broker.users import Role, User, Users, nats_file, new_user
from tests.broker.conformance.line import Line
from tests.brokers import (
    EmbeddedInThread,
    Mosquitto,
    MosquittoTls,
    free_port,
    has_mosquitto,
    settings_for_users,
)
from tests.certificates import Certificates, has_openssl
from tests.system.nats import Cluster, missing_cluster, missing_nats


class Running(Protocol):
    """A broker: entered, it accepts connections.

    Attributes:
        trusted: What its certificate is checked with; `None` where it does not speak TLS.
    """

    trusted: ssl.SSLContext | None

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...

    @property
    def url(self) -> str: ...

    def restart(self, *, keeps_store: bool) -> None:
        """End it in order and start it again on its port; without its store it begins empty."""

    def retained(self, topic: str) -> bytes | None:
        """The value that the topic holds, whoever may read it."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Retain a value on any topic and send it, whoever may do so."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        type_: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class Embedded:
    """The embedded broker with a store."""

    trusted: ssl.SSLContext | None = None

    def __init__(self, folder: Path, users: Sequence[User] | None) -> None:
        self.host = "127.0.0.1"
        self.port = free_port()
        self.url = f"mqtt://{self.host}:{self.port}"
        self._path = folder / "retained"
        self._users = None if users is None else Users(users=tuple(users))
        self._running: EmbeddedInThread

    def restart(self, *, keeps_store: bool) -> None:
        self._running.stop()
        if not keeps_store:
            self._path.unlink()
        self.__enter__()

    def retained(self, topic: str) -> bytes | None:
        engine = self._running.broker._engine
        assert engine is not None
        kept = self._running.call(lambda: engine.kept)
        return next((value.data for value in kept if value.topic == topic), None)

    def publish(self, topic: str, payload: bytes) -> None:
        engine = self._running.broker._engine
        assert engine is not None
        self._running.call(lambda: engine.publish(topic, payload, qos=1, retain=True))

    def __enter__(self) -> Self:
        self._running = EmbeddedInThread(
            lambda: EmbeddedBroker(port=self.port, users=self._users, store=Store(self._path))
        )
        self._running.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._running.stop()


_WITNESS = ("witness", "sees everything")
_WITNESS_RULES = "\nuser witness\ntopic readwrite #\ntopic readwrite $SYS/#\n"


class _WithMosquitto:
    """A mosquitto that persists; of one with users a witness may do everything."""

    trusted: ssl.SSLContext | None = None

    def __init__(self, folder: Path, users: Sequence[User] | None, *, tls: bool = False) -> None:
        settings = f"user {getpass.getuser()}\n"
        if users is not None:
            witness = new_user(Role.BRIDGE, _WITNESS[1], name=_WITNESS[0])
            settings = settings_for_users(folder, [*users, witness], _WITNESS_RULES)
        if tls:
            made = Certificates(folder)
            self.trusted = ssl.create_default_context(cafile=made.ca_file)
            self._broker: Mosquitto = MosquittoTls(folder, made, settings=settings)
        else:
            self._broker = Mosquitto(folder, settings=settings)
        self.host, self.port, self.url = self._broker.host, self._broker.port, self._broker.url
        self._folder = folder
        self._login = None if users is None else _WITNESS

    def restart(self, *, keeps_store: bool) -> None:
        assert self._broker.stop() == 0
        (store,) = self._folder.glob("*.db")
        if not keeps_store:
            store.unlink()
        self._broker.start()

    def retained(self, topic: str) -> bytes | None:
        with self._witness() as witness:
            witness.subscribe((topic, 1))
            return next((got.payload for got in witness.rest() if got.retain), None)

    def publish(self, topic: str, payload: bytes) -> None:
        with self._witness() as witness:
            witness.publish(topic, payload, 1, retain=True)

    def __enter__(self) -> Self:
        self._broker.start()
        return self

    def __exit__(
        self,
        type_: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._broker.__exit__(type_, error, traceback)

    def _witness(self) -> Line:
        return Line(self, login=self._login, trusted=self.trusted)


def _nats(folder: Path, users: Sequence[User] | None, size: int) -> Cluster:
    """Nodes that persist; with users a witness may do everything."""
    if users is None:
        return Cluster(folder, size)
    name, password = _WITNESS
    witness = f'    {{ user: "{name}", password: "{password}" }}\n  ]'
    return Cluster(folder, size, nats_file(users).replace("  ]", witness), _WITNESS)


def _missing_mosquitto() -> str | None:
    return None if has_mosquitto() else "mosquitto is not installed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of broker.

    Attributes:
        make: One that stores in a folder and lets only these users in; `None` is everybody.
        missing: Why it cannot run here, if it cannot.
        guards_client_ids: Whether one user cannot take another one's client id.
        refuses_subscriptions: Whether it says so when a user may not subscribe.
    """

    make: Callable[[Path, Sequence[User] | None], Running]
    missing: Callable[[], str | None] = lambda: None
    guards_client_ids: bool = False
    refuses_subscriptions: bool = False


KINDS = {
    "embedded": Kind(make=Embedded, guards_client_ids=True, refuses_subscriptions=True),
    "mosquitto": Kind(make=_WithMosquitto, missing=_missing_mosquitto),
    "mosquitto_tls": Kind(
        make=lambda folder, users: _WithMosquitto(folder, users, tls=True),
        missing=lambda: _missing_mosquitto() or (None if has_openssl() else "no openssl here"),
    ),
    "nats_1": Kind(
        make=lambda folder, users: _nats(folder, users, 1),
        missing=missing_nats,
        refuses_subscriptions=True,
    ),
    "nats_3": Kind(
        make=lambda folder, users: _nats(folder, users, 3),
        missing=missing_cluster,
        refuses_subscriptions=True,
    ),
}
