"""How much room there is for pins: the distance from places beside a cut to every surface a pin must keep away from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...mesh import FloatArray
from ...progress import Progress, part, silent
from ...spatial import SurfaceIndex
from ..cut.plane import CutPlane
from ..cut.section import contains_2d, edge_distance_2d

if TYPE_CHECKING:
    import manifold3d

MOST_PLACES = 2_500
"""Places of a section that are looked at: on one of 20 cm2 they stand 0.9 mm apart."""
FINEST_GRID_MM = 0.15
COARSEST_GRID_MM = 2.0
LEVEL_SHARE = 0.25
"""Levels below and above a cut stand this share of the radius sought apart, so that little hides between two."""
LEVELS_AT_ONCE = 6
"""Levels that are asked together: fewer calls, and places that turn out too narrow are still left early."""
FINEST_LEVEL_MM = 0.05
PROOF_SPACINGS_MM = (0.6, 0.12)
"""Spacing of the points of a proof: wide ones first, close ones only where they decide."""

Bools = npt.NDArray[np.bool_]


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

    surfaces: tuple[SurfaceIndex, ...]
    rods: tuple[Rod, ...] = ()

    def distance(self, points: FloatArray, reach_mm: float) -> FloatArray:
        """Distance (k,) of points (k, 3) from the nearest of them, at most the reach."""
        out = np.full(len(points), reach_mm)
        for surface in self.surfaces:
            out = np.minimum(out, surface.closest(points, reach_mm).distance_mm)
        for rod in self.rods:
            start, along = np.array(rod.start_mm), np.array(rod.stop_mm) - np.array(rod.start_mm)
            share = np.clip((points - start) @ along / max(float(along @ along), 1e-30), 0.0, 1.0)
            out = np.minimum(out, np.linalg.norm(points - start - share[:, None] * along, axis=1) - rod.radius_mm)
        return out


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
        Distance from the part's surface at each level, down from the face of the part below and up from the one above;
        minus infinity where it was not asked, since even the smallest pin does not fit.
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
    """
    holes = [(needs.below, needs.above) for needs in every]
    least = min(hole.radius_mm + hole.wall_mm for pair in holes for hole in pair)
    reach = max(hole.radius_mm + hole.wall_mm for pair in holes for hole in pair)
    deepest = max(hole.depth_mm for pair in holes for hole in pair)
    places, grid = _places(outline, least)
    edge = edge_distance_2d(outline, places)
    step = max(LEVEL_SHARE * least, FINEST_LEVEL_MM)
    levels = np.append(np.arange(0.0, deepest, step), deepest)
    tables = []
    for number, sign in enumerate((-1.0, 1.0)):
        share = part(progress, 0.5 * number, 0.5 + 0.5 * number)
        # Either side may carry the foot: what counts is the easiest that any pin asks for at this depth.
        needed = np.min([np.where(levels <= hole.depth_mm + 1e-9, hole.needed(levels), 0.0) for pair in holes
                         for hole in pair], axis=0)  # fmt: skip
        table = np.full((len(places), len(levels)), -np.inf)
        alive = np.flatnonzero(edge >= least)
        for begin in range(0, len(levels), LEVELS_AT_ONCE):
            if not len(alive):
                break
            rows = np.arange(begin, min(begin + LEVELS_AT_ONCE, len(levels)))
            share(begin / len(levels), "Looking for room for pins")
            heights = np.repeat(sign * (kerf_mm / 2.0 + levels[rows]), len(alive))
            local = np.column_stack([np.tile(places[alive], (len(rows), 1)), heights])
            found = around.side(sign).distance(plane.to_world(local), reach).reshape(len(rows), len(alive)).T
            table[np.ix_(alive, rows)] = found
            alive = alive[(found >= needed[rows]).all(axis=1)]
        tables.append(table)
    return Room(places, edge, tables[0], tables[1], levels, grid)


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
        for spacing in PROOF_SPACINGS_MM:
            local = _hole_points(hole, spacing) * np.array([1.0, 1.0, sign])
            local += np.array([*place, sign * kerf_mm / 2.0])
            points = plane.to_world(local)
            found = around.side(sign).distance(points, hole.radius_mm + 2.0 * hole.wall_mm)
            row = int(found.argmin())
            spare = float(found[row]) - hole.wall_mm - spacing / np.sqrt(2.0)
            if spare >= 0.0 or float(found[row]) < hole.wall_mm:
                break
        if spare < worst:
            worst, where = spare, points[row]
    return worst, where


def _hole_points(hole: Cylinder, spacing: float) -> FloatArray:
    """Points (k, 3) all over the side and the bottom of a hole, no farther apart than the spacing."""
    heights = np.linspace(0.0, hole.depth_mm, max(2, int(np.ceil(hole.depth_mm / spacing)) + 1))
    rings = [(hole.radius_mm, height) for height in heights]
    radii = np.linspace(0.0, hole.radius_mm, max(2, int(np.ceil(hole.radius_mm / spacing)) + 1))
    rings += [(radius, hole.depth_mm) for radius in radii[:-1]]
    out = []
    for radius, height in rings:
        angles = np.linspace(0.0, 2.0 * np.pi, max(1, int(np.ceil(2.0 * np.pi * radius / spacing))), endpoint=False)
        out.append(np.stack([radius * np.cos(angles), radius * np.sin(angles), np.full(len(angles), height)], axis=1))
    return np.concatenate(out)


def _places(outline: manifold3d.CrossSection, least_mm: float) -> tuple[FloatArray, float]:
    """Grid points inside the outline; a grid finer than needed only where few fit."""
    low_x, low_y, high_x, high_y = outline.bounds()
    grid = float(np.clip(np.sqrt(outline.area() / MOST_PLACES), FINEST_GRID_MM, COARSEST_GRID_MM))
    grid = max(min(grid, 0.5 * least_mm), float(np.sqrt(outline.area() / (4.0 * MOST_PLACES))), 1e-3)
    counts = [max(1, int(np.ceil((high - low) / grid))) for low, high in ((low_x, high_x), (low_y, high_y))]
    # Centered, so that a symmetric section has places on its axis.
    x = 0.5 * (low_x + high_x) + grid * (np.arange(-(counts[0] // 2), counts[0] // 2 + 1))
    y = 0.5 * (low_y + high_y) + grid * (np.arange(-(counts[1] // 2), counts[1] // 2 + 1))
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return np.ascontiguousarray(points[contains_2d(outline, points)]), grid
