"""Whether two triangles cross, decided exactly, for many pairs at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray
from .exact import Signs, is_collinear, orient2d, orient3d

BoolArray = npt.NDArray[np.bool_]


def triangles_meet(one: FloatArray, two: FloatArray) -> BoolArray:
    """Whether triangles that share no vertex have any point in common, (k,) bool.

    Touching counts, and so does overlapping in one plane. A triangle without area has no surface and meets nothing.

    Parameters
    ----------
    one, two : (k, 3, 3) float64
    """
    out = ~(is_collinear(one) | is_collinear(two))
    side_one = _sides(one, two, out)
    out &= ~_one_sided(side_one)
    side_two = _sides(two, one, out)
    out &= ~_one_sided(side_two)
    flat = out & (side_one == 0).all(axis=1)
    open_case = np.flatnonzero(out & ~flat)
    hit = np.zeros(len(open_case), bool)
    for points, triangle, side in ((one, two, side_one), (two, one, side_two)):
        for k in range(3):
            start, stop = side[open_case, k], side[open_case, (k + 1) % 3]
            # A side that lies in the other's plane is left out: its neighbors, which leave the plane, tell for it.
            ask = ~hit & (start * stop <= 0) & ((start != 0) | (stop != 0))
            rows = open_case[ask]
            hit[ask] = _line_through(points[rows, k], points[rows, (k + 1) % 3], triangle[rows])
    out[open_case] = hit
    rows = np.flatnonzero(flat)
    out[rows] = _flat_overlap(one[rows], two[rows])
    return out


def wedges_cross(corner: FloatArray, one: FloatArray, two: FloatArray) -> BoolArray:
    """Whether triangles that share exactly one vertex have more than that vertex in common, (k,) bool.

    They do when a ray from the shared corner runs through the inside of one and the inside or a side of the other.
    Overlap in one plane, and sides that run along each other, do not count.

    Parameters
    ----------
    corner : (k, 3) float64
        The shared vertex.
    one, two : (k, 2, 3) float64
        The other two corners of both triangles, in their order round the triangle.
    """
    p, q, r, s = one[:, 0], one[:, 1], two[:, 0], two[:, 1]
    a, b = orient3d(corner, r, s, p), orient3d(corner, r, s, q)
    c, d = orient3d(corner, p, q, r), orient3d(corner, p, q, s)
    # A corner in the other's plane is taken as a hair beyond it, so that a side lying inside the other counts.
    touching = ((a == 0) | (b == 0)).astype(np.int8) + ((c == 0) | (d == 0)).astype(np.int8)
    flat = ((a == 0) & (b == 0)) | ((c == 0) & (d == 0))
    beyond_one = np.where(a == 0, -b, a)
    beyond_two = np.where(c == 0, -d, c)
    apart = (a * b > 0) | (c * d > 0)
    return np.asarray(~flat & ~apart & (touching < 2) & (beyond_one * beyond_two < 0))


def _sides(points: FloatArray, plane: FloatArray, ask: BoolArray) -> Signs:
    """Side of each corner of one triangle from the plane of the other, (k, 3); 1 where not asked."""
    out = np.ones((len(points), 3), np.int8)
    rows = np.flatnonzero(ask)
    a, b, c = plane[rows, 0], plane[rows, 1], plane[rows, 2]
    for k in range(3):
        out[rows, k] = orient3d(a, b, c, points[rows, k])
    return out


def _one_sided(side: Signs) -> BoolArray:
    return np.asarray((side > 0).all(axis=1) | (side < 0).all(axis=1))


def _line_through(p: FloatArray, q: FloatArray, triangle: FloatArray) -> BoolArray:
    """Whether the line p-q, which is not in the triangle's plane, passes through the triangle or its border."""
    turns = np.stack([orient3d(p, q, triangle[:, k], triangle[:, (k + 1) % 3]) for k in range(3)], axis=1)
    return np.asarray((turns >= 0).all(axis=1) | (turns <= 0).all(axis=1))


def _flat_overlap(one: FloatArray, two: FloatArray) -> BoolArray:
    """Whether two triangles of one plane have a point in common: no side of either keeps them apart."""
    out = np.ones(len(one), bool)
    # Looked at along an axis on which neither is seen edge-on.
    axis = np.full(len(one), -1)
    turn = np.zeros(len(one), np.int8)
    for k, axes in enumerate(([1, 2], [2, 0], [0, 1])):
        left = np.flatnonzero(axis < 0)
        seen = orient2d(one[left, 0][:, axes], one[left, 1][:, axes], one[left, 2][:, axes])
        axis[left[seen != 0]] = k
        turn[left] = seen
    for k, axes in enumerate(([1, 2], [2, 0], [0, 1])):
        rows = np.flatnonzero(axis == k)
        first, second = one[rows][:, :, axes], two[rows][:, :, axes]
        first_turn, second_turn = turn[rows], orient2d(second[:, 0], second[:, 1], second[:, 2])
        apart = np.zeros(len(rows), bool)
        for here, there, sense in ((first, second, first_turn), (second, first, second_turn)):
            for side in range(3):
                start, stop = here[:, side], here[:, (side + 1) % 3]
                apart |= np.all([orient2d(start, stop, there[:, j]) * sense < 0 for j in range(3)], axis=0)
        out[rows] = ~apart
    return out
