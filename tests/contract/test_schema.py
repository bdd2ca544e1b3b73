import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pitboard.contract import codec, frames
from pitboard.contract.errors import Invalid
from pitboard.contract.schema import FRAME_TYPES, Schema, frames_schema, message_schema, schemas
from pitboard.contract.topics import Channel
from tests.contract.documents_by_schema import documents
from tests.contract.samples import (
    MONITOR,
    SESSION,
    Bad,
    Frame,
    Good,
    bad_samples,
    frame_samples,
    good_samples,
    topic_of,
)

SCHEMAS = schemas()

# What JSON Schema cannot say, or Python's reading of `$` lets pass.
BEYOND_SCHEMA = {
    "extra-repeats-a-field",
    "laps-cell-of-wrong-type",
    "laps-column-twice",
    "laps-first-of-another-chunk",
    "laps-row-too-long",
    "laps-row-too-short",
    "laps-without-lap-column",
    "duplicate-key-last-is-bad",
    "session-id-with-line-feed",
    "timestamp-line-feed",
    "number-1e400",
}

GOOD = [pytest.param(sample, id=sample.name) for sample in good_samples()]
INVALID = [
    pytest.param(sample, id=sample.name)
    for sample in bad_samples()
    if sample.error in ("invalid", "version")
    and sample.name.removeprefix("telemetry-") not in BEYOND_SCHEMA
]
FRAMES = [pytest.param(sample, id=sample.name) for sample in frame_samples() if not sample.error]


def fields(schema: Schema) -> Iterator[tuple[str, Schema]]:
    for part in (schema, *schema["$defs"].values()):
        yield from part.get("properties", {}).items()


def units_within(node: object) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(units_within, node))
    if not isinstance(node, dict):
        return set()
    own = {node["unit"]} if isinstance(node.get("unit"), str) else set()
    return own.union(*map(units_within, node.values()))


def references(node: object) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(references, node))
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
    return own.union(*map(references, node.values()))


def frame_documents() -> st.SearchStrategy[dict[str, Any]]:
    return documents(SCHEMAS["browser_frames"])


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_is_valid_and_refers_to_nothing_outside_itself(name: str) -> None:
    schema = SCHEMAS[name]

    Draft202012Validator.check_schema(schema)

    assert schema["$id"] == f"urn:pitboard:v1:{name}"
    assert references(schema) <= {f"#/$defs/{part}" for part in schema["$defs"]}


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_describes_every_field(name: str) -> None:
    assert [field for field, part in fields(SCHEMAS[name]) if not part.get("description")] == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_patterns_are_read_alike_by_every_language(name: str) -> None:
    patterns = re.findall(r'"pattern": "(.*?)"', json.dumps(SCHEMAS[name]))

    assert [pattern for pattern in patterns if not re.fullmatch(r"\^.*[^\\]\$", pattern)] == []


@pytest.mark.parametrize("channel", ["telemetry", "meta", "lap", "status"])
def test_schema_gives_every_number_with_a_fraction_a_unit(channel: str) -> None:
    unitless = [
        field
        for field, part in fields(SCHEMAS[channel])
        if '"number"' in json.dumps(part) and not units_within(part) and field != "extra"
    ]

    assert unitless == []


def test_schema_has_the_unit_where_a_reader_looks_first() -> None:
    telemetry = SCHEMAS["telemetry"]["$defs"]["Telemetry"]["properties"]

    assert telemetry["fuel"]["unit"] == "L"
    assert telemetry["tire_temps"]["unit"] == "degC"
    assert telemetry["sector_times"]["unit"] == "s"
    assert "unit" not in telemetry["lap"]


def test_every_call_makes_a_schema_of_its_own() -> None:
    changed = message_schema(Channel.STATUS)
    changed["properties"].clear()

    assert message_schema(Channel.STATUS)["properties"]


@pytest.mark.parametrize("sample", GOOD)
def test_schema_accepts_a_good_sample(sample: Good) -> None:
    Draft202012Validator(SCHEMAS[sample.topic.channel]).validate(sample.document)


@pytest.mark.parametrize("sample", INVALID)
def test_schema_refuses_a_bad_sample(sample: Bad) -> None:
    channel = sample.topic.split("/")[4]

    assert not Draft202012Validator(SCHEMAS[channel]).is_valid(json.loads(sample.payload))


@pytest.mark.parametrize("sample", FRAMES)
def test_schema_accepts_a_frame(sample: Frame) -> None:
    schema = frames_schema(f"{sample.sender}_frames")

    Draft202012Validator(schema).validate(json.loads(sample.text))


@pytest.mark.parametrize("name", FRAME_TYPES)
def test_schema_refuses_a_frame_of_the_other_direction(name: str) -> None:
    other = next(
        frame for frame in frame_samples() if frame.sender != name.split("_", maxsplit=1)[0]
    )

    assert not Draft202012Validator(SCHEMAS[name]).is_valid(json.loads(other.text))


def test_schema_of_a_frame_knows_the_message_in_it() -> None:
    frame = {"type": "lap_update", "received_at": 1, "retained": False, "data": {"v": 1}}

    assert not Draft202012Validator(SCHEMAS["bridge_frames"]).is_valid(frame)


@pytest.mark.parametrize(
    "name", [channel for channel in Channel if channel is not Channel.LAPS], ids=str
)
@settings(max_examples=40)
@given(data=st.data())
def test_codec_accepts_and_keeps_whatever_the_schema_allows(
    name: Channel, data: st.DataObject
) -> None:
    document = data.draw(documents(SCHEMAS[name]))
    document |= {"session_id": SESSION, "monitor_id": MONITOR}

    try:
        message = codec.decode(topic_of(name), msgspec.json.encode(document))
    except Invalid as exc:
        assert "extra repeats" in str(exc)  # noqa: PT017 -- the one rule beyond the schema
        return

    once = codec.encode(name, message)
    assert codec.decode(topic_of(name), once) == message
    Draft202012Validator(SCHEMAS[name]).validate(json.loads(once))


@given(frame_documents())
def test_bridge_accepts_whatever_frame_the_schema_allows(document: dict[str, Any]) -> None:
    frame = frames.decode(json.dumps(document))

    assert frame.__struct_config__.tag == document["type"]
