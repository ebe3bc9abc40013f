"""Grid points near some places, in blocks, and the closed surface round those of them that are inside a body."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ...field import surface_of_grid
from ...mesh import FloatArray, Mesh

BLOCK = 2
"""Grid points of a block along each axis."""
NEAREST = 2e-3
"""A grid point counts as at least this share of a cell away: nearer ones make triangles without area."""
MOST_POINTS = 6_000_000
"""Points of the whole box round some places: where there would be more, the places are parted."""

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_OFFSETS = np.stack(np.meshgrid(*[np.arange(BLOCK)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)


@dataclass(frozen=True, eq=False)
class Lattice:
    """Grid points near some places.

    Attributes
    ----------
    origin : (3,) float64
        The first point, mm.
    cell : float
        Between two points, mm.
    size : (3,) int64
        Blocks along each axis.
    blocks : (b, 3) int64
        Those that are near.
    from_places_mm : (b,) float64
        From the middle of each block to the nearest place.
    """

    origin: FloatArray
    cell: float
    size: Ints
    blocks: Ints
    from_places_mm: FloatArray

    @property
    def middles(self) -> FloatArray:
        """Middle of each block, (b, 3) mm."""
        return np.asarray(self.origin + self.cell * (BLOCK * self.blocks + 0.5 * (BLOCK - 1)))

    @property
    def half_mm(self) -> float:
        """From the middle of a block to its farthest point."""
        return float(0.5 * 3.0**0.5 * (BLOCK - 1) * self.cell)

    def points(self) -> FloatArray:
        """All its points (64 b, 3), mm, block after block."""
        index = (BLOCK * self.blocks[:, None, :] + _OFFSETS).reshape(-1, 3)
        return np.asarray(self.origin + self.cell * index)

    def only(self, chosen: Bools) -> Lattice:
        """The same with the chosen blocks (b,)."""
        return Lattice(self.origin, self.cell, self.size, self.blocks[chosen], self.from_places_mm[chosen])

    def surface(self, values: FloatArray) -> Mesh:
        """The closed surface round the points (64 b,) with positive values; beyond the blocks nothing is inside.

        Between two points the values, mm, change by no more than their distance. Made by Flying Edges (Schroeder,
        Maynard and Geveci 2015).
        """
        whole = np.full(BLOCK * self.size + 2, -self.cell, np.float32)  # with a border all round
        x, y, z = (BLOCK * self.blocks[:, None, :] + _OFFSETS + 1).reshape(-1, 3).T
        whole[x, y, z] = np.where(values > 0.0, 1.0, -1.0) * np.clip(np.abs(values), NEAREST * self.cell, self.cell)
        points, faces = surface_of_grid(np.ascontiguousarray(whole.T))
        return Mesh(self.origin + self.cell * (points - 1.0), faces)


def lattice_near(tree: cKDTree, reach_mm: float, cell_mm: float) -> Lattice:
    """Blocks of a grid that have points within reach of the places of a tree."""
    places = np.asarray(tree.data)
    # Lines of the grid lie in no flat side of the model that is at a round number.
    origin = places.min(axis=0) - reach_mm - 1.0371 * cell_mm
    side = BLOCK * cell_mm
    size = np.ceil((places.max(axis=0) + reach_mm + cell_mm - origin) / side).astype(np.int64)
    # A long oblique feature fills little of its box: only blocks round the places are looked at.
    rings = int(np.ceil(reach_mm / side))
    wanted = np.zeros(size, bool)
    wanted[tuple(np.floor((places - origin) / side).astype(np.int64).T)] = True
    blocks = np.argwhere(_spread(wanted, rings))
    every = Lattice(origin, cell_mm, size, blocks, np.full(len(blocks), np.inf))
    distance = np.asarray(tree.query(every.middles, distance_upper_bound=reach_mm + every.half_mm)[0])
    near = distance < np.inf
    return Lattice(origin, cell_mm, size, blocks[near], distance[near])


def _spread(marked: Bools, rings: int) -> Bools:
    """Mark also the cells that are up to so many away along each axis."""
    for axis in range(3):
        out = marked.copy()
        there, here = np.moveaxis(out, axis, 0), np.moveaxis(marked, axis, 0)
        for step in range(1, min(rings, len(here) - 1) + 1):
            there[step:] |= here[:-step]
            there[:-step] |= here[step:]
        marked = out
    return marked


def parted(places: FloatArray, reach_mm: float, cell_mm: float) -> list[FloatArray]:
    """Part places (k, 3) along the longest axis until the box round each part is small enough."""
    extent = np.ptp(places, axis=0)
    if np.prod((extent + 2.0 * reach_mm) / cell_mm + BLOCK) <= MOST_POINTS or len(places) < 2:
        return [places]
    order = np.argsort(places[:, int(np.argmax(extent))], kind="stable")
    half = len(places) // 2
    return [part for some in (order[:half], order[half:]) for part in parted(places[some], reach_mm, cell_mm)]
