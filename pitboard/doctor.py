"""`pitboard doctor`: tries out whether a broker does all that pitboard needs."""

import importlib.util
import platform
import secrets
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Literal

from rich.console import Console
from rich.text import Text

from pitboard import __version__
from pitboard.contract import codec, reasons
from pitboard.contract.errors import LinkLost
from pitboard.contract.messages import VERSION, StatusMessage
from pitboard.contract.times import to_text
from pitboard.contract.topics import Channel, Topic, session_filter
from pitboard.contract.urls import BrokerUrl
from pitboard.diagnosis import (
    Finding,
    Verdict,
    of_clock,
    of_end,
    of_server_parts,
    ok,
    wrong,
)
from pitboard.inbox import ANSWER_WITHIN_S, Inbox, client_id
from pitboard.options import BrokerAccess
from pitboard.probe import probe
from pitboard.publisher.events import Ended, Received
from pitboard.publisher.link import Link, Tagged
from pitboard.publisher.message import Publish

_SERVER_PARTS = (
    "amqtt",
    "fastapi",
    "prometheus_client",
    "psutil",
    "segno",
    "uvicorn",
    "websockets",
)
_STYLES = {Verdict.OK: "green", Verdict.NOTE: "yellow", Verdict.WRONG: "bold red"}
_ROUND_TRIPS = 5
_DELIVERY_WITHIN_S = 3.0

State = Literal["online", "lost"]


def doctor(access: BrokerAccess, console: Console) -> bool:
    """Print what works, what is wrong and what to do; whether nothing is wrong."""
    is_well = True
    for finding in _findings(access):
        is_well = is_well and finding.verdict is not Verdict.WRONG
        _print(console, finding)
    return is_well


def _print(console: Console, finding: Finding) -> None:
    word = Text(f"{finding.verdict:<6}", style=_STYLES[finding.verdict])
    console.print(word + Text(finding.fact), soft_wrap=True)
    if finding.advice:
        console.print(Text(f"       {finding.advice}"), soft_wrap=True)


def _findings(access: BrokerAccess) -> Iterator[Finding]:
    yield ok(f"pitboard {__version__}, Python {platform.python_version()}, {platform.system()}")
    yield of_server_parts([name for name in _SERVER_PARTS if not importlib.util.find_spec(name)])
    now_ms = time.time_ns() // 1_000_000
    yield of_clock(now_ms / 1000, to_text(now_ms)[:19].replace("T", " ") + " UTC")
    for url in access.urls:
        yield from _Examination(url, access).findings()


