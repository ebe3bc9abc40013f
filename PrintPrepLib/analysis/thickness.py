"""Wall thickness at every vertex, and the width of the gaps between walls.

The thickness at a vertex is the diameter of the ball that grows inward from it until two sides of a wall hold it:
see :mod:`~PrintPrepLib.spatial.balls` for the method and its sources. A gap is measured in the same way in the air: the
ball grows outward.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

import numpy as np

from ..errors import GeometryError, InputError
from ..mesh import FloatArray, Mesh
from ..progress import Progress, part, silent
from ..receipt import plain
from ..spatial import exact_weld, index_of
from ..spatial.balls import Balls, grow_balls
from ..spatial.hollow_balls import with_hollow_edges
from ..spatial.proven_balls import PROVEN_SHARE, prove_balls
from ..spatial.walls import walls_of
from ..topology import edge_counts

MAX_MM = 10.0
"""Walls thicker than this are not told apart unless asked for: no process needs more."""
RAY_START_SHARE = 1e-6
"""Rays start this share of the longest that is sought below the surface, so as not to meet the triangle they leave."""


HISTOGRAM_BINS = 40
RIM_NEIGHBORS = 2
"""A sharp vertex with fewer sharp neighbors is a lone tip."""


class Side(Enum):
    """What is measured."""

    WALL = "wall"
    GAP = "gap"


class Method(Enum):
    """How it is measured."""

    BALL = "ball"
    RAY = "ray"


@dataclass(frozen=True)
class ThicknessSummary:
    """Figures of a whole mesh. Percentiles are by area; infinite where more than that is beyond ``max_mm``."""

    limit_mm: float | None
    min_mm: float
    p01_mm: float
    p05_mm: float
    median_mm: float
    area_below_cm2: float | None
    percent_below: float | None
    max_mm: float
    percent_beyond: float
    histogram_edges_mm: tuple[float, ...]
    histogram_area_percent: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; infinite figures become null."""
        out: dict[str, Any] = plain(asdict(self))
        return out


@dataclass(frozen=True, eq=False)
class Thickness:
    """Thickness of the walls (or width of the gaps) at the vertices of a mesh.

    Attributes
    ----------
    thickness_mm : (n,) float64
        Infinite where it is more than ``max_mm``, NaN at vertices that no triangle uses.
    max_mm : float
        What was sought at most.
    side : Side
        Walls or gaps.
    method : Method
        Balls, or rays along the normal.
    at_edge : (n,) bool
        Vertices at or near a convex edge or corner, where the ball had to go on before walls held it.
    centers_mm : (n, 3) float64
        Where the ball came to rest, LPS; for rays the middle between both walls.
    """

    thickness_mm: FloatArray
    max_mm: float
    side: Side
    method: Method
    at_edge: np.ndarray[tuple[int], np.dtype[np.bool_]]
    centers_mm: FloatArray

    def summary(self, mesh: Mesh, limit_mm: float | None = None) -> ThicknessSummary:
        """Figures of the whole mesh, weighted by the area that each vertex stands for."""
        area = vertex_areas(mesh)
        known = ~np.isnan(self.thickness_mm) & (area > 0.0)
        value, weight = self.thickness_mm[known], area[known]
        order = np.argsort(value, kind="stable")
        value, share = value[order], np.cumsum(weight[order])

        def at(percent: float) -> float:
            return float(value[min(int(np.searchsorted(share, share[-1] * percent / 100.0)), len(value) - 1)])

        below = None if limit_mm is None else float(weight[order][value < limit_mm].sum()) / 100.0
        edges = np.linspace(0.0, self.max_mm, HISTOGRAM_BINS + 1)
        counts, _ = np.histogram(value, edges, weights=weight[order])
        total = float(share[-1])
        return ThicknessSummary(
            limit_mm=limit_mm,
            min_mm=float(value[0]),
            p01_mm=at(1),
            p05_mm=at(5),
            median_mm=at(50),
            area_below_cm2=below,
            percent_below=None if below is None else 100.0 * 100.0 * below / total,
            max_mm=self.max_mm,
            percent_beyond=100.0 * float(weight[order][np.isinf(value)].sum()) / total,
            histogram_edges_mm=tuple(edges.tolist()),
            histogram_area_percent=tuple((100.0 * counts / total).tolist()),
        )

    def colored(self, mesh: Mesh) -> Mesh:
        """Return the mesh with the vertex scalar ``thickness_mm`` (``gap_mm`` for gaps), cut off at ``max_mm``."""
        values = np.where(np.isnan(self.thickness_mm), self.max_mm, np.minimum(self.thickness_mm, self.max_mm))
        return mesh.with_scalar(self.scalar_name, values)

    @property
    def scalar_name(self) -> str:
        """Name of the scalar in a colored mesh."""
        return "thickness_mm" if self.side is Side.WALL else "gap_mm"


def vertex_areas(mesh: Mesh) -> FloatArray:
    """Area that each vertex stands for, (n,) mm2: a third of each triangle round it."""
    third = np.repeat(mesh.face_areas_mm2() / 3.0, 3)
    return np.asarray(np.bincount(mesh.faces.ravel(), weights=third, minlength=len(mesh.vertices)), np.float64)


