"""How far from the model as it was a vertex may end, however many rounds push it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..mesh import Mesh
from ..spatial import index_of
from .growth import Growth
from .patch import Patch


def within_reach(growth: Growth, patch: Patch, original: Mesh, most_mm: float) -> Growth:
    """Shorten the ways that would lead farther off the original surface than any wall of the limit needs.

    Parameters
    ----------
    growth : Growth
        What this round asks of the vertices of the patch.
    patch : Patch
        Where they stand.
    original : Mesh
        The model before the first round.
    most_mm : float
        Farthest that a vertex may end from there.
    """
    rows = np.flatnonzero(growth.move.any(axis=1))
    if not len(rows):
        return growth
    index = index_of(original)
    ends = patch.vertices[rows] + growth.move[rows]
    rows = rows[np.isinf(index.closest(ends, most_mm).distance_mm)]
    if not len(rows):
        return growth
    # A step never takes a vertex farther off than it is long.
    room = np.maximum(most_mm - index.closest(patch.vertices[rows]).distance_mm, 0.0)
    move = growth.move.copy()
    move[rows] *= np.minimum(room / np.linalg.norm(move[rows], axis=1), 1.0)[:, None]
    return replace(growth, move=move)
