"""Merging of exactly equal vertices, so that a triangle soup gets its neighborhoods back."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))
"""Odd 64-bit constants of good spread (golden ratio and xxHash primes)."""


def weld_exact(points: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Find equal points; nothing is rounded, 0.0 equals -0.0.

    Points are sorted by a 64-bit hash and compared within equal hashes; should two different points share a hash, all
    are sorted by their coordinates instead. The answer is therefore exact.

    Parameters
    ----------
    points : (n, 3) float64
        Finite coordinates.

    Returns
    -------
    first : (k,) int64
        Index of the first point of each group, ascending: groups keep the order in which they appear.
    group : (n,) int64
        Group of each point.
    """
    if len(points) == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    values = np.ascontiguousarray(points + 0.0)
    order, new = _by_hash(values)
    sorted_values = values[order]
    differs = (sorted_values[1:] != sorted_values[:-1]).any(axis=1)
    if (differs & ~new[1:]).any():
        order = np.lexsort(values.T)
        sorted_values = values[order]
        new = np.ones(len(values), bool)
        new[1:] = (sorted_values[1:] != sorted_values[:-1]).any(axis=1)
    first = np.minimum.reduceat(order, np.flatnonzero(new))
    rank = np.empty(len(first), np.int64)
    by_appearance = np.argsort(first)
    rank[by_appearance] = np.arange(len(first))
    group = np.empty(len(values), np.int64)
    group[order] = rank[np.cumsum(new) - 1]
    return first[by_appearance], group


def _by_hash(values: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    bits = values.view(np.uint64)
    key = np.zeros(len(values), np.uint64)
    for axis, factor in enumerate(_MIX):
        word = bits[:, axis] * factor
        key ^= word ^ (word >> np.uint64(29))
        key *= _MIX[0]
    order = np.argsort(key)
    sorted_key = key[order]
    new = np.ones(len(key), bool)
    new[1:] = sorted_key[1:] != sorted_key[:-1]
    return order, new
