"""The numba form of counting the crossings of rows of voxels: the same arithmetic as the numpy form."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import math

from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def _span(low, high, count):
    """First and one-past-last whole number n in ``low < n <= high``, within the grid."""
    begin = math.floor(min(max(low, -1.0), count)) + 1
    return begin, max(math.floor(min(max(high, -1.0), count - 1)) + 1, begin)


@njit(cache=True, nogil=True, error_model="numpy")
def _cut(points, one, other, k):
    """Where the edge between two corners meets a slice, computed from the lower corner on."""
    a, b = min(one, other), max(one, other)
    share = (k - points[a, 2]) / (points[b, 2] - points[a, 2])
    return points[a, 0] + share * (points[b, 0] - points[a, 0]), points[a, 1] + share * (points[b, 1] - points[a, 1])


@njit(cache=True, nogil=True, error_model="numpy")
def count_crossings(points, faces, begin, end, rows, columns, out):
    """Add the directed crossings of triangles with the rows of some slices to ``out`` (depth, rows, columns + 1)."""
    depth = out.shape[0]
    for face in range(len(faces)):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        low = min(points[a, 2], points[b, 2], points[c, 2])
        high = max(points[a, 2], points[b, 2], points[c, 2])
        first, last = _span(low, high, depth)
        for k in range(max(first, begin), min(last, end)):
            ax, ay, bx, by = 0.0, 0.0, 0.0, 0.0
            for corner in range(2, -1, -1):  # the first that fits is the last one taken
                one, other = faces[face, corner], faces[face, (corner + 1) % 3]
                if points[one, 2] < k <= points[other, 2]:
                    ax, ay = _cut(points, one, other, k)
                elif points[other, 2] < k <= points[one, 2]:
                    bx, by = _cut(points, one, other, k)
            sign = 1 if by > ay else -1
            top, bottom = _span(min(ay, by), max(ay, by), rows)
            for j in range(top, bottom):
                share = (j - ay) / (by - ay)
                i = math.ceil(ax + share * (bx - ax))
                out[k, j, min(max(i, 0), columns)] += sign
