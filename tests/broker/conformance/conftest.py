"""The brokers that every check runs on."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.broker.conformance.subjects import EMBEDDED, MOSQUITTO, NATS, Subject
from tests.brokers import EmbeddedInThread, Mosquitto, has_mosquitto
from tests.system.nats import Cluster, missing_nats

TRAITS = {"embedded": EMBEDDED, "mosquitto": MOSQUITTO, "nats": NATS}


@pytest.fixture(params=TRAITS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    """A broker that starts empty."""
    with _made(request.param, tmp_path) as running:
        traits = asdict(TRAITS[request.param])
        yield Subject(host=running.host, port=running.port, **traits)


def _made(kind: str, folder: Path) -> EmbeddedInThread | Mosquitto | Cluster:
    if kind == "mosquitto":
        if not has_mosquitto():
            pytest.skip("mosquitto is not installed")
        return Mosquitto()
    if kind == "nats":
        if reason := missing_nats():
            pytest.skip(reason)
        return Cluster(folder, 1)
    return EmbeddedInThread()
