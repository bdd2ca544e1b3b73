"""The last values of one watched session and who of its monitors is in control.

Decides only: messages and times come in, frames for browsers go out.
"""

import logging
from dataclasses import dataclass

from msgspec import Raw, structs

from pitboard.contract import frames
from pitboard.contract.control import LOST_AFTER_S, Claim, choose_active
from pitboard.contract.messages import LapsMessage, Message, SetupMessage, StatusMessage
from pitboard.contract.order import Order, advance, is_told_again
from pitboard.contract.topics import Channel, Topic

log = logging.getLogger(__name__)

# Whoever may publish chooses how many monitors and lap chunks there are. A 24 h race of ten
# drivers needs a tenth of this.
MAX_MONITORS = 32
MAX_HELD_BYTES = 16 * 1024 * 1024

REPLAY_PAUSE_MS = 10_000
"""The first pause between two requests to replay a session; doubles while they do not help."""

MAX_REPLAY_PAUSE_MS = 300_000

# The rows that a status counts may still be on their way when it arrives.
SETTLE_MS = 1_000

_LOST_AFTER_MS = LOST_AFTER_S * 1000


@dataclass(slots=True)
class _Held:
    """The last message of one topic.

    Attributes:
        order: How far the topic has come.
        live_seq: The `seq` that loss is counted from; `None` before the first live message.
        replayed: Messages that the broker replayed since `live_seq`.
        rows: How many laps a chunk of the lap table has; the message itself is kept without them.
    """

    message: Message
    payload: bytes
    received_at: int
    retained: bool
    order: Order
    live_seq: int | None = None
    replayed: int = 0
    rows: int = 0


