"""Flat faces of a cut: which triangles they are, their outline, and points inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...mesh import FloatArray, Mesh
from ...spatial import SurfaceIndex
from .plane import CutPlane, Disc, Rectangle

if TYPE_CHECKING:
    import manifold3d

IN_PLANE_SHARE = 1e-9
"""A corner belongs to a cut face when it lies nearer to the plane than this share of the model's size: booleans place
it there to some 1e-13 of the size."""
DISC_SEGMENTS = 256
"""Corners of the polygon that stands for a disc; its sides stay within a ten-thousandth of the radius."""

Bools = npt.NDArray[np.bool_]


def faces_in_plane(mesh: Mesh, plane: CutPlane, *, looking_up: bool) -> Bools:
    """Triangles (m,) that lie in a plane and look along its normal, or against it."""
    tolerance = IN_PLANE_SHARE * _scale(mesh, plane)
    near = np.abs(plane.distance(mesh.vertices)) <= tolerance
    rows = np.flatnonzero(near[mesh.faces[:, 0]])
    rows = rows[near[mesh.faces[rows, 1]] & near[mesh.faces[rows, 2]]]
    inside: Bools = np.zeros(len(mesh.faces), bool)
    if len(rows):
        local = plane.to_local(mesh.vertices[mesh.faces[rows]].reshape(-1, 3)).reshape(-1, 3, 3)
        u, v = local[:, 1, :2] - local[:, 0, :2], local[:, 2, :2] - local[:, 0, :2]
        turn = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
        inside[rows] = turn > 0.0 if looking_up else turn < 0.0
    return inside


def outline_of(mesh: Mesh, chosen: Bools, plane: CutPlane) -> manifold3d.CrossSection:
    """Outline of triangles that lie in a plane, in its local coordinates; empty where there is none."""
    import manifold3d

    faces = mesh.faces[chosen].astype(np.int64)
    if not len(faces):
        return manifold3d.CrossSection()
    sides = np.concatenate([faces[:, (0, 1)], faces[:, (1, 2)], faces[:, (2, 0)]])
    count = len(mesh.vertices)
    forth, back = sides[:, 0] * count + sides[:, 1], sides[:, 1] * count + sides[:, 0]
    border = sides[~np.isin(forth, back)]
    loops = [plane.to_local(mesh.vertices[loop])[:, :2] for loop in _loops(border)]
    # Both windings of a face give the same filled region.
    return manifold3d.CrossSection(loops, manifold3d.FillRule.EvenOdd)


def bound_outline(plane: CutPlane) -> manifold3d.CrossSection | None:
    """Outline of a plane's bound in its local coordinates; None where it is infinite."""
    import manifold3d

    if isinstance(plane.bound, Disc):
        return manifold3d.CrossSection.circle(plane.bound.radius_mm, DISC_SEGMENTS)
    if isinstance(plane.bound, Rectangle):
        return manifold3d.CrossSection.square((plane.bound.width_mm, plane.bound.height_mm), center=True)
    return None


def contains_2d(outline: manifold3d.CrossSection, points: FloatArray) -> Bools:
    """Which points (k, 2) lie inside an outline, its holes left out, (k,): by counting the edges to their right."""
    order = np.argsort(points[:, 1], kind="stable")
    x, y = points[order, 0], points[order, 1]
    inside = np.zeros(len(points), bool)
    for loop in outline.to_polygons():
        a = np.asarray(loop)
        b = np.roll(a, -1, axis=0)
        low, high = np.minimum(a[:, 1], b[:, 1]), np.maximum(a[:, 1], b[:, 1])
        # Points between both ends of an edge stand together in the order of their heights.
        begin, end = np.searchsorted(y, low, side="left"), np.searchsorted(y, high, side="left")
        slope = (b[:, 0] - a[:, 0]) / np.where(b[:, 1] == a[:, 1], 1.0, b[:, 1] - a[:, 1])
        for k in np.flatnonzero(end > begin).tolist():
            rows = slice(begin[k], end[k])
            inside[rows] ^= x[rows] < a[k, 0] + slope[k] * (y[rows] - a[k, 1])
    out = np.empty(len(points), bool)
    out[order] = inside
    return out


def edge_distance_2d(outline: manifold3d.CrossSection, points: FloatArray) -> FloatArray:
    """Distance (k,) of points (k, 2) from the outline's edges; infinite where there are none."""
    loops = [np.asarray(loop) for loop in outline.to_polygons()]
    if not loops or not len(points):
        return np.full(len(points), np.inf)
    first = np.cumsum([0] + [len(loop) for loop in loops])
    following = np.concatenate(
        [start + np.roll(np.arange(len(loop)), -1) for start, loop in zip(first[:-1], loops, strict=True)]
    )
    corners = np.concatenate(loops)
    start = np.arange(len(corners))
    # Each edge as a triangle without area: the index takes it for the segment that it is.
    edges = Mesh(_in_space(corners), np.stack([start, following, following], axis=1), "outline")
    return SurfaceIndex(edges).closest(_in_space(np.asarray(points, np.float64))).distance_mm


def _in_space(points: FloatArray) -> FloatArray:
    return np.column_stack([points, np.zeros(len(points))])


def centroid_2d(outline: manifold3d.CrossSection) -> FloatArray:
    """Middle (2,) of an outline's area."""
    area, moment = 0.0, np.zeros(2)
    for loop in outline.to_polygons():
        a, b = np.asarray(loop), np.roll(np.asarray(loop), -1, axis=0)
        turn = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
        area += 0.5 * float(turn.sum())
        moment += ((a + b) * turn[:, None]).sum(axis=0) / 6.0
    return moment / area


def inner_point(outline: manifold3d.CrossSection) -> FloatArray:
    """Return a point (2,) well inside a single connected outline."""
    low_x, low_y, high_x, high_y = outline.bounds()
    for cells in (16, 64, 256):
        x, y = np.meshgrid(
            *(np.linspace(low, high, cells + 2)[1:-1] for low, high in ((low_x, high_x), (low_y, high_y)))
        )
        grid = np.stack([x.ravel(), y.ravel()], axis=1)
        grid = grid[contains_2d(outline, grid)]
        if len(grid):
            return np.asarray(grid[edge_distance_2d(outline, grid).argmax()])
    # Thinner than any grid: the middle of a triangle that an ear of the outline makes.
    loop = np.asarray(outline.to_polygons()[0])
    middles = (loop + np.roll(loop, -1, axis=0) + np.roll(loop, -2, axis=0)) / 3.0
    inside = middles[contains_2d(outline, middles)]
    return np.asarray(inside[0] if len(inside) else loop.mean(axis=0))


def _scale(mesh: Mesh, plane: CutPlane) -> float:
    low, high = mesh.bounds
    return float(np.linalg.norm(high - low) + np.abs([low, high]).max() + np.abs(plane.point_mm).max())


def _loops(border: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    """Chain directed sides (k, 2) into closed loops."""
    following: dict[int, list[int]] = {}
    for start, stop in border.tolist():
        following.setdefault(start, []).append(stop)
    loops = []
    for start in list(following):
        while following.get(start):
            loop, here = [start], following[start].pop()
            while here != start and following.get(here):
                loop.append(here)
                here = following[here].pop()
            if here == start and len(loop) > 2:
                loops.append(np.array(loop, np.int64))
    return loops
