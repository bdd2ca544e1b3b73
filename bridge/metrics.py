"""The bridge's numbers for Prometheus, read when they are asked for."""

from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from pitboard.bridge.core import Bridge


class BridgeCollector(Collector):
    """Plain counters on the hot path, turned into metrics here."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def collect(self) -> Iterator[Metric]:
        """Every metric with its value now."""
        yield from self._from_broker()
        yield from self._to_browsers()
        yield from self._refusals()

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


def exposition(bridge: Bridge) -> bytes:
    """The text that Prometheus reads."""
    registry = CollectorRegistry()
    registry.register(BridgeCollector(bridge))
    return generate_latest(registry)


def _counter(
    name: str, text: str, labels: list[str], counts: Iterable[tuple[Sequence[str], int]]
) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=labels)
    for values, count in counts:
        family.add_metric(list(values), count)
    return family
