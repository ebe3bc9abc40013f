"""Where a model is thinner than wanted: measured at its vertices, and at more of them where triangles are long."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..analysis.thickness import without_lone_tips
from ..mesh import FloatArray, Mesh
from ..progress import Progress, part, silent
from ..spatial import index_of
from ..spatial.balls import grow_balls
from ..spatial.hollow_balls import with_hollow_edges
from ..spatial.proven_balls import PROVEN_SHARE, prove_balls
from ..spatial.walls import walls_of
from ..topology import edge_table
from .patch import Patch, crop, taken_out
from .refine import close_behind
from .rows import all_in_row, any_in_row

NEAR_LIMIT = 1.06
"""Walls thinner than this many limits get more vertices."""
EDGE_SHARES = (0.4, 0.8)
"""Long triangles of thin walls are split until no edge is longer than a share of the limit: the smaller one where that
makes no more than"""
FINE_TRIANGLES = 15_000
"""triangles, at most the larger one where more is thin."""
REACH_SHARE = 0.75
"""A vertex that was on a thin wall is found again within this share of the limit."""
NEAR_SHARE = 3.0
"""A patch reaches this many limits beyond what is measured: balls and their proof need what is round them."""
BLADE_SHARE = 0.01
"""At a sharp edge, where two faces meet at less than 80 degrees, the measure reads less than this share."""
LOOK_BEYOND = 1.25
"""Walls are measured up to this many times the limit."""

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Walls:
    """The walls of a mesh, measured.

    Attributes
    ----------
    patch : Patch
        What was measured: pieces of the model, with more vertices where thin walls had few.
    mesh : Mesh
        The same as a surface with borders.
    thickness_mm : (n,) float64
        Infinite beyond the largest that was sought.
    centers : (n, 3) float64
        Middle of the wall.
    at_edge : (n,) bool
        At the edge of a wall, where the vertex does not lie across from the wall's other side.
    limit_mm : float
        Below this a wall is thin.
    """

    patch: Patch
    mesh: Mesh
    thickness_mm: FloatArray
    centers: FloatArray
    at_edge: Bools
    limit_mm: float

    @cached_property
    def sharp(self) -> Bools:
        """Vertices on sharp edges beside which the wall is thick enough: nothing thin but the edge itself."""
        below = self.thickness_mm < self.limit_mm
        blade = self.thickness_mm < BLADE_SHARE * self.limit_mm
        edges = self.patch.edges
        beside = np.zeros(len(below), bool)
        thin_wall = below & ~blade
        for one, other in ((0, 1), (1, 0)):
            beside[edges[thin_wall[edges[:, other]], one]] = True
        return blade & ~beside

    @cached_property
    def thin(self) -> Bools:
        """Vertices where the wall is strictly below the limit; without sharp edges of thicker walls."""
        return (self.thickness_mm < self.limit_mm) & ~self.sharp

    @property
    def sharp_area_mm2(self) -> float:
        """Area round the vertices of sharp edges."""
        return float(self.vertex_areas_mm2[self.sharp].sum())

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
        """Smallest thickness away from sharp edges; infinite where none was found."""
        known = self.thickness_mm[np.isfinite(self.thickness_mm) & ~self.sharp]
        return float(known.min()) if len(known) else float("inf")

    @cached_property
    def places(self) -> npt.NDArray[np.int64]:
        """Number of the connected thin place of each vertex, (n,); -1 elsewhere."""
        out = np.full(len(self.mesh.vertices), -1, np.int64)
        members = np.flatnonzero(self.thin)
        if len(members):
            edges = _edges(self.mesh)
            edges = edges[all_in_row(self.thin[edges])]
            graph = coo_array((np.ones(len(edges), bool), (edges[:, 0], edges[:, 1])), shape=(len(out), len(out)))
            _, label = connected_components(graph, directed=False)
            out[members] = np.unique(label[members], return_inverse=True)[1]
        return out


def measure_walls(mesh: Mesh, limit_mm: float, progress: Progress = silent) -> Walls:
    """Measure the walls of a closed mesh up to a little more than the limit.

    Parameters
    ----------
    mesh : Mesh
        Closed, outward, no two vertices in one place.
    limit_mm : float
        Below this a wall is thin.

    Returns
    -------
    Walls
        Of the pieces of the model that hold every thin wall, with more vertices where thin walls had few.
    """
    thickness = _measured(mesh, mesh, limit_mm, part(progress, 0.0, 0.6))[0]
    low = thickness < NEAR_LIMIT * limit_mm
    marked = any_in_row(low[mesh.faces]) | close_behind(mesh, limit_mm, 2.0 * limit_mm, part(progress, 0.6, 0.7))
    patch = taken_out(mesh, marked, NEAR_SHARE * limit_mm)
    return _of_patch(mesh, patch, patch.marked, limit_mm, part(progress, 0.7, 1.0))


def measure_near(mesh: Mesh, limit_mm: float, near: FloatArray, progress: Progress = silent) -> Walls:
    """Measure the walls near places, (k, 3), of a closed mesh."""
    marked = crop(mesh, near, REACH_SHARE * limit_mm)
    patch = taken_out(mesh, marked, NEAR_SHARE * limit_mm)
    long = close_behind(mesh, limit_mm, 2.0 * EDGE_SHARES[1] * limit_mm, part(progress, 0.0, 0.2), only=marked)
    return _of_patch(mesh, patch, long[patch.taken], limit_mm, part(progress, 0.2, 1.0))


def _of_patch(mesh: Mesh, patch: Patch, split: Bools, limit: float, progress: Progress) -> Walls:
    """Measure at the marked triangles of a patch; elsewhere the walls read infinite."""
    area = float(Mesh(patch.vertices, patch.faces[split], "").face_areas_mm2().sum())
    patch = patch.refined(split, limit * float(np.clip(np.sqrt(2.0 * area / FINE_TRIANGLES) / limit, *EDGE_SHARES)))
    if not len(patch.faces):
        nothing = np.zeros(0)
        return Walls(patch, Mesh(patch.vertices, patch.faces, mesh.name), nothing, patch.vertices, nothing > 0.0, limit)
    piece = Mesh(patch.vertices, patch.faces, mesh.name)
    asked = np.zeros(len(patch.vertices), bool)
    asked[patch.faces[patch.marked]] = True
    thickness, centers, at_edge = _measured(piece, mesh, limit, progress, asked)
    return Walls(patch, piece, thickness, centers, at_edge, limit)


def _measured(
    mesh: Mesh, whole: Mesh, limit: float, progress: Progress, only: Bools | None = None
) -> tuple[FloatArray, FloatArray, Bools]:
    """Thickness, middle of the wall, and whether the vertex is at its edge: as ``wall_thickness`` has them."""
    largest = 0.5 * LOOK_BEYOND * limit
    walls = walls_of(mesh)
    balls = grow_balls(mesh, largest, part(progress, 0.0, 0.7), walls=walls, proven_share=PROVEN_SHARE, only=only)
    inside = index_of(whole).contains
    balls = prove_balls(mesh, balls, largest, inside, part(progress, 0.7, 1.0), outward=walls.outward)
    balls = with_hollow_edges(mesh, walls, balls, largest, inside)
    thickness, centers = without_lone_tips(mesh, balls)
    centers = np.where(np.isfinite(centers), centers, mesh.vertices)
    return np.where(np.isnan(thickness), np.inf, thickness), centers, balls.steps != 1


def _edges(mesh: Mesh) -> npt.NDArray[np.int64]:
    return edge_table(mesh).vertices
