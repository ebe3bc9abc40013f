"""The added walls united with the model, and proof that the rest of it did not move."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, Mesh
from ..progress import Progress, silent
from ..spatial import Rule, crossings_and_contacts
from ..surface.untangle import untangle
from .walls import NEAR_SHARE, crop

CURE_SHARE = 0.05
"""Share of the limit by which the cure of a crossing may move the surface there."""

Bools = npt.NDArray[np.bool_]


def unite(model: Mesh, added: Mesh) -> Mesh:
    """Unite a closed model with what was added to it.

    The vertices of the model that the added solid does not swallow keep their coordinates bit for bit; the others are
    exact in single precision.

    Raises
    ------
    GeometryError
        One of them is not a closed manifold.
    """
    out = Mesh.from_manifold(model.to_manifold() + added.to_manifold(), model.name)
    old = is_among(out, model)
    vertices = np.where(old[:, None], out.vertices, out.vertices.astype(np.float32).astype(np.float64))
    return Mesh(vertices, out.faces, model.name)


def is_among(mesh: Mesh, other: Mesh) -> Bools:
    """Which vertices (n,) of a mesh have exactly the coordinates of a vertex of the other one."""
    return np.isin(_rows(mesh), _rows(other))


def _rows(mesh: Mesh) -> npt.NDArray[np.void]:
    points = np.ascontiguousarray(mesh.vertices + 0.0)  # no negative zeros
    return points.view(np.dtype((np.void, 24))).ravel()


def without_crossings(mesh: Mesh, near: FloatArray, limit_mm: float, progress: Progress = silent) -> tuple[Mesh, int]:
    """Cure triangles that cross others after rounding, and say how many are left.

    Parameters
    ----------
    near : (k, 3) float64
        Where material was added: nothing else can cross.
    """
    piece, _ = crop(mesh, near, NEAR_SHARE * limit_mm)
    crossing, touching = crossings_and_contacts(piece)
    if not len(crossing.faces) and not len(touching.faces):
        return mesh, 0
    cured, report = untangle(
        mesh, bound_mm=CURE_SHARE * limit_mm, patience=20, rule=Rule.MESHLAB if len(touching.faces) else Rule.CROSSING,
        progress=progress,
    )
    return cured, report.faces_after
