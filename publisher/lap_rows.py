"""A lap summary as a row of the lap table, and back as far as a row goes."""

from msgspec.structs import asdict

from pitboard.contract.messages import LAP_COLUMNS, LapRow, LapSummary
from pitboard.contract.quantities import WheelPercents, WheelTexts

MIXED = "mixed"
"""The compound of a row whose wheels have different ones."""

_WHEELS = ("fl", "fr", "rl", "rr")
_SHARED = tuple(name for name in LAP_COLUMNS if name in LapSummary.__struct_fields__)


def row_of(summary: LapSummary) -> LapRow:
    """The row of *summary*; what has no column is left out."""
    values = {name: getattr(summary, name) for name in _SHARED}
    wear = summary.tire_wear or WheelPercents()
    values.update({f"wear_{wheel}": getattr(wear, wheel) for wheel in _WHEELS})
    return LapRow(**values, compound=_common(summary.tire_compounds))


def summary_of(row: LapRow) -> LapSummary:
    """The summary that *row* came from; a mixed set's compounds are not known any more."""
    values = {name: getattr(row, name) for name in _SHARED}
    wear = {wheel: getattr(row, f"wear_{wheel}") for wheel in _WHEELS}
    if any(worn is not None for worn in wear.values()):
        values["tire_wear"] = WheelPercents(**wear)
    if row.compound is not None and row.compound != MIXED:
        values["tire_compounds"] = WheelTexts(**dict.fromkeys(_WHEELS, row.compound))
    return LapSummary(**values)


def _common(compounds: WheelTexts | None) -> str | None:
    names = {name for name in asdict(compounds).values() if name} if compounds else set()
    if len(names) > 1:
        return MIXED
    return names.pop() if names else None
