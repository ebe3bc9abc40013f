"""The leaves near some neighboring points in a list, which each of their balls tests many at a time; see ``balls``.

A test compares in single precision with room for rounding, so that it only passes by what a ball surely cannot touch.
"""

# ruff: noqa: PLW3301
# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import math

import numpy as np
from numba import njit

from .constants import BALL_SLACK, MOST_LEAVES, SINGLE_SLACK, TOUCH_SLACK

LIST_ROWS = 12
_NONE = np.uint64(0)


@njit(cache=True, nogil=True, error_model="numpy")
def surround(points, first, first_count, chosen, begin, end, expected, area):
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
def common_direction(first, chosen, begin, end, area):
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
def list_leaves(area, starts, nodes, slabs, stack, listed, boxes):
    """List the leaves whose boxes meet an area: how many, and how many beside them.

    Beside them, from place MOST_LEAVES on, are those near the first contacts of all points: see ``common_direction``.
    Growing balls pass over these, but they may cut a ball. More than MOST_LEAVES are counted, but not listed.
    Boxes (12, LIST_STRIDE) take the leaves' corners against the area's middle, cut off at the area; their cones; and
    between which planes across the cone's axis they lie.
    """
    leaves = len(starts) - 1
    mx, my, mz = 0.5 * (area[0] + area[3]), 0.5 * (area[1] + area[4]), 0.5 * (area[2] + area[5])
    length, beside = 0, 0
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
        x, y, z = nodes[node, 6], nodes[node, 7], nodes[node, 8]
        if area[6] * x + area[7] * y + area[8] * z - area[9] > nodes[node, 9]:
            at = MOST_LEAVES + beside
            beside += 1
            if beside > MOST_LEAVES:
                continue
        else:
            at = length
            length += 1
            if length > MOST_LEAVES:
                return length, beside
        listed[at] = node
        boxes[0, at] = max(nodes[node, 0], area[0]) - mx
        boxes[1, at] = max(nodes[node, 1], area[1]) - my
        boxes[2, at] = max(nodes[node, 2], area[2]) - mz
        boxes[3, at] = min(nodes[node, 3], area[3]) - mx
        boxes[4, at] = min(nodes[node, 4], area[4]) - my
        boxes[5, at] = min(nodes[node, 5], area[5]) - mz
        boxes[6, at], boxes[7, at], boxes[8, at], boxes[9, at] = x, y, z, nodes[node, 9]
        middle = mx * x + my * y + mz * z
        low, high = slabs[node - leaves, 0] - middle, slabs[node - leaves, 1] - middle
        boxes[10, at], boxes[11, at] = low - SINGLE_SLACK * abs(low), high + SINGLE_SLACK * abs(high)
    return length, beside


@njit(cache=True, nogil=True, error_model="numpy")
def choose(hx, hy, hz, reach, u, count, area, begin, end, listed, boxes, marks, words, chosen, found):
    """Which leaves at some places of the list a sphere inside the area meets and are not near a contact.

    They are added to the chosen ones; ``begin`` is a multiple of 8. Returns how many there are then.
    """
    x = np.float32(hx - 0.5 * (area[0] + area[3]))
    y = np.float32(hy - 0.5 * (area[1] + area[4]))
    z = np.float32(hz - 0.5 * (area[2] + area[5]))
    size = max(max(area[3] - area[0], area[4] - area[1]), area[5] - area[2])
    wide = np.float32(reach * (1.0 + SINGLE_SLACK) + SINGLE_SLACK * size)
    reach2 = wide * wide
    zero = np.float32(0.0)
    for k in range(begin, end):
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
    for k in range(begin, end):
        along = x * boxes[6, k] + y * boxes[7, k] + z * boxes[8, k]
        marks[k] &= along - wide <= boxes[11, k]
        marks[k] &= along + wide >= boxes[10, k]
    for i in range(count):
        x, y, z = np.float32(u[i, 0]), np.float32(u[i, 1]), np.float32(u[i, 2])
        for k in range(begin, end):
            marks[k] &= x * boxes[6, k] + y * boxes[7, k] + z * boxes[8, k] <= boxes[9, k]
    for word in range(begin // 8, (end + 7) // 8):
        if words[word] != _NONE:
            for k in range(8 * word, min(8 * word + 8, end)):
                if marks[k]:
                    chosen[found] = listed[k]
                    found += 1
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def room(cx, cy, cz, r0, wx, wy, wz, area):
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
