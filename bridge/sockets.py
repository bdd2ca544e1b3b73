"""The `/ws` endpoint: one browser's connection, from accept to close."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect
from fastapi.responses import PlainTextResponse

from pitboard.bridge.core import Bridge
from pitboard.bridge.feed import clock_ms
from pitboard.bridge.hub import JoinedTooMany
from pitboard.bridge.limits import Crowded, TokenBucket
from pitboard.bridge.outbox import Outbox, Write
from pitboard.bridge.wire import WIRE, Wire
from pitboard.contract import frames
from pitboard.contract.errors import BadFrame
from pitboard.contract.log_lines import printable

log = logging.getLogger(__name__)

# Said to the browser in place of what went wrong, which may quote what it sent.
REASONS = {
    frames.CLOSE_BAD_REQUEST: "bad request",
    frames.CLOSE_NO_JOIN: "no session was joined in time",
    frames.CLOSE_TOO_SLOW: "too slow",
    frames.CLOSE_RATE: "too many requests",
    frames.CLOSE_INTERNAL: "internal error",
    frames.CLOSE_FULL: "too many at once",
}

CLOSE_TOO_BIG = 1009

# What a close of ours is counted as on `/metrics`.
_CAUSES = {
    frames.CLOSE_NO_JOIN: "join_time",
    frames.CLOSE_RATE: "frame_rate",
    CLOSE_TOO_BIG: "frame_size",
}

RETRY_AFTER_S = 5

# For the last words; who has not read them by then is cut off.
GOODBYE_S = 2.0


class _Verdict(Exception):
    """Why the bridge ends a connection; *detail* is for the log only."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class PlainWire:
    """A `Wire` on any ASGI server: one task sends what was written, and is waited for."""

    def __init__(self, ws: WebSocket) -> None:
        self.on_writable: Callable[[], None] = lambda: None
        self.on_unwritable: Callable[[], None] = lambda: None
        self.unsent = 0
        self.is_deflating = False
        self.write_frames: Write | None = None
        self._ws = ws
        self._task: asyncio.Task[None] | None = None

    @property
    def is_writable(self) -> bool:
        """Whether the last `write` has left."""
        return self._task is None

    def write(self, texts: Sequence[bytes]) -> None:
        """Send text frames."""
        self.unsent += len(texts)
        self._task = asyncio.create_task(self._send(texts, self._task), name="plain-wire")

    def abort(self) -> None:
        """Send nothing more; the server ends the connection when the endpoint returns."""
        if self._task is not None:
            self._task.cancel()

    async def _send(self, texts: Sequence[bytes], before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        for text in texts:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # it has closed
                await self._ws.send({"type": "websocket.send", "text": text.decode()})
            self.unsent -= 1
        if self._task is asyncio.current_task():
            self._task = None
            self.on_writable()


class Browser:
    """One connection: a receiver, an outbox that empties as fast as the browser reads."""

    def __init__(self, ws: WebSocket, bridge: Bridge, address: str) -> None:
        self.id = secrets.token_hex(4)
        self._address = address
        self._ws = ws
        self._bridge = bridge
        self._loop = asyncio.get_running_loop()
        wire = ws.scope.get("extensions", {}).get(WIRE)
        self._wire: Wire = PlainWire(ws) if wire is None else wire
        self.outbox = Outbox(
            self._pump, write=self._wire.write_frames, is_deflating=self._wire.is_deflating
        )
        self._verdict: asyncio.Future[_Verdict] = self._loop.create_future()
        self._has_joined = False
        self._timer: asyncio.TimerHandle | None = None
        self._wire.on_writable = self._pump
        self._wire.on_unwritable = self.outbox.hold
        self._unsent = 0
        self._progress_at = self._loop.time()

    async def run(self) -> None:
        """Serve the browser until either side ends the connection, if there is room for it."""
        try:
            self._bridge.crowd.enter(self._address)
        except Crowded as exc:
            self._bridge.refused.note(exc.cause, self._where())
            headers = {"Retry-After": str(RETRY_AFTER_S)}
            await self._ws.send_denial_response(PlainTextResponse("full\n", 503, headers))
            return
        try:
            await self._serve()
        finally:
            self._bridge.crowd.leave(self._address)
            # However it ended: what it has not read must not keep the connection.
            self._loop.call_later(GOODBYE_S, self._wire.abort)

    def _where(self) -> str:
        where = f"address={self._address}"
        if "x-forwarded-for" in self._ws.headers and not self._bridge.settings.trusted_proxies:
            return f"{where}, which is a proxy: name it with --trusted-proxy"
        return where

    async def _serve(self) -> None:
        await self._ws.accept()
        log.info("[Server] Client connected: %s", self.id)
        self._bridge.browsers.add(self)
        timeout_s = self._bridge.settings.join_timeout_s
        deadline = self._loop.call_later(timeout_s, self._require_join)
        receiver = asyncio.create_task(self._receive_all(), name=f"browser-{self.id}")
        try:
            ends: list[asyncio.Future[Any]] = [receiver, self._verdict]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            deadline.cancel()
            receiver.cancel()
            (result,) = await asyncio.gather(receiver, return_exceptions=True)
            self._bridge.browsers.discard(self)
            self._bridge.conflated += self.outbox.conflated
            self._bridge.hub.drop(self.outbox, clock_ms())
            self._wire.on_writable = self._wire.on_unwritable = lambda: None
            if self._timer is not None:
                self._timer.cancel()
            log.info("[Server] Client disconnected: %s", self.id)
        self._judge(result)
        if self._verdict.done():
            await self._say_goodbye(self._verdict.result())

    def check(self) -> None:
        """End the connection if the browser does not keep up."""
        now = self._loop.time()
        unsent = self._wire.unsent
        if unsent == 0 or unsent != self._unsent:
            self._unsent, self._progress_at = unsent, now
        stuck_s = now - self._progress_at
        if self.outbox.is_behind:
            self._end(frames.CLOSE_TOO_SLOW, "too much is waiting")
        elif stuck_s > self._bridge.settings.stuck_after_s:
            self._end(frames.CLOSE_TOO_SLOW, f"stuck for {stuck_s:.0f} s")
            self._wire.abort()

    def _pump(self) -> None:
        """Write what may leave now; the rest waits in the outbox, where newer replaces older."""
        if self._verdict.done() or not self._wire.is_writable:
            return
        now = self._loop.time()
        try:
            if out := self.outbox.drain(now):
                self._bridge.frames_out += len(out)
                self._wire.write(out)
        except Exception:
            # Within the hub's round: the next browser must still get its frame.
            log.exception("[Server] ERROR: browser=%s send failed", self.id)
            self._end(frames.CLOSE_INTERNAL, "send failed")
        due = self.outbox.next_due()
        if due is None or (self._timer is not None and self._timer.when() <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._on_turn)

    def _on_turn(self) -> None:
        self._timer = None
        self._pump()

    def _end(self, code: int, detail: str) -> None:
        if not self._verdict.done():
            self._verdict.set_result(_Verdict(code, detail))

    def _require_join(self) -> None:
        if not self._has_joined:
            self._end(frames.CLOSE_NO_JOIN, "no join_session")

    def _judge(self, result: BaseException | None) -> None:
        """Turn what ended the receiver into the verdict, unless there is one or the peer left."""
        if isinstance(result, _Verdict):
            self._end(result.code, result.detail)
        elif isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect):
            log.error("[Server] ERROR: browser=%s failed", self.id, exc_info=result)
            self._end(frames.CLOSE_INTERNAL, type(result).__name__)

    async def _receive_all(self) -> None:
        bucket = TokenBucket(self._loop.time())
        while True:
            message = await self._ws.receive()
            if message["type"] == "websocket.disconnect":
                self._count_close(message.get("code"))
                return
            if not bucket.take(self._loop.time()):
                raise _Verdict(frames.CLOSE_RATE, "more than 10 frames a second")
            text = message.get("text")
            if text is None:
                raise _Verdict(frames.CLOSE_BAD_REQUEST, "binary frame")
            try:
                await self._obey(frames.decode(text))
            except (BadFrame, JoinedTooMany) as exc:
                raise _Verdict(frames.CLOSE_BAD_REQUEST, str(exc)) from exc
            except Crowded as exc:
                raise _Verdict(frames.CLOSE_FULL, str(exc)) from exc

    async def _obey(self, frame: frames.BrowserFrame) -> None:
        hub = self._bridge.hub
        match frame:
            case frames.JoinSession():
                if not self._bridge.settings.may_watch(frame.session_id):
                    raise BadFrame("a session that is not served here")
                self._has_joined = True
                await self._bridge.join(
                    self.outbox, frame.session_id, frame.max_hz, address=self._address
                )
            case frames.LeaveSession():
                hub.leave(self.outbox, frame.session_id, clock_ms())
            case frames.RequestLatest():
                hub.request_latest(self.outbox, frame.session_id, clock_ms())
            case frames.Ping():
                self.outbox.put(frames.encode(frames.Pong(t=frame.t)))

    async def _say_goodbye(self, verdict: _Verdict) -> None:
        self._count_close(verdict.code)
        ref = secrets.token_hex(4)
        log.warning(
            "[Server] WARNING: browser=%s closed code=%d ref=%s: %s",
            self.id, verdict.code, ref, printable(verdict.detail),
        )  # fmt: skip
        error = frames.Error(code=verdict.code, message=REASONS[verdict.code], ref=ref)
        with contextlib.suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
            self._wire.write([frames.encode(error)])
            async with asyncio.timeout(GOODBYE_S):
                await self._ws.close(verdict.code, REASONS[verdict.code])

    def _count_close(self, code: int | None) -> None:
        """Count a connection that was closed for what the browser did."""
        if code in REASONS or code == CLOSE_TOO_BIG:
            self._bridge.closed[code] += 1
        if code in _CAUSES:
            self._bridge.refused[_CAUSES[code]] += 1
