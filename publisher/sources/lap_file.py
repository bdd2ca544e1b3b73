"""Parse a recorded lap (`LMUTelemetry` CSV) into rows with a time and a smooth distance.

The format has no time column, repeats rows, updates its distance at 5 Hz only, and mixes in rows of
another car where the recorder looked away for a moment; all of that is mended here.
"""

import math
from dataclasses import dataclass, field, replace
from itertools import pairwise

from pitboard.contract.errors import SettingsError

ROW_S = 0.02
"""What one row takes where speed and position cannot say: the recorder's own period."""

_COLUMNS = {
    "distance": "LapDistance [m]",
    "sector": "Sector [int]",
    "speed": "Speed [km/h]",
    "rpm": "EngineRevs [rpm]",
    "throttle": "ThrottlePercentage [%]",
    "brake": "BrakePercentage [%]",
    "steering": "Steer [%]",
    "gear": "Gear [int]",
    "x": "X [m]",
    "z": "Z [m]",
}
_STANDING = 0.5  # m/s: below it a step's length says nothing about its time
_MAX_GAP_S = 1.0
_JUMP_M = 5.0
# Steering of up to about 1 % is written a hundred times too large; a car that turns less than
# this (1/m) cannot be steered that much.
_STRAIGHT = 0.006
_STRAY_STEERING = 19.0


@dataclass(frozen=True, slots=True)
class Row:
    """One row: units as in the file, distance in metres past the line, never falling."""

    time_s: float
    distance: float
    sector: int
    speed: float
    rpm: float
    throttle: float
    brake: float
    steering: float
    gear: int
    x: float
    z: float


@dataclass(frozen=True, slots=True)
class RecordedLap:
    """One lap, to be driven again and again.

    Attributes:
        header: The `key,value` lines.
        rows: From the line onwards, `time_s` counted from the line.
        lap_time_s: From the line to the line.
    """

    header: dict[str, str]
    rows: list[Row] = field(repr=False)
    lap_time_s: float
    track_length: float | None
    sector_ends: list[float]


def parse_lap(text: str, where: str) -> RecordedLap:
    """Read *text*; *where* names it in errors.

    Raises:
        SettingsError: naming file, line and what is wrong.
    """
    lines = text.split("\n")
    header, first = _read_header(lines, where)
    names = [name.strip() for name in lines[first].split(",")]
    if missing := [column for column in _COLUMNS.values() if column not in names]:
        raise SettingsError(f"{where}, line {first + 1}: column {missing[0]!r} is missing")
    places = {key: names.index(column) for key, column in _COLUMNS.items()}
    rows = [
        _read_row(line, places, len(names), f"{where}, line {number}")
        for number, line in enumerate(lines[first + 1 :], first + 2)
        if line.strip()
    ]
    rows = _of_one_car(rows)
    if len(rows) < 2:
        raise SettingsError(f"{where}: fewer than two rows of telemetry")
    rows = _with_steering(_with_distance(_with_time(rows)))
    length = _positive(header, "TrackLen [m]", where)
    ends = _sector_ends(header, where)
    return _closed(header, rows, length, ends)


def _read_header(lines: list[str], where: str) -> tuple[dict[str, str], int]:
    """The `key,value` lines and the index of the line of column names."""
    header: dict[str, str] = {}
    for index, line in enumerate(lines):
        key, comma, value = line.partition(",")
        if key.strip() == _COLUMNS["distance"]:
            return header, index
        if line.strip():
            if not comma:
                raise SettingsError(f"{where}, line {index + 1}: expected 'key,value'")
            header[key.strip()] = value.strip()
        # A file of another kind is told early, not after megabytes.
        if index > 200:
            break
    raise SettingsError(
        f"{where}, line {min(len(lines), 201)}: no line of column names"
        f" (it starts with {_COLUMNS['distance']!r})"
    )


def _read_row(line: str, places: dict[str, int], count: int, where: str) -> Row:
    cells = line.split(",")
    if len(cells) != count:
        raise SettingsError(f"{where}: {len(cells)} values for {count} columns")
    values = {}
    for key, place in places.items():
        try:
            values[key] = float(cells[place])
        except ValueError:
            values[key] = math.nan
        if not math.isfinite(values[key]):
            shown = cells[place].strip()[:20]
            raise SettingsError(f"{where}: {_COLUMNS[key]} is {shown!r}, not a number")
    return Row(
        time_s=0.0,
        distance=values["distance"],
        sector=int(values["sector"]),
        speed=values["speed"],
        rpm=values["rpm"],
        throttle=values["throttle"],
        brake=values["brake"],
        steering=values["steering"],
        gear=int(values["gear"]),
        x=values["x"],
        z=values["z"],
    )


def _step_m(a: Row, b: Row) -> float:
    return math.hypot(b.x - a.x, b.z - a.z)


def _is_reachable(a: Row, b: Row, rows_between: int) -> bool:
    """Whether the car of *a* may have come to *b*."""
    speed = max(a.speed, b.speed) / 3.6
    return _step_m(a, b) <= speed * (_MAX_GAP_S + rows_between * ROW_S) + _JUMP_M


