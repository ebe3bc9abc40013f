"""Where a model is thinner than wanted: measured at its vertices, and at more of them where triangles are long."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from ..mesh import FloatArray, Mesh
from ..progress import Progress, part, silent
from ..spatial.balls import Balls, grow_balls
from ..topology import edge_table
from .refine import close_behind, refined

EDGE_SHARE = 0.5
"""Long triangles of thin walls are split until no edge is longer than this share of the limit."""
NEAR_SHARE = 1.5
"""Added material ends within this share of the limit from the middle of the wall that it thickens."""
LOOK_BEYOND = 1.25
"""Walls are measured up to this many times the limit."""
POINT_SHARE = 1e-3
"""A ball with less than this share of the limit as diameter says that its vertex is sharp, not that a wall is thin
there: such a vertex takes the smallest thickness among its neighbors."""
COVER = 1.45
"""A ball covers a vertex that lies no farther from its center than this many radii: a sharp edge of a wall that is just
thick enough lies 1.41 radii from the middle. What stands out by less is no wall."""
_BALLS_ASKED = 24
_POINT_ROUNDS = 3
"""Neighbors of neighbors that a sharp vertex may ask: a speck of sharp vertices only stays without size."""

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Walls:
    """The walls of a mesh, measured.

    Attributes
    ----------
    mesh : Mesh
        What was measured: the model, with more vertices where thin walls had few.
    thickness_mm : (n,) float64
        Infinite beyond the largest that was sought.
    centers : (n, 3) float64
        Middle of the wall.
    at_edge : (n,) bool
        At the edge of a wall, where the vertex does not lie across from the wall's other side.
    limit_mm : float
        Below this a wall is thin.
    """

    mesh: Mesh
    thickness_mm: FloatArray
    centers: FloatArray
    at_edge: Bools
    limit_mm: float

    @cached_property
    def thin(self) -> Bools:
        """Vertices where the wall is strictly below the limit."""
        return self.thickness_mm < self.limit_mm

    @cached_property
    def vertex_areas_mm2(self) -> FloatArray:
        """A third of the triangles round each vertex, (n,)."""
        thirds = np.repeat(self.mesh.face_areas_mm2() / 3.0, 3)
        sums = np.bincount(self.mesh.faces.ravel(), weights=thirds, minlength=len(self.mesh.vertices))
        return np.asarray(sums, np.float64)

    @property
    def thin_area_mm2(self) -> float:
        """Area round the thin vertices."""
        return float(self.vertex_areas_mm2[self.thin].sum())

    @property
    def thinnest_mm(self) -> float:
        """Smallest thickness; infinite where nothing below the largest that was sought is found."""
        known = self.thickness_mm[np.isfinite(self.thickness_mm)]
        return float(known.min()) if len(known) else float("inf")

    @cached_property
    def places(self) -> npt.NDArray[np.int64]:
        """Number of the connected thin place of each vertex, (n,); -1 elsewhere."""
        out = np.full(len(self.mesh.vertices), -1, np.int64)
        members = np.flatnonzero(self.thin)
        if len(members):
            edges = _edges(self.mesh)
            edges = edges[self.thin[edges].all(axis=1)]
            graph = coo_array((np.ones(len(edges), bool), (edges[:, 0], edges[:, 1])), shape=(len(out), len(out)))
            _, label = connected_components(graph, directed=False)
            out[members] = np.unique(label[members], return_inverse=True)[1]
        return out


def measure_walls(mesh: Mesh, limit_mm: float, progress: Progress = silent) -> tuple[Walls, Mesh]:
    """Measure the walls of a closed mesh up to a little more than the limit.

    Parameters
    ----------
    mesh : Mesh
        Closed, outward, no two vertices in one place.
    limit_mm : float
        Below this a wall is thin.

    Returns
    -------
    walls : Walls
        Of the model, or of the pieces of it that hold every thin wall.
    fine : Mesh
        The whole model, with more vertices where thin walls had few.
    """
    largest = 0.5 * LOOK_BEYOND * limit_mm
    balls = grow_balls(mesh, largest, part(progress, 0.0, 0.5))
    low = np.isfinite(balls.radius_mm)
    near_wall = close_behind(mesh, limit_mm, 2.0 * limit_mm, part(progress, 0.5, 0.6))
    flagged = low[mesh.faces].any(axis=1) | near_wall
    if not flagged.any():
        thickness = 2.0 * np.where(np.isnan(balls.radius_mm), np.inf, balls.radius_mm)
        return Walls(mesh, thickness, mesh.vertices, np.zeros(len(low), bool), limit_mm), mesh
    fine = refined(mesh, flagged, EDGE_SHARE * limit_mm)
    if fine is mesh:
        return _judged(mesh, balls, limit_mm, None), mesh
    corners = mesh.faces[flagged]
    near = np.concatenate([mesh.vertices[np.unique(corners)], fine.vertices[len(mesh.vertices) :]])
    return measure_near(fine, limit_mm, near, part(progress, 0.6, 1.0), is_fine=True), fine


def measure_near(
    mesh: Mesh, limit_mm: float, near: FloatArray, progress: Progress = silent, *, is_fine: bool = False
) -> Walls:
    """Measure the walls near places, (k, 3); elsewhere they are known to be thick enough and read infinite."""
    reach = NEAR_SHARE * limit_mm
    fine = crop(mesh, near, reach + LOOK_BEYOND * limit_mm)[0]
    if not is_fine:
        split = close_behind(fine, limit_mm, 2.0 * EDGE_SHARE * limit_mm, part(progress, 0.0, 0.2))
        fine = refined(fine, split, EDGE_SHARE * limit_mm)
    return _judged(fine, grow_balls(fine, 0.5 * LOOK_BEYOND * limit_mm, part(progress, 0.2, 1.0)), limit_mm, near)


def _judged(mesh: Mesh, balls: Balls, limit: float, near: FloatArray | None) -> Walls:
    thickness = 2.0 * np.where(np.isnan(balls.radius_mm), np.inf, balls.radius_mm)
    centers = np.where(np.isfinite(balls.centers), balls.centers, mesh.vertices)
    if near is not None:
        distance, _ = cKDTree(near).query(mesh.vertices, distance_upper_bound=NEAR_SHARE * limit, workers=-1)
        thickness[np.isinf(distance)] = np.inf
    thickness, centers, sharp = _without_points(mesh, thickness, centers, limit)
    thickness, centers = _covered(mesh, thickness, centers, limit)
    return Walls(mesh, thickness, centers, (balls.steps != 1) | sharp, limit)


def crop(mesh: Mesh, near: FloatArray, reach_mm: float) -> tuple[Mesh, Bools]:
    """Return the triangles within reach of places (and some more), with the mask (m,) of those taken."""
    middle = mesh.triangles.mean(axis=1)
    arms = mesh.triangles - middle[:, None]
    size = np.sqrt(np.einsum("fkx,fkx->fk", arms, arms).max(axis=1))
    tree = cKDTree(near)
    usual = float(np.percentile(size, 99)) if len(size) else 0.0
    distance, _ = tree.query(middle, distance_upper_bound=reach_mm + usual, workers=-1)
    mask = distance <= reach_mm + size
    large = np.flatnonzero((size > usual) & ~mask)
    if len(large):
        distance, _ = tree.query(middle[large], workers=-1)
        mask[large] = distance <= reach_mm + size[large]
    return mesh.submesh(mask), mask


def _covered(mesh: Mesh, thickness: FloatArray, centers: FloatArray, limit: float) -> tuple[FloatArray, FloatArray]:
    """Give a thin vertex the ball of another one that fits in the solid, is large enough, and covers it.

    That is the local thickness of Hildebrand and Rueegsegger 1997 (doi:10.1046/j.1365-2818.1997.1340694.x): a facet of
    a rounded rim, on which a tangent ball is small, is no thin wall.
    """
    thin = np.flatnonzero(thickness < limit)
    good = np.flatnonzero((thickness >= limit) & np.isfinite(thickness))
    if not len(thin) or not len(good):
        return thickness, centers
    points = mesh.vertices[thin]
    count = min(_BALLS_ASKED, len(good))
    distance, near = cKDTree(centers[good]).query(
        points, k=count, distance_upper_bound=0.5 * COVER * LOOK_BEYOND * limit, workers=-1
    )
    distance, near = np.asarray(distance).reshape(len(thin), -1), np.asarray(near).reshape(len(thin), -1)
    ball = good[np.where(np.isfinite(distance), near, 0)]
    covers = distance <= 0.5 * COVER * thickness[ball]
    first = covers.argmax(axis=1)
    rows = np.flatnonzero(covers.any(axis=1))
    thickness, centers = thickness.copy(), centers.copy()
    source = ball[rows, first[rows]]
    thickness[thin[rows]], centers[thin[rows]] = thickness[source], centers[source]
    return thickness, centers


def _without_points(
    mesh: Mesh, thickness: FloatArray, centers: FloatArray, limit: float
) -> tuple[FloatArray, FloatArray, Bools]:
    """Give sharp vertices, whose ball has no size, the thickness of the thinnest wall beside them."""
    sharp = thickness < POINT_SHARE * limit
    if not sharp.any():
        return thickness, centers, sharp
    edges = _edges(mesh)
    edges = edges[sharp[edges].any(axis=1)]
    edges = np.concatenate([edges, edges[:, ::-1]])
    thickness, centers = thickness.copy(), centers.copy()
    left = sharp.copy()
    for _ in range(_POINT_ROUNDS):
        ask = edges[left[edges[:, 0]] & ~left[edges[:, 1]]]
        if not len(ask):
            break
        order = np.lexsort((thickness[ask[:, 1]], ask[:, 0]))
        ask = ask[order]
        vertex, first = np.unique(ask[:, 0], return_index=True)
        source = ask[first, 1]
        thickness[vertex] = thickness[source]
        # The ball of the wanted size round this center covers the vertex, and no more than it must.
        arm = centers[source] - mesh.vertices[vertex]
        length = np.maximum(np.linalg.norm(arm, axis=1, keepdims=True), np.finfo(float).tiny)
        centers[vertex] = mesh.vertices[vertex] + arm * np.minimum(1.0, 0.35 * limit / length)
        left[vertex] = False
    return thickness, centers, sharp


def _edges(mesh: Mesh) -> npt.NDArray[np.int64]:
    return edge_table(mesh).vertices
