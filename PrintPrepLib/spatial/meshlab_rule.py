"""MeshLab's answer to whether two triangles cross: plain doubles, with its tolerances and its noise.

Written from the published methods (Moller 1997, "A fast triangle-triangle intersection test", without division; Moller
and Trumbore 1997; Woo 1990, "Fast ray-box intersection") and the order of the arithmetic in VCG, so that a count can
be held against MeshLab's. Where triangles only touch the answer hangs on rounding; that is the point of it. For the
truth see :mod:`pairs`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, IntArray

LEAST = 1e-6  # VCG's smallest determinant of line and triangle (mm^2 here) and smallest weight of a corner

BoolArray = npt.NDArray[np.bool_]


def meshlab_meets(one: FloatArray, two: FloatArray, ids_one: IntArray, ids_two: IntArray) -> BoolArray:
    """Whether MeshLab calls each pair self-intersecting, (k,) bool.

    Parameters
    ----------
    one, two : (k, 3, 3) float64
        Triangles; ``one`` is the triangle with the lower number.
    ids_one, ids_two : (k, 3) int
        Their vertices.
    """
    out = _boxes_overlap(one.min(axis=1), one.max(axis=1), two.min(axis=1), two.max(axis=1))
    same = ids_one[:, :, None] == ids_two[:, None, :]
    shared = same.sum(axis=(1, 2))
    rows = np.flatnonzero(out & (shared == 0))
    out[rows] = _triangles(one[rows], two[rows])
    rows = np.flatnonzero(out & (shared == 1))
    first, second = same[rows].any(axis=2).argmax(axis=1), same[rows].any(axis=1).argmax(axis=1)
    out[rows] = _wedges(one[rows], two[rows], first, second)
    return np.asarray(out & (shared != 2) & (shared <= 3))


def _boxes_overlap(low: FloatArray, high: FloatArray, low2: FloatArray, high2: FloatArray) -> BoolArray:
    """Boxes that share more than a border: flat boxes of one plane do not."""
    return np.asarray(((low2 < high) & (high2 > low)).all(axis=1))


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.asarray(a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2])


def _cross(a: FloatArray, b: FloatArray) -> FloatArray:
    x = a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1]
    y = a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2]
    return np.stack([x, y, a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]], axis=1)


def _unit(a: FloatArray) -> FloatArray:
    length = np.sqrt(_dot(a, a))
    return np.asarray(a / np.where(length > 0.0, length, 1.0)[:, None])


# ---- no shared vertex: Moller 1997 -----------------------------------------------------------------------------------
def _triangles(v: FloatArray, u: FloatArray) -> BoolArray:
    n1 = _unit(_cross(v[:, 1] - v[:, 0], v[:, 2] - v[:, 0]))
    offset = -_dot(n1, v[:, 0])
    du = np.stack([_dot(n1, u[:, k]) + offset for k in range(3)], axis=1)
    n2 = _cross(u[:, 1] - u[:, 0], u[:, 2] - u[:, 0])
    offset = -_dot(n2, u[:, 0])
    dv = np.stack([_dot(n2, v[:, k]) + offset for k in range(3)], axis=1)
    out = ~((du[:, 0] * du[:, 1] > 0.0) & (du[:, 0] * du[:, 2] > 0.0))
    out &= ~((dv[:, 0] * dv[:, 1] > 0.0) & (dv[:, 0] * dv[:, 2] > 0.0))
    flat = (dv == 0.0).all(axis=1) | (du == 0.0).all(axis=1)
    line = np.abs(_cross(n1, n2))
    axis = np.where(line[:, 1] > line[:, 0], 1, 0)
    axis = np.where(line[:, 2] > np.maximum(line[:, 0], line[:, 1]), 2, axis)
    at = np.arange(len(v))
    a, b, c, x0, x1 = _interval(v[at, :, axis], dv)
    d, e, f, y0, y1 = _interval(u[at, :, axis], du)
    xx, yy = x0 * x1, y0 * y1
    xxyy = xx * yy
    base = a * xxyy
    p, q = base + b * x1 * yy, base + c * x0 * yy
    base = d * xxyy
    r, s = base + e * xx * y1, base + f * xx * y0
    apart = (np.maximum(p, q) < np.minimum(r, s)) | (np.maximum(r, s) < np.minimum(p, q))
    rows = np.flatnonzero(flat & out)
    out &= ~apart
    out[rows] = _in_one_plane(n1[rows], v[rows], u[rows])
    return np.asarray(out)


def _interval(along: FloatArray, d: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """The corner that is alone on its side of the other's plane, and the interval on the common line."""
    d01, d02, d12 = d[:, 0] * d[:, 1], d[:, 0] * d[:, 2], d[:, 1] * d[:, 2]
    alone = np.where(
        d01 > 0.0,
        2,
        np.where(d02 > 0.0, 1, np.where((d12 > 0.0) | (d[:, 0] != 0.0), 0, np.where(d[:, 1] != 0.0, 1, 2))),
    )
    low = np.where(alone == 0, 1, 0)
    high = np.where(alone == 2, 1, 2)
    at = np.arange(len(d))
    start, size = along[at, alone], d[at, alone]
    return (
        start,
        (along[at, low] - start) * size,
        (along[at, high] - start) * size,
        size - d[at, low],
        size - d[at, high],
    )


