"""The numba form of the climb to the middle of a wall: the same arithmetic as the numpy form, one place at a time."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import math

import numpy as np
from numba import njit

from ._kernels import _box_distance2, triangle
from .constants import (
    CLIMB_SHARE,
    CLIMBS,
    HALVINGS,
    LEAST_DISTANCE,
    LEAST_GAIN,
    NODE_SLACK,
    PATIENCE,
    STACK,
    WALL_COSINE,
)


@njit(cache=True, nogil=True, error_model="numpy")
def _closest(px, py, pz, home, corners, faces, starts, boxes, stack_node, stack_d2):
    """Distance of the surface, the direction away from it, and the leaf that holds the closest triangle.

    It begins in a leaf and looks from there into the other half of every larger and larger part of the tree.
    """
    leaves = len(starts) - 1
    best, face = np.inf, np.int64(2**62)
    qx, qy, qz = np.nan, np.nan, np.nan
    outer, subtree, leaf = home, home, home
    while True:
        d2 = _box_distance2(px, py, pz, boxes, subtree)
        depth = 0
        if d2 * NODE_SLACK <= best:
            stack_node[0], stack_d2[0] = subtree, d2
            depth = 1
        while depth > 0:
            depth -= 1
            if stack_d2[depth] * NODE_SLACK > best:
                continue
            node = stack_node[depth]
            if node >= leaves:
                for j in range(starts[node - leaves], starts[node - leaves + 1]):
                    d2, x, y, z, _ = triangle(px, py, pz, corners, j)
                    if d2 < best or (d2 == best and faces[j] < face):
                        best, qx, qy, qz, face, leaf = d2, x, y, z, faces[j], node
                continue
            left = 2 * node
            d_left = _box_distance2(px, py, pz, boxes, left)
            d_right = _box_distance2(px, py, pz, boxes, left + 1)
            near, far, d_near, d_far = left, left + 1, d_left, d_right
            if d_right < d_left:
                near, far, d_near, d_far = left + 1, left, d_right, d_left
            if d_far * NODE_SLACK <= best:
                stack_node[depth], stack_d2[depth] = far, d_far
                depth += 1
            if d_near * NODE_SLACK <= best:
                stack_node[depth], stack_d2[depth] = near, d_near
                depth += 1
        if outer == 1:
            break
        subtree = outer ^ 1
        outer //= 2
    distance = math.sqrt(best)
    size = max(distance, LEAST_DISTANCE)
    return distance, (px - qx) / size, (py - qy) / size, (pz - qz) / size, leaf


@njit(cache=True, nogil=True, error_model="numpy")
def climb(chosen, x, largest, corners, faces, starts, boxes, best, where):
    """Climb from the chosen places; fills the radius of the best ball and its center."""
    stack_node, stack_d2 = np.empty(STACK, np.int64), np.empty(STACK, np.float64)
    home = np.int64(1)
    for i in chosen:
        px, py, pz = x[i, 0], x[i, 1], x[i, 2]
        distance, ax, ay, az, home = _closest(px, py, pz, home, corners, faces, starts, boxes, stack_node, stack_d2)
        leaf = home
        top, tx, ty, tz = 0.0, px, py, pz
        top = max(top, distance)
        before = top
        for number in range(CLIMBS):
            step = CLIMB_SHARE * distance
            qx, qy, qz = px + step * ax, py + step * ay, pz + step * az
            new, bx, by, bz, leaf = _closest(qx, qy, qz, leaf, corners, faces, starts, boxes, stack_node, stack_d2)
            if bx * ax + by * ay + bz * az <= WALL_COSINE:
                for _ in range(HALVINGS):
                    mx, my, mz = 0.5 * (px + qx), 0.5 * (py + qy), 0.5 * (pz + qz)
                    at, cx, cy, cz, leaf = _closest(
                        mx, my, mz, leaf, corners, faces, starts, boxes, stack_node, stack_d2
                    )
                    if cx * ax + cy * ay + cz * az <= WALL_COSINE:
                        qx, qy, qz = mx, my, mz
                    else:
                        px, py, pz = mx, my, mz
                    if at > top:
                        top, tx, ty, tz = at, mx, my, mz
                break
            px, py, pz, distance, ax, ay, az = qx, qy, qz, new, bx, by, bz
            if new > top:
                top, tx, ty, tz = new, qx, qy, qz
            if not new < largest:
                break
            if number % PATIENCE == PATIENCE - 1:
                if not top > LEAST_GAIN * before:
                    break
                before = top
        best[i] = top if top < largest else np.inf
        where[i, 0], where[i, 1], where[i, 2] = tx, ty, tz
