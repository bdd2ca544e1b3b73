"""Brokers for this folder's tests."""

import gc
import logging
from collections.abc import Iterator

import pytest

from pitboard.broker import EmbeddedBroker
from tests.broker.neighbours import Neighbours, users
from tests.brokers import EmbeddedInThread


@pytest.fixture(autouse=True)
def no_task_fails_unseen(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """asyncio only logs an exception that nobody retrieved, when the task is collected.

    The broker only logs what it did not see coming, and cuts the connection, which may be just what
    a test expects.
    """
    yield
    gc.collect()
    for when in ("setup", "call", "teardown"):
        records = caplog.get_records(when)
        noise = [record for record in records if record.name == "asyncio"]
        assert [record.getMessage() for record in noise if record.levelname != "DEBUG"] == []
        errors = [record for record in records if record.levelno >= logging.ERROR]
        assert [record.getMessage() for record in errors] == []


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
