"""The numpy form of the flood that keeps the topology of the air: many cells at a time, none beside another.

Cells are opened by the parity of their three numbers, one of eight lots after the other: no two of a lot are neighbors,
so what is simple for each is simple for all of them (Bertrand and Aktouf 1995, "Three-dimensional thinning algorithm
using subfields"). Where fronts meet the cells that are left may be others than those of the compiled form, by one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .grid import Bytes

WALL, AIR, OPEN = 0, 1, 2
Int64Array = npt.NDArray[np.int64]


def _adjacency(reach: int) -> Int64Array:
    places = np.stack(np.unravel_index(np.arange(27), (3, 3, 3)), axis=1)
    step = np.abs(places[:, None] - places)
    near = (step.max(axis=2) == 1) & (step.sum(axis=2) <= reach)
    return np.asarray((near * (1 << np.arange(27))).sum(axis=1), np.int64)


TOUCHING, FACING = _adjacency(3), _adjacency(1)
ROUND_6, ROUND_18, ROUND_26 = int(FACING[13]), int(_adjacency(2)[13]), int(TOUCHING[13])


def are_simple(opened: Int64Array) -> npt.NDArray[np.bool_]:
    """Whether adding the middle of each block (k,) to what is open changes no topology; bits of the 27 places."""
    inside = opened & ROUND_18
    rest = ROUND_26 & ~opened
    return _are_one(inside, inside & ROUND_6, FACING) & _are_one(rest, rest, TOUCHING)


def _are_one(members: Int64Array, seeds: Int64Array, adjacency: Int64Array) -> npt.NDArray[np.bool_]:
    """Whether all seeds of each block hang together through its members."""
    found = seeds & -seeds
    frontier = found
    while frontier.any():
        grown = np.zeros_like(found)
        for i in range(27):
            grown |= np.where((frontier >> i) & 1, adjacency[i], 0)
        frontier = grown & members & ~found
        found = found | frontier
    return np.asarray((seeds != 0) & (seeds & ~found == 0))


def flood(level: Bytes, top: int) -> Int64Array:
    """Open air cells from the widest places to the narrowest. See the compiled form.

    Returns
    -------
    (k, 3) int64
        Cells of the membranes, z y x.
    """
    _, ny, nx = level.shape
    state = np.where(level == top, OPEN, AIR).astype(np.uint8)
    state[level == 0] = WALL
    for axis in range(3):
        ends: list[slice | int] = [slice(None)] * 3
        for ends[axis] in (0, -1):
            state[tuple(ends)] = WALL
    flat, depth = state.reshape(-1), level.reshape(-1)
    z, y, x = (np.arange(3) - 1 for _ in range(3))
    offsets = ((z[:, None, None] * ny + y[:, None]) * nx + x).ravel()
    facing = offsets[(ROUND_6 >> np.arange(27)) & 1 == 1]
    beside = offsets[np.arange(27) != 13]
    waiting = np.flatnonzero((flat == AIR) & _beside_open(state).ravel())
    tested = np.zeros(flat.size, bool)
    for value in range(top, -1, -1):
        active = waiting[(depth[waiting] >= value) & (flat[waiting] == AIR)]
        if not len(active):
            continue
        later = [waiting[depth[waiting] < value]]
        while len(active):
            opened = []
            lot = (active // (ny * nx)) % 2 * 4 + (active // nx) % ny % 2 * 2 + active % nx % 2
            for parity in range(8):
                cells = active[lot == parity]
                bits = ((flat[cells[:, None] + offsets] == OPEN) * (1 << np.arange(27))).sum(axis=1)
                simple = are_simple(bits)
                flat[cells[simple]] = OPEN
                tested[cells] = True
                opened.append(cells[simple])
            new = np.concatenate(opened)
            near = np.unique(new[:, None] + facing)
            near = near[flat[near] == AIR]
            again = np.unique(new[:, None] + beside)
            again = again[(flat[again] == AIR) & tested[again]]
            later.append(near[depth[near] < value])
            active = np.union1d(near[depth[near] >= value], again)
        waiting = np.unique(np.concatenate(later))
    return np.stack(np.unravel_index(np.flatnonzero(tested & (flat == AIR)), state.shape), axis=1)


def _beside_open(state: Bytes) -> npt.NDArray[np.bool_]:
    out = np.zeros(state.shape, bool)
    opened = state == OPEN
    for axis in range(3):
        ahead, behind = [slice(None)] * 3, [slice(None)] * 3
        ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
        out[tuple(ahead)] |= opened[tuple(behind)]
        out[tuple(behind)] |= opened[tuple(ahead)]
    return out
