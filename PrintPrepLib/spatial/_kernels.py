"""The numba forms of the searches. Imported only by functions, and only where numba is installed.

Each does the arithmetic of its numpy twin in the same order, so that both give the same numbers. Plain nopython code
that releases the lock: the caller cuts the work into chunks and gives them to threads.
"""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import numpy as np
from numba import njit

from .constants import NODE_SLACK, RAY_DOUBT, STACK, WELL_SHAPED


@njit(cache=True, nogil=True, error_model="numpy")
def _segment(px, py, pz, ax, ay, az, bx, by, bz):
    """Closest point of a segment: squared distance, point, and its parameter."""
    ex, ey, ez = bx - ax, by - ay, bz - az
    length2 = ex * ex + ey * ey + ez * ez
    t = 0.0
    if length2 > 0.0:
        t = ((px - ax) * ex + (py - ay) * ey + (pz - az) * ez) / length2
        t = min(max(t, 0.0), 1.0)
    if t == 1.0:
        qx, qy, qz = bx, by, bz
    else:
        qx, qy, qz = ax + t * ex, ay + t * ey, az + t * ez
    dx, dy, dz = px - qx, py - qy, pz - qz
    return dx * dx + dy * dy + dz * dz, qx, qy, qz, t


@njit(cache=True, nogil=True, error_model="numpy")
def triangle(px, py, pz, corners, j):
    """Closest point of a triangle: squared distance, point, feature (0-2 corner, 3-5 side, 6 inside)."""
    ax, ay, az = corners[j, 0], corners[j, 1], corners[j, 2]
    bx, by, bz = corners[j, 3], corners[j, 4], corners[j, 5]
    cx, cy, cz = corners[j, 6], corners[j, 7], corners[j, 8]
    ux, uy, uz = bx - ax, by - ay, bz - az
    vx, vy, vz = cx - ax, cy - ay, cz - az
    wx, wy, wz = px - ax, py - ay, pz - az
    uu = ux * ux + uy * uy + uz * uz
    uv = ux * vx + uy * vy + uz * vz
    vv = vx * vx + vy * vy + vz * vz
    wu = wx * ux + wy * uy + wz * uz
    wv = wx * vx + wy * vy + wz * vz
    det = uu * vv - uv * uv
    s = vv * wu - uv * wv
    t = uu * wv - uv * wu
    well = det > WELL_SHAPED * (uu * vv)
    best, qx, qy, qz, feature = np.inf, 0.0, 0.0, 0.0, -1
    if det > 0.0 and s >= 0.0 and t >= 0.0 and s + t <= det:
        s1, t1 = s / det, t / det
        qx, qy, qz = ax + s1 * ux + t1 * vx, ay + s1 * uy + t1 * vy, az + s1 * uz + t1 * vz
        dx, dy, dz = px - qx, py - qy, pz - qz
        best = dx * dx + dy * dy + dz * dz
        feature = 6
        if well:
            return best, qx, qy, qz, feature
    if not well or t < 0.0:
        d2, x, y, z, k = _segment(px, py, pz, ax, ay, az, bx, by, bz)
        if d2 < best:
            best, qx, qy, qz = d2, x, y, z
            feature = 0 if k == 0.0 else (1 if k == 1.0 else 3)
    if not well or s + t > det:
        d2, x, y, z, k = _segment(px, py, pz, bx, by, bz, cx, cy, cz)
        if d2 < best:
            best, qx, qy, qz = d2, x, y, z
            feature = 1 if k == 0.0 else (2 if k == 1.0 else 4)
    if not well or s < 0.0:
        d2, x, y, z, k = _segment(px, py, pz, cx, cy, cz, ax, ay, az)
        if d2 < best:
            best, qx, qy, qz = d2, x, y, z
            feature = 2 if k == 0.0 else (0 if k == 1.0 else 5)
    return best, qx, qy, qz, feature


@njit(cache=True, nogil=True, error_model="numpy")
def _box_distance2(px, py, pz, boxes, node):
    dx = max(boxes[node, 0] - px, px - boxes[node, 3], 0.0)
    dy = max(boxes[node, 1] - py, py - boxes[node, 4], 0.0)
    dz = max(boxes[node, 2] - pz, pz - boxes[node, 5], 0.0)
    return dx * dx + dy * dy + dz * dz


