"""Pairs of triangles whose boxes overlap and that doubles alone cannot clear: the numpy form."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, IntArray
from .constants import DOT_BOUND, LEAST_PRODUCT, ORIENT3D_BOUND
from .tree import Int64Array, Tree

BLOCK_PAIRS = 200_000  # candidate pairs looked at together: about 200 MB of working arrays

BoolArray = npt.NDArray[np.bool_]


def suspects(tree: Tree, corners: IntArray, begin: int, end: int, loose: float) -> Int64Array:
    """Pairs of rows, (p, 2), of leaves begin..end and the leaves after them, that may cross.

    A pair is cleared when the triangles share an edge, when one lies wholly on one side of the other's plane beyond
    rounding and ``loose`` (mm), or when another plane keeps them apart.
    """
    leaf, other = _leaf_pairs(tree, begin, end)
    out = [np.empty((0, 2), np.int64)]
    size = tree.starts[1:] - tree.starts[:-1]
    ends = np.cumsum(size[leaf] * size[other])
    first = 0
    while first < len(leaf):
        base = ends[first - 1] if first else 0
        last = max(int(np.searchsorted(ends, base + BLOCK_PAIRS)), first + 1)
        out.append(_uncleared(tree, corners, *_row_pairs(tree, leaf[first:last], other[first:last]), loose))
        first = last
    return np.concatenate(out)


def _leaf_pairs(tree: Tree, begin: int, end: int) -> tuple[Int64Array, Int64Array]:
    leaf, node = np.arange(begin, end), np.ones(end - begin, np.int64)
    boxes = tree.boxes
    level = tree.leaves
    while level > 1:
        level //= 2
        leaf, node = np.repeat(leaf, 2), np.repeat(2 * node, 2)
        node[1::2] += 1
        # The last leaf below a node: nodes wholly before the asking leaf were asked from there.
        last = (node + 1) * level - 1 - tree.leaves
        keep = last >= leaf
        leaf, node = leaf[keep], node[keep]
        mine, its = boxes[leaf + tree.leaves], boxes[node]
        keep = np.asarray(((mine[:, :3] <= its[:, 3:]) & (its[:, :3] <= mine[:, 3:])).all(axis=1))
        leaf, node = leaf[keep], node[keep]
    return leaf, node - tree.leaves


def _row_pairs(tree: Tree, leaf: Int64Array, other: Int64Array) -> tuple[Int64Array, Int64Array]:
    many, its = tree.starts[leaf + 1] - tree.starts[leaf], tree.starts[other + 1] - tree.starts[other]
    count = many * its
    number = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    wide = np.repeat(its, count)
    one = np.repeat(tree.starts[leaf], count) + number // wide
    two = np.repeat(tree.starts[other], count) + number % wide
    keep = one < two
    return one[keep], two[keep]


def _uncleared(tree: Tree, corners: IntArray, one: Int64Array, two: Int64Array, loose: float) -> Int64Array:
    points = tree.corners.reshape(-1, 3, 3)
    low, high = points[one].min(axis=1), points[one].max(axis=1)
    keep = ((low <= points[two].max(axis=1)) & (points[two].min(axis=1) <= high)).all(axis=1)
    one, two = one[keep], two[keep]
    shared = np.zeros(len(one), np.int8)
    for j in range(3):
        for k in range(3):
            shared += (corners[one, j] == corners[two, k]).astype(np.int8)
    keep = shared != 2
    one, two, shared = one[keep], two[keep], shared[keep]
    same = shared >= 3
    a, b = points[one], points[two]
    cleared = _one_side(a, b, corners[one], corners[two], loose) & ~same
    ask = np.flatnonzero(~cleared & ~same)
    cleared[ask] |= _one_side(b[ask], a[ask], corners[two[ask]], corners[one[ask]], loose)
    ask = np.flatnonzero(~cleared & ~same)
    cleared[ask] |= _kept_apart(a[ask], b[ask], corners[one[ask]], corners[two[ask]], loose)
    return np.stack([one[~cleared], two[~cleared]], axis=1)


def _one_side(points: FloatArray, plane: FloatArray, ids: IntArray, plane_ids: IntArray, loose: float) -> BoolArray:
    """Whether all corners of one triangle but a shared one lie surely on one side of the other's plane."""
    a = plane[:, 0]
    u, v = plane[:, 1] - a, plane[:, 2] - a
    ux, uy, uz, vx, vy, vz = u[:, 0], u[:, 1], u[:, 2], v[:, 0], v[:, 1], v[:, 2]
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    sx, sy, sz = (
        np.abs(uy * vz) + np.abs(uz * vy),
        np.abs(uz * vx) + np.abs(ux * vz),
        np.abs(ux * vy) + np.abs(uy * vx),
    )
    above, below = np.ones(len(points), bool), np.ones(len(points), bool)
    for k in range(3):
        w = points[:, k] - a
        det = w[:, 0] * nx + w[:, 1] * ny + w[:, 2] * nz
        size = np.abs(w[:, 0]) * sx + np.abs(w[:, 1]) * sy + np.abs(w[:, 2]) * sz
        bound = ORIENT3D_BOUND * size + LEAST_PRODUCT + loose * (sx + sy + sz)
        shared = (ids[:, k, None] == plane_ids).any(axis=1)
        above &= shared | (det > bound)
        below &= shared | (det < -bound)
    return above | below


