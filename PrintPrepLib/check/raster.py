"""Which voxels of a grid have their center inside a closed mesh.

The mesh is taken into the grid's own index space, so an oblique or left-handed grid is like any other. Every slice of
the grid cuts the triangles in segments, every row cuts the segments in points, and the direction of the crossings
summed along a row gives the winding number. Points on the edges are computed once per edge, from its ends in a fixed
order, and all comparisons are half-open, so that neighbors agree to the last bit and no row leaks.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ..engine import Engine, is_compiled
from ..mesh import FloatArray, Mesh
from ..spatial.threads import cores, in_turn
from ..triangle_sums import WORTH_COMPILING

AT_ONCE = 1_000_000
"""Crossings worked on at once: some 150 MB."""

Int64Array = npt.NDArray[np.int64]


def inside_voxels(
    points_ijk: FloatArray, mesh: Mesh, shape_kji: tuple[int, int, int], engine: Engine = Engine.AUTO
) -> npt.NDArray[np.bool_]:
    """Tell the voxels whose center lies inside a closed mesh.

    Parameters
    ----------
    points_ijk : (n, 3) float64
        The mesh's vertices in continuous indices i, j, k of the grid.
    mesh : Mesh
        Closed, corners shared by index. Inside is where the winding number is not zero: a cavity is outside, where
        pieces overlap it is inside, and a mesh that is inside out has the same inside.
    shape_kji : tuple of int
        Size of the grid; the mesh may reach beyond.
    engine : Engine
        Numba or numpy; both tell the same voxels.

    Returns
    -------
    (k, j, i) bool
    """
    depth, rows, columns = shape_kji
    winding = np.zeros((depth, rows, columns + 1), np.int16)
    if is_compiled(engine) and (engine is Engine.NUMBA or len(mesh.faces) >= WORTH_COMPILING):
        from ._kernels_raster import count_crossings

        points = np.ascontiguousarray(points_ijk, np.float64)
        cuts = np.linspace(0, depth, cores() + 1).astype(int).tolist()
        stretches = list(pairwise(cuts))
        for _ in in_turn(lambda k: count_crossings(points, mesh.faces, *k, rows, columns, winding), stretches):
            pass
    else:
        _count_crossings(points_ijk, mesh, winding)
    np.cumsum(winding, axis=2, dtype=np.int16, out=winding)
    return np.asarray(winding[:, :, :columns] != 0)


def _count_crossings(points_ijk: FloatArray, mesh: Mesh, winding: npt.NDArray[np.int16]) -> None:
    depth, rows, columns = winding.shape[0], winding.shape[1], winding.shape[2] - 1
    crossings = winding.reshape(-1)
    low, high = _spans(points_ijk[mesh.faces, 2], depth)
    for face, k in _expand(low, high):
        start, stop = _segments(points_ijk, mesh.faces[face], k)
        first, last = _spans(np.stack([start[:, 1], stop[:, 1]], axis=1), rows)
        for segment, j in _expand(first, last):
            a, b = start[segment], stop[segment]
            share = (j - a[:, 1]) / (b[:, 1] - a[:, 1])
            i = np.clip(np.ceil(a[:, 0] + share * (b[:, 0] - a[:, 0])), 0, columns).astype(np.int64)
            sign = np.where(b[:, 1] > a[:, 1], np.int16(1), np.int16(-1))
            np.add.at(crossings, (k[segment] * rows + j) * (columns + 1) + i, sign)


def _spans(values: FloatArray, count: int) -> tuple[Int64Array, Int64Array]:
    """First and one-past-last whole number n in ``min < n <= max`` of each row, within the grid."""
    low = np.floor(np.clip(values.min(axis=1), -1.0, count)).astype(np.int64) + 1
    high = np.floor(np.clip(values.max(axis=1), -1.0, count - 1)).astype(np.int64) + 1
    return low, np.maximum(high, low)


def _expand(low: Int64Array, high: Int64Array) -> Iterator[tuple[Int64Array, Int64Array]]:
    """Give each number of each span with the row it belongs to, in groups of bounded size."""
    end = np.cumsum(high - low)
    total = int(end[-1]) if len(end) else 0
    for begin in range(0, total, AT_ONCE):
        position = np.arange(begin, min(begin + AT_ONCE, total))
        row = np.searchsorted(end, position, side="right")
        yield row, position - end[row] + high[row]


def _segments(points: FloatArray, faces: npt.NDArray[np.int32], k: Int64Array) -> tuple[FloatArray, FloatArray]:
    """Where the triangles cut the planes: from the side that rises through the plane to the side that falls."""
    above = points[faces, 2] >= k[:, None]
    following = np.roll(above, -1, axis=1)
    at = np.arange(len(faces))
    out = []
    for chosen in ((~above & following).argmax(axis=1), (above & ~following).argmax(axis=1)):
        a, b = faces[at, chosen], faces[at, (chosen + 1) % 3]
        first, second = points[np.minimum(a, b)], points[np.maximum(a, b)]
        share = (k - first[:, 2]) / (second[:, 2] - first[:, 2])
        out.append(first[:, :2] + share[:, None] * (second[:, :2] - first[:, :2]))
    return out[0], out[1]
