"""Proof that whole triangles, not only points of them, lie within a distance of a surface."""

from __future__ import annotations

from dataclasses import dataclass
from threading import local

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, IntArray, Mesh
from ..progress import Progress, part, silent
from .index import SurfaceIndex
from .search import closest_on_triangles
from .threads import LEAST_COMPILED_CHUNK, in_threads, run_chunks
from .tree import Int64Array, morton_order

SURELY_SHARE = 0.02
"""A triangle is cut until its pieces are shorter than this share of the distance. What is not proven by then lies at
the distance itself, but for that share, and counts as beyond it."""
HALVE_EVERY = 4
"""In every so manieth round pieces are cut in the middle, so that they surely become shorter."""
FROM_END = 0.05
"""Elsewhere they are cut where two triangles of the surface are equally far, but so much of the side from its end."""
STEPS = 8
"""Steps of bisection to that place."""
BLOCK = 200_000
"""Triangles that numpy proves at a time: their pieces take a few hundred bytes each."""
CHUNK = 8192
"""Triangles that a thread takes at a time with numba."""
LEAST = 1000
"""Pieces that are worth a thread: each takes some hundred nanoseconds."""
ACCOUNTED = 8
"""Most triangles of the surface that are named as holding one triangle."""

PROVING = "Proving the tolerance"
_NEXT = np.array((1, 2, 0))


@dataclass(frozen=True, eq=False)
class Held:
    """What is proven of some triangles.

    Attributes
    ----------
    proven : (k,) bool
        Whether all of the triangle lies within the distance.
    holders : (k, 8) int64
        Triangles of the surface that prove it together, -1 where there are fewer.
    accounted : (k,) bool
        Whether ``holders`` names all of them.
    """

    proven: npt.NDArray[np.bool_]
    holders: Int64Array
    accounted: npt.NDArray[np.bool_]


def held_within(
    index: SurfaceIndex, vertices: FloatArray, faces: IntArray, distance_mm: float, progress: Progress = silent
) -> Held:
    """Tell for each triangle whether all of it lies within a distance of a surface.

    The distance from one triangle of the surface is a convex function of space. So where all three corners are within
    the limit of the same one, all between them are. What no triangle holds alone is cut in two, along the places that
    are as far from one as from another, until it is held or a corner beyond the limit is found.

    With numba most triangles are proven sooner: where a patch of the surface covers all of one, seen along its normal,
    and nothing of it there is higher than the limit. So a triangle that reaches the distance to within 2 % may be
    proven by numba and not by numpy.

    Parameters
    ----------
    index : SurfaceIndex
        Of the surface.
    vertices : (n, 3) float64
        LPS mm.
    faces : (k, 3) int
        The triangles in question.
    distance_mm : float
        Above zero.
    """
    count = len(faces)
    held = Held(np.zeros(count, bool), np.full((count, ACCOUNTED), -1, np.int64), np.ones(count, bool))
    if not count:
        return held
    left = np.arange(count)
    if index.kernels is not None:
        left = _compiled(index, vertices, faces, distance_mm, held, part(progress, 0.0, 0.9))
        progress = part(progress, 0.9, 1.0)
    for begin in range(0, len(left), BLOCK):
        progress(begin / len(left), PROVING)
        _prove(index, vertices, faces, left[begin : begin + BLOCK], distance_mm, held)
    return held


def _compiled(
    index: SurfaceIndex, vertices: FloatArray, faces: IntArray, limit: float, held: Held, progress: Progress
) -> Int64Array:
    """Prove by patches, in threads; returns what is left over."""
    from . import _kernels_within as kernels

    tree = index.tree
    number = np.zeros(len(faces), np.int64)
    row_of_face = np.empty(len(tree.faces), np.int64)
    row_of_face[tree.faces] = np.arange(len(tree.faces))
    beside = index.mesh.derived("face neighbors", _face_neighbors)[tree.faces]
    neighbors = np.where(beside >= 0, row_of_face[beside], -1)
    stamps = local()

    def work(chosen: Int64Array) -> None:
        if not hasattr(stamps, "of_row"):
            stamps.of_row = np.zeros(len(tree.faces), np.int32)
        kernels.prove(
            vertices, faces, chosen, limit, tree.corners, tree.starts, tree.boxes, neighbors, stamps.of_row,
            held.holders, number,
        )  # fmt: skip

    run_chunks(work, morton_order(vertices[faces[:, 0]], compiled=True), CHUNK, progress, PROVING, LEAST_COMPILED_CHUNK)
    named = held.holders >= 0
    held.holders[named] = tree.faces[held.holders[named]]
    held.proven[:] = number > 0
    held.accounted[:] = number <= ACCOUNTED
    return np.flatnonzero(number == 0)


def _face_neighbors(mesh: Mesh) -> Int64Array:
    """Triangle across each side (0-1, 1-2, 2-0) of each triangle, (m, 3); -1 where there is not just one."""
    faces, size = mesh.faces.astype(np.int64), len(mesh.vertices)
    ends = faces[:, _NEXT]
    key = (np.minimum(faces, ends) * size + np.maximum(faces, ends)).ravel()
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    same = np.append(ordered[1:] == ordered[:-1], False)
    pair = same & ~np.append(False, same[:-1]) & ~np.append(same[1:], False)
    first = np.flatnonzero(pair)
    out = np.full(len(key), -1, np.int64)
    out[order[first]], out[order[first + 1]] = order[first + 1] // 3, order[first] // 3
    return out.reshape(-1, 3)


