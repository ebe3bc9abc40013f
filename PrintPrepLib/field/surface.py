"""The closed surface where a signed function of space is zero, made tile by tile.

Only points near the surface are asked for: a block of grid points whose middle lies farther from the surface than its
own size cannot hold any of it. Memory is that of one tile and of the triangles, however large the box is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

from ..errors import GeometryError
from ..mesh import FloatArray, IntArray, Mesh
from ..progress import Progress, silent
from ..spatial import exact_weld
from ..spatial.threads import cores, in_turn
from .functions import Function

TILE = 96
"""Cells of a tile along each axis: six megabytes of values, and some ten thousand points near the surface."""
BLOCKS = (16, 8, 4, 2)
"""Grid points of a block along each axis, from coarse to fine: of a block whose middle is nearer to the surface than
its own half diagonal and one cell, all smaller blocks are asked. The last is a block of eight points."""
LEAST_TILES = 3
"""With so many tiles for each thread, threads are given whole tiles."""
NEAREST = 2e-3
"""A grid point counts as at least this share of a cell away from the surface: nearer ones make triangles without area,
and corners that an STL file rounds into one. The surface moves by no more than that share."""
SHIFT = (0.5 - 0.0371, 0.5 + 0.0533, 0.5 - 0.0217)
"""Share of a cell by which the grid is off the corner of the box, so that no line of it lies in a flat side there."""
MOST_TRIANGLES = 30_000_000
"""More are refused: two gigabytes, and more than any print slicer takes."""
FAR = 1.0 + 1e-5
"""Cells: a grid point that is farther from the surface has all its neighbors on its own side, also when rounded."""
SAFE = 1.0 + 1e-6
"""Rounding of the functions, as a share of the blocks' size."""

Dense = npt.NDArray[np.float32]
Tile = tuple[int, int, int]


def zero_surface(
    function: Function,
    low_mm: FloatArray,
    high_mm: FloatArray,
    cell_mm: float,
    *,
    name: str = "model",
    progress: Progress = silent,
) -> Mesh:
    """Make the closed surface round everything inside a box where the function is positive.

    The surface runs through the zeros of straight lines between the points of a grid (Flying Edges; Schroeder, Maynard
    and Geveci 2015): on a smooth surface of radius R it is off by cell^2 / (8 R), and edges are beveled by up to half
    a cell. What the box cuts off is closed by a flat face at the box.

    Parameters
    ----------
    function : callable
        Points (k, 3), LPS mm, to values (k,), mm: positive inside, 1-Lipschitz, and the same for the same point
        whichever others are asked with it. Several threads ask at a time.
    low_mm, high_mm : (3,) float64
        Opposite corners of the box.
    cell_mm : float
        Edge of a cell of the grid.
    name : str
        Name of the mesh.

    Returns
    -------
    Mesh
        Closed and outward; without triangles where nothing is inside.

    Raises
    ------
    ValueError
        A box without size, or a cell that is not above 0.
    GeometryError
        So many triangles would come out that nothing could use them.
    """
    low, high = np.asarray(low_mm, np.float64), np.asarray(high_mm, np.float64)
    if low.shape != (3,) or high.shape != (3,) or not (high > low).all() or not np.isfinite([low, high]).all():
        raise ValueError(f"low_mm and high_mm must be opposite corners of a box, got {low_mm} and {high_mm}")
    if not 0.0 < cell_mm < np.inf:
        raise ValueError(f"cell_mm must be above 0, got {cell_mm}")
    lattice = _Lattice(low - cell_mm * (1.0 + np.array(SHIFT)), float(cell_mm), low, high)
    tiles = np.ceil((high - lattice.origin) / (cell_mm * TILE) + 1.0 / TILE).astype(int)
    layers = _Layers()
    corners: list[FloatArray] = []
    faces: list[IntArray] = []
    count = triangles = 0
    wanted = _tiles_near(function, lattice, tiles)

    def made(tile: Tile) -> Dense:
        return _values(function, lattice, TILE * np.array(tile))

    # Of few tiles each is made by all threads: the functions know how to share their points among them.
    values_of = in_turn(made, wanted) if len(wanted) >= LEAST_TILES * cores() else map(made, wanted)
    for number, (tile, values) in enumerate(zip(wanted, values_of, strict=True)):
        progress(number / len(wanted), "Making the surface")
        layers.meet(tile, values)
        points, triples = surface_of_grid(values)
        if not len(triples):
            continue
        corners.append(points + TILE * np.array(tile))
        faces.append(triples + count)
        count += len(points)
        triangles += len(triples)
        if triangles > MOST_TRIANGLES:
            raise GeometryError(
                f"At a resolution of {cell_mm:g} mm the surface would have more than {MOST_TRIANGLES:,} triangles. "
                "Choose a coarser one, or a smaller part of the model."
            )
    progress(1.0, "Surface made")
    if not faces:
        return Mesh(np.empty((0, 3)), np.empty((0, 3), np.int32), name)
    # Corners on the face between two tiles were computed twice, from the same values: they are the same to the bit.
    whole = exact_weld(Mesh(np.concatenate(corners), np.concatenate(faces), name))
    return whole.with_vertices(lattice.origin + cell_mm * whole.vertices)


