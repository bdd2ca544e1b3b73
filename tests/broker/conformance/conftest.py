"""The brokers that every check runs on."""

from collections.abc import Iterator
from dataclasses import asdict

import pytest

from tests.broker.conformance.subjects import EMBEDDED, MOSQUITTO, Subject
from tests.brokers import EmbeddedInThread, Mosquitto, has_mosquitto


@pytest.fixture(params=["embedded", "mosquitto"])
def broker(request: pytest.FixtureRequest) -> Iterator[Subject]:
    """A broker that starts empty."""
    if request.param == "mosquitto" and not has_mosquitto():
        pytest.skip("mosquitto is not installed")
    traits = EMBEDDED if request.param == "embedded" else MOSQUITTO
    with EmbeddedInThread() if traits is EMBEDDED else Mosquitto() as running:
        yield Subject(host=running.host, port=running.port, **asdict(traits))
