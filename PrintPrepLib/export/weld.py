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
    key = _hashes(points)
    order = np.argsort(key)
    key = key[order]
    leader = _leaders(order, key[1:] != key[:-1])
    if not all(np.array_equal(column[leader], column) for column in points.T):
        order = np.lexsort((points + 0.0).T)
        ordered = points[order]
        leader = _leaders(order, (ordered[1:] != ordered[:-1]).any(axis=1))
    leads = leader == np.arange(len(points))
    number = np.cumsum(leads) - 1
    return np.flatnonzero(leads), number[leader]


def _leaders(order: npt.NDArray[np.int64], changes: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """First point of each point's group, from a sorted order and where the group changes along it."""
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1])
    first = np.minimum.reduceat(order, starts)
    leader = np.empty(len(order), np.int64)
    leader[order] = np.repeat(first, np.diff(starts, append=len(order)))
    return leader


def _hashes(points: npt.NDArray[np.float64]) -> npt.NDArray[np.uint64]:
    key = np.zeros(len(points), np.uint64)
    for axis, factor in enumerate(_MIX):
        word = (points[:, axis] + 0.0).view(np.uint64)  # + 0.0 turns -0.0 into 0.0
        word *= factor
        key ^= word
        word >>= np.uint64(29)
        key ^= word
        key *= _MIX[0]
    return key
