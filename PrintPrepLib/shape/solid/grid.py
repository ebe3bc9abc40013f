"""Cells of space round a surface, tile by tile, and how far each is from the solid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...engine import is_compiled
from ...mesh import FloatArray, Mesh

CORE = 208
"""Cells of a tile along each axis, without its margin: with it some 20 megabytes for a grid of bytes."""
MOST_LEVEL = 15
"""Squared distances up to this many cells fit into a byte,"""
MOST_COMPILED = 9
"""and up to this many also the sums of two."""
WORTH_COMPILING = 100_000
"""Cells from which on loading compiled code pays."""

Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Tile:
    """A box of cells: the core, for which it answers, and a margin round it.

    Attributes
    ----------
    origin_mm : (3,) float64
        Corner of the first cell.
    shape : tuple of int
        Cells along z, y, x, with the margin.
    core : tuple
        First and one past the last cell of the core along x, y, z.
    """

    origin_mm: FloatArray
    cell_mm: float
    shape: tuple[int, int, int]
    core: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]

    def centers(self, zyx: npt.NDArray[np.int64]) -> FloatArray:
        """Middles (k, 3) of cells (k, 3), LPS mm."""
        return np.asarray(self.origin_mm + self.cell_mm * (zyx[:, ::-1] + 0.5))

    def in_core(self, zyx: npt.NDArray[np.int64]) -> Bools:
        """Which cells (k, 3) are of the core."""
        low, high = self.core
        return np.asarray(((zyx[:, ::-1] >= low) & (zyx[:, ::-1] < high)).all(axis=1))


def tiles_of(mesh: Mesh, cell_mm: float, margin: int, room: int) -> list[Tile]:
    """Cut the space round a mesh into tiles; those whose core no triangle comes near are left out.

    Each tile has so many cells more as a margin to the next one, and as room at the outside of the model.
    """
    low, high = mesh.bounds
    begin = low - cell_mm * 0.5371
    cells = np.ceil((high - begin) / cell_mm).astype(np.int64) + 1
    parts = -(-cells // CORE)
    out = []
    for place in np.ndindex(*parts):
        first = np.array(place) * cells // parts
        last = (np.array(place) + 1) * cells // parts
        if not faces_within(mesh, begin + cell_mm * (first - 1), begin + cell_mm * (last + 1)).any():
            continue
        # Beyond the model there is nothing but air: room for the ball is enough there.
        under = np.where(first > 0, margin, np.minimum(margin, room))
        over = np.where(last < cells, margin, np.minimum(margin, room))
        x, y, z = (int(n) for n in last - first + under + over)
        out.append(Tile(begin + cell_mm * (first - under), cell_mm, (z, y, x), (under, last - first + under)))
    return out


def faces_within(mesh: Mesh, low: FloatArray, high: FloatArray) -> Bools:
    """Which triangles (m,) have a box that meets a box; an infinite corner is far away."""
    out = np.ones(len(mesh.faces), bool)
    for axis, (least, most) in enumerate(corner_bounds(mesh)):
        if low[axis] > -np.inf:
            out &= most >= low[axis]
        if high[axis] < np.inf:
            out &= least <= high[axis]
    return out


def corner_bounds(mesh: Mesh) -> tuple[tuple[FloatArray, FloatArray], ...]:
    """Lowest and highest coordinate (m,) of each triangle, for each axis."""
    found: tuple[tuple[FloatArray, FloatArray], ...] = mesh.derived("corner_bounds", _corner_bounds)
    return found


def _corner_bounds(mesh: Mesh) -> tuple[tuple[FloatArray, FloatArray], ...]:
    # Axis by axis: along the short axes of (m, 3, 3) a reduction is several times slower.
    out = []
    for axis in range(3):
        a, b, c = (mesh.vertices[:, axis][mesh.faces[:, k]] for k in range(3))
        out.append((np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)))
    return tuple(out)


def squared_distances(walls: Bools, most: int) -> Bytes:
    """Squared distance in cells from the middle of each cell to that of the nearest wall, at most ``most`` ** 2.

    Exact (the lower envelope is taken axis by axis, as by Felzenszwalb and Huttenlocher 2012); since only so many
    cells are looked at on either side, on bytes, whole planes are done at once.
    """
    if not 1 <= most <= MOST_LEVEL:
        raise ValueError(f"most must be between 1 and {MOST_LEVEL}, got {most}")
    out = np.where(walls, np.uint8(0), np.uint8(most * most))
    if most <= MOST_COMPILED and out.size >= WORTH_COMPILING and is_compiled():
        from . import _kernels_grid as kernels

        kernels.spread(out, most)
        return out
    spare = np.empty_like(out)
    for axis in range(3):
        source = out.copy()
        for step in range(1, most):
            add = step * step
            # A byte is cut off at its largest value, not wrapped round.
            np.minimum(source, 255 - add, out=spare)
            spare += np.uint8(add)
            ahead, behind = [slice(None)] * 3, [slice(None)] * 3
            ahead[axis], behind[axis] = slice(step, None), slice(None, -step)
            one, two = tuple(ahead), tuple(behind)
            np.minimum(out[one], spare[two], out=out[one])
            np.minimum(out[two], spare[one], out=out[two])
    return out
