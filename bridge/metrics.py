"""The bridge's numbers for Prometheus, read when they are asked for.

Those of several processes that share a port become one answer here.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from operator import add

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from pitboard.bridge.core import Bridge

Numbers = dict[str, list[tuple[str, dict[str, str], float]]]
"""The samples of one process, each with name, labels and value, by the metric's name."""

# Where a sum would say nothing: one worker without a broker, the longest outbox of all.
_JOINED: dict[str, Callable[[float, float], float]] = {
    "pitboard_upstream_connected": min,
    "pitboard_outbox_frames_max": max,
}


class BridgeCollector(Collector):
    """Plain counters on the hot path, turned into metrics here."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def collect(self) -> Iterator[Metric]:
        """Every metric with its value now."""
        yield from self._from_broker()
        yield from self._to_browsers()
        yield from self._refusals()
        yield GaugeMetricFamily("pitboard_workers", "Processes that this answer is of.", 1)

    def _from_broker(self) -> Iterator[Metric]:
        checker, upstream = self._bridge.feed.checker, self._bridge.feed.upstream
        yield GaugeMetricFamily(
            "pitboard_upstream_connected", "1 while the broker is reached.", int(upstream.connected)
        )
        accepted = {(channel,): count for channel, count in checker.accepted.items()}
        text = "Messages taken in from the broker."
        yield _counter("pitboard_messages_in", text, ["channel"], accepted.items())
        labels = ["kind", "channel"]
        yield _counter(
            "pitboard_messages_rejected", "Messages refused.", labels, checker.rejected.items()
        )
        yield CounterMetricFamily(
            "pitboard_messages_dropped", "Messages that found no room to wait.", upstream.dropped
        )
        yield CounterMetricFamily(
            "pitboard_messages_overtaken", "Telemetry not read, newer waited.", upstream.overtaken
        )
        yield HistogramMetricFamily(
            "pitboard_ingest_to_write_seconds",
            "From the broker's bytes to the sockets of browsers that read.",
            list(upstream.latency.buckets()),
            sum_value=upstream.latency.total_s,
        )

    def _to_browsers(self) -> Iterator[Metric]:
        bridge, hub = self._bridge, self._bridge.hub
        outboxes = [browser.outbox for browser in bridge.browsers]
        depths = [outbox.depth for outbox in outboxes]
        conflated = bridge.conflated + hub.conflated + sum(outbox.conflated for outbox in outboxes)
        yield CounterMetricFamily(
            "pitboard_frames_out", "Frames sent to browsers.", bridge.frames_out + hub.frames_out
        )
        yield CounterMetricFamily(
            "pitboard_frames_conflated", "Telemetry replaced by newer before it left.", conflated
        )
        yield GaugeMetricFamily("pitboard_tasks", "Tasks of the event loop.", bridge.tasks)
        yield GaugeMetricFamily("pitboard_browsers", "Open WebSockets.", len(outboxes))
        yield GaugeMetricFamily("pitboard_sessions", "Sessions subscribed.", len(hub.sessions))
        yield GaugeMetricFamily(
            "pitboard_outbox_frames", "Frames that wait, of all browsers.", sum(depths)
        )
        yield GaugeMetricFamily(
            "pitboard_outbox_frames_max",
            "Frames that wait for one browser.",
            max(depths, default=0),
        )

    def _refusals(self) -> Iterator[Metric]:
        closed = {(str(code),): count for code, count in self._bridge.closed.items()}
        yield _counter("pitboard_browsers_closed", "Browsers sent away.", ["code"], closed.items())
        refused = {(cause,): count for cause, count in self._bridge.refused.items()}
        text = "Requests, browsers and joins refused, by the limit."
        yield _counter("pitboard_refused", text, ["cause"], refused.items())


class _Together(Collector):
    """The metrics of a bridge with the numbers of several processes."""

    def __init__(self, bridge: Bridge, together: Numbers) -> None:
        self._own = BridgeCollector(bridge)
        self._together = together

    def collect(self) -> Iterator[Metric]:
        """Every metric of the bridge."""
        for family in self._own.collect():
            family.samples = [Sample(*sample) for sample in self._together.get(family.name, ())]
            yield family


def numbers(bridge: Bridge) -> Numbers:
    """What this process has to tell the others."""
    return {
        family.name: [(sample.name, dict(sample.labels), sample.value) for sample in family.samples]
        for family in BridgeCollector(bridge).collect()
    }


def joined(parts: Iterable[Numbers]) -> Numbers:
    """The numbers of several processes as one's."""
    sums: dict[str, dict[tuple[str, tuple[tuple[str, str], ...]], float]] = {}
    for family, samples in chain.from_iterable(part.items() for part in parts):
        join: Callable[[float, float], float] = _JOINED.get(family, add)
        values = sums.setdefault(family, {})
        for name, labels, value in samples:
            key = name, tuple(labels.items())
            values[key] = join(values[key], value) if key in values else value
    return {
        family: [(name, dict(labels), value) for (name, labels), value in values.items()]
        for family, values in sums.items()
    }


def lasting(numbers: Numbers) -> Numbers:
    """Those that only grow, so still count when their process is gone."""
    return {
        family: [sample for sample in samples if sample[0] != family]  # a gauge's has no suffix
        for family, samples in numbers.items()
    }


def exposition(bridge: Bridge, together: Numbers | None = None) -> bytes:
    """The text that Prometheus reads; of several processes if *together* has their numbers."""
    registry = CollectorRegistry()
    own = BridgeCollector(bridge)
    registry.register(own if together is None else _Together(bridge, together))
    return generate_latest(registry)


def _counter(
    name: str, text: str, labels: list[str], counts: Iterable[tuple[Sequence[str], int]]
) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=labels)
    for values, count in counts:
        family.add_metric(list(values), count)
    return family
