"""A picture of a session as text for a terminal.

Texts come from strangers: they are cleaned, and never read as markup.
"""

from collections.abc import Sequence

from msgspec import UNSET, UnsetType
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pitboard.contract.messages import LapRow
from pitboard.lap_book import best_lap_time, fuel_per_lap, laps_left
from pitboard.picture import Picture
from pitboard.words import DASH, clean, gear, lap_time, number

LAPS_SHOWN = 5

_CORNERS = ("fl", "fr", "rl", "rr")


def board(picture: Picture) -> RenderableType:
    """All of it, from the state of the data down to the setup."""
    # 24 lines or fewer with one monitor: the smallest terminal shows it all.
    parts: list[RenderableType] = [*_header(picture), _values(picture), _tires(picture)]
    parts += [_laps(picture.laps), _setup(picture)]
    parts += [Text(f"{clean(name)}: {state}", style="dim") for name, state in picture.others]
    return Group(*parts)


def _header(picture: Picture) -> list[Text]:
    meta = picture.meta
    car = _joined([meta.car, meta.car_number and f"#{meta.car_number}", meta.car_class, meta.team])
    track = _joined([meta.track, meta.layout, meta.session_type])
    style = "bold green" if picture.is_good else "bold yellow"
    age = f", data {picture.age} old" if picture.age is not None else ""
    lines = [
        Text(car, style="bold"),
        Text(f"{track}   driver {clean(picture.driver)}"),
        Text(f"{picture.state}{age}", style=style),
    ]
    if picture.notice is not None:
        lines.append(Text(clean(picture.notice), style="bold red"))
    return lines


def _values(picture: Picture) -> Table:
    now = picture.telemetry
    fuel = _known(now.fuel)
    per_lap = fuel_per_lap(picture.laps)
    capacity = now.fuel_capacity or picture.meta.fuel_capacity
    percent = 100 * fuel / capacity if fuel is not None and capacity else None
    best = now.best_lap_time or best_lap_time(picture.laps)
    last = now.last_lap_time or (picture.laps[-1].lap_time if picture.laps else None)
    rows = [
        ("fuel", number(fuel, 1, "L"), "speed", number(now.speed, 0, "km/h")),
        ("tank", number(percent, 0, "%"), "gear", gear(now.gear)),
        ("per lap", number(per_lap, 2, "L"), "rpm", number(now.rpm)),
        ("laps left", number(laps_left(fuel, per_lap), 1), "position", _place(now.position)),
        ("energy", number(now.virtual_energy, 1, "%"), "in class", _place(now.class_position)),
        ("lap", number(_known(now.lap)), "lap time", lap_time(now.lap_time)),
        ("last lap", lap_time(last), "best lap", lap_time(best)),
    ]
    table = Table.grid(padding=(0, 2))
    for row in rows:
        table.add_row(*(Text(cell, style="" if i % 2 else "dim") for i, cell in enumerate(row)))
    return table


def _tires(picture: Picture) -> Table:
    now = picture.telemetry
    table = _table("tyres", "temp °C", "pressure kPa", "wear %", "brake °C", "compound")
    for corner in _CORNERS:
        temp, pressure, wear, brake = (
            getattr(wheels, corner, None)
            for wheels in (now.tire_temps, now.tire_pressures, now.tire_wear, now.brake_temps)
        )
        compound: str | None = getattr(now.tire_compounds, corner, None)
        cells = [number(temp), number(pressure), number(wear, 1), number(brake), clean(compound)]
        table.add_row(Text(corner.upper(), style="dim"), *map(Text, cells))
    return table


def _laps(rows: Sequence[LapRow]) -> Table:
    table = _table("laps", "time", "fuel L", "position", "driver", "")
    for row in rows[: -LAPS_SHOWN - 1 : -1]:
        cells = [
            str(row.lap),
            lap_time(row.lap_time),
            number(row.fuel_used, 2),
            _place(row.position),
            clean(row.driver),
            _remarks(row),
        ]
        table.add_row(*map(Text, cells))
    if not rows:
        table.add_row(*[Text(DASH)] * 6)
    return table


def _setup(picture: Picture) -> Text:
    setup = picture.setup
    if setup is None:
        return Text(f"setup {DASH}")
    when = setup.captured_at[:19].replace("T", " ")
    name = f" {clean(setup.name)}" if setup.name else ""
    return Text(f"setup revision {setup.revision}{name}, captured {when} UTC")


def _remarks(row: LapRow) -> str:
    facts = [
        clean(row.kind.replace("_", " ")) if row.kind not in (None, "flying") else "",
        "invalid" if row.valid is False else "",
        "yellow" if row.yellow else "",
    ]
    return ", ".join(filter(None, facts))


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in titles:
        numbers = any(unit in title for unit in ("°C", "kPa", "%", "time", " L"))
        table.add_column(Text(title), justify="right" if numbers else "left")
    return table


def _joined(texts: Sequence[str | None]) -> str:
    return " · ".join(clean(text) for text in texts if text) or DASH


def _place(place: int | UnsetType | None) -> str:
    return DASH if place is None or place is UNSET else f"P{place}"


def _known(value: float | UnsetType | None) -> float | None:
    return None if value is UNSET else value
