"""Monitors in threads of their own, as they run on drivers' PCs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pitboard import monitoring
from pitboard.contract.urls import BrokerUrl
from pitboard.options import BrokerAccess
from pitboard.publisher.link import LinkSettings
from pitboard.publisher.monitor import Runner
from tests.brokers import TIMEOUT_S


@contextmanager
def monitoring_car(url: str, folder: Path, **choice: object) -> Iterator[Runner]:
    """A monitor that has announced itself; stopped at the end, if not before."""
    access = BrokerAccess([BrokerUrl.parse(url)], LinkSettings())
    choice.setdefault("session_id", "spa24")
    choice.setdefault("monitor_id", "pc-1")
    wanted = monitoring.Choice(state_dir=folder, **choice)  # type: ignore[arg-type]
    runner = monitoring.build(access, wanted)
    thread = threading.Thread(target=runner.run, name="monitor")
    thread.start()
    try:
        assert runner.announced.wait(TIMEOUT_S)
        yield runner
    finally:
        runner.stop()
        thread.join(TIMEOUT_S)
        assert not thread.is_alive()
