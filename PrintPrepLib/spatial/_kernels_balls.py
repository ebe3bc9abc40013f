"""The numba form of growing balls inside a solid; see :mod:`~PrintPrepLib.spatial.balls` for the method.

The numpy form in ``balls_numpy`` does the same arithmetic in the same order, so that both give the same numbers.
"""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import math

import numpy as np
from numba import njit

from .constants import (
    BALL_SLACK,
    CONTACTS,
    CRITICAL_GRADIENT,
    EXPECTED_SHARE,
    FLAT_TRIPLE,
    MOST_LEAVES,
    NEAR_COSINE,
    ONE_CONTACT,
    RECEDE_SLACK,
    ROW_SLACK,
    STACK,
    STEPS,
    TOGETHER,
    WALL_COSINE,
)


@njit(cache=True, nogil=True, error_model="numpy")
def _edge(px, py, pz, ex, ey, ez, wx, wy, wz, r0):
    """When a growing ball first meets a segment's inside; p is the start minus the center. Infinite: never."""
    l2 = ex * ex + ey * ey + ez * ez
    if l2 == 0.0:
        return np.inf, 0.0
    pe = (px * ex + py * ey + pz * ez) / l2
    we = (wx * ex + wy * ey + wz * ez) / l2
    ax, ay, az = px - pe * ex, py - pe * ey, pz - pe * ez
    bx, by, bz = wx - we * ex, wy - we * ey, wz - we * ez
    s = _root(bx * bx + by * by + bz * bz - 1.0, ax * bx + ay * by + az * bz + r0, ax * ax + ay * ay + az * az - r0 * r0)
    if s == np.inf:
        return np.inf, 0.0
    t = s * we - pe
    if t <= 0.0 or t >= 1.0:
        return np.inf, 0.0
    return s, t


@njit(cache=True, nogil=True, error_model="numpy")
def _root(alpha, beta, gamma):
    """Smallest root that is not negative of ``alpha s^2 - 2 beta s + gamma``; infinite where there is none."""
    if gamma <= 0.0:
        return 0.0
    disc = beta * beta - alpha * gamma
    if disc < 0.0:
        return np.inf
    den = beta + math.sqrt(disc)
    return gamma / den if den > 0.0 else np.inf


@njit(cache=True, nogil=True, error_model="numpy")
def _triangle(cx, cy, cz, r0, wx, wy, wz, ww, best, k, n):
    """When a growing ball first meets a triangle, and the direction of the contact from the ball's center."""
    px, py, pz = k[0] - cx, k[1] - cy, k[2] - cz
    nx, ny, nz = n[0], n[1], n[2]
    height = nx * px + ny * py + nz * pz
    if height <= 0.0:
        return np.inf, nx, ny, nz
    speed = 1.0 + nx * wx + ny * wy + nz * wz
    plane = np.inf
    if speed > 1e-12:
        plane = max(0.0, (height - r0) / speed)
        if plane > best:
            return np.inf, nx, ny, nz
    elif height > r0:
        return np.inf, nx, ny, nz
    qx, qy, qz = k[3] - cx, k[4] - cy, k[5] - cz
    tx, ty, tz = k[6] - cx, k[7] - cy, k[8] - cz
    if plane < np.inf and height >= r0:
        r = r0 + plane
        fx, fy, fz = plane * wx + r * nx, plane * wy + r * ny, plane * wz + r * nz
        if (
            _side(fx, fy, fz, px, py, pz, qx, qy, qz, nx, ny, nz) >= 0.0
            and _side(fx, fy, fz, qx, qy, qz, tx, ty, tz, nx, ny, nz) >= 0.0
            and _side(fx, fy, fz, tx, ty, tz, px, py, pz, nx, ny, nz) >= 0.0
        ):
            return plane, nx, ny, nz
    s, mx, my, mz = np.inf, 0.0, 0.0, 0.0
    for corner in range(3):
        if corner == 0:
            ax, ay, az, bx, by, bz = px, py, pz, qx, qy, qz
        elif corner == 1:
            ax, ay, az, bx, by, bz = qx, qy, qz, tx, ty, tz
        else:
            ax, ay, az, bx, by, bz = tx, ty, tz, px, py, pz
        at = _root(ww - 1.0, ax * wx + ay * wy + az * wz + r0, ax * ax + ay * ay + az * az - r0 * r0)
        if at < s:
            s, mx, my, mz = at, ax, ay, az
        ex, ey, ez = bx - ax, by - ay, bz - az
        at, t = _edge(ax, ay, az, ex, ey, ez, wx, wy, wz, r0)
        if at < s:
            s, mx, my, mz = at, ax + t * ex, ay + t * ey, az + t * ez
    if s == np.inf:
        return np.inf, nx, ny, nz
    r = r0 + s
    if not r > 0.0:
        return s, nx, ny, nz
    return s, (mx - s * wx) / r, (my - s * wy) / r, (mz - s * wz) / r