class Session:
    """Values by (`monitor_id`, channel name), in the order of each topic.

    Attributes:
        received: Live messages taken in.
        lost: Live messages that never came, by the gaps in `seq`.
    """

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        self.received = 0
        self.lost = 0
        self._held: dict[tuple[str, str], _Held] = {}
        self._held_bytes = 0
        self._heard_at: dict[str, int] = {}
        self._active: str | None = None
        self._is_full = False
        self._replay_at_ms = 0
        self._replay_pause_ms = REPLAY_PAUSE_MS

    @property
    def active(self) -> str | None:
        """The monitor in control, as browsers were last told."""
        return self._active

    @property
    def monitors(self) -> list[str]:
        """The monitors of which a value is held."""
        return sorted({monitor_id for monitor_id, _ in self._held})

    def last(self, monitor_id: str, name: str) -> Message | None:
        """The last message of a monitor's channel, `laps/<k>` for a lap chunk."""
        held = self._held.get((monitor_id, name))
        return held.message if held else None

    def is_stored(self, monitor_id: str, name: str) -> bool:
        """Whether the last message of a monitor's channel tells what was, not what is."""
        held = self._held.get((monitor_id, name))
        return held is not None and held.retained

    def heard_at(self, monitor_id: str) -> int | None:
        """When a live `status` or `telemetry` of the monitor last came, ms."""
        return self._heard_at.get(monitor_id)

    def is_live(self, monitor_id: str, now_ms: int) -> bool:
        """Whether the monitor is heard, or may still be for all that the broker's store says."""
        heard_at = self._heard_at.get(monitor_id)
        if heard_at is not None and now_ms - heard_at < _LOST_AFTER_MS:
            return True
        held = self._held.get((monitor_id, Channel.STATUS))
        if held is None or not held.retained or not isinstance(held.message, StatusMessage):
            return False
        said_alive = held.message.state in ("online", "idle")
        return said_alive and now_ms - held.received_at < _LOST_AFTER_MS

    def accept(
        self, topic: Topic, message: Message, payload: bytes, retained: bool, now_ms: int
    ) -> list[bytes]:
        """Take *message* in; the frames for browsers, its update first, none for a duplicate."""
        key = (topic.monitor_id, topic.name)
        held = self._held.get(key)
        if held is not None and not held.order.is_news(message):
            return []
        if not self._has_room(topic, payload, held):
            return []
        status = self.last(topic.monitor_id, Channel.STATUS)
        retained = retained or is_told_again(message, status)
        order = advance(None if held is None else held.order, message)
        new = _held(message, payload, now_ms, retained, order)
        if held is not None:
            self._held_bytes -= len(held.payload)
        self._held_bytes += len(payload)
        self._count(new, held)
        self._held[key] = new
        update = frames.UPDATES[topic.channel](
            received_at=now_ms, retained=retained, data=Raw(payload)
        )
        out = [frames.encode(update)]
        if retained:
            # `tick` decides once the replay is in, or the order of arrival would choose.
            return out
        was_live = self.is_live(topic.monitor_id, now_ms)
        if _is_sign_of_life(message, topic.channel):
            self._heard_at[topic.monitor_id] = now_ms
        if was_live and topic.channel is not Channel.STATUS:
            return out
        return out + self._choose(now_ms)

    def remove(self, topic: Topic, now_ms: int) -> list[bytes]:
        """Forget a value that was cleared on the broker; the frames for browsers."""
        held = self._held.pop((topic.monitor_id, topic.name), None)
        if held is None:
            return []
        self._held_bytes -= len(held.payload)
        self._is_full = False
        removed = frames.Removed(
            session_id=self.session_id, channel=topic.name, monitor_id=topic.monitor_id
        )
        if not any(monitor_id == topic.monitor_id for monitor_id, _ in self._held):
            self._heard_at.pop(topic.monitor_id, None)
            if self._active == topic.monitor_id:
                self._active = None
                # Silence would leave browsers with a monitor that is gone.
                return [frames.encode(removed), *self._choose(now_ms, is_told=False)]
        return [frames.encode(removed), *self._choose(now_ms)]

    def tick(self, now_ms: int) -> list[bytes]:
        """Let time pass: the frames for browsers if another monitor is active by now."""
        return self._choose(now_ms)

    def needs_replay(self, now_ms: int) -> bool:
        """Whether the broker should replay the session, because a value is known to be missing.

        A `True` counts as obeyed: the next one comes 10 s later at the earliest.
        """
        if not any(self._is_incomplete(monitor, now_ms) for monitor in self._heard_at):
            self._replay_pause_ms = REPLAY_PAUSE_MS
            return False
        if now_ms < self._replay_at_ms:
            return False
        self._replay_at_ms = now_ms + self._replay_pause_ms
        self._replay_pause_ms = min(2 * self._replay_pause_ms, MAX_REPLAY_PAUSE_MS)
        return True

    def restart_counting(self) -> None:
        """The subscription was interrupted: what was missed meanwhile is no loss on the way."""
        for held in self._held.values():
            held.live_seq = None

    def snapshot(self, now_ms: int, connected: bool) -> bytes:
        """All values, as one frame."""
        values = [
            frames.Value(
                channel=name,
                monitor_id=monitor_id,
                received_at=held.received_at,
                retained=held.retained,
                data=Raw(held.payload),
            )
            for (monitor_id, name), held in self._held.items()
        ]
        return frames.encode(
            frames.Snapshot(
                session_id=self.session_id,
                now=now_ms,
                upstream=frames.Link(connected=connected),
                active=self._active,
                values=values,
            )
        )

    def _has_room(self, topic: Topic, payload: bytes, held: _Held | None) -> bool:
        size = self._held_bytes + len(payload) - (len(held.payload) if held else 0)
        fits = size <= MAX_HELD_BYTES
        if held is None and fits:
            others = {monitor_id for monitor_id, _ in self._held} - {topic.monitor_id}
            fits = len(others) < MAX_MONITORS
        if not fits and not self._is_full:
            log.warning("[Server] WARNING: session is full session=%s", self.session_id)
        self._is_full = not fits
        return fits

    def _count(self, new: _Held, held: _Held | None) -> None:
        is_same_birth = held is not None and held.message.birth == new.message.birth
        if new.retained:
            if held is not None and is_same_birth:
                new.live_seq, new.replayed = held.live_seq, held.replayed + 1
            return
        self.received += 1
        new.live_seq = new.order.newest[1]
        if held is not None and is_same_birth and held.live_seq is not None:
            missed = new.order.newest[1] - held.live_seq - 1 - held.replayed
            self.lost += max(missed, 0)

    def _choose(self, now_ms: int, *, is_told: bool = True) -> list[bytes]:
        claims = {
            monitor_id: Claim(held.message, self.is_live(monitor_id, now_ms))
            for (monitor_id, _), held in self._held.items()
            if isinstance(held.message, StatusMessage)
        }
        chosen = choose_active(claims, self._active)
        if chosen is None and not claims and len(monitors := self.monitors) == 1:
            chosen = monitors[0]
        if chosen == self._active and is_told:
            return []
        self._active = chosen
        return [frames.encode(frames.Active(session_id=self.session_id, monitor_id=chosen))]

    def _is_incomplete(self, monitor_id: str, now_ms: int) -> bool:
        held = self._held.get((monitor_id, Channel.STATUS))
        if held is None or held.retained or now_ms - held.received_at < SETTLE_MS:
            return False
        status = held.message
        assert isinstance(status, StatusMessage)
        # What came after the heartbeat may have added to it.
        if status.laps is not None and self._count_rows(monitor_id) < status.laps:
            return True
        setup = self.last(monitor_id, Channel.SETUP)
        revision = setup.revision if isinstance(setup, SetupMessage) else -1
        return status.setup_revision is not None and revision < status.setup_revision

    def _count_rows(self, monitor_id: str) -> int:
        return sum(held.rows for (owner, _), held in self._held.items() if owner == monitor_id)


def _is_sign_of_life(message: Message, channel: Channel) -> bool:
    if isinstance(message, StatusMessage):
        return message.state != "lost"  # the broker says it, after the monitor is gone
    return channel is Channel.TELEMETRY


def _held(
    message: Message, payload: bytes, received_at: int, retained: bool, order: Order
) -> _Held:
    rows = 0
    if isinstance(message, LapsMessage):
        # Three times as large decoded as in the payload, and nobody asks for more than their count.
        rows = len(message.rows)
        message = structs.replace(message, rows=[])
    return _Held(message, payload, received_at, retained, order, rows=rows)
