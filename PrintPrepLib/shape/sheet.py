"""A sheet of centers with a radius at each: the middle of narrow gaps; what balls sweep there must stay free."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, Mesh
from ..progress import Progress, silent
from ..spatial import SurfaceIndex

Int64Array = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

STRETCH = 1.5
"""A triangle of centers may be longer than its triangle of the surface by this factor, plus a share of the reach:
where it is longer, its corners lie in different walls."""


@dataclass(frozen=True, eq=False)
class Swept:
    """Where points stand to a swept solid.

    Attributes
    ----------
    value : (k,) float64
        Distance, negative inside; infinite where nothing was near.
    near : (k,) bool
        The sheet is within the reach that was asked for.
    corners, weights : (k, 3)
        The three centers round the nearest place of the sheet, and their share in it.
    places : (k, 3) float64
        That place; NaN where nothing was near.
    """

    value: FloatArray
    near: Bools
    corners: Int64Array
    weights: FloatArray
    places: FloatArray

    def of(self, values: FloatArray) -> FloatArray:
        """Values (n,) or (n, x) of the centers, as they are at the nearest places."""
        return np.asarray(np.einsum("ki,ki...->k...", self.weights, values[self.corners]))


@dataclass(frozen=True, eq=False)
class Sheet:
    """Centers (n, 3), their radius (n,), and triangles (m, 3) of them; a corner may stand in a triangle twice."""

    centers: FloatArray
    radius: FloatArray
    triangles: npt.NDArray[np.int32]

    @cached_property
    def index(self) -> SurfaceIndex:
        """Index of the triangles."""
        return SurfaceIndex(Mesh(self.centers, self.triangles, "sheet"))

    def distance(self, points: FloatArray, reach: float, progress: Progress = silent) -> Swept:
        """Distance of points (k, 3) from the swept solid, and the place of the sheet next to each.

        The radius is the one at the nearest point of the sheet: exact where it is constant, and to second order of
        its slope elsewhere. Beyond ``reach`` from the sheet itself nothing is sought.
        """
        found = self.index.closest(points, reach, progress)
        near = found.faces >= 0
        corners = self.triangles[np.where(near, found.faces, 0)].astype(np.int64)
        weights = np.full((len(points), 3), 1.0 / 3.0)
        weights[near] = _weights(self.centers[corners[near]], found.points[near])
        value = np.where(near, found.distance_mm - np.einsum("ij,ij->i", weights, self.radius[corners]), np.inf)
        return Swept(value, near, corners, weights, found.points)


def sheet_of(mesh: Mesh, chosen: Bools, centers: FloatArray, radius: FloatArray, reach: float) -> Sheet:
    """Make the sheet over the chosen vertices of a mesh.

    Parameters
    ----------
    mesh : Mesh
        Its triangles say which centers are neighbors.
    chosen : (n,) bool
        Vertices that have a place in the sheet; a triangle with one or two of them gives a point or a segment.
    centers, radius : (n, 3), (n,) float64
        For every vertex of the mesh; only the chosen ones are read.
    reach : float
        Size of the walls, mm; see ``STRETCH``.
    """
    members = np.flatnonzero(chosen)
    number = np.full(len(mesh.vertices), -1, np.int64)
    number[members] = np.arange(len(members))
    faces = mesh.faces[chosen[mesh.faces].any(axis=1)]
    # A corner that is not chosen takes the place of one that is.
    taken = chosen[faces]
    first = np.take_along_axis(faces, taken.argmax(axis=1)[:, None], axis=1)
    corners = np.where(taken, faces, first)
    at, on = centers[corners], mesh.vertices[corners]
    span = np.linalg.norm(at - at[:, (1, 2, 0)], axis=2)
    allowed = STRETCH * np.linalg.norm(on - on[:, (1, 2, 0)], axis=2) + 0.5 * reach
    whole = (span <= allowed).all(axis=1)
    single = np.repeat(np.arange(len(members))[:, None], 3, axis=1)
    triangles = np.unique(np.sort(number[corners[whole]], axis=1), axis=0) if whole.any() else np.empty((0, 3), int)
    used = np.zeros(len(members), bool)
    used[triangles.ravel()] = True
    triangles = np.concatenate([triangles, single[~used]]).astype(np.int32)
    return Sheet(np.ascontiguousarray(centers[members]), np.ascontiguousarray(radius[members]), triangles)


def _weights(corners: FloatArray, points: FloatArray) -> FloatArray:
    """Barycentric weights (k, 3) of points in triangles (k, 3, 3) that may be segments or points."""
    a = corners[:, 0]
    u, v, w = corners[:, 1] - a, corners[:, 2] - a, points - a
    uu, uv, vv = (np.einsum("ij,ij->i", p, q) for p, q in ((u, u), (u, v), (v, v)))
    uw, vw = np.einsum("ij,ij->i", u, w), np.einsum("ij,ij->i", v, w)
    area = uu * vv - uv * uv
    flat = area <= 1e-10 * np.maximum(uu, vv) ** 2
    safe = np.where(flat, 1.0, area)
    s, t = (vv * uw - uv * vw) / safe, (uu * vw - uv * uw) / safe
    # A segment: along the longer of both sides.
    along_u = uu >= vv
    size = np.maximum(np.maximum(uu, vv), np.finfo(float).tiny)
    share = np.clip(np.where(along_u, uw, vw) / size, 0.0, 1.0)
    s = np.where(flat, np.where(along_u, share, 0.0), s)
    t = np.where(flat, np.where(along_u, 0.0, share), t)
    weights = np.clip(np.stack([1.0 - s - t, s, t], axis=1), 0.0, 1.0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
