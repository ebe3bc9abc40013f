"""Plain holes for screws in the plate of a wall mount, beside the model, where a driver reaches them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...mesh import FloatArray
from .base import plate
from .keyhole import HEAD_SHARE, PLAY_MM

if TYPE_CHECKING:
    import manifold3d

COUNTERSINK_DEG = 90.0
"""Angle of the cone of countersunk screws: ISO 7046 and ISO 10642 (DIN 7991)."""
DRIVER_MM = 1.0
"""Beyond the head so much stays free of the model, all the way to the front: the shaft of a driver leans a little."""
DIRECTIONS_DEG = {2: (0.0, 180.0), 3: (90.0, 210.0, 330.0), 4: (45.0, 135.0, 225.0, 315.0)}
"""Where the holes lie as seen from the front, counter-clockwise from the right: two hold it level."""
STEP_MM = 0.5
_FACETS = 48


@dataclass(frozen=True)
class Screw:
    """Sizes in mm: ``hole`` lets the shaft through, ``head`` is the room of the head, ``sink`` the depth of its cone
    (0 for a pan head, which lies on the plate).
    """

    screw_mm: float
    hole_mm: float
    head_mm: float
    sink_mm: float
    wall_mm: float

    @property
    def plate_mm(self) -> float:
        """Least thickness of the plate: a wall below the cone, or two walls."""
        return max(self.sink_mm + self.wall_mm, 2.0 * self.wall_mm)

    @property
    def room_mm(self) -> float:
        """Radius round the middle that stays free of the model."""
        return 0.5 * self.head_mm + DRIVER_MM


def screw_for(screw_mm: float, wall_mm: float, countersunk: bool) -> Screw:
    """Sizes for a screw of a diameter."""
    hole, head = screw_mm + PLAY_MM, HEAD_SHARE * screw_mm + PLAY_MM
    sink = 0.5 * (head - hole) / float(np.tan(np.radians(0.5 * COUNTERSINK_DEG))) if countersunk else 0.0
    return Screw(screw_mm, hole, head, sink, wall_mm)


def screw_places(
    shadow: manifold3d.CrossSection, screw: Screw, center: FloatArray, upward: FloatArray, count: int
) -> list[FloatArray]:
    """Places (2,) round the center of mass, each as near to it as the model's shadow leaves it free.

    ``shadow`` is the model as seen from the front; ``upward`` up along the wall.
    """
    import manifold3d

    from ..cut.section import contains_2d

    taken = shadow.offset(screw.room_mm, manifold3d.JoinType.Round, 2.0, _FACETS)
    low, high = np.asarray(taken.bounds()).reshape(2, 2)
    reach = np.arange(0.0, float(np.linalg.norm(high - low)) + float(np.linalg.norm(center[:2] - low)) + 1.0, STEP_MM)
    right = np.array([upward[1], -upward[0]])
    out = []
    for angle in np.radians(DIRECTIONS_DEG[count]):
        way = center[:2] + reach[:, None] * (np.cos(angle) * right + np.sin(angle) * upward)
        free = ~contains_2d(taken, way)
        last = int(np.flatnonzero(~free).max(initial=-1)) + 1  # beyond all of the model, not in a gap of it
        out.append(np.asarray(way[min(last, len(way) - 1)]))
    return out


def tab(screw: Screw, at: FloatArray) -> manifold3d.CrossSection:
    """What the plate has to cover round a hole."""
    import manifold3d

    circle = manifold3d.CrossSection.circle(0.5 * screw.head_mm + screw.wall_mm, _FACETS)
    return circle.translate((float(at[0]), float(at[1])))


def screw_tool(screw: Screw, at: FloatArray, bottom: float, top: float) -> manifold3d.Manifold:
    """What is taken out of the plate between two heights, in the frame's coordinates; the head is on top."""
    import manifold3d

    place = (float(at[0]), float(at[1]))
    hole = plate(
        manifold3d.CrossSection.circle(0.5 * screw.hole_mm, _FACETS).translate(place), bottom - 1.0, top - bottom + 2.0
    )
    if not screw.sink_mm > 0.0:
        return hole
    over = 0.5  # the cone goes on beyond the face, so that no two faces lie in one plane
    slope = float(np.tan(np.radians(0.5 * COUNTERSINK_DEG)))
    wide = 0.5 * screw.head_mm + over * slope
    cone = manifold3d.Manifold.cylinder(screw.sink_mm + over, 0.5 * screw.hole_mm, wide, _FACETS)
    return hole + cone.translate((*place, top - screw.sink_mm))
