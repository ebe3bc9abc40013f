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
from ._kernels_cut import leaf_cuts, tree_cuts
from ._kernels_list import LIST_ROWS, choose, common_direction, list_leaves, room, surround
from .constants import (
    AT_ONCE,
    CONTACTS,
    EXPECTED_SHARE,
    LIST_STRIDE,
    MOST_LEAVES,
    NEAR_COSINE,
    SHORTER,
    SINGLE_SLACK,
    STACK,
    STEPS,
    TOGETHER,
)

_NO_FACE = np.int64(0x7FFFFFFFFFFFFFFF)


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
def _passes_leaf(hx, hy, hz, reach, nodes, slabs, node, leaf):
    """Whether a leaf (low corner, high corner, axis; between which planes across the axis) is beyond reach."""
    along = hx * nodes[node, 6] + hy * nodes[node, 7] + hz * nodes[node, 8]
    wide = reach * (1.0 + SINGLE_SLACK)
    if along - wide > slabs[leaf, 1] or along + wide < slabs[leaf, 0]:
        return True
    dx = max(max(nodes[node, 0] - hx, hx - nodes[node, 3]), 0.0)
    dy = max(max(nodes[node, 1] - hy, hy - nodes[node, 4]), 0.0)
    dz = max(max(nodes[node, 2] - hz, hz - nodes[node, 5]), 0.0)
    return dx * dx + dy * dy + dz * dz > reach * reach


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
           rows, nodes, slabs, stack, area, length, listed, boxes, marks, words, chosen):  # fmt: skip
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
            elif _passes_leaf(hx, hy, hz, reach, nodes, slabs, node, node - leaves):
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
            found = choose(hx, hy, hz, reach, u, count, area, 0, length, listed, boxes, marks, words, chosen, 0)
            more = False
        else:
            found, top = _descend(hx, hy, hz, reach, u, count, leaves, nodes, stack, top, chosen)
            more = top >= 0
        _promising_first(cx, cy, cz, r0, wx, wy, wz, nodes, chosen, found)


@njit(cache=True, nogil=True, error_model="numpy")
def _is_cut(x, y, z, r, corners, starts, rows, nodes, stack, area, length, beside, listed, boxes, marks, words, chosen):
    """Whether any triangle comes as near to a point as a radius: among the listed leaves, or in the whole tree."""
    r2 = r * r
    if length > MOST_LEAVES or beside > MOST_LEAVES or room(x, y, z, r, 0.0, 0.0, 0.0, area) < 0.0:
        return tree_cuts(x, y, z, r2, corners, starts, rows, nodes, stack)
    leaves = len(starts) - 1
    u = boxes  # no contacts: none is looked at
    found = choose(x, y, z, r, u, 0, area, 0, length, listed, boxes, marks, words, chosen, 0)
    end = MOST_LEAVES + beside
    found = choose(x, y, z, r, u, 0, area, MOST_LEAVES, end, listed, boxes, marks, words, chosen, found)
    for place in range(found):
        leaf = chosen[place] - leaves
        if leaf_cuts(x, y, z, r2, starts[leaf], starts[leaf + 1], corners, rows):
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def grow(points, outward, first, first_count, chosen, largest, proven_share, ids, corners, normals, faces, starts, rows,
         nodes, slabs, radius, center, contact, steps, cut):  # fmt: skip
    """Grow a ball at each chosen point; fills radius, center, the face met last, and the number of contacts found.

    Where ``proven_share`` is above zero it also tells whether any face comes nearer to the center than this share of
    the radius. A ball that outgrew the largest along its normal is put back to the largest for this.
    Points that follow each other lie near each other.
    """
    stack, listed = np.empty(STACK, np.int64), np.empty(LIST_STRIDE, np.int64)
    some = np.empty(LIST_STRIDE, np.int64)
    boxes, marks = np.zeros((LIST_ROWS, LIST_STRIDE), np.float32), np.zeros(LIST_STRIDE, np.uint8)
    words, area = marks.view(np.uint64), np.empty(10)
    u = np.empty((CONTACTS + 1, 3))
    seeds = np.full(STEPS, -1, np.int64)
    expected, widest = largest, 0.0
    length, beside = 0, 0
    for number in range(len(chosen)):
        i = chosen[number]
        if number % TOGETHER == 0:
            if number and widest > 0.0:
                expected = min(largest, EXPECTED_SHARE * widest)
            widest = 0.0
            end = min(number + TOGETHER, len(chosen))
            reach = expected
            common_direction(first, chosen, number, end, area)
            for _ in range(SHORTER):
                surround(points, first, first_count, chosen, number, end, reach, area)
                length, beside = list_leaves(area, starts, nodes, slabs, stack, listed, boxes)
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
            free = room(cx, cy, cz, r, wx, wy, wz, area) if length <= MOST_LEAVES and has_first else -1.0
            in_list = free >= 0.0
            while True:
                limit = min(free, largest - r) if in_list else largest - r
                s, row, ux, uy, uz = _first(
                    in_list, cx, cy, cz, r, wx, wy, wz, limit, u, count, i, seeds[found], ids, corners, normals, faces,
                    starts, rows, nodes, slabs, stack, area, length, listed, boxes, marks, words, some,
                )  # fmt: skip
                if row >= 0 or free >= largest - r or not in_list:
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
        if proven_share > 0.0 and r > 0.0 and (r < np.inf or found == 0):
            claimed = r
            if r == np.inf:
                claimed = largest
                cx, cy = points[i, 0] - largest * outward[i, 0], points[i, 1] - largest * outward[i, 1]
                cz = points[i, 2] - largest * outward[i, 2]
            cut[i] = _is_cut(
                cx, cy, cz, proven_share * claimed, corners, starts, rows, nodes, stack, area, length, beside, listed,
                boxes, marks, words, some,
            )  # fmt: skip
        radius[i], steps[i] = r, found
        center[i, 0], center[i, 1], center[i, 2] = cx, cy, cz
        contact[i] = faces[last] if last >= 0 else -1


def is_ready() -> bool:
    """Whether ``grow`` is compiled or loaded in this session."""
    return bool(grow.signatures)
