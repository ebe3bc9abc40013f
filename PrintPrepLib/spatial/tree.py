"""A balanced binary tree of boxes over triangles in Morton order: small, built by sorting, no pointers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, IntArray
from .threads import in_threads

LEAF_TRIANGLES = 4  # most triangles in a leaf; 4 was fastest among 2, 4, 8 for closest points and for crossings
MORTON_BITS = 21  # bits per axis: three of them fill a 64-bit code

Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Tree:
    """Boxes in heap order: node 1 is the root, node i has the children 2i and 2i+1, leaf j is node ``leaves + j``.

    Attributes
    ----------
    corners : (m, 9) float64
        Triangles in Morton order, corner after corner.
    faces : (m,) int64
        The mesh's number of each of them.
    starts : (leaves + 1,) int64
        Leaf j holds the triangles ``starts[j]:starts[j + 1]``; no leaf is empty.
    boxes : (2 * leaves, 6) float64
        Low x, y, z, high x, y, z of every node.
    """

    corners: FloatArray
    faces: Int64Array
    starts: Int64Array
    boxes: FloatArray

    @property
    def leaves(self) -> int:
        """Number of leaves, a power of two."""
        return len(self.starts) - 1

    @cached_property
    def discs(self) -> FloatArray:
        """Middle, radius and axis of a disc round each triangle, (m, 7); only for the compiled searches."""
        from . import _kernels_closest as kernels

        out = np.empty((len(self.corners), 7))
        in_threads(lambda begin, end: kernels.fill_discs(self.corners, begin, end, out), len(out))
        return out


def build_tree(vertices: FloatArray, faces: IntArray, *, compiled: bool = False) -> Tree:
    """Sort triangles along a Morton curve and put boxes around them.

    Parameters
    ----------
    vertices : (n, 3) float64
    faces : (m, 3) int
        At least one triangle.
    compiled : bool
        Let numba do the work, in threads; the tree is the same.
    """
    count = len(faces)
    leaves = 1
    while leaves * LEAF_TRIANGLES < count:
        leaves *= 2
    starts = np.arange(leaves + 1, dtype=np.int64) * count // leaves
    boxes = np.empty((2 * leaves, 6), np.float64)
    if compiled:
        order, corners = _compiled_leaves(vertices, faces, starts, boxes)
    else:
        order = morton_order(vertices[faces[:, 0]] + vertices[faces[:, 1]] + vertices[faces[:, 2]])
        ordered = faces[order]
        a, b, c = (vertices[ordered[:, k]] for k in range(3))
        boxes[leaves:, :3] = np.minimum.reduceat(np.minimum(np.minimum(a, b), c), starts[:-1], axis=0)
        boxes[leaves:, 3:] = np.maximum.reduceat(np.maximum(np.maximum(a, b), c), starts[:-1], axis=0)
        corners = np.concatenate([a, b, c], axis=1)
    level = leaves // 2
    while level:
        pairs = boxes[2 * level : 4 * level].reshape(level, 2, 6)
        np.minimum(pairs[:, 0, :3], pairs[:, 1, :3], out=boxes[level : 2 * level, :3])
        np.maximum(pairs[:, 0, 3:], pairs[:, 1, 3:], out=boxes[level : 2 * level, 3:])
        level //= 2
    boxes[0] = boxes[1]
    return Tree(corners, order, starts, boxes)


def _compiled_leaves(
    vertices: FloatArray, faces: IntArray, starts: Int64Array, boxes: FloatArray
) -> tuple[Int64Array, FloatArray]:
    """Order and corners of the triangles; fills the boxes of the leaves."""
    from . import _kernels_tree as kernels

    sums = np.empty((len(faces), 3))
    in_threads(lambda begin, end: kernels.corner_sums(vertices, faces, begin, end, sums), len(faces))
    order = morton_order(sums, compiled=True)
    corners = np.empty((len(faces), 9))
    in_threads(
        lambda begin, end: kernels.fill_leaves(vertices, faces, order, starts, begin, end, corners, boxes),
        len(starts) - 1,
    )
    return order, corners


def morton_order(points: FloatArray, *, compiled: bool = False) -> Int64Array:
    """Order that walks points along a Morton curve, (k,) int64: neighbors in the order are near each other."""
    if compiled:
        from . import _kernels_tree as kernels

        low, high = kernels.low_high(points)
    else:
        low, high = points.min(axis=0), points.max(axis=0)
    extent = float((high - low).max())
    if not extent > 0.0:
        return np.arange(len(points), dtype=np.int64)
    scale = (2**MORTON_BITS - 1) / extent
    code = np.zeros(len(points), np.uint64)
    if compiled:
        in_threads(lambda begin, end: kernels.morton_codes(points, low, scale, begin, end, code), len(points))
        return np.asarray(np.argsort(code), np.int64)
    for axis in range(3):
        code |= _spread(((points[:, axis] - low[axis]) * scale).astype(np.uint64)) << np.uint64(axis)
    return np.asarray(np.argsort(code), np.int64)


def _spread(value: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Put two zero bits between each two bits of a 21-bit number."""
    for shift, mask in (
        (32, 0x1F00000000FFFF),
        (16, 0x1F0000FF0000FF),
        (8, 0x100F00F00F00F00F),
        (4, 0x10C30C30C30C30C3),
        (2, 0x1249249249249249),
    ):
        value = (value | (value << np.uint64(shift))) & np.uint64(mask)
    return value
