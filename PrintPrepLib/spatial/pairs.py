"""Whether two triangles cross or touch, decided exactly, for many pairs at once."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray
from .exact import Signs, is_collinear, orient2d, orient3d

BoolArray = npt.NDArray[np.bool_]
_PLANES = ([1, 2], [2, 0], [0, 1])  # the two axes that are seen when looking along x, y, z


class Meeting(IntEnum):
    """How two triangles lie to each other."""

    APART = 0
    TOUCH = 1
    CROSS = 2


def triangles_meet(one: FloatArray, two: FloatArray, *, touching: bool = True) -> npt.NDArray[np.int8]:
    """How triangles that share no vertex meet, (k,) int8 of :class:`Meeting`.

    They cross when each has corners on both sides of the other's plane and the two have a stretch of the common line
    in common. They touch when they have points in common without that: in a point, along a side, or overlapping in
    one plane. A triangle without area has no surface and meets nothing.

    Parameters
    ----------
    one, two : (k, 3, 3) float64
    touching : bool
        Whether what only touches matters; else it may count as apart, which is much faster in flat places.
    """
    ask = ~(is_collinear(one) | is_collinear(two))
    side_one = _sides(one, two, ask)
    ask &= ~_one_sided(side_one)
    side_two = _sides(two, one, ask)
    ask &= ~_one_sided(side_two)
    flat = ask & (side_one == 0).all(axis=1)
    through = ask & _both_sided(side_one) & _both_sided(side_two)
    out = np.zeros(len(one), np.int8)
    rows = np.flatnonzero(through)
    out[rows] = _stretches_meet(one[rows], two[rows], side_one[rows], side_two[rows])
    if not touching:
        return out
    rows = np.flatnonzero(ask & ~flat & ~through)
    out[rows] = Meeting.TOUCH * _side_reaches(one[rows], two[rows], side_one[rows], side_two[rows])
    rows = np.flatnonzero(flat)
    out[rows] = Meeting.TOUCH * _flat_overlap(one[rows], two[rows])
    return out


def wedges_meet(corner: FloatArray, one: FloatArray, two: FloatArray) -> npt.NDArray[np.int8]:
    """How triangles that share exactly one vertex meet beyond it, (k,) int8 of :class:`Meeting`.

    They cross when a ray from the shared corner runs through the inside of both, and touch when it runs through the
    inside of one and along a side of the other. Overlap in one plane, and sides that run along each other, are what
    neighbors do at a fold: apart.

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
    in_plane = ((a == 0) | (b == 0)).astype(np.int8) + ((c == 0) | (d == 0)).astype(np.int8)
    never = ((a == 0) & (b == 0)) | ((c == 0) & (d == 0)) | (a * b > 0) | (c * d > 0) | (in_plane == 2)
    # A corner in the other's plane is taken as a hair beyond it, so that a side running inside the other is seen.
    same_way = np.where(a == 0, -b, a) * np.where(c == 0, -d, c) < 0
    meeting = np.where(in_plane == 1, Meeting.TOUCH, Meeting.CROSS)
    return np.where(~never & same_way, meeting, Meeting.APART).astype(np.int8)


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


def _both_sided(side: Signs) -> BoolArray:
    return np.asarray((side > 0).any(axis=1) & (side < 0).any(axis=1))


def _stretches_meet(one: FloatArray, two: FloatArray, side_one: Signs, side_two: Signs) -> npt.NDArray[np.int8]:
    """Guigue and Devillers 2003 (doi:10.1080/10867651.2003.10487580): the two stretches of the common line, compared
    by two signs. Positive overlap is a crossing, a common end point a touch.
    """
    at = np.arange(len(one))
    first, second = _alone(side_one), _alone(side_two)
    p1, q1, r1 = (one[at, (first + k) % 3] for k in range(3))
    p2, q2, r2 = (two[at, (second + k) % 3] for k in range(3))
    swap_two, swap_one = (side_one[at, first] < 0)[:, None], (side_two[at, second] < 0)[:, None]
    q2, r2 = np.where(swap_two, r2, q2), np.where(swap_two, q2, r2)
    q1, r1 = np.where(swap_one, r1, q1), np.where(swap_one, q1, r1)
    most = np.maximum(orient3d(p1, q1, p2, q2), orient3d(p1, r1, r2, p2))
    return np.where(most < 0, Meeting.CROSS, np.where(most == 0, Meeting.TOUCH, Meeting.APART)).astype(np.int8)


def _alone(side: Signs) -> npt.NDArray[np.int64]:
    """The corner, (k,), that is alone on its side of the plane; the lowest where two are."""
    out = np.zeros(len(side), np.int64)
    for k in (2, 1, 0):
        one, two = side[:, (k + 1) % 3], side[:, (k + 2) % 3]
        here = side[:, k]
        out[((here > 0) & (one <= 0) & (two <= 0)) | ((here < 0) & (one >= 0) & (two >= 0))] = k
    return out


def _side_reaches(one: FloatArray, two: FloatArray, side_one: Signs, side_two: Signs) -> BoolArray:
    """Whether a side of one triangle meets the other triangle, its border included."""
    hit = np.zeros(len(one), bool)
    for points, triangle, side in ((one, two, side_one), (two, one, side_two)):
        for k in range(3):
            start, stop = side[:, k], side[:, (k + 1) % 3]
            # A side that lies in the other's plane is left out: its neighbors, which leave the plane, tell for it.
            rows = np.flatnonzero(~hit & (start * stop <= 0) & ((start != 0) | (stop != 0)))
            hit[rows] = _line_through(points[rows, k], points[rows, (k + 1) % 3], triangle[rows])
    return hit


def _line_through(p: FloatArray, q: FloatArray, triangle: FloatArray) -> BoolArray:
    """Whether the line p-q, which is not in the triangle's plane, passes through the triangle or its border."""
    turns = np.stack([orient3d(p, q, triangle[:, k], triangle[:, (k + 1) % 3]) for k in range(3)], axis=1)
    return np.asarray((turns >= 0).all(axis=1) | (turns <= 0).all(axis=1))


def _flat_overlap(one: FloatArray, two: FloatArray) -> BoolArray:
    """Whether two triangles of one plane have a point in common: no side of either keeps them apart."""
    out = np.ones(len(one), bool)
    axis, turn = np.full(len(one), -1), np.zeros(len(one), np.int8)
    for k, axes in enumerate(_PLANES):  # looked at along an axis on which neither is seen edge-on
        left = np.flatnonzero(axis < 0)
        seen = orient2d(one[left, 0][:, axes], one[left, 1][:, axes], one[left, 2][:, axes])
        axis[left[seen != 0]] = k
        turn[left] = seen
    for k, axes in enumerate(_PLANES):
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
