"""Both kinds of broker, and whole chains on top of them."""

from collections.abc import Iterator

import pytest

from tests.brokers import EmbeddedInThread, Mosquitto, has_mosquitto


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/system/" in item.path.as_posix():
            item.add_marker(pytest.mark.system)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["embedded", "mosquitto"])
def broker(request: pytest.FixtureRequest) -> Iterator[EmbeddedInThread | Mosquitto]:
    """A broker that starts empty."""
    if request.param == "mosquitto" and not has_mosquitto():
        pytest.skip("mosquitto is not installed")
    with EmbeddedInThread() if request.param == "embedded" else Mosquitto() as running:
        yield running
