"""The numba form of the scan conversion: the same arithmetic as the numpy form, triangle after triangle."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def fill(buffer, xs, ys, zs, faces, near, scale, width, height):
    """Keep in each pixel of the buffer the smallest (depth, number of the triangle)."""
    for number in range(len(faces)):
        a, b, c = faces[number, 0], faces[number, 1], faces[number, 2]
        ya, yb, yc = ys[a], ys[b], ys[c]
        first = max(math.ceil(min(ya, yb, yc) - 0.5), 0)
        last = min(math.ceil(max(ya, yb, yc) - 0.5), height)
        if last <= first:
            continue
        xa, xb, xc = xs[a], xs[b], xs[c]
        za, zb, zc = (zs[a] - near) * scale, (zs[b] - near) * scale, (zs[c] - near) * scale
        x1, y1, z1, x2, y2, z2 = xb - xa, yb - ya, zb - za, xc - xa, yc - ya, zc - za
        area = x1 * y2 - x2 * y1
        safe = area if abs(area) > 1e-12 else np.inf
        slope_x, slope_y = (z1 * y2 - z2 * y1) / safe, (x1 * z2 - x2 * z1) / safe
        nearest, farthest = min(za, zb, zc), max(za, zb, zc)
        for line in range(first, last):
            center = line + 0.5
            left, right = np.inf, -np.inf
            for side in range(3):
                if side == 0:
                    px, py, qx, qy = xa, ya, xb, yb
                elif side == 1:
                    px, py, qx, qy = xb, yb, xc, yc
                else:
                    px, py, qx, qy = xc, yc, xa, ya
                if (py <= center) != (qy <= center):
                    at = px + (center - py) * ((qx - px) / (qy - py))
                    left, right = min(left, at), max(right, at)
            if not right >= left:
                continue
            begin = min(max(math.ceil(left - 0.5), 0), width)
            end = min(max(math.ceil(right - 0.5), 0), width)
            for column in range(begin, end):
                depth = za + slope_x * (column + 0.5 - xa) + slope_y * (line + 0.5 - ya)
                depth = min(max(depth, nearest), farthest)
                key = (np.uint64(depth) << np.uint64(32)) | np.uint64(number)
                place = line * width + column
                buffer[place] = min(buffer[place], key)
