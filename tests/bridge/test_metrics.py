"""The numbers of a bridge, and the dashboard that asks for them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from pitboard.bridge.core import Bridge
from pitboard.bridge.histogram import BOUNDS_S, Histogram
from pitboard.bridge.limits import CAUSES
from pitboard.bridge.metrics import exposition, joined, lasting, numbers
from pitboard.bridge.server import BridgeServer
from pitboard.bridge.settings import BridgeSettings
from tests.bridge.support import Publisher, browsing, eventually

pytestmark = pytest.mark.anyio

DASHBOARD = json.loads((Path(__file__).resolve().parents[2] / "docs" / "grafana.json").read_text())

Samples = dict[tuple[str, str], float]


def samples(text: str) -> Samples:
    """Values by name and the values of the labels."""
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def scraped(server: BridgeServer) -> Samples:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        return samples((await http.get("/metrics")).text)


def expressions(node: Any) -> Iterator[str]:
    """Every query of the dashboard, wherever it stands."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("expr", "query") and isinstance(value, str) and "pitboard" in value:
                yield value
            yield from expressions(value)
    elif isinstance(node, list):
        for value in node:
            yield from expressions(value)


async def test_every_query_of_the_dashboard_names_a_metric_that_exists() -> None:
    text = exposition(Bridge(BridgeSettings())).decode()
    families = {family.name: family.type for family in text_string_to_metric_families(text)}
    suffix = {"counter": "_total", "gauge": "", "histogram": "_bucket"}
    known = {name + suffix[kind] for name, kind in families.items()}
    asked = [set(re.findall(r"\bpitboard_\w+", one)) for one in expressions(DASHBOARD)]

    assert all(len(names) == 1 for names in asked)
    assert set().union(*asked) == known


def test_dashboard_can_be_imported() -> None:
    variables = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    places = {tuple(panel["gridPos"].values()) for panel in DASHBOARD["panels"]}

    assert len(set(ids)) == len(places) == len(DASHBOARD["panels"])
    assert set(re.findall(r"\$\{?([a-z]\w*)", json.dumps(DASHBOARD))) == variables
    for panel in DASHBOARD["panels"]:
        assert panel["title"]
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert all(target["expr"] for target in panel["targets"])


async def test_every_cause_is_there_from_the_start(server: BridgeServer) -> None:
    """A counter that appears with its first refusal has no rate."""
    found = await scraped(server)

    assert {cause: found["pitboard_refused_total", cause] for cause in CAUSES} == dict.fromkeys(
        CAUSES, 0
    )


async def test_latency_counts_each_message_once(server: BridgeServer, publisher: Publisher) -> None:
    async with browsing(server) as browser:
        await browser.join()
        for seq in range(1, 11):
            await publisher.publish("setup", seq)
        await browser.update("setup", 10)

        found = await scraped(server)

    assert found["pitboard_ingest_to_write_seconds_count", ""] == 10
    assert found["pitboard_ingest_to_write_seconds_bucket", "+Inf"] == 10
    assert 0 < found["pitboard_ingest_to_write_seconds_sum", ""] < 10


async def test_conflated_telemetry_is_counted_and_kept_when_the_browser_leaves(
    server: BridgeServer, publisher: Publisher
) -> None:
    async with browsing(server) as slow, browsing(server) as fast:
        await slow.join(max_hz=0.5)
        await fast.join()
        for seq in range(1, 11):
            await publisher.publish("telemetry", seq, retain=False)
        await fast.update("telemetry", 10)
        during = await scraped(server)

        assert during["pitboard_outbox_frames", ""] == 1
        assert during["pitboard_outbox_frames_max", ""] == 1

    await eventually(lambda: not server.bridge.browsers)
    after = await scraped(server)
    # Of the slow one's the first leaves, the last waits, and what came between was replaced; the
    # fast one misses what a busy bridge has read at once.
    missed = 10 - sum(frame["type"] == "telemetry_update" for frame in fast.frames)
    assert during["pitboard_frames_conflated_total", ""] == 8 + missed
    assert after["pitboard_frames_conflated_total", ""] == 8 + missed
    assert after["pitboard_outbox_frames", ""] == 0


async def test_numbers_of_several_processes_become_one_answer() -> None:
    busy, idle, fresh = (Bridge(BridgeSettings()) for _ in range(3))
    for bridge, frames in ((busy, 70), (idle, 5)):
        bridge.frames_out = frames
        bridge.feed.upstream.latency.observe(frames / 100)
    busy.feed.checker.accepted["telemetry"] = 4
    idle.feed.checker.accepted["telemetry"] = 3
    idle.feed.checker.accepted["setup"] = 2
    busy.refused["origin"] = idle.refused["origin"] = 1
    parts = [numbers(bridge) for bridge in (busy, idle, fresh)]
    for part, waiting, connected in zip(parts, (4, 9, 0), (1, 0, 1), strict=True):
        for name, value in (
            ("pitboard_outbox_frames", waiting),
            ("pitboard_outbox_frames_max", waiting),
            ("pitboard_upstream_connected", connected),
        ):
            part[name] = [(name, {}, value)]

    one, another = (
        samples(exposition(bridge, joined(order)).decode())
        for bridge, order in ((busy, parts), (fresh, parts[::-1]))
    )

    assert one == another
    assert one["pitboard_workers", ""] == 3
    assert one["pitboard_frames_out_total", ""] == 75
    assert one["pitboard_messages_in_total", "telemetry"] == 7
    assert one["pitboard_messages_in_total", "setup"] == 2
    assert one["pitboard_refused_total", "origin"] == 2
    assert one["pitboard_ingest_to_write_seconds_bucket", "0.05"] == 1
    assert one["pitboard_ingest_to_write_seconds_count", ""] == 2
    assert one["pitboard_ingest_to_write_seconds_sum", ""] == pytest.approx(0.75)
    assert one["pitboard_outbox_frames", ""] == 13
    assert one["pitboard_outbox_frames_max", ""] == 9
    assert one["pitboard_upstream_connected", ""] == 0


async def test_answer_of_several_processes_has_the_form_of_one() -> None:
    bridge = Bridge(BridgeSettings())

    assert exposition(bridge, numbers(bridge)) == exposition(bridge)


async def test_what_lasts_is_every_counter_and_histogram() -> None:
    bridge = Bridge(BridgeSettings())
    bridge.feed.checker.accepted["setup"] = bridge.closed[1011] = 1
    bridge.feed.checker.rejected["topic", "-"] = 1
    kinds = {
        family.name: family.type
        for family in text_string_to_metric_families(exposition(bridge).decode())
    }

    lasts = {name for name, found in lasting(numbers(bridge)).items() if found}

    assert lasts == {name for name, kind in kinds.items() if kind != "gauge"}


def test_histogram_counts_up_to_each_bound() -> None:
    histogram = Histogram()
    for duration_s in (0.0, BOUNDS_S[0], 0.003, 100.0):
        histogram.observe(duration_s)

    counts = dict(histogram.buckets())
    assert (counts["0.0005"], counts["0.0025"], counts["0.005"]) == (2, 2, 3)
    assert (counts["2.5"], counts["+Inf"]) == (3, 4)
    assert histogram.total_s == pytest.approx(100.0035)
