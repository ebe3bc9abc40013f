"""Vertices moved as planned, in small steps, and taken back where the surface would cross itself."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, Mesh
from ..progress import Progress, part, silent
from ..spatial.constants import WALL_COSINE
from .air import Air
from .growth import Growth
from .meetings import blades_at, meetings, near_changed
from .patch import Patch
from .rows import all_in_row, any_in_row

STEPS = 5
"""Steps of the way: room and faces are looked at anew after each."""
CLEAR_SHARE = 1e-3
"""Vertices keep this share of the limit away from air that must stay free."""
INWARD_ROUNDS = 6
"""Faces of a corner that a way is turned off one after the other."""
MOST_RETREATS = 14
RETREAT = 0.7
"""Share of its way that a vertex of a crossing triangle keeps at each retreat,"""
LAST_RETREATS = 9
"""and from this one on it keeps none."""
NUDGES, NUDGE = 4, 0.995
"""Triangles that only touch are moved by so little, so often, before they are taken for crossings."""
EVENINGS = 4
"""Edges that became ridges, and triangles that turned over beside a wall, are first cured by evening out the ways of
their corners, so often."""
RIDGE = WALL_COSINE
"""Cosine between the normals of two neighbors below which their edge itself reads as a wall of no thickness: where
growth leaves one, the place would stay thin however far it grows."""
RAMP = 0.5
"""From a vertex that kept nothing of its way to one that kept all of it are at least so many limits."""
EVEN_ROUNDS = 3
"""Rings over which that is evened out."""
STUCK = 0.9
"""A vertex that kept less than this share of its way is named in the receipt."""

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def pushed_out(
    patch: Patch, growth: Growth, air: Air | None, limit_mm: float, progress: Progress = silent
) -> tuple[Patch, FloatArray]:
    """Move the vertices of a patch.

    No vertex moves into the model as it was, nor into air that must stay free. Where triangles cross afterwards, or
    have become a blade, the surface round them goes back, part of the way first and the whole way in the end. The
    triangles stay what they are, so that parts, holes and tunnels do.

    Parameters
    ----------
    patch : Patch
        Manifold.
    growth : Growth
        Where each vertex should go, from where it stands.
    air : Air, optional
        What must stay free.
    limit_mm : float
        Wanted wall: the scale of tolerances.

    Returns
    -------
    patch : Patch
        The same triangles, moved.
    stuck : (k, 3) float64
        Vertices that did not go as far as asked.
    """
    left = np.where(patch.fixed[:, None], 0.0, growth.move)
    touched = any_in_row(any_in_row(left)[patch.faces])
    before = Mesh(patch.original, patch.faces[touched], "")
    corners, normals = before.faces.T.ravel(), np.tile(before.face_normals(), (3, 1))
    for number in range(STEPS):
        progress(0.4 * number / STEPS, "Moving the surface")
        patch, left = _step(patch, left, 1.0 / (STEPS - number), air, limit_mm, corners, normals)
    patch, stuck = _without_crossings(patch, growth.beside, limit_mm, part(progress, 0.4, 1.0))
    return patch, patch.vertices[stuck]


def _step(
    patch: Patch,
    left: FloatArray,
    share: float,
    air: Air | None,
    limit: float,
    corners: npt.NDArray[np.int32],
    normals: FloatArray,
) -> tuple[Patch, FloatArray]:
    rows = np.flatnonzero(any_in_row(left))
    way = _not_inward(len(left), rows, left[rows] * share, corners, normals)
    if air is not None:
        length = np.linalg.norm(way, axis=1)
        room = np.maximum(air.room(patch.vertices[rows])[0] - CLEAR_SHARE * limit, 0.0)
        way = way * np.minimum(room / np.maximum(length, np.finfo(float).tiny), 1.0)[:, None]
    go = np.zeros_like(left)
    go[rows] = way
    return patch.moved_to(patch.vertices + go), left - go


def _not_inward(
    count: int, rows: Ints, way: FloatArray, corners: npt.NDArray[np.int32], normals: FloatArray
) -> FloatArray:
    """Take from the way of vertices what leads into the model as it was, one face at a time.

    Given are the corners (k,) of the faces as they were round all vertices that move, each with its face's normal.
    """
    full = np.zeros((count, 3))
    full[rows] = way
    for _ in range(INWARD_ROUNDS):
        depth = np.einsum("ij,ij->i", full[corners], normals)
        worst = np.flatnonzero(depth < -1e-6)
        if not len(worst):
            break
        worst = worst[np.lexsort((depth[worst], corners[worst]))]
        vertex, first = np.unique(corners[worst], return_index=True)
        worst = worst[first]
        full[vertex] -= depth[worst, None] * normals[worst]
    return full[rows]


def _without_crossings(patch: Patch, beside: Bools, limit: float, progress: Progress) -> tuple[Patch, Ints]:
    """Take the surface back towards where it was wherever it crosses itself or has become a blade, evenly."""
    way = patch.vertices - patch.original
    moves = any_in_row(way)
    length = np.linalg.norm(patch.original[patch.edges[:, 0]] - patch.original[patch.edges[:, 1]], axis=1)
    share = np.ones(len(way))
    everywhere = np.ones(len(patch.edges), bool)
    blade_before = blades_at(patch, patch.original, everywhere)
    ridge_before = blades_at(patch, patch.original, everywhere, RIDGE)
    found = meetings(patch, near_changed(patch, np.arange(len(patch.faces)), moves, 0.0))
    blade = blades_at(patch, patch.vertices, everywhere)
    ridge = blades_at(patch, patch.vertices, everywhere, RIDGE)
    look: Ints | None = None
    for number in range(MOST_RETREATS):
        progress(number / MOST_RETREATS, "Checking that the surface does not cross itself")
        bad, touch = np.zeros(len(way), bool), np.zeros(len(way), bool)
        bad[patch.faces[found.crossing]] = True
        # Mere contacts come from rounding in flat places: a hair's breadth ends them, or else they count as crossings.
        (touch if number < NUDGES else bad)[patch.faces[np.concatenate([found.crossing, found.touching])]] = True
        folded = np.zeros(len(way), bool)
        if number < EVENINGS:
            folded[patch.edges[ridge & ~ridge_before]] = True
        if number < LAST_RETREATS:
            blades = patch.edges[blade & ~blade_before]
            cured = any_in_row(beside[blades]) & (number < EVENINGS)
            folded[blades[cured]] = True
            bad[blades[~cured]] = True
        still = any_in_row(way) & (share > 0.0)
        bad &= still
        touch &= still & ~bad
        if not bad.any() and not folded.any() and not touch.any():
            break
        before, way_before = share, way
        if folded.any():
            way = _evened_out(way, folded, ~patch.fixed, patch.edges)
        share = np.where(bad, RETREAT * share if number < LAST_RETREATS else 0.0, share)
        share = np.where(touch, NUDGE * share, share)
        share = _even(share, patch.edges, length / (RAMP * limit))
        patch = patch.moved_to(patch.original + share[:, None] * way)
        changed = (share != before) | any_in_row(way != way_before)
        if look is None:  # all that follows happens here
            look = near_changed(patch, np.arange(len(patch.faces)), changed, limit)
        found = found.after(patch, look, changed)
        again = any_in_row(changed[patch.faces])
        again = again[patch.sides[0]] | again[patch.sides[1]]
        blade = np.where(again, blades_at(patch, patch.vertices, again), blade)
        ridge = np.where(again, blades_at(patch, patch.vertices, again, RIDGE), ridge)
    return patch, np.flatnonzero((share < STUCK) & any_in_row(way))


def _evened_out(way: FloatArray, chosen: Bools, may: Bools, edges: Ints) -> FloatArray:
    """Give the chosen vertices and those round them the mean of their neighbors' ways."""
    first, second = edges.T
    chosen = chosen.copy()
    chosen[edges[any_in_row(chosen[edges])]] = True
    chosen &= may
    count = np.bincount(edges.ravel(), minlength=len(way))
    out = way.copy()
    for axis in range(3):
        along = way[:, axis]
        total = np.bincount(first, along[second], len(way)) + np.bincount(second, along[first], len(way))
        out[:, axis] = np.where(chosen, 0.5 * along + 0.5 * total / np.maximum(count, 1), along)
    return out


def _even(share: FloatArray, edges: Ints, rise: FloatArray) -> FloatArray:
    """Let the share rise from where it is low no steeper than asked."""
    share = share.copy()
    low = np.flatnonzero(share < 1.0)
    near = np.zeros(len(share), bool)
    near[low] = True
    for _ in range(EVEN_ROUNDS):
        near[edges[any_in_row(near[edges])]] = True
    rows = all_in_row(near[edges])
    edges, rise = edges[rows], rise[rows]
    for _ in range(EVEN_ROUNDS):
        np.minimum.at(share, edges[:, 0], share[edges[:, 1]] + rise)
        np.minimum.at(share, edges[:, 1], share[edges[:, 0]] + rise)
    return share
