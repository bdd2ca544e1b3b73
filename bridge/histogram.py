"""How long something takes, counted by how long."""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate

BOUNDS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Histogram:
    """Durations, as Prometheus counts them.

    Attributes:
        total_s: The sum of all durations.
    """

    def __init__(self) -> None:
        self.total_s = 0.0
        self._counts = [0] * (len(BOUNDS_S) + 1)

    def observe(self, duration_s: float) -> None:
        """Count one duration."""
        self._counts[bisect_left(BOUNDS_S, duration_s)] += 1
        self.total_s += duration_s

    def buckets(self) -> Iterator[tuple[str, int]]:
        """Upper bounds, and how many durations were not above them."""
        bounds = (*map(str, BOUNDS_S), "+Inf")
        return zip(bounds, accumulate(self._counts), strict=True)
