"""The bridge's numbers for Prometheus, read when they are asked for."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pitboard.bridge.core import Bridge


class BridgeCollector(Collector):
    """Plain counters on the hot path, turned into metrics here."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def collect(self) -> Iterator[Metric]:
        """Every metric with its value now."""
        bridge = self._bridge
        checker, upstream = bridge.feed.checker, bridge.feed.upstream
        messages = CounterMetricFamily(
            "pitboard_messages_in", "Messages taken in from the broker.", labels=["channel"]
        )
        for channel, count in checker.accepted.items():
            messages.add_metric([channel], count)
        yield messages
        rejected = CounterMetricFamily(
            "pitboard_messages_rejected",
            "Messages refused.",
            labels=["kind", "channel"],
        )
        for (kind, channel), count in checker.rejected.items():
            rejected.add_metric([kind, channel], count)
        yield rejected
        yield CounterMetricFamily(
            "pitboard_messages_dropped", "Messages that came faster than read.", upstream.dropped
        )
        yield CounterMetricFamily(
            "pitboard_frames_out", "Frames sent to browsers.", bridge.frames_out
        )
        closed = CounterMetricFamily(
            "pitboard_browsers_closed", "Browsers sent away.", labels=["code"]
        )
        for code, count in bridge.closed.items():
            closed.add_metric([str(code)], count)
        yield closed
        yield GaugeMetricFamily("pitboard_browsers", "Open WebSockets.", len(bridge.browsers))
        yield GaugeMetricFamily(
            "pitboard_sessions", "Sessions subscribed.", len(bridge.hub.sessions)
        )
        yield GaugeMetricFamily(
            "pitboard_upstream_connected", "1 while the broker is reached.", int(upstream.connected)
        )


def exposition(bridge: Bridge) -> bytes:
    """The text that Prometheus reads."""
    registry = CollectorRegistry()
    registry.register(BridgeCollector(bridge))
    return generate_latest(registry)
