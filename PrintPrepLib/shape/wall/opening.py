"""Open one end: the lumen and the outer surface are cut by one plane, and a flat ring joins their two edges.

Only what lies beyond the plane and hangs together with the tip is taken away; whatever else the plane would meet stays.
Corners within some micrometers of the plane are set into it, so that no splinters come out; nothing else moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ...errors import GeometryError
from ...mesh import FloatArray, IntArray
from ..cut.plane import CutPlane

SNAP_MM = 0.005
"""Corners of the lumen nearer to the plane than this are set into it: half of what the lumen may deviate at an end."""
REACH_RADII = 6.0
"""What hangs together beyond the plane farther than this from the end is another part of the vessel, not its tip."""

Int64Array = npt.NDArray[np.int64]
Surface = tuple[FloatArray, IntArray]
"""Vertices and triangles."""


@dataclass(frozen=True, eq=False)
class CutSurface:
    """A surface without what lay beyond the plane, and its new edge.

    Attributes
    ----------
    vertices, faces
    loop : (k,) int64
        Vertices of the edge, in the order in which the kept triangles run along it.
    """

    vertices: FloatArray
    faces: IntArray
    loop: Int64Array


def cut_off(
    vertices: FloatArray, faces: IntArray, plane: CutPlane, tip_mm: FloatArray, reach_mm: float, snap_mm: float
) -> CutSurface | None:
    """Take away what lies beyond the plane and hangs together with the place nearest to the tip.

    Parameters
    ----------
    vertices, faces
        A closed surface, or one whose other ends are open already. Numbers of vertices stay; new ones come behind.
    reach_mm : float
        From the plane's point.

    Returns
    -------
    CutSurface or None
        None where that is more than a tip: it reaches too far, or its edge is not one ring.
    """
    height = plane.distance(vertices)
    beyond = np.zeros(len(vertices), bool)
    beyond[faces.ravel()] = True  # only corners that triangles use
    beyond &= height > snap_mm
    chosen = _with_tip(vertices, faces, beyond, tip_mm)
    if chosen is None or np.linalg.norm(vertices[chosen] - np.array(plane.point_mm), axis=1).max() > reach_mm:
        return None
    above = np.zeros(len(vertices), bool)
    above[chosen] = True
    touched = above[faces].any(axis=1)
    rest, mine = faces[~touched], faces[touched]
    near = np.unique(mine)
    near = near[~above[near] & (np.abs(height[near]) <= snap_mm)]
    moved = vertices.copy()
    moved[near] -= height[near, None] * np.array(plane.normal)
    sign = np.where(above, 1, -1).astype(np.int8)
    sign[near] = 0
    new_points, kept = _clip(moved, mine, sign, height)
    loop = _ring(np.concatenate([rest, kept]), np.union1d(kept, near))
    if loop is None or _stands_out(vertices, beyond & ~above, plane, moved[loop[loop < len(moved)]]):
        return None
    points = np.concatenate([moved, new_points])
    # What was computed is set into the plane to the last bit that doubles have.
    off = plane.distance(points[loop])
    points[loop] -= off[:, None] * np.array(plane.normal)
    return CutSurface(points, np.concatenate([rest, kept]).astype(np.int32), loop)


def _stands_out(vertices: FloatArray, others: npt.NDArray[np.bool_], plane: CutPlane, ring: FloatArray) -> bool:
    """Whether something else stands up beyond the plane right beside the ring, which would not be flat then."""
    if not len(ring) or not others.any():
        return False
    local = plane.to_local(vertices[others])
    edge = plane.to_local(ring)
    width = float(np.hypot(edge[:, 0], edge[:, 1]).max())
    return bool(((np.hypot(local[:, 0], local[:, 1]) <= width) & (local[:, 2] <= width)).any())


def _with_tip(
    vertices: FloatArray, faces: IntArray, beyond: npt.NDArray[np.bool_], tip_mm: FloatArray
) -> Int64Array | None:
    """Vertices beyond the plane that hang together with the one nearest to the tip."""
    candidates = np.flatnonzero(beyond)
    if not len(candidates):
        return None
    number = np.full(len(vertices), -1, np.int64)
    number[candidates] = np.arange(len(candidates))
    inside = number[faces[beyond[faces].any(axis=1)]]
    sides = np.concatenate([inside[:, (0, 1)], inside[:, (1, 2)], inside[:, (2, 0)]])
    sides = sides[(sides >= 0).all(axis=1)]
    n = len(candidates)
    graph = coo_array((np.ones(len(sides), bool), (sides[:, 0], sides[:, 1])), shape=(n, n))
    _, piece = connected_components(graph, directed=False)
    nearest = int(((vertices[candidates] - tip_mm) ** 2).sum(axis=1).argmin())
    return np.asarray(candidates[piece == piece[nearest]], np.int64)


def _clip(
    vertices: FloatArray, faces: IntArray, sign: npt.NDArray[np.int8], height: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Keep the part below of triangles that have a corner above: new points (k, 3), and triangles that use them."""
    of = sign[faces]
    crossing = (of > 0).any(axis=1) & (of < 0).any(axis=1)
    faces, of = faces[crossing], of[crossing]
    keys: dict[tuple[int, int], int] = {}
    points: list[FloatArray] = []

    def at(low: int, high: int) -> int:
        key = (min(low, high), max(low, high))
        if key not in keys:
            a, b = key
            share = height[a] / (height[a] - height[b])
            keys[key] = len(vertices) + len(points)
            points.append(vertices[a] + share * (vertices[b] - vertices[a]))
        return keys[key]

    out: list[tuple[int, int, int]] = []
    for face, signs in zip(faces.tolist(), of.tolist(), strict=True):
        corners: list[int] = []
        for k in range(3):
            here, there = face[k], face[(k + 1) % 3]
            if signs[k] <= 0:
                corners.append(here)
            if signs[k] * signs[(k + 1) % 3] < 0:
                corners.append(at(here, there))
        if len(corners) == 4:  # along the shorter diagonal
            place = [vertices[c] if c < len(vertices) else points[c - len(vertices)] for c in corners]
            if ((place[0] - place[2]) ** 2).sum() > ((place[1] - place[3]) ** 2).sum():
                corners = corners[1:] + corners[:1]
        out += [(corners[0], corners[k], corners[k + 1]) for k in range(1, len(corners) - 1)]
    return np.array(points).reshape(-1, 3), np.array(out, np.int32).reshape(-1, 3)


