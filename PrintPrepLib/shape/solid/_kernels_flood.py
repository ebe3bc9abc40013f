"""The numba form of the flood that keeps the topology of the air."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import numpy as np
from numba import njit

WALL, AIR, OPEN = 0, 1, 2  # the second bit alone tells what is open
TESTED, QUEUED, LISTED = 4, 8, 16
STATE = 3


def _adjacency(reach):
    """For each of the 27 places of a block: the other places that are adjacent to it, as bits."""
    places = np.array([(z, y, x) for z in range(3) for y in range(3) for x in range(3)])
    out = np.zeros(27, np.int64)
    for i in range(27):
        for j in range(27):
            step = np.abs(places[i] - places[j])
            if i != j and step.max() <= 1 and step.sum() <= reach:
                out[i] |= 1 << j
    return out


TOUCHING = _adjacency(3)
FACING = _adjacency(1)
MIDDLE = 1 << 13
ROUND_6 = int(FACING[13])
ROUND_18 = int(_adjacency(2)[13])
ROUND_26 = int(TOUCHING[13])


def _grown(adjacency):
    """For each layer of a block and each set of its nine places: all places that are adjacent to one of them."""
    out = np.zeros((3, 512), np.int64)
    for layer in range(3):
        for members in range(512):
            for i in range(9):
                if (members >> i) & 1:
                    out[layer, members] |= adjacency[9 * layer + i]
    return out


GROWN_TOUCHING = _grown(TOUCHING)
GROWN_FACING = _grown(FACING)


@njit(cache=True, nogil=True)
def _is_one(members, seeds, grown):
    """Whether all seeds hang together through the members; ``grown`` is looked up layer by layer."""
    if seeds == 0:
        return False
    found = seeds & -seeds
    frontier = found
    while frontier:
        wider = grown[0, frontier & 511] | grown[1, (frontier >> 9) & 511] | grown[2, frontier >> 18]
        frontier = wider & members & ~found
        found |= frontier
        if seeds & ~found == 0:
            return True
    return seeds & ~found == 0


@njit(cache=True, nogil=True)
def is_simple(opened, touching, facing):
    """Whether adding the middle of a block to what is open changes no topology; ``opened`` are bits of the block."""
    inside = opened & ROUND_18
    if not _is_one(inside, inside & ROUND_6, facing):
        return False
    rest = ROUND_26 & ~opened
    return _is_one(rest, rest, touching)


KNOWN_BITS = 16
"""Answers for so many blocks are kept: most cells have one of a few surroundings."""


@njit(cache=True, nogil=True)
def flood(state, level, top, touching, facing):
    """Open air cells from the widest places to the narrowest, but none that would close a ring or enclose a body.

    ``state`` (z, y, x) uint8: WALL, AIR or OPEN, walls at the border; changed in place. ``level`` holds the squared
    distance from walls in cells, at most ``top``. Returns the cells of the membranes, by their place in the flat grid:
    those that stay AIR and were TESTED.
    """
    _, ny, nx = state.shape
    flat, depth = state.reshape(-1), level.reshape(-1)
    offset = np.empty(27, np.int64)
    for i in range(27):
        offset[i] = (i // 9 - 1) * ny * nx + ((i // 3) % 3 - 1) * nx + (i % 3 - 1)
    beside = np.array([-ny * nx, -nx, -1, 1, nx, ny * nx])
    count = 0
    for i in range(flat.size):
        if flat[i] == AIR:
            count += 1
    size = count + 1
    head = np.full(top + 1, -1, np.int32)
    later = np.empty(size, np.int32)  # lists of cells by level, chained
    cell = np.empty(size, np.int32)
    used = 0
    queue = np.empty(size, np.int32)
    known = np.full(1 << KNOWN_BITS, -1, np.int32)  # a block and, in the lowest bit, whether its middle is simple
    for i in range(flat.size):
        if flat[i] & STATE != OPEN:
            continue
        for step in beside:
            n = i + step
            if 0 <= n < flat.size and flat[n] == AIR:
                flat[n] |= LISTED
                cell[used], later[used] = n, head[depth[n]]
                head[depth[n]] = used
                used += 1
    for value in range(top, -1, -1):
        begin = end = 0
        row = head[value]
        while row >= 0:
            queue[end] = cell[row]
            flat[cell[row]] |= QUEUED
            end += 1
            row = later[row]
        while begin != end:
            here = np.int64(queue[begin])
            begin = begin + 1 if begin + 1 < size else 0
            flat[here] &= 255 - QUEUED
            opened = np.int64(0)
            for line in range(9):
                n = here + offset[3 * line + 1]
                three = ((flat[n - 1] >> 1) & 1) | (flat[n] & 2) | ((flat[n + 1] & 2) << 1)
                opened |= np.int64(three) << (3 * line)
            slot = ((opened * 0x9E3779B1) >> 12) & ((1 << KNOWN_BITS) - 1)
            answer = np.int64(known[slot])
            if answer >> 1 != opened:
                answer = (opened << 1) | np.int64(is_simple(opened, touching, facing))
                known[slot] = answer
            if answer & 1 == 0:
                flat[here] |= TESTED
                continue
            flat[here] = OPEN
            for k in range(27):
                n = here + offset[k]
                mark = flat[n]
                if k == 13 or mark & STATE != AIR:
                    continue
                faces = (ROUND_6 >> k) & 1
                if mark & TESTED or (faces and depth[n] >= value):
                    if not mark & QUEUED:
                        flat[n] |= QUEUED | LISTED
                        queue[end] = n
                        end = end + 1 if end + 1 < size else 0
                elif faces and not mark & LISTED:
                    flat[n] |= LISTED
                    cell[used], later[used] = n, head[depth[n]]
                    head[depth[n]] = used
                    used += 1
    found = 0
    for i in range(flat.size):
        if flat[i] & TESTED and flat[i] & STATE == AIR:
            queue[found] = i
            found += 1
    return queue[:found].copy()
