"""`pitboard.Monitor`: publish from your own program."""

import logging
import threading
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
from platformdirs import user_state_path

from pitboard import __version__
from pitboard.contract import codec
from pitboard.contract.errors import Invalid, SettingsError
from pitboard.contract.messages import Message, Meta, SetupDocument, SetupMessage, TelemetryMessage
from pitboard.contract.telemetry import Telemetry
from pitboard.contract.times import to_text
from pitboard.contract.topics import Channel, Topic
from pitboard.contract.urls import BrokerUrl
from pitboard.publisher.clock import SystemClock
from pitboard.publisher.composer import Envelope
from pitboard.publisher.link import Credentials, LinkSettings
from pitboard.publisher.monitor import Runner
from pitboard.publisher.settings import MonitorSettings
from pitboard.publisher.source import NamedSetup, Sample
from pitboard.publisher.sources.text_file import cut
from pitboard.publisher.state import StateFile, load_identity

log = logging.getLogger(__name__)

CONNECT_WITHIN_S = 5.0
"""How long leaving the `with` block waits for a broker that nothing was sent to yet."""


# Stands for the one that the monitor will write, while a message is checked.
_ENVELOPE: Envelope = {
    "v": 1,
    "session_id": "checked",
    "monitor_id": "checked",
    "birth": 0,
    "seq": 0,
    "timestamp": to_text(0),
}


class _Pushed:
    """A source that a program fills."""

    name = "api"
    counts_laps = False
    is_finished = False

    def __init__(self) -> None:
        self.meta = Meta()
        self.setup: NamedSetup | None = None
        self._queue: deque[Sample] = deque()

    def push(self, sample: Sample) -> None:
        self._queue.append(sample)

    def samples(self, duration_s: float) -> list[Sample]:
        del duration_s  # what was pushed is due, whenever it was
        return [self._queue.popleft() for _ in range(len(self._queue))]

    def close(self) -> None:
        pass


class Monitor:
    """Publishes one car while its `with` block runs; reconnects by itself.

        with Monitor("mqtt://localhost", session_id="spa24") as monitor:
            monitor.publish_setup({"brakes": {"brake_bias": "54.2:45.8"}})
            monitor.publish_telemetry(lap=45, fuel=42.3, position=3)

    Args:
        broker: `mqtt://host[:port]` or `mqtts://...`; several are tried in turn.
        session_id: Whoever knows it may watch; made up and kept when not given.
        rate: The most frames a second that are sent; frames between are left out.
        state_dir: Where identity, births and laps are kept; the user's state folder by default.

    Raises:
        SettingsError: Something given cannot work; the text says what to change.
    """

    def __init__(
        self,
        broker: str | Sequence[str] = "mqtt://127.0.0.1",
        *,
        session_id: str | None = None,
        monitor_id: str | None = None,
        driver: str | None = None,
        in_control: bool | None = True,
        rate: float = 10.0,
        username: str | None = None,
        password: str | None = None,
        ca_file: str | None = None,
        state_dir: Path | None = None,
    ) -> None:
        if not 1 <= rate <= 60:
            raise SettingsError(f"rate {rate}: use 1 to 60 frames a second")
        brokers = [broker] if isinstance(broker, str) else broker
        if not brokers:
            raise SettingsError("broker is empty: give mqtt://host or mqtts://host")
        if password is not None and username is None:
            raise SettingsError("a password needs a username")
        credentials = None if username is None else Credentials(username, password or "")
        self._settings = MonitorSettings(
            urls=[BrokerUrl.parse(url) for url in brokers],
            link=LinkSettings(credentials=credentials, ca_file=ca_file),
            rate_hz=rate,
            driver=cut(driver),
            in_control=in_control,
        )
        folder = state_dir or user_state_path("pitboard")
        self._identity = load_identity(folder, session_id=session_id, monitor_id=monitor_id)
        self._folder = folder
        self._clock = SystemClock()
        self._source = _Pushed()
        self._runner: Runner | None = None
        self._thread: threading.Thread | None = None
        self._failure: Exception | None = None

    @property
    def session_id(self) -> str:
        """The id under which this car can be watched."""
        return self._identity.session_id

    @property
    def monitor_id(self) -> str:
        """The id of this publisher."""
        return self._identity.monitor_id

    def __enter__(self) -> Self:
        state = StateFile(self._folder, self._identity)
        self._runner = Runner(self._settings, self._source, state, version=__version__)
        self._thread = threading.Thread(
            target=self._run, args=(self._runner,), name="pitboard monitor"
        )
        self._thread.start()
        return self

    def _run(self, runner: Runner) -> None:
        try:
            runner.run()
        except Exception as exc:
            log.exception("monitor failed")
            self._failure = exc
        finally:
            runner.announced.set()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._runner is not None
        assert self._thread is not None
        try:
            if exc_type is None:
                self._runner.announced.wait(CONNECT_WITHIN_S)
        finally:
            self._runner.stop()
            self._thread.join()
            self._runner = None
        if self._failure is not None and exc_type is None:
            raise self._failure

    def publish_telemetry(self, **fields: Any) -> None:
        """Publish one frame; fields and units as in `docs/protocol.md`.

        Raises:
            BadPayload: `Invalid` when a field is unknown, has the wrong type or an impossible
                value; nothing is published then.
        """
        _refuse_unknown(fields, Telemetry, ": put your own values under extra")
        for name in codec.REQUIRED_TELEMETRY:
            fields.setdefault(name, None)
        telemetry = _convert(fields, Telemetry)
        _check(Channel.TELEMETRY, TelemetryMessage(**_ENVELOPE, telemetry=telemetry))
        self._source.push(Sample(time_s=self._clock.monotonic_s(), telemetry=telemetry))

    def publish_setup(
        self, setup: Mapping[str, Mapping[str, Any]], name: str | None = None
    ) -> None:
        """Publish the setup as `{category: {name: value}}`. Raises `BadPayload`."""
        document = _convert(setup, SetupDocument)
        message = SetupMessage(
            **_ENVELOPE, revision=1, captured_at=_ENVELOPE["timestamp"], setup=document, name=name
        )
        _check(Channel.SETUP, message)
        self._source.setup = NamedSetup(document, name)

    def publish_meta(self, **fields: Any) -> None:
        """Say what car, track and session this is. Raises `Invalid`."""
        _refuse_unknown(fields, Meta)
        self._source.meta = _convert(fields, Meta)

    def take_control(self, in_control: bool = True) -> None:
        """Say that this machine drives the car now, or no longer does."""
        self._settings = replace(self._settings, in_control=in_control)
        if self._runner is not None:
            self._runner.take_control(in_control)

    def change_driver(self, name: str | None) -> None:
        """Say who drives; his stint begins."""
        self._settings = replace(self._settings, driver=cut(name))
        if self._runner is not None:
            self._runner.change_driver(cut(name))


def _refuse_unknown(fields: Collection[str], kind: type[msgspec.Struct], hint: str = "") -> None:
    unknown = sorted(set(fields) - set(kind.__struct_fields__))
    if unknown:
        raise Invalid(f"unknown {kind.__name__.lower()} fields {unknown}{hint}")


def _convert(value: object, kind: Any) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as exc:
        raise Invalid(str(exc)) from None


def _check(channel: Channel, message: Message) -> None:
    """Refuse here, where the caller sees it, what every reader would refuse."""
    topic = Topic(_ENVELOPE["session_id"], _ENVELOPE["monitor_id"], channel)
    codec.decode(topic, codec.encode(channel, message))
