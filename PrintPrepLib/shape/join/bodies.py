"""Closed solids in and out: inputs repaired or refused, results judged, their bodies and cavities listed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import GeometryError
from ...mesh import Mesh
from ...progress import Progress, silent
from ...receipt import Receipt, plain
from ...surface.defects import find_defects
from ...surface.repair import Rung, repair
from ...surface.winding import shells
from .near import TOUCH_MM, Point, place

if TYPE_CHECKING:
    import manifold3d

STORED_STEPS = 2.4e-7
"""Shortest edge that is kept where storing made triangles cross, as a share of the largest coordinate: four steps of
single precision, as the repair ladder has it."""
HIGHEST_RUNG = Rung.CROSSINGS
"""Bodies are repaired up to here. The next rung builds a new surface on a grid, which nobody asked for."""


@dataclass(frozen=True)
class Cavity:
    """A closed hollow inside a body: its volume and its middle, LPS."""

    volume_mm3: float
    at_mm: Point

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        out: dict[str, Any] = plain(asdict(self))
        return out


@dataclass(frozen=True, eq=False)
class Bodies:
    """Outer shells of a solid, largest first, and the cavities in them, largest first.

    ``slits`` are cavities thinner on average than ``TOUCH_MM``: the trace of faces that met, not a hollow. They are
    taken out of ``mesh``; ``slit_mm3`` is their volume.
    """

    mesh: Mesh
    outer: tuple[Mesh, ...]
    cavities: tuple[Cavity, ...]
    slits: int
    slit_mm3: float


def bodies_of(mesh: Mesh) -> Bodies:
    """List the bodies and cavities of a closed, outward solid."""
    count, shell = shells(mesh)
    pieces = [mesh.submesh(shell == number) for number in range(count)] if count > 1 else [mesh]
    outer, cavities = [], []
    keep = np.ones(count, bool)
    slit_mm3 = 0.0
    for number, piece in enumerate(pieces):
        volume = piece.volume_mm3
        if volume > 0.0:
            outer.append(piece)
        elif -2.0 * volume <= TOUCH_MM * piece.area_mm2:
            keep[number] = False
            slit_mm3 -= volume
        else:
            cavities.append(Cavity(-volume, place(piece.bounds.mean(axis=0))))
    outer.sort(key=lambda piece: -piece.volume_mm3)
    cavities.sort(key=lambda cavity: -cavity.volume_mm3)
    whole = mesh if keep.all() else mesh.submesh(keep[shell])
    return Bodies(whole, tuple(outer), tuple(cavities), int(np.count_nonzero(~keep)), slit_mm3)


def as_solid(mesh: Mesh, what: str, progress: Progress = silent) -> tuple[Mesh, Receipt | None]:
    """Return the mesh itself where it is a clean solid, else repaired with the receipt of the repair.

    Raises
    ------
    GeometryError
        It cannot be made one without a new surface; the message says what is wrong with it and what to do.
    """
    if mesh.is_empty:
        raise GeometryError(f"{what} is empty: there is nothing to join.")
    if find_defects(mesh).clean:
        return mesh, None
    try:
        mended, receipt = repair(mesh, rung=HIGHEST_RUNG, progress=progress)
    except GeometryError as error:
        raise GeometryError(f"{what} is not a closed solid and could not be made one. {error}") from error
    if not receipt.details["defects_after"] or not find_defects(mended).clean:
        raise GeometryError(
            f"{what} is not a closed solid, and light repair does not make it one: {' '.join(receipt.warnings)} Repair "
            "it by itself first and look at the result, since that may build its surface anew."
        )
    return mended, receipt


def as_clean(mesh: Mesh, progress: Progress = silent) -> tuple[Mesh | None, Receipt | None]:
    """Make what a boolean gave storable: itself where it is clean in single precision, mended lightly, or None."""
    if mesh.is_empty:
        return None, None
    if find_defects(mesh).clean:
        return mesh, None
    try:
        mended, receipt = repair(mesh, rung=HIGHEST_RUNG, progress=progress)
    except GeometryError:
        return None, None
    return (mended, receipt) if find_defects(mended).clean else (None, receipt)


def first_clean(solids: Iterable[manifold3d.Manifold], name: str) -> tuple[int, Bodies] | None:
    """Number and bodies of the first solid that is clean as an STL file holds it, if need be without shortest edges.

    None where none is; the solids after the one that is are not asked for.
    """
    for number, solid in enumerate(solids):
        step = STORED_STEPS * float(np.abs(solid.bounding_box()).max())
        for tried in (solid, solid.simplify(step)):
            bodies = bodies_of(Mesh.from_manifold(tried, name))
            if not bodies.mesh.is_empty and find_defects(bodies.mesh).clean:
                return number, bodies
    return None