def wall_thickness(
    mesh: Mesh,
    *,
    max_mm: float = MAX_MM,
    side: Side = Side.WALL,
    method: Method = Method.BALL,
    progress: Progress = silent,
) -> Thickness:
    """Measure the thickness of the walls, or the width of the gaps, at every vertex.

    Parameters
    ----------
    mesh : Mesh
        Closed and outward for balls. Rays along the normal also serve for open shells.
    max_mm : float
        Thicker walls (wider gaps) are not sought: they read infinite.
    side : Side
        Walls, or gaps.
    method : Method
        Balls are safe: they never read more than fits. Rays are a second opinion: right on flat walls, too thick on
        oblique ones.

    Raises
    ------
    InputError
        ``max_mm`` is not positive.
    GeometryError
        The mesh is empty, or is not closed and balls were asked for.
    """
    if not max_mm > 0.0 or not np.isfinite(max_mm):
        raise InputError(f"The largest thickness to look for must be above zero, got {max_mm:g} mm.")
    if mesh.is_empty:
        raise GeometryError(f"The mesh '{mesh.name}' is empty: there is no wall to measure.")
    welded = exact_weld(mesh)
    if method is Method.BALL and edge_counts(welded).open_edges:
        raise GeometryError(
            "Wall thickness needs a closed surface: this one has open edges, so it has no inside. Repair it first, or "
            "measure along rays."
        )
    place = _places(mesh, welded)
    facing = welded if side is Side.WALL else welded.flipped()
    if method is Method.BALL:
        walls = walls_of(facing)
        balls = grow_balls(facing, max_mm / 2.0, part(progress, 0.0, 0.7), walls=walls, proven_share=PROVEN_SHARE)
        solid = index_of(welded)
        inside = solid.contains if side is Side.WALL else lambda points: ~solid.contains(points)
        balls = prove_balls(facing, balls, max_mm / 2.0, inside, part(progress, 0.7, 1.0), outward=walls.outward)
        if side is Side.WALL:
            balls = with_hollow_edges(facing, walls, balls, max_mm / 2.0, inside)
        return _of_balls(facing, balls, max_mm, side, place)
    return _of_rays(facing, max_mm, side, place, progress)


def _places(mesh: Mesh, welded: Mesh) -> np.ndarray[tuple[int], np.dtype[np.int64]] | None:
    """Vertex of the welded mesh for each of the given one; None where nothing was welded."""
    if welded is mesh or len(welded.vertices) == len(mesh.vertices):
        return None
    place = np.zeros(len(mesh.vertices), np.int64)
    place[mesh.faces.ravel()] = welded.faces.ravel()
    return place


def _of_balls(mesh: Mesh, balls: Balls, max_mm: float, side: Side, place: np.ndarray | None) -> Thickness:
    rows = slice(None) if place is None else place
    value, center = without_lone_tips(mesh, balls)
    return Thickness(value[rows], max_mm, side, Method.BALL, (balls.steps != 1)[rows], center[rows])


def without_lone_tips(mesh: Mesh, balls: Balls) -> tuple[FloatArray, FloatArray]:
    """Give a sharp tip that is no rim the ball of its thickest neighbor.

    At a rim the surface itself is as sharp as a blade and the thickness is nothing. A rim is a line of such vertices;
    a lone one is the tip of a spike, whose neighbors tell how thick it is, or noise.
    """
    value, center = 2.0 * balls.radius_mm, balls.centers
    blade = (balls.steps == 0) & (value == 0.0)
    if not blade.any():
        return value, center
    faces = mesh.faces[blade[mesh.faces].any(axis=1)].astype(np.int64)
    sides = np.concatenate([faces[:, (0, 1)], faces[:, (1, 2)], faces[:, (2, 0)]])
    sides = np.unique(np.concatenate([sides, sides[:, ::-1]]), axis=0)
    sides = sides[blade[sides[:, 0]]]
    along = np.bincount(sides[:, 0], weights=blade[sides[:, 1]], minlength=len(value))
    lone = sides[(along < RIM_NEIGHBORS)[sides[:, 0]] & ~np.isnan(value[sides[:, 1]])]
    lone = lone[np.lexsort((-value[lone[:, 1]], lone[:, 0]))]
    tip, first = np.unique(lone[:, 0], return_index=True)
    value, center = value.copy(), center.copy()
    value[tip], center[tip] = value[lone[first, 1]], center[lone[first, 1]]
    return value, center


def _of_rays(mesh: Mesh, max_mm: float, side: Side, place: np.ndarray | None, progress: Progress) -> Thickness:
    normal = mesh.vertex_normals()
    usable = np.flatnonzero(np.einsum("ij,ij->i", normal, normal) > 0.5)
    start = RAY_START_SHARE * max_mm
    inward = -normal[usable]
    hit, _ = index_of(mesh).first_hit(mesh.vertices[usable] + start * inward, inward, max_mm, part(progress, 0.0, 1.0))
    value, center = np.full(len(mesh.vertices), np.nan), np.full((len(mesh.vertices), 3), np.nan)
    value[usable] = hit + start
    center[usable] = mesh.vertices[usable] + 0.5 * value[usable, None] * inward
    rows = slice(None) if place is None else place
    return Thickness(value[rows], max_mm, side, Method.RAY, np.zeros(len(value), bool)[rows], center[rows])
