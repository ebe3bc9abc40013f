"""Struts and parts made one body, and proof of it: one body, sound where struts meet it, untouched elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...errors import GeometryError
from ...mesh import FloatArray, Mesh
from ...spatial import Rule, index_of, self_crossings
from ...surface.defects import as_stored
from ...topology import edge_counts
from ..identical import is_among
from .column import SIDES, Column
from .pieces import pieces_of

TRIES = 12
"""Turns of a column's sides that are tried until no triangles cross where it meets the parts, as a file stores them in
single precision: another turn meets the surface's triangles elsewhere."""
GOLDEN = 0.6180339887498949
"""Share of a side by which each try turns further: no two tries are alike."""
ROUND_MM = 1e-6
"""Vertices this far outside a column are outside it: a boolean in double precision errs far less."""


@dataclass(frozen=True, eq=False)
class Joined:
    """The model with its columns.

    ``moved`` counts vertices of the model outside of all columns that are not there any more: a boolean may take one up
    that stands within rounding of a column's side; ``moved_mm`` is how far the surface is from where they were.
    """

    mesh: Mesh
    bodies: int
    moved: int
    moved_mm: float
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
    tries = np.zeros(len(columns), int)
    while True:
        solids = [
            column.solid((turn * GOLDEN % 1.0) * 2.0 * np.pi / SIDES)
            for column, turn in zip(columns, tries, strict=True)
        ]
        made = manifold3d.Manifold.batch_boolean([model, *solids], manifold3d.OpType.Add)
        out = Mesh.from_manifold(made, mesh.name)
        unsound = _unsound(out, columns)
        if not unsound.any():
            break
        tries[unsound] += 1
        if tries.max() >= TRIES:
            raise GeometryError(
                "The struts could not be joined with the parts without triangles that cross where they meet. Repair "
                "the model first (printprep repair), or choose a slightly different diameter."
            )
    gone = ~is_among(mesh, out)
    gone[np.setdiff1d(np.arange(len(mesh.vertices)), mesh.used_vertices)] = False
    lost = mesh.vertices[gone]
    outside = np.ones(len(lost), bool)
    for column in columns:
        outside &= ~_holds(column, lost)
    left = lost[outside]
    moved_mm = float(index_of(out).closest(left).distance_mm.max()) if len(left) else 0.0
    return Joined(out, len(pieces_of(out)), len(left), moved_mm, 1.0 - float(gone.mean()))


def near(mesh: Mesh, column: Column, margin_mm: float) -> npt.NDArray[np.bool_]:
    """Triangles (m,) whose boxes come within a margin of a column's box."""
    ends = np.stack([column.start_mm, column.end_mm])
    reach = max(column.feet_mm) + max(column.sunk_mm) + margin_mm
    corners = mesh.triangles
    low, high = ends.min(axis=0) - reach, ends.max(axis=0) + reach
    return np.asarray(((corners.min(axis=1) <= high) & (corners.max(axis=1) >= low)).all(axis=1))


def _unsound(mesh: Mesh, columns: Sequence[Column]) -> npt.NDArray[np.bool_]:
    """Columns (c,) near which triangles cross as a file stores them; elsewhere the surface is as it was before."""
    if mesh.is_empty or mesh.volume_mm3 <= 0.0 or edge_counts(mesh).open_edges:
        return np.ones(len(columns), bool)
    close = [near(mesh, column, 0.5) for column in columns]
    chosen = np.flatnonzero(np.any(close, axis=0))
    stored = as_stored(Mesh(mesh.vertices, mesh.faces[chosen], mesh.name))
    crossing = chosen[self_crossings(stored, rule=Rule.CROSSING).faces]
    return np.array([bool(one[crossing].any()) for one in close])


def _holds(column: Column, points: FloatArray) -> npt.NDArray[np.bool_]:
    """Points (k,) in a column, its corners between the sides included."""
    arm = points - np.asarray(column.start_mm)
    along = arm @ column.axis
    off = np.linalg.norm(arm - along[:, None] * column.axis, axis=1)
    radius = column.drawn_radius_at(along) / np.cos(np.pi / SIDES) ** 2
    within = (along >= -column.sunk_mm[0] - ROUND_MM) & (along <= column.length_mm + column.sunk_mm[1] + ROUND_MM)
    return np.asarray(within & (off <= radius + ROUND_MM))
