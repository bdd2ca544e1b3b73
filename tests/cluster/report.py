"""What a run has found, as a table."""

import math
from collections.abc import Sequence

from tests.cluster.rounds import RETAINED, Kill, Kind, Outcome

HEADINGS = ("kill", "rounds", "heal p50 s", "p99 s", "max s", "never")


def table(outcome: Outcome) -> str:
    """One line a kind of kill; store nodes apart by whether live values waited for them."""
    rows: list[tuple[str, ...]] = [HEADINGS]
    for kind in Kind:
        for leads in (False, True):
            kills = [k for k in outcome.kills if k.kind is kind and (RETAINED in k.led) is leads]
            if kills:
                rows.append((_name(kind, leads=leads), *_figures(kills)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    ]
    laps = outcome.laps
    lines += [
        "",
        f"false lost: {outcome.false_lost}",
        f"messages shown twice: {outcome.twice}",
        f"laps: {outcome.driven} driven, {len(laps.lost)} lost, {len(laps.duplicated)} duplicated",
    ]
    if laps.lost:
        lines.append(f"lost, as run and lap: {sorted(laps.lost)}")
    return "\n".join(lines)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that *share* of all are not above."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _name(kind: Kind, *, leads: bool) -> str:
    if kind not in (Kind.STORE, Kind.UPGRADE):
        return kind
    return f"{kind}, {'leading' if leads else 'not leading'} the retained values"


def _figures(kills: Sequence[Kill]) -> tuple[str, ...]:
    times = [heal_s for kill in kills for heal_s in kill.heal_s] or [math.nan]
    figures = percentile(times, 0.5), percentile(times, 0.99), max(times)
    never = sum(kill.missing for kill in kills)
    return str(len(kills)), *(f"{figure:.1f}" for figure in figures), str(never)
