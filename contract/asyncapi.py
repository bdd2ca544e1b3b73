"""The AsyncAPI 3.0 document: the MQTT channels with retain and QoS, and the frames of `/ws`."""

from types import UnionType
from typing import Any, get_args

from msgspec import Struct

from pitboard.contract.codec import MESSAGE_TYPES
from pitboard.contract.frames import BridgeFrame, BrowserFrame
from pitboard.contract.messages import SCHEMA_VERSION
from pitboard.contract.schema import MESSAGE_TITLES, components
from pitboard.contract.topics import ID_PATTERN, ROOT, Channel

Document = dict[str, Any]

_SCHEMA_REF = "#/components/schemas/{name}"
_MQTT_BINDING = "0.2.0"
_WS_BINDING = "0.1.0"

_RATES: dict[Channel, str] = {
    Channel.STATUS: "On every change and every 10 s; also the last will.",
    Channel.META: "On every change.",
    Channel.SETUP: "On every change and after each connect.",
    Channel.TELEMETRY: "2 a second unless set, 1 to 60; at most 2 a second carry the retain flag.",
    Channel.LAP: "When a lap is completed.",
    Channel.LAPS: "When a lap is completed, its chunk; after each connect, all chunks.",
}


def qos(channel: Channel) -> int:
    """The MQTT quality of service that *channel* is published with."""
    return 0 if channel is Channel.TELEMETRY else 1


def document() -> Document:
    """The whole document; every call makes a new one."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:pitboard:v1",
        "info": {
            "title": "pitboard",
            "version": SCHEMA_VERSION,
            "description": "Live car telemetry for endurance racing teams, over MQTT."
            " docs/protocol.md is the norm; this document is made from the same types.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": {str(channel): _mqtt_channel(channel) for channel in Channel}
        | {"ws": _ws_channel()},
        "operations": {f"publish_{channel}": _publish(channel) for channel in Channel}
        | {
            "receive_browser_frames": _exchange("receive", BrowserFrame),
            "send_bridge_frames": _exchange("send", BridgeFrame),
        },
        "components": {
            "parameters": _parameters(),
            "messages": _messages(),
            "schemas": components([*_frame_types(), *MESSAGE_TYPES.values()], _SCHEMA_REF),
        },
    }


def _servers() -> Document:
    return {
        "broker": {
            "host": "localhost:1883",
            "protocol": "mqtt",
            "protocolVersion": "3.1.1",
            "description": "Any MQTT 3.1.1 broker that retains.",
            "bindings": {
                "mqtt": {
                    "cleanSession": True,
                    "keepAlive": 10,
                    "lastWill": {
                        "topic": f"{ROOT}/{{session_id}}/{{monitor_id}}/{Channel.STATUS}",
                        "qos": 1,
                        "message": "A status with state lost, the connection's birth and seq 0.",
                        "retain": True,
                    },
                    "bindingVersion": _MQTT_BINDING,
                }
            },
        },
        "bridge": {
            "host": "localhost:8000",
            "protocol": "ws",
            "description": "The bridge; browsers watch through it.",
        },
    }


def _mqtt_channel(channel: Channel) -> Document:
    names = ["session_id", "monitor_id"] + (["chunk"] if channel is Channel.LAPS else [])
    suffix = "/{chunk}" if channel is Channel.LAPS else ""
    return {
        "address": f"{ROOT}/{{session_id}}/{{monitor_id}}/{channel}{suffix}",
        "title": MESSAGE_TITLES[channel],
        "description": _RATES[channel],
        "servers": [{"$ref": "#/servers/broker"}],
        "parameters": {name: {"$ref": f"#/components/parameters/{name}"} for name in names},
        "messages": {str(channel): {"$ref": f"#/components/messages/{channel}"}},
    }


def _publish(channel: Channel) -> Document:
    return {
        "action": "send",
        "title": f"A monitor publishes {channel}",
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{channel}"}],
        "bindings": {
            "mqtt": {"qos": qos(channel), "retain": True, "bindingVersion": _MQTT_BINDING}
        },
    }


def _ws_channel() -> Document:
    return {
        "address": "/ws",
        "title": "What a browser and the bridge say to each other",
        "servers": [{"$ref": "#/servers/bridge"}],
        "messages": {
            tag: {"$ref": f"#/components/messages/{tag}"} for tag in map(_tag, _frame_types())
        },
        "bindings": {"ws": {"method": "GET", "bindingVersion": _WS_BINDING}},
    }


def _exchange(action: str, frames: UnionType) -> Document:
    tags = [_tag(kind) for kind in get_args(frames)]
    return {
        "action": action,
        "title": f"The bridge {action}s frames",
        "channel": {"$ref": "#/channels/ws"},
        "messages": [{"$ref": f"#/channels/ws/messages/{tag}"} for tag in tags],
    }


def _parameters() -> Document:
    return {
        "session_id": {"description": f"One car entry in one event: {ID_PATTERN}"},
        "monitor_id": {"description": f"One driver's machine: {ID_PATTERN}"},
        "chunk": {"description": "0 to 999; chunk k has the rows 100 k to 100 k + 99."},
    }


def _messages() -> Document:
    found: Document = {
        str(channel): {
            "name": str(channel),
            "title": MESSAGE_TITLES[channel],
            "payload": {"$ref": _SCHEMA_REF.format(name=kind.__name__)},
        }
        for channel, kind in MESSAGE_TYPES.items()
    }
    for kind in _frame_types():
        found[_tag(kind)] = {
            "name": _tag(kind),
            "title": (kind.__doc__ or "").partition("\n")[0],
            "payload": {"$ref": _SCHEMA_REF.format(name=kind.__name__)},
        }
    return found


def _frame_types() -> list[type[Struct]]:
    return [*get_args(BrowserFrame), *get_args(BridgeFrame)]


def _tag(kind: type[Struct]) -> str:
    return str(kind.__struct_config__.tag)
