"""How long monitor and bridge wait before they try a broker again."""

from collections.abc import Callable
from random import random as draw


class Backoff:
    """1, 2, 4 ... seconds up to a maximum, each shifted by a random share.

    All readers lose a broker at once; the shift keeps them from coming back at once.

    Args:
        initial_s: The first wait.
        maximum_s: The longest wait before jitter.
        jitter: The largest share by which a wait is made longer or shorter; 0 for none.
        random: Gives numbers from 0 to 1.
    """

    def __init__(
        self,
        initial_s: float = 1.0,
        maximum_s: float = 60.0,
        jitter: float = 0.2,
        random: Callable[[], float] = draw,
    ) -> None:
        self._initial_s = initial_s
        self._maximum_s = maximum_s
        self._jitter = jitter
        self._random = random
        self._next_s = initial_s

    def next_s(self) -> float:
        """The wait after one more failure."""
        delay_s = self._next_s
        self._next_s = min(self._next_s * 2, self._maximum_s)
        return delay_s * (1 + self._jitter * (2 * self._random() - 1))

    def reset(self) -> None:
        """An attempt succeeded: start over."""
        self._next_s = self._initial_s
