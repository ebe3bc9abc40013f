"""Where narrow openings lie: the membranes that are left when the air is filled without changing its topology."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from ...engine import is_compiled
from ...mesh import FloatArray, Mesh
from ...progress import Progress, silent
from .cells import filled_cells
from .grid import Bytes, Tile, squared_distances, tiles_of

CELLS_ACROSS = 9.0
"""Cells across the widest opening that is looked for."""
MARGIN_ACROSS = 2.0
"""A tile sees so many of the widest openings beyond its core."""
BEYOND = 1.5
"""Cells by which the first balls are larger than asked, since distances count from the middles of cells."""
ROOM = 2
"""Cells of open air round the model, beyond those from which the ball fits."""
NEIGHBOR = 1.8
"""Cells of a membrane are at most so many cells apart: they touch at least with a corner."""
TILES_AT_A_TIME = 2
"""Each takes some hundred megabytes."""

Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Membrane:
    """Cells that close one opening at its narrowest place: their middles (k, 3), LPS mm."""

    points: FloatArray
    cell_mm: float


def membranes(mesh: Mesh, widest_mm: float, progress: Progress = silent) -> list[Membrane]:
    """Find the openings of a solid that a ball of a diameter does not pass.

    The air where such balls fit is grown into the rest, from wide to narrow, cell by cell, but only by cells that
    change no topology: that close no ring of air round a bar and let no two openings meet. What cannot be added are
    membranes across the openings, each at its narrowest place (after Aktouf, Bertrand and Perroton 2002, "A
    three-dimensional holes closing algorithm", doi:10.1016/S0167-8655(01)00152-0). Blind holes leave none, and where
    two bodies stand near each other a thread of cells is left between them.

    Parameters
    ----------
    mesh : Mesh
        Closed and outward.
    widest_mm : float
        Diameter of the ball. Openings less than about a cell wide, a ninth of it, are not seen.
    """
    cell = widest_mm / CELLS_ACROSS
    tiles = tiles_of(mesh, cell, int(np.ceil(MARGIN_ACROSS * CELLS_ACROSS)), _top() + ROOM)
    found = []
    with ThreadPoolExecutor(TILES_AT_A_TIME) as pool:
        for number, points in enumerate(pool.map(lambda tile: _left_over(mesh, tile), tiles)):
            progress(number / len(tiles), "Looking for openings")
            found.append(points)
    points = np.concatenate(found) if found else np.empty((0, 3))
    progress(1.0, "Openings found")
    return [Membrane(points[rows], cell) for rows in _clusters(points, NEIGHBOR * cell)]


def _top() -> int:
    """Cells from a wall beyond which the ball fits."""
    return int(np.ceil(0.5 * CELLS_ACROSS + BEYOND))


def _left_over(mesh: Mesh, tile: Tile) -> FloatArray:
    """Middles (k, 3) of the cells of membranes in the core of a tile, LPS mm."""
    _, walls = filled_cells(mesh, tile)
    top = _top()
    left = flooded(squared_distances(walls, top), top * top)
    return tile.centers(left[tile.in_core(left)])


def flooded(level: Bytes, top: int) -> Int64Array:
    """Flood the air, and return the cells (k, 3) of the membranes, z y x.

    Parameters
    ----------
    level : (z, y, x) uint8
        Squared distance from walls in cells, 0 at them; at most ``top``, where the air is open from the beginning.
        The border counts as wall.
    """
    if is_compiled():
        from . import _kernels_flood as kernels

        left = kernels.flood(level, top, kernels.GROWN_TOUCHING, kernels.GROWN_FACING)
        return np.stack(np.unravel_index(left, level.shape), axis=1)
    from .flood_numpy import flood

    return flood(level, top)


def _clusters(points: FloatArray, reach: float) -> list[Int64Array]:
    if not len(points):
        return []
    pairs = cKDTree(points).query_pairs(reach, output_type="ndarray")
    size = len(points)
    graph = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    order = np.argsort(label, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
