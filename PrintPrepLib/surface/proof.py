"""The proof that a simplified surface keeps its tolerance, both ways; asked again only for what changed since."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..mesh import Mesh
from ..progress import Progress, part
from ..spatial import SurfaceIndex, index_of
from ..spatial.within import ACCOUNTED, held_within
from .collapse import Collapse

Int64Array = npt.NDArray[np.int64]


class Proof:
    """What is proven of a simplification so far.

    A triangle of the simplified surface is known by the original triangle that it was: as long as none of its corners
    gets its detail back it stays the same, and what is proven of it, and by it, stays proven.

    Parameters
    ----------
    index : SurfaceIndex
        Of the original.
    tolerance_mm : float
        No place of either surface may be farther than this from the other.
    """

    def __init__(self, index: SurfaceIndex, tolerance_mm: float) -> None:
        self._index, self._tolerance = index, tolerance_mm
        count = len(index.mesh.faces)
        self._near_original = np.zeros(count, bool)
        self._near_simplified = np.zeros(count, bool)
        self._holders = np.full((count, ACCOUNTED), -1, np.int64)
        """Original triangles whose simplified forms hold each original triangle."""
        self._accounted = np.ones(count, bool)

    def beyond(
        self, state: Collapse, simplified: Mesh, groups: Int64Array, sources: Int64Array, progress: Progress
    ) -> Int64Array:
        """Groups next to which a place of either surface lies beyond the tolerance from the other, ascending.

        Parameters
        ----------
        state : Collapse
            The state.
        simplified, groups, sources
            What ``state.mesh()`` gave.
        """
        asked = np.flatnonzero(~self._near_original[sources])
        faces = simplified.faces[asked]
        held = held_within(self._index, simplified.vertices, faces, self._tolerance, part(progress, 0.0, 0.5))
        self._near_original[sources[asked]] = held.proven
        bad = [groups[faces[~held.proven]].ravel()]
        original = state.original
        asked = np.flatnonzero(~self._near_simplified)
        faces = original.faces[asked]
        index = index_of(simplified)
        held = held_within(index, original.vertices, faces, self._tolerance, part(progress, 0.5, 1.0))
        self._near_simplified[asked] = held.proven
        self._holders[asked] = np.where(held.holders >= 0, sources[held.holders], -1)
        self._accounted[asked] = held.accounted
        bad.append(state.group[faces[~held.proven]].ravel())
        return np.unique(np.concatenate(bad))

    def forget(self, state: Collapse, opening: Int64Array) -> None:
        """Forget what was proven of, or by, triangles that change when these groups get their detail back."""
        opened = np.zeros(len(state.group), bool)
        opened[opening] = True
        touched = np.asarray(opened[state.group][state.original.faces].any(axis=1))
        self._near_original[touched] = False
        lost = (touched[self._holders] & (self._holders >= 0)).any(axis=1) | ~self._accounted
        self._near_simplified[lost] = False
