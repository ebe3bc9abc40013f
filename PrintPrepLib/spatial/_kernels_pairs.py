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
    low, high = np.empty(3), np.empty(3)
    count = 0
    for leaf in range(begin, end):
        mine = leaves + leaf
        stack[0] = 1
        depth = 1
        while depth > 0:
            depth -= 1
            node = stack[depth]
            if not (
                boxes[mine, 0] <= boxes[node, 3] and boxes[node, 0] <= boxes[mine, 3]
                and boxes[mine, 1] <= boxes[node, 4] and boxes[node, 1] <= boxes[mine, 4]
                and boxes[mine, 2] <= boxes[node, 5] and boxes[node, 2] <= boxes[mine, 5]
            ):  # fmt: skip
                continue
            if node < leaves:
                stack[depth] = 2 * node + 1
                depth += 1
                # The left child is left out when all its leaves come before the asking leaf.
                last = 2 * node
                while last < leaves:
                    last = 2 * last + 1
                if last - leaves >= leaf:
                    stack[depth] = 2 * node
                    depth += 1
                continue
            other = node - leaves
            if other < leaf:
                continue
            for i in range(starts[leaf], starts[leaf + 1]):
                for k in range(3):
                    low[k] = min(corners[i, k], corners[i, 3 + k], corners[i, 6 + k])
                    high[k] = max(corners[i, k], corners[i, 3 + k], corners[i, 6 + k])
                if (
                    high[0] < boxes[node, 0] or boxes[node, 3] < low[0]
                    or high[1] < boxes[node, 1] or boxes[node, 4] < low[1]
                    or high[2] < boxes[node, 2] or boxes[node, 5] < low[2]
                ):  # fmt: skip
                    continue
                for j in range(max(i + 1, starts[other]), starts[other + 1]):
                    if _box_apart(corners, j, low, high) or _never_cross(corners, ids, i, j, loose):
                        continue
                    if count < len(out):
                        out[count, 0], out[count, 1] = i, j
                    count += 1
    return count


@njit(cache=True, nogil=True)
def _box_apart(corners, j, low, high):
    for k in range(3):
        if high[k] < min(corners[j, k], corners[j, 3 + k], corners[j, 6 + k]):
            return True
        if low[k] > max(corners[j, k], corners[j, 3 + k], corners[j, 6 + k]):
            return True
    return False


@njit(cache=True, nogil=True)
def _never_cross(corners, ids, i, j, loose):
    """Whether two triangles whose boxes meet surely do not cross; the cheapest reasons are tried first."""
    shared, mine, its = 0, 0, 0
    for k in range(3):
        for n in range(3):
            if ids[j, k] == ids[i, n]:
                shared += 1
                mine, its = n, k
    if shared >= 2:
        return shared == 2
    if shared == 1 and _sums_apart(corners, i, j, mine, its, loose):
        return True
    a, b = corners[i], corners[j]
    skip_a, skip_b = (1 << mine, 1 << its) if shared == 1 else (0, 0)
    if _one_side(a, b, skip_a, loose) or _one_side(b, a, skip_b, loose):
        return True
    if shared == 1:
        return _wedges_apart(a, b, mine, its, loose)
    # MeshLab takes its common line of nearly coplanar triangles from rounding: no gap in the plane clears them for it.
    return loose <= 0.0 and (_beyond_a_side(a, b) or _beyond_a_side(b, a))


@njit(cache=True, nogil=True)
def _sums_apart(corners, i, j, mine, its, loose):
    """The plane across the difference of the sums of both pairs of sides: cheap, and enough nearly everywhere."""
    o, p, q = 3 * mine, 3 * ((mine + 1) % 3), 3 * ((mine + 2) % 3)
    ox, oy, oz = corners[i, o], corners[i, o + 1], corners[i, o + 2]
    px, py, pz = corners[i, p] - ox, corners[i, p + 1] - oy, corners[i, p + 2] - oz
    qx, qy, qz = corners[i, q] - ox, corners[i, q + 1] - oy, corners[i, q + 2] - oz
    p, q = 3 * ((its + 1) % 3), 3 * ((its + 2) % 3)
    rx, ry, rz = corners[j, p] - ox, corners[j, p + 1] - oy, corners[j, p + 2] - oz
    sx, sy, sz = corners[j, q] - ox, corners[j, q + 1] - oy, corners[j, q + 2] - oz
    mx, my, mz = px + qx - rx - sx, py + qy - ry - sy, pz + qz - rz - sz
    return (
        mx * px + my * py + mz * pz > _slack(mx, my, mz, px, py, pz, loose)
        and mx * qx + my * qy + mz * qz > _slack(mx, my, mz, qx, qy, qz, loose)
        and mx * rx + my * ry + mz * rz < -_slack(mx, my, mz, rx, ry, rz, loose)
        and mx * sx + my * sy + mz * sz < -_slack(mx, my, mz, sx, sy, sz, loose)
    )


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