@dataclass(frozen=True, eq=False)
class _Lattice:
    """The grid, and the box beyond which nothing is inside."""

    origin: FloatArray
    cell: float
    low: FloatArray
    high: FloatArray

    def ask(self, function: Function, index: npt.NDArray[Any]) -> FloatArray:
        """Values (k,) at grid coordinates (k, 3): those of the function cut off by the box, which is 1-Lipschitz."""
        points = self.origin + self.cell * index
        box = np.minimum(points - self.low, self.high - points).min(axis=1)
        out: FloatArray = box.copy()
        inside = np.flatnonzero(box > -self.cell * TILE)
        out[inside] = np.minimum(box[inside], function(points[inside]))
        return out

    def reach(self, points: int) -> float:
        """Distance from the middle of a block within which the surface matters to one of its points, mm."""
        return float(self.cell * (3.0**0.5 * 0.5 * (points - 1) + 1.0) * SAFE)


@dataclass
class _Layers:
    """Values on the upper faces of the tiles so far, which the next ones begin with: no crack can come between."""

    upper: dict[tuple[Tile, int], Dense] = field(default_factory=dict)

    def meet(self, tile: Tile, values: Dense) -> None:
        """Take the lower faces from the tiles below, in place, and keep the upper ones."""
        for axis in range(3):
            x, y, z = (n - (axis == k) for k, n in enumerate(tile))
            known = self.upper.pop(((x, y, z), axis), None)
            if known is not None:
                values[_face(axis, 0)] = known
        for axis in range(3):
            self.upper[(tile, axis)] = values[_face(axis, -1)].copy()


def _face(axis: int, at: int) -> tuple[slice | int, ...]:
    """Index of a face of a tile's values, which are (z, y, x)."""
    return tuple(at if 2 - axis == k else slice(None) for k in range(3))


def _tiles_near(function: Function, lattice: _Lattice, tiles: npt.NDArray[np.int_]) -> list[Tile]:
    every = np.stack(np.meshgrid(*(np.arange(n) for n in tiles), indexing="ij"), axis=-1).reshape(-1, 3)
    every = every[np.lexsort((every[:, 0], every[:, 1], every[:, 2]))]
    near = np.abs(lattice.ask(function, TILE * (every + 0.5))) <= lattice.reach(TILE + 1)
    return [(int(x), int(y), int(z)) for x, y, z in every[near]]


