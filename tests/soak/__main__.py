"""Faults on the whole system while a crowd of browsers watches it.

    python -m tests.soak [--duration 10m] [--seed N] [--broker embedded] [--json FILE]

Every minute one fault: processes are killed or frozen, lines are cut or stalled. All laps must
arrive once and in order, and 25 s after each fault every page must be right; else it ends with 1.
"""

import argparse
import asyncio
import logging
import platform
import random
import signal
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psutil
import typer

from pitboard.contract.errors import SettingsError
from pitboard.sessions import parse_age
from tests.brokers import has_mosquitto
from tests.soak.fleet import Fit, Fleet
from tests.soak.report import Result, text
from tests.soak.schedule import Plan
from tests.soak.soak import Soak

# More than a race of 24 h has. A long run drives slower, so that tables and with them memory stay
# as large as they ever get.
MOST_LAPS = 1000
LAP_S = 105.0
FAST = 20.0
# Above it, and below FAST, 20 simulated cars at 50 samples a second are too much for two cores.
SLOW = 4.0

INTERRUPTED = 130


def main() -> int:
    """Run, print, and return the exit code."""
    arguments = _arguments()
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S", level=logging.WARNING)
    logging.getLogger("tests.soak").setLevel(logging.INFO)
    duration_s: float = arguments.duration
    plan = Plan(duration_s=duration_s, seed=arguments.seed, sessions=arguments.sessions)
    fit = Fit(
        broker=arguments.broker,
        sessions=arguments.sessions,
        rate_hz=arguments.rate,
        speed=arguments.speed or speed_for(duration_s),
    )
    with tempfile.TemporaryDirectory(prefix="pitboard-soak-") as own:
        folder = arguments.keep or Path(own)
        folder.mkdir(parents=True, exist_ok=True)
        result, was_stopped = asyncio.run(_run(folder, plan, fit, arguments.browsers))
    if arguments.json is not None:
        arguments.json.write_bytes(msgspec.json.format(msgspec.json.encode(result)))
    typer.echo(text(result))
    if was_stopped:
        return INTERRUPTED
    return 0 if result.is_good else 1


def speed_for(duration_s: float) -> float:
    """How much faster than real time the cars drive in a run of this length."""
    fitting = MOST_LAPS * LAP_S / duration_s
    return FAST if fitting >= FAST else min(fitting, SLOW)


async def _run(folder: Path, plan: Plan, fit: Fit, browsers: int) -> tuple[Result, bool]:
    load = psutil.getloadavg()[0]
    psutil.cpu_percent()
    with Fleet(folder, fit) as fleet:
        conditions = _conditions(plan, fit, browsers, fleet.broker_name)
        soak = Soak(fleet, plan, browsers, conditions)
        stopped: list[int] = []

        def stop(number: int) -> None:
            stopped.append(number)
            soak.stop()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop, number)
        begin_s = loop.time()
        result = await soak.run()
        if stopped:
            conditions["run"] += f", stopped after {(loop.time() - begin_s) / 60:.1f} min"
    conditions["load"] = f"{load:.1f} before; all cores {psutil.cpu_percent():.0f} % busy during"
    return result, bool(stopped)


def _conditions(plan: Plan, fit: Fit, browsers: int, broker: str) -> dict[str, str]:
    log = logging.getLogger("tests.soak")
    log.info("seed=%d duration=%.0f s speed=%.1f", plan.seed, plan.duration_s, fit.speed)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "machine": f"{psutil.cpu_count()} cores, {platform.system()}, {python}",
        "broker": broker,
        "run": f"{plan.duration_s / 60:.1f} min, seed {plan.seed}",
        "traffic": f"{fit.sessions} sessions x {fit.rate_hz:g} Hz, {browsers} browsers",
        "cars": f"{fit.speed:.1f} times as fast as real ones",
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    add = parser.add_argument
    add("--duration", type=_duration_s, default=600.0, metavar="AGE", help="90s, 10m or 8h")
    add("--seed", type=int, default=random.randrange(10_000), help="of the faults")
    best = "mosquitto" if has_mosquitto() else "embedded"
    add("--broker", choices=("mosquitto", "embedded"), default=best)
    add("--sessions", type=int, default=20)
    add("--browsers", type=int, default=100)
    add("--rate", type=float, default=10.0, metavar="HZ")
    add("--speed", type=float, help="times real time")
    add("--json", type=Path, metavar="FILE", help="write the result there, too")
    add("--keep", type=Path, metavar="DIR", help="an empty folder for logs and state")
    return parser.parse_args()


def _duration_s(text: str) -> float:
    try:
        return parse_age(text)
    except SettingsError as exc:
        raise argparse.ArgumentTypeError(str(exc)) from None


if __name__ == "__main__":
    sys.exit(main())