@njit(cache=True, nogil=True, error_model="numpy")
def _side(fx, fy, fz, ax, ay, az, bx, by, bz, nx, ny, nz):
    """Positive where f lies on the inner side of the directed side a-b of a triangle with normal n."""
    ex, ey, ez = bx - ax, by - ay, bz - az
    gx, gy, gz = fx - ax, fy - ay, fz - az
    return nx * (ey * gz - ez * gy) + ny * (ez * gx - ex * gz) + nz * (ex * gy - ey * gx)


@njit(cache=True, nogil=True, error_model="numpy")
def _near(u, count, x, y, z):
    """Whether a direction is near one of the contacts."""
    for i in range(count):
        if u[i, 0] * x + u[i, 1] * y + u[i, 2] * z > NEAR_COSINE:
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def _passes_by(cx, cy, cz, r0, wx, wy, wz, ww, best, u, count, node):
    """Whether a node (low corner, high corner, axis and cosine of its normals) holds nothing to be met before best."""
    for i in range(count):
        if u[i, 0] * node[6] + u[i, 1] * node[7] + u[i, 2] * node[8] > node[9]:
            return True
    # Balls that grow at one point hold all smaller ones. Others sweep a cone, which this ball holds.
    x, y, z = cx + best * wx, cy + best * wy, cz + best * wz
    r = (r0 + best) * BALL_SLACK
    if ww > ONE_CONTACT:
        if _sphere(cx, cy, cz, r0, wx, wy, wz, ww, node) > best:
            return True
        r = (r0 + math.sqrt(ww) * best) * BALL_SLACK
    dx = max(max(node[0] - x, x - node[3]), 0.0)
    dy = max(max(node[1] - y, y - node[4]), 0.0)
    dz = max(max(node[2] - z, z - node[5]), 0.0)
    return dx * dx + dy * dy + dz * dz > r * r


@njit(cache=True, nogil=True, error_model="numpy")
def _sphere(cx, cy, cz, r0, wx, wy, wz, ww, node):
    """When a growing ball first meets the sphere round a box."""
    hx, hy, hz = 0.5 * (node[3] - node[0]), 0.5 * (node[4] - node[1]), 0.5 * (node[5] - node[2])
    dx, dy, dz = node[0] + hx - cx, node[1] + hy - cy, node[2] + hz - cz
    r = (r0 + math.sqrt(hx * hx + hy * hy + hz * hz)) * BALL_SLACK
    return _root(ww - 1.0, dx * wx + dy * wy + dz * wz + r, dx * dx + dy * dy + dz * dz - r * r)


@njit(cache=True, nogil=True, error_model="numpy")
def _misses(cx, cy, cz, r0, wx, wy, wz, ww, best, u, count, row):
    """Whether a triangle (center and radius of a sphere round it, normal) is near a contact or not met before best."""
    for i in range(count):
        if u[i, 0] * row[4] + u[i, 1] * row[5] + u[i, 2] * row[6] > NEAR_COSINE:
            return True
    x, y, z = cx + best * wx - row[0], cy + best * wy - row[1], cz + best * wz - row[2]
    reach = r0 + best if ww <= ONE_CONTACT else r0 + math.sqrt(ww) * best
    r = (reach + row[3]) * BALL_SLACK
    return x * x + y * y + z * z > r * r


