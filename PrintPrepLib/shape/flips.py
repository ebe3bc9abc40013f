"""Edges turned in flat places, so that long thin triangles become better ones and the surface stays where it is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, Mesh
from ..topology import edge_table
from .rows import any_in_row

MOST_ROUNDS = 12
"""Rounds of turning edges that share no corner."""
LEAST_GAIN = 1e-3
"""Sum of both opposite cotangents, below zero by this, that is worth a turn."""
POOR = 0.2
"""Triangles of a worse shape (1 is equilateral) are improved, and those round them."""

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Faces = npt.NDArray[np.int32]


def flipped(
    vertices: FloatArray, original: FloatArray, faces: Faces, chosen: Ints, kind: Ints, flat_mm: float
) -> Faces:
    """Turn edges that are not Delaunay where the surface, as it is and as it was, is flat across them.

    Two triangles that share an edge cover the same flat quadrilateral either way. Turning those whose opposite angles
    add up to more than 180 degrees makes the smallest angles as large as they can be (Lawson 1977).

    Parameters
    ----------
    vertices, original : (n, 3) float64
        Where the vertices are, and where they were.
    faces : (m, 3) int32
    chosen : (k,) int64
        Triangles that may change.
    kind : (m,) int64
        Only triangles of one kind are joined otherwise.
    flat_mm : float
        An edge may be turned where the old and the new one pass each other within this.
    """
    faces = faces.copy()
    poor = np.zeros(len(vertices), bool)
    poor[faces[chosen[quality(vertices, faces[chosen]) < POOR]]] = True
    chosen = chosen[any_in_row(poor[faces[chosen]])]
    for _ in range(MOST_ROUNDS):
        turned = _one_round(vertices, original, faces, chosen, kind, flat_mm)
        if not len(turned):
            break
        around = np.zeros(len(vertices), bool)
        around[turned] = True
        chosen = chosen[any_in_row(around[faces[chosen]])]
    return faces


def _one_round(at: FloatArray, original: FloatArray, faces: Faces, chosen: Ints, kind: Ints, flat_mm: float) -> Ints:
    piece = faces[chosen]
    table = edge_table(Mesh(at, piece, ""))
    sides = table.of_face.ravel()
    order = np.argsort(sides, kind="stable")
    begin = np.searchsorted(sides[order], np.arange(len(table.face_count)))
    inner = np.flatnonzero((table.face_count == 2) & (table.winding == 0))
    first, second = order[begin[inner]], order[begin[inner] + 1]
    same = kind[chosen[first // 3]] == kind[chosen[second // 3]]
    first, second = first[same], second[same]
    a = piece[first // 3, first % 3].astype(np.int64)
    b = piece[first // 3, (first + 1) % 3].astype(np.int64)
    c = piece[first // 3, (first + 2) % 3].astype(np.int64)
    d = piece[second // 3, (second + 2) % 3].astype(np.int64)
    excess = -(_cotangent(at, a, b, c) + _cotangent(at, b, a, d))
    pick = np.flatnonzero((excess > LEAST_GAIN) & (c != d))
    pick = pick[_is_flat(at, a[pick], b[pick], c[pick], d[pick], flat_mm)]
    pick = pick[_is_flat(original, a[pick], b[pick], c[pick], d[pick], flat_mm)]
    if not len(pick):
        return pick
    # One flip for each triangle and its neighbors at a time; the new edge must not be there yet.
    low, high = np.minimum(c[pick], d[pick]), np.maximum(c[pick], d[pick])
    begins = np.zeros(len(at), bool)
    begins[low] = True
    near = faces[begins[faces[:, 0]] | begins[faces[:, 1]] | begins[faces[:, 2]]]
    pick = pick[~np.isin(low * len(at) + high, _edge_keys(near, len(at)))]
    pick = pick[np.argsort(-excess[pick], kind="stable")]
    rank = np.full(len(at), len(pick), np.int64)
    for corner in (a, b, c, d):
        np.minimum.at(rank, corner[pick], np.arange(len(pick)))
    own = np.arange(len(pick))
    free = np.ones(len(pick), bool)
    for corner in (a, b, c, d):
        free &= rank[corner[pick]] == own
    pick = pick[free]
    if not len(pick):
        return pick
    faces[chosen[first[pick] // 3]] = np.stack([a[pick], d[pick], c[pick]], axis=1)
    faces[chosen[second[pick] // 3]] = np.stack([d[pick], b[pick], c[pick]], axis=1)
    return np.concatenate([a[pick], b[pick], c[pick], d[pick]])


def quality(at: FloatArray, faces: Faces) -> FloatArray:
    """Shape of triangles, (k,): 1 where all sides are as long, 0 where there is no area."""
    a, b, c = (at[faces[:, corner]] for corner in range(3))
    sides = sum(np.einsum("ij,ij->i", u, u) for u in (b - a, c - b, a - c))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    return np.asarray(2.0 * np.sqrt(3.0) * area / np.maximum(sides, np.finfo(float).tiny))


def _edge_keys(faces: Faces, count: int) -> Ints:
    """One number for each side of each triangle."""
    start, stop = faces.astype(np.int64), faces[:, (1, 2, 0)].astype(np.int64)
    return (np.minimum(start, stop) * count + np.maximum(start, stop)).ravel()


def _cotangent(at: FloatArray, a: Ints, b: Ints, apex: Ints) -> FloatArray:
    """Cotangent of the angle at the apex, (k,)."""
    u, v = at[a] - at[apex], at[b] - at[apex]
    area = np.linalg.norm(np.cross(u, v), axis=1)
    return np.asarray(np.einsum("ij,ij->i", u, v) / np.maximum(area, 1e-30))


def _is_flat(at: FloatArray, a: Ints, b: Ints, c: Ints, d: Ints, flat_mm: float) -> npt.NDArray[np.bool_]:
    """Tell where both diagonals of the quadrilateral a d b c cross, within a distance."""
    ab, cd, ac = at[b] - at[a], at[d] - at[c], at[c] - at[a]
    normal = np.cross(ab, cd)
    size = np.linalg.norm(normal, axis=1)
    safe = np.maximum(size, 1e-30)
    apart = np.abs(np.einsum("ij,ij->i", normal, ac)) / safe
    along_ab = np.einsum("ij,ij->i", np.cross(ac, cd), normal) / safe**2
    along_cd = np.einsum("ij,ij->i", np.cross(ac, ab), normal) / safe**2
    inside = (along_ab > 1e-3) & (along_ab < 1 - 1e-3) & (along_cd > 1e-3) & (along_cd < 1 - 1e-3)
    return np.asarray((size > 1e-14) & (apart <= flat_mm) & inside)
