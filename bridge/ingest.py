"""The bridge's link to the broker: the only module of the bridge that knows paho.

paho's thread appends to a queue and wakes the loop; everything else happens on the loop.
"""

import asyncio
import contextlib
import logging
import secrets
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from pitboard.bridge.settings import BridgeSettings
from pitboard.contract.backoff import Backoff
from pitboard.contract.dialer import REFUSED_DELAY_S, Dialer
from pitboard.contract.errors import LinkLost, LinkRefused
from pitboard.contract.urls import BrokerUrl

log = logging.getLogger(__name__)

KEEPALIVE_S = 10
CONNECT_TIMEOUT_S = 5.0
SUBACK_TIMEOUT_S = 2.0
USER_TIMEOUT_MS = 5000

# By OpenSSL's number of what it found; its own words do for the rest.
DISTRUST = {
    9: "it is not valid yet, or this machine's clock is wrong",
    10: "it has expired, or this machine's clock is wrong",
    **dict.fromkeys((18, 19, 20, 21), "its authority is unknown here: name its file, --ca-file"),
}
HUNG_UP = "it hung up without an answer: no MQTT on that port, or only with mqtts://"

# Bad user name or password, not authorized.
REFUSED_CODES = (0x86, 0x87)

MAX_BACKLOG_BYTES = 64 * 1024 * 1024
"""What may wait for the loop; more means that it is stuck, and the newest is dropped."""

# Between two batches the loop serves the browsers.
MAX_BATCH = 256

Deliver = Callable[[str | None, bytes, bool], None]
"""Takes a topic (`None` if it is not UTF-8), a payload and whether the broker replayed it."""


class Upstream:
    """A supervised connection that keeps its subscriptions over reconnects.

    Attributes:
        settled: Set once the first attempts have come to an end, good or bad.
        dropped: Messages that found the backlog full.
    """

    def __init__(
        self,
        settings: BridgeSettings,
        deliver: Deliver,
        on_change: Callable[[bool], None] = lambda _connected: None,
        *,
        name: str = "bridge",
    ) -> None:
        self.settled = asyncio.Event()
        self.dropped = 0
        self._settings = settings
        self._deliver = deliver
        self._on_change = on_change
        self._name = name
        self._loop = asyncio.get_running_loop()
        self._filters: dict[str, None] = {}
        self._client: Client | None = None
        self._subacks: dict[int, asyncio.Future[None]] = {}
        self._backlog: deque[MQTTMessage] = deque()
        self._is_woken = False
        # One counter a thread: `+=` on a shared one would lose counts.
        self._bytes_in = 0
        self._bytes_out = 0

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted the connection that stands now."""
        return self._client is not None

    async def run(self) -> None:
        """Connect and reconnect until cancelled."""
        settings = self._settings
        backoff = Backoff(settings.first_retry_s, settings.last_retry_s, settings.jitter)
        dialer = Dialer(settings.brokers, backoff)
        while True:
            delay_s = await self._attempt(dialer)
            if not dialer.is_round_over:
                continue
            self.settled.set()
            if not dialer.is_refused:
                log.info("[Server] Retrying in %.1fs...", delay_s)
            await asyncio.sleep(delay_s)

    async def _attempt(self, dialer: Dialer) -> float:
        """One connection from its begin to its end; the wait after it in seconds."""
        url = dialer.url
        try:
            await self._stay_connected(url, dialer)
            return dialer.lost()
        except LinkRefused as exc:
            if not dialer.is_refused:
                _tell_refusal(url, str(exc))
            return dialer.failed(is_refused=True)
        except LinkLost as exc:
            delay_s = dialer.failed()
            log.warning("[Server] Connection failed (attempt %d): %s", dialer.failures, exc)
            return delay_s
        except Exception:
            # A bridge that serves pages and never comes back to its broker would look well.
            log.exception("[Server] ERROR: link failed url=%s", url)
            return dialer.failed()

    async def subscribe(self, topic_filter: str) -> None:
        """Have the broker replay and send; returns at its SUBACK, at once while disconnected."""
        self._filters[topic_filter] = None
        if self._client is None:
            return
        error, mid = self._client.subscribe(topic_filter, qos=0)
        if error != MQTTErrorCode.MQTT_ERR_SUCCESS or mid is None:
            return
        suback = self._subacks[mid] = self._loop.create_future()
        try:
            # Not `wait_for`, here and below: before Python 3.12 it may swallow a cancellation.
            async with asyncio.timeout(SUBACK_TIMEOUT_S):
                await suback
        except TimeoutError:
            log.warning("broker did not answer a subscription filter=%s", topic_filter)
        finally:
            self._subacks.pop(mid, None)

    def unsubscribe(self, topic_filter: str) -> None:
        """Have the broker send no more."""
        self._filters.pop(topic_filter, None)
        if self._client is not None:
            self._client.unsubscribe(topic_filter)

    async def _stay_connected(self, url: BrokerUrl, dialer: Dialer) -> None:
        """Return when an accepted connection is lost. Raises `LinkLost` if none is accepted."""
        accepted: asyncio.Future[None] = self._loop.create_future()
        lost: asyncio.Future[str] = self._loop.create_future()
        client = self._new_client(url, accepted, lost)
        try:
            # A thread of its own and a daemon: names and routes may take longer to fail than a
            # person waits for Ctrl-C.
            threading.Thread(
                target=self._open, args=(client, url, accepted), name="mqtt-connect", daemon=True
            ).start()
            try:
                async with asyncio.timeout(2 * CONNECT_TIMEOUT_S):
                    await accepted
            except TimeoutError:
                raise LinkLost(f"no answer from {url}") from None
            self._client = client
            dialer.accepted()
            if self._filters:
                client.subscribe([(topic_filter, 0) for topic_filter in self._filters])
            log.info("[Server] Connected to %s", url)
            self._on_change(True)
            self.settled.set()
            reason = await lost
            log.warning("[Server] Disconnected from broker: %s", reason)
        finally:
            if self._client is not None:
                self._client = None
                for suback in self._subacks.values():
                    _resolve(suback, None)
                self._on_change(False)
            await self._close(client)

    def _new_client(
        self, url: BrokerUrl, accepted: asyncio.Future[None], lost: asyncio.Future[str]
    ) -> Client:
        """A client a connection; paho's own reconnection waits too long and knows no jitter."""
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"pb-{self._name}-{secrets.token_hex(8)}",
            protocol=MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        if self._settings.username is not None:
            client.username_pw_set(self._settings.username, self._settings.password)

        def on_connect(client: Client, _data: Any, _flags: Any, code: Any, _props: Any) -> None:
            if code.is_failure:
                kind = LinkRefused if code.value in REFUSED_CODES else LinkLost
                self._post(_fail, accepted, kind(str(code)))
            elif accepted.done():  # nobody waits for it any more
                client.disconnect()
            else:
                self._post(_resolve, accepted, None)

        def on_disconnect(_client: Client, _data: Any, _flags: Any, code: Any, _props: Any) -> None:
            self._post(_fail, accepted, LinkLost(str(code) if url.is_encrypted else HUNG_UP))
            # paho calls every broken connection an unspecified error.
            self._post(_resolve, lost, "connection lost" if code.is_failure else str(code))

        def on_subscribe(_client: Client, _data: Any, mid: int, codes: Any, _props: Any) -> None:
            self._post(self._on_suback, mid, any(code.is_failure for code in codes))

        client.on_connect = on_connect
        client.on_disconnect = on_disconnect
        client.on_subscribe = on_subscribe
        client.on_message = self._on_message
        client.on_socket_open = _set_options
        return client

    def _open(self, client: Client, url: BrokerUrl, accepted: asyncio.Future[None]) -> None:
        try:
            if url.is_encrypted:
                client.tls_set_context(ssl.create_default_context(cafile=self._settings.ca_file))
            client.connect(url.host, url.port, keepalive=KEEPALIVE_S)
        except (OSError, ValueError) as exc:
            self._post(_fail, accepted, LinkLost(_describe(exc, is_encrypted=url.is_encrypted)))
        else:
            client.disconnect() if accepted.done() else client.loop_start()

    async def _close(self, client: Client) -> None:
        client.disconnect()
        closing = self._loop.run_in_executor(None, _end_thread, client)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.5):
                await asyncio.shield(closing)

    def _post(self, call: Callable[..., None], *args: Any) -> None:
        # The loop may be gone while a thread still ends.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *args)

    def _on_suback(self, mid: int, is_refused: bool) -> None:
        if is_refused:
            log.warning("[Server] WARNING: the broker does not let our user read a session")
        suback = self._subacks.get(mid)
        if suback is not None and not suback.done():
            suback.set_result(None)

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        # paho's thread: what is slow here starves the keepalive, and the broker then drops us.
        if self._bytes_in - self._bytes_out > MAX_BACKLOG_BYTES:
            self.dropped += 1
            return
        self._bytes_in += len(message.payload)
        self._backlog.append(message)
        if not self._is_woken:
            self._is_woken = True
            self._post(self._take)

    def _take(self) -> None:
        # Cleared first: what is appended from now on wakes the loop again.
        self._is_woken = False
        for _ in range(min(len(self._backlog), MAX_BATCH)):
            message = self._backlog.popleft()
            self._bytes_out += len(message.payload)
            try:
                topic = message.topic
            except UnicodeDecodeError:
                topic = None
            try:
                self._deliver(topic, bytes(message.payload), message.retain)
            except Exception:
                log.exception("[Server] ERROR: message not delivered")
        if self._backlog and not self._is_woken:
            self._is_woken = True
            self._loop.call_soon(self._take)


