"""Wall thickness at every vertex, and the width of the gaps between walls.

The thickness at a vertex is the diameter of the ball that grows inward from it until two sides of a wall hold it:
see :mod:`~PrintPrepLib.spatial.balls` for the method and its sources. A gap is measured in the same way in the air: the
ball grows outward.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from ..errors import GeometryError, InputError
from ..mesh import FloatArray, Mesh
from ..progress import Progress, part, silent
from ..receipt import measure_mesh
from ..spatial import exact_weld, index_of
from ..spatial.balls import Balls, grow_balls

MAX_MM = 10.0
"""Walls thicker than this are not told apart unless asked for: no process needs more."""
RAY_START_SHARE = 1e-6
"""Rays start this share of the longest that is sought below the surface, so as not to meet the triangle they leave."""


class Side(Enum):
    """What is measured."""

    WALL = "wall"
    GAP = "gap"


class Method(Enum):
    """How it is measured."""

    BALL = "ball"
    RAY = "ray"


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

    def colored(self, mesh: Mesh) -> Mesh:
        """Return the mesh with the vertex scalar ``thickness_mm`` (``gap_mm`` for gaps), cut off at ``max_mm``."""
        values = np.where(np.isnan(self.thickness_mm), self.max_mm, np.minimum(self.thickness_mm, self.max_mm))
        return mesh.with_scalar("thickness_mm" if self.side is Side.WALL else "gap_mm", values)


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
    if method is Method.BALL and measure_mesh(welded).open_edges:
        raise GeometryError(
            "Wall thickness needs a closed surface: this one has open edges, so it has no inside. Repair it first, or "
            "measure along rays."
        )
    place = _places(mesh, welded)
    facing = welded if side is Side.WALL else welded.flipped()
    if method is Method.BALL:
        balls = grow_balls(facing, max_mm / 2.0, progress)
        return _of_balls(balls, max_mm, side, place)
    return _of_rays(facing, max_mm, side, place, progress)


def _places(mesh: Mesh, welded: Mesh) -> np.ndarray[tuple[int], np.dtype[np.int64]] | None:
    """Vertex of the welded mesh for each of the given one; None where nothing was welded."""
    if welded is mesh or len(welded.vertices) == len(mesh.vertices):
        return None
    place = np.zeros(len(mesh.vertices), np.int64)
    place[mesh.faces.ravel()] = welded.faces.ravel()
    return place


def _of_balls(balls: Balls, max_mm: float, side: Side, place: np.ndarray | None) -> Thickness:
    rows = slice(None) if place is None else place
    return Thickness(
        2.0 * balls.radius_mm[rows], max_mm, side, Method.BALL, (balls.steps != 1)[rows], balls.centers[rows]
    )


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
