"""The numba form of what is asked of all triangles in :mod:`nearby`. Imported only where numba is installed."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _cell(value, origin, cell, cells):
    return min(max(int(np.floor((value - origin) / cell)), 0), cells - 1)


@njit(cache=True, nogil=True)
def near_cells(vertices, faces, bottom, top, cell, sums, out):
    """Mark triangles whose box meets the box of all, and a marked cell; ``sums`` (c + 1,) * 3 counts cells before."""
    cells = len(sums) - 1
    low, high = np.empty(3), np.empty(3)
    first, last = np.empty(3, np.int64), np.empty(3, np.int64)
    for i in range(len(faces)):
        a, b, c = faces[i, 0], faces[i, 1], faces[i, 2]
        apart = False
        for k in range(3):
            low[k] = min(vertices[a, k], vertices[b, k], vertices[c, k])
            high[k] = max(vertices[a, k], vertices[b, k], vertices[c, k])
            if low[k] > top[k] or high[k] < bottom[k]:
                apart = True
                break
        if apart:
            continue
        for k in range(3):
            first[k] = _cell(low[k], bottom[k], cell[k], cells)
            last[k] = _cell(high[k], bottom[k], cell[k], cells) + 1
        x, y, z = first
        u, v, w = last
        total = (
            sums[u, v, w] - sums[x, v, w] - sums[u, y, w] - sums[u, v, z]
            + sums[x, y, w] + sums[x, v, z] + sums[u, y, z] - sums[x, y, z]
        )  # fmt: skip
        out[i] = total > 0


@njit(cache=True, nogil=True)
def near_boxes(vertices, faces, low, high, out):
    """Mark triangles whose box meets one of a few boxes (b, 3)."""
    for i in range(len(faces)):
        a, b, c = faces[i, 0], faces[i, 1], faces[i, 2]
        for one in range(len(low)):
            meets = True
            for k in range(3):
                if (
                    min(vertices[a, k], vertices[b, k], vertices[c, k]) > high[one, k]
                    or max(vertices[a, k], vertices[b, k], vertices[c, k]) < low[one, k]
                ):
                    meets = False
                    break
            if meets:
                out[i] = True
                break


@njit(cache=True, nogil=True)
def touching(vertices, faces):
    """Triangles (m,) with a marked vertex."""
    out = np.empty(len(faces), np.bool_)
    for i in range(len(faces)):
        out[i] = vertices[faces[i, 0]] or vertices[faces[i, 1]] or vertices[faces[i, 2]]
    return out


@njit(cache=True, nogil=True)
def mark_vertices(marked, faces, out):
    """Mark the vertices of marked triangles."""
    for i in range(len(faces)):
        if marked[i]:
            out[faces[i, 0]] = True
            out[faces[i, 1]] = True
            out[faces[i, 2]] = True
