"""The added walls united with the model, and proof that the rest of it did not move."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, Mesh
from ..progress import Progress, silent
from ..spatial import Rule, crossings_and_contacts
from ..surface.untangle import untangle
from .seams import without_tiny_edges
from .walls import NEAR_SHARE, crop

TINY_SHARE = 0.004
"""Edges of the new surface shorter than this share of the limit are collapsed."""
MOST_CURED = 60
"""More crossing triangles are not cured one by one: that takes minutes on a skull."""
CURE_SHARE = 0.05
"""Share of the limit by which the cure of a crossing may move the surface there."""

_FACTORS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)

Bools = npt.NDArray[np.bool_]


def unite(model: Mesh, added: Mesh, limit_mm: float) -> Mesh:
    """Unite a closed model with what was added to it.

    The vertices of the model that the added solid does not swallow keep their coordinates bit for bit; the others are
    exact in single precision.

    Raises
    ------
    GeometryError
        One of them is not a closed manifold.
    """
    out = Mesh.from_manifold(model.to_manifold() + added.to_manifold(), model.name)
    out, old = without_tiny_edges(out, is_among(out, model), TINY_SHARE * limit_mm)
    vertices = np.where(old[:, None], out.vertices, out.vertices.astype(np.float32).astype(np.float64))
    return Mesh(vertices, out.faces, model.name)


def same_vertices(mesh: Mesh, other: Mesh) -> npt.NDArray[np.int64]:
    """Vertex of the other mesh (n,) with exactly the same coordinates as each of this one; -1 where there is none.

    No two vertices of the other mesh may stand in one place: one of them is found then.
    """
    mine, theirs = _hashes(mesh), _hashes(other)
    order = np.argsort(theirs)
    row = order[np.minimum(np.searchsorted(theirs[order], mine), len(order) - 1)]
    same = (mesh.vertices == other.vertices[row]).all(axis=1)
    return np.where(same, row, -1)


def is_among(mesh: Mesh, other: Mesh) -> Bools:
    """Which vertices (n,) of a mesh have exactly the coordinates of a vertex of the other one."""
    return np.asarray(same_vertices(mesh, other) >= 0)


def _hashes(mesh: Mesh) -> npt.NDArray[np.uint64]:
    """A number for the coordinates of each vertex; different places have different ones but for one in 10^13."""
    bits = np.ascontiguousarray(mesh.vertices + 0.0).view(np.uint64)  # no negative zeros
    out = np.zeros(len(bits), np.uint64)
    for axis, factor in enumerate(_FACTORS):
        word = bits[:, axis] * np.uint64(factor)
        out = (out ^ (word >> np.uint64(29)) ^ word) * np.uint64(_FACTORS[0])
    return out


def without_crossings(mesh: Mesh, near: FloatArray, limit_mm: float, progress: Progress = silent) -> tuple[Mesh, int]:
    """Cure triangles that cross others after rounding, and say how many are left.

    Parameters
    ----------
    near : (k, 3) float64
        Where material was added: nothing else can cross.
    """
    piece, _ = crop(mesh, near, NEAR_SHARE * limit_mm)
    crossing, touching = crossings_and_contacts(piece)
    count = len(np.union1d(crossing.faces, touching.faces))
    if not count or count > MOST_CURED:
        return mesh, count
    cured, report = untangle(
        mesh,
        bound_mm=CURE_SHARE * limit_mm,
        patience=20,
        rule=Rule.MESHLAB if len(touching.faces) else Rule.CROSSING,
        progress=progress,
    )
    return cured, report.faces_after
