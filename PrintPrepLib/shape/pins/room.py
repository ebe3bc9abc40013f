"""How much room there is for pins: the distance from places beside a cut to every surface a pin must keep away from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ...mesh import FloatArray
from ...progress import Progress, silent
from ...spatial import SurfaceIndex
from ..cut.plane import CutPlane
from ..cut.section import contains_2d, edge_distance_2d
from .hole_points import CLOSE_MM, WIDE_MM, hole_points
from .near_plane import NearPlane

if TYPE_CHECKING:
    import manifold3d

SPARE_TOLD_MM = 1.0
"""Room beyond the wall that is needed is told up to here: more is not looked for."""
FINEST_GRID_MM = 0.15
COARSEST_GRID_MM = 2.0
LEVELS_AT_ONCE = 6
"""Levels after which places that turned out too narrow are left."""
FIRST_OF = 16
"""Of so many points one is asked at first: it tells which of the others can lie nearest."""
ROUGH_SHARE = 0.03
"""Room is looked for with distances that may be this much too long: every place that is taken is proven after."""
LOOK_AHEAD_MM = 1.0
"""Surfaces are sought so much farther than they matter: where there is none, the next levels need no question."""
FINEST_LEVEL_MM = 0.05
ROUNDING_MM = 1e-9
"""Room for rounding where distances are bounded by others: some million times that of coordinates of a meter."""

Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Look:
    """How closely room is looked for.

    Attributes
    ----------
    places : int
        About how many places of a section are looked at; in narrow sections up to four times as many.
    level_share : float
        Levels below and above a cut stand this share of the radius sought apart: little hides between two.
    """

    places: int
    level_share: float


FIRST_LOOK = Look(60, 0.5)
"""Wide sections need no more."""
CLOSE_LOOK = Look(2_500, 0.25)
"""On a section of 20 cm2 these places stand 0.9 mm apart."""


@dataclass(frozen=True)
class Cylinder:
    """A hole (or a foot) seen from the face of its part: its radius, its depth, and the wall that must be round it."""

    radius_mm: float
    depth_mm: float
    wall_mm: float

    def needed(self, levels_mm: FloatArray) -> FloatArray:
        """Distance (m,) that surfaces must keep from the axis at each depth: beside the hole, or below its bottom."""
        beside = self.radius_mm + self.wall_mm
        return np.asarray(np.minimum(beside, np.maximum(self.depth_mm + self.wall_mm - levels_mm, self.wall_mm)))


@dataclass(frozen=True)
class Needs:
    """What a pin needs in the part below its seam and in the one above."""

    below: Cylinder
    above: Cylinder

    def flipped(self) -> Needs:
        """Return the needs with below and above exchanged."""
        return Needs(self.above, self.below)


@dataclass(frozen=True)
class Rod:
    """A pin that is there already, with its hole: nothing may come nearer than its radius."""

    start_mm: tuple[float, float, float]
    stop_mm: tuple[float, float, float]
    radius_mm: float


@dataclass(frozen=True, eq=False)
class Surroundings:
    """All that a pin must keep away from inside one part: its surface without the face of the seam, and other pins."""

    surfaces: tuple[SurfaceIndex | NearPlane, ...]
    rods: tuple[Rod, ...] = ()

    def distance(self, points: FloatArray, reach_mm: float | FloatArray, rough_share: float = 0.0) -> FloatArray:
        """Distance (k,) of points (k, 3) from the nearest of them, at most the reach of each.

        With a ``rough_share`` it may be told longer than it is by up to that share.
        """
        out = np.array(np.broadcast_to(reach_mm, (len(points),)), np.float64)
        for surface in self.surfaces:
            if isinstance(surface, NearPlane):
                found = surface.distance(points, np.maximum(out, 0.0), rough_share)  # below zero within another pin
            else:
                found = surface.closest(points, np.maximum(out, 0.0), rough_share=rough_share).distance_mm
            out = np.minimum(out, found)
        for rod in self.rods:
            start, along = np.array(rod.start_mm), np.array(rod.stop_mm) - np.array(rod.start_mm)
            share = np.clip((points - start) @ along / max(float(along @ along), 1e-30), 0.0, 1.0)
            out = np.minimum(out, np.linalg.norm(points - start - share[:, None] * along, axis=1) - rod.radius_mm)
        return out

    def least_distance(self, points: FloatArray, reach_mm: float) -> tuple[float, int]:
        """Least distance of many points (k, 3), at most the reach, and which of them has it; few are asked."""
        some = points[::FIRST_OF]
        apart, nearest = cKDTree(some).query(points)
        told = self.distance(some, reach_mm)[nearest]
        most = min(reach_mm, float((told + apart)[told < reach_mm].min(initial=reach_mm)) + ROUNDING_MM)
        rows = np.flatnonzero(told - apart <= most)
        found = self.distance(points[rows], reach_mm)
        row = int(found.argmin())
        return float(found[row]), int(rows[row])

    def widen(self, within_mm: float) -> None:
        """Make ready for questions about what lies within this distance of the seam."""
        for surface in self.surfaces:
            if isinstance(surface, NearPlane):
                surface.widen(within_mm)


@dataclass(frozen=True, eq=False)
class Around:
    """The surroundings in both parts of a seam; what lies across the seam is not in the way of a hole."""

    below: Surroundings
    above: Surroundings

    def side(self, sign: float) -> Surroundings:
        """Those above for a positive sign, else those below."""
        return self.above if sign > 0.0 else self.below


@dataclass(frozen=True, eq=False)
class Room:
    """Distances at the places of one section.

    Attributes
    ----------
    places : (k, 2) float64
        In the plane's local coordinates.
    edge_mm : (k,) float64
        Distance from the section's own outline.
    below_mm, above_mm : (k, m) float64
        Least distance from the part's surface from the face to each level, down in the part below and up in the one
        above, and no more than from the outline; minus infinity where even the smallest pin does not fit.
    levels_mm : (m,) float64
        Depth of the levels below the faces.
    grid_mm : float
        Distance between neighboring places.
    """

    places: FloatArray
    edge_mm: FloatArray
    below_mm: FloatArray
    above_mm: FloatArray
    levels_mm: FloatArray
    grid_mm: float

    def spare(self, needs: Needs) -> FloatArray:
        """How much wider than needed it is at each place, (k,), as far as the axis tells; negative: does not fit."""
        spare = self.edge_mm - max(hole.radius_mm + hole.wall_mm for hole in (needs.below, needs.above))
        for table, hole in ((self.below_mm, needs.below), (self.above_mm, needs.above)):
            count = min(int(np.searchsorted(self.levels_mm, hole.depth_mm + 1e-9)), len(self.levels_mm))
            spare = np.minimum(spare, (table[:, :count] - hole.needed(self.levels_mm[:count])).min(axis=1))
        return np.asarray(spare)


def room_of(
    outline: manifold3d.CrossSection,
    plane: CutPlane,
    kerf_mm: float,
    around: Around,
    every: Sequence[Needs],
    look: Look = CLOSE_LOOK,
    progress: Progress = silent,
) -> Room:
    """Measure the room round a section.

    Parameters
    ----------
    outline, plane, kerf_mm
        Of the seam.
    around : Around
        What must not be met in either part.
    every : sequence of Needs
        Of all pins that may be asked for. Places where none of them fits are not followed further.
    look : Look
        How closely.
    """
    holes = [(needs.below, needs.above) for needs in every]
    least = min(hole.radius_mm + hole.wall_mm for pair in holes for hole in pair)
    reach = max(hole.radius_mm + hole.wall_mm for pair in holes for hole in pair)
    deepest = max(hole.depth_mm for pair in holes for hole in pair)
    places, grid = _places(outline, least, look.places)
    edge = edge_distance_2d(outline, places)
    step = max(look.level_share * least, FINEST_LEVEL_MM)
    levels = np.append(np.arange(0.0, deepest, step), deepest)
    # Either side may carry the foot: what counts is the easiest that any pin asks for at a depth.
    every_hole = [hole for pair in holes for hole in pair]
    needed = np.min([np.where(levels <= hole.depth_mm + 1e-9, hole.needed(levels), 0.0) for hole in every_hole], axis=0)
    alive = np.flatnonzero(edge >= least)

    def measured(sign: float, share: Progress) -> FloatArray:
        side = around.side(sign)
        side.widen(kerf_mm / 2.0 + deepest + reach + LOOK_AHEAD_MM)

        def ask(rows: Rows, level: float, limit_mm: FloatArray) -> FloatArray:
            local = np.column_stack([places[rows], np.full(len(rows), sign * (kerf_mm / 2.0 + level))])
            return side.distance(plane.to_world(local), limit_mm, ROUGH_SHARE)

        return _down_the_levels(levels, needed, alive, np.minimum(edge, reach), ask, share)

    with ThreadPoolExecutor(1) as pool:
        above = pool.submit(measured, 1.0, silent)
        return Room(places, edge, measured(-1.0, progress), above.result(), levels, grid)


def _down_the_levels(
    levels: FloatArray,
    needed: FloatArray,
    alive: Rows,
    at_face: FloatArray,
    ask: Callable[[Rows, float, FloatArray], FloatArray],
    progress: Progress,
) -> FloatArray:
    """Least distance from the face to each level (k, m) at each place; minus infinity where no pin fits any more.

    No pin needs more room deep down than near the face, so that only what is nearer than all above it matters. From one
    level to the next a distance changes by no more than the way between, which spares most questions.
    """
    table = np.full((len(at_face), len(levels)), -np.inf)
    least_yet = at_face.copy()
    at_most, at_least = np.full(len(at_face), np.inf), np.full(len(at_face), -np.inf)
    for row, level in enumerate(levels.tolist()):
        if row % LEVELS_AT_ONCE == 0:
            progress(row / len(levels), "Looking for room for pins")
        step = (level - levels[row - 1] if row else 0.0) + ROUNDING_MM
        at_most, at_least = at_most + step, at_least - step
        asked = alive[at_least[alive] < least_yet[alive]]
        limit = np.minimum(at_most[asked], least_yet[asked] + LOOK_AHEAD_MM)
        found = ask(asked, level, limit)
        at_least[asked] = np.minimum(found, limit) / (1.0 + ROUGH_SHARE)
        at_most[asked] = np.where(found < limit, found, np.inf)
        least_yet[asked] = np.minimum(least_yet[asked], found)
        table[alive, row] = least_yet[alive]
        if (row + 1) % LEVELS_AT_ONCE == 0:
            rows = np.arange(row + 1 - LEVELS_AT_ONCE, row + 1)
            alive = alive[(table[np.ix_(alive, rows)] >= needed[rows]).all(axis=1)]
        if not len(alive):
            break
    return table


def proven_spare(
    place: FloatArray, plane: CutPlane, kerf_mm: float, around: Around, needs: Needs
) -> tuple[float, FloatArray]:
    """How much wider than needed it is round one place (2,) for certain, and where (3,) it is narrowest, LPS.

    The wall is measured from points all over both holes. A distance changes by no more than the way that was gone, so
    what lies between the points is known to half their spacing, which is taken off; where that decides, they are set
    closer.
    """
    worst, where = np.inf, plane.to_world(place[None])[0]
    for sign, hole in ((-1.0, needs.below), (1.0, needs.above)):
        points, side = hole_points(hole.radius_mm, hole.depth_mm), around.side(sign)
        wide = _placed(points.wide, place, plane, sign, kerf_mm)
        reach = hole.wall_mm + SPARE_TOLD_MM
        found = side.distance(wide, reach)
        row = int(found.argmin())
        narrow, at = float(found[row]), wide[row]
        spare = narrow - hole.wall_mm - WIDE_MM / np.sqrt(2.0)
        if spare < 0.0 and narrow >= hole.wall_mm:
            # The nearest close point is no farther than a wide one tells, and those that surely are need no question.
            told, apart = found[points.nearest], points.apart_mm
            most = min(reach, float((told + apart)[told < reach].min(initial=reach)) + ROUNDING_MM)
            close = _placed(points.close[told - apart <= most], place, plane, sign, kerf_mm)
            found = side.distance(close, most)
            row = int(found.argmin())
            narrow, at = float(found[row]), close[row]
            spare = narrow - hole.wall_mm - CLOSE_MM / np.sqrt(2.0)
        if spare < worst:
            worst, where = spare, at
    return worst, where


def surely_narrow(places: FloatArray, plane: CutPlane, kerf_mm: float, around: Around, needs: Needs) -> Bools:
    """Places (k, 2) at which the proof will fail, (k,), told from the rims of the holes; others may as well."""
    out = np.zeros(len(places), bool)
    for sign, hole in ((-1.0, needs.below), (1.0, needs.above)):
        points = hole_points(hole.radius_mm, hole.depth_mm)
        rims = np.concatenate([_placed(points.wide[points.rim], place, plane, sign, kerf_mm) for place in places])
        found = around.side(sign).distance(rims, hole.wall_mm).reshape(len(places), -1)
        out |= found.min(axis=1) < hole.wall_mm
    return out


def _placed(points: FloatArray, place: FloatArray, plane: CutPlane, sign: float, kerf_mm: float) -> FloatArray:
    """Points (k, 3) of a hole at a place, LPS; ``sign`` is 1 above the seam."""
    local = points * np.array([1.0, 1.0, sign]) + np.array([*place, sign * kerf_mm / 2.0])
    return plane.to_world(local)


def _places(outline: manifold3d.CrossSection, least_mm: float, most: int) -> tuple[FloatArray, float]:
    """Grid points inside the outline; a grid finer than needed only where few fit."""
    low_x, low_y, high_x, high_y = outline.bounds()
    grid = float(np.clip(np.sqrt(outline.area() / most), FINEST_GRID_MM, COARSEST_GRID_MM))
    grid = max(min(grid, 0.5 * least_mm), float(np.sqrt(outline.area() / (4.0 * most))), 1e-3)
    counts = [max(1, int(np.ceil((high - low) / grid))) for low, high in ((low_x, high_x), (low_y, high_y))]
    # Centered, so that a symmetric section has places on its axis.
    x = 0.5 * (low_x + high_x) + grid * (np.arange(-(counts[0] // 2), counts[0] // 2 + 1))
    y = 0.5 * (low_y + high_y) + grid * (np.arange(-(counts[1] // 2), counts[1] // 2 + 1))
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return np.ascontiguousarray(points[contains_2d(outline, points)]), grid
