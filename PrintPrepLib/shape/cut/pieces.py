"""One model in pieces, and the seams between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...mesh import Mesh
from ...progress import Progress, part, silent
from ...receipt import Receipt
from .assembly import Seam
from .bodies import count_bodies
from .divide import Piece, divide, facings
from .plane import CutPlane
from .solid import solid_of

_WORDS = (("left", "right"), ("back", "front"), ("top", "bottom"))
"""Sides of the patient along the LPS axes: positive, negative."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """One model in pieces: solids and their surfaces, what the kerf took, and names where they are given."""

    name: str
    whole_mm3: float
    pieces: list[Piece]
    meshes: list[Mesh]
    kerf_mm3: float
    repaired: Receipt | None
    bodies_before: int
    names: tuple[str, ...] = ()


def cut_one(
    model: Mesh,
    planes: Sequence[CutPlane],
    kerf_mm: float,
    progress: Progress = silent,
) -> Pieces:
    """Cut one model; see :func:`~PrintPrepLib.shape.cut.divide.divide`."""
    solid = solid_of(model, part(progress, 0.0, 0.5))
    pieces, lost = divide(solid.manifold, planes, kerf_mm, part(progress, 0.5, 0.8))
    meshes = [Mesh.from_manifold(piece.manifold, model.name) for piece in pieces]
    whole = solid.manifold.volume()
    bodies = count_bodies(solid.mesh)
    return Pieces(model.name, whole, pieces, meshes, lost, solid.repaired, bodies)


def seams_of(cuts: Sequence[Pieces], planes: Sequence[CutPlane], kerf_mm: float) -> list[Seam]:
    """Seams of all models; parts are numbered through all of them."""
    seams, first = [], 0
    for cut in cuts:
        for facing in facings(cut.meshes, cut.pieces, planes, kerf_mm):
            plane = planes[facing.plane]
            seams.append(Seam(plane, first + facing.below, first + facing.above, facing.outline, kerf_mm))
        first += len(cut.pieces)
    return seams


def names_of(cut: Pieces, planes: Sequence[CutPlane]) -> list[str]:
    """Name the parts by the side of the patient where two halves tell it, else by numbers."""
    if cut.names:
        return list(cut.names)
    if len(cut.pieces) == 2 and len(planes) == 1 and {piece.sides.get(0) for piece in cut.pieces} == {-1, 1}:
        normal = np.array(planes[0].normal)
        axis = int(np.abs(normal).argmax())
        words = _WORDS[axis] if normal[axis] > 0.0 else _WORDS[axis][::-1]
        return [f"{cut.name} {words[0] if piece.sides[0] > 0 else words[1]}" for piece in cut.pieces]
    return [f"{cut.name} part {number + 1}" for number in range(len(cut.pieces))]
