"""A broker, a bridge and a publisher for this folder's tests."""

from collections.abc import AsyncIterator, Iterator

import pytest

from pitboard.bridge.server import BridgeServer
from tests.bridge.support import Publisher, settings
from tests.brokers import Mosquitto


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


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
