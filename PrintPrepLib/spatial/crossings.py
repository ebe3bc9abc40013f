"""Triangles of a surface that cross others: found with the tree, decided exactly or by MeshLab's rule."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from ..engine import Engine, is_compiled
from ..mesh import IntArray, Mesh, concatenate
from ..progress import Progress, silent
from . import overlaps
from .cached import index_of
from .meshlab_rule import meshlab_meets
from .pairs import Meeting, triangles_meet, wedges_meet
from .threads import MAX_THREADS
from .tree import Int64Array, Tree, build_tree
from .weld import exact_weld

LEAVES_AT_ONCE = 4096  # leaves a thread takes at a time: some 100 000 candidate pairs, tens of megabytes in numpy
FIRST_ROOM = 65536  # pairs of a chunk that numba has room for; it is run again with more where that is too few
DECIDE_AT_ONCE = 100_000  # pairs decided at once: some 100 MB
MESHLAB_NOISE = 1e-14  # share of the largest coordinate by which rounding can make MeshLab see a crossing


class Rule(Enum):
    """What counts as a crossing.

    ``CROSSING``: triangles that truly pass through each other, and triangles that are there twice. Exact.
    ``CONTACT``: besides, triangles that touch or lie on each other without sharing the vertices there. Exact.
    ``MESHLAB``: what MeshLab counts, in plain doubles with its tolerances: every crossing but the smallest, and those
    contacts that rounding happens to turn into one. For comparing counts with MeshLab.
    """

    CROSSING = "crossing"
    CONTACT = "contact"
    MESHLAB = "meshlab"


@dataclass(frozen=True, eq=False)
class Crossings:
    """Triangles that cross others.

    Attributes
    ----------
    faces : (k,) int64
        Triangles that take part, ascending.
    pairs : (p, 2) int64
        Who crosses whom, lower number first, ascending.
    """

    faces: Int64Array
    pairs: Int64Array


def self_crossings(
    mesh: Mesh, progress: Progress = silent, *, rule: Rule = Rule.MESHLAB, engine: Engine = Engine.AUTO
) -> Crossings:
    """Find every pair of triangles that cross.

    Vertices at exactly the same place count as one. Triangles that share two of them are neighbors and never cross;
    that share all three are the same triangle twice and always do; for those that share one or none see
    :func:`~.pairs.wedges_meet` and :func:`~.pairs.triangles_meet`. Triangles that use a vertex twice are left out.
    Exact rules use doubles with an error bound (Shewchuk 1997) and whole numbers for what they cannot tell.

    Parameters
    ----------
    mesh : Mesh
        Any triangles.
    progress : Progress
        May cancel.
    rule : Rule
        What counts.
    engine : Engine
        Both engines give the same pairs.
    """
    (found,) = _find(mesh, (rule,), progress, engine)
    return found


def crossings_and_contacts(
    mesh: Mesh, progress: Progress = silent, *, engine: Engine = Engine.AUTO
) -> tuple[Crossings, Crossings]:
    """Find what crosses by ``Rule.CROSSING`` and by ``Rule.MESHLAB`` in one search, for the price of one."""
    exact, as_meshlab = _find(mesh, (Rule.CROSSING, Rule.MESHLAB), progress, engine)
    return exact, as_meshlab


def _find(mesh: Mesh, rules: tuple[Rule, ...], progress: Progress, engine: Engine) -> list[Crossings]:
    nothing = [Crossings(np.empty(0, np.int64), np.empty((0, 2), np.int64)) for _ in rules]
    if mesh.is_empty:
        return nothing
    welded = exact_weld(mesh)
    faces = welded.faces
    whole = np.flatnonzero((faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0]))
    if not len(whole):
        return nothing
    as_given = len(whole) == len(mesh.faces) and welded is mesh
    tree = index_of(mesh).tree if as_given else build_tree(welded.vertices, faces[whole], compiled=is_compiled(engine))
    ids = np.ascontiguousarray(faces[whole[tree.faces]])
    loose = MESHLAB_NOISE * float(np.abs(tree.boxes[1]).max()) if Rule.MESHLAB in rules else 0.0
    found: list[list[Int64Array]] = [[np.empty((0, 2), np.int64)] for _ in rules]
    waiting: list[Int64Array] = []

    def decide() -> None:
        rows = np.concatenate([np.empty((0, 2), np.int64), *waiting])
        waiting.clear()
        for begin in range(0, len(rows), DECIDE_AT_ONCE):
            some = rows[begin : begin + DECIDE_AT_ONCE]
            later = tree.faces[some[:, 0]] > tree.faces[some[:, 1]]
            some[later] = some[later, ::-1]
            for rule, pairs in zip(rules, found, strict=True):
                pairs.append(some[_decide(tree, ids, some, rule)])

    for done, rows in _suspects(tree, ids, loose, engine):
        progress(done, "Looking for triangles that cross")
        waiting.append(rows)
        if sum(map(len, waiting)) >= DECIDE_AT_ONCE:  # a few at a time would cost more to hand over than to decide
            decide()
    decide()
    progress(1.0, "Looking for triangles that cross")
    return [_in_order(whole[tree.faces[np.concatenate(pairs)]]) for pairs in found]


def _in_order(pairs: Int64Array) -> Crossings:
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    return Crossings(np.unique(pairs), pairs)


def crossings_between(
    a: Mesh, b: Mesh, progress: Progress = silent, *, rule: Rule = Rule.CONTACT, engine: Engine = Engine.AUTO
) -> Int64Array:
    """Find the pairs of a triangle of one mesh and a triangle of another that meet.

    Returns
    -------
    (p, 2) int64
        Triangle of ``a``, triangle of ``b``, ascending; by the rule of :func:`self_crossings`, where vertices at the
        same place are shared.
    """
    if a.is_empty or b.is_empty:
        return np.empty((0, 2), np.int64)
    found = self_crossings(concatenate([a, b]), progress, rule=rule, engine=engine).pairs
    across = (found[:, 0] < len(a.faces)) & (found[:, 1] >= len(a.faces))
    return np.asarray(found[across] - np.array([0, len(a.faces)]))


def _suspects(tree: Tree, ids: IntArray, loose: float, engine: Engine) -> Iterator[tuple[float, Int64Array]]:
    """Yield pairs of rows that doubles alone do not clear, with the share of the work done."""
    kernels: Any = None
    if is_compiled(engine):
        from . import _kernels_pairs

        kernels = _kernels_pairs

    def work(begin: int) -> Int64Array:
        end = min(begin + LEAVES_AT_ONCE, tree.leaves)
        if kernels is None:
            return overlaps.suspects(tree, ids, begin, end, loose)
        room = FIRST_ROOM
        while True:
            out = np.empty((room, 2), np.int64)
            count = int(kernels.suspects(tree.corners, ids, tree.starts, tree.boxes, begin, end, loose, out))
            if count <= room:
                return out[:count].copy()
            room = count

    begins = range(0, tree.leaves, LEAVES_AT_ONCE)
    threads = min(MAX_THREADS, os.cpu_count() or 1, len(begins))
    ahead = 2 * threads  # chunks under way at most, so that memory stays bounded however many pairs there are
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(work, begin) for begin in begins[:ahead]]
        try:
            for number in range(len(begins)):
                rows = waiting.pop(0).result()
                if number + ahead < len(begins):
                    waiting.append(pool.submit(work, begins[number + ahead]))
                yield number / len(begins), rows
        finally:
            pool.shutdown(cancel_futures=True)


def _decide(tree: Tree, ids: IntArray, rows: Int64Array, rule: Rule) -> npt.NDArray[np.bool_]:
    """Decide pairs of rows, the triangle with the lower number first."""
    points = tree.corners.reshape(-1, 3, 3)
    one, two = ids[rows[:, 0]], ids[rows[:, 1]]
    if rule is Rule.MESHLAB:
        return meshlab_meets(points[rows[:, 0]], points[rows[:, 1]], one, two)
    least = Meeting.CROSS if rule is Rule.CROSSING else Meeting.TOUCH
    same = one[:, :, None] == two[:, None, :]
    shared = same.sum(axis=(1, 2))
    out = shared == 3
    none = np.flatnonzero(shared == 0)
    touching = least is Meeting.TOUCH
    out[none] = triangles_meet(points[rows[none, 0]], points[rows[none, 1]], touching=touching) >= least
    wedge = np.flatnonzero(shared == 1)
    first, second = same[wedge].any(axis=2).argmax(axis=1), same[wedge].any(axis=1).argmax(axis=1)
    here, there = points[rows[wedge, 0]], points[rows[wedge, 1]]
    at, step = np.arange(len(wedge)), np.array([1, 2])
    others, their_others = (first[:, None] + step) % 3, (second[:, None] + step) % 3
    out[wedge] = wedges_meet(here[at, first], here[at[:, None], others], there[at[:, None], their_others]) >= least
    return np.asarray(out)
