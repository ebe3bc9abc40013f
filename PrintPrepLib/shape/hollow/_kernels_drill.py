"""The numba form of the search for triangles near a hole."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def meeting_box(vertices, faces, low, high):
    """Rows (k,) of the triangles of which no side of a box has all corners beyond it."""
    out = np.empty(len(faces), np.int64)
    found = 0
    for row in range(len(faces)):
        a, b, c = faces[row, 0], faces[row, 1], faces[row, 2]
        meets = True
        for axis in range(3):
            x, y, z = vertices[a, axis], vertices[b, axis], vertices[c, axis]
            if max(x, y, z) < low[axis] or min(x, y, z) > high[axis]:
                meets = False
                break
        if meets:
            out[found] = row
            found += 1
    return out[:found].copy()
