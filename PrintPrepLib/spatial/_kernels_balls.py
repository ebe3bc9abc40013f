"""The numba form of growing balls inside a solid; see :mod:`~PrintPrepLib.spatial.balls` for the method.

The numpy form in ``balls_numpy`` does the same arithmetic, so that both give the same numbers. Here points that follow
each other share a list of the leaves near them. Each tests the whole list at once, in single precision and many leaves
an instruction, and looks only into those that its ball may meet. Who finds nothing in the list goes down the tree.

No slice of an array is taken on the way: it would count references, for which two threads wait on each other.
"""

# ruff: noqa: PLW3301
# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import math

import numpy as np
from numba import njit

from ._kernels_contact import kept, near, retreat, sweep, triangle
from .constants import (
    AT_ONCE,
    BALL_SLACK,
    CONTACTS,
    EXPECTED_SHARE,
    MOST_LEAVES,
    NEAR_COSINE,
    SHORTER,
    SINGLE_SLACK,
    STACK,
    STEPS,
    TOGETHER,
    TOUCH_SLACK,
)

_NO_FACE = np.int64(0x7FFFFFFFFFFFFFFF)
_NONE = np.uint64(0)


@njit(cache=True, nogil=True, error_model="numpy")
def _passes_by(hx, hy, hz, reach, u, count, nodes, node):
    """Whether a node (low corner, high corner, axis and cosine of its normals) is near a contact or beyond reach."""
    dx = max(max(nodes[node, 0] - hx, hx - nodes[node, 3]), 0.0)
    dy = max(max(nodes[node, 1] - hy, hy - nodes[node, 4]), 0.0)
    dz = max(max(nodes[node, 2] - hz, hz - nodes[node, 5]), 0.0)
    if dx * dx + dy * dy + dz * dz > reach * reach:
        return True
    for i in range(count):
        if u[i, 0] * nodes[node, 6] + u[i, 1] * nodes[node, 7] + u[i, 2] * nodes[node, 8] > nodes[node, 9]:
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def _passes_row(hx, hy, hz, reach, u, count, rows, j):
    """Whether a triangle (center and radius of a sphere round it, normal) is near a contact or beyond reach."""
    for i in range(count):
        if u[i, 0] * rows[j, 4] + u[i, 1] * rows[j, 5] + u[i, 2] * rows[j, 6] > NEAR_COSINE:
            return True
    # The ball cuts the triangle's plane in a disk; a circle round the triangle must reach it.
    dx, dy, dz = rows[j, 0] - hx, rows[j, 1] - hy, rows[j, 2] - hz
    d2 = dx * dx + dy * dy + dz * dz
    height = abs(dx * rows[j, 4] + dy * rows[j, 5] + dz * rows[j, 6])
    off = max(height - rows[j, 7], 0.0)
    disk2 = reach * reach + SINGLE_SLACK * d2 - off * off
    if disk2 < 0.0:
        return True
    wide = math.sqrt(disk2) + rows[j, 3]
    return d2 - SINGLE_SLACK * d2 - height * height > wide * wide


@njit(cache=True, nogil=True, error_model="numpy")
def _descend(hx, hy, hz, reach, u, count, leaves, nodes, stack, top, chosen):
    """Go on down the tree; stops with some leaves that a sphere meets. Returns how many, and the top of the stack."""
    found = 0
    while top >= 0 and found < AT_ONCE:
        node = stack[top]
        top -= 1
        if _passes_by(hx, hy, hz, reach, u, count, nodes, node):
            continue
        if node < leaves:
            stack[top + 1] = 2 * node
            stack[top + 2] = 2 * node + 1
            top += 2
            continue
        chosen[found] = node
        found += 1
    return found, top