def _kept_apart(a: FloatArray, b: FloatArray, ids_a: IntArray, ids_b: IntArray, loose: float) -> BoolArray:
    """Whether some plane surely keeps two triangles apart, but for a shared corner, which it then goes through."""
    same = ids_a[:, :, None] == ids_b[:, None, :]
    wedge = same.any(axis=(1, 2))
    out = np.zeros(len(a), bool)
    rows = np.flatnonzero(wedge)
    at = np.arange(len(rows))
    first, second = same[rows].any(axis=2).argmax(axis=1), same[rows].any(axis=1).argmax(axis=1)
    corner = a[rows][at, first]
    one = [a[rows][at, (first + k) % 3] - corner for k in (1, 2)]
    two = [b[rows][at, (second + k) % 3] - corner for k in (1, 2)]
    # A direction between both middle lines: parts most wedges that lie side by side in one plane.
    middle = _unit(_unit(one[0]) + _unit(one[1])) - _unit(_unit(two[0]) + _unit(two[1]))
    out[rows] = _all_beyond(middle, one, 0.0, loose) & _all_beyond(-middle, two, 0.0, loose)
    if loose > 0.0:
        # MeshLab takes its common line of nearly coplanar triangles from rounding: no gap in the plane clears them.
        return out
    rows = np.flatnonzero(~wedge)
    for here, there in ((a[rows], b[rows]), (b[rows], a[rows])):
        normal = np.cross(here[:, 1] - here[:, 0], here[:, 2] - here[:, 0])
        for k in range(3):
            # Outward in the plane from one side; the triangle itself lies at or behind that side.
            origin = here[:, k]
            away = np.cross(here[:, (k + 1) % 3] - origin, normal)
            own = [here[:, j] - origin for j in range(3)]
            reach = np.maximum.reduce([_dot(away, w) + _slack(away, w, loose) for w in own])
            out[rows] |= _all_beyond(away, [there[:, j] - origin for j in range(3)], reach, loose)
    return out


def _all_beyond(direction: FloatArray, vectors: list[FloatArray], reach: FloatArray | float, loose: float) -> BoolArray:
    return np.asarray(
        np.logical_and.reduce([_dot(direction, w) - _slack(direction, w, loose) > reach for w in vectors])
    )


def _slack(a: FloatArray, b: FloatArray, loose: float) -> FloatArray:
    size = np.abs(a)
    return np.asarray(
        DOT_BOUND * _dot(size, np.abs(b)) + LEAST_PRODUCT + loose * (size[:, 0] + size[:, 1] + size[:, 2])
    )


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.asarray(a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2])


def _unit(a: FloatArray) -> FloatArray:
    length = np.sqrt(_dot(a, a))
    return np.asarray(a / np.where(length > 0.0, length, 1.0)[:, None])
