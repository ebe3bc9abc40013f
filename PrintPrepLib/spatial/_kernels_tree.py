"""The numba forms of building a tree: the same arithmetic as the numpy form, without passes over copies."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _spread(value):
    value = (value | (value << np.uint64(32))) & np.uint64(0x1F00000000FFFF)
    value = (value | (value << np.uint64(16))) & np.uint64(0x1F0000FF0000FF)
    value = (value | (value << np.uint64(8))) & np.uint64(0x100F00F00F00F00F)
    value = (value | (value << np.uint64(4))) & np.uint64(0x10C30C30C30C30C3)
    return (value | (value << np.uint64(2))) & np.uint64(0x1249249249249249)


@njit(cache=True, nogil=True)
def low_high(points):
    """Lowest and highest corner of the points, (2, 3)."""
    out = np.empty((2, 3))
    out[0], out[1] = np.inf, -np.inf
    for i in range(len(points)):
        for axis in range(3):
            out[0, axis] = min(out[0, axis], points[i, axis])
            out[1, axis] = max(out[1, axis], points[i, axis])
    return out


@njit(cache=True, nogil=True)
def morton_codes(points, low, scale, begin, end, out):
    """Morton code of each point."""
    for i in range(begin, end):
        code = np.uint64(0)
        for axis in range(3):
            code |= _spread(np.uint64((points[i, axis] - low[axis]) * scale)) << np.uint64(axis)
        out[i] = code


@njit(cache=True, nogil=True)
def corner_sums(vertices, faces, begin, end, out):
    """Sum of the corners of each triangle."""
    for i in range(begin, end):
        a, b, c = faces[i, 0], faces[i, 1], faces[i, 2]
        for axis in range(3):
            out[i, axis] = vertices[a, axis] + vertices[b, axis] + vertices[c, axis]


@njit(cache=True, nogil=True)
def fill_leaves(vertices, faces, order, starts, begin, end, corners, boxes):
    """Corners of the triangles of some leaves, and the boxes of these leaves."""
    leaves = len(starts) - 1
    for leaf in range(begin, end):
        box = boxes[leaves + leaf]
        box[:3], box[3:] = np.inf, -np.inf
        for row in range(starts[leaf], starts[leaf + 1]):
            face = order[row]
            for corner in range(3):
                vertex = faces[face, corner]
                for axis in range(3):
                    value = vertices[vertex, axis]
                    corners[row, 3 * corner + axis] = value
                    box[axis] = min(box[axis], value)
                    box[3 + axis] = max(box[3 + axis], value)
