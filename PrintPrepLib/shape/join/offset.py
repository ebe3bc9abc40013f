"""A body grown where it is near another: the tool that cuts gaps, makes overlaps, and glues what almost touches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...mesh import FloatArray, Mesh
from ...progress import Progress, silent
from ...spatial import Rule, self_crossings
from ...topology import non_manifold_vertices
from .near import faces_near, facing_faces

MITER = 2.0
"""A corner moves at most so many times the amount: the corner of a box needs 1.73, a sharp ridge is cut off."""
BITES_MM = (1e-3, 1e-2, 3e-2)
"""Faces that almost touch are joined by a layer that reaches so far into both: ten times the gap that counts as
touching, and far above what an STL file rounds. Where two bumpy faces graze each other that still leaves slivers that
an STL file rounds into crossings: then the next is tried, a tenth of a usual nozzle at most between both faces."""
BITE_MM = BITES_MM[0]
_FLAT = 1e-3
"""Directions in which the faces round a vertex differ by less (share of the largest eigenvalue, 2 degrees) do not move
it."""
_HALVINGS = 6
"""A vertex whose triangles would cross others goes half as far, so many times, and then not at all."""


@dataclass(frozen=True, eq=False)
class Grown:
    """A body whose faces near another have moved outward.

    Attributes
    ----------
    mesh : Mesh
        Same triangles.
    moved : (n,) bool
        Vertices that moved.
    held : (k, 3)
        Vertices that could not go all the way, since the surface would cross itself there.
    """

    mesh: Mesh
    moved: npt.NDArray[np.bool_]
    held: FloatArray


def grown_near(
    mesh: Mesh,
    other: Mesh,
    amount_mm: float | FloatArray,
    reach_mm: float,
    progress: Progress = silent,
    *,
    facing_only: bool = False,
) -> Grown:
    """Move the faces of a body that are within reach of another outward, each by the amount along its normal.

    Edges and corners are mitered. Faces out of reach keep their place, but those beside moved ones tilt: choose a reach
    of more than ``MITER`` amounts, and the tilted ones do not come to the other body either.

    Parameters
    ----------
    mesh, other : Mesh
        Closed, outward.
    amount_mm : float or (n,) array
        One figure, or one for each vertex.
    reach_mm : float
        See above.
    progress : Progress
        May cancel.
    facing_only : bool
        Only faces that look at the other body move; those beside the contact are drawn along.
    """
    near = facing_faces(mesh, other, reach_mm) if facing_only else faces_near(mesh, other, reach_mm)
    moved = np.zeros(len(mesh.vertices), bool)
    moved[mesh.faces[near]] = True
    amount = np.broadcast_to(np.asarray(amount_mm, np.float64), (len(moved),))
    wanted = near if facing_only else np.asarray(moved[mesh.faces].any(axis=1))
    way = miters(mesh, moved, wanted) * amount[:, None]
    share = np.ones(len(moved))
    grown = mesh
    for attempt in range(_HALVINGS + 1):
        progress(attempt / (_HALVINGS + 1), "Growing the contact surface")
        grown = mesh.with_vertices(mesh.vertices + share[:, None] * way)
        bad = _crossing_vertices(grown, moved)
        if not bad.any():
            break
        share[bad] = 0.5 * share[bad] if attempt < _HALVINGS - 1 else 0.0
    progress(1.0, "Growing the contact surface")
    return Grown(grown, moved & (amount > 0.0), np.asarray(mesh.vertices[moved & (share < 1.0)]))


def miters(mesh: Mesh, chosen: npt.NDArray[np.bool_], wanted: npt.NDArray[np.bool_]) -> FloatArray:
    """Way (n, 3) of the chosen vertices that moves every wanted face round them by 1 along its normal, if it can."""
    faces = mesh.faces[wanted]
    piece = Mesh(mesh.vertices, faces, mesh.name)
    normal = piece.face_normals()
    corners = mesh.vertices[faces]
    out = np.zeros((len(mesh.vertices), 3))
    sums, total = np.zeros((len(out), 3, 3)), np.zeros((len(out), 3))
    for k in range(3):
        one, two = corners[:, (k + 1) % 3] - corners[:, k], corners[:, (k + 2) % 3] - corners[:, k]
        size = np.linalg.norm(one, axis=1) * np.linalg.norm(two, axis=1)
        cosine = np.einsum("ij,ij->i", one, two) / np.maximum(size, np.finfo(float).tiny)
        angle = np.arccos(np.clip(cosine, -1.0, 1.0))
        np.add.at(sums, faces[:, k], angle[:, None, None] * normal[:, :, None] * normal[:, None, :])
        np.add.at(total, faces[:, k], angle[:, None] * normal)
    rows = np.flatnonzero(chosen)
    values, axes = np.linalg.eigh(sums[rows])
    along = np.einsum("kji,kj->ki", axes, total[rows])
    largest = np.maximum(values[:, 2:], np.finfo(float).tiny)
    along = np.where(values > _FLAT * largest, along / np.maximum(values, np.finfo(float).tiny), 0.0)
    way = np.einsum("kij,kj->ki", axes, along)
    size = np.linalg.norm(way, axis=1, keepdims=True)
    out[rows] = way * np.minimum(1.0, MITER / np.maximum(size, np.finfo(float).tiny))
    return out


def _crossing_vertices(mesh: Mesh, moved: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Moved vertices (n,) of triangles that cross others, and those that met another vertex."""
    bad = np.zeros(len(moved), bool)
    crossing = self_crossings(mesh, rule=Rule.CROSSING).faces
    bad[mesh.faces[crossing]] = True
    bad[non_manifold_vertices(mesh)] = True
    return bad & moved
