"""Which triangles of a model are not anatomy: those that do not lie on the surface that was there before."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, Mesh
from ..progress import Progress, silent
from ..spatial import index_of

ON_MM = 0.005
"""A point this near to the proven surface lies on it: storing in single precision shifts points by 0.00002 mm at 300 mm
from the origin, and no scanner or printer knows a length of 0.005 mm."""
DENSE_MM = 1.0
"""A triangle is looked at in places this near to each other: none that leaves the surface over more is missed."""
MOST_PLACES = 36
"""Places on one triangle at most."""


def added_triangles(
    mesh: Mesh, proven: Mesh, *, within_mm: float = ON_MM, progress: Progress = silent
) -> npt.NDArray[np.bool_]:
    """Tell which triangles are not anatomy.

    Measured, not remembered: whatever steps were taken, a triangle counts as anatomy where all of it that is looked at
    (corners, middles of the sides, inside) lies on the proven surface.

    Parameters
    ----------
    mesh : Mesh
        The model.
    proven : Mesh
        Its surface before the first step that adds something, in the same place.
    within_mm : float
        How far the surface may lie from the proven one and still be it; more where it was smoothed or simplified after.

    Returns
    -------
    (m,) bool
    """
    if mesh.is_empty or proven.is_empty:
        return np.ones(len(mesh.faces), bool)
    progress(0.0, "Telling apart what is not anatomy")
    index = index_of(proven)
    off = ~np.isfinite(index.closest(mesh.vertices, within_mm).distance_mm)
    out: npt.NDArray[np.bool_] = np.asarray(off[mesh.faces].any(axis=1))
    asked = np.flatnonzero(~out & ~_known(mesh, proven))
    for begin in range(0, len(asked), 100_000):
        progress(0.3 + 0.7 * begin / len(asked), "Telling apart what is not anatomy")
        some = asked[begin : begin + 100_000]
        points, owner = _places(mesh.triangles[some])
        away = ~np.isfinite(index.closest(points, within_mm).distance_mm)
        out[some[owner[away]]] = True
    progress(1.0, "Told apart what is not anatomy")
    return out


def _known(mesh: Mesh, proven: Mesh) -> npt.NDArray[np.bool_]:
    """Triangles (m,) that the proven surface has itself, corner for corner."""
    both = np.concatenate([proven.vertices, mesh.vertices])
    _, number = np.unique(both.view([("", both.dtype)] * 3), return_inverse=True)
    number = number.ravel()
    rows = [
        np.sort(number[faces + shift], axis=1)
        for faces, shift in ((proven.faces, 0), (mesh.faces, len(proven.vertices)))
    ]
    keys = [np.ascontiguousarray(row).view([("", row.dtype)] * 3).ravel() for row in rows]
    return np.asarray(np.isin(keys[1], keys[0]))


def _places(corners: FloatArray) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Places (k, 3) on triangles (t, 3, 3), more on larger ones, and the triangle of each."""
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    steps = np.clip(np.ceil(longest / DENSE_MM), 2, int(np.sqrt(2 * MOST_PLACES))).astype(int)
    points, owner = [], []
    for count in np.unique(steps):
        rows = np.flatnonzero(steps == count)
        i, j = (grid.ravel() for grid in np.meshgrid(np.arange(count + 1), np.arange(count + 1)))
        kept = (i + j <= count) & (np.maximum(np.maximum(i, j), count - i - j) < count)
        weight = np.stack([i, j, count - i - j], axis=1)[kept] / count
        weight = np.concatenate([weight, np.full((1, 3), 1.0 / 3.0)])
        points.append(np.einsum("pw,twc->tpc", weight, corners[rows]).reshape(-1, 3))
        owner.append(np.repeat(rows, len(weight)))
    return np.concatenate(points), np.concatenate(owner)
