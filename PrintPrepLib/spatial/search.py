"""The numpy forms of the searches: whole levels of the tree at once, the same arithmetic as the numba forms."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ..mesh import FloatArray
from .constants import NODE_SLACK, RAY_DOUBT, WELL_SHAPED
from .tree import Int64Array, Tree

BLOCK_PAIRS = 1_000_000  # most (query, box) pairs held at once, about 100 bytes each; larger sets are cut in two

BoolArray = npt.NDArray[np.bool_]


def seeds(tree: Tree) -> cKDTree:
    """Points whose nearest gives the search a first bound: one corner of every triangle, in the order of the rows."""
    return cKDTree(tree.corners[:, :3], balanced_tree=False, compact_nodes=False)


def closest(
    points: FloatArray, tree: Tree, start: cKDTree, limit2: FloatArray
) -> tuple[FloatArray, FloatArray, Int64Array, npt.NDArray[np.int8]]:
    """Closest point of the triangles for each query.

    Returns
    -------
    distance2 : (k,) float64
        Squared distance, infinite where there is nothing within the limit.
    where : (k, 3) float64
        The closest point, NaN where there is none.
    row : (k,) int64
        Row of ``tree.corners``, -1 where there is none.
    feature : (k,) int8
        0-2 corner, 3-5 side (0-1, 1-2, 2-0), 6 inside, -1 none.
    """
    count = len(points)
    best = _Best(
        limit2.copy(),
        np.full((count, 3), np.nan),
        np.full(count, -1, np.int64),
        np.full(count, np.iinfo(np.int64).max),
        np.full(count, -1, np.int8),
    )
    who = np.arange(count)
    _, row = start.query(points)
    _test_rows(points, tree, best, who, np.asarray(row, np.int64))
    _descend(points, tree, best, who)
    best.d2[best.row < 0] = np.inf
    return best.d2, best.where, best.row, best.feature


def rays(
    origins: FloatArray, directions: FloatArray, tree: Tree, limit: float, *, count_all: bool
) -> tuple[FloatArray, Int64Array, Int64Array, BoolArray]:
    """First hit of each ray, or (``count_all``) the sum of signed crossings and whether one is in doubt.

    Returns
    -------
    distance : (k,) float64
        In units of the direction's length; infinite where nothing is hit or with ``count_all``.
    row : (k,) int64
        Row of ``tree.corners``, -1 where nothing is hit.
    winding : (k,) int64
        Crossings outward minus crossings inward.
    doubt : (k,) bool
        A crossing is so near an edge, a corner or the origin that rounding could decide it.
    """
    count = len(origins)
    distance, row = np.full(count, np.inf), np.full(count, -1, np.int64)
    winding, doubt = np.zeros(count, np.int64), np.zeros(count, bool)
    for ray, candidate in _ray_candidates(origins, directions, tree, limit):
        t, sign, near = _ray_triangle(origins[ray], directions[ray], tree.corners[candidate])
        if count_all:
            used = (t >= 0.0) | near
            winding += np.bincount(ray[used], weights=sign[used], minlength=count).astype(np.int64)
            doubt[ray[near]] = True
            continue
        hit = (sign != 0) & (t >= 0.0) & (t < limit)
        who, rows, t = ray[hit], candidate[hit], t[hit]
        order = np.lexsort((tree.faces[rows], t, who))
        who, rows, t = who[order], rows[order], t[order]
        first = np.ones(len(who), bool)
        first[1:] = who[1:] != who[:-1]
        distance[who[first]], row[who[first]] = t[first], rows[first]
    return distance, row, winding, doubt


class _Best:
    """The best answers so far."""

    def __init__(
        self, d2: FloatArray, where: FloatArray, row: Int64Array, face: Int64Array, feature: npt.NDArray[np.int8]
    ) -> None:
        self.d2, self.where, self.row, self.face, self.feature = d2, where, row, face, feature


def _descend(points: FloatArray, tree: Tree, best: _Best, who: Int64Array) -> None:
    """Go down the tree with all queries at once; where that grows too wide, with half of them at a time."""
    if len(who) == 0:
        return
    pair, node, d2 = who, np.ones(len(who), np.int64), np.zeros(len(who))
    level = 1
    while level < tree.leaves:
        if 2 * len(pair) > BLOCK_PAIRS and len(who) > 1:
            half = len(who) // 2
            _descend(points, tree, best, who[:half])
            _descend(points, tree, best, who[half:])
            return
        pair = np.repeat(pair, 2)
        node = np.repeat(2 * node, 2)
        node[1::2] += 1
        boxes = tree.boxes[node]
        d2 = _box_distance2(points[pair], boxes)
        keep = d2 * NODE_SLACK <= best.d2[pair]
        pair, node, d2 = pair[keep], node[keep], d2[keep]
        level *= 2
    leaf = node - tree.leaves
    order = np.lexsort((d2, pair))
    pair, leaf, d2 = pair[order], leaf[order], d2[order]
    nearest = np.ones(len(pair), bool)
    nearest[1:] = pair[1:] != pair[:-1]
    _test_leaves(points, tree, best, pair[nearest], leaf[nearest])
    rest = ~nearest & (d2 * NODE_SLACK <= best.d2[pair])
    for begin in range(0, int(np.count_nonzero(rest)), BLOCK_PAIRS // 4):
        index = np.flatnonzero(rest)[begin : begin + BLOCK_PAIRS // 4]
        _test_leaves(points, tree, best, pair[index], leaf[index])


def _test_leaves(points: FloatArray, tree: Tree, best: _Best, pair: Int64Array, leaf: Int64Array) -> None:
    """Measure the triangles of leaves and keep, for each query, the smallest (distance, face)."""
    _test_rows(points, tree, best, *_leaf_rows(tree, pair, leaf))


def _test_rows(points: FloatArray, tree: Tree, best: _Best, who: Int64Array, rows: Int64Array) -> None:
    d2, where, feature = closest_on_triangles(points[who], tree.corners[rows])
    face = tree.faces[rows]
    better = (d2 < best.d2[who]) | ((d2 == best.d2[who]) & (face < best.face[who]))
    who, rows, d2, where, feature, face = (x[better] for x in (who, rows, d2, where, feature, face))
    order = np.lexsort((face, d2, who))
    who = who[order]
    first = np.ones(len(who), bool)
    first[1:] = who[1:] != who[:-1]
    who, order = who[first], order[first]
    best.d2[who], best.where[who], best.row[who] = d2[order], where[order], rows[order]
    best.face[who], best.feature[who] = face[order], feature[order]


def _leaf_rows(tree: Tree, pair: Int64Array, leaf: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Unfold (query, leaf) pairs into (query, triangle) pairs."""
    size = tree.starts[leaf + 1] - tree.starts[leaf]
    who = np.repeat(pair, size)
    offset = np.arange(len(who)) - np.repeat(np.cumsum(size) - size, size)
    return who, np.repeat(tree.starts[leaf], size) + offset


