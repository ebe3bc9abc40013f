"""The numba form of finding where a surface crosses the lines of a grid."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _side(ax, ay, bx, by, x, y):
    """On which side of a line a point lies; exactly the opposite for the line turned round."""
    if ax < bx or (ax == bx and ay < by):
        return (bx - ax) * (y - ay) - (by - ay) * (x - ax) >= 0.0
    return not (ax - bx) * (y - by) - (ay - by) * (x - bx) >= 0.0


@njit(cache=True, nogil=True)
def crossings(vertices, faces, origin, cell, size, axis, out_line, out_height, out_sign):
    """Crossings of triangles with the grid lines along an axis; returns how many, and stores those that have room.

    Lines are numbered along the two other axes, in their cyclic order; heights are in cells from the first middle.
    """
    one, two = (axis + 1) % 3, (axis + 2) % 3
    n_one, n_two = size[one], size[two]
    top = size[axis]
    found = 0
    for f in range(len(faces)):
        a, b, c = vertices[faces[f, 0]], vertices[faces[f, 1]], vertices[faces[f, 2]]
        ax, bx, cx = (a[one] - origin[one]) / cell, (b[one] - origin[one]) / cell, (c[one] - origin[one]) / cell
        first, last = max(math.ceil(min(ax, bx, cx)), 0), min(math.floor(max(ax, bx, cx)), n_one - 1)
        if first > last:
            continue
        ay, by, cy = (a[two] - origin[two]) / cell, (b[two] - origin[two]) / cell, (c[two] - origin[two]) / cell
        low, high = max(math.ceil(min(ay, by, cy)), 0), min(math.floor(max(ay, by, cy)), n_two - 1)
        if low > high:
            continue
        az, bz, cz = (a[axis] - origin[axis]) / cell, (b[axis] - origin[axis]) / cell, (c[axis] - origin[axis]) / cell
        if min(az, bz, cz) > top:
            continue
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        for x in range(first, last + 1):
            for y in range(low, high + 1):
                s_ab = _side(ax, ay, bx, by, x, y)
                if s_ab != _side(bx, by, cx, cy, x, y) or s_ab != _side(cx, cy, ax, ay, x, y):
                    continue
                if area == 0.0:
                    height = az
                else:
                    u = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) / area
                    v = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / area
                    height = az + u * (bz - az) + v * (cz - az)
                    height = min(max(height, min(az, bz, cz)), max(az, bz, cz))
                if found < len(out_line):
                    out_line[found], out_height[found] = x * n_two + y, height
                    out_sign[found] = -1 if s_ab else 1
                found += 1
    return found


@njit(cache=True, nogil=True)
def fill(line, height, sign, inside):
    """Set which cells (z, y, x) lie inside, by the crossings with the lines along z; ``inside`` begins as 0, int8."""
    nz, ny, _ = inside.shape
    for k in range(len(line)):
        step = math.ceil(height[k])
        if step < nz:
            inside[max(step, 0), line[k] % ny, line[k] // ny] += sign[k]
    for z in range(1, nz):
        for y in range(ny):
            below, row = inside[z - 1, y], inside[z, y]
            for x in range(len(row)):
                row[x] = np.int8(row[x] + below[x])
    for z in range(nz):
        for y in range(ny):
            row = inside[z, y]
            for x in range(len(row)):
                row[x] = np.int8(row[x] > 0)


@njit(cache=True, nogil=True)
def add_thin(line, height, axis, inside, walls):
    """Make the nearer one wall of two cells, neither inside, between which the surface passes, along an axis."""
    size = (inside.shape[2], inside.shape[1], inside.shape[0])
    one, two = (axis + 1) % 3, (axis + 2) % 3
    at, other = np.empty(3, np.int64), np.empty(3, np.int64)
    for k in range(len(line)):
        below = math.floor(height[k])
        if below < 0 or below + 1 >= size[axis]:
            continue
        at[one], at[two], at[axis] = line[k] // size[two], line[k] % size[two], below
        other[:] = at
        other[axis] += 1
        if inside[at[2], at[1], at[0]] or inside[other[2], other[1], other[0]]:
            continue
        if height[k] - below < 0.5:
            walls[at[2], at[1], at[0]] = True
        else:
            walls[other[2], other[1], other[0]] = True