def _in_one_plane(normal: FloatArray, v: FloatArray, u: FloatArray) -> BoolArray:
    size = np.abs(normal)
    x, y, z = size[:, 0], size[:, 1], size[:, 2]
    along_x = (x > y) & (x > z)
    along_z = ((x > y) & ~(x > z)) | (~(x > y) & (z > y))
    axes = np.where(along_x[:, None], [1, 2], np.where(along_z[:, None], [0, 1], [0, 2]))
    at = np.arange(len(v))[:, None, None]
    corner = np.arange(3)[None, :, None]
    v2, u2 = v[at, corner, axes[:, None, :]], u[at, corner, axes[:, None, :]]
    out = np.zeros(len(v), bool)
    for j in range(3):
        for k in range(3):
            out |= _sides_meet(v2[:, j], v2[:, (j + 1) % 3], u2[:, k], u2[:, (k + 1) % 3])
    return np.asarray(out | _holds(v2[:, 0], u2) | _holds(u2[:, 0], v2))


def _sides_meet(v0: FloatArray, v1: FloatArray, u0: FloatArray, u1: FloatArray) -> BoolArray:
    a, b, c = v1 - v0, u0 - u1, v0 - u0
    f = a[:, 1] * b[:, 0] - a[:, 0] * b[:, 1]
    d = b[:, 1] * c[:, 0] - b[:, 0] * c[:, 1]
    e = a[:, 0] * c[:, 1] - a[:, 1] * c[:, 0]
    left = (f > 0.0) & (d >= 0.0) & (d <= f) & (e >= 0.0) & (e <= f)
    right = (f < 0.0) & (d <= 0.0) & (d >= f) & (e <= 0.0) & (e >= f)
    return np.asarray(left | right)


def _holds(point: FloatArray, triangle: FloatArray) -> BoolArray:
    side = []
    for start, stop in ((0, 1), (1, 2), (2, 0)):
        a = triangle[:, stop, 1] - triangle[:, start, 1]
        b = -(triangle[:, stop, 0] - triangle[:, start, 0])
        c = -a * triangle[:, start, 0] - b * triangle[:, start, 1]
        side.append(a * point[:, 0] + b * point[:, 1] + c)
    return np.asarray((side[0] * side[1] > 0.0) & (side[0] * side[2] > 0.0))


# ---- one shared vertex -----------------------------------------------------------------------------------------------
def _wedges(one: FloatArray, two: FloatArray, first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]) -> BoolArray:
    """The side opposite to the shared corner, moved halfway to it, against the other triangle; then the other way."""
    at = np.arange(len(one))
    half = one[at, first] * 0.5
    hit, inside = _segment_hits(one[at, (first + 1) % 3] * 0.5 + half, one[at, (first + 2) % 3] * 0.5 + half, two)
    other_hit, other_inside = _segment_hits(
        two[at, (second + 1) % 3] * 0.5 + half, two[at, (second + 2) % 3] * 0.5 + half, one
    )
    return np.asarray(np.where(hit, inside, other_hit & other_inside))


def _segment_hits(start: FloatArray, stop: FloatArray, triangle: FloatArray) -> tuple[BoolArray, BoolArray]:
    low, high = triangle.min(axis=1), triangle.max(axis=1)
    step = stop - start
    direction = _unit(step)
    possible = _segment_meets_box(start, stop, direction, low, high)
    edge1, edge2 = triangle[:, 1] - triangle[:, 0], triangle[:, 2] - triangle[:, 0]
    p = _cross(direction, edge2)
    det = _dot(edge1, p)
    t = start - triangle[:, 0]
    q = _cross(t, edge1)
    u, v = _dot(t, p), _dot(direction, q)
    front = (det > LEAST) & ~((u < 0.0) | (u > det) | (v < 0.0) | (u + v > det))
    back = (det < -LEAST) & ~((u > 0.0) | (u < det) | (v > 0.0) | (u + v < det))
    inverse = 1.0 / np.where(det == 0.0, 1.0, det)
    distance = _dot(edge2, q) * inverse
    u, v = u * inverse, v * inverse
    hit = possible & (front | back) & (distance >= 0.0) & (distance <= np.sqrt(_dot(step, step)))
    return hit, ~((u + v >= 1.0) | (u <= LEAST) | (v <= LEAST))


def _segment_meets_box(
    start: FloatArray, stop: FloatArray, direction: FloatArray, low: FloatArray, high: FloatArray
) -> BoolArray:
    least, most = np.minimum(start, stop), np.maximum(start, stop)
    overlap = _boxes_overlap(least, most, low, high)
    below, above = start < low, start > high
    outside = below | above
    plane = np.where(below, low, high)
    move = outside & (direction != 0.0)
    reach = np.where(move, (plane - start) / np.where(move, direction, 1.0), -1.0)
    axis = reach.argmax(axis=1)
    farthest = reach[np.arange(len(reach)), axis]
    on_axis = np.arange(3)[None, :] == axis[:, None]
    place = np.where(on_axis, plane, start + farthest[:, None] * direction)
    enters = (farthest >= 0.0) & (on_axis | ((place >= low) & (place <= high))).all(axis=1)
    within = ((place >= least) & (place <= most)).all(axis=1)
    return np.asarray(overlap & (~outside.any(axis=1) | (enters & within)))