@njit(cache=True, nogil=True, error_model="numpy")
def _first_contact(cx, cy, cz, r0, wx, wy, wz, limit, u, count, vertex, seed, ids, corners, normals, faces, starts,
                   rows, nodes, stack):  # fmt: skip
    """First triangle that a growing ball meets: growth, row, direction of the contact."""
    ww = wx * wx + wy * wy + wz * wz
    leaves = len(starts) - 1
    best, row, face, ux, uy, uz = limit, np.int64(-1), np.int64(0x7FFFFFFFFFFFFFFF), 0.0, 0.0, 0.0
    if seed >= 0 and not _near(u, count, normals[seed, 0], normals[seed, 1], normals[seed, 2]):
        if ids[seed, 0] != vertex and ids[seed, 1] != vertex and ids[seed, 2] != vertex:
            s, x, y, z = _triangle(cx, cy, cz, r0, wx, wy, wz, ww, best, corners[seed], normals[seed])
            if s < best and not _near(u, count, x, y, z):
                best, row, face, ux, uy, uz = s, np.int64(seed), faces[seed], x, y, z
    top = 0
    stack[0] = 1
    while top >= 0:
        node = stack[top]
        top -= 1
        if _passes_by(cx, cy, cz, r0, wx, wy, wz, ww, best, u, count, nodes[node]):
            continue
        if node < leaves:
            stack[top + 1] = 2 * node
            stack[top + 2] = 2 * node + 1
            top += 2
            continue
        leaf = node - leaves
        for j in range(starts[leaf], starts[leaf + 1]):
            if _misses(cx, cy, cz, r0, wx, wy, wz, ww, best, u, count, rows[j]):
                continue
            if ids[j, 0] == vertex or ids[j, 1] == vertex or ids[j, 2] == vertex:
                continue
            s, x, y, z = _triangle(cx, cy, cz, r0, wx, wy, wz, ww, best, corners[j], normals[j])
            if s < best or (s == best and s < np.inf and faces[j] < face):
                if not _near(u, count, x, y, z):
                    best, row, face, ux, uy, uz = s, np.int64(j), faces[j], x, y, z
    return best, row, ux, uy, uz


@njit(cache=True, nogil=True, error_model="numpy")
def _candidates(lx, ly, lz, hx, hy, hz, starts, nodes, stack, out):
    """Leaves whose boxes meet a box; as many as there is room for, and how many there would be."""
    leaves = len(starts) - 1
    found = 0
    top = 0
    stack[0] = 1
    while top >= 0:
        node = stack[top]
        top -= 1
        if (
            nodes[node, 0] > hx or nodes[node, 1] > hy or nodes[node, 2] > hz
            or nodes[node, 3] < lx or nodes[node, 4] < ly or nodes[node, 5] < lz
        ):  # fmt: skip
            continue
        if node < leaves:
            stack[top + 1] = 2 * node + 1
            stack[top + 2] = 2 * node
            top += 2
            continue
        if found < len(out):
            out[found] = node
        found += 1
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def _first_wall(px, py, pz, nx, ny, nz, limit, vertex, seed, among, ids, corners, normals, faces, starts, rows, nodes):
    """First triangle among some leaves that a ball meets which starts at a point: most of all work, so written out."""
    leaves = len(starts) - 1
    best, row, face, ux, uy, uz = limit, np.int64(-1), np.int64(0x7FFFFFFFFFFFFFFF), 0.0, 0.0, 0.0
    wx, wy, wz = -nx, -ny, -nz
    ww = wx * wx + wy * wy + wz * wz
    x, y, z, r = px + best * wx, py + best * wy, pz + best * wz, best * BALL_SLACK
    for place in range(-1, len(among)):
        if place < 0:
            if seed < 0:
                continue
            begin, end = seed, seed + 1
        else:
            node = among[place]
            dx = max(max(nodes[node, 0] - x, x - nodes[node, 3]), 0.0)
            dy = max(max(nodes[node, 1] - y, y - nodes[node, 4]), 0.0)
            dz = max(max(nodes[node, 2] - z, z - nodes[node, 5]), 0.0)
            if dx * dx + dy * dy + dz * dz > r * r:
                continue
            if nx * nodes[node, 6] + ny * nodes[node, 7] + nz * nodes[node, 8] > nodes[node, 9]:
                continue
            begin, end = starts[node - leaves], starts[node - leaves + 1]
        for j in range(begin, end):
            if nx * rows[j, 4] + ny * rows[j, 5] + nz * rows[j, 6] > NEAR_COSINE:
                continue
            # The ball cuts the triangle's plane in a disk; a circle round the triangle must reach it.
            dx, dy, dz = rows[j, 0] - x, rows[j, 1] - y, rows[j, 2] - z
            height = dx * rows[j, 4] + dy * rows[j, 5] + dz * rows[j, 6]
            disk2 = r * r * ROW_SLACK - height * height
            if disk2 < 0.0:
                continue
            reach = math.sqrt(disk2) + rows[j, 3]
            if dx * dx + dy * dy + dz * dz - height * height > reach * reach:
                continue
            if ids[j, 0] == vertex or ids[j, 1] == vertex or ids[j, 2] == vertex:
                continue
            s, a, b, c = _triangle(px, py, pz, 0.0, wx, wy, wz, ww, best, corners[j], normals[j])
            if s < best or (s == best and s < np.inf and faces[j] < face):
                if not a * nx + b * ny + c * nz > NEAR_COSINE:
                    best, row, face, ux, uy, uz = s, np.int64(j), faces[j], a, b, c
                    x, y, z, r = px + best * wx, py + best * wy, pz + best * wz, best * BALL_SLACK
    return best, row, ux, uy, uz


