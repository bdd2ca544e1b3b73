import re
from typing import get_args

import msgspec
import pytest

from pitboard.contract import codec, control, frames
from pitboard.contract.frames import BridgeFrame, BrowserFrame, Snapshot, Update
from pitboard.contract.messages import MAX_SETUP_VALUES
from pitboard.contract.telemetry import MAX_EXTRA_KEYS
from pitboard.contract.topics import Channel, Topic
from tests.contract.documents import (
    PROTOCOL,
    Example,
    documented_tables,
    examples,
    generated_tables,
)

EXAMPLES = examples()
MESSAGES = [
    pytest.param(example, id=example.topic) for example in EXAMPLES if "v" in example.document
]
FRAMES = [
    pytest.param(example, id=example.document["type"])
    for example in EXAMPLES
    if "type" in example.document
]
RECORDINGS = [example for example in EXAMPLES if "payload" in example.document]

BROWSER_TAGS = {kind.__struct_config__.tag for kind in get_args(BrowserFrame)}
BRIDGE_TAGS = {kind.__struct_config__.tag for kind in get_args(BridgeFrame)}
CLOSE_CODES = {name: value for name, value in vars(frames).items() if name.startswith("CLOSE_")} | {
    "message too big": 1009
}


def row(start: str) -> str:
    """The table row that begins with *start*."""
    return next(line for line in PROTOCOL.splitlines() if line.startswith(f"| {start} |"))


def check_data(data: msgspec.Raw, channel: str) -> None:
    document = msgspec.json.decode(data)
    chunk = f"/{document['first'] // 100}" if channel == Channel.LAPS else ""
    topic = f"pitboard/v1/{document['session_id']}/{document['monitor_id']}/{channel}{chunk}"
    codec.decode(Topic.parse(topic), bytes(data))


def test_every_example_is_a_message_a_frame_or_a_recording() -> None:
    assert len(MESSAGES) + len(FRAMES) + len(RECORDINGS) == len(EXAMPLES)


@pytest.mark.parametrize("example", MESSAGES)
def test_message_example_decodes(example: Example) -> None:
    topic = Topic.parse(example.topic)

    message = codec.decode(topic, example.text.encode())

    assert set(example.document) <= set(message.__struct_encode_fields__)


@pytest.mark.parametrize("example", FRAMES)
def test_frame_example_decodes(example: Example) -> None:
    if example.document["type"] in BROWSER_TAGS:
        assert isinstance(frames.decode(example.text), frames.FromBrowser)
        return

    frame = msgspec.json.decode(example.text, type=BridgeFrame)

    match frame:
        case Update():
            check_data(frame.data, example.document["type"].removesuffix("_update"))
        case Snapshot():
            for value in frame.values:
                check_data(value.data, value.channel)


def test_recording_example_holds_a_message() -> None:
    assert len(RECORDINGS) == 1
    recorded = RECORDINGS[0].document

    assert recorded.keys() == {"t", "topic", "payload"}
    codec.decode(Topic.parse(recorded["topic"]), msgspec.json.encode(recorded["payload"]))


def test_every_frame_type_has_an_example() -> None:
    shown = {example.document["type"] for example in EXAMPLES if "type" in example.document}

    assert shown == BROWSER_TAGS | BRIDGE_TAGS


def test_every_channel_has_an_example_and_a_row_with_its_limit() -> None:
    shown = {Topic.parse(example.topic).channel for example in EXAMPLES if "v" in example.document}

    assert shown == set(Channel)
    for channel in Channel:
        assert f"{codec.max_bytes(channel):,}" in row(f"`{channel}`")


def test_every_field_stands_in_the_table_of_its_message() -> None:
    tables = documented_tables()

    assert tables.keys() == generated_tables().keys()
    own = {name: set(kind.__struct_encode_fields__) for name, kind in generated_tables().items()}
    for name in ("status", "meta", "setup", "laps"):
        own[name] -= own["envelope"]
    for name, fields in own.items():
        assert [field for field in sorted(fields) if f"| `{field}` |" not in tables[name]] == []


@pytest.mark.parametrize(("name", "code"), CLOSE_CODES.items(), ids=CLOSE_CODES)
def test_close_code_has_a_row(name: str, code: int) -> None:
    assert row(str(code)), name


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(f"deeper than {codec.MAX_DEPTH} levels", id="depth"),
        pytest.param(f"at most {MAX_SETUP_VALUES} values", id="setup values"),
        pytest.param(f"at most {MAX_EXTRA_KEYS} entries", id="extra"),
        pytest.param(f"for {control.LOST_AFTER_S:.0f} s is lost", id="liveness"),
        pytest.param(f"sent every {control.HEARTBEAT_S:.0f} s", id="heartbeat"),
        pytest.param(f"may be {frames.MIN_HZ} to {frames.MAX_HZ:.0f}", id="max_hz"),
        pytest.param(f"at most {frames.MAX_FRAME_BYTES:,} bytes in one frame", id="frame"),
    ],
)
def test_limit_is_the_codes_own(statement: str) -> None:
    assert statement in PROTOCOL


@pytest.mark.parametrize(
    "path",
    ["/", "/s/<id>", "/api/sessions/<id>", "/api/sessions", "/livez", "/readyz", "/metrics"],
)
def test_http_path_has_a_row(path: str) -> None:
    assert row(f"`{path}`")


def test_prose_has_one_sentence_a_line() -> None:
    prose = [
        re.sub(r"^\*\*[^*]+\*\* ", "", line)
        for line in PROTOCOL.splitlines()
        if line and not line.startswith(("|", "{", "#", "<", "    "))
    ]

    assert [line for line in prose if re.search(r"[.!?] [A-Z`]", line)] == []
