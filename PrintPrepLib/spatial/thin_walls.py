"""Did a step that keeps its tolerance still lose a wall? What every smoothing and simplifying says of thin walls."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..mesh import Mesh
from ..receipt import plain
from .cached import index_of
from .sampling import area_samples_and_faces

THIN_MM = 1.0
"""Walls below this are watched: above it nothing gets lost within the tolerances that steps keep."""
SAMPLES = 50_000
"""Points by area at which walls are looked for: a share is 2 mm2 on a skull."""
START_MM = 1e-6
"""Rays start this far below the surface, so as not to meet the triangle they leave."""


@dataclass(frozen=True)
class ThinWalls:
    """Thin walls before a step, and what became of them.

    Attributes
    ----------
    limit_mm : float
        What counts as thin.
    area_cm2 : float
        Surface with thinner walls before, measured along the normal.
    lost_cm2 : float
        So much of it whose middle is no longer inside the model: the wall is gone or has moved away.
    lost_at_mm : tuple of float or None
        One such place, at the thickest wall that was lost.
    """

    limit_mm: float
    area_cm2: float
    lost_cm2: float
    lost_at_mm: tuple[float, float, float] | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        out: dict[str, Any] = plain(asdict(self))
        return out

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user must know, nothing where all walls are there."""
        if self.lost_at_mm is None:
            return ()
        x, y, z = self.lost_at_mm
        return (
            f"{self.lost_cm2:.3g} cm2 of walls thinner than {self.limit_mm:g} mm were lost, for instance at "
            f"({x:.1f}, {y:.1f}, {z:.1f}). Change less, or thicken first.",
        )


def thin_walls_after(before: Mesh, after: Mesh, limit_mm: float = THIN_MM) -> ThinWalls:
    """Find the thin walls of one mesh along its normals, and see whether their middle is inside another.

    Parameters
    ----------
    before, after : Mesh
        Both closed and outward.
    limit_mm : float
        What counts as thin.
    """
    if before.is_empty or after.is_empty:
        return ThinWalls(limit_mm, 0.0, 0.0, None)
    points, faces = area_samples_and_faces(before, SAMPLES)
    if not len(points):
        return ThinWalls(limit_mm, 0.0, 0.0, None)
    inward = -_normals(before, faces)
    hit, _ = index_of(before).first_hit(points + START_MM * inward, inward, limit_mm)
    thin = np.flatnonzero(np.isfinite(hit) & (hit > 0.0))
    share_cm2 = before.area_mm2 / len(points) / 100.0
    if not len(thin):
        return ThinWalls(limit_mm, 0.0, 0.0, None)
    middle = points[thin] + (START_MM + 0.5 * hit[thin, None]) * inward[thin]
    lost = np.flatnonzero(~index_of(after).contains(middle))
    place = None
    if len(lost):
        x, y, z = middle[lost[hit[thin[lost]].argmax()]].tolist()
        place = (x, y, z)
    return ThinWalls(limit_mm, len(thin) * share_cm2, len(lost) * share_cm2, place)


def _normals(mesh: Mesh, faces: np.ndarray[tuple[int], np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    a, b, c = (mesh.vertices[mesh.faces[faces, k]] for k in range(3))
    cross = np.cross(b - a, c - a)
    return np.asarray(cross / np.maximum(np.linalg.norm(cross, axis=1, keepdims=True), np.finfo(float).tiny))
