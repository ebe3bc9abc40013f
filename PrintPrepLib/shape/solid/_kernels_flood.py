"""The numba form of the flood that keeps the topology of the air."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import numpy as np
from numba import njit

WALL, AIR, OPEN = 0, 1, 2  # the second bit alone tells what is open
TESTED, QUEUED, LISTED = 4, 8, 16
STATE = 3
ONE_TESTED = 0x040404
"""Three of these bytes beside each other, of which one was tested."""


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
def _begin(level, top, flat):
    """Fill in what each cell is at first: wall where the level is 0 and at the border, open from the top on.

    Returns how many cells are air.
    """
    nz, ny, nx = level.shape
    count = 0
    for z in range(nz):
        for y in range(ny):
            row = flat[(z * ny + y) * nx : (z * ny + y + 1) * nx]
            if z == 0 or y == 0 or z == nz - 1 or y == ny - 1:
                row[:] = WALL
                continue
            depth = level[z, y]
            for x in range(nx):
                row[x] = np.uint8(depth[x] != 0) + np.uint8(depth[x] == top)
            row[0] = row[nx - 1] = WALL
            for x in range(nx):
                count += row[x] == AIR
    return count


@njit(cache=True, nogil=True)
def _may_border(level, z, y, top, mark):
    """Mark the open cells of a row that may have air beside them; returns whether there are any."""
    row, up, down, back, front = level[z, y], level[z - 1, y], level[z + 1, y], level[z, y - 1], level[z, y + 1]
    found = np.uint8(0)
    for x in range(1, len(row) - 1):
        near = (up[x] != top) | (down[x] != top) | (back[x] != top) | (front[x] != top)
        near |= (row[x - 1] != top) | (row[x + 1] != top)
        mark[x] = np.uint8((row[x] == top) & near)
        found |= mark[x]
    return found != 0


@njit(cache=True, nogil=True)
def flood(level, top, touching, facing):
    """Open air cells from the widest places to the narrowest, but none that would close a ring or enclose a body.

    ``level`` (z, y, x) uint8 holds the squared distance from walls in cells, at most ``top``: there the air is open
    from the beginning. The border of the grid is wall. Returns the cells of the membranes, by their place in the flat
    grid: those that stay AIR and were TESTED.
    """
    nz, ny, nx = level.shape
    # Places are unsigned, so that none is taken to count from the end, and four bytes in a row are one load: that of
    # the last block reaches beyond the grid.
    flat, depth = np.empty(level.size + 4, np.uint8), level.reshape(-1)
    count = _begin(level, top, flat)
    offset = np.empty(27, np.uint64)
    for i in range(27):
        offset[i] = np.uint64((i // 9 - 1) * ny * nx + ((i // 3) % 3 - 1) * nx + (i % 3 - 1))
    beside = np.array([offset[4], offset[10], offset[12], offset[14], offset[16], offset[22]])
    size = count + 1
    head = np.full(top + 1, -1, np.int32)
    later = np.empty(size, np.int32)  # lists of cells by level, chained
    cell = np.empty(size, np.int32)
    used = 0
    queue = np.empty(size, np.int32)
    known = np.full(1 << KNOWN_BITS, -1, np.int32)  # a block and, in the lowest bit, whether its middle is simple
    mark = np.zeros(nx, np.uint8)
    for z in range(1, nz - 1):
        for y in range(1, ny - 1):
            if not _may_border(level, z, y, top, mark):
                continue
            for x in range(1, nx - 1):
                if not mark[x]:
                    continue
                for step in beside:
                    n = np.uint64((z * ny + y) * nx + x) + step
                    if flat[n] == AIR:
                        flat[n] = AIR | LISTED
                        cell[used], later[used] = n, head[depth[n]]
                        head[depth[n]] = used
                        used += 1
    for value in range(top, -1, -1):
        begin = end = 0
        row = head[value]
        while row >= 0:
            queue[end] = cell[row]
            flat[np.uint64(cell[row])] |= QUEUED
            end += 1
            row = later[row]
        while begin != end:
            here = np.uint64(queue[begin])
            begin = begin + 1 if begin + 1 < size else 0
            flat[here] &= 255 - QUEUED
            opened, seen = _block(flat, here, offset)
            slot = ((opened * 0x9E3779B1) >> 12) & ((1 << KNOWN_BITS) - 1)
            answer = np.int64(known[slot])
            if answer >> 1 != opened:
                answer = (opened << 1) | np.int64(is_simple(opened, touching, facing))
                known[slot] = answer
            if answer & 1 == 0:
                flat[here] |= TESTED
                continue
            flat[here] = OPEN
            if seen & ONE_TESTED:  # those are asked again wherever they touch this one: few
                for k in range(27):
                    n = here + offset[k]
                    now = flat[n]
                    if now & (STATE | QUEUED) != AIR:
                        continue
                    faces = (ROUND_6 >> k) & 1
                    if now & TESTED or (faces and depth[n] >= value):
                        flat[n] = now | QUEUED | LISTED
                        queue[end] = n
                        end = end + 1 if end + 1 < size else 0
                    elif faces and not now & LISTED:
                        flat[n] = now | LISTED
                        cell[used], later[used] = n, head[depth[n]]
                        head[depth[n]] = used
                        used += 1
                continue
            for k in range(6):
                n = here + beside[k]
                now = flat[n]
                if now & (STATE | QUEUED) != AIR:
                    continue
                if depth[n] >= value:
                    flat[n] = now | QUEUED | LISTED
                    queue[end] = n
                    end = end + 1 if end + 1 < size else 0
                elif not now & LISTED:
                    flat[n] = now | LISTED
                    cell[used], later[used] = n, head[depth[n]]
                    head[depth[n]] = used
                    used += 1
    found = 0
    for i in range(level.size):
        if flat[i] & (TESTED | STATE) == TESTED | AIR:
            queue[found] = i
            found += 1
    return queue[:found].copy()


@njit(cache=True, nogil=True)
def _block(flat, here, offset):
    """Bits of what is open of the 27 cells round a place, and their bytes laid over each other, three in a number."""
    opened, seen = np.uint32(0), np.uint32(0)
    for line in range(9):
        n = here + offset[3 * line]
        one, two = flat[n + np.uint64(1)], flat[n + np.uint64(2)]
        word = np.uint32(flat[n]) | np.uint32(np.uint32(one) << np.uint32(8))
        word |= np.uint32(np.uint32(two) << np.uint32(16))
        word |= np.uint32(np.uint32(flat[n + np.uint64(3)]) << np.uint32(24))
        seen |= word
        # The second bits of the three lowest bytes, moved together by one multiplication.
        three = np.uint32(((word >> np.uint32(1)) & np.uint32(0x010101)) * np.uint32(0x010204)) >> np.uint32(16)
        opened |= np.uint32((three & np.uint32(7)) << np.uint32(3 * line))
    return np.int64(opened), seen
