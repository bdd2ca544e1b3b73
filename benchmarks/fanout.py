"""One session and many browsers: what each delivered frame costs the process that delivers it."""

from collections.abc import Callable, Iterator

from benchmarks import processes
from benchmarks.figures import Figure, Plan, in_turns, median_of, ratio_of
from benchmarks.processes import Server
from benchmarks.sink import Seen, Sink, Tools

ROW = "fan-out, 100 browsers, 0.9 kB, saturated"
THOUSAND = "1000 browsers at 20 frames/s"
OVERLOAD = "overload, 100 browsers, publisher as fast as it can"

FLAT_KB = 10_000
"""Growth within a round that is still called flat: a batch or two of messages."""


def fan_out(made: Tools, plan: Plan) -> Iterator[Figure]:
    """Four messages are on their way at any time."""
    with processes.mosquitto() as broker, processes.bridge(broker.mqtt_port) as bridge:
        load = ("-f", made.stamped, "-w", 4)
        seen = in_turns(
            plan,
            {
                "bridge": lambda: _measure(made, plan, bridge, 100, "ws", *load),
                "mosquitto": lambda: _measure(made, plan, broker, 100, "mqttws", *load),
                "C, one send each": lambda: _measure_limit(made, plan, *load),
            },
        )
    cpu = {name: [each.cpu_us for each in rounds] for name, rounds in seen.items()}
    for name, rounds in cpu.items():
        yield median_of(ROW, f"CPU per delivered frame, {name}", rounds, "us")
    ours, mosquitto, limit = cpu.values()
    yield ratio_of(ROW, "bridge / mosquitto", ours, mosquitto, 0.90)
    yield ratio_of(ROW, "bridge / C", ours, limit, 1.35)
    shares = [each.sink_share for rounds in seen.values() for each in rounds]
    yield Figure(ROW, "load generator, of a core, at most", max(shares), "", at_most=0.9)


def thousand(made: Tools, plan: Plan) -> Iterator[Figure]:
    """A rate that leaves the processes time."""
    with processes.mosquitto() as broker, processes.bridge(broker.mqtt_port) as bridge:
        load = ("-f", made.stamped, "-r", 20)
        seen = in_turns(
            plan,
            {
                "bridge": lambda: _measure(made, plan, bridge, 1000, "ws", *load),
                "mosquitto": lambda: _measure(made, plan, broker, 1000, "mqttws", *load),
            },
        )
    cpu = {name: [each.cpu_us for each in rounds] for name, rounds in seen.items()}
    for name, rounds in cpu.items():
        yield median_of(THOUSAND, f"CPU per delivered frame, {name}", rounds, "us")
    yield ratio_of(THOUSAND, "bridge / mosquitto", cpu["bridge"], cpu["mosquitto"], 0.75)
    for name, all_seen in seen.items():
        yield median_of(THOUSAND, f"latency p99, {name}", [s.p99_ms for s in all_seen], "ms")


def overload(made: Tools, plan: Plan) -> Iterator[Figure]:
    """Nobody can get every frame; everybody is to see the newest."""
    grown: list[float] = []
    with processes.mosquitto() as broker, processes.bridge(broker.mqtt_port) as bridge:
        load = ("-f", made.stamped)

        def flood() -> Seen:
            with _sink(made, bridge, 100, "ws", *load) as sink:
                sink.measure(plan.seconds)
                before_kb = bridge.rss_kb
                seen = sink.measure(plan.seconds)
                grown.append(bridge.rss_kb - before_kb)
                return seen

        seen = in_turns(
            plan,
            {
                "bridge": flood,
                "mosquitto": lambda: _measure(made, plan, broker, 100, "mqttws", *load),
            },
        )
    ours = seen["bridge"]
    cpu = {
        name: [each.cpu_s / each.published / 100 * 1e6 for each in rounds]
        for name, rounds in seen.items()
    }
    rates = [each.published / each.elapsed_s for each in ours]
    yield median_of(OVERLOAD, "published", rates, "/s")
    newest = [each.least_received / each.elapsed_s for each in ours]
    yield median_of(OVERLOAD, "frames at the browser with fewest", newest, "/s", at_least=30)
    ages = [each.p99_ms for each in ours]
    yield median_of(OVERLOAD, "age p99", ages, "ms", at_most=50)
    peer_ages = [each.p99_ms for each in seen["mosquitto"]]
    yield median_of(OVERLOAD, "age p99, mosquitto", peer_ages, "ms")
    yield median_of(OVERLOAD, "memory growth within a round", grown, "kB", at_most=FLAT_KB)
    for name, rounds in cpu.items():
        yield median_of(OVERLOAD, f"CPU per published frame and browser, {name}", rounds, "us")
    yield ratio_of(OVERLOAD, "bridge / mosquitto", cpu["bridge"], cpu["mosquitto"], 0.3)


def _sink(made: Tools, server: Server, browsers: int, mode: str, *load: object) -> Sink:
    return Sink(made, server, browsers, "-P", server.mqtt_port, *load, mode=mode)


def _measure(
    made: Tools, plan: Plan, server: Server, browsers: int, mode: str, *load: object
) -> Seen:
    with _sink(made, server, browsers, mode, *load) as sink:
        return sink.measure(plan.seconds)


def _measure_limit(made: Tools, plan: Plan, *load: object) -> Seen:
    with processes.limit(made.limit) as server:
        return _measure(made, plan, server, 100, "ws", *load)


ROWS: dict[str, Callable[[Tools, Plan], Iterator[Figure]]] = {
    "fanout": fan_out,
    "thousand": thousand,
    "overload": overload,
}