def _box_distance2(points: FloatArray, boxes: FloatArray) -> FloatArray:
    gap = np.maximum(np.maximum(boxes[:, :3] - points, points - boxes[:, 3:]), 0.0)
    gap *= gap
    return np.asarray(gap[:, 0] + gap[:, 1] + gap[:, 2])


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.asarray(a[0] * b[0] + a[1] * b[1] + a[2] * b[2])


def _cross(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def closest_on_triangles(
    points: FloatArray, corners: FloatArray
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.int8]]:
    """Closest point of one triangle for each point: squared distance (k,), point (k, 3), feature (k,).

    Barycentric coordinates say which sides the point is beyond; only those sides can hold the closest point. Where the
    triangle is so thin that they cannot be trusted all sides are measured, so a needle is as exact as any triangle.
    """
    p = np.ascontiguousarray(points.T)
    a, b, c = (np.ascontiguousarray(corners[:, k : k + 3].T) for k in (0, 3, 6))
    u, v, w = b - a, c - a, p - a
    uu, uv, vv, wu, wv = _dot(u, u), _dot(u, v), _dot(v, v), _dot(w, u), _dot(w, v)
    det = uu * vv - uv * uv
    s, t = vv * wu - uv * wv, uu * wv - uv * wu
    well = det > WELL_SHAPED * (uu * vv)
    inside = (det > 0.0) & (s >= 0.0) & (t >= 0.0) & (s + t <= det)
    safe = np.where(inside, det, 1.0)
    q = a + s / safe * u + t / safe * v
    best = np.where(inside, _squared(p - q), np.inf)
    feature = np.where(inside, 6, -1).astype(np.int8)
    for start, stop, beyond, at in (
        (a, b, t < 0.0, (0, 1, 3)),
        (b, c, s + t > det, (1, 2, 4)),
        (c, a, s < 0.0, (2, 0, 5)),
    ):
        use = np.flatnonzero(~well | beyond)
        d2, where, k = _segment(p[:, use], start[:, use], stop[:, use])
        nearer = d2 < best[use]
        use, d2, where, k = use[nearer], d2[nearer], where[:, nearer], k[nearer]
        best[use] = d2
        q[:, use] = where
        feature[use] = np.where(k == 0.0, at[0], np.where(k == 1.0, at[1], at[2]))
    return best, np.ascontiguousarray(q.T), feature


