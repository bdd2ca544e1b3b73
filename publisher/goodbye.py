"""The end of a monitor's last connection: what is said, and how long the broker is waited for."""

from collections.abc import Sequence
from typing import Protocol

from pitboard.publisher.clock import Clock
from pitboard.publisher.composer import Send
from pitboard.publisher.delivery import Answer
from pitboard.publisher.lifecycle import Lifecycle
from pitboard.publisher.steps import Step

TIMES = 3
"""`offline` is said so often at most: NATS drops each while it elects, and takes 4 s to say so."""

OFFLINE_WITHIN_S, REST_WITHIN_S = 15.0, 10.0
"""Nobody waits longer for the answers, however steadily they come."""

BATCH_BYTES = 32 * 1024
"""Of the rest on its way at a time: a DISCONNECT goes behind it, and must not come too late."""

CLOSED_WITHIN_S = 5.0
"""How long that may take to leave."""


class Partner(Protocol):
    """What is needed of a `Connection`."""

    @property
    def last_answer(self) -> Answer | None:
        """To what was said last of all, once there is one."""

    @property
    def owed_since_s(self) -> float | None:
        """Since when the broker owes an answer, if it does, in monotonic seconds."""

    @property
    def patience_s(self) -> float:
        """How long the broker may take for an answer."""

    def say_last(self, step: Send) -> None:
        """Send a message ahead of all that waits; none of its topic follows."""

    def apply(self, steps: Sequence[Step]) -> None:
        """Send these."""


class Goodbye:
    """Says `offline`, and only then what the broker is owed: the line may be slow.

    Args:
        connection: Of a monitor that has announced itself.

    Attributes:
        is_heard: Whether the broker answered `offline`, so that the will must not follow.
    """

    def __init__(self, connection: Partner, lifecycle: Lifecycle, clock: Clock) -> None:
        self.is_heard = False
        self._connection = connection
        self._lifecycle = lifecycle
        self._clock = clock
        self._end_s = clock.monotonic_s() + OFFLINE_WITHIN_S
        self._times_left = TIMES
        self._rest: list[Step] | None = None
        *frames, self._offline = lifecycle.stop()
        connection.apply(frames)
        self._say_offline()

    def go_on(self) -> float | None:
        """Say what is due; until when to wait for answers, in monotonic seconds, None at the end.

        To be called after each event.
        """
        if self._rest is None and (answer := self._connection.last_answer) is not None:
            self.is_heard = True
            if answer.is_late and self._times_left:
                self._say_offline()
            else:
                # Who drops it so often keeps nothing else.
                self._rest = [] if answer.is_late else self._lifecycle.owed()
                self._end_s = self._clock.monotonic_s() + REST_WITHIN_S
        while self._rest and self._connection.owed_since_s is None:
            self._connection.apply(_next_batch(self._rest))
        since_s = self._connection.owed_since_s
        return None if since_s is None else min(self._end_s, since_s + self._connection.patience_s)

    def _say_offline(self) -> None:
        self._times_left -= 1
        self._connection.say_last(self._offline)


def _next_batch(rest: list[Step]) -> list[Step]:
    batch, room = [], BATCH_BYTES
    while rest and room > 0:
        batch.append(step := rest.pop(0))
        room -= len(step.payload) if isinstance(step, Send) else 0
    return batch
