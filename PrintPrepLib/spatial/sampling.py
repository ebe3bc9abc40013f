"""Points spread evenly over a surface by area: the same points every time, no random numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, Mesh

# Roberts 2018, "The unreasonable effectiveness of quasirandom sequences": reciprocals of the plastic number.
_PLASTIC = 1.324717957244746
_STEPS = (1.0 / _PLASTIC, 1.0 / _PLASTIC**2)


def area_samples(mesh: Mesh, count: int) -> FloatArray:
    """Spread points evenly over the area; see :func:`area_samples_and_faces`."""
    return area_samples_and_faces(mesh, count)[0]


def area_samples_and_faces(mesh: Mesh, count: int) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Spread points over the triangles, each standing for the same area.

    The area is cut into ``count`` equal shares in the order of the triangles, with one point in each, so that no place
    as large as two shares is left out. Inside its triangle the point comes from a low-discrepancy sequence.

    Parameters
    ----------
    mesh : Mesh
        Any triangles.
    count : int
        Number of points.

    Returns
    -------
    points : (count, 3) float64
        LPS mm; none where the mesh has no area.
    faces : (count,) int64
        The triangle that each lies on.
    """
    if count < 0:
        raise ValueError(f"count must not be negative, got {count}")
    area = mesh.face_areas_mm2()
    total = np.cumsum(area)
    if count == 0 or len(area) == 0 or not total[-1] > 0.0:
        return np.empty((0, 3)), np.empty(0, np.int64)
    number = np.arange(count)
    face = np.searchsorted(total, (number + 0.5) * (total[-1] / count), side="right")
    face = np.minimum(face, np.flatnonzero(area > 0.0)[-1])
    s, t = ((0.5 + number * step) % 1.0 for step in _STEPS)
    fold = s + t > 1.0
    s, t = np.where(fold, 1.0 - s, s), np.where(fold, 1.0 - t, t)
    corner = mesh.vertices[mesh.faces[face]]
    points = corner[:, 0] + s[:, None] * (corner[:, 1] - corner[:, 0]) + t[:, None] * (corner[:, 2] - corner[:, 0])
    return np.asarray(points), face


def some_vertices(mesh: Mesh, count: int) -> FloatArray:
    """Vertices that triangles use, evenly over the order of the triangles."""
    faces = mesh.faces
    if len(faces) <= count:
        chosen = mesh.used_vertices
        chosen = chosen[np.arange(min(count, len(chosen))) * len(chosen) // min(count, len(chosen))]
    else:
        chosen = faces[np.arange(count) * len(faces) // count, 0]
    return np.asarray(mesh.vertices[chosen])
