"""Bytes to messages and back; nothing leaves or enters pitboard unchecked.

Sizes are checked before anything is parsed. A key that stands twice counts as its last one, as in
browsers. The bytes of a message that passes are also valid UTF-8 and JSON in full, unknown fields
included, so they may be forwarded as they are.
"""

import re
from collections.abc import Iterable, Mapping

import msgspec
from msgspec import UNSET, ValidationError

from pitboard.contract.errors import Invalid, Malformed, TooLarge, UnknownVersion, WrongIdentity
from pitboard.contract.messages import (
    LAP_COLUMNS,
    MAX_SETUP_VALUES,
    VERSION,
    Cell,
    LapMessage,
    LapRow,
    LapsMessage,
    Message,
    MetaMessage,
    SettingWheels,
    SetupMessage,
    StatusMessage,
    TelemetryMessage,
)
from pitboard.contract.telemetry import Telemetry
from pitboard.contract.topics import CHUNK_ROWS, Channel, Topic

# Below the brokers' packet limit of 256 KiB, topic and header included.
MAX_BYTES = 64 * 1024
MAX_DOCUMENT_BYTES = 240 * 1024

# Telemetry needs 4 levels; whatever is far deeper was made to exhaust a parser.
MAX_DEPTH = 32

REQUIRED_TELEMETRY = ("lap", "fuel", "position")

MESSAGE_TYPES: dict[Channel, type[Message]] = {
    Channel.STATUS: StatusMessage,
    Channel.META: MetaMessage,
    Channel.SETUP: SetupMessage,
    Channel.TELEMETRY: TelemetryMessage,
    Channel.LAP: LapMessage,
    Channel.LAPS: LapsMessage,
}

_DECODERS = {channel: msgspec.json.Decoder(kind) for channel, kind in MESSAGE_TYPES.items()}
_ENCODER = msgspec.json.Encoder()
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_TELEMETRY_NAMES = frozenset(Telemetry.__struct_fields__)


class _Version(msgspec.Struct):
    v: object = None


_VERSION_DECODER = msgspec.json.Decoder(_Version)


def max_bytes(channel: Channel) -> int:
    """The largest payload of *channel*, in bytes."""
    if channel in (Channel.SETUP, Channel.LAPS):
        return MAX_DOCUMENT_BYTES
    return MAX_BYTES


def encode(channel: Channel, message: Message) -> bytes:
    """The payload of *message*. Raises `TooLarge`; ranges are checked by `decode` alone."""
    payload = _ENCODER.encode(message)
    limit = max_bytes(channel)
    if len(payload) > limit:
        raise TooLarge(len(payload), limit)
    return payload


def decode(topic: Topic, payload: bytes) -> Message:
    """The checked message that *payload* carries on *topic*.

    Raises:
        BadPayload: `TooLarge`, `Malformed`, `UnknownVersion`, `Invalid` or `WrongIdentity`.
    """
    limit = max_bytes(topic.channel)
    if len(payload) > limit:
        raise TooLarge(len(payload), limit)
    _check_text(payload)
    try:
        message: Message = _DECODERS[topic.channel].decode(payload)
    except ValidationError as exc:
        if _is_other_version(payload):
            raise UnknownVersion(f"schema version is not {VERSION}") from exc
        raise Invalid(str(exc)) from exc
    except (msgspec.DecodeError, RecursionError) as exc:
        raise Malformed(str(exc)) from exc
    if message.session_id != topic.session_id:
        raise WrongIdentity("session_id is not the topic's")
    if message.monitor_id != topic.monitor_id:
        raise WrongIdentity("monitor_id is not the topic's")
    _check_content(topic, message)
    return message


def missing_telemetry(telemetry: Telemetry) -> list[str]:
    """The required fields that are absent; `null` counts as present."""
    return [name for name in REQUIRED_TELEMETRY if getattr(telemetry, name) is UNSET]


def lap_rows(message: LapsMessage) -> list[LapRow]:
    """The rows by column name; unknown columns are left out. Raises `Invalid`."""
    if len(set(message.columns)) < len(message.columns):
        raise Invalid("a column stands twice")
    known = [(i, name) for i, name in enumerate(message.columns) if name in LAP_COLUMNS]
    rows = []
    for number, cells in enumerate(message.rows):
        if len(cells) != len(message.columns):
            raise Invalid(f"row {number} has {len(cells)} cells for {len(message.columns)} columns")
        try:
            rows.append(msgspec.convert({name: cells[i] for i, name in known}, LapRow))
        except ValidationError as exc:
            raise Invalid(f"row {number}: {exc}") from exc
    return rows


def lap_cells(rows: Iterable[LapRow]) -> list[list[Cell]]:
    """The inverse of `lap_rows` for `LAP_COLUMNS`."""
    return [[getattr(row, name) for name in LAP_COLUMNS] for row in rows]


def _check_text(payload: bytes) -> None:
    """Refuse what the parser would skip unread inside fields it does not know."""
    try:
        payload.decode()
    except UnicodeDecodeError as exc:
        raise Malformed(f"not UTF-8 at byte {exc.start}") from exc
    openers = payload.count(b"[") + payload.count(b"{")
    if openers <= MAX_DEPTH:
        return
    depth = 0
    # A chunk of laps has brackets in every row: only they are looked at one by one.
    for byte in _STRING.sub(b"", payload).translate(None, _NO_BRACKETS):
        if byte in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Malformed(f"nested deeper than {MAX_DEPTH} levels")
        else:
            depth -= 1


def _is_other_version(payload: bytes) -> bool:
    try:
        version = _VERSION_DECODER.decode(payload).v
    except msgspec.MsgspecError:
        return False
    return isinstance(version, int) and not isinstance(version, bool) and version != VERSION


def _check_content(topic: Topic, message: Message) -> None:
    """The rules that no single field's type can state."""
    match message:
        case TelemetryMessage(telemetry=Telemetry(extra=dict() as extra)):
            if shadowed := sorted(_TELEMETRY_NAMES.intersection(extra)):
                raise Invalid(f"extra repeats the fields {shadowed}")
        case SetupMessage():
            count = sum(map(_count_settings, message.setup.values()))
            if count > MAX_SETUP_VALUES:
                raise Invalid(f"{count} setup values, the limit is {MAX_SETUP_VALUES}")
        case LapsMessage():
            if message.first != CHUNK_ROWS * (topic.chunk or 0):
                raise Invalid(f"first is {message.first} in {topic.name}")
            lap_rows(message)


def _count_settings(category: Mapping[str, object]) -> int:
    return sum(4 if isinstance(value, SettingWheels) else 1 for value in category.values())
