"""Triangles of a surface that cross others: found with the tree, decided exactly."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from ..mesh import IntArray, Mesh, concatenate
from ..progress import Progress, silent
from . import overlaps
from .index import MAX_THREADS, Engine, load_kernels
from .pairs import triangles_meet, wedges_cross
from .tree import Int64Array, Tree, build_tree
from .weld import exact_weld

LEAVES_AT_ONCE = 4096  # leaves a thread takes at a time: some 100 000 candidate pairs, tens of megabytes in numpy
FIRST_ROOM = 65536  # pairs of a chunk that numba has room for; it is run again with more where that is too few
DECIDE_AT_ONCE = 100_000  # pairs decided at once: some 100 MB


@dataclass(frozen=True, eq=False)
class Crossings:
    """Triangles that cross or touch others where they should not.

    Attributes
    ----------
    faces : (k,) int64
        Triangles that take part, ascending.
    pairs : (p, 2) int64
        Who crosses whom, lower number first, ascending.
    """

    faces: Int64Array
    pairs: Int64Array


def self_crossings(mesh: Mesh, progress: Progress = silent, engine: Engine = Engine.AUTO) -> Crossings:
    """Find every pair of triangles that cross, exactly.

    Vertices at exactly the same place count as one. Two triangles that share

    - three vertices are the same triangle twice: they count;
    - two vertices are neighbors: they do not, even when folded onto each other;
    - one vertex count when a ray from it runs through the inside of one and through the inside or along a side of the
      other; overlap in one plane does not;
    - no vertex count when they have any point in common: crossing, touching, overlapping in one plane.

    Triangles without area count only as the same triangle twice. This is the rule of VCG, which MeshLab uses, in exact
    arithmetic: doubles with an error bound (Shewchuk 1997), whole numbers for what they cannot tell.

    Parameters
    ----------
    mesh : Mesh
        Any triangles.
    progress : Progress
        May cancel.
    engine : Engine
        Both engines give the same pairs.
    """
    if mesh.is_empty:
        return Crossings(np.empty(0, np.int64), np.empty((0, 2), np.int64))
    welded = exact_weld(mesh)
    return _crossings(welded, load_kernels(engine), progress)


def crossings_between(a: Mesh, b: Mesh, progress: Progress = silent, engine: Engine = Engine.AUTO) -> Int64Array:
    """Find the pairs of a triangle of one mesh and a triangle of another that have a point in common.

    Returns
    -------
    (p, 2) int64
        Triangle of ``a``, triangle of ``b``, ascending; by the rule of :func:`self_crossings`, where vertices at the
        same place are shared.
    """
    if a.is_empty or b.is_empty:
        return np.empty((0, 2), np.int64)
    found = self_crossings(concatenate([a, b]), progress, engine).pairs
    across = (found[:, 0] < len(a.faces)) & (found[:, 1] >= len(a.faces))
    return np.asarray(found[across] - np.array([0, len(a.faces)]))


def _crossings(mesh: Mesh, kernels: ModuleType | None, progress: Progress) -> Crossings:
    tree = build_tree(mesh.triangles)
    corners = np.ascontiguousarray(mesh.faces[tree.faces])
    found = [np.empty((0, 2), np.int64)]
    for done, rows in _suspects(tree, corners, kernels):
        progress(done, "Looking for crossings")
        for begin in range(0, len(rows), DECIDE_AT_ONCE):
            some = rows[begin : begin + DECIDE_AT_ONCE]
            found.append(some[_decide(tree, corners, some)])
    progress(1.0, "Looking for crossings")
    pairs = np.sort(tree.faces[np.concatenate(found)], axis=1)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    return Crossings(np.unique(pairs), pairs)


def _suspects(tree: Tree, corners: IntArray, kernels: ModuleType | None) -> Iterator[tuple[float, Int64Array]]:
    """Yield pairs of rows that doubles alone do not clear, with the share of the work done."""

    pair_kernels: Any = None
    if kernels is not None:
        from . import _kernels_pairs as pair_kernels  # type: ignore[no-redef]

    def work(begin: int) -> Int64Array:
        end = min(begin + LEAVES_AT_ONCE, tree.leaves)
        if pair_kernels is None:
            return overlaps.suspects(tree, corners, begin, end)
        room = FIRST_ROOM
        while True:
            out = np.empty((room, 2), np.int64)
            count = int(pair_kernels.suspects(tree.corners, corners, tree.starts, tree.boxes, begin, end, out))
            if count <= room:
                return out[:count]
            room = count

    begins = range(0, tree.leaves, LEAVES_AT_ONCE)
    threads = min(MAX_THREADS, os.cpu_count() or 1, len(begins))
    with ThreadPoolExecutor(threads) as pool:
        # A few chunks ahead at most, so that memory stays bounded however many pairs there are.
        ahead = 2 * threads
        waiting = [pool.submit(work, begin) for begin in begins[:ahead]]
        for number in range(len(begins)):
            if number + ahead < len(begins):
                waiting.append(pool.submit(work, begins[number + ahead]))
            try:
                yield number / len(begins), waiting[number].result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
            waiting[number].cancel()


def _decide(tree: Tree, corners: IntArray, rows: Int64Array) -> npt.NDArray[np.bool_]:
    """Decide pairs of rows exactly."""
    one, two = corners[rows[:, 0]], corners[rows[:, 1]]
    same = one[:, :, None] == two[:, None, :]
    shared = same.sum(axis=(1, 2))
    out = shared >= 3
    points = tree.corners.reshape(-1, 3, 3)
    apart = np.flatnonzero(shared == 0)
    out[apart] = triangles_meet(points[rows[apart, 0]], points[rows[apart, 1]])
    wedge = np.flatnonzero(shared == 1)
    first = same[wedge].any(axis=2).argmax(axis=1)
    second = same[wedge].any(axis=1).argmax(axis=1)
    step = np.array([1, 2])
    here, there = points[rows[wedge, 0]], points[rows[wedge, 1]]
    at = np.arange(len(wedge))
    out[wedge] = wedges_cross(
        here[at, first],
        here[at[:, None], (first[:, None] + step) % 3],
        there[at[:, None], (second[:, None] + step) % 3],
    )
    return np.asarray(out)