def _ring(faces: IntArray, rim: Int64Array) -> Int64Array | None:
    """The edge that the cut left, chained; None where it is not one ring."""
    some = np.isin(faces, rim).sum(axis=1) >= 2
    half = np.concatenate([faces[some][:, (0, 1)], faces[some][:, (1, 2)], faces[some][:, (2, 0)]])
    half = half[np.isin(half, rim).all(axis=1)].astype(np.int64)
    size = int(faces.max()) + 1
    key, twin = half[:, 0] * size + half[:, 1], half[:, 1] * size + half[:, 0]
    free = half[~np.isin(key, twin)]
    following = dict(zip(free[:, 0].tolist(), free[:, 1].tolist(), strict=True))
    if len(following) != len(free) or len(free) < 3:
        return None
    loop = [int(free[0, 0])]
    while len(loop) <= len(free):
        after = following.get(loop[-1])
        if after is None:
            return None
        if after == loop[0]:
            break
        loop.append(after)
    return np.array(loop, np.int64) if len(loop) == len(free) else None


def ring_between(outer: FloatArray, inner: Sequence[FloatArray]) -> IntArray:
    """Triangles of the flat ring between a loop (k, 2) and those within it: numbers into the outer, then the others.

    Parameters
    ----------
    outer : (k, 2) float64
        In the plane, counter-clockwise.
    inner : sequence of (j, 2) float64
        Clockwise.

    Raises
    ------
    GeometryError
        The loops do not lie within each other.
    """
    import manifold3d

    triangles = np.asarray(manifold3d.triangulate([outer, *inner]))
    corners = len(outer) + sum(map(len, inner))
    if len(triangles) != corners + 2 * len(inner) - 2:  # Euler: each hole adds a bridge, and so two triangles
        raise GeometryError("The end of the vessel could not be closed by a flat ring between lumen and outer surface.")
    return triangles.astype(np.int32)


def ring_of(
    outer: Surface, outer_loop: Int64Array, lumen: Surface, lumen_loops: Sequence[Int64Array], plane: CutPlane
) -> IntArray:
    """Triangles of the flat ring that joins the edge of the outer surface with those of the lumens, looking out.

    Numbers are those of the outer surface's vertices, and behind them those of the lumen's.
    """
    # The ring runs against the kept triangles of the outer surface; the lumen is turned over afterwards.
    edge = outer_loop[::-1]
    around = np.ascontiguousarray(plane.to_local(outer[0][edge])[:, :2])
    within = [np.ascontiguousarray(plane.to_local(lumen[0][loop])[:, :2]) for loop in lumen_loops]
    number = np.concatenate([edge, *(loop + len(outer[0]) for loop in lumen_loops)])
    return number[ring_between(around, within)].astype(np.int32)