def _prove(
    index: SurfaceIndex, vertices: FloatArray, faces: IntArray, chosen: Int64Array, limit: float, held: Held
) -> None:
    """Prove some triangles with numpy, all pieces of a round at once."""
    row_of_face = np.empty(len(index.tree.faces), np.int64)
    row_of_face[index.tree.faces] = np.arange(len(index.tree.faces))
    used, corner = np.unique(faces[chosen], return_inverse=True)
    found = index.closest(vertices[used], max_distance_mm=limit).faces
    rows = np.where(found >= 0, row_of_face[found], -1)[corner.reshape(-1, 3)]
    near = (rows >= 0).all(axis=1)
    held.proven[chosen] = near
    owner, rows = chosen[near], rows[near]
    cells = vertices[faces[owner]]
    named = np.zeros(len(held.proven), np.int64)
    held.holders[chosen], held.accounted[chosen] = -1, True
    level = 0
    while True:
        holder = _holder(index, cells, rows, limit)
        _account(held, named, owner[holder >= 0], index.tree.faces[holder[holder >= 0]])
        open_ = np.flatnonzero((holder < 0) & held.proven[owner])
        owner, cells, rows = owner[open_], cells[open_], rows[open_]
        if not len(owner):
            return
        level += 1
        side, share = _cuts(index, cells, rows, halve=level % HALVE_EVERY == 0)
        pick = np.arange(len(owner))
        start, end = cells[pick, side], cells[pick, _NEXT[side]]
        middle = start + share[:, None] * (end - start)
        found = index.closest(middle, max_distance_mm=limit).faces
        short = ((end - start) ** 2).sum(axis=1) < (SURELY_SHARE * limit) ** 2
        held.proven[owner[(found < 0) | short]] = False
        keep = np.flatnonzero(held.proven[owner])
        owner, side, middle, row = owner[keep], side[keep], middle[keep], row_of_face[found[keep]]
        cells, rows = np.repeat(cells[keep], 2, axis=0), np.repeat(rows[keep], 2, axis=0)
        # The first half loses the end of the side that was cut, the second its start.
        first = 2 * np.arange(len(owner))
        cells[first, _NEXT[side]], rows[first, _NEXT[side]] = middle, row
        cells[first + 1, side], rows[first + 1, side] = middle, row
        owner = np.repeat(owner, 2)


def _account(held: Held, named: Int64Array, owner: Int64Array, face: Int64Array) -> None:
    """Note which triangles hold which."""
    pairs = np.unique(np.stack([owner, face], axis=1), axis=0)
    known = (held.holders[pairs[:, 0]] == pairs[:, 1:]).any(axis=1)
    owner, face = pairs[~known].T
    place = named[owner] + np.arange(len(owner)) - np.searchsorted(owner, owner)
    fits = place < ACCOUNTED
    held.holders[owner[fits], place[fits]] = face[fits]
    held.accounted[owner[~fits]] = False
    np.add.at(named, owner, 1)


def _holder(index: SurfaceIndex, cells: FloatArray, rows: Int64Array, limit: float) -> Int64Array:
    """Which of the three rows of each cell is within the limit of all its corners, (k,); -1 where none is."""
    out = np.full(len(cells), -1, np.int64)
    if index.kernels is not None:
        from . import _kernels_cells as kernels

        corners = index.tree.corners
        in_threads(
            lambda begin, end: kernels.holders(cells, rows, limit * limit, corners, begin, end, out), len(cells), LEAST
        )
        return out
    for candidate in range(3):
        left = np.flatnonzero(out < 0)
        row = rows[left, candidate]
        inside = np.ones(len(left), bool)
        for corner in range(3):
            inside &= closest_on_triangles(cells[left, corner], index.tree.corners[row])[0] <= limit * limit
        out[left[inside]] = row[inside]
    return out


def _cuts(index: SurfaceIndex, cells: FloatArray, rows: Int64Array, *, halve: bool) -> tuple[Int64Array, FloatArray]:
    """Side of each cell that is cut (0 from corner 0 to 1, ...), and at which share of its length."""
    between = cells[:, _NEXT] - cells
    length2 = (between**2).sum(axis=2)
    if not halve:  # where both ends have the same triangle nearest there is no place between two
        length2 = np.where(rows == rows[:, _NEXT], -1.0, 1.0) * length2
    side = np.argmax(length2, axis=1)
    if halve:
        return side, np.full(len(cells), 0.5)
    pick = np.arange(len(cells))
    a, b = rows[pick, side], rows[pick, _NEXT[side]]
    start, way = cells[pick, side], between[pick, side]
    if index.kernels is not None:
        from . import _kernels_cells as kernels

        out, corners = np.empty(len(cells)), index.tree.corners
        in_threads(
            lambda begin, end: kernels.bisect(
                start, way, a, b, corners, FROM_END, 1.0 - FROM_END, STEPS, begin, end, out
            ),
            len(cells),
            LEAST,
        )
        return side, out
    low, high = np.full(len(cells), FROM_END), np.full(len(cells), 1.0 - FROM_END)
    for _ in range(STEPS):
        share = 0.5 * (low + high)
        at = start + share[:, None] * way
        nearer = closest_on_triangles(at, index.tree.corners[a])[0] < closest_on_triangles(at, index.tree.corners[b])[0]
        low, high = np.where(nearer, share, low), np.where(nearer, high, share)
    return side, 0.5 * (low + high)
