"""Laps whose messages get lost on the way appear all the same, on both kinds of broker."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pitboard.bridge.server import BridgeServer
from pitboard.contract.urls import BrokerUrl
from pitboard.publisher.monitor import Runner
from pitboard.publisher.settings import MonitorSettings
from pitboard.publisher.source import Sample
from pitboard.publisher.state import Identity, StateFile
from tests.bridge.support import Frame, browsing, settings
from tests.fakes import ListSource, frame
from tests.proxy import Proxy, Published
from tests.system.crew import Broker, monitor, watching
from tests.system.monitors import running


def first_one(name: str, is_wanted: Callable[[Published], bool]) -> Callable[[Published], bool]:
    """Chooses one message of the channel, the first that *is_wanted*."""
    chosen: list[Published] = []

    def choose(message: Published) -> bool:
        if chosen or not message.topic.endswith(name) or not is_wanted(message):
            return False
        chosen.append(message)
        return True

    return choose


def test_lap_message_that_never_reached_the_broker_is_sent_again_in_order(
    broker: Broker, tmp_path: Path
) -> None:
    """The broker keeps the last `lap`, which must not be an older one than before."""
    with watching(broker) as crew, Proxy(broker.port) as proxy:
        proxy.swallow(first_one("/lap", lambda message: b'"lap":2,' in message.payload))
        with monitor(tmp_path, proxy.url) as process:
            process.err.line("[Publisher] Disconnected from broker")
            crew.until(lambda: (1, 2) in crew.laps)
            assert process.interrupt() == 130
        crew.until_state("offline")

    again = crew.laps.index((1, 2))
    assert crew.laps[again:] == sorted(crew.rows)[1:]
    assert crew.rows.keys() == {(1, lap) for lap in range(1, len(crew.rows) + 1)}
    assert crew.reader.mistaken == []


class TwoLaps(ListSource):
    """Finishes two laps at once, and then the car stands."""

    is_finished = False

    def __init__(self) -> None:
        super().__init__([[Sample(100.0 * lap, frame(lap=lap)) for lap in (1, 2, 3)]])


@pytest.mark.anyio
async def test_chunk_that_never_reached_the_broker_is_sent_again_without_another_lap(
    broker: Broker, tmp_path: Path
) -> None:
    """It may hold the last lap of the race."""
    with Proxy(broker.port) as proxy:
        proxy.swallow(first_one("/laps/0", lambda _: True))
        state = StateFile(tmp_path, Identity(session_id="spa24", monitor_id="pc-1"))
        urls = [BrokerUrl.parse(proxy.url)]
        runner = Runner(MonitorSettings(urls, rate_hz=10.0), TwoLaps(), state, version="0")
        async with BridgeServer(settings(broker.url)) as server, browsing(server) as browser:
            await browser.join("spa24")
            with running(runner):
                chunk = await browser.of("laps_update")

    assert numbers(chunk["data"]) == [1, 2]


@pytest.mark.anyio
async def test_laps_finished_while_the_bridge_is_down_are_in_the_chunk(
    broker: Broker, tmp_path: Path
) -> None:
    """The bridge hears `lap` once or never; what it missed stands in the table."""
    with watching(broker) as crew, Proxy(broker.port) as proxy:
        async with (
            BridgeServer(settings(proxy.url)) as server,
            browsing(server) as browser,
        ):
            await browser.join("spa24")
            with monitor(tmp_path, broker.url) as process:
                await browser.of("lap_update")
                proxy.cut()
                known = len(crew.rows)
                crew.until(lambda: len(crew.rows) >= known + 5)
                assert process.interrupt() == 130
            crew.until_state("offline")

            proxy.restore()
            count = len(crew.rows)
            await browser.until(
                lambda frame: (
                    frame["type"] == "laps_update" and numbers(frame["data"])[-1:] == [count]
                )
            )

        async with BridgeServer(settings(broker.url)) as server, browsing(server) as late:
            snapshot = await late.join("spa24")

    (chunk,) = (value for value in snapshot["values"] if value["channel"] == "laps/0")
    assert numbers(chunk["data"]) == list(range(1, count + 1))
    heard = [frame for frame in browser.frames if frame["type"] == "lap_update"]
    assert len(heard) < count


def numbers(data: Frame) -> list[int]:
    column = data["columns"].index("lap")
    return [row[column] for row in data["rows"]]
