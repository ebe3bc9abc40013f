"""Whether a strut between two points is safe: through air only, clear of other parts and of what is protected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from ...mesh import FloatArray
from ...spatial import index_of
from .column import FEET_SHARE, Column, Point
from .keepout import Keepout
from .pieces import Piece
from .seat import Seat, seat_of

FILLET_SHARES = (1.0, 0.5, 0.0)
"""Fillets that are tried, the full one first: a narrow part may have room for a smaller foot only."""
STEP_SHARE = 0.25
"""Sections of a strut are looked at this share of its radius apart."""
COVER_SHARE = 0.19
"""No point of a strut is farther from those that are looked at than this share of its radius: half a step along, half a
step of 24 round (0.13), together."""
LEAST_STAND = 0.5
"""A foot's surface is looked for from at least this many foot radii above, where the strut is that long."""


ON_SURFACE_MM = 1e-3
"""The line between two points on surfaces is asked for this much off its ends: nearer, rounding decides."""


class Obstacle(Enum):
    """Why a way is not taken."""

    PROTECTED = "pass through what is protected, or too near to it"
    OTHER = "come too near to another part"
    OWN = "pass through a part itself"
    SEAT = "find no seat: the part is too small, too thin or too steep there for the foot"
    LONG = "are longer than allowed"


@dataclass(frozen=True, eq=False)
class Site:
    """What struts are judged against: the parts, the air that must stay, what is protected."""

    pieces: Sequence[Piece]
    keepout: Keepout
    clearance_mm: float
    max_length_mm: float = np.inf


@dataclass(frozen=True)
class Strut:
    """A safe strut: between which parts (their places in the list), its column, and how deep it bites, mm."""

    first: int
    second: int
    column: Column
    bites_mm: tuple[float, float]


def judge(
    site: Site, first: int, second: int, start: FloatArray, end: FloatArray, diameter_mm: float, fillet_mm: float
) -> Strut | Obstacle:
    """Make the strut between two points on two parts, or say what is in its way."""
    length = float(np.linalg.norm(end - start))
    if length > site.max_length_mm:
        return Obstacle.LONG
    if not length > 0.0:
        return Obstacle.SEAT
    axis = (end - start) / length
    line = start + np.linspace(0.0, 1.0, int(length / (STEP_SHARE * diameter_mm)) + 3)[1:-1, None] * (end - start)
    line = line[np.abs(np.linalg.norm(line - start, axis=1) - 0.5 * length) < 0.5 * length - ON_SURFACE_MM]
    if _blocked(site, first, second, line):
        return Obstacle.OWN
    found: Strut | Obstacle = Obstacle.SEAT
    for most in (fillet_mm, 0.0):  # feet that are in the way of something are tried without a fillet
        feet = []
        for piece, at, inward in ((first, start, -axis), (second, end, axis)):
            foot = _foot(site.pieces[piece], at, inward, diameter_mm, min(most, FEET_SHARE * length), length)
            if foot is None:
                return Obstacle.SEAT
            feet.append(foot)
        (fillet, seat), (fillet2, seat2) = feet
        sunk = (seat.sunk_mm, seat2.sunk_mm)
        column = Column(_point(start), _point(end), diameter_mm, (fillet, fillet2), sunk)
        found = _in_air(site, first, second, column, (seat.bite_mm, seat2.bite_mm))
        if isinstance(found, Strut):
            break
    return found


def _foot(
    piece: Piece, at: FloatArray, inward: FloatArray, diameter_mm: float, fillet_mm: float, length_mm: float
) -> tuple[float, Seat] | None:
    """The widest foot that finds a seat: its fillet and its seat."""
    for share in FILLET_SHARES if fillet_mm > 0.0 else (0.0,):
        fillet = share * fillet_mm
        radius = 0.5 * diameter_mm + fillet
        stand = min(max(fillet, LEAST_STAND * radius), 0.5 * length_mm)
        seat = seat_of(index_of(piece.mesh), at, inward, radius, stand)
        if seat is not None:
            return fillet, seat
    return None


def _in_air(site: Site, first: int, second: int, column: Column, bites: tuple[float, float]) -> Strut | Obstacle:
    length, widest = column.length_mm, max(column.feet_mm)
    step = STEP_SHARE * 0.5 * column.diameter_mm
    points, distance = column.points(-column.sunk_mm[0], length + column.sunk_mm[1], step)
    if not site.keepout.is_empty and (site.keepout.room_mm(points) < COVER_SHARE * widest).any():
        return Obstacle.PROTECTED
    middle = points[(distance > column.fillets_mm[0]) & (distance < length - column.fillets_mm[1])]
    ends = min(max(column.feet_mm), 0.5 * length)  # beside a foot without a fillet the surface may rise
    middle = points[(distance > ends) & (distance < length - ends)] if 0.0 in column.fillets_mm else middle
    if len(middle) and _blocked(site, first, second, middle):
        return Obstacle.OWN
    if _too_near(site, first, second, points, site.clearance_mm + COVER_SHARE * widest):
        return Obstacle.OTHER
    return Strut(first, second, column, bites)


def _blocked(site: Site, first: int, second: int, points: FloatArray) -> bool:
    """Whether points of the waist lie in one of the two parts."""
    return any(bool(_inside(site.pieces[k], points).any()) for k in {first, second})


def _inside(piece: Piece, points: FloatArray) -> npt.NDArray[np.bool_]:
    low, high = piece.mesh.bounds
    near = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))
    out = np.zeros(len(points), bool)
    if len(near):
        out[near] = index_of(piece.mesh).contains(points[near])
    return out


def _too_near(site: Site, first: int, second: int, points: FloatArray, distance_mm: float) -> bool:
    low, high = points.min(axis=0) - distance_mm, points.max(axis=0) + distance_mm
    for k, piece in enumerate(site.pieces):
        box = piece.mesh.bounds
        if k in (first, second) or (box[0] > high).any() or (box[1] < low).any():
            continue
        index = index_of(piece.mesh)
        if np.isfinite(index.closest(points, distance_mm).distance_mm).any() or index.contains(points[:1])[0]:
            return True
    return False


def _point(at: FloatArray) -> Point:
    x, y, z = (float(value) for value in at)
    return x, y, z
