"""The numba form of proving that triangles lie within a distance of a surface: by the patch of it that covers them."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import math

import numpy as np
from numba import njit

from ._kernels import _box_distance2, triangle
from .constants import NODE_SLACK, STACK

MOST_PATCH = 4096  # triangles of a patch; larger ones are left to the caller
# Weights of the corners for the place where turns are counted: no middle of anything, where edges often cross.
INSIDE = (0.3127, 0.3659, 0.3214)
ASIDE = 1e-9  # share of a triangle's size by which something is beside it beyond rounding


@njit(cache=True, nogil=True, error_model="numpy")
def _nearest(px, py, pz, first, corners, starts, boxes, nodes, d2s):
    """Nearest row; a guess bounds the search from the start."""
    best, row = triangle(px, py, pz, corners, first)[0], first
    leaves = len(starts) - 1
    nodes[0], d2s[0] = 1, 0.0
    depth = 1
    while depth > 0:
        depth -= 1
        if d2s[depth] * NODE_SLACK > best:
            continue
        node = nodes[depth]
        if node >= leaves:
            for j in range(starts[node - leaves], starts[node - leaves + 1]):
                d2 = triangle(px, py, pz, corners, j)[0]
                if d2 < best:
                    best, row = d2, np.int64(j)
            continue
        left = 2 * node
        d_left, d_right = _box_distance2(px, py, pz, boxes, left), _box_distance2(px, py, pz, boxes, left + 1)
        near, far, d_near, d_far = left, left + 1, d_left, d_right
        if d_right < d_left:
            near, far, d_near, d_far = left + 1, left, d_right, d_left
        if d_far * NODE_SLACK <= best:
            nodes[depth], d2s[depth] = far, d_far
            depth += 1
        if d_near * NODE_SLACK <= best:
            nodes[depth], d2s[depth] = near, d_near
            depth += 1
    return row


@njit(cache=True, nogil=True, error_model="numpy")
def _frame(cell, planes):
    """Planes of a triangle: three through its sides, positive outside, and its own; False where it has no area."""
    ux, uy, uz = cell[3] - cell[0], cell[4] - cell[1], cell[5] - cell[2]
    vx, vy, vz = cell[6] - cell[0], cell[7] - cell[1], cell[8] - cell[2]
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    length = math.sqrt(nx * nx + ny * ny + nz * nz)
    if not length > 1e-9 * (ux * ux + uy * uy + uz * uz + vx * vx + vy * vy + vz * vz):
        return False
    nx, ny, nz = nx / length, ny / length, nz / length
    for k in range(3):
        n = (k + 1) % 3
        ex, ey, ez = cell[3 * n] - cell[3 * k], cell[3 * n + 1] - cell[3 * k + 1], cell[3 * n + 2] - cell[3 * k + 2]
        ox, oy, oz = ey * nz - ez * ny, ez * nx - ex * nz, ex * ny - ey * nx
        size = math.sqrt(ox * ox + oy * oy + oz * oz)
        planes[k, 0], planes[k, 1], planes[k, 2] = ox / size, oy / size, oz / size
    planes[3, 0], planes[3, 1], planes[3, 2] = nx, ny, nz
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _against(planes, cell, corners, row, out):
    """Distances of a row's corners from the four planes, (3, 4)."""
    for corner in range(3):
        for plane in range(4):
            k = 3 * plane if plane < 3 else 0
            out[corner, plane] = (
                planes[plane, 0] * (corners[row, 3 * corner] - cell[k])
                + planes[plane, 1] * (corners[row, 3 * corner + 1] - cell[k + 1])
                + planes[plane, 2] * (corners[row, 3 * corner + 2] - cell[k + 2])
            )


@njit(cache=True, nogil=True, error_model="numpy")
def _highest_over(values, aside, polygon, other):
    """Largest height of the part of a row that lies over the triangle, from its corners' distances from the planes."""
    count = 3
    for corner in range(3):
        for plane in range(4):
            polygon[corner, plane] = values[corner, plane]
    for plane in range(3):
        kept = 0
        for k in range(count):
            n = k + 1 if k + 1 < count else 0
            a, b = polygon[k, plane] - aside, polygon[n, plane] - aside
            if a <= 0.0:
                for q in range(4):
                    other[kept, q] = polygon[k, q]
                kept += 1
            if (a < 0.0 < b) or (b < 0.0 < a):
                t = a / (a - b)
                for q in range(4):
                    other[kept, q] = polygon[k, q] + t * (polygon[n, q] - polygon[k, q])
                kept += 1
        count = kept
        for k in range(count):
            for q in range(4):
                polygon[k, q] = other[k, q]
    highest = 0.0
    for k in range(count):
        highest = max(highest, abs(polygon[k, 3]))
    return highest


