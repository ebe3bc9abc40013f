"""The rounds of thickening: what is near, bars moved whole, growth, and the measure after each."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..mesh import FloatArray, Mesh
from ..progress import Progress, part
from ..spatial import exact_weld
from ..topology import edge_counts
from .account import thickness_near
from .air import Air, narrow_air
from .drawn import drawn_bars, moved_whole
from .growth import Direction, grow
from .patch import crop, within
from .push import pushed_out
from .reach import within_reach
from .struts import struts_of
from .walls import Walls, measure_near
from .ways import LONGEST

MARGINS = (1.04, 1.05, 1.06, 1.08)
"""Walls become thicker than wanted by this in each round: what the chords of curved sides take, and a little more each
time that the measure still finds a thin place."""
WORTH_ANOTHER = 0.85
"""Another round is worth its time where this one left no more than this share of the thin area."""
WHOLE_LEAVES = 0.2
"""Bars moved before they are split must not leave more than this share of the thin area: else they are split first."""
WHOLE_TRIES, WHOLE_MORE, WHOLE_MOST = 3, 1.005, 1.1
"""Where the measure still finds a thin place, they grow by what it misses and a little, at most by the last."""


@dataclass
class State:
    """The model on its way through the rounds."""

    mesh: Mesh
    walls: Walls
    near: FloatArray
    achieved: list[FloatArray] = field(default_factory=list)
    air: Air | None = None
    struts: FloatArray | None = None
    held: list[FloatArray] = field(default_factory=list)
    left_out: list[FloatArray] = field(default_factory=list)
    equal: int = 0
    grown: int = 0
    rounds: int = 0
    crossings: int = 0
    contacts: int = 0


def look_round(
    state: State, original: Mesh, wanted: float, direction: Direction, keep_gap: float, progress: Progress
) -> None:
    """Find what is near thin walls, and the air there that must stay free."""
    state.near = state.walls.mesh.vertices[state.walls.thickness_mm < wanted]
    most = 0.5 * wanted if direction is Direction.BOTH else wanted
    piece = original.submesh(crop(original, state.near, 3.0 * most + 2.0 * keep_gap))
    state.air = narrow_air(piece, state.near, most, keep_gap, progress)


def whole_bars(state: State, limit: float) -> None:
    """Move round bars that were drawn before any triangle is split, where that cures them."""
    walls, best, margin = state.walls, state.walls.thin_area_mm2, MARGINS[0]
    original = state.mesh
    for number in range(WHOLE_TRIES):
        radius = 0.5 * margin * limit
        struts = struts_of(walls, original, radius, state.air)
        drawn = drawn_bars(walls, struts, original, radius) if struts.vertices.any() else None
        moved = None if drawn is None else moved_whole(original, *drawn, state.air, limit)
        if moved is None:
            return
        patch, places = moved
        grown = exact_weld(patch.put_back(original)).without_unused_vertices()
        counts = edge_counts(grown)
        if counts.open_edges or counts.non_manifold_edges:
            return
        now = measure_near(grown, limit, state.near)
        if now.thin_area_mm2 > (best if number else WHOLE_LEAVES * best):
            return
        best = now.thin_area_mm2
        state.mesh, state.walls, state.struts, state.rounds = grown, now, places, number + 1
        state.grown = int(np.count_nonzero(struts.vertices))
        state.achieved, state.held = [thickness_near(now, state.near, limit)], [struts.held_at]
        if not now.thin.any():
            return
        margin = min(margin * WHOLE_MORE * limit / max(now.thinnest_mm, 1e-9), WHOLE_MOST)


def is_cured(state: State, limit: float) -> bool:
    """Tell whether no wall is thin but at bars that were moved whole: to split these would only make them wavy."""
    thin = state.walls.mesh.vertices[state.walls.thin]
    if state.struts is None or not len(thin):
        return not len(thin)
    return bool(within(thin[:, None].repeat(3, axis=1), state.struts, 2.0 * limit).all())


def one_round(
    state: State,
    original: Mesh,
    limit: float,
    margin: float,
    direction: Direction,
    transition: float,
    progress: Progress,
) -> bool:
    """Grow once where the walls are thin and measure again; tell whether another round may help."""
    radius = 0.5 * margin * limit
    walls, first = state.walls, state.rounds == 0
    share = part(progress, 0.2, 0.3)
    growth = grow(
        walls,
        state.mesh,
        radius,
        direction,
        transition,
        state.air,
        share,
        keep_openings=first,
        struts_near=state.struts,
    )
    if first:
        state.struts = growth.struts_at
    state.held.append(growth.held_at)
    if not growth.move.any():
        return False
    most = LONGEST * radius * (1.0 if direction is Direction.BOTH else 2.0)
    growth = within_reach(growth, walls.patch, original, most)
    patch, stuck = pushed_out(walls.patch, growth, state.air, limit, part(progress, 0.3, 0.8))
    state.left_out.append(stuck)
    if first:
        state.equal, state.grown = int(np.count_nonzero(growth.equal)), len(growth.equal)
    grown = exact_weld(patch.put_back(state.mesh)).without_unused_vertices()
    counts = edge_counts(grown)
    if counts.open_edges or counts.non_manifold_edges:
        return False  # vertices met in single precision: what was before is sound
    state.rounds += 1
    near = state.near if first else walls.mesh.vertices[walls.thin]
    now = measure_near(grown, limit, near, part(progress, 0.8, 1.0))
    if now.thin_area_mm2 >= walls.thin_area_mm2:
        return first  # what was before is better; where all is edge, the next round may do better
    state.mesh = grown
    state.achieved.append(thickness_near(now, state.near, limit))
    state.walls = now
    return bool(now.thin.any()) and (first or now.thin_area_mm2 < WORTH_ANOTHER * walls.thin_area_mm2)
