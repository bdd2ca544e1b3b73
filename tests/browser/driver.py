"""A car that says in front of a page what a test wants: over a real broker and a real bridge."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from pitboard.contract.topics import Channel
from tests.brokers import EmbeddedInThread
from tests.cli.car import SESSION, Car, telemetry
from tests.system.processes import Restartable


class Driver:
    """One monitor of the car, whose messages come in order.

    Attributes:
        name: Of who drives.
        seq: Of the newest message.
    """

    def __init__(self, car: Car, monitor_id: str, name: str) -> None:
        self.name = name
        self._car = car
        self._monitor_id = monitor_id
        self.seq = 0

    def say(self, channel: Channel, **fields: Any) -> None:
        """Publish the monitor's next message of this channel."""
        self.seq += 1
        self._car.say(channel, monitor_id=self._monitor_id, seq=self.seq, **fields)

    def is_(self, state: str, *, control: int | None = None) -> None:
        """Say the state, and *control* of the car if the driver has it."""
        claim = {} if control is None else {"control": control}
        has_car = control is not None
        self.say(Channel.STATUS, state=state, in_control=has_car, driver=self.name, **claim)

    def drive(self, **fields: Any) -> None:
        """Send a frame."""
        self.say(Channel.TELEMETRY, telemetry=telemetry(run=1, **fields))


@contextmanager
def car_in_front_of(page: Page, folder: Path) -> Iterator[Car]:
    """A car that has said nothing yet, and the page that shows it."""
    with (
        EmbeddedInThread() as broker,
        Restartable(folder, "bridge", "--broker", broker.url) as bridge,
        Car(broker.url) as car,
    ):
        page.goto(f"http://127.0.0.1:{bridge.port}/s/{SESSION}")
        yield car
        # Before the bridge: a page that is still loading would complain of what it is refused.
        page.goto("about:blank")
