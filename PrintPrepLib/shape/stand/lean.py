"""A lean cradle: ribs and a ring in place of a solid block, with cells that are open from top to bottom.

Nothing but upright walls is left, so that no process needs supports for it; each cell is open at both ends, so that no
powder or resin stays in it. Material is only taken away: gap and way out can grow, and the footprint stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import grey_erosion

from ...errors import GeometryError
from ...mesh import FloatArray
from ..label.strokes import narrowest
from .envelope import Heights, without_ridges

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
PLAIN_MM = 0.01
"""Corners nearer to a straight line than this are left out before ribs are measured: a slice has many of them."""
MOST_WALLS = 3.0
"""Ribs are not looked at beyond so many walls."""


@dataclass(frozen=True)
class Lean:
    """What became of a block, volumes in ml. ``rib_mm`` is the thinnest rib or ring, measured near the ground."""

    cells: int
    cell_mm: float
    rib_asked_mm: float
    rib_mm: float
    solid_ml: float
    lean_ml: float


def cells_of(
    outline: manifold3d.CrossSection, center: FloatArray, wall_mm: float, cell_mm: float | None
) -> manifold3d.CrossSection:
    """Cells in the plan of a block, one of them in the middle.

    Parameters
    ----------
    outline : CrossSection
        Of the block, in the frame's coordinates.
    center : (2,) or more float64
        The middle.
    wall_mm, cell_mm : float
        Thickness of the ribs, and width of the cells (None by the ribs).

    Raises
    ------
    GeometryError
        No cell fits.
    """
    width = _width(wall_mm, cell_mm)
    out = _cells(outline, center, width, wall_mm)
    if out.is_empty():
        raise GeometryError(
            f"No cell of {width:g} mm fits into this cradle between ribs of {wall_mm:g} mm. Ask for smaller cells "
            "(cell_mm), or leave it solid."
        )
    return out


def without_wisps(top: Heights, cells: manifold3d.CrossSection, wall_mm: float, bottom: float) -> Heights:
    """Lower a seat where it would leave wisps beside a cell that are thinner than a wall, as far as the grid tells."""
    from ..cut.section import contains_2d

    reach = wall_mm - top.step_mm  # a rib of a wall has so many points of the grid across that it stays
    if not reach >= 2.0 * top.step_mm:
        return top
    inside = contains_2d(cells, top.points.reshape(-1, 2)).reshape(top.values.shape)
    opened = without_ridges(np.where(inside, bottom, top.values), top.step_mm, reach)
    lowered = np.where(inside, np.inf, np.minimum(top.values, np.maximum(opened, bottom)))
    beside = grey_erosion(lowered, size=(3, 3), mode="nearest")  # else the seat would rise steeply into each cell
    return top.with_values(np.where(np.isfinite(lowered), lowered, np.where(np.isfinite(beside), beside, top.values)))


def made_lean(
    block: manifold3d.Manifold, cells: manifold3d.CrossSection, wall_mm: float, cell_mm: float | None, floor_mm: float
) -> tuple[manifold3d.Manifold, Lean]:
    """Cut cells through a block and measure what is left.

    ``floor_mm`` is the least height of the block below the model.

    Raises
    ------
    GeometryError
        The ribs would fall apart.
    """
    import manifold3d

    low, high = (float(block.bounding_box()[k]) for k in (2, 5))
    cutter = manifold3d.Manifold.extrude(cells, high - low + 2.0).translate((0.0, 0.0, low - 1.0))
    out = block - cutter
    if len(out.decompose()) != 1:
        raise GeometryError(
            "The ribs of the cradle would fall apart: there is too little material below the model. Ask for a thicker "
            "floor (plate_mm), or leave it solid."
        )
    ground = out.slice(low + LEVEL_SHARE * floor_mm).simplify(PLAIN_MM)
    rib = narrowest(ground, MOST_WALLS * wall_mm)
    return out, Lean(
        len(cells.decompose()), _width(wall_mm, cell_mm), wall_mm, rib, block.volume() / 1000.0, out.volume() / 1000.0
    )  # fmt: skip


def _width(wall: float, cell: float | None) -> float:
    return CELL_WALLS * wall if cell is None else cell


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
