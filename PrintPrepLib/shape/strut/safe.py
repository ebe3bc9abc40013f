"""Whether a strut between two points is safe: through air only, clear of other parts and of what is protected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from ...mesh import FloatArray
from ...spatial import index_of
from .column import FEET_SHARE, Column, Point
from .keepout import Keepout
from .pieces import Piece
from .seat import seat_of

FILLET_SHARES = (1.0, 0.5, 0.0)
"""Fillets that are tried, the full one first: a narrow part may have room for a smaller foot only."""
STEP_SHARE = 0.25
"""Sections of a strut are looked at this share of its radius apart."""
COVER_SHARE = 0.19
"""No point of a strut is farther from those that are looked at than this share of its radius: half a step along, half a
step of 24 round (0.13), together."""
LEAST_STAND = 0.5
"""A foot's surface is looked for from at least this many foot radii above, where the strut is that long."""


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
    found: Strut | Obstacle = Obstacle.SEAT
    for share in FILLET_SHARES:
        fillet = min(share * fillet_mm, FEET_SHARE * length)
        if share < 1.0 and fillet == min(fillet_mm, FEET_SHARE * length):
            continue
        column = Column(_point(start), _point(end), diameter_mm, fillet)
        found = _judged(site, first, second, column)
        if isinstance(found, Strut):
            return found
    return found


def _judged(site: Site, first: int, second: int, column: Column) -> Strut | Obstacle:
    length, axis, foot = column.length_mm, column.axis, column.foot_radius_mm
    step = STEP_SHARE * 0.5 * column.diameter_mm
    free = (column.fillet_mm, length - column.fillet_mm)
    along = np.linspace(*free, max(int((free[1] - free[0]) / step), 1) + 1)[1:-1]
    line = np.asarray(column.start_mm) + along[:, None] * axis
    if len(line) and _blocked(site, first, second, line):
        return Obstacle.OWN
    stand = min(max(column.fillet_mm, LEAST_STAND * foot), 0.5 * length)
    seats = []
    for piece, at, inward in ((first, column.start_mm, -axis), (second, column.end_mm, axis)):
        seat = seat_of(index_of(site.pieces[piece].mesh), np.asarray(at), inward, foot, stand)
        if seat is None:
            return Obstacle.SEAT
        seats.append(seat)
    column = replace(column, sunk_mm=(seats[0].sunk_mm, seats[1].sunk_mm))
    points, at = column.points(-column.sunk_mm[0], length + column.sunk_mm[1], step)
    if not site.keepout.is_empty and (site.keepout.room_mm(points) < COVER_SHARE * foot).any():
        return Obstacle.PROTECTED
    middle = points[(at > free[0]) & (at < free[1])]
    if len(middle) and _blocked(site, first, second, middle):
        return Obstacle.OWN
    if _too_near(site, first, second, points, site.clearance_mm + COVER_SHARE * foot):
        return Obstacle.OTHER
    return Strut(first, second, column, (seats[0].bite_mm, seats[1].bite_mm))


def _blocked(site: Site, first: int, second: int, points: FloatArray) -> bool:
    """Whether points of the waist lie in one of the two parts."""
    return any(bool(_inside(site.pieces[k], points).any()) for k in {first, second})


def _inside(piece: Piece, points: FloatArray) -> FloatArray:
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
