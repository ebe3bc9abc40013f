"""Boxes round the triangles of a tree's nodes and cones round their normals: what a growing ball may pass by."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray
from .constants import NEAR_COSINE, SINGLE_SLACK
from .threads import in_threads
from .tree import Tree

NODE_COLUMNS = 10
_OPENED = 1e-5  # radians by which cones are opened: far beyond the rounding of single precision
_NEVER = 2.0  # no cosine reaches it


def node_bounds(tree: Tree, normals: FloatArray, *, compiled: bool = False) -> npt.NDArray[np.float32]:
    """Bound every node of a tree, in its order.

    Parameters
    ----------
    tree : Tree
        Over m triangles.
    normals : (m, 3) float64
        Unit normals in the order of the tree's rows; zero for a triangle without area.
    compiled : bool
        Let numba do the work, in threads.

    Returns
    -------
    (2 * leaves, 10) float32
        Low and high corner of the box, rounded outward; axis of the normals; and the cosine to the axis from which on
        a direction is near all of them (within 60 degrees), 2 where none is. In single precision a node fits
        into a line of the cache, which halves the time.
    """
    leaves = tree.leaves
    out = np.empty((2 * leaves, NODE_COLUMNS), np.float32)
    axis, half = np.zeros((2 * leaves, 3)), np.full(2 * leaves, np.pi)
    room = float(np.arccos(NEAR_COSINE)) - _OPENED
    if compiled:
        from . import _kernels_bounds as kernels

        in_threads(lambda begin, end: kernels.fill_leaf_cones(normals, tree.starts, begin, end, axis, half), leaves)
        level = leaves // 2
        while level:
            _fill_level(axis, half, level)
            level //= 2
        in_threads(
            lambda begin, end: kernels.fill_nodes(tree.boxes, axis, half, room, _NEVER, SINGLE_SLACK, begin, end, out),
            2 * leaves,
        )
        return out
    out[:, :6] = tree.boxes
    low, high = out[:, :3], out[:, 3:6]
    np.copyto(low, np.nextafter(low, np.float32(-np.inf)), where=low > tree.boxes[:, :3])
    np.copyto(high, np.nextafter(high, np.float32(np.inf)), where=high < tree.boxes[:, 3:])
    axis[leaves:] = _unit(np.add.reduceat(normals, tree.starts[:-1], axis=0))
    of_leaf = np.repeat(axis[leaves:], np.diff(tree.starts), axis=0)
    lowest = np.minimum.reduceat(np.einsum("ij,ij->i", normals, of_leaf), tree.starts[:-1])
    half[leaves:] = np.arccos(np.clip(lowest, -1.0, 1.0))
    level = leaves // 2
    while level:
        pairs, halves = axis[2 * level : 4 * level].reshape(level, 2, 3), half[2 * level : 4 * level].reshape(level, 2)
        middle = _unit(pairs.sum(axis=1))
        aside = np.arccos(np.clip(np.einsum("lcx,lx->lc", pairs, middle), -1.0, 1.0))
        axis[level : 2 * level] = middle
        half[level : 2 * level] = np.minimum((aside + halves).max(axis=1), np.pi)
        level //= 2
    left = room - half
    out[:, 6:9] = axis
    some = (left > 0.0) & (np.abs(axis).sum(axis=1) > 0.5)
    out[:, 9] = np.where(some, np.cos(np.maximum(left, 0.0)) + SINGLE_SLACK, _NEVER)
    return out


def _fill_level(axis: FloatArray, half: FloatArray, level: int) -> None:
    from . import _kernels_bounds as kernels

    in_threads(lambda begin, end: kernels.fill_cones(level + begin, level + end, axis, half), level)


def row_bounds(tree: Tree, normals: FloatArray, *, compiled: bool = False) -> npt.NDArray[np.float32]:
    """Bound every triangle by a disk, (m, 8) float32 in the order of the rows.

    Center; radius; normal; and how far corners lie off the plane that these numbers give in single precision.
    """
    out = np.empty((len(tree.corners), 8), np.float32)
    if compiled:
        from . import _kernels_bounds as kernels

        wider = np.float32(1.0 + SINGLE_SLACK)
        in_threads(lambda begin, end: kernels.fill_rows(tree.corners, normals, wider, begin, end, out), len(out))
        return out
    corners = tree.corners
    for axis in range(3):
        out[:, axis] = (corners[:, axis] + corners[:, 3 + axis] + corners[:, 6 + axis]) / 3.0
    out[:, 4:7] = normals
    wide2, off = np.zeros(len(out)), np.zeros(len(out))
    for corner in range(0, 9, 3):
        x, y, z = (corners[:, corner + axis] - out[:, axis] for axis in range(3))
        np.maximum(wide2, x * x + y * y + z * z, out=wide2)
        np.maximum(off, np.abs(x * out[:, 4] + y * out[:, 5] + z * out[:, 6]), out=off)
    out[:, 3], out[:, 7] = np.sqrt(wide2), off
    for column in (3, 7):
        out[:, column] = np.nextafter(out[:, column] * np.float32(1.0 + SINGLE_SLACK), np.float32(np.inf))
    return out


def leaf_slabs(tree: Tree, nodes: npt.NDArray[np.float32]) -> FloatArray:
    """Between which planes across its cone's axis each leaf lies, (leaves, 2); the numpy form does without."""
    from . import _kernels_bounds as kernels

    out = np.empty((tree.leaves, 2))
    in_threads(lambda begin, end: kernels.fill_slabs(tree.corners, tree.starts, nodes, begin, end, out), tree.leaves)
    return out


def _unit(vectors: FloatArray) -> FloatArray:
    length = np.sqrt((vectors**2).sum(axis=1, keepdims=True))
    return np.asarray(np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 1e-12))
