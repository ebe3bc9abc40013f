"""Struts and parts made one body, and proof of it: one body, sound where struts meet it, untouched elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...errors import GeometryError
from ...mesh import FloatArray, Mesh
from ...spatial import Rule, self_crossings
from ...surface.defects import as_stored
from ...surface.known import welded
from ...topology import edge_counts
from ..identical import is_among
from .column import SIDES, Column
from .pieces import pieces_of

ROLLS = (0.0, 0.31, 0.62, 0.15)
"""Turns of the columns' sides (shares of a side) that are tried until the result has no crossing triangles as a file
stores it: another turn meets the surface's triangles elsewhere."""
ROUND_MM = 1e-6
"""Vertices this far outside a column are outside it: a boolean in double precision errs far less."""


@dataclass(frozen=True, eq=False)
class Joined:
    """The model with its columns. ``moved`` are vertices of the model outside of all columns that are gone."""

    mesh: Mesh
    bodies: int
    moved: int
    kept_share: float


def joined(mesh: Mesh, columns: Sequence[Column]) -> Joined:
    """Unite a closed model with columns.

    Raises
    ------
    GeometryError
        The union is not sound as a file would store it, whichever way the columns are turned.
    """
    import manifold3d

    model = mesh.to_manifold()
    out = mesh
    for roll in ROLLS:
        solids = [column.solid(roll * 2.0 * np.pi / SIDES) for column in columns]
        made = manifold3d.Manifold.batch_boolean([model, *solids], manifold3d.OpType.Add)
        out = Mesh.from_manifold(made, mesh.name)
        if _sound(out, columns):
            break
    else:
        raise GeometryError(
            "The struts could not be joined with the parts without triangles that cross where they meet. Repair the "
            "model first (printprep repair), or choose a slightly different diameter."
        )
    gone = ~is_among(mesh, out)
    gone[np.setdiff1d(np.arange(len(mesh.vertices)), mesh.used_vertices)] = False
    lost = mesh.vertices[gone]
    outside = np.ones(len(lost), bool)
    for column in columns:
        outside &= ~_holds(column, lost)
    return Joined(out, len(pieces_of(out)), int(np.count_nonzero(outside)), 1.0 - float(gone.mean()))


def near(mesh: Mesh, column: Column, margin_mm: float) -> npt.NDArray[np.bool_]:
    """Triangles (m,) whose boxes come within a margin of a column's box."""
    ends = np.stack([column.start_mm, column.end_mm])
    reach = max(column.feet_mm) + max(column.sunk_mm) + margin_mm
    corners = mesh.triangles
    low, high = ends.min(axis=0) - reach, ends.max(axis=0) + reach
    return np.asarray(((corners.min(axis=1) <= high) & (corners.max(axis=1) >= low)).all(axis=1))


def _sound(mesh: Mesh, columns: Sequence[Column]) -> bool:
    """Whether the mesh is closed, and free of crossings round the columns; elsewhere it is as it was before."""
    if mesh.is_empty or mesh.volume_mm3 <= 0.0 or edge_counts(mesh).open_edges:
        return False
    chosen = np.zeros(len(mesh.faces), bool)
    for column in columns:
        chosen |= near(mesh, column, 0.5)
    stored = welded(as_stored(mesh.submesh(chosen)))
    return not len(self_crossings(stored, rule=Rule.CROSSING).faces)


def _holds(column: Column, points: FloatArray) -> npt.NDArray[np.bool_]:
    """Points (k,) in a column, its corners between the sides included."""
    arm = points - np.asarray(column.start_mm)
    along = arm @ column.axis
    off = np.linalg.norm(arm - along[:, None] * column.axis, axis=1)
    radius = column.radius_at(along) / np.cos(np.pi / SIDES) ** 2
    within = (along >= -column.sunk_mm[0] - ROUND_MM) & (along <= column.length_mm + column.sunk_mm[1] + ROUND_MM)
    return np.asarray(within & (off <= radius + ROUND_MM))
