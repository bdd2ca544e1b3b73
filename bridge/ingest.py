"""The bridge's link to the broker; it and `client` are the modules of the bridge that know paho.

paho's thread appends to a queue and wakes the loop; everything else happens on the loop.
"""

import asyncio
import contextlib
import functools
import logging
import ssl
import threading
from collections.abc import Callable
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTErrorCode

from pitboard.bridge.backlog import Backlog, Deliver
from pitboard.bridge.client import CONNECT_TIMEOUT_S, BridgeClient, new_client
from pitboard.bridge.settings import BridgeSettings
from pitboard.contract import reasons
from pitboard.contract.backoff import Backoff
from pitboard.contract.dialer import REFUSED_DELAY_S, Dialer
from pitboard.contract.errors import LinkLost, LinkRefused
from pitboard.contract.topics import FENCE
from pitboard.contract.urls import BrokerUrl

log = logging.getLogger(__name__)

# paho looks once a second, and asks before it gives up: after 20 s at most.
KEEPALIVE_S = 9
ANSWER_TIMEOUT_S = 2.0


class Upstream:
    """A supervised connection that keeps its subscriptions over reconnects.

    Args:
        deliver: Called with each message.
        on_change: Called when the broker is reached or lost.
        on_refused: Called with each filter that our user may not read, every 30 s.
        settle: Called when a batch of messages has been delivered.

    Attributes:
        latency: How long messages took from paho to the sockets of browsers that read.
        settled: Set once the first attempts have come to an end, good or bad.
    """

    def __init__(
        self,
        settings: BridgeSettings,
        deliver: Deliver,
        on_change: Callable[[bool], None] = lambda _connected: None,
        on_refused: Callable[[str], None] = lambda _topic_filter: None,
        *,
        settle: Callable[[], None] = lambda: None,
        name: str = "bridge",
    ) -> None:
        self.settled = asyncio.Event()
        self._settings = settings
        self._on_change = on_change
        self._on_refused = on_refused
        self._name = name
        self._loop = asyncio.get_running_loop()
        backoff = Backoff(settings.first_retry_s, settings.last_retry_s, settings.jitter)
        self._dialer = Dialer(settings.brokers, backoff)
        self._filters: dict[str, None] = {}
        self._asked: dict[int, tuple[str, ...]] = {}
        self._client: Client | None = None
        self._answers: dict[int, asyncio.Future[None]] = {}
        self._backlog = Backlog(deliver, self._post, settle)
        self.latency = self._backlog.latency

    @property
    def dropped(self) -> int:
        """Messages that found the backlog full."""
        return self._backlog.dropped

    @property
    def overtaken(self) -> int:
        """Telemetry that was not read, because newer waited behind it."""
        return self._backlog.overtaken

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted the connection that stands now."""
        return self._client is not None

    async def run(self) -> None:
        """Connect and reconnect until cancelled."""
        while True:
            delay_s = await self._attempt(self._dialer)
            if self._dialer.is_round_over:
                self.settled.set()
            await asyncio.sleep(delay_s)

    async def _attempt(self, dialer: Dialer) -> float:
        """One connection from its start to its end; the wait after it in seconds."""
        url = dialer.url
        try:
            await self._stay_connected(url)
            delay_s = dialer.lost()
        except LinkRefused as exc:
            delay_s, is_news = dialer.refused()
            if is_news:
                _tell_refusal(url, str(exc))
            return delay_s
        except LinkLost as exc:
            delay_s = dialer.failed()
            log.warning("[Server] Connection failed (attempt %d): %s", dialer.failures, exc)
        except Exception:
            # A bridge that serves pages and never comes back to its broker would look well.
            log.exception("[Server] ERROR: link failed url=%s", url)
            delay_s = dialer.failed()
        if dialer.is_round_over:
            log.info("[Server] Retrying in %.1fs...", delay_s)
        return delay_s

    async def subscribe(self, topic_filter: str) -> None:
        """Have the broker replay, then send; returns after the replay, or while disconnected."""
        self._filters[topic_filter] = None
        client = self._client
        if client is None:
            return
        mid = self._ask(client, (topic_filter,))
        if mid is None or not await self._is_answered(mid):
            return
        # What a broker replays comes before its answer to what was asked later.
        _, mid = client.unsubscribe(FENCE)
        if mid is not None:
            await self._is_answered(mid)

    async def _is_answered(self, mid: int) -> bool:
        answer = self._answers[mid] = self._loop.create_future()
        try:
            # Not `wait_for`, here and below: before Python 3.12 it may swallow a cancellation.
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                await answer
        except TimeoutError:
            log.warning("broker did not answer a subscription within %.0f s", ANSWER_TIMEOUT_S)
            return False
        finally:
            self._answers.pop(mid, None)
        return True

    def _ask(self, client: Client, filters: tuple[str, ...]) -> int | None:
        """The number of a SUBSCRIBE, under which the answer comes; `None` if it was not sent."""
        error, mid = client.subscribe([(topic_filter, 0) for topic_filter in filters])
        if error != MQTTErrorCode.MQTT_ERR_SUCCESS or mid is None:
            return None
        self._asked[mid] = filters
        return mid

    def unsubscribe(self, topic_filter: str) -> None:
        """Have the broker send no more."""
        self._filters.pop(topic_filter, None)
        if self._client is not None:
            self._client.unsubscribe(topic_filter)

    async def _stay_connected(self, url: BrokerUrl) -> None:
        """Return when an accepted connection is lost. Raises `LinkLost` if none is accepted."""
        accepted: asyncio.Future[None] = self._loop.create_future()
        lost: asyncio.Future[str] = self._loop.create_future()
        client = self._new_client(url, accepted, lost)
        # A daemon: names and routes may take longer to fail than a person waits for Ctrl-C.
        thread = threading.Thread(
            target=self._work, args=(client, url, accepted, lost), name="mqtt", daemon=True
        )
        thread.start()
        try:
            try:
                async with asyncio.timeout(2 * CONNECT_TIMEOUT_S):
                    await accepted
            except TimeoutError:
                raise LinkLost(f"no answer from {url}") from None
            self._client = client
            if self._filters:
                self._ask(client, tuple(self._filters))
            else:
                self._dialer.accepted()
            log.info("[Server] Connected to %s", url)
            self._on_change(True)
            self.settled.set()
            reason = await lost
            log.warning("[Server] Disconnected from broker: %s", reason)
        finally:
            client.disconnect()
            if self._client is not None:
                self._client = None
                self._asked.clear()
                for answer in self._answers.values():
                    _resolve(answer, None)
                self._on_change(False)
                await self._end(thread)

    def _new_client(
        self, url: BrokerUrl, accepted: asyncio.Future[None], lost: asyncio.Future[str]
    ) -> BridgeClient:
        client = new_client(self._name, self._settings)

        def on_connect(client: Client, _data: Any, _flags: Any, code: Any, _props: Any) -> None:
            if code.is_failure:
                kind = LinkRefused if code.value in reasons.REFUSED_CODES else LinkLost
                self._post(_fail, accepted, kind(str(code)))
            elif accepted.done():  # nobody waits for it any more
                client.disconnect()
            else:
                self._post(_resolve, accepted, None)

        def on_disconnect(_client: Client, _data: Any, _flags: Any, code: Any, _props: Any) -> None:
            why = reasons.LOST if url.is_encrypted else reasons.HUNG_UP
            self._post(_fail, accepted, LinkLost(why))
            # paho calls every broken connection an unspecified error.
            self._post(_resolve, lost, reasons.LOST if code.is_failure else str(code))

        def on_subscribe(_client: Client, _data: Any, mid: int, codes: Any, _props: Any) -> None:
            self._post(self._on_suback, mid, [code.is_failure for code in codes])

        def on_unsubscribe(_client: Client, _data: Any, mid: int, _codes: Any, _props: Any) -> None:
            self._backlog.then(functools.partial(self._on_answer, mid))

        client.on_connect = on_connect
        client.on_disconnect = on_disconnect
        client.on_subscribe = on_subscribe
        client.on_unsubscribe = on_unsubscribe
        client.on_arrivals = self._backlog.put_all
        client.on_message = lambda _client, _data, message: self._backlog.put_all([message])
        return client

    def _work(
        self,
        client: BridgeClient,
        url: BrokerUrl,
        accepted: asyncio.Future[None],
        lost: asyncio.Future[str],
    ) -> None:
        """One connection from its beginning to its end, which is always told."""
        why: str = reasons.LOST
        try:
            if url.is_encrypted:
                client.tls_set_context(ssl.create_default_context(cafile=self._settings.ca_file))
            client.connect(url.host, url.port, keepalive=KEEPALIVE_S)
            # A name may be found when nobody waits for it any more.
            if not accepted.done():
                client.work()
        except (OSError, ValueError) as exc:
            why = reasons.of_error(exc, is_encrypted=url.is_encrypted)
        except Exception as exc:
            log.exception("[Server] ERROR: link failed url=%s", url)
            why = type(exc).__name__
        finally:
            self._post(_fail, accepted, LinkLost(why))
            self._post(_resolve, lost, why)

    async def _end(self, thread: threading.Thread) -> None:
        # Told to end, it does so within a turn, unless the network holds it.
        ending = self._loop.run_in_executor(None, thread.join, 1.5)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.5):
                await asyncio.shield(ending)

    def _post(self, call: Callable[..., None], *args: Any) -> None:
        # The loop may be gone while a thread still ends.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *args)

    def _on_suback(self, mid: int, refused: list[bool]) -> None:
        if not all(refused):
            self._dialer.accepted()
        for topic_filter, is_refused in zip(self._asked.pop(mid, ()), refused, strict=False):
            if is_refused:
                self._on_refused(topic_filter)
                self._loop.call_later(REFUSED_DELAY_S, self._ask_again, topic_filter)
        self._on_answer(mid)

    def _on_answer(self, mid: int) -> None:
        if (answer := self._answers.get(mid)) is not None:
            _resolve(answer, None)

    def _ask_again(self, topic_filter: str) -> None:
        if self._client is not None and topic_filter in self._filters:
            self._ask(self._client, (topic_filter,))


def _tell_refusal(url: BrokerUrl, reason: str) -> None:
    text = (
        "[Server] ERROR: %s does not accept our user and password (%s): set PITBOARD_USERNAME "
        "and PITBOARD_PASSWORD, or --credentials; trying every %.0f s"
    )
    log.error(text, url, reason, REFUSED_DELAY_S)


def _resolve(future: "asyncio.Future[Any]", result: Any) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: "asyncio.Future[Any]", exc: Exception) -> None:
    if not future.done():
        future.set_exception(exc)
