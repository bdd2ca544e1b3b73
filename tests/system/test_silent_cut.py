"""Connections that end without a word: a pulled cable, and a peer that froze."""

import asyncio
import logging
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from pitboard.bridge.ingest import KEEPALIVE_S
from pitboard.bridge.server import BridgeServer
from pitboard.publisher.connection import ACK_WITHIN_S
from pitboard.publisher.delivery import PROBE_EVERY_S
from tests.bridge.support import browsing, settings
from tests.brokers import TIMEOUT_S, EmbeddedInThread, Mosquitto, has_mosquitto
from tests.cli.running import Output, environment
from tests.proxy import Proxy
from tests.system.monitors import monitoring_car
from tests.waiting import eventually

DISCONNECTED = "[Publisher] Disconnected from broker"

LATE_S = 0.1 * TIMEOUT_S
"""What a busy machine may add to a deadline."""

PIT, CAR = "192.0.2.1", "192.0.2.2"


WAIT_FOR_SETUP = f"""
from paho.mqtt import subscribe
subscribe.simple("pitboard/v1/+/+/setup", hostname="{PIT}")
"""


class Cable:
    """Two network namespaces and a cable between them; they end with the processes in them."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._pit, self._car = self._namespace(), self._namespace()
        ends = f"cable type veth peer name cable netns {self._car}"
        self.run_in_pit("ip", "link", "add", *ends.split())
        for end, address in ((self._pit, PIT), (self._car, CAR)):
            address_on = f"address add {address}/30 dev cable"
            for command in (address_on, "link set cable up", "link set lo up"):
                subprocess.run([*_inside(end), "ip", *command.split()], check=True)

    def pull(self) -> None:
        self.run_in_pit("ip", "link", "set", "cable", "down")

    def plug(self) -> None:
        self.run_in_pit("ip", "link", "set", "cable", "up")

    def start_in_pit(self, *command: str, home: Path) -> Output:
        return self._start(self._pit, command, home)

    def run_in_pit(self, *command: str) -> None:
        subprocess.run([*_inside(self._pit), *command], check=True, timeout=TIMEOUT_S)

    def start_in_car(self, *command: str, home: Path) -> Output:
        return self._start(self._car, command, home)

    def _namespace(self) -> str:
        """A namespace that lasts until the test ends; the process that holds it."""
        holder = self._stack.enter_context(
            subprocess.Popen(
                ["unshare", "--net", "sh", "-c", "echo ready; exec cat"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        assert holder.stdout is not None
        if not holder.stdout.readline():
            pytest.skip(f"no network namespaces here: {holder.communicate()[1].strip()}")
        return str(holder.pid)

    def _start(self, end: str, command: tuple[str, ...], home: Path) -> Output:
        process = subprocess.Popen(
            [*_inside(end), *command],
            cwd=home,
            env=environment(home),
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        output = Output(process.stderr)
        self._stack.callback(output.rest)
        self._stack.callback(process.wait, TIMEOUT_S)
        self._stack.callback(process.terminate)
        return output


def _inside(holder: str) -> tuple[str, ...]:
    return ("nsenter", "--target", holder, "--net")


@contextmanager
def laid() -> Iterator[Cable]:
    missing = [name for name in ("unshare", "nsenter", "ip") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"no network namespaces here: {missing} not installed")
    with ExitStack() as stack:
        yield Cable(stack)


def test_monitor_notices_a_pulled_cable_within_six_seconds(tmp_path: Path) -> None:
    """TCP alone goes on for a quarter of an hour, in which nobody hears of the car."""
    if not has_mosquitto():
        pytest.skip("mosquitto is not installed")
    conf = tmp_path / "mosquitto.conf"
    conf.write_text(f"listener 1883 {PIT}\nallow_anonymous true\n")
    options = (
        f"--broker mqtt://{PIT} --rate 10 --reconnect-delay-initial 0.2 --reconnect-delay-max 0.2"
    )

    with laid() as cable:
        cable.start_in_pit("mosquitto", "-c", str(conf), home=tmp_path)
        monitor = cable.start_in_car(
            sys.executable, "-m", "pitboard", "monitor", *options.split(), home=tmp_path
        )
        # Once all is acknowledged, so that nothing but TCP can notice.
        cable.run_in_pit(sys.executable, "-c", WAIT_FOR_SETUP)
        cable.pull()
        pulled_s = time.monotonic()
        monitor.line(DISCONNECTED)
        noticed_s = time.monotonic()
        cable.plug()
        eventually(lambda: sum("] Connected to" in line for line in monitor.lines) == 2)

    assert noticed_s - pulled_s <= 6 + LATE_S


@pytest.mark.anyio
async def test_monitor_and_bridge_notice_a_broker_that_froze(
    broker: EmbeddedInThread | Mosquitto, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """TCP sees nothing wrong: only answers that do not come tell it."""
    caplog.set_level(logging.INFO)

    def monitor_noticed_s() -> float:
        eventually(lambda: DISCONNECTED in caplog.messages, 3 * TIMEOUT_S)
        return time.monotonic()

    with Proxy(broker.port) as proxy, monitoring_car(proxy.url, tmp_path):
        async with BridgeServer(settings(proxy.url)) as server, browsing(server) as browser:
            await browser.join("spa24")
            await browser.of("telemetry_update")
            proxy.stall()
            stalled_s = time.monotonic()
            monitor_s = asyncio.create_task(asyncio.to_thread(monitor_noticed_s))
            async with asyncio.timeout(3 * TIMEOUT_S):
                while (await browser.next())["type"] != "upstream":
                    pass
            bridge_s = time.monotonic()

    assert await monitor_s - stalled_s <= PROBE_EVERY_S + ACK_WITHIN_S + LATE_S
    # paho looks once a second whether to ask, and whether it was answered.
    assert bridge_s - stalled_s <= 2 * (KEEPALIVE_S + 1) + LATE_S