def _squared(a: FloatArray) -> FloatArray:
    return _dot(a, a)


def _segment(p: FloatArray, a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    e = b - a
    length2 = _dot(e, e)
    k = _dot(p - a, e) / np.where(length2 > 0.0, length2, 1.0)
    k = np.minimum(np.maximum(k, 0.0), 1.0)
    k[length2 == 0.0] = 0.0
    q = np.where(k == 1.0, b, a + k * e)
    return _squared(p - q), q, k


def _ray_candidates(
    origins: FloatArray, directions: FloatArray, tree: Tree, limit: float
) -> Iterator[tuple[Int64Array, Int64Array]]:
    """Yield (ray, triangle) pairs whose leaf boxes meet; all pairs of one ray come in one yield."""
    waiting = [np.arange(len(origins))]
    while waiting:
        who = waiting.pop()
        pair, node = who, np.ones(len(who), np.int64)
        level, split = 1, False
        while True:
            keep = _ray_meets_box(origins[pair], directions[pair], limit, tree.boxes[node])
            pair, node = pair[keep], node[keep]
            if level >= tree.leaves:
                break
            if 2 * len(pair) > BLOCK_PAIRS and len(who) > 1:
                waiting += [who[: len(who) // 2], who[len(who) // 2 :]]
                split = True
                break
            pair, node = np.repeat(pair, 2), np.repeat(2 * node, 2)
            node[1::2] += 1
            level *= 2
        if not split and len(pair):
            yield _leaf_rows(tree, pair, node - tree.leaves)


def _ray_meets_box(origins: FloatArray, directions: FloatArray, limit: float, boxes: FloatArray) -> BoolArray:
    enter, leave = np.zeros(len(origins)), np.full(len(origins), np.inf)
    for axis in range(3):
        o, d = origins[:, axis], directions[:, axis]
        low, high = boxes[:, axis], boxes[:, 3 + axis]
        still = d == 0.0
        step = np.where(still, 1.0, d)
        t1, t2 = (low - o) / step, (high - o) / step
        outside = still & ((o < low) | (o > high))
        enter = np.where(still, np.where(outside, 1.0, enter), np.maximum(enter, np.minimum(t1, t2)))
        leave = np.where(still, np.where(outside, -1.0, leave), np.minimum(leave, np.maximum(t1, t2)))
    return np.asarray((enter * NODE_SLACK <= leave + RAY_DOUBT) & (enter * NODE_SLACK <= limit))


def _ray_triangle(
    origins: FloatArray, directions: FloatArray, corners: FloatArray
) -> tuple[FloatArray, Int64Array, BoolArray]:
    a, b, c = corners[:, :3].T, corners[:, 3:6].T, corners[:, 6:].T
    d = directions.T
    u, v, w = b - a, c - a, origins.T - a
    h, g = _cross(d, v), _cross(w, u)
    det, s, t, along = _dot(u, h), _dot(w, h), _dot(d, g), _dot(v, g)
    size_d, size_u, size_v, size_w = (np.abs(x[0]) + np.abs(x[1]) + np.abs(x[2]) for x in (d, u, v, w))
    doubt_side = RAY_DOUBT * size_d * size_w * np.maximum(size_u, size_v)
    doubt_det = RAY_DOUBT * size_d * size_u * size_v
    doubt_along = RAY_DOUBT * size_u * size_v * size_w
    sign = np.where(det > 0.0, -1, 1)
    flip = np.where(det < 0.0, -1.0, 1.0)
    det, s, t, along = det * flip, s * flip, t * flip, along * flip
    miss = (s < -doubt_side) | (t < -doubt_side) | (s + t > det + doubt_side + doubt_det) | (along < -doubt_along)
    flat = ~miss & (det <= doubt_det)
    near = (s < doubt_side) | (t < doubt_side) | (s + t > det - doubt_side - doubt_det) | (along < doubt_along)
    hit = ~miss & ~flat
    distance = np.where(hit, np.maximum(along, 0.0) / np.where(hit, det, 1.0), -1.0)
    return distance, np.where(hit, sign, 0).astype(np.int64), flat | (near & hit)
