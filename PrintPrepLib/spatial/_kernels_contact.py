"""The numba form of how a growing ball meets a triangle, and of where it goes then; see ``balls`` for the method."""

# ruff: noqa: SIM110
# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import math

import numpy as np
from numba import njit

from .constants import (
    BALL_SLACK,
    CRITICAL_GRADIENT,
    FLAT_TRIPLE,
    LEAST_SPEED,
    NEAR_COSINE,
    ONE_CONTACT,
    RECEDE_SLACK,
    TOUCH_SLACK,
    WALL_COSINE,
)


@njit(cache=True, nogil=True, error_model="numpy")
def sweep(r0, wx, wy, wz, ww, best):
    """Sphere round all that a growing ball fills until it has grown by best: center minus the ball's, and radius."""
    along = best
    reach = r0 + best
    if ww > ONE_CONTACT:  # smaller balls are not inside larger ones: the smallest sphere round the first and the last
        size = math.sqrt(ww)
        along = 0.5 * best * (1.0 + 1.0 / size)
        reach = r0 + 0.5 * best * (1.0 + size)
    return along * wx, along * wy, along * wz, reach * BALL_SLACK + TOUCH_SLACK


@njit(cache=True, nogil=True, error_model="numpy")
def triangle(cx, cy, cz, r0, wx, wy, wz, ww, best, corners, normals, j):
    """When a growing ball first meets a triangle, and the direction of the contact from the ball's center.

    Contacts later than best need not be right, but are later than best.
    """
    nx, ny, nz = normals[j, 0], normals[j, 1], normals[j, 2]
    px, py, pz = corners[j, 0] - cx, corners[j, 1] - cy, corners[j, 2] - cz
    height = nx * px + ny * py + nz * pz
    if height <= 0.0:
        return np.inf, nx, ny, nz
    speed = 1.0 + nx * wx + ny * wy + nz * wz
    plane = np.inf
    if speed > LEAST_SPEED:
        plane = max(0.0, (height - r0) / speed)
        if plane > best * BALL_SLACK + TOUCH_SLACK:
            return np.inf, nx, ny, nz
    elif height > r0:
        return np.inf, nx, ny, nz
    qx, qy, qz = corners[j, 3] - cx, corners[j, 4] - cy, corners[j, 5] - cz
    tx, ty, tz = corners[j, 6] - cx, corners[j, 7] - cy, corners[j, 8] - cz
    if plane < np.inf and height >= r0:
        r = r0 + plane
        fx, fy, fz = plane * wx + r * nx, plane * wy + r * ny, plane * wz + r * nz
        if (
            _side(fx, fy, fz, px, py, pz, qx, qy, qz, nx, ny, nz) >= 0.0
            and _side(fx, fy, fz, qx, qy, qz, tx, ty, tz, nx, ny, nz) >= 0.0
            and _side(fx, fy, fz, tx, ty, tz, px, py, pz, nx, ny, nz) >= 0.0
        ):
            return plane, nx, ny, nz
    hx, hy, hz, reach = sweep(r0, wx, wy, wz, ww, best)
    reach2 = reach * reach
    s, mx, my, mz = np.inf, 0.0, 0.0, 0.0
    for corner in range(3):
        if corner == 0:
            ax, ay, az, bx, by, bz = px, py, pz, qx, qy, qz
        elif corner == 1:
            ax, ay, az, bx, by, bz = qx, qy, qz, tx, ty, tz
        else:
            ax, ay, az, bx, by, bz = tx, ty, tz, px, py, pz
        ox, oy, oz = ax - hx, ay - hy, az - hz
        if ox * ox + oy * oy + oz * oz <= reach2:
            at = _root(ww - 1.0, ax * wx + ay * wy + az * wz + r0, ax * ax + ay * ay + az * az - r0 * r0)
            if at < s:
                s, mx, my, mz = at, ax, ay, az
        ex, ey, ez = bx - ax, by - ay, bz - az
        gx, gy, gz = oy * ez - oz * ey, oz * ex - ox * ez, ox * ey - oy * ex
        if gx * gx + gy * gy + gz * gz <= reach2 * (ex * ex + ey * ey + ez * ez):
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
def _edge(px, py, pz, ex, ey, ez, wx, wy, wz, r0):
    """When a growing ball first meets a segment's inside; p is the start minus the center. Infinite: never."""
    l2 = ex * ex + ey * ey + ez * ez
    if l2 == 0.0:
        return np.inf, 0.0
    pe = (px * ex + py * ey + pz * ez) / l2
    we = (wx * ex + wy * ey + wz * ez) / l2
    ax, ay, az = px - pe * ex, py - pe * ey, pz - pe * ez
    bx, by, bz = wx - we * ex, wy - we * ey, wz - we * ez
    a2, ab, b2 = ax * ax + ay * ay + az * az, ax * bx + ay * by + az * bz, bx * bx + by * by + bz * bz
    s = _root(b2 - 1.0, ab + r0, a2 - r0 * r0)
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
def _side(fx, fy, fz, ax, ay, az, bx, by, bz, nx, ny, nz):
    """Positive where f lies on the inner side of the directed side a-b of a triangle with normal n."""
    ex, ey, ez = bx - ax, by - ay, bz - az
    gx, gy, gz = fx - ax, fy - ay, fz - az
    return nx * (ey * gz - ez * gy) + ny * (ez * gx - ex * gz) + nz * (ex * gy - ey * gx)


@njit(cache=True, nogil=True, error_model="numpy")
def near(u, count, x, y, z):
    """Whether a direction is near one of the contacts."""
    for i in range(count):
        if u[i, 0] * x + u[i, 1] * y + u[i, 2] * z > NEAR_COSINE:
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def retreat(u, count):
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
def kept(u, count, x, y, z):
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