@njit(cache=True, nogil=True, error_model="numpy")
def _turns(planes, middle, corners, row, aside):
    """How a row, seen along the triangle's normal, goes round a place inside: +1, -1, 0; 2 if in doubt."""
    nx, ny, nz = planes[3, 0], planes[3, 1], planes[3, 2]
    signs = 0
    for k in range(3):
        n = (k + 1) % 3
        ax, ay, az = (
            corners[row, 3 * k] - middle[0],
            corners[row, 3 * k + 1] - middle[1],
            corners[row, 3 * k + 2] - middle[2],
        )
        bx, by, bz = (
            corners[row, 3 * n] - middle[0],
            corners[row, 3 * n + 1] - middle[1],
            corners[row, 3 * n + 2] - middle[2],
        )
        turn = nx * (ay * bz - az * by) + ny * (az * bx - ax * bz) + nz * (ax * by - ay * bx)
        if abs(turn) <= aside:
            return 2
        signs += 1 if turn > 0.0 else -1
    return signs // 3 if abs(signs) == 3 else 0


@njit(cache=True, nogil=True, error_model="numpy")
def prove(vertices, faces, chosen, limit, corners, starts, boxes, neighbors, stamps, out_rows, out_count):
    """Prove triangles by patches; ``out_rows`` takes the rows of each patch, ``out_count`` their number, 0 if none.

    All rows that lie over or under the triangle and are joined to the nearest one are looked at. No edge of that patch
    lies over it, so it goes round every point of the triangle as often as round one; where that is not 0, and
    no part of it over the triangle is higher than the limit, each point has a point of the patch within the limit.
    ``stamps`` (rows,) int32, zero at first, belongs to the thread.
    """
    nodes, d2s = np.empty(STACK, np.int64), np.empty(STACK)
    cell, middle, planes = np.empty(9), np.empty(3), np.empty((4, 3))
    values, polygon, other = np.empty((3, 4)), np.empty((12, 4)), np.empty((12, 4))
    patch = np.empty(MOST_PATCH, np.int64)
    guess, width = np.int64(0), out_rows.shape[1]
    for i in chosen:
        out_count[i] = 0
        for k in range(3):
            for axis in range(3):
                cell[3 * k + axis] = vertices[faces[i, k], axis]
        for axis in range(3):
            middle[axis] = INSIDE[0] * cell[axis] + INSIDE[1] * cell[3 + axis] + INSIDE[2] * cell[6 + axis]
        guess = _nearest(middle[0], middle[1], middle[2], guess, corners, starts, boxes, nodes, d2s)
        if not _frame(cell, planes):
            continue
        size = 0.0
        for k in range(3):
            size = max(size, abs(cell[k] - cell[3 + k]) + abs(cell[k] - cell[6 + k]))
        aside = ASIDE * size
        patch[0], count, done, turns = guess, 1, 0, 0
        stamps[guess] = i + 1
        whole = True
        while done < count and whole:
            row = patch[done]
            done += 1
            turn = _turns(planes, middle, corners, row, aside * size)
            if turn == 2:
                whole = False
                break
            turns += turn
            for k in range(3):
                near = neighbors[row, k]
                if near < 0:  # an open edge, or one of several triangles: it may lie over the triangle
                    whole = False
                    break
                if stamps[near] == i + 1:
                    continue
                _against(planes, cell, corners, near, values)
                beside = False
                for plane in range(3):
                    if min(values[0, plane], values[1, plane], values[2, plane]) > aside:
                        beside = True
                if beside:
                    continue
                if (
                    max(abs(values[0, 3]), abs(values[1, 3]), abs(values[2, 3])) > limit
                    and _highest_over(values, aside, polygon, other) > limit
                ) or count == MOST_PATCH:
                    whole = False
                    break
                stamps[near] = i + 1
                patch[count] = near
                count += 1
        if whole and turns != 0:
            _against(planes, cell, corners, guess, values)
            if _highest_over(values, aside, polygon, other) <= limit:
                out_count[i] = count
                for k in range(min(count, width)):
                    out_rows[i, k] = patch[k]
