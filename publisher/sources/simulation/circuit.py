"""The invented circuit: a closed centreline of straights and arcs, sampled at a fixed step."""

import math
from dataclasses import dataclass
from functools import cache

STEP_M = 4.0
"""About one sample every 0.06 s at racing speed; finer steps change no lap time visibly."""

# Corners as (x, z, radius) in metres, driven clockwise with z up. The first straight, from the
# last corner to the first, is the main one.
_CORNERS = (
    (720.0, 0.0, 24.0),
    (560.0, -215.0, 62.0),
    (880.0, -330.0, 95.0),
    (1010.0, -640.0, 46.0),
    (640.0, -700.0, 150.0),
    (420.0, -560.0, 70.0),
    (130.0, -800.0, 34.0),
    (-180.0, -690.0, 55.0),
    (-330.0, -860.0, 30.0),
    (-700.0, -620.0, 130.0),
    (-560.0, -330.0, 40.0),
    (-760.0, -190.0, 36.0),
    (-690.0, 0.0, 60.0),
)
_LINE_BEFORE_FIRST_CORNER_M = 420.0

PIT_ENTRY_BEFORE_LINE_M = 330.0
PIT_EXIT_AFTER_LINE_M = 290.0
PIT_BOX_AFTER_LINE_M = 70.0
PIT_LANE_OFFSET_M = 14.0

# A car turns in over some metres; a radius that begins at once would jerk the wheel.
_TURN_IN_M = 24.0


@dataclass(frozen=True, slots=True)
class Circuit:
    """The centreline by index: index ``i`` is ``i * step_m`` metres past the line.

    Attributes:
        curvature: 1/m, positive where the track turns right.
        heading: Radians, counter-clockwise from the x axis.
    """

    length_m: float
    step_m: float
    x: list[float]
    z: list[float]
    heading: list[float]
    curvature: list[float]
    sector_ends_m: tuple[float, ...]

    @property
    def pit_entry_m(self) -> float:
        """Where the pit lane begins, metres past the line."""
        return self.length_m - PIT_ENTRY_BEFORE_LINE_M

    def is_pit_lane(self, distance_m: float) -> bool:
        """Whether a car in the pits would be in the lane here."""
        return distance_m >= self.pit_entry_m or distance_m <= PIT_EXIT_AFTER_LINE_M


@dataclass(frozen=True, slots=True)
class _Piece:
    """A straight or an arc."""

    length_m: float
    x: float
    z: float
    heading: float
    curvature: float

    def at(self, distance_m: float) -> tuple[float, float, float]:
        """x, z and heading so far into the piece."""
        if self.curvature == 0.0:
            x = self.x + distance_m * math.cos(self.heading)
            z = self.z + distance_m * math.sin(self.heading)
            return x, z, self.heading
        # Right turns have positive curvature and a falling heading.
        heading = self.heading - self.curvature * distance_m
        x = self.x - (math.sin(heading) - math.sin(self.heading)) / self.curvature
        z = self.z + (math.cos(heading) - math.cos(self.heading)) / self.curvature
        return x, z, heading


@cache
def build_circuit() -> Circuit:
    """The one circuit of the simulation."""
    pieces = _pieces()
    length = sum(piece.length_m for piece in pieces)
    count = round(length / STEP_M)
    step = length / count
    start = pieces[0].length_m - _LINE_BEFORE_FIRST_CORNER_M
    points = []
    number, begin = 0, 0.0
    for i in range(count):
        distance = start + i * step
        while distance >= begin + pieces[number % len(pieces)].length_m:
            begin += pieces[number % len(pieces)].length_m
            number += 1
        piece = pieces[number % len(pieces)]
        points.append((*piece.at(distance - begin), piece.curvature))
    return Circuit(
        length_m=length,
        step_m=step,
        x=[point[0] for point in points],
        z=[point[1] for point in points],
        heading=[point[2] for point in points],
        curvature=_smooth([point[3] for point in points], round(_TURN_IN_M / step)),
        sector_ends_m=(round(length * 0.31, 1), round(length * 0.67, 1), length),
    )


def _pieces() -> list[_Piece]:
    """Straights and arcs in driving order, the main straight first."""
    arcs = [_arc(i) for i in range(len(_CORNERS))]
    pieces = []
    previous_end = arcs[-1][1]
    for arc, end in arcs:
        length = math.dist(previous_end, (arc.x, arc.z))
        pieces.append(_Piece(length, *previous_end, arc.heading, 0.0))
        pieces.append(arc)
        previous_end = end
    return pieces


def _arc(number: int) -> tuple[_Piece, tuple[float, float]]:
    """The arc that rounds off corner *number*, and where it ends."""
    x0, z0, _ = _CORNERS[number - 1]
    x1, z1, radius = _CORNERS[number]
    x2, z2, _ = _CORNERS[(number + 1) % len(_CORNERS)]
    heading_in = math.atan2(z1 - z0, x1 - x0)
    heading_out = math.atan2(z2 - z1, x2 - x1)
    turn = math.remainder(heading_out - heading_in, math.tau)
    tangent = radius * math.tan(abs(turn) / 2)
    start = (x1 - tangent * math.cos(heading_in), z1 - tangent * math.sin(heading_in))
    end = (x1 + tangent * math.cos(heading_out), z1 + tangent * math.sin(heading_out))
    curvature = math.copysign(1 / radius, -turn)
    return _Piece(radius * abs(turn), *start, heading_in, curvature), end


def _smooth(values: list[float], width: int) -> list[float]:
    """The closed moving average over *width* samples either side."""
    count = len(values)
    span = 2 * width + 1
    total = sum(values[i % count] for i in range(-width, width + 1))
    result = []
    for i in range(count):
        result.append(total / span)
        total += values[(i + width + 1) % count] - values[i - width]
    return result
