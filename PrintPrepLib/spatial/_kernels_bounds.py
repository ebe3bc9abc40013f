"""The numba forms of bounds round triangles and of the directions that balls start in: one pass, in threads."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def gather(faces, normals, order, begin, end, ids, by_row):
    """Corners' vertices and normals of some triangles in the order of the rows."""
    for j in range(begin, end):
        face = order[j]
        for axis in range(3):
            ids[j, axis] = faces[face, axis]
            by_row[j, axis] = normals[face, axis]


@njit(cache=True, nogil=True, error_model="numpy")
def fill_rows(corners, normals, begin, end, out):
    """Center, radius, normal and thickness of a disk round each of some triangles."""
    for j in range(begin, end):
        for axis in range(3):
            out[j, axis] = (corners[j, axis] + corners[j, 3 + axis] + corners[j, 6 + axis]) / 3.0
            out[j, 4 + axis] = normals[j, axis]
        wide2, off = 0.0, 0.0
        for corner in range(0, 9, 3):
            x, y, z = corners[j, corner] - out[j, 0], corners[j, corner + 1] - out[j, 1], corners[j, corner + 2] - out[j, 2]
            wide2 = max(wide2, x * x + y * y + z * z)
            off = max(off, abs(x * out[j, 4] + y * out[j, 5] + z * out[j, 6]))
        out[j, 3], out[j, 7] = math.sqrt(wide2), off


@njit(cache=True, nogil=True, error_model="numpy")
def fill_leaf_cones(normals, starts, begin, end, axis, lowest):
    """Mean direction of the normals in some leaves, and the lowest cosine of a normal to it."""
    for leaf in range(begin, end):
        x, y, z = 0.0, 0.0, 0.0
        for j in range(starts[leaf], starts[leaf + 1]):
            x, y, z = x + normals[j, 0], y + normals[j, 1], z + normals[j, 2]
        x, y, z = unit(x, y, z)
        low = np.inf
        for j in range(starts[leaf], starts[leaf + 1]):
            low = min(low, normals[j, 0] * x + normals[j, 1] * y + normals[j, 2] * z)
        axis[leaf, 0], axis[leaf, 1], axis[leaf, 2], lowest[leaf] = x, y, z, low


@njit(cache=True, nogil=True, error_model="numpy")
def unit(x, y, z):
    """The direction of a vector; zero where it has next to no length."""
    length = math.sqrt(x * x + y * y + z * z)
    if not length > 1e-12:
        return 0.0, 0.0, 0.0
    return x / length, y / length, z / length