@njit(cache=True, nogil=True)
def rays(
    origins, directions, chosen, limit, count_all, corners, faces, starts, boxes, out_t, out_row, out_winding, doubt
):
    """First hit of each ray, or (``count_all``) the sum of signed crossings and whether one of them is in doubt."""
    leaves = len(starts) - 1
    stack = np.empty(STACK, np.int64)
    for i in chosen:
        ox, oy, oz = origins[i, 0], origins[i, 1], origins[i, 2]
        dx, dy, dz = directions[i, 0], directions[i, 1], directions[i, 2]
        best, row, face, winding, unsure = limit, np.int64(-1), np.int64(2**62), 0, False
        stack[0] = 1
        depth = 1
        while depth > 0:
            depth -= 1
            node = stack[depth]
            if not _ray_meets_box(ox, oy, oz, dx, dy, dz, best, boxes[node]):
                continue
            if node < leaves:
                stack[depth], stack[depth + 1] = 2 * node + 1, 2 * node
                depth += 2
                continue
            for j in range(starts[node - leaves], starts[node - leaves + 1]):
                t, sign, near = _ray_triangle(ox, oy, oz, dx, dy, dz, corners[j])
                if count_all:
                    if t >= 0.0 or near:
                        winding += sign
                        unsure = unsure or near
                elif sign != 0 and t >= 0.0 and (t < best or (t == best and faces[j] < face)):
                    best, row, face = t, np.int64(j), faces[j]
        out_t[i] = best if row >= 0 else np.inf
        out_row[i], out_winding[i], doubt[i] = row, winding, unsure


@njit(cache=True, nogil=True)
def _slab(o, d, low, high, enter, leave):
    if d == 0.0:
        if o < low or o > high:
            return 1.0, -1.0
        return enter, leave
    t1, t2 = (low - o) / d, (high - o) / d
    return max(enter, min(t1, t2)), min(leave, max(t1, t2))


@njit(cache=True, nogil=True)
def _ray_meets_box(ox, oy, oz, dx, dy, dz, limit, box):
    """Whether a ray meets a box before the limit; boxes are passed over only beyond rounding."""
    enter, leave = _slab(ox, dx, box[0], box[3], 0.0, np.inf)
    enter, leave = _slab(oy, dy, box[1], box[4], enter, leave)
    enter, leave = _slab(oz, dz, box[2], box[5], enter, leave)
    return enter * NODE_SLACK <= leave + RAY_DOUBT and enter * NODE_SLACK <= limit


@njit(cache=True, nogil=True)
def _ray_triangle(ox, oy, oz, dx, dy, dz, c):
    """Moller and Trumbore 1997: distance, sign (+1 leaves, -1 enters, 0 none), and whether rounding could tell."""
    ux, uy, uz = c[3] - c[0], c[4] - c[1], c[5] - c[2]
    vx, vy, vz = c[6] - c[0], c[7] - c[1], c[8] - c[2]
    wx, wy, wz = ox - c[0], oy - c[1], oz - c[2]
    hx, hy, hz = dy * vz - dz * vy, dz * vx - dx * vz, dx * vy - dy * vx
    gx, gy, gz = wy * uz - wz * uy, wz * ux - wx * uz, wx * uy - wy * ux
    det = ux * hx + uy * hy + uz * hz
    s = wx * hx + wy * hy + wz * hz
    t = dx * gx + dy * gy + dz * gz
    along = vx * gx + vy * gy + vz * gz
    size_d = abs(dx) + abs(dy) + abs(dz)
    size_u = abs(ux) + abs(uy) + abs(uz)
    size_v = abs(vx) + abs(vy) + abs(vz)
    size_w = abs(wx) + abs(wy) + abs(wz)
    doubt_side = RAY_DOUBT * size_d * size_w * max(size_u, size_v)
    doubt_det = RAY_DOUBT * size_d * size_u * size_v
    doubt_along = RAY_DOUBT * size_u * size_v * size_w
    sign = -1 if det > 0.0 else 1
    if det < 0.0:
        det, s, t, along = -det, -s, -t, -along
    if s < -doubt_side or t < -doubt_side or s + t > det + doubt_side + doubt_det or along < -doubt_along:
        return -1.0, 0, False
    if det <= doubt_det:
        return -1.0, 0, True
    near = s < doubt_side or t < doubt_side or s + t > det - doubt_side - doubt_det or along < doubt_along
    return max(along, 0.0) / det, sign, near
