"""What a boolean gave, made fit for a file: clean also when its coordinates are rounded to single precision."""

from __future__ import annotations

import numpy as np

from ..mesh import Mesh
from ..progress import Progress, silent
from ..surface.defects import is_clean
from ..surface.slivers import mended_slivers
from .identical import is_among
from .join.bodies import STORED_STEPS, as_clean

REPAIRED = "Slivers that came from cutting were repaired, {:.3f} mm at most."


def storable(mesh: Mesh, source: Mesh, progress: Progress = silent) -> tuple[Mesh, tuple[str, ...], tuple[str, ...]]:
    """Return the mesh without what an STL file would make of its shortest edges, with notes and warnings.

    Where a boolean cuts triangles close to their corners, rounding makes the slivers cross, or fall together. They
    are mended where they are; where that does not do, edges shorter than a few steps of single precision are taken out,
    or else the surface is repaired lightly. Whatever is returned without a warning was proven clean as a whole.

    Parameters
    ----------
    mesh : Mesh
        Closed and manifold; result of a boolean.
    source : Mesh
        What it was made of. Where that is not clean itself, the result need not be.
    """
    progress(0.0, "Looking at the surface as a file holds it")
    if is_clean(mesh):
        return mesh, (), ()
    near = mended_slivers(mesh, is_among(mesh, source))
    if near is not None:
        return near.mesh.with_name(mesh.name), (REPAIRED.format(near.moved_mm),), ()
    step = STORED_STEPS * float(np.abs(mesh.bounds).max())
    short = Mesh.from_manifold(mesh.to_manifold().simplify(step), mesh.name)
    if not short.is_empty and is_clean(short):
        return short, (f"Edges shorter than {1000.0 * step:.2g} um that came from cutting were taken out.",), ()
    if not is_clean(source):
        return (
            mesh,
            (),
            ("The surface crosses itself, as it did before, once it is stored. Repair it before printing.",),
        )
    mended, receipt = as_clean(short, progress)
    if mended is not None and receipt is not None:
        moved = 0.0 if receipt.change is None else receipt.change.max_mm
        return (
            mended.with_name(mesh.name),
            (REPAIRED.format(moved),),
            (),
        )
    return mesh, (), ("Triangles cross others once the model is stored. Repair it before printing.",)
