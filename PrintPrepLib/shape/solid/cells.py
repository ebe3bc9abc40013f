"""Which cells of a grid a solid fills: those whose middles it holds, and those that its thin walls pass between."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...engine import is_compiled
from ...mesh import FloatArray, Mesh
from .grid import Bools, Tile, faces_within

CANDIDATES = 2_000_000
"""So many pairs of a triangle and a line are looked at together where numpy does the work."""

Int64Array = npt.NDArray[np.int64]
Crossings = tuple[Int64Array, FloatArray, npt.NDArray[np.int8]]


def filled_cells(mesh: Mesh, tile: Tile) -> tuple[Bools, Bools]:
    """Cells (z, y, x) whose middles lie inside, and cells that are wall.

    A wall that passes between the middles of two neighboring cells without holding either makes the nearer one wall,
    so that no way by faces leads through the solid, however thin it is.

    Parameters
    ----------
    mesh : Mesh
        Closed and outward; its parts may overlap.
    """
    size = np.array(tile.shape[::-1])
    origin = tile.origin_mm + 0.5 * tile.cell_mm
    faces = _faces_of(mesh, tile)
    up = [_crossings(mesh, faces, origin, tile.cell_mm, size, axis) for axis in range(3)]
    if is_compiled():
        return _filled_compiled(up, tile.shape)
    return _filled_numpy(up, size)


def _filled_compiled(up: list[Crossings], shape: tuple[int, int, int]) -> tuple[Bools, Bools]:
    from . import _kernels_cells as kernels

    number = np.zeros(shape, np.int8)
    kernels.fill(*up[2], number)
    inside = number.view(bool)
    walls = inside.copy()
    for axis, (line, height, _) in enumerate(up):
        kernels.add_thin(line, height, axis, inside, walls)
    return inside, walls


def _filled_numpy(up: list[Crossings], size: Int64Array) -> tuple[Bools, Bools]:
    line, height, sign = up[2]
    step = np.ceil(height)
    within = step < size[2]
    winding = np.zeros((size[2], size[1], size[0]), np.int8)
    x, y = np.divmod(line[within], size[1])
    np.add.at(winding, (np.maximum(step[within], 0).astype(np.int64), y, x), sign[within])
    np.cumsum(winding, axis=0, out=winding)
    inside = winding > 0
    walls = inside.copy()
    for axis, (line, height, _) in enumerate(up):
        one, two = (axis + 1) % 3, (axis + 2) % 3
        below = np.floor(height).astype(np.int64)
        between = (below >= 0) & (below + 1 < size[axis])
        index = np.empty((3, int(between.sum())), np.int64)
        index[one], index[two] = np.divmod(line[between], size[two])
        index[axis] = below[between]
        other = index.copy()
        other[axis] += 1
        thin = ~inside[tuple(index[::-1])] & ~inside[tuple(other[::-1])]
        nearer = np.where(height[between] - below[between] < 0.5, index, other)[:, thin]
        walls[tuple(nearer[::-1])] = True
    return inside, walls


def _faces_of(mesh: Mesh, tile: Tile) -> npt.NDArray[np.int32]:
    """Triangles that can cross a grid line of the tile, or one of its lines along z below it."""
    high = tile.origin_mm + tile.cell_mm * np.array(tile.shape[::-1])
    near = faces_within(mesh, np.append(tile.origin_mm[:2], -np.inf), high)
    return np.asarray(mesh.faces[near])


def _crossings(
    mesh: Mesh, faces: npt.NDArray[np.int32], origin: FloatArray, cell: float, size: Int64Array, axis: int
) -> Crossings:
    """Line, height in cells and sign (1: the solid begins, -1: it ends) of every crossing with lines along an axis."""
    if not is_compiled():
        return _crossings_numpy(mesh, faces, origin, cell, size, axis)
    from . import _kernels_cells as kernels

    room = 4 * len(faces) + 1000
    while True:
        line, height, sign = np.empty(room, np.int64), np.empty(room), np.empty(room, np.int8)
        count = kernels.crossings(mesh.vertices, faces, origin, cell, size, axis, line, height, sign)
        if count <= room:
            return line[:count], height[:count], sign[:count]
        room = count


def _crossings_numpy(
    mesh: Mesh, faces: npt.NDArray[np.int32], origin: FloatArray, cell: float, size: Int64Array, axis: int
) -> Crossings:
    one, two = (axis + 1) % 3, (axis + 2) % 3
    corners = ((mesh.vertices - origin) / cell)[faces][:, :, (one, two, axis)]
    least, most = corners.min(axis=1), corners.max(axis=1)
    first = np.maximum(np.ceil(least[:, :2]), 0).astype(np.int64)
    last = np.minimum(np.floor(most[:, :2]), size[[one, two]] - 1).astype(np.int64)
    count = np.maximum(last - first + 1, 0)
    number = count.prod(axis=1) * (least[:, 2] <= size[axis])
    rows = np.flatnonzero(number)
    lots = np.array_split(rows, number.sum() // CANDIDATES + 1)
    parts = [_of_pairs(corners, first, count, number, lot, least, most, int(size[two])) for lot in lots]
    line, height, sign = (np.concatenate([part[k] for part in parts]) for k in range(3))
    return line, height, sign


def _of_pairs(
    corners: FloatArray,
    first: Int64Array,
    count: Int64Array,
    number: Int64Array,
    lot: Int64Array,
    least: FloatArray,
    most: FloatArray,
    lines: int,
) -> Crossings:
    face = np.repeat(lot, number[lot])
    begin = np.repeat(np.cumsum(number[lot]) - number[lot], number[lot])
    x, y = np.divmod(np.arange(len(face)) - begin, count[face, 1])
    x, y = x + first[face, 0], y + first[face, 1]
    a, b, c = (corners[face, k] for k in range(3))
    s_ab = _side(a, b, x, y)
    hit = np.flatnonzero((s_ab == _side(b, c, x, y)) & (s_ab == _side(c, a, x, y)))
    face, x, y, a, b, c = face[hit], x[hit], y[hit], a[hit], b[hit], c[hit]
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    with np.errstate(divide="ignore", invalid="ignore"):
        u = ((x - a[:, 0]) * (c[:, 1] - a[:, 1]) - (y - a[:, 1]) * (c[:, 0] - a[:, 0])) / area
        v = ((b[:, 0] - a[:, 0]) * (y - a[:, 1]) - (b[:, 1] - a[:, 1]) * (x - a[:, 0])) / area
        height = a[:, 2] + u * (b[:, 2] - a[:, 2]) + v * (c[:, 2] - a[:, 2])
    height = np.where(area == 0.0, a[:, 2], np.clip(height, least[face, 2], most[face, 2]))
    return x * lines + y, height, np.where(s_ab[hit], -1, 1).astype(np.int8)


def _side(a: FloatArray, b: FloatArray, x: Int64Array, y: Int64Array) -> Bools:
    """On which side of a line a point lies; exactly the opposite for the line turned round."""
    ordered = (a[:, 0] < b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] < b[:, 1]))
    p, q = np.where(ordered[:, None], a, b), np.where(ordered[:, None], b, a)
    left = (q[:, 0] - p[:, 0]) * (y - p[:, 1]) - (q[:, 1] - p[:, 1]) * (x - p[:, 0]) >= 0.0
    return np.asarray(left == ordered)