@njit(cache=True, nogil=True, error_model="numpy")
def _retreat(u, count):
    """Where the center goes so that the ball stays tangent to the contacts' planes, and whether it is at rest.

    The velocity is the point nearest to the origin of the convex hull of the contacts, turned round and scaled.
    """
    if count == 1:
        return -u[0, 0], -u[0, 1], -u[0, 2], False
    for i in range(count):
        for j in range(i):
            if u[i, 0] * u[j, 0] + u[i, 1] * u[j, 1] + u[i, 2] * u[j, 2] <= WALL_COSINE:
                return 0.0, 0.0, 0.0, True
    best, bx, by, bz = np.inf, 0.0, 0.0, 0.0
    for i in range(count):
        for j in range(i + 1, count):
            x, y, z = _two(u, i, j)
            size = x * x + y * y + z * z
            if size < best and _all_recede(u, count, x, y, z):
                best, bx, by, bz = size, x, y, z
            for k in range(j + 1, count):
                x, y, z, fits = _three(u, i, j, k)
                size = x * x + y * y + z * z
                if fits and size < best and _all_recede(u, count, x, y, z):
                    best, bx, by, bz = size, x, y, z
    if best * (CRITICAL_GRADIENT * CRITICAL_GRADIENT) >= 1.0:
        return 0.0, 0.0, 0.0, True
    return bx, by, bz, False


@njit(cache=True, nogil=True, error_model="numpy")
def _all_recede(u, count, x, y, z):
    for m in range(count):
        if u[m, 0] * x + u[m, 1] * y + u[m, 2] * z > -1.0 + RECEDE_SLACK:
            return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _two(u, i, j):
    f = -1.0 / (1.0 + (u[i, 0] * u[j, 0] + u[i, 1] * u[j, 1] + u[i, 2] * u[j, 2]))
    return f * (u[i, 0] + u[j, 0]), f * (u[i, 1] + u[j, 1]), f * (u[i, 2] + u[j, 2])


@njit(cache=True, nogil=True, error_model="numpy")
def _three(u, i, j, k):
    """Velocity at which three planes recede alike, and whether it lies opposite to all of their normals' cone."""
    a0, a1, a2 = u[i, 0], u[i, 1], u[i, 2]
    b0, b1, b2 = u[j, 0], u[j, 1], u[j, 2]
    c0, c1, c2 = u[k, 0], u[k, 1], u[k, 2]
    x0, x1, x2 = b1 * c2 - b2 * c1, b2 * c0 - b0 * c2, b0 * c1 - b1 * c0
    y0, y1, y2 = c1 * a2 - c2 * a1, c2 * a0 - c0 * a2, c0 * a1 - c1 * a0
    z0, z1, z2 = a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0
    det = a0 * x0 + a1 * x1 + a2 * x2
    if abs(det) < FLAT_TRIPLE:
        return 0.0, 0.0, 0.0, False
    wx, wy, wz = -(x0 + y0 + z0) / det, -(x1 + y1 + z1) / det, -(x2 + y2 + z2) / det
    fits = (
        (wx * x0 + wy * x1 + wz * x2) / det <= 0.0
        and (wx * y0 + wy * y1 + wz * y2) / det <= 0.0
        and (wx * z0 + wy * z1 + wz * z2) / det <= 0.0
    )
    return wx, wy, wz, fits


