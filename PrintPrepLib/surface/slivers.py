"""Slivers that storing folds: mended in a small part of the surface, with all the rest left bit for bit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import GeometryError
from ..mesh import FloatArray, Mesh, concatenate
from ..spatial import exact_weld
from ..topology import non_manifold_vertices
from .crop import triples
from .defects import as_stored, is_clean
from .doubles import drop_doubles
from .known import crossings_of, edges_of, pinches_of
from .nearby import grow, touching, triangles_near
from .pinches import part_pinches
from .untangle import untangle

BOUND_SHARES = (2e-5, 2e-4, 2e-3)
"""Bounds of untangling, as shares of the model's diagonal (4, 40 and 400 um on a skull): the least that does."""
RINGS = 8
"""Rings of triangles round each defect that are looked at: the largest patch of untangling and its border fit in."""
MOST_SHARE = 0.2
"""Where more of the surface than this lies near defects, they are not local."""
PATIENCE = 4
"""Crossings that withstand every means before it is given up."""
BORDER_ROUNDS = 8
"""So often the part is enlarged where its border meets itself in a vertex."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Mended:
    """A clean surface, and how far a vertex or a patch moved at most, mm: no more than the sum of all that was done."""

    mesh: Mesh
    moved_mm: float


def mended_slivers(mesh: Mesh, old: Mask | None = None) -> Mended | None:
    """Mend what storing in single precision folds, near the places only; None where that does not make it clean.

    Around each defect a part is cut out, and degenerate triangles, pinches and crossings are cured there. It is put
    back only if its border stayed as it was to the bit, and the whole is proven clean then: its topology as a whole,
    crossings of the new triangles with all near them (of the others none crossed another). Vertices that are not
    moved keep their double precision.

    Parameters
    ----------
    mesh : Mesh
        Closed and manifold before it is stored; result of a boolean.
    old : (n,) bool, optional
        Vertices that were there before the boolean. Crossings among old triangles alone are not mended: None.
    """
    stored = exact_weld(as_stored(mesh))
    marked = _marked(stored, None if old is None else _of_stored(mesh, stored, old))
    if marked is None or not marked.any():
        return None
    diagonal = float(np.linalg.norm(np.diff(stored.bounds, axis=0)))
    taken = _taken(stored, marked, 2.0 * BOUND_SHARES[-1] * diagonal)
    if taken.mean() > MOST_SHARE:
        return None
    part = stored.submesh(taken)
    try:
        parting = part_pinches(drop_doubles(part).mesh)
        new, moved = as_stored(parting.mesh), parting.moved_mm if parting.vertices or parting.edges else 0.0
        # What the least bound cured stays as it is: only the rest is moved farther.
        for share in BOUND_SHARES:
            new, report = untangle(new, bound_mm=share * diagonal, patience=PATIENCE)
            new, moved = as_stored(new), moved + report.max_mm
            if report.faces_after == 0:
                break
    except GeometryError:
        return None
    if report.faces_after or new.is_empty or not np.array_equal(_border(part), _border(new)):
        return None
    rest = stored.submesh(~taken)
    faces = np.concatenate([rest.faces, new.faces + len(rest.vertices)]).astype(np.int32)
    whole = exact_weld(Mesh(np.concatenate([rest.vertices, new.vertices]), faces, mesh.name)).without_unused_vertices()
    whole = _unrounded(whole, mesh)
    return Mended(whole, moved) if _is_clean_now(whole, new, part) else None


def _is_clean_now(whole: Mesh, new: Mesh, part: Mesh) -> bool:
    """Whether the whole is clean, where its other triangles are known not to cross one another.

    All crossings of the surface before were among triangles that are not there any more, and those of the new part
    among themselves are known to be none. So only its triangles that were not in the old part are to be looked at, with
    what is near them.
    """
    if not is_clean(whole, crossings=False):
        return False
    stored = exact_weld(as_stored(whole))
    both = exact_weld(concatenate([part, new])).faces
    key = triples(both)
    corners = new.triangles[~np.isin(key[len(part.faces) :], key[: len(part.faces)])]
    if not len(corners):
        return True
    near = triangles_near(stored, corners.min(axis=1), corners.max(axis=1))
    return not len(crossings_of(stored.submesh(near)).faces)


def _unrounded(whole: Mesh, mesh: Mesh) -> Mesh:
    """Give the vertices that stand where they stood the coordinates that they had before they were stored."""
    stored = as_stored(mesh)
    if stored is mesh:
        return whole
    both = np.concatenate([stored.vertices, whole.vertices])
    number = exact_weld(Mesh(both, np.repeat(np.arange(len(both), dtype=np.int32)[:, None], 3, axis=1))).faces[:, 0]
    first = np.full(len(both), -1)
    first[number[: len(stored.vertices)][::-1]] = np.arange(len(stored.vertices))[::-1]
    was = first[number[len(stored.vertices) :]]
    return whole.with_vertices(np.where(was[:, None] >= 0, mesh.vertices[was], whole.vertices))


def _of_stored(mesh: Mesh, stored: Mesh, old: Mask) -> Mask:
    """The same marks for the triangles of the stored mesh: those whose vertices are all old."""
    return ~touching(~old, mesh.faces) if len(stored.faces) == len(mesh.faces) else np.zeros(0, bool)


def _marked(stored: Mesh, old: Mask | None) -> Mask | None:
    """Triangles of the stored surface that are a defect or meet one."""
    found, faces = crossings_of(stored), stored.faces
    if old is not None and len(found.pairs) and old[np.asarray(found.pairs)].all(axis=1).any():
        return None
    table = edges_of(stored)
    a, b, c = faces.T
    marked = (a == b) | (b == c) | (c == a)
    marked[np.asarray(found.faces)] = True
    marked |= touching((table.face_count > 2) | (table.winding != 0), table.of_face)
    pinched = np.zeros(len(stored.vertices), bool)
    pinched[pinches_of(stored)] = True
    return np.asarray(marked | touching(pinched, faces))


def _taken(stored: Mesh, marked: Mask, reach: float) -> Mask:
    corners = stored.vertices[stored.faces[marked]]
    taken = grow(marked, stored.faces, len(stored.vertices), RINGS)
    taken |= triangles_near(stored, corners.min(axis=1) - reach, corners.max(axis=1) + reach)
    for _ in range(BORDER_ROUNDS):
        part = Mesh(stored.vertices, stored.faces[taken])
        table = edges_of(part)
        at_border = np.zeros(len(stored.vertices), bool)
        at_border[table.vertices[table.face_count == 1]] = True
        pinched = np.zeros(len(stored.vertices), bool)
        pinched[non_manifold_vertices(part, table)] = True
        pinched &= at_border
        more = touching(pinched, stored.faces) & ~taken
        if not more.any():
            break
        taken |= more
    return taken


def _border(mesh: Mesh) -> FloatArray:
    """Open edges (k, 6) by the coordinates of their ends, in an order that does not depend on numbers."""
    table = edges_of(mesh)
    ends = mesh.vertices[table.vertices[table.face_count == 1]]
    first, second = ends[:, 0], ends[:, 1]
    swap = np.zeros(len(ends), bool)
    for axis in (2, 1, 0):
        swap = np.where(first[:, axis] == second[:, axis], swap, first[:, axis] > second[:, axis])
    rows = np.concatenate([np.where(swap[:, None], second, first), np.where(swap[:, None], first, second)], axis=1)
    return np.asarray(rows[np.lexsort(rows.T)])
