"""What a browser and the bridge say to each other over `/ws`, as JSON text frames.

Payloads of monitors are carried as the bytes that the broker delivered (`msgspec.Raw`).
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from pitboard.contract.errors import BadFrame
from pitboard.contract.quantities import Id
from pitboard.contract.topics import Channel

MIN_HZ = 0.5
MAX_HZ = 60.0

MAX_FRAME_BYTES = 64 * 1024
"""The largest frame that a browser may send."""

JOIN_WITHIN_S = 5.0
FRAMES_PER_S = 10.0
FRAME_BURST = 20
"""How many frames a browser may send at once, with `FRAMES_PER_S` in the long run."""

MAX_JOINED = 8
"""The most sessions that one connection may watch."""

CLOSE_BAD_REQUEST = 4400
CLOSE_NO_JOIN = 4408
CLOSE_TOO_SLOW = 4008
CLOSE_RATE = 4429
CLOSE_INTERNAL = 1011
CLOSE_RESTART = 1012
CLOSE_FULL = 1013


class FromBrowser(Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of the frames that a browser may send."""


class JoinSession(FromBrowser, frozen=True, tag="join_session"):
    """Watch a session; joining again changes `max_hz`, without it every frame is sent."""

    session_id: Id
    max_hz: (
        Annotated[float, Meta(ge=MIN_HZ, le=MAX_HZ, extra_json_schema={"unit": "Hz"})] | None
    ) = None


class LeaveSession(FromBrowser, frozen=True, tag="leave_session"):
    """Watch a session no longer."""

    session_id: Id


class RequestLatest(FromBrowser, frozen=True, tag="request_latest"):
    """Send the snapshot of a joined session again."""

    session_id: Id


class Ping(FromBrowser, frozen=True, tag="ping"):
    """Answered by `pong` with the same `t`, in ms of the browser's clock."""

    t: float


BrowserFrame = JoinSession | LeaveSession | RequestLatest | Ping


class FromBridge(Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of the frames that the bridge sends; times are ms since 1970 by the bridge's clock."""


class Link(Struct, frozen=True, kw_only=True):
    """The bridge's link to the broker."""

    connected: bool


class Value(Struct, frozen=True, kw_only=True):
    """The last message of one channel of one monitor; `channel` of a lap chunk is `laps/<k>`."""

    channel: str
    monitor_id: Id
    received_at: int
    retained: bool
    data: Raw


class Snapshot(FromBridge, frozen=True, tag="snapshot"):
    """All last values of a session; sent once after each join and on `request_latest`."""

    session_id: Id
    now: int
    upstream: Link
    active: Id | None
    values: list[Value]


class Update(FromBridge, frozen=True):
    """A message as it came; `retained` ones tell what was, and are no sign of life."""

    received_at: int
    retained: bool
    data: Raw


class StatusUpdate(Update, frozen=True, tag="status_update"):
    """A `status` message."""


class MetaUpdate(Update, frozen=True, tag="meta_update"):
    """A `meta` message."""


class SetupUpdate(Update, frozen=True, tag="setup_update"):
    """A `setup` message."""


class TelemetryUpdate(Update, frozen=True, tag="telemetry_update"):
    """A `telemetry` message."""


class LapUpdate(Update, frozen=True, tag="lap_update"):
    """A `lap` message."""


class LapsUpdate(Update, frozen=True, tag="laps_update"):
    """A `laps/<k>` message."""


class Upstream(FromBridge, frozen=True, tag="upstream"):
    """The bridge lost or regained the broker."""

    connected: bool
    since: int


class Active(FromBridge, frozen=True, tag="active"):
    """Another monitor is in control of the session's car."""

    session_id: Id
    monitor_id: Id | None


class Removed(FromBridge, frozen=True, tag="removed"):
    """A retained value was cleared on the broker."""

    session_id: Id
    channel: str
    monitor_id: Id


class Pong(FromBridge, frozen=True, tag="pong"):
    """The answer to `ping`."""

    t: float


class Heartbeat(FromBridge, frozen=True, tag="heartbeat"):
    """Every second or soon after; messages of the session that the bridge missed, by `seq`."""

    session_id: Id | None
    t: int
    lost: int
    received: int


class Error(FromBridge, frozen=True, tag="error"):
    """Something went wrong; the bridge's log has the detail under `ref`."""

    code: int
    message: str
    ref: str


BridgeFrame = (
    Snapshot
    | StatusUpdate
    | MetaUpdate
    | SetupUpdate
    | TelemetryUpdate
    | LapUpdate
    | LapsUpdate
    | Upstream
    | Active
    | Removed
    | Pong
    | Heartbeat
    | Error
)

UPDATES: dict[Channel, type[Update]] = {
    Channel.STATUS: StatusUpdate,
    Channel.META: MetaUpdate,
    Channel.SETUP: SetupUpdate,
    Channel.TELEMETRY: TelemetryUpdate,
    Channel.LAP: LapUpdate,
    Channel.LAPS: LapsUpdate,
}

_DECODER = msgspec.json.Decoder(BrowserFrame)
_ENCODER = msgspec.json.Encoder()


def decode(text: str | bytes) -> BrowserFrame:
    """The frame a browser sent. Raises `BadFrame`."""
    try:
        frame: BrowserFrame = _DECODER.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as exc:
        raise BadFrame(str(exc)) from exc
    return frame


def encode(frame: BridgeFrame | Update) -> bytes:
    """The bytes of a text frame."""
    return _ENCODER.encode(frame)
