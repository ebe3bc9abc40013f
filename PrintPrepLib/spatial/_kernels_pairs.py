"""The numba form of :mod:`overlaps`. Imported only by functions, and only where numba is installed."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call"
from __future__ import annotations

import numpy as np
from numba import njit

from .constants import DOT_BOUND, LEAST_PRODUCT, ORIENT3D_BOUND, STACK


@njit(cache=True, nogil=True)
def suspects(corners, ids, starts, boxes, begin, end, loose, out):
    """Pairs of rows that may cross, for leaves begin..end; returns how many there are, also where out is too short.

    Pairs within ``loose`` (mm) of crossing are kept as well.
    """
    leaves = len(starts) - 1
    stack = np.empty(STACK, np.int64)
    count = 0
    for leaf in range(begin, end):
        mine = boxes[leaves + leaf]
        stack[0] = 1
        depth = 1
        while depth > 0:
            depth -= 1
            node = stack[depth]
            its = boxes[node]
            if not (
                mine[0] <= its[3] and its[0] <= mine[3]
                and mine[1] <= its[4] and its[1] <= mine[4]
                and mine[2] <= its[5] and its[2] <= mine[5]
            ):  # fmt: skip
                continue
            if node < leaves:
                stack[depth] = 2 * node + 1
                depth += 1
                # The left child is left out when all its leaves come before the asking leaf.
                last, width = 2 * node, 1
                while last < leaves:
                    last = 2 * last + 1
                    width *= 2
                if last - leaves >= leaf:
                    stack[depth] = 2 * node
                    depth += 1
                continue
            other = node - leaves
            if other < leaf:
                continue
            for i in range(starts[leaf], starts[leaf + 1]):
                a = corners[i]
                for j in range(max(i + 1, starts[other]), starts[other + 1]):
                    if _may_cross(a, corners[j], ids[i], ids[j], loose):
                        if count < len(out):
                            out[count, 0], out[count, 1] = i, j
                        count += 1
    return count


@njit(cache=True, nogil=True)
def _may_cross(a, b, ids_a, ids_b, loose):
    for k in range(3):
        if max(a[k], a[3 + k], a[6 + k]) < min(b[k], b[3 + k], b[6 + k]):
            return False
        if max(b[k], b[3 + k], b[6 + k]) < min(a[k], a[3 + k], a[6 + k]):
            return False
    shared = 0
    skip_a, skip_b = 0, 0  # bits of shared corners
    for j in range(3):
        for k in range(3):
            if ids_a[j] == ids_b[k]:
                shared += 1
                skip_a |= 1 << j
                skip_b |= 1 << k
    if shared == 2:
        return False
    if shared > 2:
        return True
    if _one_side(a, b, skip_a, loose) or _one_side(b, a, skip_b, loose):
        return False
    if shared == 1:
        return not _wedges_apart(a, b, skip_a >> 1, skip_b >> 1, loose)
    # MeshLab takes its common line of nearly coplanar triangles from rounding: no gap in the plane clears them for it.
    return loose > 0.0 or not (_beyond_a_side(a, b) or _beyond_a_side(b, a))


@njit(cache=True, nogil=True)
def _one_side(points, plane, skip, loose):
    ux, uy, uz = plane[3] - plane[0], plane[4] - plane[1], plane[5] - plane[2]
    vx, vy, vz = plane[6] - plane[0], plane[7] - plane[1], plane[8] - plane[2]
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    sx, sy, sz = abs(uy * vz) + abs(uz * vy), abs(uz * vx) + abs(ux * vz), abs(ux * vy) + abs(uy * vx)
    above, below = True, True
    for k in range(3):
        if skip >> k & 1:
            continue
        wx, wy, wz = points[3 * k] - plane[0], points[3 * k + 1] - plane[1], points[3 * k + 2] - plane[2]
        det = wx * nx + wy * ny + wz * nz
        bound = ORIENT3D_BOUND * (abs(wx) * sx + abs(wy) * sy + abs(wz) * sz) + LEAST_PRODUCT + loose * (sx + sy + sz)
        above = above and det > bound
        below = below and det < -bound
        if not (above or below):
            return False
    return True


@njit(cache=True, nogil=True)
def _wedges_apart(a, b, first, second, loose):
    """A plane through the shared corner, across the difference of both middle lines, keeps the triangles apart."""
    mx, my, mz = _middle(a, first)
    nx, ny, nz = _middle(b, second)
    mx, my, mz = mx - nx, my - ny, mz - nz
    for k in range(1, 3):
        i, o = 3 * ((first + k) % 3), 3 * first
        wx, wy, wz = a[i] - a[o], a[i + 1] - a[o + 1], a[i + 2] - a[o + 2]
        if not mx * wx + my * wy + mz * wz > _slack(mx, my, mz, wx, wy, wz, loose):
            return False
        i, o = 3 * ((second + k) % 3), 3 * second
        wx, wy, wz = b[i] - b[o], b[i + 1] - b[o + 1], b[i + 2] - b[o + 2]
        if not mx * wx + my * wy + mz * wz < -_slack(mx, my, mz, wx, wy, wz, loose):
            return False
    return True


@njit(cache=True, nogil=True)
def _middle(a, corner):
    x, y, z = 0.0, 0.0, 0.0
    o = 3 * corner
    for k in range(1, 3):
        i = 3 * ((corner + k) % 3)
        wx, wy, wz = a[i] - a[o], a[i + 1] - a[o + 1], a[i + 2] - a[o + 2]
        length = np.sqrt(wx * wx + wy * wy + wz * wz)
        if length > 0.0:
            x, y, z = x + wx / length, y + wy / length, z + wz / length
    length = np.sqrt(x * x + y * y + z * z)
    if length > 0.0:
        return x / length, y / length, z / length
    return x, y, z


@njit(cache=True, nogil=True)
def _slack(ax, ay, az, bx, by, bz, loose):
    size = abs(ax) * abs(bx) + abs(ay) * abs(by) + abs(az) * abs(bz)
    return DOT_BOUND * size + LEAST_PRODUCT + loose * (abs(ax) + abs(ay) + abs(az))


@njit(cache=True, nogil=True)
def _beyond_a_side(a, b):
    """Whether triangle b lies beyond one side of triangle a, looked at along a's normal."""
    ux, uy, uz = a[3] - a[0], a[4] - a[1], a[5] - a[2]
    vx, vy, vz = a[6] - a[0], a[7] - a[1], a[8] - a[2]
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    for k in range(3):
        o, p = 3 * k, 3 * ((k + 1) % 3)
        ex, ey, ez = a[p] - a[o], a[p + 1] - a[o + 1], a[p + 2] - a[o + 2]
        dx, dy, dz = ey * nz - ez * ny, ez * nx - ex * nz, ex * ny - ey * nx
        reach = -np.inf
        for j in range(3):
            wx, wy, wz = a[3 * j] - a[o], a[3 * j + 1] - a[o + 1], a[3 * j + 2] - a[o + 2]
            reach = max(reach, dx * wx + dy * wy + dz * wz + _slack(dx, dy, dz, wx, wy, wz, 0.0))
        apart = True
        for j in range(3):
            wx, wy, wz = b[3 * j] - a[o], b[3 * j + 1] - a[o + 1], b[3 * j + 2] - a[o + 2]
            if not dx * wx + dy * wy + dz * wz - _slack(dx, dy, dz, wx, wy, wz, 0.0) > reach:
                apart = False
                break
        if apart:
            return True
    return False
