"""Where the jaws of a caliper come to rest: broad places give the same figure twice, points do not."""

from __future__ import annotations

from enum import Enum

import numpy as np

from ..mesh import FloatArray, Mesh

REACH_MM = 3.0
"""How far from the touching point a jaw still finds something to rest on: half the width of a usual caliper's jaw."""
DEPTH_MM = 0.2
"""Surface so little below the touching point still carries the jaw: as much as a print of fine layers may be off."""
BROAD_MM2 = 4.0
"""From so much surface a jaw rests without marking or bending the print. Ours: the tip of a ball of 6 mm."""
POINT_MM2 = 1.0
"""Less surface than this is a point or an edge: the jaw slips, or the tip gives way. Ours."""
_PIECES = 6
"""Each side of a triangle is divided by this, so that large triangles count with the share that is near."""


class Landing(Enum):
    """What a caliper jaw finds where it touches."""

    BROAD = "broad"
    SMALL = "small"
    POINT = "point"


def landing_mm2(mesh: Mesh, at_mm: FloatArray, outward: FloatArray) -> float:
    """Surface within reach of a jaw that touches at a place and moves against ``outward`` (unit vector), mm2."""
    corners = mesh.vertices[mesh.faces] - np.asarray(at_mm, np.float64)
    near = ((corners.min(axis=1) <= REACH_MM) & (corners.max(axis=1) >= -REACH_MM)).all(axis=1)
    if not near.any():
        return 0.0
    corners = corners[near]
    share = mesh.face_areas_mm2()[near] / _PIECES**2
    points = np.einsum("qk,mkc->mqc", _middles(), corners)
    depth = -(points @ np.asarray(outward, np.float64))
    reached = (np.abs(depth) <= DEPTH_MM) & (np.einsum("mqc,mqc->mq", points, points) <= REACH_MM**2)
    return float((reached.sum(axis=1) * share).sum())


def landing_of(area_mm2: float) -> Landing:
    """Say what so much surface is for a jaw."""
    if area_mm2 >= BROAD_MM2:
        return Landing.BROAD
    return Landing.SMALL if area_mm2 >= POINT_MM2 else Landing.POINT


def _middles() -> FloatArray:
    """Barycentric middles (n*n, 3) of the equal small triangles of a triangle with divided sides."""
    n = _PIECES
    upright = [(i + 1 / 3, j + 1 / 3) for i in range(n) for j in range(n - i)]
    turned = [(i + 2 / 3, j + 2 / 3) for i in range(n - 1) for j in range(n - 1 - i)]
    uv = np.array(upright + turned) / n
    return np.column_stack([uv, 1.0 - uv.sum(axis=1)])
