"""`make cluster-demo`: kill a cluster's machines one by one, and print what browsers felt."""

import asyncio
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path

from tests.cluster.report import table
from tests.cluster.rounds import Outcome, kill_leader, run
from tests.cluster.team import missing_parts


def main() -> int:
    """The exit code: 0 when every browser had everything again, once, and no lap was lost."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="each kills four machines [3]")
    parser.add_argument("--only", choices=("store",), help="kill nothing but the store that leads")
    args = parser.parse_args()
    if reason := missing_parts():
        _say(f"SKIPPED: {reason}")
        return 0
    with tempfile.TemporaryDirectory(prefix="pitboard-") as folder:
        Path(folder).chmod(0o755)
        outcome = asyncio.run(_run(Path(folder), args.rounds, args.only))
    _say(f"\n{table(outcome)}")
    is_wrong = outcome.false_lost or outcome.twice or outcome.laps.lost or outcome.laps.duplicated
    return 1 if is_wrong or any(kill.missing for kill in outcome.kills) else 0


async def _run(folder: Path, rounds: int, only: str | None) -> Outcome:
    if only == "store":
        return await run(folder, rounds, kills=(kill_leader,), say=_say)
    return await run(folder, rounds, ends_with_monitor=True, say=_say)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
