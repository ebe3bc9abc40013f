"""How much room there is for pins: the distance from places beside a cut to every surface a pin must keep away from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...mesh import FloatArray
from ...progress import Progress, part, silent
from ...spatial import SurfaceIndex
from ..cut.plane import CutPlane
from ..cut.section import contains_2d

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
PROOF_STEP_MM = 0.05
"""Levels of the proof of one place; half of it is taken off every distance that was found there."""

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Needs:
    """Free radius and depth that a pin needs in the part below (with its foot) and in the one above (with its hole)."""

    radius_below_mm: float
    depth_below_mm: float
    radius_above_mm: float
    depth_above_mm: float

    def flipped(self) -> Needs:
        """Return the needs with below and above exchanged."""
        return Needs(self.radius_above_mm, self.depth_above_mm, self.radius_below_mm, self.depth_below_mm)


@dataclass(frozen=True)
class Rod:
    """A pin that is there already, with its hole: nothing may come nearer than its radius."""

    start_mm: tuple[float, float, float]
    stop_mm: tuple[float, float, float]
    radius_mm: float


@dataclass(frozen=True, eq=False)
class Surroundings:
    """All that a pin must keep away from: the model's surface, other cut faces, other pins."""

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
class Room:
    """Distances at the places of one section.

    Attributes
    ----------
    places : (k, 2) float64
        In the plane's local coordinates.
    below_mm, above_mm : (k, m) float64
        Least distance met down to each level, seen from the face of the part below, and up from the one above.
    levels_mm : (m,) float64
        Depth of the levels below the faces.
    grid_mm : float
        Distance between neighboring places.
    """

    places: FloatArray
    below_mm: FloatArray
    above_mm: FloatArray
    levels_mm: FloatArray
    grid_mm: float

    def spare(self, needs: Needs) -> FloatArray:
        """How much wider than needed it is at each place, (k,); negative where a pin does not fit, by so much."""
        return np.minimum(
            self.below_mm[:, self._level(needs.depth_below_mm)] - needs.radius_below_mm,
            self.above_mm[:, self._level(needs.depth_above_mm)] - needs.radius_above_mm,
        )

    def _level(self, depth: float) -> int:
        return min(int(np.searchsorted(self.levels_mm, depth - 1e-9)), len(self.levels_mm) - 1)


def room_of(
    outline: manifold3d.CrossSection,
    plane: CutPlane,
    kerf_mm: float,
    around: Surroundings,
    *,
    least_mm: float,
    largest_mm: float,
    deepest_mm: float,
    progress: Progress = silent,
) -> Room:
    """Measure the room round a section.

    Parameters
    ----------
    outline, plane, kerf_mm
        Of the seam.
    around : Surroundings
        What must not be met; the faces of the cut itself left out.
    least_mm, largest_mm : float
        Smallest and largest radius that may be needed. Places with less than the smallest are not followed further.
    deepest_mm : float
        Depth to which it is measured.
    """
    places, grid = _places(outline, least_mm)
    step = max(LEVEL_SHARE * least_mm, PROOF_STEP_MM)
    levels = np.append(np.arange(0.0, deepest_mm, step), deepest_mm)
    tables = []
    for number, sign in enumerate((-1.0, 1.0)):
        share = part(progress, 0.5 * number, 0.5 + 0.5 * number)
        table = np.full((len(places), len(levels)), -np.inf)
        alive = np.arange(len(places))
        least = np.full(len(places), largest_mm)
        for begin in range(0, len(levels), LEVELS_AT_ONCE):
            rows = np.arange(begin, min(begin + LEVELS_AT_ONCE, len(levels)))
            share(begin / len(levels), "Looking for room for pins")
            heights = np.repeat(sign * (kerf_mm / 2.0 + levels[rows]), len(alive))
            local = np.column_stack([np.tile(places[alive], (len(rows), 1)), heights])
            found = around.distance(plane.to_world(local), largest_mm).reshape(len(rows), len(alive))
            found = np.minimum.accumulate(np.vstack([least[alive], found]), axis=0)[1:]
            table[np.ix_(alive, rows)] = found.T
            least[alive] = found[-1]
            # What is too narrow for the smallest stays known down to here and is no better below.
            dead = least[alive] < least_mm
            table[np.ix_(alive[dead], np.arange(rows[-1], len(levels)))] = least[alive[dead], None]
            alive = alive[~dead]
            if not len(alive):
                break
        tables.append(table)
    return Room(places, tables[0], tables[1], levels, grid)


def proven_spare(
    place: FloatArray, plane: CutPlane, kerf_mm: float, around: Surroundings, needs: Needs
) -> tuple[float, FloatArray]:
    """How much wider than needed it is round one place (2,) for certain, and where (3,) it is narrowest, LPS.

    The distance from a surface changes by no more than the way that was gone, so what lies between two levels is known
    to half a step.
    """
    worst, where = np.inf, plane.to_world(place[None])[0]
    for sign, radius, depth in (
        (-1.0, needs.radius_below_mm, needs.depth_below_mm),
        (1.0, needs.radius_above_mm, needs.depth_above_mm),
    ):
        count = max(2, int(np.ceil(depth / PROOF_STEP_MM)) + 1)
        levels = np.linspace(0.0, depth, count)
        local = np.column_stack([np.tile(place, (count, 1)), sign * (kerf_mm / 2.0 + levels)])
        points = plane.to_world(local)
        found = around.distance(points, radius + 1.0)
        narrowest = int(found.argmin())
        spare = float(found[narrowest]) - 0.5 * float(levels[1] - levels[0]) - radius
        if spare < worst:
            worst, where = spare, points[narrowest]
    return worst, where


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
