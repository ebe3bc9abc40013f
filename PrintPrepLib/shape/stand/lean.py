"""A lean cradle: ribs and a ring in place of a solid block, with cells that are open from top to bottom.

Nothing but upright walls is left, so that no process needs supports for it; each cell is open at both ends, so that no
powder or resin stays in it. Material is only taken away: gap and way out can grow, and the footprint stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import GeometryError
from ...mesh import FloatArray
from ..label.strokes import narrowest

if TYPE_CHECKING:
    import manifold3d

RING_WALLS = 1.5
"""The ring round all cells, in walls: it carries the edge that hands take hold of."""
CELL_WALLS = 10.0
"""Width of a cell in walls where none is given: ribs are then a sixth of the plan."""
ROUND_SHARE = 0.15
"""Corners of cells are rounded with this share of their width, and what is narrower than twice that stays material."""
LEVEL_SHARE = 0.25
"""Ribs are measured at this share of the floor's thickness above the ground, where all of them are."""
MOST_WALLS = 3.0
"""Ribs are not looked at beyond so many walls."""


@dataclass(frozen=True)
class Lean:
    """What became of a block. ``rib_mm`` is the thinnest rib or ring, measured on the result; volumes in ml."""

    cells: int
    cell_mm: float
    rib_asked_mm: float
    rib_mm: float
    solid_ml: float
    lean_ml: float


def made_lean(
    block: manifold3d.Manifold,
    outline: manifold3d.CrossSection,
    center: FloatArray,
    *,
    wall_mm: float,
    cell_mm: float | None,
    floor_mm: float,
) -> tuple[manifold3d.Manifold, Lean]:
    """Cut cells through a block.

    Parameters
    ----------
    block : Manifold
        In the frame's coordinates, its outline in plan the one given.
    outline : CrossSection
        Of the block.
    center : (2,) or more float64
        A cell lies in the middle of it.
    wall_mm, cell_mm, floor_mm : float
        Thickness of the ribs, width of the cells (None by the ribs), and the least height of material.

    Raises
    ------
    GeometryError
        No cell fits, or the ribs would fall apart.
    """
    import manifold3d

    width = CELL_WALLS * wall_mm if cell_mm is None else cell_mm
    open_cells = _cells(outline, center, width, wall_mm)
    low, high = (float(block.bounding_box()[k]) for k in (2, 5))
    if open_cells.is_empty():
        raise GeometryError(
            f"No cell of {width:g} mm fits into this cradle between ribs of {wall_mm:g} mm. Ask for smaller cells "
            "(cell_mm), or leave it solid."
        )
    cutter = manifold3d.Manifold.extrude(open_cells, high - low + 2.0).translate((0.0, 0.0, low - 1.0))
    out = block - cutter
    if len(out.decompose()) != 1:
        raise GeometryError(
            "The ribs of the cradle would fall apart: there is too little material below the model. Ask for a thicker "
            "floor (plate_mm), or leave it solid."
        )
    rib = narrowest(out.slice(low + LEVEL_SHARE * floor_mm), MOST_WALLS * wall_mm)
    return out, Lean(
        len(open_cells.decompose()), width, wall_mm, rib, block.volume() / 1000.0, out.volume() / 1000.0
    )  # fmt: skip


def _cells(outline: manifold3d.CrossSection, center: FloatArray, width: float, wall: float) -> manifold3d.CrossSection:
    """Square cells in rows and columns within a ring, without narrow ones, their corners rounded."""
    import manifold3d

    rounded = manifold3d.JoinType.Round
    inner = outline.offset(-RING_WALLS * wall, rounded, 2.0, 48)
    if inner.is_empty():
        return inner
    pitch = width + wall
    bounds = np.asarray(inner.bounds()).reshape(2, 2)
    first, last = (np.round((edge - center[:2]) / pitch).astype(int) for edge in bounds)
    square = manifold3d.CrossSection.square((width, width), True)
    rows = [
        square.translate((float(center[0] + column * pitch), float(center[1] + row * pitch)))
        for column in range(first[0], last[0] + 1)
        for row in range(first[1], last[1] + 1)
    ]
    cut = manifold3d.CrossSection.batch_boolean(rows, manifold3d.OpType.Add) ^ inner
    turn = ROUND_SHARE * width
    return cut.offset(-turn, rounded, 2.0, 32).offset(turn, rounded, 2.0, 32) ^ cut
