"""The model under and over a label: how rough it is there, how thick, and what stands above it. Measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ...mesh import FloatArray, Mesh
from ...spatial.index import SurfaceIndex
from .patch import Patch
from .smooth import submesh_near

SPACING_MM = 0.7
"""Distance of the rays that find the surface. Ours: finer than the strokes of a label in the usual processes."""
SAME_SIDE = 0.5
"""Surface that turns by more than 60 degrees (cosine) from a label's nearest place is another side of the model."""
STEEPEST = 1.0
BESIDE_MM = 0.5
"""Surface that rises or falls by more than 45 degrees from there, and by more than this, is another wall."""


class NoRoom(Exception):  # noqa: N818 - no error: another place or size is tried
    """A label does not fit at a place; the message says why, as the second half of a sentence."""


@dataclass(frozen=True, eq=False)
class Ground:
    """What was measured on a grid over a patch.

    Attributes
    ----------
    places, normals : (k, 3)
        On the smooth surface.
    offsets_mm : (k,)
        How far the model's own surface lies outside of it (inside: negative).
    near, index : Mesh, SurfaceIndex
        The model round about.
    back : SurfaceIndex or None
        The same without the surface that carries the label: the far sides of walls, and what stands over it.
    """

    places: FloatArray
    normals: FloatArray
    offsets_mm: FloatArray
    near: Mesh
    index: SurfaceIndex
    back: SurfaceIndex | None

    @property
    def rough_mm(self) -> float:
        """Largest distance between the model's surface and the smooth one."""
        return float(np.abs(self.offsets_mm).max())

    def wall_at(self, depth_mm: float) -> float:
        """Least material between a floor at this depth and the far side; infinite where that is out of reach, and below
        zero where the floor would lie beyond it.
        """
        return self._left(-depth_mm)

    def clear_at(self, relief_mm: float) -> float:
        """Least room between a top at this height and what stands near; below zero where it would reach through."""
        return self._left(relief_mm)

    def _left(self, height_mm: float) -> float:
        if self.back is None:
            return float("inf")
        way = self.normals if height_mm > 0.0 else -self.normals
        if np.isfinite(self.back.first_hit(self.places, way, abs(height_mm))[0]).any():
            return -1.0
        return self.to_back(self.places + height_mm * self.normals)

    def to_back(self, points: FloatArray) -> float:
        """Least distance of points (k, 3) from all surface but that which carries the label."""
        if self.back is None or not len(points):
            return float("inf")
        return float(self.back.closest(points).distance_mm.min())


def ground_of(mesh: Mesh, patch: Patch, box: tuple[float, float], above_mm: float, reach_mm: float) -> Ground:
    """Measure what lies under a box of a patch.

    Parameters
    ----------
    mesh : Mesh
        The model.
    patch : Patch
    box : (width, height)
        In mm, in the middle of the patch.
    above_mm : float
        Height over the surface that must be free.
    reach_mm : float
        How far round the middle the model is looked at.

    Raises
    ------
    NoRoom
        The surface has an edge or a hole there, or something stands over it.
    """
    near = submesh_near(mesh, patch.at(np.zeros(1), np.zeros(1))[0][0], reach_mm)
    index = SurfaceIndex(near)
    s, t = patch.grid(*box, SPACING_MM)
    places, normals = patch.at(s, t)
    start = places + above_mm * normals
    below, faces = index.first_hit(start, -normals, 2.0 * above_mm)
    if not np.isfinite(below).all():
        raise NoRoom("the surface has an edge, a step or a hole there")
    facing = np.einsum("ij,ij->i", near.face_normals()[faces], normals)
    if (facing < 0.0).any():
        raise NoRoom("something stands over the surface there")
    back = ~_front(near, start - below[:, None] * normals, normals)
    rest = near.submesh(back) if back.any() else None
    return Ground(
        places, normals, above_mm - below, near, index, None if rest is None or rest.is_empty else SurfaceIndex(rest)
    )


def _front(near: Mesh, on: FloatArray, normals: FloatArray) -> npt.NDArray[np.bool_]:
    """Triangles that carry the label or go on smoothly from there; what turns away, or lies before or behind, does not.

    An engraving makes no thin wall with the surface that it is cut into, but it does with the side of a plate.
    """
    middle = near.triangles.mean(axis=1)
    lateral, row = cKDTree(on).query(middle)
    looks = np.einsum("ij,ij->i", near.face_normals(), normals[row]) > SAME_SIDE
    beside = np.abs(np.einsum("ij,ij->i", middle - on[row], normals[row]))
    return np.asarray(looks & (beside <= STEEPEST * lateral + BESIDE_MM))
