"""Which fault happens when: decided by a seed alone, so that a run can be repeated."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class Kind(StrEnum):
    """What happens, and to whom."""

    KILL_BROKER = "kill -9 of the broker"
    KILL_BRIDGE = "kill -9 of the bridge"
    KILL_MONITORS = "kill -9 of monitors"
    FREEZE_BROKER = "SIGSTOP of the broker"
    FREEZE_BRIDGE = "SIGSTOP of the bridge"
    FREEZE_MONITORS = "SIGSTOP of monitors"
    CUT_BRIDGE = "cut between bridge and broker"
    CUT_MONITORS = "cut between monitors and broker"
    STALL_BRIDGE = "stall between bridge and broker"
    STALL_MONITORS = "stall between monitors and broker"

    @property
    def hits_monitors(self) -> bool:
        """Whether only some monitors have it; else every session feels it."""
        return self.name.endswith("_MONITORS")


# A service manager has a process back in about 2 s. Dead monitors stay away long enough to be lost
# by silence, too, had the broker not told.
LASTS_S = {
    **dict.fromkeys(Kind, 10.0),
    Kind.KILL_BROKER: 2.0,
    Kind.KILL_BRIDGE: 2.0,
    Kind.KILL_MONITORS: 28.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much happens how often; times in seconds.

    Attributes:
        duration_s: Of the whole run, from when everything is live.
        sessions: Each has one monitor.
        hit: How many monitors a fault of monitors has.
        period_s: From one fault to the next.
        settle_s: From the end of a fault to when all must be well.
    """

    duration_s: float
    seed: int
    sessions: int = 20
    hit: int = 5
    period_s: float = 60.0
    settle_s: float = 25.0
    kinds: tuple[Kind, ...] = tuple(Kind)
    lasts_s: Mapping[Kind, float] = field(default_factory=lambda: LASTS_S)

    def __post_init__(self) -> None:
        busy_s = self.lead_s + max(self.lasts_s[kind] for kind in self.kinds) + self.settle_s
        if busy_s > self.period_s:
            raise ValueError(f"a fault takes {busy_s:g} s, the next comes after {self.period_s:g}")

    @property
    def lead_s(self) -> float:
        """How long all is well before the first fault."""
        return self.period_s / 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault.

    Attributes:
        at_s: When it begins, from the begin of the run.
        monitors: The numbers of the monitors that have it; none for a fault of bridge or broker.
    """

    kind: Kind
    at_s: float
    lasts_s: float
    monitors: frozenset[int] = frozenset()

    def hits(self, monitor: int) -> bool:
        """Whether the session of *monitor* feels it."""
        return not self.kind.hits_monitors or monitor in self.monitors


def faults(plan: Plan) -> list[Fault]:
    """One fault a period: each kind once, in an order of the seed's, then any."""
    rng = Random(plan.seed)
    kinds = _kinds(plan, rng)
    count = max(1, math.floor(plan.duration_s / plan.period_s))
    return [_fault(plan, rng, next(kinds), number) for number in range(count)]


def _kinds(plan: Plan, rng: Random) -> Iterator[Kind]:
    yield from rng.sample(plan.kinds, len(plan.kinds))
    while True:
        yield rng.choice(plan.kinds)


def _fault(plan: Plan, rng: Random, kind: Kind, number: int) -> Fault:
    hit = rng.sample(range(plan.sessions), plan.hit) if kind.hits_monitors else ()
    return Fault(
        kind=kind,
        at_s=plan.lead_s + number * plan.period_s,
        lasts_s=plan.lasts_s[kind],
        monitors=frozenset(hit),
    )
