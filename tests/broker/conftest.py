"""Brokers for this folder's tests."""

import gc
from collections.abc import Iterator

import pytest

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


@pytest.fixture(
    params=[
        pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio"),
        pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"),
    ]
)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param