def _values(function: Function, lattice: _Lattice, begin: npt.NDArray[np.int_]) -> Dense:
    """Values at the points of a tile, (z, y, x) in cells: true near the surface, elsewhere of the right sign."""
    size = TILE + BLOCKS[0]  # the points of the upper faces begin blocks of their own
    values = np.empty((size, size, size), np.float32)
    steps = np.arange(0, size, BLOCKS[0])
    blocks = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    for side, smaller in zip(BLOCKS, (*BLOCKS[1:], 1), strict=True):
        blocks = blocks[(blocks <= TILE).all(axis=1)]
        middle = lattice.ask(function, begin + blocks + 0.5 * (side - 1))
        _fill(values, blocks, side, middle / lattice.cell)
        near = blocks[np.abs(middle) <= lattice.reach(side)]
        parts = np.arange(0, side, smaller)
        offsets = np.stack(np.meshgrid(parts, parts, parts, indexing="ij"), axis=-1).reshape(-1, 3)
        blocks = (near[:, None, :] + offsets).reshape(-1, 3)
    blocks = blocks[(blocks <= TILE).all(axis=1)]
    odd = blocks.sum(axis=1) % 2 == 1
    _ask(function, lattice, begin, blocks[~odd], values)
    _ask(function, lattice, begin, _undecided(blocks[odd], values), values)
    return np.ascontiguousarray(values[: TILE + 1, : TILE + 1, : TILE + 1])


def _ask(
    function: Function, lattice: _Lattice, begin: npt.NDArray[np.int_], points: npt.NDArray[np.int_], values: Dense
) -> None:
    """Fill in the true values at some points of a tile."""
    true = lattice.ask(function, begin + points) / lattice.cell
    x, y, z = points.T
    values[z, y, x] = np.where(true > 0.0, 1.0, -1.0) * np.maximum(np.abs(true), NEAREST)


def _undecided(points: npt.NDArray[np.int_], values: Dense) -> npt.NDArray[np.int_]:
    """Those points of a tile through whose edges the surface may go; the others take the sign of their neighbors.

    Of a chessboard's colors all points of the other one, near the surface, have their true values. Where all six
    neighbors are on one side and one of them is farther than a cell from the surface, the point is on that side too.
    """
    side = values.shape[0]
    at = (points[:, 2] * side + points[:, 1]) * side + points[:, 0]
    inner = np.minimum(points, TILE - points).min(axis=1) > 0  # neighbors in other tiles are not known
    flat = values.reshape(-1)
    around = flat[at[inner, None] + np.array([-1, 1, -side, side, -side * side, side * side])]
    low, high = around.min(axis=1), around.max(axis=1)
    inside, outside = (low > 0.0) & (high > FAR), (high < 0.0) & (low < -FAR)
    decided = np.zeros(len(points), np.bool_)
    decided[inner] = inside | outside
    flat[at[inner][inside]], flat[at[inner][outside]] = FAR, -FAR
    return points[~decided]


def _fill(values: Dense, blocks: npt.NDArray[np.int_], side: int, middle: FloatArray) -> None:
    """Give all points of each block the value of its middle, or one that is far and of that sign where it is near."""
    count = values.shape[0] // side
    view = values.reshape(count, side, count, side, count, side)
    x, y, z = (blocks // side).T
    safe = np.where(middle > 0.0, 1.0, -1.0) * np.maximum(np.abs(middle), 2.0 * FAR)
    view[z, :, y, :, x, :] = safe[:, None, None, None]


def surface_of_grid(values: Dense) -> tuple[FloatArray, IntArray]:
    """Surface of a grid of values (z, y, x), in cells from its first point; it looks to smaller values."""
    if (values > 0).all() or (values < 0).all():
        return np.empty((0, 3)), np.empty((0, 3), np.int32)
    image = vtkImageData()
    image.SetDimensions(values.shape[2], values.shape[1], values.shape[0])
    image.GetPointData().SetScalars(numpy_to_vtk(values.ravel()))
    extract = vtkFlyingEdges3D()
    extract.SetInputData(image)
    extract.SetValue(0, 0.0)
    extract.ComputeNormalsOff()
    extract.ComputeGradientsOff()
    extract.ComputeScalarsOff()
    extract.Update()
    out = Mesh.from_vtk(extract.GetOutput())
    return np.asarray(out.vertices), out.faces
