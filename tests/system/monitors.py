"""Monitors in threads of their own, as they run on drivers' PCs, and what they say."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pitboard import monitoring
from pitboard.contract import codec
from pitboard.contract.messages import Message
from pitboard.contract.topics import Topic
from pitboard.contract.urls import BrokerUrl
from pitboard.options import BrokerAccess
from pitboard.publisher.link import LinkSettings
from pitboard.publisher.monitor import Runner
from tests.broker.clients import Messages
from tests.brokers import TIMEOUT_S

QUICK = monitoring.Retry(delay_initial_s=0.05, delay_max_s=0.2, jitter=0.0)
"""Comes back soon, for tests in which waiting is not the point."""

WATCHFUL = monitoring.Retry(delay_initial_s=0.05, delay_max_s=0.2, jitter=0.0, keepalive_s=1)
"""Notices within 2 s that a connection which stands is dead."""


@contextmanager
def running(runner: Runner) -> Iterator[Runner]:
    """The monitor at work; stopped at the end, if not before."""
    thread = threading.Thread(target=runner.run, name="monitor")
    thread.start()
    try:
        yield runner
    finally:
        runner.stop()
        thread.join(TIMEOUT_S)
        assert not thread.is_alive()


@contextmanager
def monitoring_car(url: str | Sequence[str], folder: Path, **choice: object) -> Iterator[Runner]:
    """A monitor that has announced itself."""
    urls = [url] if isinstance(url, str) else url
    access = BrokerAccess([BrokerUrl.parse(text) for text in urls], LinkSettings())
    choice.setdefault("session_id", "spa24")
    choice.setdefault("monitor_id", "pc-1")
    choice.setdefault("retry", QUICK)
    wanted = monitoring.Choice(state_dir=folder, **choice)  # type: ignore[arg-type]
    with running(monitoring.build(access, wanted)) as runner:
        assert runner.announced.wait(TIMEOUT_S)
        yield runner


def decoded(reader: Messages) -> Message:
    """The next message, which must be valid."""
    got = reader.next()
    return codec.decode(Topic.parse(got.topic), got.payload)
