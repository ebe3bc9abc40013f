"""Where pins would about stand in a section, within some milliseconds, for a preview: on a grid, not proven.

The section, and what lies under and over it at a few depths, is drawn on one grid; a pin may stand where the grid
leaves its hole and wall free at all those depths. The cut itself looks for places anew and proves them in space.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ...mesh import FloatArray
from ..pins.choose import APART_DIAMETERS, FEW_AREA_MM2, SOME_AREA_MM2
from ..pins.kinds import Pin, PinShape, PinType, Point
from ..pins.request import SECTION_SHARE, PinRequest, Size, needs_of, sizes_for
from ..pins.room import Room
from ..pins.spread import SPREAD_KEPT, spread_mm, spread_places
from .plane import CutPlane
from .quick_section import Fate, QuickSection, Slicer3D, inside_loops, segments_of

CELLS = 200
"""Cells of the grid along the section's longer side."""
DEPTHS = 2
"""The deepest hole is looked at in so many steps on each side."""
MOST_PLACES = 600
"""About so many places are looked at for pins of one size."""
REFINEMENTS = 12
"""Moves and halvings of the step while the widest circle is looked for, from one cell on."""
REACH_CELLS = 2.0 * 1.5 * REFINEMENTS
"""Sides further beyond the nearest one than this are left out meanwhile: twice the longest way of the place."""

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Circle:
    """The widest circle that lies in a section, local coordinates."""

    at: tuple[float, float]
    diameter_mm: float


@dataclass(frozen=True)
class QuickPin:
    """About where a pin would stand: its axis points up from the lower face."""

    at_mm: Point
    axis: Point
    diameter_mm: float
    length_mm: float
    hole_mm: float
    """Diameter of the room that it needs: its hole with the wall round it."""
    below_mm: float = 0.0
    """How far a loose dowel or a magnet reaches down as well."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Cells over a section: the middle of the first one, their width, and their numbers along both axes."""

    first: FloatArray
    cell_mm: float
    shape: tuple[int, int]

    def places(self, rows: npt.NDArray[np.integer[Any]]) -> FloatArray:
        """Middles (k, 2) of cells given as (k, 2) numbers along the second and the first axis."""
        return np.asarray(self.first + self.cell_mm * np.asarray(rows, np.float64)[:, ::-1])


def widest_circle(section: QuickSection) -> Circle | None:
    """Return the widest circle within the regions that are cut; None where there are none."""
    loops = section.loops(Fate.CUT)
    if not loops:
        return None
    grid = _grid_over(loops)
    mask = fill(segments_of(loops), grid)
    if not mask.any():  # thinner than the grid can show
        return None
    room = ndimage.distance_transform_edt(mask)
    place = grid.places(np.array([np.unravel_index(int(room.argmax()), room.shape)]))[0]
    a, b = segments_of(loops)
    near = _edge_distances(a, b, place[None])[0]
    close = near <= near.min() + REACH_CELLS * grid.cell_mm  # others cannot come nearer while the place moves so little
    best, step = -np.inf, grid.cell_mm
    around = np.array([(x, y) for x in (-1.0, 0.0, 1.0) for y in (-1.0, 0.0, 1.0)])
    for _ in range(REFINEMENTS):
        tried = place + step * around
        distance = _edge_distances(a[close], b[close], tried).min(axis=1)
        if distance.max() > best:
            best, place = float(distance.max()), tried[int(distance.argmax())]
        else:
            step /= 2.0
    return Circle((float(place[0]), float(place[1])), 2.0 * best) if inside_loops(loops, place[None])[0] else None


def quick_pins(
    slicer: Slicer3D, section: QuickSection, asked: PinRequest, widest_mm: float, kerf_mm: float = 0.0
) -> tuple[tuple[QuickPin, ...], int]:
    """Choose sizes and places about as the cut does, all regions that are cut taken for one seam.

    Returns
    -------
    pins : tuple of QuickPin
        Empty where none fits.
    wanted : int
        How many the seam should get.
    """
    area = section.area_mm2()
    wanted = asked.count if asked.count is not None else 1 if area < FEW_AREA_MM2 else 2 if area < SOME_AREA_MM2 else 3
    loops = section.loops(Fate.CUT)
    if wanted == 0 or not loops:
        return (), wanted
    plane = section.plane
    sizes = _usable(asked, sizes_for(asked, widest_mm), widest_mm)
    tried = [(size, *_room(plane, asked, size, kerf_mm)) for size in sizes]
    tried = [one for one in tried if 2.0 * one[1] <= widest_mm]
    if not tried:
        return (), wanted
    grid = _grid_over(loops)
    levels = _levels(slicer, plane, grid, fill(segments_of(loops), grid), max(one[2] for one in tried), kerf_mm)
    smallest = _places_of(tried[-1], grid, levels, wanted)
    if not len(smallest):
        return (), wanted
    least = SPREAD_KEPT * spread_mm(smallest)
    (size, radius, _), places = tried[-1], smallest
    for one in tried[:-1]:  # the largest first
        found = _places_of(one, grid, levels, wanted)
        if len(found) >= len(smallest) and spread_mm(found) >= least:
            (size, radius, _), places = one, found
            break
    at = plane.to_world(np.column_stack([places, np.full(len(places), -kerf_mm / 2.0)]))
    below = 0.0 if asked.kind is PinType.PLUG else size.length_mm
    return tuple(
        QuickPin(_point(one), plane.normal, size.diameter_mm, size.length_mm, 2.0 * radius, below) for one in at
    ), wanted