class _Examination:
    """One broker, tried out under a session id of its own that is gone afterwards."""

    def __init__(self, url: BrokerUrl, access: BrokerAccess) -> None:
        self._url = url
        self._access = BrokerAccess([url], access.link)
        self._session_id = f"doctor-{secrets.token_hex(8)}"
        self._topic = Topic(self._session_id, "doctor", Channel.STATUS)
        self._filter = session_filter(self._session_id)
        self._birth = int(time.time())
        self._is_clean = False

    def findings(self) -> Iterator[Finding]:
        start_s = time.monotonic()
        link = self._open("doctor")
        if isinstance(link, Ended):
            yield of_end(self._url, link, probe(self._url))
            return
        took_ms = (time.monotonic() - start_s) * 1000
        yield ok(f"{self._url}: the broker accepts the connection ({took_ms:.0f} ms)")
        with link as inbox:
            yield from self._supervise(inbox)

    def _supervise(self, inbox: Inbox) -> Iterator[Finding]:
        """Try out; nothing stays on the broker, however it ends."""
        try:
            yield from self._try_out(inbox)
            self._is_clean = True
        except LinkLost as exc:
            yield wrong(
                str(exc),
                "the broker hung up or went silent during the test: look into its log; retained "
                "messages must be on (mosquitto: retain_available true), and this user allowed to "
                f"publish to and read {self._filter}",
            )
        finally:
            if not self._is_clean:
                with suppress(LinkLost):
                    self._clear()

    def _open(
        self, name: str, will: Publish | None = None, *, id_: str | None = None
    ) -> Inbox | Ended:
        events: SimpleQueue[Tagged] = SimpleQueue()
        link = Link(
            self._url,
            self._access.link,
            client_id=id_ or client_id(name),
            events=events,
            will=will,
        )
        link.open()
        try:
            event = events.get(timeout=ANSWER_WITHIN_S).event
        except Empty:
            event = Ended(reasons.NO_ANSWER)
        return event if isinstance(event, Ended) else Inbox(link, events)

    def _try_out(self, inbox: Inbox) -> Iterator[Finding]:
        list(inbox.replay([self._filter], quiet_s=0.0))
        delivery = self._deliver(inbox)
        yield delivery
        if delivery.verdict is not Verdict.WRONG:
            yield self._retain()
            yield self._will(inbox)
        yield self._clear()

    def _deliver(self, inbox: Inbox) -> Finding:
        """Publish a few times on the other link's subscription and measure."""
        spans_ms = []
        for seq in range(1, _ROUND_TRIPS + 1):
            message = self._status("online", seq)
            start_s = time.monotonic()
            inbox.link.publish(message)
            if inbox.wait_for(_is(message), _DELIVERY_WITHIN_S) is None:
                return wrong(
                    "a message that was published did not come back",
                    f"allow this user to publish to and read {self._filter}, or look into the "
                    "broker's log",
                )
            spans_ms.append((time.monotonic() - start_s) * 1000)
        return ok(f"messages come back; round trip {statistics.median(spans_ms):.1f} ms")

    def _retain(self) -> Finding:
        last = self._status("online", _ROUND_TRIPS)
        with self._reader() as reader:
            replayed = list(reader.replay([self._filter]))
        if any(one.retained and one.payload == last.payload for one in replayed):
            return ok("retained messages are kept: who comes late gets the whole picture")
        return wrong(
            "a retained message was not replayed to a second reader",
            "switch retained messages on (mosquitto: retain_available true)",
        )

    def _will(self, inbox: Inbox) -> Finding:
        """Push a connection out by its own client id: to the broker it was not left properly."""
        will = self._status("lost", 0)
        id_ = client_id("will")
        victim = self._open("will", will, id_=id_)
        usurper = self._open("will", id_=id_)
        try:
            came = inbox.wait_for(_is(will), _DELIVERY_WITHIN_S)
        finally:
            for one in (victim, usurper):
                if isinstance(one, Inbox):
                    one.close()
        if came is not None:
            return ok("wills work: a monitor that is cut off is reported as lost at once")
        return wrong(
            "the will of a connection that broke was not published",
            "look into the broker's log; until it works, a lost monitor is noticed after 22 s",
        )

    def _clear(self) -> Finding:
        with self._reader() as reader:
            reader.publish([Publish(str(self._topic), b"", qos=1, retain=True)])
            left = [one for one in reader.replay([self._filter]) if one.retained]
        if not left:
            return ok("what this test left on the broker is removed")
        return wrong(
            f"{self._topic} could not be cleared",
            "the broker keeps a value although an empty one was published: look into its log",
        )

    def _reader(self) -> Inbox:
        return Inbox.open(self._access, "doctor")

    def _status(self, state: State, seq: int) -> Publish:
        message = StatusMessage(
            v=VERSION,
            session_id=self._topic.session_id,
            monitor_id=self._topic.monitor_id,
            birth=self._birth,
            seq=seq,
            timestamp=to_text(self._birth * 1000),
            state=state,
            version=__version__,
        )
        payload = codec.encode(Channel.STATUS, message)
        return Publish(str(self._topic), payload, qos=1, retain=True)


def _is(message: Publish) -> Callable[[Received], bool]:
    return lambda received: received.payload == message.payload
