"""What all validation adds to a message on its way from the broker to the browsers.

    python -m benchmarks.validation [--json]

`checked` is the bridge's own path from paho's callback to the frame for the browsers: topic,
sizes, UTF-8, nesting, types, ranges, identity, order. `unchecked` frames and queues the same bytes
unread. The machine is shared and noisy: rounds alternate between the two, and the median of each
counts.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Raw

from pitboard.bridge.checker import Checker
from pitboard.bridge.hub import Hub
from pitboard.bridge.outbox import Outbox
from pitboard.contract import frames
from pitboard.contract.messages import MAX_SETUP_VALUES
from pitboard.contract.topics import CHUNK_ROWS, Channel

SAMPLES = Path(__file__).parents[1] / "contract" / "samples" / "good"
ROUNDS = 15
CALLS = 100
LIMIT_US = 1000.0

Load = tuple[str, list[bytes]]
"""A topic and payloads that follow on each other."""


def main() -> int:
    """Measure and print a table, or JSON; 1 when a message took too long."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()

    results = {name: _measure(load) for name, load in _loads().items()}
    code = 0 if all(result["is_below_1_ms"] for result in results.values()) else 1
    if arguments.json:
        print(json.dumps({"python": sys.version.split()[0], "messages": results}, indent=2))
        return code
    print(f"one message to one browser, us, median of {ROUNDS} rounds")
    print(f"{'':10} {'bytes':>7} {'unchecked':>10} {'checked':>9} {'added':>9}")
    for name, result in results.items():
        verdict = "below 1 ms" if result["is_below_1_ms"] else "NOT below 1 ms"
        print(
            f"{name:10} {result['bytes']:7} {result['unchecked_us']:10.1f} "
            f"{result['checked_us']:9.1f} {result['added_us']:9.1f}  {verdict}"
        )
    return code


def _measure(load: Load) -> dict[str, Any]:
    times: dict[str, list[float]] = {"unchecked": [], "checked": []}
    for _ in range(ROUNDS):
        for name, path in (("unchecked", _unchecked), ("checked", _checked)):
            deliver, outbox = path()
            times[name].append(_time(deliver, outbox, load))
    unchecked, checked = (statistics.median(values) for values in times.values())
    return {
        "bytes": len(load[1][0]),
        "unchecked_us": unchecked,
        "checked_us": checked,
        "added_us": checked - unchecked,
        "is_below_1_ms": checked - unchecked < LIMIT_US,
    }


def _time(deliver: Callable[[str, bytes], None], outbox: Outbox, load: Load) -> float:
    topic, payloads = load
    sent = 0
    begin = time.process_time()
    for payload in payloads:
        deliver(topic, payload)
        sent += len(outbox.drain(0.0))
    took_s = time.process_time() - begin
    assert sent >= len(payloads)
    return took_s / len(payloads) * 1e6


def _checked() -> tuple[Callable[[str, bytes], None], Outbox]:
    checker, hub, outbox = Checker(), Hub(), Outbox()
    hub.join(outbox, "spa24-92")
    hub.admit(outbox, "spa24-92", 0)
    outbox.drain(0.0)

    def deliver(name: str, payload: bytes) -> None:
        checked = checker.check(name, payload, 0.0)
        assert checked is not None
        topic, message = checked
        assert message is not None
        hub.deliver(topic, message, payload, False, 0)

    return deliver, outbox


def _unchecked() -> tuple[Callable[[str, bytes], None], Outbox]:
    outbox = Outbox()
    watching = {"spa24-92": [outbox]}

    def deliver(name: str, payload: bytes) -> None:
        _, _, session_id, monitor_id, channel, *_ = name.split("/")
        update = frames.UPDATES[Channel(channel)](received_at=0, retained=False, data=Raw(payload))
        frame = frames.encode(update)
        lane = (session_id, monitor_id) if channel == Channel.TELEMETRY else None
        for each in watching[session_id]:
            each.put(frame, lane)

    return deliver, outbox


def _loads() -> dict[str, Load]:
    setup = _sample("setup-full")
    # As large as one may be: every value as long as text may be.
    names = [f"setting_{number:03}" for number in range(MAX_SETUP_VALUES)]
    setup["payload"]["setup"] = {"everything": dict.fromkeys(names, "x" * 64)}
    laps = _sample("laps-full")
    (row,) = laps["payload"]["rows"]
    lap = laps["payload"]["columns"].index("lap")
    laps["payload"]["rows"] = [
        [*row[:lap], number, *row[lap + 1 :]] for number in range(1, CHUNK_ROWS + 1)
    ]
    return {
        "telemetry": _load(_sample("telemetry-lmgt3")),
        "status": _load(_sample("status-online")),
        "setup": _load(setup),
        "laps": _load(laps),
    }


def _load(sample: dict[str, Any]) -> Load:
    """Payloads as a monitor writes them, without spaces, each with the next `seq`."""
    return sample["topic"], [
        json.dumps(sample["payload"] | {"seq": seq}, separators=(",", ":")).encode()
        for seq in range(1, CALLS + 1)
    ]


def _sample(name: str) -> dict[str, Any]:
    sample: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
    return sample


if __name__ == "__main__":
    sys.exit(main())
