"""Which sessions are watched, and by whom; hands each frame to every outbox.

Decides only: it never waits for a browser and knows neither sockets nor clocks.
"""

from collections.abc import Iterable

from pitboard.bridge.outbox import Lane, Outbox
from pitboard.bridge.session import Session
from pitboard.bridge.tiers import Tiers
from pitboard.contract import frames
from pitboard.contract.messages import Message
from pitboard.contract.topics import Channel, Topic

LINGER_MS = 60_000
"""How long a session stays subscribed after its last browser left; a reload then costs nothing."""

MAX_SESSIONS = 200

RIDE_MS = 200
"""A heartbeat waits for the next telemetry of a session whose last is not older, a second at most.

Then it goes alone.
"""

MAX_BURST = 8
"""So many frames of a monitor that came together all leave, in one write; of more, the newest."""

TOLD_FOR_MS = 60_000
"""What is told of a session comes again each minute while it holds."""


class HubFull(Exception):
    """No further session can be watched, by this browser or by anybody."""


class JoinedTooMany(HubFull):
    """The browser watches as many sessions as one may."""


class Hub:
    """The sessions that browsers watch.

    A browser `join`s, the caller sees to it that the session is subscribed, and `admit` lets the
    browser in with a snapshot; updates reach it from then on only.

    Attributes:
        connected: Whether the broker is reached.
        frames_out: What went straight to the browsers' sockets, past their outboxes.
        conflated: Telemetry that newer telemetry of its batch has replaced, for each browser.
    """

    def __init__(self, *, linger_ms: int = LINGER_MS, max_sessions: int = MAX_SESSIONS) -> None:
        self.connected = False
        self.frames_out = 0
        self.conflated = 0
        self._linger_ms = linger_ms
        self._max_sessions = max_sessions
        self._sessions: dict[str, Session] = {}
        self._waiting: dict[str, set[Outbox]] = {}
        # Browsers in order of arrival, and iterated for each message: a dict, not a set.
        self._admitted: dict[str, dict[Outbox, None]] = {}
        self._tiers: dict[str, Tiers] = {}
        self._max_hz: dict[tuple[Outbox, str], float | None] = {}
        self._batch: dict[Lane, list[bytes]] = {}
        self._due: set[str] = set()
        self._told: dict[str, tuple[int, bytes]] = {}
        self._left_at_ms: dict[str, int] = {}
        self._joined: dict[Outbox, set[str]] = {}
        self._evicted: list[str] = []

    @property
    def sessions(self) -> dict[str, Session]:
        """The sessions that are to be subscribed."""
        return self._sessions

    def joined(self, outbox: Outbox) -> frozenset[str]:
        """The sessions that the browser watches or is about to."""
        return frozenset(self._joined.get(outbox, ()))

    def watchers(self, session_id: str) -> int:
        """How many browsers watch the session or are about to."""
        return len(self._waiting.get(session_id, ())) + len(self._admitted.get(session_id, ()))

    def close_idle(self, session_id: str) -> bool:
        """Close a session that nobody watches, before its time; `expire` is called next."""
        is_idle = session_id in self._left_at_ms
        if is_idle:
            self._close(session_id)
        return is_idle

    def join(self, outbox: Outbox, session_id: str, max_hz: float | None = None) -> None:
        """Register a browser; joining again only changes *max_hz*.

        Raises `HubFull`. May close an abandoned session to make room, so `expire` is called next.
        """
        joined = self._joined.get(outbox, set())
        if session_id not in joined:
            if len(joined) >= frames.MAX_JOINED:
                raise JoinedTooMany(f"a browser may watch {frames.MAX_JOINED} sessions")
            self._open(session_id)
            self._waiting[session_id].add(outbox)
            self._joined.setdefault(outbox, set()).add(session_id)
            self._left_at_ms.pop(session_id, None)
        self._max_hz[outbox, session_id] = max_hz
        if outbox in self._admitted[session_id]:
            self._tiers[session_id].place(outbox, session_id, max_hz)

    def admit(self, outbox: Outbox, session_id: str, now_ms: int) -> None:
        """Send the snapshot, and updates from now on; nothing if the browser has left."""
        if session_id not in self._joined.get(outbox, ()):
            return
        self._send(session_id, self._sessions[session_id].tick(now_ms))
        self._waiting[session_id].discard(outbox)
        self._admitted[session_id].setdefault(outbox)
        max_hz = self._max_hz[outbox, session_id]
        self._tiers[session_id].place(outbox, session_id, max_hz)
        self._send_snapshot(outbox, session_id, now_ms)
        told_at_ms, frame = self._told.get(session_id, (0, b""))
        if frame and now_ms - told_at_ms < TOLD_FOR_MS:
            outbox.put(frame)

    def request_latest(self, outbox: Outbox, session_id: str, now_ms: int) -> None:
        """Send the snapshot again; nothing to a browser that does not watch the session."""
        if outbox in self._admitted.get(session_id, ()):
            # All must learn who is active now, not only the one that asked.
            self._send(session_id, self._sessions[session_id].tick(now_ms))
            self._send_snapshot(outbox, session_id, now_ms)

    def leave(self, outbox: Outbox, session_id: str, now_ms: int) -> None:
        """The browser watches the session no longer; nothing if it never did."""
        joined = self._joined.get(outbox, set())
        if session_id not in joined:
            return
        joined.discard(session_id)
        if not joined:
            del self._joined[outbox]
        self._waiting[session_id].discard(outbox)
        self._admitted[session_id].pop(outbox, None)
        self._tiers[session_id].remove(outbox)
        self._max_hz.pop((outbox, session_id), None)
        outbox.forget(session_id)
        if not self._waiting[session_id] and not self._admitted[session_id]:
            self._left_at_ms[session_id] = now_ms

    def drop(self, outbox: Outbox, now_ms: int) -> None:
        """The browser is gone."""
        for session_id in self.joined(outbox):
            self.leave(outbox, session_id, now_ms)

    def expire(self, now_ms: int) -> list[str]:
        """Forget sessions that nobody watches any more; the ones to unsubscribe."""
        for session_id, left_at_ms in list(self._left_at_ms.items()):
            if now_ms - left_at_ms >= self._linger_ms:
                self._close(session_id)
        evicted, self._evicted = self._evicted, []
        return evicted

    def deliver(
        self,
        topic: Topic,
        message: Message,
        payload: bytes,
        retained: bool,
        now_ms: int,
        *,
        is_batch: bool = False,
    ) -> None:
        """Take a checked message in and pass its one frame on.

        In a batch telemetry leaves with the next `settle`: what came together costs one write, and
        what comes faster than it can be handed out no more than its check.
        """
        session = self._sessions.get(topic.session_id)
        if session is None:
            return
        out = session.accept(topic, message, payload, retained, now_ms)
        if not out:
            return
        if topic.channel is Channel.TELEMETRY:
            lane = (topic.session_id, topic.monitor_id)
            self._batch.setdefault(lane, []).append(out.pop(0))
        if out or not is_batch:
            self.settle(now_ms)
        self._send(topic.session_id, out)

    def settle(self, now_ms: int) -> None:
        """Pass on the telemetry of a batch."""
        batch, self._batch = self._batch, {}
        for lane, texts in batch.items():
            session_id = lane[0]
            if session_id not in self._tiers:
                continue
            burst = texts if len(texts) <= MAX_BURST else texts[-1:]
            self.conflated += (len(texts) - len(burst)) * len(self._admitted[session_id])
            lead = None
            if session_id in self._due:
                self._due.discard(session_id)
                lead = self._heartbeat(session_id, now_ms)
            self.frames_out += self._tiers[session_id].send(burst, lane, now_ms, lead)

    def remove(self, topic: Topic, now_ms: int) -> None:
        """A retained value was cleared on the broker."""
        session = self._sessions.get(topic.session_id)
        if session is None:
            return
        if topic.channel is Channel.TELEMETRY:
            self._batch.pop((topic.session_id, topic.monitor_id), None)
            self._tiers[topic.session_id].discard((topic.session_id, topic.monitor_id))
            for outbox in self._admitted[topic.session_id]:
                outbox.discard(topic.session_id, topic.monitor_id)
        self._send(topic.session_id, session.remove(topic, now_ms))

    def tell(self, session_id: str, error: frames.Error, now_ms: int) -> None:
        """Say something to all who watch the session, and for a minute to whoever comes."""
        if session_id in self._sessions:
            frame = frames.encode(error)
            self._told[session_id] = (now_ms, frame)
            self._send(session_id, [frame])

    def set_upstream(self, connected: bool, now_ms: int) -> None:
        """The broker was reached or lost; told to every browser that watches anything."""
        self.connected = connected
        if not connected:
            for session in self._sessions.values():
                session.restart_counting()
        frame = frames.encode(frames.Upstream(connected=connected, since=now_ms))
        for outbox in self._joined:
            outbox.put(frame)

    def tick(self, now_ms: int) -> list[str]:
        """Let a second pass: heartbeats, who is active; the sessions to be replayed."""
        incomplete = []
        for session_id, session in self._sessions.items():
            if not self._admitted[session_id]:
                continue
            self.frames_out += self._tiers[session_id].tick(now_ms)
            self._send(session_id, session.tick(now_ms))
            self._beat(session_id, now_ms)
            if self.connected and session.needs_replay(now_ms):
                incomplete.append(session_id)
        return incomplete

    def _beat(self, session_id: str, now_ms: int) -> None:
        """Say that all is well; while a car sends, with its next frame, which saves a write."""
        quiet_ms = now_ms - self._tiers[session_id].sent_at_ms
        if 0 <= quiet_ms < RIDE_MS and session_id not in self._due:
            self._due.add(session_id)
        else:
            self._due.discard(session_id)
            self._send(session_id, [self._heartbeat(session_id, now_ms)])

    def _heartbeat(self, session_id: str, now_ms: int) -> bytes:
        session = self._sessions[session_id]
        heartbeat = frames.Heartbeat(
            session_id=session_id, t=now_ms, lost=session.lost, received=session.received
        )
        return frames.encode(heartbeat)

    def _open(self, session_id: str) -> None:
        if session_id in self._sessions:
            return
        if len(self._sessions) >= self._max_sessions:
            if not self._left_at_ms:
                raise HubFull(f"{self._max_sessions} sessions are watched")
            self._close(next(iter(self._left_at_ms)))
        self._sessions[session_id] = Session(session_id)
        self._waiting[session_id] = set()
        self._admitted[session_id] = {}
        self._tiers[session_id] = Tiers()

    def _close(self, session_id: str) -> None:
        del self._left_at_ms[session_id]
        del self._sessions[session_id]
        del self._waiting[session_id]
        del self._admitted[session_id]
        del self._tiers[session_id]
        self._told.pop(session_id, None)
        self._due.discard(session_id)
        self._evicted.append(session_id)

    def _send_snapshot(self, outbox: Outbox, session_id: str, now_ms: int) -> None:
        outbox.discard(session_id)
        outbox.put(self._sessions[session_id].snapshot(now_ms, self.connected))

    def _send(self, session_id: str, out: Iterable[bytes]) -> None:
        for frame in out:
            self.frames_out += self._tiers[session_id].broadcast(frame)