@njit(cache=True, nogil=True, error_model="numpy")
def grow(points, first, first_count, chosen, largest, ids, corners, normals, faces, starts, rows, nodes, radius, center,
         contact, steps):  # fmt: skip
    """Grow a ball at each chosen point; fills radius, center, the face met last, and the number of contacts found.

    Points that follow each other lie near each other. A few of them look for their walls in the same list of leaves,
    as far as the walls just found promise; who finds none there looks on alone.
    """
    stack, among = np.empty(STACK, np.int64), np.empty(MOST_LEAVES, np.int64)
    u = np.empty((CONTACTS + 1, 3))
    seeds = np.full(STEPS, -1, np.int64)
    expected, widest = largest, 0.0
    listed = 0
    for number in range(len(chosen)):
        i = chosen[number]
        if number % TOGETHER == 0:
            if number and widest > 0.0:
                expected = min(largest, EXPECTED_SHARE * widest)
            widest = 0.0
            lx, ly, lz, hx, hy, hz = np.inf, np.inf, np.inf, -np.inf, -np.inf, -np.inf
            for other in chosen[number : number + TOGETHER]:
                if first_count[other] == 1:
                    x = points[other, 0] - expected * first[other, 0, 0]
                    y = points[other, 1] - expected * first[other, 0, 1]
                    z = points[other, 2] - expected * first[other, 0, 2]
                    lx, ly, lz = min(lx, x), min(ly, y), min(lz, z)
                    hx, hy, hz = max(hx, x), max(hy, y), max(hz, z)
            e = expected * BALL_SLACK
            listed = _candidates(lx - e, ly - e, lz - e, hx + e, hy + e, hz + e, starts, nodes, stack, among)
        count = first_count[i]
        for a in range(count):
            for axis in range(3):
                u[a, axis] = first[i, a, axis]
        cx, cy, cz, r = points[i, 0], points[i, 1], points[i, 2], 0.0
        last = np.int64(-1)
        found = 0
        while True:
            wx, wy, wz, rests = _retreat(u, count)
            if rests or found >= STEPS:
                break
            s, row, ux, uy, uz = 0.0, np.int64(-1), 0.0, 0.0, 0.0
            if found == 0 and count == 1 and listed <= MOST_LEAVES:
                s, row, ux, uy, uz = _first_wall(
                    cx, cy, cz, u[0, 0], u[0, 1], u[0, 2], expected, i, seeds[0], among[:listed], ids, corners,
                    normals, faces, starts, rows, nodes,
                )  # fmt: skip
            if row < 0:
                s, row, ux, uy, uz = _first_contact(
                    cx, cy, cz, r, wx, wy, wz, largest - r, u, count, i, seeds[found],
                    ids, corners, normals, faces, starts, rows, nodes, stack,
                )  # fmt: skip
            if row < 0:
                r = np.inf
                break
            cx, cy, cz, r = cx + s * wx, cy + s * wy, cz + s * wz, r + s
            last = row
            seeds[found] = row
            if found == 0:
                widest = max(widest, s)
            found += 1
            if count == CONTACTS:
                count = _kept(u, count, wx, wy, wz)
            u[count, 0], u[count, 1], u[count, 2] = ux, uy, uz
            count += 1
        radius[i], steps[i] = r, found
        center[i, 0], center[i, 1], center[i, 2] = cx, cy, cz
        contact[i] = faces[last] if last >= 0 else -1


@njit(cache=True, nogil=True, error_model="numpy")
def _kept(u, count, x, y, z):
    """Drop the contact from which the ball recedes fastest, so that there is room for one more."""
    worst, which = np.inf, 0
    for m in range(count):
        speed = u[m, 0] * x + u[m, 1] * y + u[m, 2] * z
        if speed < worst:
            worst, which = speed, m
    for m in range(which, count - 1):
        for axis in range(3):
            u[m, axis] = u[m + 1, axis]
    return count - 1
