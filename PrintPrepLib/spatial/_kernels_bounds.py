"""The numba forms of bounds round triangles and leaves: one pass, in threads."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def gather(faces, corners, order, begin, end, ids, normals):
    """Corners' vertices and unit normals of some triangles in the order of the rows; zero where there is no area."""
    for j in range(begin, end):
        face = order[j]
        for k in range(3):
            ids[j, k] = faces[face, k]
        ux, uy, uz = corners[j, 3] - corners[j, 0], corners[j, 4] - corners[j, 1], corners[j, 5] - corners[j, 2]
        vx, vy, vz = corners[j, 6] - corners[j, 0], corners[j, 7] - corners[j, 1], corners[j, 8] - corners[j, 2]
        x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        length = math.sqrt(x * x + y * y + z * z)
        if length > 0.0:
            x, y, z = x / length, y / length, z / length
        else:
            x, y, z = 0.0, 0.0, 0.0
        normals[j, 0], normals[j, 1], normals[j, 2] = x, y, z


@njit(cache=True, nogil=True, error_model="numpy")
def fill_rows(corners, normals, wider, begin, end, out):
    """Center, radius, normal and thickness of a disk round each of some triangles, ``wider`` for rounding."""
    for j in range(begin, end):
        for axis in range(3):
            out[j, axis] = (corners[j, axis] + corners[j, 3 + axis] + corners[j, 6 + axis]) / 3.0
            out[j, 4 + axis] = normals[j, axis]
        wide2, off = 0.0, 0.0
        for corner in range(0, 9, 3):
            x, y = corners[j, corner] - out[j, 0], corners[j, corner + 1] - out[j, 1]
            z = corners[j, corner + 2] - out[j, 2]
            wide2 = max(wide2, x * x + y * y + z * z)
            off = max(off, abs(x * out[j, 4] + y * out[j, 5] + z * out[j, 6]))
        out[j, 3], out[j, 7] = math.sqrt(wide2), off
        for column in (3, 7):
            out[j, column] = np.nextafter(out[j, column] * wider, np.float32(np.inf))


@njit(cache=True, nogil=True, error_model="numpy")
def fill_leaf_cones(normals, starts, begin, end, axis, half):
    """Axis and half angle of a cone round the normals in some leaves."""
    leaves = len(starts) - 1
    for leaf in range(begin, end):
        x, y, z = 0.0, 0.0, 0.0
        for j in range(starts[leaf], starts[leaf + 1]):
            x, y, z = x + normals[j, 0], y + normals[j, 1], z + normals[j, 2]
        x, y, z = _unit(x, y, z)
        low = 1.0
        for j in range(starts[leaf], starts[leaf + 1]):
            low = min(low, normals[j, 0] * x + normals[j, 1] * y + normals[j, 2] * z)
        node = leaves + leaf
        axis[node, 0], axis[node, 1], axis[node, 2], half[node] = x, y, z, math.acos(max(low, -1.0))


@njit(cache=True, nogil=True, error_model="numpy")
def fill_cones(begin, end, axis, half):
    """The same for some nodes whose children are done."""
    for node in range(begin, end):
        a, b = 2 * node, 2 * node + 1
        x, y, z = _unit(axis[a, 0] + axis[b, 0], axis[a, 1] + axis[b, 1], axis[a, 2] + axis[b, 2])
        widest = 0.0
        for child in range(a, b + 1):
            aside = axis[child, 0] * x + axis[child, 1] * y + axis[child, 2] * z
            widest = max(widest, math.acos(max(min(aside, 1.0), -1.0)) + half[child])
        axis[node, 0], axis[node, 1], axis[node, 2], half[node] = x, y, z, min(widest, math.pi)


@njit(cache=True, nogil=True, error_model="numpy")
def fill_nodes(boxes, axis, half, room, never, slack, begin, end, out):
    """Boxes of some nodes in single precision, rounded outward, and their cones."""
    for node in range(begin, end):
        for k in range(3):
            low, high = np.float32(boxes[node, k]), np.float32(boxes[node, 3 + k])
            out[node, k] = low if low <= boxes[node, k] else np.nextafter(low, np.float32(-np.inf))
            out[node, 3 + k] = high if high >= boxes[node, 3 + k] else np.nextafter(high, np.float32(np.inf))
            out[node, 6 + k] = axis[node, k]
        left = room - half[node]
        some = abs(axis[node, 0]) + abs(axis[node, 1]) + abs(axis[node, 2]) > 0.5
        out[node, 9] = math.cos(left) + slack if left > 0.0 and some else never


@njit(cache=True, nogil=True, error_model="numpy")
def fill_slabs(corners, starts, nodes, begin, end, out):
    """Lowest and highest place of the corners in some leaves along the axis of the leaf's cone."""
    leaves = len(starts) - 1
    for leaf in range(begin, end):
        x, y, z = nodes[leaves + leaf, 6], nodes[leaves + leaf, 7], nodes[leaves + leaf, 8]
        low, high = np.inf, -np.inf
        for j in range(starts[leaf], starts[leaf + 1]):
            for corner in range(0, 9, 3):
                along = corners[j, corner] * x + corners[j, corner + 1] * y + corners[j, corner + 2] * z
                low, high = min(low, along), max(high, along)
        out[leaf, 0], out[leaf, 1] = low, high


@njit(cache=True, nogil=True, error_model="numpy")
def _unit(x, y, z):
    """The direction of a vector; zero where it has next to no length."""
    length = math.sqrt(x * x + y * y + z * z)
    if not length > 1e-12:
        return 0.0, 0.0, 0.0
    return x / length, y / length, z / length
