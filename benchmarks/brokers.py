"""What each broker does when it dies, when clients fall silent, and at its limits.

    python -m benchmarks.brokers [NAME ...]

All brokers run at once, each in a process of its own, with a monitor as a process where one is
needed. The table is the one of docs/operations.md; it takes three minutes.
"""

import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

from benchmarks.broker_subjects import CHANNELS, OWN, Subject, embedded, mosquitto
from tests.broker.clients import Got
from tests.broker.conformance.line import Cut
from tests.brokers import TIMEOUT_S
from tests.proxy import Proxy
from tests.waiting import eventually

WILL = Got(f"{OWN}/status", b"lost", retain=True, qos=1)

KILLS = 5
RETAINED = 1000
KEEPALIVE_S = 2
SILENCES = 3
SAVES = 2
LARGEST_TRIED = 1024 * 1024


def seconds(values: Sequence[float]) -> str:
    """The middle and the largest of several runs."""
    return f"{statistics.median(values):.1f} s, at most {max(values):.1f} s"


def kill_with_a_monitor(subject: Subject) -> str:
    """From the kill until all is there again and the monitor has said so anew."""
    took_s = []
    with subject.monitor():
        for _ in range(KILLS):
            before = subject.held()
            birth = json.loads(before["status"])["birth"]
            laps = len(json.loads(before["laps/0"])["rows"])
            began_s = time.monotonic()
            subject.process.kill()
            subject.process.start()
            eventually(lambda: _is_whole(subject.held(), birth, laps), 3 * TIMEOUT_S)  # noqa: B023
            took_s.append(time.monotonic() - began_s)
    return seconds(took_s)


def _is_whole(held: dict[str, bytes], birth: int, laps: int) -> bool:
    if not held.keys() >= CHANNELS:
        return False
    status, table = json.loads(held["status"]), json.loads(held["laps/0"])
    return status["state"] == "online" and status["birth"] > birth and len(table["rows"]) >= laps


def kill_without_a_monitor(subject: Subject) -> str:
    """How long apart the store is written while values change: what a kill loses at most."""
    pause = threading.Event()
    changed_at: list[float] = []
    with subject.line() as writer:
        seen = None
        while len(changed_at) <= SAVES:
            writer.publish(f"{OWN}/setup", str(time.monotonic()).encode(), 1, retain=True)
            now = subject.store.stat().st_mtime_ns if subject.store.exists() else None
            if now != seen:
                seen = now
                changed_at.append(time.monotonic())
            pause.wait(0.1)
    gaps = [after - before for before, after in pairwise(changed_at)]
    return f"the last {max(gaps):.0f} s"


def restart(subject: Subject) -> str:
    """From SIGTERM until everything is served again."""
    body = b"x" * 1000
    with subject.line() as writer:
        for number in range(RETAINED):
            writer.publish(f"pitboard/v1/s{number}/pc-1/setup", body, 1, retain=True)
    began_s = time.monotonic()
    subject.process.stop()
    subject.process.start()
    kept = len(subject.held("pitboard/v1/+/pc-1/setup"))
    return f"{kept} of {RETAINED} kept, {time.monotonic() - began_s:.1f} s"


def keepalive(subject: Subject) -> str:
    """From the last packet of a silent client to its will, in keepalives."""
    took_s = []
    for number in range(SILENCES):
        with subject.line() as watcher:
            watcher.subscribe((f"{OWN}/status", 1))
            watcher.rest()
            car = subject.line(f"silent-{number}", keepalive_s=KEEPALIVE_S, will=WILL)
            began_s = time.monotonic()
            watcher.next()
            took_s.append(time.monotonic() - began_s)
            car.cut()
    return f"{min(took_s):.1f} to {max(took_s):.1f} s"


def silent_cut(subject: Subject) -> str:
    """From a line that stalls without a word until the monitor leaves it and the crew hears."""
    with Proxy(subject.port) as proxy, subject.monitor(proxy.port) as monitor:
        with subject.line() as watcher:
            watcher.subscribe((f"{OWN}/status", 1))
            watcher.rest()
            proxy.stall()
            began_s = time.monotonic()
            eventually(
                lambda: any("] Disconnected from broker" in line for line in monitor.err.lines),
                4 * TIMEOUT_S,
            )
            noticed_s = time.monotonic() - began_s
            eventually(
                lambda: any(json.loads(got.payload)["state"] == "lost" for got in watcher.rest()),
                4 * TIMEOUT_S,
            )
            told_s = time.monotonic() - began_s
        proxy.restore()
    return f"monitor {noticed_s:.0f} s, crew {told_s:.0f} s"


def packet_limit(subject: Subject) -> str:
    """The largest packet that is taken, without its fixed header."""
    topic = f"{OWN}/setup"
    low, high = 1024, LARGEST_TRIED
    while low < high:
        size = (low + high + 1) // 2
        try:
            with subject.line() as writer:
                writer.publish(topic, b"x" * (size - len(topic) - 4), 1)
            low = size
        except Cut:
            high = size - 1
    return f"{low:,} bytes" if low < LARGEST_TRIED else "none below 1 MiB"


def takeover(subject: Subject) -> str:
    """From a second connection with a client id to the end of the first."""
    with subject.line() as watcher:
        watcher.subscribe((f"{OWN}/status", 1))
        watcher.rest()
        first = subject.line("pb-spa24-pc-1", will=WILL)
        began_s = time.monotonic()
        with subject.line("pb-spa24-pc-1"):
            first.until_cut()
            took_ms = (time.monotonic() - began_s) * 1000
            watcher.next()
        first.cut()
    return f"after {took_ms:.0f} ms, with its will"


def redelivery(subject: Subject) -> str:
    """Whether a message that was not acknowledged comes again after a reconnect."""
    topic = f"{OWN}/lap"
    options = {"is_clean": False, "acknowledges": False}
    reader = subject.line("keeps", **options)
    reader.subscribe((topic, 1))
    with subject.line() as writer:
        writer.publish(topic, b"once", 1)
    reader.next()
    reader.cut()
    with subject.line("keeps", **options) as again:
        came = [got.payload for got in again.rest()]
    return "comes again" if came == [b"once"] else "does not come again"


MEASURES: dict[str, Callable[[Subject], str]] = {
    "redelivery": redelivery,
    "takeover": takeover,
    "packet_limit": packet_limit,
    "keepalive": keepalive,
    "restart": restart,
    "kill_with_a_monitor": kill_with_a_monitor,
    "silent_cut": silent_cut,
    "kill_without_a_monitor": kill_without_a_monitor,
}


def measured(make: Callable[[Path], Subject], names: Sequence[str]) -> dict[str, str]:
    """Some figures of one broker, which starts empty for each."""
    found = {}
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            subject = make(Path(folder))
            subject.process.start()
            try:
                found[name] = MEASURES[name](subject)
            finally:
                subject.process.kill()
    return found


def main() -> None:
    """Print the table."""
    names = sys.argv[1:] or list(MEASURES)
    kinds = {
        "embedded": embedded,
        "mosquitto": mosquitto,
        "mosquitto, TLS": lambda folder: mosquitto(folder, tls=True),
    }
    with ThreadPoolExecutor() as pool:
        results = list(pool.map(lambda make: measured(make, names), kinds.values()))
    print(f"| behaviour | {' | '.join(kinds)} |")
    print("|---" * (len(kinds) + 1) + "|")
    for name in names:
        print(f"| {name} | {' | '.join(result[name] for result in results)} |")


if __name__ == "__main__":
    main()
