"""What it costs to decode and check one telemetry message, beside pydantic and bare JSON.

    python -m benchmarks.decode [--json]

The machine is shared and noisy: rounds alternate between the candidates, and the median of each
counts. `codec` is what the bridge calls: sizes, UTF-8, nesting, types, ranges and identity.
`pydantic` checks types and ranges of the same fields; `json` only parses.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydantic

from pitboard.contract import codec
from pitboard.contract.topics import Topic

SAMPLE = Path(__file__).parents[1] / "contract" / "samples" / "good" / "telemetry-lmgt3.json"
ROUNDS = 15
CALLS = 2000


def main() -> None:
    """Measure and print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()

    sample = json.loads(SAMPLE.read_text())
    topic = Topic.parse(sample["topic"])
    payload = json.dumps(sample["payload"], separators=(",", ":")).encode()
    model = _model(sample["payload"])
    candidates: dict[str, Callable[[], object]] = {
        "codec": lambda: codec.decode(topic, payload),
        "pydantic": lambda: model.model_validate_json(payload),
        "json": lambda: json.loads(payload),
    }
    medians = _measure(candidates)
    result = {
        "bytes": len(payload),
        "python": sys.version.split()[0],
        "us": medians,
        "ratio_to_codec": {name: us / medians["codec"] for name, us in medians.items()},
    }
    if arguments.json:
        print(json.dumps(result, indent=2))
        return
    print(f"one telemetry message of {len(payload)} bytes, median of {ROUNDS} rounds")
    for name, us in medians.items():
        print(f"{name:10} {us:8.2f} us {us / medians['codec']:6.2f} x")


def _measure(candidates: dict[str, Callable[[], object]]) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(ROUNDS):
        for name, call in candidates.items():
            begin = time.process_time()
            for _ in range(CALLS):
                call()
            times[name].append((time.process_time() - begin) / CALLS * 1e6)
    return {name: statistics.median(values) for name, values in times.items()}


def _model(document: dict[str, Any]) -> type[pydantic.BaseModel]:
    """A pydantic model of the sample's own fields, with bounds on every number."""
    fields: dict[str, Any] = {}
    for name, value in document.items():
        match value:
            case bool():
                fields[name] = (bool, ...)
            case int() | float():
                bounds = pydantic.Field(ge=-1e15, le=1e15)
                fields[name] = (type(value), bounds)
            case str():
                fields[name] = (str, pydantic.Field(max_length=64))
            case list():
                fields[name] = (list[Any], ...)
            case dict():
                fields[name] = (_model(value), ...)
            case _:
                fields[name] = (type(value) | None, ...)
    return pydantic.create_model("Model", **fields)


if __name__ == "__main__":
    main()
