"""The numba form of what ``within`` asks of each piece of a triangle."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

from numba import njit

from ._kernels import triangle


@njit(cache=True, nogil=True, error_model="numpy")
def holders(cells, rows, limit2, corners, begin, end, out):
    """Which of its three rows is within a distance of all corners of each cell; -1 where none is."""
    for k in range(begin, end):
        out[k] = -1
        for candidate in range(3):
            row = rows[k, candidate]
            inside = True
            for corner in range(3):
                d2 = triangle(cells[k, corner, 0], cells[k, corner, 1], cells[k, corner, 2], corners, row)[0]
                if not d2 <= limit2:
                    inside = False
                    break
            if inside:
                out[k] = row
                break


@njit(cache=True, nogil=True, error_model="numpy")
def bisect(start, way, a, b, corners, low, high, steps, begin, end, out):
    """Share of each way at which rows a and b are equally far, by bisection between two shares."""
    for k in range(begin, end):
        least, most = low, high
        for _ in range(steps):
            share = 0.5 * (least + most)
            x, y, z = start[k, 0] + share * way[k, 0], start[k, 1] + share * way[k, 1], start[k, 2] + share * way[k, 2]
            if triangle(x, y, z, corners, a[k])[0] < triangle(x, y, z, corners, b[k])[0]:
                least = share
            else:
                most = share
        out[k] = 0.5 * (least + most)
