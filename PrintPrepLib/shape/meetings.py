"""Where the triangles of a patch meet others, kept up while few of them move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, Mesh
from ..spatial import crossings_and_contacts
from .patch import Patch, spheres, spheres_within
from .rows import any_in_row

BLADE = -0.8
"""Cosine between the normals of two neighboring triangles below which their edge is as sharp as a blade."""
MOVED_CLASSES = (90.0, 99.0)
"""Percentiles of the size of moved triangles: what they may meet is sought for those of about one size at once."""

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Meetings:
    """Pairs of triangles of a patch, in single precision: (k, 2) that cross, and (l, 2) that cross or touch."""

    exact: Ints
    contacts: Ints

    @property
    def crossing(self) -> Ints:
        """Triangles that cross others."""
        return np.unique(self.exact)

    @property
    def touching(self) -> Ints:
        """Triangles that cross or touch others."""
        return np.unique(self.contacts)

    def after(self, patch: Patch, look: Ints, changed: Bools) -> Meetings:
        """The pairs after some vertices (n,) have changed: only pairs with a triangle of theirs are asked again.

        Parameters
        ----------
        patch : Patch
            As it is now.
        look : (k,) int64
            Triangles, ascending, among which the changed ones and all that these may meet are.
        changed : (n,) bool
            Vertices.
        """
        moved = any_in_row(changed[patch.faces])
        new = meetings(patch, near_changed(patch, look, changed, 0.0))
        kept = (old[~any_in_row(moved[old])] for old in (self.exact, self.contacts))
        fresh = (pairs[any_in_row(moved[pairs])] for pairs in (new.exact, new.contacts))
        return Meetings(*(np.concatenate(both) for both in zip(kept, fresh, strict=True)))


def meetings(patch: Patch, rows: Ints) -> Meetings:
    """Find what meets among some triangles, ascending, of a patch."""
    faces = patch.faces[rows]
    used = np.zeros(len(patch.vertices), bool)
    used[faces] = True
    number = np.cumsum(used, dtype=np.int32) - np.int32(1)
    single = patch.vertices[used].astype(np.float32).astype(np.float64)
    exact, contacts = crossings_and_contacts(Mesh(single, number[faces], ""))
    return Meetings(rows[exact.pairs], rows[contacts.pairs])


def near_changed(patch: Patch, among: Ints, changed: Bools, margin: float) -> Ints:
    """Triangles among some, ascending, that may meet one of those whose corners (n,) changed: by spheres round them."""
    corners = patch.faces[among]
    moved = any_in_row(changed[corners])
    if not moved.any():
        return among[:0]
    middles, sizes = spheres(patch.vertices[corners])
    middle, size = middles[moved], sizes[moved]
    out = np.zeros(len(among), bool)
    out[moved] = True
    # Those that moved in classes of size: a few long ones must not make the search wide for all others.
    largest = np.percentile(size, MOVED_CLASSES)
    kind = np.searchsorted(largest, size)
    for number in range(len(largest) + 1):
        own = kind == number
        if own.any():
            rest = np.flatnonzero(~out)
            out[rest] = spheres_within(middles[rest], sizes[rest], middle[own], float(size[own].max()) + margin)
    return among[out]


def blades_at(patch: Patch, at: FloatArray, asked: Bools, cosine: float = BLADE) -> Bools:
    """Edges (e,) of those asked for along which two triangles stand back to back or face to face, as at a blade."""
    rows = np.flatnonzero(asked)
    first, second = patch.sides[0][rows], patch.sides[1][rows]
    used = np.zeros(len(patch.faces), bool)
    used[first] = used[second] = True
    number = np.cumsum(used) - 1
    normals = Mesh(at, patch.faces[used], "").face_normals()
    lean = np.einsum("ij,ij->i", normals[number[first]], normals[number[second]])
    out = np.zeros(len(asked), bool)
    out[rows] = (lean < cosine) & (first != second)
    return out
