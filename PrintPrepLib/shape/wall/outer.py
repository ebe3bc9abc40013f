"""The outer surface of a wall as the zero of a signed function of space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...field import Function, distance_inside
from ...mesh import FloatArray, Mesh
from ...spatial.index import SurfaceIndex
from .axis import EndAxis
from .fusion import Meeting
from .thickness import Thickness
from .tips import SurfaceGraph

SIDE_REACH = 2.0
"""A side of a gap is followed for this many walls and gaps along the lumen: farther, its wall reaches no gap."""


@dataclass(frozen=True)
class Flange:
    """A flat rim round an open end: how far it stands out beyond the wall, and how thick it is along the vessel."""

    width_mm: float
    thickness_mm: float


def wall_function(
    lumen: Mesh,
    thickness: Thickness,
    *,
    axes: Sequence[EndAxis] = (),
    flange: Flange | None = None,
    gaps: Sequence[Function] = (),
    least_mm: float = 0.0,
) -> Function:
    """Everything within the wall's thickness of the lumen, and the lumen itself: positive inside, 1-Lipschitz.

    Parameters
    ----------
    thickness : Thickness
    axes, flange
        Open ends, and the rim that they get.
    gaps : sequence of Function
        Positive where walls must stay apart; ``least_mm`` of wall stays even there.
    """
    inside = distance_inside(lumen)

    def value(points: FloatArray) -> FloatArray:
        distance = inside(points)
        # A varying thickness is no distance: divided by its steepest slope, plus one, the sum is a bound for one.
        out = (distance + thickness(points)) / (1.0 + thickness.slope)
        for gap in gaps:
            out = np.minimum(out, np.maximum(distance + least_mm, -gap(points)))
        if flange is not None:
            for axis in axes:
                out = np.maximum(out, _rim(points, distance, axis, flange, thickness.high))
        return np.asarray(out)

    return value


def _rim(points: FloatArray, distance: FloatArray, axis: EndAxis, flange: Flange, wall: float) -> FloatArray:
    along = (points - axis.point_mm) @ axis.direction
    reach = 2.0 * axis.radius_mm + wall + flange.width_mm - np.linalg.norm(points - axis.point_mm, axis=1)
    return np.asarray(np.minimum.reduce([distance + wall + flange.width_mm, along + flange.thickness_mm, reach]))


def gap_function(graph: SurfaceGraph, meeting: Meeting, wall_mm: float, keep_mm: float) -> Function | None:
    """The strip between two vessels that stays free: positive within half of its width of the middle between them.

    It ends where it leaves the place at which their walls would meet.

    None where both sides are one stretch of the surface, so that there is no middle between them.
    """
    lumen = graph.mesh
    reach = SIDE_REACH * (wall_mm + keep_mm)
    way = [graph.distance(side, reach) for side in meeting.sides]
    mine = [np.isfinite(way[0]) & (way[0] <= way[1]), np.isfinite(way[1]) & (way[1] < way[0])]
    if not mine[0].any() or not mine[1].any():
        return None
    first, second = (SurfaceIndex(lumen.submesh(np.asarray(side[lumen.faces].any(axis=1)))) for side in mine)
    limit = wall_mm + keep_mm

    def value(points: FloatArray) -> FloatArray:
        one = first.closest(points).distance_mm
        two = second.closest(points).distance_mm
        out = np.minimum.reduce([(keep_mm - np.abs(one - two)) / 2.0, limit - one, limit - two])
        return np.asarray(out)

    return value
