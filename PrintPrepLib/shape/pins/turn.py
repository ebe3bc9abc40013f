"""How far a pin can still turn in its hole."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...mesh import FloatArray
from .kinds import Pin, PinShape, PinType
from .sections import Level, between, hole_levels, outline, pin_levels, segments_of, sides_of

COARSE_DEG = 0.5
"""Turns are first tried in steps of this, far below what any sensible play allows, then halved."""
HALVINGS = 26
"""Halvings of such a step: to 1e-8 degrees."""
TOUCHING_MM = 1e-9
"""Faces that come this near to each other touch: rounding alone parts them."""


@dataclass(frozen=True)
class TurnPlay:
    """Degrees, to each side, by which a pin can turn before it meets the wall of its hole.

    ``about_axis_deg`` with both axes in line; ``most_deg`` when it may also shift sideways as far as the hole lets it,
    by ``shift_mm`` along ``turn`` and across it.
    """

    about_axis_deg: float
    most_deg: float
    shift_mm: tuple[float, float]


def play_deg(pin: Pin) -> float | None:
    """Most degrees to each side that the pin can turn in its hole, shifting as it likes; None if it turns freely."""
    play = turn_play(pin)
    return None if play is None else play.most_deg


def turn_play(pin: Pin) -> TurnPlay | None:
    """Turning play of one pin by itself, from the flat faces of pin and hole; None where it turns all the way round.

    Seated all the way in. Both are straight between heights at which either has an edge, so these heights decide.

    Raises
    ------
    InputError
        The pin cannot be made.
    """
    if pin.kind is PinType.MAGNET or pin.shape is PinShape.ROUND:
        return None
    segments = segments_of(pin)
    pegs, holes = pin_levels(pin), hole_levels(pin)
    inside = {level.height_mm for level in (*pegs, *holes)}
    heights = sorted(z for z in inside if holes[0].height_mm <= z <= pegs[-1].height_mm)
    corners = [outline(_level_at(pegs, z), segments) for z in heights]
    walls = [_walls(_level_at(holes, z), segments) for z in heights]
    normals = np.concatenate([wall[:, :2] for wall in walls])

    def room(degrees: float) -> FloatArray:
        """How far the turned pin stays from each wall; negative where it passes through."""
        c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        turned = np.array([[c, -s], [s, c]])
        reach = [(wall[:, :2] @ turned @ ring.T).max(axis=1) for wall, ring in zip(walls, corners, strict=True)]
        return np.asarray(np.concatenate([wall[:, 2] for wall in walls]) - np.concatenate(reach))

    most = 30.0 if pin.shape is PinShape.HEXAGON else 180.0  # from here on it repeats
    about = _last(lambda degrees: bool((room(degrees) >= -TOUCHING_MM).all()), most)
    shifted = _last(lambda degrees: _best_shift(normals, room(degrees)) is not None, most)
    if about is None or shifted is None:
        return None
    shift = _best_shift(normals, room(shifted))
    return TurnPlay(about, max(about, shifted), (0.0, 0.0) if shift is None else shift)


def _last(fits: Callable[[float], bool], most: float) -> float | None:
    """Largest turn up to which every smaller one fits; None where all do."""
    low = 0.0
    while low < most and fits(min(low + COARSE_DEG, most)):
        low = min(low + COARSE_DEG, most)
    if low >= most:
        return None
    high = min(low + COARSE_DEG, most)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _best_shift(normals: FloatArray, room: FloatArray) -> tuple[float, float] | None:
    """Shift that leaves the most room at the tightest wall, None where even that one is passed through."""
    from scipy.optimize import linprog

    rows = np.column_stack([normals, np.ones(len(normals))])
    found = linprog([0.0, 0.0, -1.0], A_ub=rows, b_ub=room, bounds=[(None, None)] * 3, method="highs")
    if found.x is None or found.x[2] < -TOUCHING_MM:
        return None
    return float(found.x[0]), float(found.x[1])


def _walls(level: Level, segments: int) -> FloatArray:
    """Normal and distance from the axis of each side, (k, 3)."""
    sides = sides_of(level, segments)
    angle = 2.0 * math.pi * (np.array(sides) + 0.5) / segments
    out = np.stack([np.cos(angle), np.sin(angle), np.full(len(sides), level.apothem_mm)], axis=1)
    if sides[0] == segments:
        out[0] = (1.0, 0.0, level.flat_mm)
    return out


def _level_at(levels: tuple[Level, ...], height_mm: float) -> Level:
    for low, high in pairwise(levels):
        if low.height_mm <= height_mm <= high.height_mm:
            return between(low, high, (height_mm - low.height_mm) / (high.height_mm - low.height_mm))
    raise AssertionError("a height outside the pin was asked for")
