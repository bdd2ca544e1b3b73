"""`docs/generate.py`, which is a script and no module, and what `docs/protocol.md` says."""

import json
import re
import runpy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import Struct

from tests.contract.samples import ROOT

PROTOCOL = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")

_GENERATE = runpy.run_path(str(ROOT / "docs" / "generate.py"))
_BLOCK = re.compile(r"```json\n(.*?)\n```", re.DOTALL)
_TOPIC = re.compile(r"On `(pitboard/v1/[^`]+)`:")
_TABLE = re.compile(r"<!-- fields:([a-z_]+) -->\n(.*?)<!-- /fields -->", re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A JSON block of the page, and the topic that the line above it names."""

    topic: str
    text: str

    @property
    def document(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.text)
        return parsed


def examples() -> list[Example]:
    found = []
    for block in _BLOCK.finditer(PROTOCOL):
        topics = _TOPIC.findall(PROTOCOL[: block.start()])
        found.append(Example(topics[-1] if topics else "", block[1]))
    return found


def documented_tables() -> dict[str, str]:
    return dict(_TABLE.findall(PROTOCOL))


def generated_tables() -> dict[str, type[Struct]]:
    tables: dict[str, type[Struct]] = _GENERATE["TABLES"]
    return tables


def outputs(root: Path = ROOT) -> dict[Path, str]:
    made: dict[Path, str] = _GENERATE["outputs"](root)
    return made


def stale(root: Path = ROOT) -> list[Path]:
    paths: list[Path] = _GENERATE["stale"](root)
    return paths


def check() -> int:
    """The exit status of `python docs/generate.py --check`."""
    status: int = _GENERATE["main"](["--check"])
    return status
