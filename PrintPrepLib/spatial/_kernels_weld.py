"""The numba form of finding vertices at exactly the same place: one pass over a table of hashes."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def number_places(bits, number, first):
    """Number places in the order of their first points, and tell the first point of each; returns how many.

    Bits (n, 3) uint64 are those of the coordinates.
    """
    size = 1
    while size < 2 * len(bits):
        size *= 2
    table = np.full(size, -1, np.int32)
    mask = np.uint64(size - 1)
    count = 0
    for i in range(len(bits)):
        key = bits[i, 0] * np.uint64(0x9E3779B97F4A7C15)
        key = (key ^ (key >> np.uint64(29))) + bits[i, 1]
        key = (key ^ (key >> np.uint64(32))) * np.uint64(0xBF58476D1CE4E5B9) + bits[i, 2]
        key = (key ^ (key >> np.uint64(30))) * np.uint64(0x94D049BB133111EB)
        slot = (key ^ (key >> np.uint64(31))) & mask
        while True:
            place = table[slot]
            if place < 0:
                table[slot] = count
                number[i], first[count] = count, i
                count += 1
                break
            j = first[place]
            if bits[j, 0] == bits[i, 0] and bits[j, 1] == bits[i, 1] and bits[j, 2] == bits[i, 2]:
                number[i] = place
                break
            slot = (slot + np.uint64(1)) & mask
    return count


@njit(cache=True, nogil=True)
def number_by_use(corners, number, used):
    """Number vertices in the order in which the corners (k,) first use them; returns how many are used.

    ``number`` (n,) comes filled with -1; ``used`` (n,) gets the vertex of each number.
    """
    count = 0
    for vertex in corners:
        if number[vertex] < 0:
            number[vertex] = count
            used[count] = vertex
            count += 1
    return count