def _of_one_car(rows: list[Row]) -> list[Row]:
    """Without the rows of other cars: the longest unbroken piece and what joins it."""
    pieces: list[list[Row]] = []
    for row in rows:
        if pieces and _is_reachable(pieces[-1][-1], row, 0):
            pieces[-1].append(row)
        else:
            pieces.append([row])
    if not pieces:
        return []
    main = max(range(len(pieces)), key=lambda i: len(pieces[i]))
    kept = list(pieces[main])
    dropped = 0
    for piece in pieces[main + 1 :]:
        if _is_reachable(kept[-1], piece[0], dropped):
            kept.extend(piece)
            dropped = 0
        else:
            dropped += len(piece)
    dropped = 0
    for piece in reversed(pieces[:main]):
        if _is_reachable(piece[-1], kept[0], dropped):
            kept = [*piece, *kept]
            dropped = 0
        else:
            dropped += len(piece)
    return kept


def _with_time(rows: list[Row]) -> list[Row]:
    """Time from the way and the speed; rows that repeat a moving car are left out."""
    timed = [rows[0]]
    now = 0.0
    for row in rows[1:]:
        before = timed[-1]
        way = _step_m(before, row)
        speed = (before.speed + row.speed) / 7.2
        if speed > _STANDING:
            if way == 0:
                continue
            now += min(_MAX_GAP_S, way / speed)
        else:
            now += ROW_S
        timed.append(replace(row, time_s=now))
    return timed


def _with_distance(rows: list[Row]) -> list[Row]:
    """The distance, which stands still between updates, spread over the way driven."""
    ways = [0.0]
    for a, b in pairwise(rows):
        ways.append(ways[-1] + _step_m(a, b))
    # A row is exact where the distance has just changed.
    marks = [(ways[0], rows[0].distance)]
    for i in range(1, len(rows)):
        if rows[i].distance > marks[-1][1] and ways[i] > marks[-1][0]:
            marks.append((ways[i], rows[i].distance))
    smooth = []
    mark = 0
    for row, way in zip(rows, ways, strict=True):
        while mark + 1 < len(marks) and way >= marks[mark + 1][0]:
            mark += 1
        way0, distance0 = marks[mark]
        scale = 1.0  # past the last update the way itself is the best guess
        if mark + 1 < len(marks):
            way1, distance1 = marks[mark + 1]
            scale = (distance1 - distance0) / (way1 - way0)
        smooth.append(replace(row, distance=distance0 + (way - way0) * scale))
    return smooth


def _with_steering(rows: list[Row]) -> list[Row]:
    """Steering on a straight that was written a hundred times too large, put right."""
    mended = []
    for i, row in enumerate(rows):
        if abs(row.steering) >= _STRAY_STEERING:
            middle = max(min(i, len(rows) - 13), 12)
            points = (rows[min(j, len(rows) - 1)] for j in (middle - 12, middle, middle + 12))
            if abs(_turn(*points)) < _STRAIGHT:
                mended.append(replace(row, steering=row.steering / 100))
                continue
        mended.append(row)
    return mended


def _turn(a: Row, b: Row, c: Row) -> float:
    """The curvature of the path through three points, 1/m."""
    ab, bc, ca = _step_m(a, b), _step_m(b, c), _step_m(c, a)
    if min(ab, bc, ca) < 0.5:
        return math.inf  # a standing car may be steered to the stop
    cross = (b.x - a.x) * (c.z - a.z) - (b.z - a.z) * (c.x - a.x)
    return 2 * cross / (ab * bc * ca)


def _closed(
    header: dict[str, str], rows: list[Row], length: float | None, ends: list[float]
) -> RecordedLap:
    """The rows turned so that they begin at the line, with the time of one whole lap.

    The recorder notices the line late: its last rows are already in the next lap.
    """
    first, last = rows[0], rows[-1]
    over = [row for row in rows if length is not None and row.distance >= length]
    ahead = first.distance + (length or last.distance) - last.distance
    speed = max(_STANDING, (first.speed + last.speed) / 7.2)
    gap_s = min(_MAX_GAP_S, max(ROW_S, ahead / speed))
    lap_time = last.time_s + gap_s - first.time_s
    if not over or length is None or over[0] is first:
        moved = [replace(row, time_s=row.time_s - first.time_s) for row in rows]
        return RecordedLap(header, moved, lap_time, length, ends)
    before = rows[len(rows) - len(over) - 1]
    share = (length - before.distance) / (over[0].distance - before.distance)
    line_s = before.time_s + share * (over[0].time_s - before.time_s)
    begun = [
        replace(row, time_s=row.time_s - line_s, distance=row.distance - length, sector=0)
        for row in over
        # Where the recording laps itself, the first rows win.
        if row.distance - length < first.distance
    ]
    shift = lap_time - line_s
    rest = [replace(row, time_s=row.time_s + shift) for row in rows[: len(rows) - len(over)]]
    return RecordedLap(header, [*begun, *rest], lap_time, length, ends)


def _positive(header: dict[str, str], key: str, where: str) -> float | None:
    if key not in header:
        return None
    try:
        value = float(header[key])
    except ValueError:
        value = math.nan
    if not 0 < value <= 100_000:
        raise SettingsError(f"{where}: {key} is {header[key][:20]!r}, not a length in metres")
    return value


def _sector_ends(header: dict[str, str], where: str) -> list[float]:
    """The ends that the header names, or none of them when they do not rise."""
    ends: list[float] = []
    for number in range(1, 21):
        end = _positive(header, f"Sector{number}End [m]", where)
        if end is None or (ends and end <= ends[-1]):
            break
        ends.append(end)
    return ends
