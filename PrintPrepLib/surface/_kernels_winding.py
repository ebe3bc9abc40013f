"""The numba form of what is asked of all triangles to tell which shell lies in which."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _bin(value, origin, cell, bins):
    return min(max(int(np.floor((value - origin) / cell)), 0), bins - 1)


@njit(cache=True, nogil=True)
def over_bins(vertices, faces, origin, top, lowest, cell, bins, total):
    """Triangles whose box, seen along z, meets a bin that holds points, and that reach above the lowest point.

    ``total`` (bins + 1, bins + 1) holds how many points lie in all bins before.
    """
    out = np.empty(len(faces), np.int64)
    found = 0
    for i in range(len(faces)):
        a, b, c = faces[i, 0], faces[i, 1], faces[i, 2]
        x0 = min(vertices[a, 0], vertices[b, 0], vertices[c, 0])
        x1 = max(vertices[a, 0], vertices[b, 0], vertices[c, 0])
        if x1 < origin[0] or x0 > top[0]:
            continue
        y0 = min(vertices[a, 1], vertices[b, 1], vertices[c, 1])
        y1 = max(vertices[a, 1], vertices[b, 1], vertices[c, 1])
        if y1 < origin[1] or y0 > top[1] or max(vertices[a, 2], vertices[b, 2], vertices[c, 2]) < lowest:
            continue
        x, u = _bin(x0, origin[0], cell[0], bins), _bin(x1, origin[0], cell[0], bins) + 1
        y, v = _bin(y0, origin[1], cell[1], bins), _bin(y1, origin[1], cell[1], bins) + 1
        if total[u, v] - total[x, v] - total[u, y] + total[x, y] > 0:
            out[found] = i
            found += 1
    return out[:found].copy()


@njit(cache=True, nogil=True)
def volumes(vertices, faces, shell, count):
    """Six-fold volume (count,) of each shell, from its own middle, so that small ones far off lose no digits."""
    middle, size = np.zeros((count, 3)), np.zeros(count)
    for i in range(len(faces)):
        s = shell[i]
        size[s] += 3.0
        for k in range(3):
            for axis in range(3):
                middle[s, axis] += vertices[faces[i, k], axis]
    for s in range(count):
        for axis in range(3):
            middle[s, axis] /= max(size[s], 1.0)
    out = np.zeros(count)
    for i in range(len(faces)):
        s, a, b, c = shell[i], faces[i, 0], faces[i, 1], faces[i, 2]
        mx, my, mz = middle[s, 0], middle[s, 1], middle[s, 2]
        ax, ay, az = vertices[a, 0] - mx, vertices[a, 1] - my, vertices[a, 2] - mz
        bx, by, bz = vertices[b, 0] - mx, vertices[b, 1] - my, vertices[b, 2] - mz
        cx, cy, cz = vertices[c, 0] - mx, vertices[c, 1] - my, vertices[c, 2] - mz
        out[s] += ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)
    return out