@njit(cache=True, nogil=True, error_model="numpy")
def _list_leaves(area, starts, nodes, stack, listed, boxes):
    """List the leaves whose boxes meet an area, and how many there are; beyond MOST_LEAVES nothing is listed.

    Left out are those that are near the first contacts of all points: see ``_common_direction``.
    Boxes (10, MOST_LEAVES) take their corners against the area's middle, cut off at the area, and their cones.
    """
    leaves = len(starts) - 1
    found = 0
    top = 0
    stack[0] = 1
    while top >= 0:
        node = stack[top]
        top -= 1
        if (
            nodes[node, 0] > area[3] or nodes[node, 1] > area[4] or nodes[node, 2] > area[5]
            or nodes[node, 3] < area[0] or nodes[node, 4] < area[1] or nodes[node, 5] < area[2]
        ):  # fmt: skip
            continue
        if node < leaves:
            stack[top + 1] = 2 * node + 1
            stack[top + 2] = 2 * node
            top += 2
            continue
        if area[6] * nodes[node, 6] + area[7] * nodes[node, 7] + area[8] * nodes[node, 8] - area[9] > nodes[node, 9]:
            continue
        if found == MOST_LEAVES:
            return found + 1
        listed[found] = node
        for axis in range(3):
            middle = 0.5 * (area[axis] + area[3 + axis])
            boxes[axis, found] = max(nodes[node, axis], area[axis]) - middle
            boxes[3 + axis, found] = min(nodes[node, 3 + axis], area[3 + axis]) - middle
        for column in range(6, 10):
            boxes[column, found] = nodes[node, column]
        found += 1
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def _choose(hx, hy, hz, reach, u, count, area, length, listed, boxes, marks, words, chosen):
    """Which leaves of the list a sphere inside its area meets and are not near a contact; returns how many."""
    x = np.float32(hx - 0.5 * (area[0] + area[3]))
    y = np.float32(hy - 0.5 * (area[1] + area[4]))
    z = np.float32(hz - 0.5 * (area[2] + area[5]))
    size = max(max(area[3] - area[0], area[4] - area[1]), area[5] - area[2])
    wide = np.float32(reach * (1.0 + SINGLE_SLACK) + SINGLE_SLACK * size)
    reach2 = wide * wide
    zero = np.float32(0.0)
    for k in range(length):
        dx, ex = boxes[0, k] - x, x - boxes[3, k]
        dy, ey = boxes[1, k] - y, y - boxes[4, k]
        dz, ez = boxes[2, k] - z, z - boxes[5, k]
        dx = dx if dx > ex else ex
        dy = dy if dy > ey else ey
        dz = dz if dz > ez else ez
        dx = dx if dx > zero else zero
        dy = dy if dy > zero else zero
        dz = dz if dz > zero else zero
        marks[k] = dx * dx + dy * dy + dz * dz <= reach2
    for i in range(count):
        x, y, z = np.float32(u[i, 0]), np.float32(u[i, 1]), np.float32(u[i, 2])
        for k in range(length):
            marks[k] &= x * boxes[6, k] + y * boxes[7, k] + z * boxes[8, k] <= boxes[9, k]
    found = 0
    for word in range((length + 7) // 8):
        if words[word] != _NONE:
            for k in range(8 * word, min(8 * word + 8, length)):
                if marks[k]:
                    chosen[found] = listed[k]
                    found += 1
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def _room(cx, cy, cz, r0, wx, wy, wz, area):
    """How far a ball can grow inside an area; negative where it is not inside."""
    most = np.inf
    for axis in range(3):
        c, w = (cx, wx) if axis == 0 else ((cy, wy) if axis == 1 else (cz, wz))
        above, below = area[3 + axis] - c - r0, c - r0 - area[axis]
        if above < 0.0 or below < 0.0:
            return -1.0
        if 1.0 + w > 0.0:
            most = min(most, above / (1.0 + w))
        if 1.0 - w > 0.0:
            most = min(most, below / (1.0 - w))
    return most


@njit(cache=True, nogil=True, error_model="numpy")
def _promising_first(cx, cy, cz, r0, wx, wy, wz, nodes, chosen, found):
    """Put the leaf first whose middle the ball meets first, so that most others are passed by."""
    least, which = np.inf, 0
    for place in range(found):
        node = chosen[place]
        x = 0.5 * (nodes[node, 0] + nodes[node, 3]) - cx
        y = 0.5 * (nodes[node, 1] + nodes[node, 4]) - cy
        z = 0.5 * (nodes[node, 2] + nodes[node, 5]) - cz
        ahead = x * wx + y * wy + z * wz + r0
        beyond = x * x + y * y + z * z - r0 * r0
        if ahead > 0.0 and beyond < least * ahead:
            least, which = beyond / ahead, place
    if found:
        chosen[0], chosen[which] = chosen[which], chosen[0]


@njit(cache=True, nogil=True, error_model="numpy")
def _first(in_list, cx, cy, cz, r0, wx, wy, wz, limit, u, count, vertex, seed, ids, corners, normals, faces, starts,
           rows, nodes, stack, area, length, listed, boxes, marks, words, chosen):  # fmt: skip
    """First triangle that a growing ball meets: growth, row (-1 where none), direction of the contact.

    Among listed leaves, as far as the ball stays in their area; or in the whole tree.
    """
    ww = wx * wx + wy * wy + wz * wz
    leaves = len(starts) - 1
    best, row, face, ux, uy, uz = limit, np.int64(-1), _NO_FACE, 0.0, 0.0, 0.0
    hx, hy, hz, reach = sweep(r0, wx, wy, wz, ww, best)
    hx, hy, hz = cx + hx, cy + hy, cz + hz
    found, top, more = 0, 0, True
    stack[0] = 1
    if seed >= 0:
        chosen[0] = -1 - seed
        found = 1
    while True:
        for place in range(found):
            node = chosen[place]
            if node < 0:
                begin, end = -1 - node, -node
            elif _passes_by(hx, hy, hz, reach, u, 0, nodes, node):
                continue
            else:
                begin, end = starts[node - leaves], starts[node - leaves + 1]
            for j in range(begin, end):
                if _passes_row(hx, hy, hz, reach, u, count, rows, j):
                    continue
                if ids[j, 0] == vertex or ids[j, 1] == vertex or ids[j, 2] == vertex:
                    continue
                s, x, y, z = triangle(cx, cy, cz, r0, wx, wy, wz, ww, best, corners, normals, j)
                earlier = s < best or (s == best and s < np.inf and faces[j] < face)
                if earlier and not near(u, count, x, y, z):
                    best, row, face, ux, uy, uz = s, np.int64(j), faces[j], x, y, z
                    hx, hy, hz, reach = sweep(r0, wx, wy, wz, ww, best)
                    hx, hy, hz = cx + hx, cy + hy, cz + hz
        if not more:
            return best, row, ux, uy, uz
        if in_list:
            found = _choose(hx, hy, hz, reach, u, count, area, length, listed, boxes, marks, words, chosen)
            more = False
        else:
            found, top = _descend(hx, hy, hz, reach, u, count, leaves, nodes, stack, top, chosen)
            more = top >= 0
        _promising_first(cx, cy, cz, r0, wx, wy, wz, nodes, chosen, found)


@njit(cache=True, nogil=True, error_model="numpy")
def _surround(points, first, first_count, chosen, begin, end, expected, area):
    """Box round the expected balls of some points."""
    for axis in range(3):
        low, high = np.inf, -np.inf
        for number in range(begin, end):
            i = chosen[number]
            at = points[i, axis]
            if first_count[i] == 1:
                at -= expected * first[i, 0, axis]
            low, high = min(low, at), max(high, at)
        slack = expected * BALL_SLACK + TOUCH_SLACK
        area[axis], area[3 + axis] = low - slack, high + slack


@njit(cache=True, nogil=True, error_model="numpy")
def _common_direction(first, chosen, begin, end, area):
    """Mean of the first directions of some points, and the longest way from it to one of them: ``area[6:10]``."""
    for axis in range(3):
        total = 0.0
        for number in range(begin, end):
            total += first[chosen[number], 0, axis]
        area[6 + axis] = total / (end - begin)
    far2 = 0.0
    for number in range(begin, end):
        i = chosen[number]
        x, y, z = first[i, 0, 0] - area[6], first[i, 0, 1] - area[7], first[i, 0, 2] - area[8]
        far2 = max(far2, x * x + y * y + z * z)
    area[9] = math.sqrt(far2) + SINGLE_SLACK


@njit(cache=True, nogil=True, error_model="numpy")
def grow(points, first, first_count, chosen, largest, ids, corners, normals, faces, starts, rows, nodes, radius, center,
         contact, steps):  # fmt: skip
    """Grow a ball at each chosen point; fills radius, center, the face met last, and the number of contacts found.

    Points that follow each other lie near each other.
    """
    stack, listed, some = np.empty(STACK, np.int64), np.empty(MOST_LEAVES, np.int64), np.empty(MOST_LEAVES, np.int64)
    boxes, marks = np.zeros((10, MOST_LEAVES), np.float32), np.zeros(MOST_LEAVES, np.uint8)
    words, area = marks.view(np.uint64), np.empty(10)
    u = np.empty((CONTACTS + 1, 3))
    seeds = np.full(STEPS, -1, np.int64)
    expected, widest = largest, 0.0
    length = 0
    for number in range(len(chosen)):
        i = chosen[number]
        if number % TOGETHER == 0:
            if number and widest > 0.0:
                expected = min(largest, EXPECTED_SHARE * widest)
            widest = 0.0
            end = min(number + TOGETHER, len(chosen))
            reach = expected
            _common_direction(first, chosen, number, end, area)
            for _ in range(SHORTER):
                _surround(points, first, first_count, chosen, number, end, reach, area)
                length = _list_leaves(area, starts, nodes, stack, listed, boxes)
                if length <= MOST_LEAVES:
                    break
                reach *= 0.5
        count = first_count[i]
        for a in range(count):
            for axis in range(3):
                u[a, axis] = first[i, a, axis]
        cx, cy, cz, r = points[i, 0], points[i, 1], points[i, 2], 0.0
        last = np.int64(-1)
        found, has_first = 0, True
        while True:
            wx, wy, wz, rests = retreat(u, count)
            if rests or found >= STEPS:
                break
            room = _room(cx, cy, cz, r, wx, wy, wz, area) if length <= MOST_LEAVES and has_first else -1.0
            in_list = room >= 0.0
            while True:
                limit = min(room, largest - r) if in_list else largest - r
                s, row, ux, uy, uz = _first(
                    in_list, cx, cy, cz, r, wx, wy, wz, limit, u, count, i, seeds[found], ids, corners, normals, faces,
                    starts, rows, nodes, stack, area, length, listed, boxes, marks, words, some,
                )  # fmt: skip
                if row >= 0 or not in_list:
                    break
                in_list = False
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
                count = kept(u, count, wx, wy, wz)
                has_first = False
            u[count, 0], u[count, 1], u[count, 2] = ux, uy, uz
            count += 1
        radius[i], steps[i] = r, found
        center[i, 0], center[i, 1], center[i, 2] = cx, cy, cz
        contact[i] = faces[last] if last >= 0 else -1


def is_ready() -> bool:
    """Whether ``grow`` is compiled or loaded in this session."""
    return bool(grow.signatures)
