"""From a surface to a solid that booleans can be trusted on: as it is, repaired with a receipt, or refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import GeometryError
from ...mesh import Mesh
from ...progress import Progress, part, silent
from ...receipt import Receipt
from ...spatial import exact_weld
from ...spatial.order import in_space_order
from ...surface.defects import crossing_faces
from ...surface.repair import Rung, repair
from ...topology import edge_counts

if TYPE_CHECKING:
    import manifold3d

HIGHEST_RUNG = Rung.CROSSINGS
"""Surfaces are repaired up to here. The next rung builds a new surface on a grid, which nobody asked for."""
LEAST_VOLUME_MM3 = 1e-9
"""A solid below this volume is nothing that could be printed: rounding alone makes such."""


@dataclass(frozen=True, eq=False)
class Solid:
    """A closed solid as manifold3d holds it, the mesh that it was made from, and what had to be repaired before."""

    manifold: manifold3d.Manifold
    mesh: Mesh
    repaired: Receipt | None = None


def solid_of(mesh: Mesh, progress: Progress = silent) -> Solid:
    """Build the solid once; a surface that is none is repaired first, and the receipt says how.

    Raises
    ------
    GeometryError
        The mesh is empty, or even the repair does not make a closed solid of it.
    """
    if mesh.is_empty:
        raise GeometryError(f"The model '{mesh.name}' is empty: there is nothing to cut or join.")
    welded = in_space_order(exact_weld(mesh))
    receipt = None
    if not _is_sound(welded, part(progress, 0.0, 0.4)):
        repaired, receipt = repair(mesh, rung=HIGHEST_RUNG, progress=part(progress, 0.4, 0.9))
        welded = in_space_order(exact_weld(repaired))
        if not _is_sound(welded, silent):
            raise GeometryError(
                f"The model '{mesh.name}' is not a closed solid, and the repair could not make one of it without "
                "building it anew. Try the command 'repair', which may do that, and look at the result."
            )
    manifold = welded.to_manifold()
    if not manifold.volume() > LEAST_VOLUME_MM3:
        raise GeometryError(f"The model '{mesh.name}' encloses no volume: there is nothing to cut or join.")
    progress(1.0, "Solid ready")
    return Solid(manifold, welded, receipt)


def _is_sound(mesh: Mesh, progress: Progress) -> bool:
    counts = edge_counts(mesh)
    if counts.open_edges or counts.non_manifold_edges or counts.misoriented_edges or not mesh.volume_mm3 > 0.0:
        return False
    progress(0.2, "Looking for triangles that cross")
    return crossing_faces(mesh) == 0