def _usable(asked: PinRequest, sizes: Sequence[Size], widest_mm: float) -> Sequence[Size]:
    if asked.diameter_mm is not None:
        return sizes
    return [size for size in sizes if size.diameter_mm <= SECTION_SHARE * widest_mm] or sizes[-1:]


def _room(plane: CutPlane, asked: PinRequest, size: Size, kerf_mm: float) -> tuple[float, float]:
    """Radius and depth that a pin takes with its hole and the walls round it."""
    pin = Pin(
        kind=asked.kind,
        shape=asked.shape or PinShape.ROUND,
        diameter_mm=size.diameter_mm,
        length_mm=size.length_mm,
        at_mm=plane.point_mm,
        axis=plane.normal,
        turn=_point(plane.axes[0]),
        clearance=asked.clearance,
        kerf_mm=kerf_mm,
        taper_deg=asked.taper_deg,
    )
    needs = needs_of(pin, asked.wall_mm)
    both = (needs.below, needs.above)
    return max(hole.radius_mm + hole.wall_mm for hole in both), max(hole.depth_mm + hole.wall_mm for hole in both)


def _levels(
    slicer: Slicer3D, plane: CutPlane, grid: Grid, mask: Bools, deepest_mm: float, kerf_mm: float
) -> list[tuple[float, FloatArray]]:
    """Room round every cell, mm, down to a few depths on both sides, each less deep one within it."""
    out = []
    for number in range(1, DEPTHS + 1):
        depth = deepest_mm * number / DEPTHS
        for side in (-1.0, 1.0):
            mask = mask & fill(slicer.sides(plane.moved(side * (kerf_mm / 2.0 + depth))), grid)
        # The middle of a cell at the edge lies half a cell from it.
        out.append((depth, grid.cell_mm * (ndimage.distance_transform_edt(mask) - 0.5)))
    return out


def _places_of(
    tried: tuple[Size, float, float], grid: Grid, levels: Sequence[tuple[float, FloatArray]], wanted: int
) -> FloatArray:
    """Places (k, 2) for pins of one size, whose radius and depth with the walls are known."""
    size, radius, depth = tried
    free = next(room for level, room in levels if level >= depth * (1.0 - 1e-9))
    return _places(grid, free, radius, wanted, APART_DIAMETERS * size.diameter_mm)


def _places(grid: Grid, free: FloatArray, radius_mm: float, wanted: int, apart_mm: float) -> FloatArray:
    rows = np.argwhere(free >= radius_mm)
    step = int(np.sqrt(len(rows) / MOST_PLACES)) + 1
    if step > 1:  # a wide section needs no fine choice
        rows = rows[(rows[:, 0] % step == 0) & (rows[:, 1] % step == 0)]
    if not len(rows):
        return np.empty((0, 2))
    spare = free[rows[:, 0], rows[:, 1]] - radius_mm
    places = grid.places(rows)
    none = np.empty((len(rows), 0))
    room = Room(places, spare, none, none, np.empty(0), grid.cell_mm)
    return np.asarray(places[spread_places(room, spare, wanted, apart_mm)])


def _grid_over(loops: Sequence[FloatArray]) -> Grid:
    low = np.min([loop.min(axis=0) for loop in loops], axis=0)
    high = np.max([loop.max(axis=0) for loop in loops], axis=0)
    cell = float((high - low).max()) / CELLS
    columns, rows = (int(count) + 3 for count in (high - low) / cell)
    return Grid(low - cell, cell, (rows, columns))  # one empty cell all round


def fill(sides: tuple[FloatArray, FloatArray], grid: Grid) -> Bools:
    """Cells whose middle lies inside closed lines, holes left out: each side flips what lies right of it in a row."""
    rows, columns = grid.shape
    flips = np.zeros((rows, columns + 1), np.int64)
    if len(sides[0]):
        a, b = (np.asarray((ends - grid.first) / grid.cell_mm) for ends in sides)
        low, high = np.minimum(a[:, 1], b[:, 1]), np.maximum(a[:, 1], b[:, 1])
        begin = np.clip(np.ceil(low).astype(np.int64), 0, rows)
        count = np.maximum(np.clip(np.ceil(high).astype(np.int64), 0, rows) - begin, 0)
        side = np.repeat(np.arange(len(a)), count)
        row = np.repeat(begin - np.concatenate([[0], np.cumsum(count)[:-1]]), count) + np.arange(len(side))
        share = (row - a[side, 1]) / (b[side, 1] - a[side, 1])
        column = np.ceil(a[side, 0] + share * (b[side, 0] - a[side, 0])).astype(np.int64)
        np.add.at(flips, (row, np.clip(column, 0, columns)), 1)
    return np.asarray(np.cumsum(flips, axis=1)[:, :columns] % 2 == 1)


def _edge_distances(a: FloatArray, b: FloatArray, points: FloatArray) -> FloatArray:
    """Distance (k, m) of a few points (k, 2) from m sides."""
    way = b - a
    length = np.maximum((way * way).sum(axis=1), np.finfo(np.float64).tiny)
    from_a = points[:, None] - a
    share = np.clip((from_a[..., 0] * way[:, 0] + from_a[..., 1] * way[:, 1]) / length, 0.0, 1.0)
    rest = from_a - share[..., None] * way
    return np.asarray(np.hypot(rest[..., 0], rest[..., 1]))


def _point(values: FloatArray) -> Point:
    x, y, z = (float(value) for value in values)
    return x, y, z
