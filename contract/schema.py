"""The JSON Schema (2020-12) of every message and of the frames of `/ws`, made from the structs.

Nothing here reads or writes files; `docs/generate.py` does.
"""

import re
from types import UnionType
from typing import Any, cast, get_args

import msgspec
from msgspec import Raw, Struct

from pitboard.contract import frames, messages, quantities, telemetry
from pitboard.contract.codec import MESSAGE_TYPES
from pitboard.contract.fields import field_facts
from pitboard.contract.frames import UPDATES, BridgeFrame, BrowserFrame
from pitboard.contract.topics import Channel

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

MESSAGE_TITLES: dict[Channel, str] = {
    Channel.STATUS: "What a monitor says of itself",
    Channel.META: "The car, the track and the session",
    Channel.SETUP: "The whole setup of the car",
    Channel.TELEMETRY: "What the car does now",
    Channel.LAP: "A lap was completed",
    Channel.LAPS: "Up to 100 rows of a monitor's lap table",
}

FRAME_TYPES: dict[str, UnionType] = {
    "browser_frames": BrowserFrame,
    "bridge_frames": BridgeFrame,
}
_FRAME_TITLES = {
    "browser_frames": "What a browser sends on /ws",
    "bridge_frames": "What the bridge sends on /ws",
}

_STRUCTS: dict[str, type[Struct]] = {
    name: kind
    for module in (messages, telemetry, frames, quantities)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, Struct)
}


def schemas() -> dict[str, Schema]:
    """Every schema by its name: the six channels, `browser_frames` and `bridge_frames`."""
    made: dict[str, Schema] = {str(channel): message_schema(channel) for channel in Channel}
    return made | {name: frames_schema(name) for name in FRAME_TYPES}


def message_schema(channel: Channel) -> Schema:
    """The schema of one channel's message; it refers to nothing outside itself."""
    kind = MESSAGE_TYPES[channel]
    definitions = components([kind], "#/$defs/{name}")
    return {**_head(channel), **definitions.pop(kind.__name__), "$defs": definitions}


def frames_schema(name: str) -> Schema:
    """The schema of the frames of one direction, messages included."""
    kinds = list(get_args(FRAME_TYPES[name]))
    definitions = components(kinds, "#/$defs/{name}")
    return {
        **_head(name),
        "title": _FRAME_TITLES[name],
        "anyOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in kinds],
        "$defs": definitions,
    }


def components(kinds: list[type[Struct]], ref_template: str) -> dict[str, Schema]:
    """The schemas of *kinds* and of every struct they hold, by name."""
    if any(field.type is Raw for kind in kinds for field in msgspec.structs.fields(kind)):
        kinds = [*kinds, *MESSAGE_TYPES.values()]
    _, made = msgspec.json.schema_components(kinds, ref_template=ref_template)
    found = {name: cast("Schema", _plain(schema)) for name, schema in made.items()}
    for name, schema in found.items():
        _describe_fields(schema, _STRUCTS[name])
    for channel, kind in MESSAGE_TYPES.items():
        if kind.__name__ in found:
            found[kind.__name__]["description"] = MESSAGE_TITLES[channel] + "."
    _fill_in_messages(found, ref_template)
    return found


def _head(name: str) -> Schema:
    return {"$schema": DIALECT, "$id": f"urn:pitboard:v1:{name}"}


def _plain(node: object) -> object:
    r"""*node* without what only Python or OpenAPI understands: `\Z` and `discriminator`."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _plain(value) for key, value in node.items() if key != "discriminator"}
    if isinstance(pattern := plain.get("pattern"), str):
        plain["pattern"] = re.sub(r"\\Z$", "$", pattern)
    return plain


def _describe_fields(schema: Schema, kind: type[Struct]) -> None:
    """Put each field's meaning and unit where a reader of the schema looks first."""
    if tag_field := kind.__struct_config__.tag_field:
        schema["properties"][tag_field]["description"] = "which frame this is"
    for facts in field_facts(kind):
        described = schema["properties"][facts.name]
        described["description"] = facts.meaning
        if facts.unit:
            described["unit"] = facts.unit


def _fill_in_messages(found: dict[str, Schema], ref_template: str) -> None:
    """Say what `data` is, which the structs carry as bytes."""
    refs = {
        channel: {"$ref": ref_template.format(name=kind.__name__)}
        for channel, kind in MESSAGE_TYPES.items()
    }
    for channel, update in UPDATES.items():
        if update.__name__ in found:
            found[update.__name__]["properties"]["data"] |= {"allOf": [refs[channel]]}
    if "Value" in found:
        found["Value"]["properties"]["data"] |= {"anyOf": list(refs.values())}
