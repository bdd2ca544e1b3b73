"""What the shared compression of telemetry saves on the wire, and what it costs."""

from collections.abc import Callable, Iterator
from functools import partial

from benchmarks import processes
from benchmarks.figures import Figure, Plan, in_turns, median_of, ratio_of
from benchmarks.processes import Server
from benchmarks.sink import Seen, Sink, Tools

BYTES = "shared compression, a session at 10 Hz"
CPU = "shared compression, CPU at {} browsers"
LONG_S = 6.0
"""Three stretches of the stream, so that it matters little where a round begins."""

# Enough work to be measured well, and little enough to be done by everyone in time.
DELIVERIES_PER_S = 20_000


def size(made: Tools, plan: Plan) -> Iterator[Figure]:
    """Bytes of telemetry frames, heads included."""
    plan = Plan(min(plan.rounds, 3), LONG_S if plan.rounds > 1 else plan.seconds)
    with processes.mosquitto() as broker, processes.bridge(broker.mqtt_port) as bridge:
        measure = partial(_measure, made, plan, bridge, 4, 10)
        seen = in_turns(
            plan,
            {
                "plain": measure,
                "compressed": partial(measure, "-z"),
                "compressed, max_hz 2": partial(measure, "-z", "-h", 2),
            },
        )
    frame = {name: [s.bytes / s.delivered for s in rounds] for name, rounds in seen.items()}
    for name, sizes in frame.items():
        yield median_of(BYTES, f"bytes per frame, {name}", sizes, "B")
    plain, full, capped = frame.values()
    yield ratio_of(BYTES, "compressed / plain", full, plain, 0.17)
    yield ratio_of(BYTES, "compressed at max_hz 2 / plain", capped, plain, 0.30)


def cost(made: Tools, plan: Plan) -> Iterator[Figure]:
    """The same rate with and without."""
    for browsers, at_most in ((100, 1.0), (10, 1.2)):
        with processes.mosquitto() as broker, processes.bridge(broker.mqtt_port) as bridge:
            rate = DELIVERIES_PER_S / 100
            measure = partial(_measure, made, plan, bridge, browsers, rate)
            seen = in_turns(plan, {"plain": measure, "compressed": partial(measure, "-z")})
        cpu = {name: [each.cpu_us for each in rounds] for name, rounds in seen.items()}
        row = CPU.format(browsers)
        for name, rounds in cpu.items():
            yield median_of(row, f"CPU per delivered frame, {name}", rounds, "us")
        plain, compressed = cpu.values()
        yield ratio_of(row, "compressed / plain", compressed, plain, at_most)


def _measure(
    made: Tools, plan: Plan, server: Server, browsers: int, rate: float, *more: object
) -> Seen:
    load = ("-P", server.mqtt_port, "-f", made.plain, "-r", rate, *more)
    with Sink(made, server, browsers, *load) as sink:
        seen = sink.measure(plan.seconds)
    if seen.is_compressed != ("-z" in more):
        raise SystemExit("the bridge did not answer the offer of compression as expected")
    return seen


ROWS: dict[str, Callable[[Tools, Plan], Iterator[Figure]]] = {"bytes": size, "deflate-cpu": cost}