def _describe(exc: Exception, *, is_encrypted: bool) -> str:
    match exc:
        case TimeoutError():
            return "no answer in time"
        case socket.gaierror():
            return "host name not found"
        case ssl.SSLCertVerificationError():
            why = DISTRUST.get(exc.verify_code, exc.verify_message)
            return f"certificate not trusted: {why}"
        case ssl.SSLError(reason=str(reason)) if "ALERT" in reason:
            return f"the broker ended the encryption: {reason.replace('_', ' ').lower()}"
        case ssl.SSLError():
            return "no TLS on that port"
        case ConnectionResetError() if is_encrypted:
            return "no TLS on that port, or the broker hung up"
        case OSError(strerror=str(text)):
            return text
        case _:
            return str(exc)


def _tell_refusal(url: BrokerUrl, reason: str) -> None:
    text = "[Server] ERROR: %s does not accept our user and password (%s); trying every %.0f s"
    log.error(text, url, reason, REFUSED_DELAY_S)


def _end_thread(client: Client) -> None:
    # paho's thread ends within its select timeout of 1 s. It cannot be joined in the moment
    # between its making and its start, but has been told to end then.
    with contextlib.suppress(RuntimeError):
        client.loop_stop()


def _set_options(_client: Client, _data: Any, sock: Any) -> None:
    with contextlib.suppress(OSError, AttributeError):
        # Delayed acknowledgements and Nagle's algorithm together cost 40 ms.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(OSError, AttributeError):
        # A ping that nobody acknowledges, as after a pulled cable, ends the connection.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)


def _resolve(future: "asyncio.Future[Any]", result: Any) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: "asyncio.Future[Any]", exc: Exception) -> None:
    if not future.done():
        future.set_exception(exc)
