"""Tiny edges along the seam between old and new surface, collapsed: single precision could not hold them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, Mesh
from ..topology import edge_table

Bools = npt.NDArray[np.bool_]

_FLIP_COSINE = 0.0
"""A collapse may turn no neighboring triangle by more than a right angle."""
_FLAT = 1e-3
"""A triangle lower than this share of its longest edge has no direction of its own."""
_PASSES = 4


def without_tiny_edges(mesh: Mesh, fixed: Bools, shortest_mm: float) -> tuple[Mesh, Bools]:
    """Collapse edges shorter than a bound that have an end which is not fixed.

    Parameters
    ----------
    mesh : Mesh
        Closed and manifold.
    fixed : (n,) bool
        Vertices that keep their place.
    shortest_mm : float
        Shorter edges are collapsed, onto their fixed end if there is one, where the surface stays manifold and no
        triangle turns over.

    Returns
    -------
    mesh : Mesh
        The same object where no edge was too short.
    fixed : (k,) bool
        For the vertices of the new mesh.
    """
    for _ in range(_PASSES):
        ends = edge_table(mesh).vertices
        length = np.linalg.norm(mesh.vertices[ends[:, 0]] - mesh.vertices[ends[:, 1]], axis=1)
        chosen = np.flatnonzero((length < shortest_mm) & ~fixed[ends].all(axis=1))
        if not len(chosen):
            break
        faces, changed = _collapsed(mesh, ends[chosen[np.argsort(length[chosen])]], fixed)
        if not changed:
            break
        used = np.zeros(len(mesh.vertices), bool)
        used[faces.ravel()] = True
        mesh, fixed = Mesh(mesh.vertices, faces, mesh.name).without_unused_vertices(), fixed[used]
    return mesh, fixed


def _collapsed(mesh: Mesh, edges: npt.NDArray[np.int64], fixed: Bools) -> tuple[npt.NDArray[np.int32], bool]:
    """Collapse what can be, shortest first; return the faces that are left and whether any was collapsed."""
    region = np.zeros(len(mesh.vertices), bool)
    region[edges.ravel()] = True
    for _ in range(2):
        rows = np.flatnonzero(region[mesh.faces].any(axis=1))
        region[mesh.faces[rows].ravel()] = True
    corners = {int(row): list(map(int, face)) for row, face in zip(rows, mesh.faces[rows].tolist(), strict=True)}
    around: dict[int, set[int]] = {}
    for row, face in corners.items():
        for vertex in face:
            around.setdefault(vertex, set()).add(row)
    # Only vertices whose every triangle is here may lose or gain some: those of the edges and their neighbors.
    points: FloatArray = mesh.vertices
    gone: set[int] = set()
    changed = False
    for first, second in edges.tolist():
        keep, lose = (first, second) if fixed[first] else (second, first)
        if fixed[lose] or keep in gone or lose in gone:
            continue
        both = around[keep] & around[lose]
        if len(both) != 2 or not _may_collapse(keep, lose, both, corners, around, points):
            continue
        for row in both:
            for vertex in corners.pop(row):
                around[vertex].discard(row)
        for row in around.pop(lose):
            face = corners[row]
            face[face.index(lose)] = keep
            around[keep].add(row)
        gone.add(lose)
        changed = True
    left = np.ones(len(mesh.faces), bool)
    faces = np.array(mesh.faces)
    for row in rows.tolist():
        if row in corners:
            faces[row] = corners[row]
        else:
            left[row] = False
    return faces[left], changed


def _may_collapse(
    keep: int, lose: int, both: set[int], corners: dict[int, list[int]], around: dict[int, set[int]], points: FloatArray
) -> bool:
    ring_keep = {vertex for row in around[keep] for vertex in corners[row]} - {keep, lose}
    ring_lose = {vertex for row in around[lose] for vertex in corners[row]} - {keep, lose}
    shared = ring_keep & ring_lose
    if len(shared) != 2 or any(len(around[vertex]) <= 3 for vertex in shared):
        return False  # more would pinch the surface
    moving = [row for row in around[lose] if row not in both]
    old = np.array([points[corners[row]] for row in moving])
    new = np.array([points[[keep if vertex == lose else vertex for vertex in corners[row]]] for row in moving])
    was, is_now = (np.cross(t[:, 1] - t[:, 0], t[:, 2] - t[:, 0]) for t in (old, new))
    size_was, size_now = np.linalg.norm(was, axis=1), np.linalg.norm(is_now, axis=1)
    sides = old - old[:, (1, 2, 0)]
    longest2 = np.einsum("fkx,fkx->fk", sides, sides).max(axis=1)
    turned = np.einsum("ij,ij->i", was, is_now) <= _FLIP_COSINE * size_was * size_now
    return not bool((turned & (size_was > _FLAT * longest2)).any())
