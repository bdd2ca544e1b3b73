"""Values as people read them in a terminal: numbers, times, ages, and text that strangers wrote."""

import math
import unicodedata
from dataclasses import dataclass

DASH = "–"


@dataclass(frozen=True, slots=True)
class Age:
    """How old something is; an estimate where only another machine's clock tells."""

    s: float
    is_estimate: bool = False

    def __str__(self) -> str:
        return ("about " if self.is_estimate else "") + duration_words(self.s)


def clean(text: str | None) -> str:
    """*text* without what a terminal would obey: control, format and private characters."""
    if text is None:
        return DASH
    # Split first: tabs and line feeds are control characters too, and part words.
    words = ("".join(filter(_is_harmless, word)) for word in text.split())
    return " ".join(filter(None, words)) or DASH


def number(value: float | None, digits: int = 0, unit: str = "") -> str:
    """`42.31` -> `42.3 L`; a dash without the unit where there is no value."""
    if value is None or not math.isfinite(value):
        return DASH
    return f"{value:.{digits}f}" + (f" {unit}" if unit else "")


def lap_time(value_s: float | None) -> str:
    """`139.482` -> `2:19.482`."""
    if value_s is None:
        return DASH
    # Rounded once, in whole milliseconds, or 119.9996 would read 1:60.000.
    minutes, rest_ms = divmod(round(value_s * 1000), 60_000)
    seconds = f"{rest_ms // 1000}.{rest_ms % 1000:03d}"
    return f"{minutes}:{seconds.zfill(6)}" if minutes else seconds


def gear(value: int | None) -> str:
    """`R`, `N`, `1` ..."""
    return {None: DASH, -1: "R", 0: "N"}.get(value, str(value))


def clock_span(span_s: float) -> str:
    """`3725` -> `1:02:05`."""
    whole = int(span_s)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def duration_words(span_s: float) -> str:
    """`<1 s`, `12 s`, `3 min`, `5 h`, `9 days`."""
    if span_s < 1:
        return "<1 s"
    for limit_s, unit_s, unit in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if span_s < limit_s:
            return f"{int(span_s // unit_s)} {unit}"
    return f"{int(span_s // 86_400)} days"


def counted(count: int, noun: str) -> str:
    """`1 topic`, `2 topics`."""
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _is_harmless(char: str) -> bool:
    return unicodedata.category(char)[0] != "C"
