"""The golden samples of `contract/samples`, and small messages to vary."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from pitboard.contract.topics import Topic

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "contract" / "samples"

SESSION = "spa24-92"
MONITOR = "pc-1"


@dataclass(frozen=True)
class Good:
    name: str
    topic: Topic
    document: dict[str, Any]

    @property
    def payload(self) -> bytes:
        return json.dumps(self.document).encode()


@dataclass(frozen=True)
class Bad:
    name: str
    topic: str
    payload: bytes
    error: str


@dataclass(frozen=True)
class Frame:
    name: str
    sender: str
    text: str
    error: str | None


def good_samples() -> list[Good]:
    return [
        Good(path.stem, Topic.parse(sample["topic"]), sample["payload"])
        for path, sample in _read("good")
    ]


def bad_samples() -> list[Bad]:
    return [
        Bad(path.stem, sample["topic"], _payload(sample), sample["error"])
        for path, sample in _read("bad")
    ]


def frame_samples() -> list[Frame]:
    return [
        Frame(
            path.stem,
            sample["from"],
            sample["frame_text"] if "frame_text" in sample else json.dumps(sample["frame"]),
            sample.get("error"),
        )
        for path, sample in _read("frames")
    ]


def topic_of(name: str) -> Topic:
    """The topic of a channel as readers name it: `status`, `laps/3`."""
    return Topic.parse(f"pitboard/v1/{SESSION}/{MONITOR}/{name}")


def document(**fields: object) -> dict[str, object]:
    """The envelope, and *fields* over it."""
    return {
        "v": 1,
        "session_id": SESSION,
        "monitor_id": MONITOR,
        "birth": 1781376001,
        "seq": 1,
        "timestamp": "2026-06-13T18:42:07.512Z",
        **fields,
    }


def payload(**fields: object) -> bytes:
    return msgspec.json.encode(document(**fields))


def _read(folder: str) -> list[tuple[Path, dict[str, Any]]]:
    paths = sorted((SAMPLES / folder).glob("*.json"))
    return [(path, json.loads(path.read_text(encoding="utf-8"))) for path in paths]


def _payload(sample: dict[str, str]) -> bytes:
    if "payload_base64" in sample:
        return base64.b64decode(sample["payload_base64"])
    return sample["payload_text"].encode()
