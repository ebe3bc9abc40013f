"""The numba form of the search for closest points: many points after one another, each near the one before."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import math

import numpy as np
from numba import njit

from ._kernels import _box_distance2, triangle
from .constants import (
    DISC_FLAT,
    DISC_ROUNDING,
    DISC_SLACK,
    GROUP,
    GROUP_LEAST,
    GROUP_LIST,
    GROUP_SLACK,
    GROUP_WIDTH,
    STACK,
)


@njit(cache=True, nogil=True, error_model="numpy")
def _search(px, py, pz, limit2, home, slack, corners, discs, faces, starts, boxes, stack_node, stack_d2):
    """Branch and bound, nearer child first: squared distance, point, row, feature, and the leaf it was found in.

    It begins in the leaf that held the previous point's closest triangle, and looks from there into the other half of
    every larger and larger part of the tree: most of these are too far away, as points that follow each other are near.
    Boxes whose squared distance times ``slack`` is beyond the best are passed over: ``NODE_SLACK`` for exact answers.
    """
    leaves = len(starts) - 1
    best, face, row, feature = limit2, np.int64(2**62), np.int64(-1), -1
    qx, qy, qz = np.nan, np.nan, np.nan
    outer, subtree, leaf = home, home, home
    while True:
        stack_node[0] = subtree
        stack_d2[0] = _box_distance2(px, py, pz, boxes, subtree)
        depth = 1
        while depth > 0:
            depth -= 1
            if stack_d2[depth] * slack > best:
                continue
            node = stack_node[depth]
            if node >= leaves:
                for j in range(starts[node - leaves], starts[node - leaves + 1]):
                    if _disc_distance2(px, py, pz, discs, j) * (slack * DISC_SLACK) > best + DISC_ROUNDING:
                        continue
                    d2, x, y, z, f = triangle(px, py, pz, corners, j)
                    if d2 < best or (d2 == best and faces[j] < face):
                        best, qx, qy, qz, feature, row, face = d2, x, y, z, f, np.int64(j), faces[j]
                        leaf = node
                continue
            left = 2 * node
            d_left = _box_distance2(px, py, pz, boxes, left)
            d_right = _box_distance2(px, py, pz, boxes, left + 1)
            near, far, d_near, d_far = left, left + 1, d_left, d_right
            if d_right < d_left:
                near, far, d_near, d_far = left + 1, left, d_right, d_left
            if d_far * slack <= best:
                stack_node[depth], stack_d2[depth] = far, d_far
                depth += 1
            if d_near * slack <= best:
                stack_node[depth], stack_d2[depth] = near, d_near
                depth += 1
        if outer == 1:
            break
        subtree = outer ^ 1
        outer //= 2
    return best, qx, qy, qz, row, feature, leaf


@njit(cache=True, nogil=True, error_model="numpy")
def _list(cx, cy, cz, reach, discs, starts, boxes, stack_node, listed, near):
    """List the triangles that may lie within a distance of a place, and a disc round each, (7, GROUP_LIST).

    Its middle is told from that place. More than fit are counted, not listed.
    """
    leaves = len(starts) - 1
    reach2 = reach * reach
    count, depth = 0, 1
    stack_node[0] = 1
    while depth > 0:
        depth -= 1
        node = stack_node[depth]
        if node >= leaves:
            for j in range(starts[node - leaves], starts[node - leaves + 1]):
                x, y, z = discs[j, 0] - cx, discs[j, 1] - cy, discs[j, 2] - cz
                if x * x + y * y + z * z <= (reach + discs[j, 3]) ** 2:
                    if count == GROUP_LIST:
                        return count + 1
                    listed[count] = j
                    near[0, count], near[1, count], near[2, count] = x, y, z
                    near[3, count], near[4, count], near[5, count], near[6, count] = (
                        discs[j, 3], discs[j, 4], discs[j, 5], discs[j, 6],
                    )  # fmt: skip
                    count += 1
            continue
        left = 2 * node
        if _box_distance2(cx, cy, cz, boxes, left + 1) <= reach2:
            stack_node[depth] = left + 1
            depth += 1
        if _box_distance2(cx, cy, cz, boxes, left) <= reach2:
            stack_node[depth] = left
            depth += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def _group(points, order, begin, width):
    """End of the points from a place of the order on that lie in a box so wide, its middle, and its half diagonal."""
    i = order[begin]
    lx, ly, lz = points[i, 0], points[i, 1], points[i, 2]
    hx, hy, hz = lx, ly, lz
    end = begin + 1
    while end < len(order) and end - begin < GROUP:
        i = order[end]
        ax, ay, az = min(lx, points[i, 0]), min(ly, points[i, 1]), min(lz, points[i, 2])
        bx, by, bz = max(hx, points[i, 0]), max(hy, points[i, 1]), max(hz, points[i, 2])
        if max(bx - ax, by - ay, bz - az) > width:
            break
        lx, ly, lz, hx, hy, hz = ax, ay, az, bx, by, bz
        end += 1
    dx, dy, dz = hx - lx, hy - ly, hz - lz
    return end, lx + 0.5 * dx, ly + 0.5 * dy, lz + 0.5 * dz, 0.5 * math.sqrt(dx * dx + dy * dy + dz * dz)


@njit(cache=True, nogil=True, error_model="numpy")
def closest(points, order, corners, discs, faces, starts, boxes, limit2, slack, out_d2, out_q, out_row, out_feature):
    """Closest points of some points, in an order in which neighbors follow each other.

    A few that lie close together have their closest triangles among those that are little farther from their middle
    than the closest one there: these are listed once. Where the list would be long, each point looks for itself.
    """
    stack_node, stack_d2 = np.empty(STACK, np.int64), np.empty(STACK, np.float64)
    listed, near = np.empty(GROUP_LIST, np.int64), np.empty((7, GROUP_LIST), np.float64)
    least = np.empty(GROUP_LIST, np.float64)
    home = np.int64(1)
    begin, width, alone = 0, 0.0, 0
    while begin < len(order):
        end, cx, cy, cz, radius = _group(points, order, begin, width)
        many = -1
        if end - begin >= GROUP_LEAST and alone == 0:
            limit = 0.0
            for number in range(begin, end):
                limit = max(limit, limit2[order[number]])
            limit = (math.sqrt(limit) + radius) * GROUP_SLACK
            d2, _, _, _, row, _, home = _search(
                cx, cy, cz, limit * limit, home, slack, corners, discs, faces, starts, boxes, stack_node, stack_d2
            )
            many = 0
            if row >= 0:
                reach = min((math.sqrt(d2) + 2.0 * radius) * GROUP_SLACK, limit)
                many = _list(cx, cy, cz, reach, discs, starts, boxes, stack_node, listed, near)
                if many > GROUP_LIST:
                    many = -1
                    alone = 8
        elif alone > 0:
            alone -= 1
        for number in range(begin, end):
            i = order[number]
            px, py, pz = points[i, 0], points[i, 1], points[i, 2]
            if many < 0:
                d2, qx, qy, qz, row, feature, home = _search(
                    px, py, pz, limit2[i], home, slack, corners, discs, faces, starts, boxes, stack_node, stack_d2
                )
            else:
                d2, qx, qy, qz, row, feature = _of_listed(
                    px, py, pz, limit2[i], cx, cy, cz, many, listed, near, least, corners, faces
                )
            out_d2[i] = d2 if row >= 0 else np.inf
            out_q[i, 0], out_q[i, 1], out_q[i, 2] = qx, qy, qz
            out_row[i], out_feature[i] = row, feature
            if row >= 0:
                width = GROUP_WIDTH * math.sqrt(d2)
        begin = end


@njit(cache=True, nogil=True, error_model="numpy")
def _of_listed(px, py, pz, limit2, cx, cy, cz, many, listed, near, least, corners, faces):
    """Closest point among listed triangles; ``least`` takes how far the discs round them are at least, squared."""
    dx, dy, dz = px - cx, py - cy, pz - cz
    for k in range(many):
        x, y, z = near[0, k] - dx, near[1, k] - dy, near[2, k] - dz
        height = x * near[4, k] + y * near[5, k] + z * near[6, k]
        beside = math.sqrt(abs(x * x + y * y + z * z - height * height)) - near[3, k]
        beside = 0.5 * (beside + abs(beside))
        least[k] = height * height + beside * beside
    nearest = 0
    for k in range(many):
        if least[k] < least[nearest]:
            nearest = k
    best, face, row, feature = limit2, np.int64(2**62), np.int64(-1), -1
    qx, qy, qz = np.nan, np.nan, np.nan
    if many > 0:
        d2, x, y, z, f = triangle(px, py, pz, corners, listed[nearest])
        if d2 < best:
            best, qx, qy, qz, feature, row = d2, x, y, z, f, listed[nearest]
            face = faces[row]
    bound = (best + DISC_ROUNDING) / DISC_SLACK
    for k in range(many):
        if least[k] > bound:
            continue
        j = listed[k]
        d2, x, y, z, f = triangle(px, py, pz, corners, j)
        if d2 < best or (d2 == best and faces[j] < face):
            best, qx, qy, qz, feature, row, face = d2, x, y, z, f, j, faces[j]
            bound = (best + DISC_ROUNDING) / DISC_SLACK
    return best, qx, qy, qz, row, feature


@njit(cache=True, nogil=True, error_model="numpy")
def _disc_distance2(px, py, pz, discs, j):
    """Squared distance of a triangle is at least that of the disc round it."""
    x, y, z = px - discs[j, 0], py - discs[j, 1], pz - discs[j, 2]
    height = x * discs[j, 4] + y * discs[j, 5] + z * discs[j, 6]
    beside = math.sqrt(abs(x * x + y * y + z * z - height * height)) - discs[j, 3]
    beside = 0.5 * (beside + abs(beside))
    return height * height + beside * beside


@njit(cache=True, nogil=True, error_model="numpy")
def fill_discs(corners, begin, end, discs):
    """Middle, radius and axis of a disc round each triangle, (m, 7); of a needle a ball, whose axis is zero."""
    for j in range(begin, end):
        ax, ay, az = corners[j, 0], corners[j, 1], corners[j, 2]
        ux, uy, uz = corners[j, 3] - ax, corners[j, 4] - ay, corners[j, 5] - az
        vx, vy, vz = corners[j, 6] - ax, corners[j, 7] - ay, corners[j, 8] - az
        mx, my, mz = (ux + vx) / 3.0, (uy + vy) / 3.0, (uz + vz) / 3.0
        radius2 = mx * mx + my * my + mz * mz
        radius2 = max(radius2, (ux - mx) ** 2 + (uy - my) ** 2 + (uz - mz) ** 2)
        radius2 = max(radius2, (vx - mx) ** 2 + (vy - my) ** 2 + (vz - mz) ** 2)
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        size = math.sqrt(nx * nx + ny * ny + nz * nz)
        scale = 1.0 / size if size > DISC_FLAT * radius2 else 0.0
        discs[j, 0], discs[j, 1], discs[j, 2] = ax + mx, ay + my, az + mz
        discs[j, 3] = math.sqrt(radius2) * GROUP_SLACK
        discs[j, 4], discs[j, 5], discs[j, 6] = nx * scale, ny * scale, nz * scale
