"""A smooth surface through a model's own: where a label lies, without the steps of voxels and the grain of bone.

Moving least squares: near each point a quadric is fitted to points of the surface (Levin 1998,
doi:10.1090/S0025-5718-98-00974-0). Planes, and to a ten-thousandth cylinders and spheres, are kept as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ...mesh import FloatArray, Mesh
from ...spatial.sampling import area_samples_and_faces
from ...triangle_sums import face_normals

NEIGHBORS = 64
"""Points to which a quadric is fitted. Ours: six unknowns, and ten times as many points to smooth over."""
SPREAD = 4.0
"""Spacing of the points, as a part of the radius of the fit: then a disk of it holds some fifty."""
FACING = 0.3
"""Points whose surface looks another way than the place (cosine) are not part of it: the far side of a thin wall."""
LEAST_POINTS = 12
_MOST_POINTS = 60_000


@dataclass(frozen=True, eq=False)
class SmoothSurface:
    """Points of a surface with their normals, and the radius over which it is smoothed."""

    points: FloatArray
    normals: FloatArray
    radius_mm: float
    tree: cKDTree

    def project(self, at: FloatArray, outward: FloatArray) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
        """Move places (k, 3) along a guessed normal (k, 3) onto the smooth surface.

        Returns
        -------
        points, normals : (k, 3)
        found : (k,) bool
            False where there are too few points of the surface near.
        """
        points, normals = np.array(at, float), np.array(outward, float)
        found = np.ones(len(points), bool)
        for _ in range(2):
            points, normals, now = self._step(points, normals)
            found &= now
        return points, normals, found

    def _step(self, at: FloatArray, outward: FloatArray) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
        count = min(NEIGHBORS, len(self.points))
        distance, row = self.tree.query(at, k=count, distance_upper_bound=2.0 * self.radius_mm)
        distance, row = np.reshape(distance, (len(at), -1)), np.reshape(row, (len(at), -1))
        here = np.isfinite(distance)
        row = np.where(here, row, 0)
        facing = np.einsum("kij,kj->ki", self.normals[row], outward) > FACING
        # The nearest points weigh most; those at the edge of the reach not at all, so that nothing jumps.
        reach = np.maximum(np.where(here, distance, 0.0).max(axis=1, keepdims=True), 1e-9)
        weight = np.where(here & facing, (1.0 - np.minimum(distance / (1.0001 * reach), 1.0) ** 2) ** 2, 0.0)
        found = (weight > 0.0).sum(axis=1) >= LEAST_POINTS
        first, second = axes_of(outward)
        away = self.points[row] - at[:, None]
        u, v = np.einsum("kij,kj->ki", away, first), np.einsum("kij,kj->ki", away, second)
        height = np.einsum("kij,kj->ki", away, outward)
        scale = self.radius_mm
        terms = np.stack([np.ones_like(u), u / scale, v / scale, (u / scale) ** 2, u * v / scale**2, (v / scale) ** 2])
        weighted = terms * weight
        system = np.einsum("aki,bki->kab", weighted, terms) + 1e-9 * np.eye(6)
        right = np.einsum("aki,ki->ka", weighted, height)
        fit = np.linalg.solve(system, right[..., None])[..., 0]
        normal = outward - (fit[:, 1:2] * first + fit[:, 2:3] * second) / scale
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        moved = at + fit[:, :1] * outward
        found &= np.isfinite(moved).all(axis=1)
        return np.where(found[:, None], moved, at), np.where(found[:, None], normal, outward), found


def smooth_surface(mesh: Mesh, at: FloatArray, reach_mm: float, radius_mm: float) -> SmoothSurface | None:
    """Gather what is needed of a model within reach of a place; None where there is nothing."""
    near = submesh_near(mesh, at, reach_mm)
    if near.is_empty:
        return None
    spacing = radius_mm / SPREAD
    dense = int(np.clip(near.area_mm2 / spacing**2, 1000, 4 * _MOST_POINTS))
    points, faces = area_samples_and_faces(near, dense)
    inside = np.linalg.norm(points - at, axis=1) <= reach_mm
    points, faces = points[inside], faces[inside]
    if len(points) > _MOST_POINTS:
        chosen = np.linspace(0, len(points) - 1, _MOST_POINTS).astype(int)
        points, faces = points[chosen], faces[chosen]
    if len(points) < LEAST_POINTS:
        return None
    normals = face_normals(near.vertices, near.faces)[faces]
    return SmoothSurface(points, normals, radius_mm, cKDTree(points))


def submesh_near(mesh: Mesh, at: FloatArray, reach_mm: float) -> Mesh:
    """Triangles whose box comes within a cube round a place, whole."""
    # A triangle is out where all its corners lie beyond the same side of the cube: six bits for each corner.
    beyond = np.zeros(len(mesh.vertices), np.uint8)
    for axis in range(3):
        along = mesh.vertices[:, axis]
        beyond |= (along < at[axis] - reach_mm).astype(np.uint8) << np.uint8(2 * axis)
        beyond |= (along > at[axis] + reach_mm).astype(np.uint8) << np.uint8(2 * axis + 1)
    first, second, third = (beyond[mesh.faces[:, corner]] for corner in range(3))
    mask = (first & second & third) == 0
    return mesh.submesh(mask)


def axes_of(normals: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Two unit vectors across each normal (k, 3), right-handed with it."""
    least = np.eye(3)[np.abs(normals).argmin(axis=1)]
    first = np.cross(least, normals)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return first, np.cross(normals, first)
