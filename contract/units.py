"""The unit of every physical field, as `meta.units` tells it."""

from functools import cache

from pitboard.contract.fields import field_facts
from pitboard.contract.messages import LapRow, LapSummary, Meta
from pitboard.contract.telemetry import Telemetry


def units() -> dict[str, str]:
    """`{field: unit}` for the fields of telemetry, meta, lap summaries and the lap table."""
    return dict(_units())


@cache
def _units() -> tuple[tuple[str, str], ...]:
    return tuple(
        (field.name, field.unit)
        for kind in (Telemetry, Meta, LapSummary, LapRow)
        for field in field_facts(kind)
        if field.unit
    )
