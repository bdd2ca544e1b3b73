"""From the publisher's socket to the browser's, and how much the bridge takes in."""

from collections.abc import Callable, Iterator

from benchmarks import processes
from benchmarks.figures import Figure, Plan, in_turns, median_of
from benchmarks.processes import Server
from benchmarks.sink import Seen, Sink, Tools

LATENCY = "latency, 20 sessions x 10 Hz x 10 browsers"
INGEST = "ingest with all validation, 1 kB, 20 sessions"
SESSIONS = 20
LOAD = ("-s", SESSIONS, "-r", SESSIONS * 10)


def latency(made: Tools, plan: Plan) -> Iterator[Figure]:
    """Through mosquitto and the bridge, through mosquitto alone, and through one process."""
    with (
        processes.mosquitto() as broker,
        processes.bridge(broker.mqtt_port) as bridge,
        processes.all_in_one() as single,
    ):
        seen = in_turns(
            plan,
            {
                "bridge behind mosquitto": lambda: _measure(made, plan, bridge),
                "mosquitto's own WebSockets": lambda: _measure(made, plan, broker, "mqttws"),
                "embedded broker and bridge": lambda: _measure(made, plan, single),
            },
        )
    goals: dict[str, tuple[float | None, float | None]] = {
        "bridge behind mosquitto": (0.8, 1.5),
        "embedded broker and bridge": (None, 2.0),
    }
    for name, rounds in seen.items():
        p50_ms, p99_ms = goals.get(name, (None, None))
        p50s = [each.p50_ms for each in rounds]
        yield median_of(LATENCY, f"{name}, p50", p50s, "ms", at_most=p50_ms)
        p99s = [each.p99_ms for each in rounds]
        yield median_of(LATENCY, f"{name}, p99", p99s, "ms", at_most=p99_ms)


def ingest(made: Tools, plan: Plan) -> Iterator[Figure]:
    """The publisher sends as fast as it can; one browser a session keeps it subscribed."""
    rates, costs, dropped = [], [], []
    with processes.mosquitto() as broker, processes.bridge(broker.mqtt_port) as bridge:
        for _ in range(plan.rounds):
            load = ("-s", SESSIONS, "-h", 0.5, "-P", broker.mqtt_port, "-f", made.stamped)
            with Sink(made, bridge, SESSIONS, *load) as sink:
                dropped_before = bridge.metric("pitboard_messages_overtaken_total")
                before = bridge.metric("pitboard_messages_in_total")
                seen = sink.measure(plan.seconds, warm_up_s=0.0)
                taken_in = bridge.metric("pitboard_messages_in_total") - before
                dropped.append(bridge.metric("pitboard_messages_overtaken_total") - dropped_before)
            rates.append(taken_in / seen.elapsed_s)
            costs.append(seen.cpu_s / taken_in * 1e6)
    yield median_of(INGEST, "taken in", rates, "/s", at_least=25_000)
    yield median_of(INGEST, "CPU per message", costs, "us", at_most=30)
    yield median_of(INGEST, "dropped unread, newer came", dropped, "messages")


def _measure(made: Tools, plan: Plan, server: Server, mode: str = "ws") -> Seen:
    load = (*LOAD, "-P", server.mqtt_port, "-f", made.stamped)
    with Sink(made, server, SESSIONS * 10, *load, mode=mode) as sink:
        return sink.measure(plan.seconds)


ROWS: dict[str, Callable[[Tools, Plan], Iterator[Figure]]] = {
    "latency": latency,
    "ingest": ingest,
}
