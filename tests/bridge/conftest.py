"""A broker, a bridge and a publisher for this folder's tests."""

from collections.abc import AsyncIterator, Iterator

import pytest

from pitboard.bridge.server import BridgeServer
from tests.bridge.stage import Stage, staged
from tests.bridge.support import Publisher, settings
from tests.brokers import EmbeddedInThread, Mosquitto


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def stage() -> AsyncIterator[Stage]:
    """One broker and one bridge for a whole table of bad inputs."""
    with EmbeddedInThread() as broker:
        async with staged(broker) as stage:
            yield stage


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    """A broker that starts empty; tests stop and start it too."""
    with Mosquitto() as broker:
        yield broker


@pytest.fixture
async def server(broker: Mosquitto) -> AsyncIterator[BridgeServer]:
    async with BridgeServer(settings(broker.url)) as server:
        yield server


@pytest.fixture
async def publisher(broker: Mosquitto) -> AsyncIterator[Publisher]:
    async with Publisher(broker.url) as publisher:
        yield publisher
