"""Browsers that come: what each costs in memory, and how soon it has what it needs."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from websockets.asyncio.client import ClientConnection, connect

from benchmarks import corpus, processes
from benchmarks.figures import Figure, Plan, median_of
from benchmarks.processes import Server
from benchmarks.sink import Sink, Tools
from tests.brokers import free_port

MEMORY = "memory"
JOIN = "join to snapshot"
RECONNECT = "500 browsers after a restart of the bridge"
BROWSERS = 1000
RETURNING = 500


def memory(made: Tools, plan: Plan) -> Iterator[Figure]:
    """Resident memory of a new bridge before and after the browsers have joined."""
    for name, offer in (("plain", ()), ("compressed", ("-z",))):
        grown = []
        for _ in range(min(plan.rounds, 3)):
            with processes.mosquitto() as broker, processes.bridge(broker.mqtt_port) as bridge:
                load = ("-P", broker.mqtt_port, "-f", made.plain, "-r", 10, *offer)
                with Sink(made, bridge, 10, *load) as sink:
                    sink.measure(0.5)
                before_kb = bridge.rss_kb
                with Sink(made, bridge, BROWSERS, *load) as sink:
                    sink.measure(1.0)
                    grown.append((bridge.rss_kb - before_kb) / BROWSERS)
        yield median_of(MEMORY, f"per browser, {name}", grown, "kB", at_most=35)


def join(_made: Tools, plan: Plan) -> Iterator[Figure]:
    """From `join_session` to the snapshot with its value, on an open connection."""
    warm, cold = asyncio.run(_join_times(10 * plan.rounds))
    yield median_of(JOIN, "watched session", warm, "ms", at_most=5)
    yield median_of(JOIN, "session nobody watched", cold, "ms", at_most=50)


def reconnect(made: Tools, plan: Plan) -> Iterator[Figure]:
    """All come at once, as after a restart; each is current with its first live telemetry."""
    took = []
    with processes.mosquitto() as broker:
        port = free_port()
        for _ in range(min(plan.rounds, 3)):
            with processes.bridge(broker.mqtt_port, port) as bridge:
                load = ("-P", broker.mqtt_port, "-f", made.stamped, "-r", 60)
                with Sink(made, bridge, 1, *load) as publishing:
                    publishing.tell("start")
                    with Sink(made, bridge, RETURNING, "-a") as browsers:
                        took.append(float(browsers.read("CURRENT").split()[1]) / 1000)
    yield median_of(RECONNECT, "until all are current", took, "s", at_most=5)


async def _join_times(count: int) -> tuple[list[float], list[float]]:
    with processes.mosquitto() as broker, processes.bridge(broker.mqtt_port) as bridge:
        _publish(broker, count)
        cold = [await _join_ms(bridge, number) for number in range(count)]
        async with connect(_url(bridge), proxy=None, max_size=None) as watching:
            await _ask(watching, 0)
            warm = [await _join_ms(bridge, 0) for _ in range(count)]
    return warm, cold


def _publish(broker: Server, count: int) -> None:
    """One retained message a session."""
    client = Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", broker.mqtt_port)
    client.loop_start()
    (message,) = corpus.messages(1, 10.0)
    for number in range(count):
        payload = message.replace(b"bench-000", corpus.session_id(number).encode())
        client.publish(str(corpus.topic(number)), payload, 1, retain=True).wait_for_publish()
    client.disconnect()
    client.loop_stop()


async def _join_ms(bridge: Server, number: int) -> float:
    async with connect(_url(bridge), proxy=None, max_size=None) as browser:
        begin = time.perf_counter()
        await _ask(browser, number)
        return (time.perf_counter() - begin) * 1000


async def _ask(browser: ClientConnection, number: int) -> None:
    session_id = corpus.session_id(number)
    await browser.send(json.dumps({"type": "join_session", "session_id": session_id}))
    snapshot = json.loads(await browser.recv())
    if snapshot["type"] != "snapshot" or not snapshot["values"]:
        raise SystemExit(f"no snapshot with the stored value but {snapshot}")


def _url(bridge: Server) -> str:
    return f"ws://127.0.0.1:{bridge.port}/ws"


ROWS: dict[str, Callable[[Tools, Plan], Iterator[Figure]]] = {
    "memory": memory,
    "join": join,
    "reconnect": reconnect,
}
