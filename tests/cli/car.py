"""A car that says what a test wants it to say."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

import msgspec

from pitboard.contract import codec
from pitboard.contract.times import to_text
from pitboard.contract.topics import Channel, Topic
from pitboard.contract.urls import BrokerUrl
from pitboard.inbox import Inbox
from pitboard.options import BrokerAccess
from pitboard.publisher.link import LinkSettings
from pitboard.publisher.message import Publish
from tests.brokers import TIMEOUT_S

SESSION = "spa24"


def access_to(*urls: str) -> BrokerAccess:
    """The brokers as a command gets them."""
    return BrokerAccess([BrokerUrl.parse(url) for url in urls], LinkSettings())


def payload(
    channel: Channel,
    *,
    session_id: str = SESSION,
    monitor_id: str = "pc-1",
    birth: int = 1,
    seq: int = 1,
    age_s: float = 0.0,
    now_ms: int | None = None,
    **fields: Any,
) -> bytes:
    """A message that the contract allows, made *age_s* before *now_ms*, which is the clock's."""
    now_ms = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    data = {
        "v": 1,
        "session_id": session_id,
        "monitor_id": monitor_id,
        "birth": birth,
        "seq": seq,
        "timestamp": to_text(now_ms - round(age_s * 1000)),
        **fields,
    }
    encoded = msgspec.json.encode(data)
    topic = Topic(session_id, monitor_id, channel, 0 if channel is Channel.LAPS else None)
    codec.decode(topic, encoded)
    return encoded


def topic(name: str, *, session_id: str = SESSION, monitor_id: str = "pc-1") -> str:
    """One of the car's topics."""
    return f"pitboard/v1/{session_id}/{monitor_id}/{name}"


def telemetry(**fields: Any) -> Mapping[str, Any]:
    """Telemetry with the required fields."""
    return {"lap": 3, "fuel": 42.3, "position": 7, **fields}


def laps(*fuel_used: float) -> Mapping[str, Any]:
    """A chunk of the lap table, one clean lap for each value."""
    columns = ["run", "lap", "finished_at", "lap_time", "kind", "complete", "fuel_used", "driver"]
    rows = [
        [1, n, f"2026-06-13T12:{n:02d}:00.000Z", 139.0 + n, "flying", True, used, "Driver One"]
        for n, used in enumerate(fuel_used, 1)
    ]
    return {"first": 0, "columns": columns, "rows": rows}


class Car:
    """A monitor without a mind: publishes and waits for the broker's acknowledgement."""

    def __init__(self, url: str) -> None:
        self._inbox = Inbox.open(access_to(url), "car")

    def say(self, channel: Channel, *, retain: bool = True, **fields: Any) -> None:
        """Publish one message."""
        ids = {key: fields[key] for key in ("session_id", "monitor_id") if key in fields}
        name = "laps/0" if channel is Channel.LAPS else str(channel)
        self.send(topic(name, **ids), payload(channel, **fields), retain=retain)

    def send(self, name: str, data: bytes, *, retain: bool = True) -> None:
        """Publish bytes, whatever they are."""
        self._inbox.publish([Publish(name, data, qos=1, retain=retain)])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._inbox.close()


@contextmanager
def speaking(car: Car, *, retain: bool = False, age_s: float = 0.0) -> Iterator[None]:
    """Meanwhile the car sends frames."""
    enough = threading.Event()

    def speak() -> None:
        seq = 1
        while not enough.wait(0.02):
            car.say(Channel.TELEMETRY, seq=seq, age_s=age_s, retain=retain, telemetry=telemetry())
            seq += 1

    thread = threading.Thread(target=speak)
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join(TIMEOUT_S)
