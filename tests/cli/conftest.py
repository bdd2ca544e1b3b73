"""Both brokers that a command may meet, and the command line itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers import EmbeddedInThread, Mosquitto, has_mosquitto
from tests.cli.car import Car
from tests.cli.running import Cli


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    return Cli(capsys, monkeypatch, tmp_path)


@pytest.fixture(params=["embedded", "mosquitto"])
def broker(request: pytest.FixtureRequest) -> Iterator[EmbeddedInThread | Mosquitto]:
    if request.param == "embedded":
        with EmbeddedInThread() as embedded:
            yield embedded
        return
    if not has_mosquitto():
        pytest.skip("mosquitto is not installed")
    with Mosquitto() as mosquitto:
        yield mosquitto


@pytest.fixture
def car(broker: EmbeddedInThread | Mosquitto) -> Iterator[Car]:
    with Car(broker.url) as car:
        yield car
