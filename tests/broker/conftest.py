"""Brokers for this folder's tests."""

import gc
from collections.abc import Iterator

import pytest

from pitboard.broker import EmbeddedBroker
from tests.broker.neighbours import Neighbours, users
from tests.brokers import EmbeddedInThread


@pytest.fixture(autouse=True)
def no_task_fails_unseen(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """asyncio only logs an exception that nobody retrieved, when the task is collected."""
    yield
    gc.collect()
    for when in ("setup", "call", "teardown"):
        noise = [record for record in caplog.get_records(when) if record.name == "asyncio"]
        assert [record.getMessage() for record in noise if record.levelname != "DEBUG"] == []


@pytest.fixture
def embedded() -> Iterator[EmbeddedInThread]:
    with EmbeddedInThread() as broker:
        yield broker


@pytest.fixture
def closed() -> Iterator[EmbeddedInThread]:
    """A broker that lets only its users in."""
    with EmbeddedInThread(lambda: EmbeddedBroker(port=0, users=users())) as broker:
        yield broker


@pytest.fixture
def neighbours(closed: EmbeddedInThread) -> Iterator[Neighbours]:
    """A healthy pair on the broker that lets only its users in."""
    with Neighbours(closed) as pair:
        yield pair


@pytest.fixture(
    params=[
        pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio"),
        pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"),
    ]
)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param
