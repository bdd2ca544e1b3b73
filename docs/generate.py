"""Write what is made from the types: the JSON Schemas, asyncapi.yaml and the tables of protocol.md.

`python docs/generate.py` writes the files, `--check` exits 1 and names those that are stale.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import get_args

import yaml
from msgspec import Struct

from pitboard.contract import messages
from pitboard.contract.asyncapi import document
from pitboard.contract.fields import FieldFacts, field_facts
from pitboard.contract.frames import BridgeFrame, BrowserFrame, Value
from pitboard.contract.messages import Envelope
from pitboard.contract.schema import schemas
from pitboard.contract.telemetry import Telemetry

ROOT = Path(__file__).resolve().parent.parent
PROTOCOL = Path("docs/protocol.md")

TABLES: dict[str, type[Struct]] = {
    "envelope": Envelope,
    "status": messages.StatusMessage,
    "meta": messages.MetaMessage,
    "forecast": messages.Forecast,
    "setup": messages.SetupMessage,
    "telemetry": Telemetry,
    "lap": messages.LapSummary,
    "laps": messages.LapsMessage,
    "columns": messages.LapRow,
    "value": Value,
}
TABLES.update(
    (str(kind.__struct_config__.tag), kind)
    for kind in (*get_args(BrowserFrame), *get_args(BridgeFrame))
)

# Tables of whole messages; the envelope's fields have a table of their own.
_WITH_ENVELOPE = ("status", "meta", "setup", "laps")
_COLUMNS = ("field", "type", "unit", "range", "digits", "meaning")
_TABLE = re.compile(r"(?<=<!-- fields:)([a-z_]+)( -->\n).*?(?=<!-- /fields -->)", re.DOTALL)


class _Dumper(yaml.SafeDumper):
    """Repeats what stands twice instead of naming it, which readers of AsyncAPI expect."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def outputs(root: Path = ROOT) -> dict[Path, str]:
    """The text that every generated file should have, by its path below *root*."""
    made = {
        Path(f"contract/schema/{name}.schema.json"): json.dumps(schema, indent=2) + "\n"
        for name, schema in schemas().items()
    }
    made[Path("docs/asyncapi.yaml")] = yaml.dump(
        document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )
    protocol = (root / PROTOCOL).read_text(encoding="utf-8")
    made[PROTOCOL] = _TABLE.sub(lambda match: f"{match[1]}{match[2]}{table(match[1])}", protocol)
    return made


def stale(root: Path = ROOT) -> list[Path]:
    """The generated files that are not as the types would have them, or are there no longer."""
    made = outputs(root)
    kept = {path.relative_to(root) for path in (root / "contract/schema").glob("*.json")}
    wrong = [path for path, text in made.items() if _read(root / path) != text]
    return sorted([*wrong, *(kept - made.keys())])


def table(name: str) -> str:
    """The fields of one message or frame as a Markdown table; columns without content are left out.

    Raises:
        KeyError: There is no such message or frame.
    """
    kind = TABLES[name]
    left_out = Envelope.__struct_fields__ if name in _WITH_ENVELOPE else ()
    facts = [field for field in field_facts(kind) if field.name not in left_out]
    rows = [_cells(field) for field in facts]
    used = [column for column in _COLUMNS if any(row[column] for row in rows)]
    lines = [used, ["---"] * len(used), *([row[column] for column in used] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cells(field: FieldFacts) -> dict[str, str]:
    return {
        "field": f"`{field.name}`",
        "type": f"{field.type}, required" if field.is_required else field.type,
        "unit": field.unit,
        "range": field.range,
        "digits": field.digits,
        "meaning": field.meaning,
    }


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def main(arguments: list[str] | None = None) -> int:
    """Write or check; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, name stale files")
    old = stale()
    if parser.parse_args(arguments).check:
        sys.stdout.writelines(f"stale: {path}\n" for path in old)
        return 1 if old else 0
    made = outputs()
    for path in old:
        if path not in made:
            (ROOT / path).unlink()
            continue
        (ROOT / path).parent.mkdir(exist_ok=True)
        (ROOT / path).write_text(made[path], encoding="utf-8", newline="\n")
        sys.stdout.write(f"wrote {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
