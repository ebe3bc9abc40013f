"""The numba form of finding triangles that are there twice: one pass over a table of hashes."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def there_twice(faces):
    """Which triangles (m,) have the corners of another one, in the same order of rotation."""
    size = 1
    while size < 2 * len(faces):
        size *= 2
    table, mask = np.full(size, -1, np.int32), np.uint64(size - 1)
    out = np.zeros(len(faces), np.bool_)
    for i in range(len(faces)):
        a, b, c = faces[i, 0], faces[i, 1], faces[i, 2]
        while a > b or a > c:
            a, b, c = b, c, a
        key = np.uint64(a) * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(b) * np.uint64(0xC2B2AE3D27D4EB4F)
        key = (key ^ (key >> np.uint64(29))) + np.uint64(c) * np.uint64(0x165667B19E3779F9)
        slot = (key ^ (key >> np.uint64(31))) & mask
        while True:
            j = table[slot]
            if j < 0:
                table[slot] = i
                break
            x, y, z = faces[j, 0], faces[j, 1], faces[j, 2]
            while x > y or x > z:
                x, y, z = y, z, x
            if x == a and y == b and z == c:
                out[i] = out[j] = True
                break
            slot = (slot + np.uint64(1)) & mask
    return out
