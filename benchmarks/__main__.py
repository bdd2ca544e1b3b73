"""The bridge's speed, beside mosquitto and a loop in C in the same run.

    python -m benchmarks [--quick] [--row fanout ...] [--json FILE]

The machine is shared and noisy: rounds alternate between the candidates, medians and ratios count.
"""

import argparse
import sys
from pathlib import Path

from benchmarks import compression, crowd, fanout, latency
from benchmarks.figures import Figure, Plan, surroundings, table, write_json
from benchmarks.sink import COMPILER, tools
from tests.brokers import has_mosquitto

ROWS = fanout.ROWS | latency.ROWS | compression.ROWS | crowd.ROWS
FULL = Plan(rounds=5, seconds=2.0)
RESULT = Path("dist/bench.json")
QUICK = Plan(rounds=1, seconds=1.0)


def main() -> None:
    """Measure, print a table and write JSON beside it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="one short round of each row")
    parser.add_argument("--row", action="append", choices=ROWS, help="only this; may be repeated")
    parser.add_argument("--json", type=Path, default=RESULT, help="where to write")
    arguments = parser.parse_args()

    plan = QUICK if arguments.quick else FULL
    chosen = arguments.row or list(ROWS)
    reason = _missing()
    if reason is not None:
        print(f"SKIPPED {', '.join(chosen)}: {reason}")
        write_json(arguments.json, [], dict.fromkeys(chosen, reason))
        return
    print(", ".join(f"{name} {value}" for name, value in surroundings().items()))
    print(f"medians of {plan.rounds} rounds of {plan.seconds:g} s")
    figures: list[Figure] = []
    with tools() as made:
        for name in chosen:
            found = list(ROWS[name](made, plan))
            print(table(found))
            sys.stdout.flush()
            figures += found
    write_json(arguments.json, figures, {})


def _missing() -> str | None:
    if COMPILER is None:
        return "the load generator needs a C compiler"
    return None if has_mosquitto() else "mosquitto is not installed"


if __name__ == "__main__":
    main()
