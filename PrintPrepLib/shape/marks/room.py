"""The free room of a flat face, and the search of the place in it where a text may be highest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...mesh import FloatArray
from .gauge import Gauge, inside

if TYPE_CHECKING:
    import manifold3d

STARTS = 600
"""Places where the search may start. Ours: on a ring of 30 cm2 they are 2 mm apart."""
BOUNDARY_POINTS = 800
"""Places on the edges that the first, coarse look takes for all. Ours: 1 mm apart on a large section."""
CLIMBS = 8
"""Starts from which the search climbs to the best place nearby. Ours: four find the same place in all our tests."""
CLIMB_STEPS = 200
"""No climb takes more steps; ours, a stop for what cannot happen, since every step is higher or half as long."""
FINEST_MM = 0.01
"""The place is found to this; ours, far below what a printer resolves."""
FIRST_TURN = np.radians(7.5)
"""First step of turning; ours, half of the steps between the directions that are tried."""
NEAREST_GRID_MM = 0.05
"""Places to start from need not be closer; ours."""


@dataclass(frozen=True, eq=False)
class Room:
    """A face: its edges, and a grid of places within.

    Attributes
    ----------
    start, stop : (e, 2) float64
        Ends of the edges.
    spacing_mm : float
        Of the grid.
    grid : (g, 2) float64
        All places of the grid within the face.
    allowed : (g,) bool
        Places whose material beneath is thick enough.
    obstacles : (b, 2) float64
        Places that a mark must not cover.
    """

    start: FloatArray
    stop: FloatArray
    spacing_mm: float
    grid: FloatArray
    allowed: npt.NDArray[np.bool_]
    obstacles: FloatArray

    @property
    def starts(self) -> FloatArray:
        """Places from which a search may start, (k, 2)."""
        return self.grid[self.allowed]

    def without(self, forbidden: npt.NDArray[np.bool_]) -> Room:
        """Return the room without places of the grid: no search starts there, and no mark may cover them."""
        return replace(self, allowed=self.allowed & ~forbidden, obstacles=self._joined(self.grid[forbidden]))

    def with_obstacles(self, points: FloatArray) -> Room:
        """Return the room with more places that a mark must not cover."""
        return replace(self, obstacles=self._joined(points))

    def _joined(self, points: FloatArray) -> FloatArray:
        return np.concatenate([self.obstacles, points])


def room_of(free: manifold3d.CrossSection) -> Room:
    """Room of a face from its outline, holes included."""
    rings = [np.asarray(ring, np.float64) for ring in free.to_polygons()]
    start = np.concatenate(rings)
    stop = np.concatenate([np.roll(ring, -1, axis=0) for ring in rings])
    spacing = max(float(np.sqrt(free.area() / STARTS)), NEAREST_GRID_MM)
    low, high = start.min(axis=0), start.max(axis=0)
    counts = np.maximum(np.ceil((high - low) / spacing).astype(int), 1)
    lines = [low[k] + (np.arange(counts[k]) + 0.5) * ((high - low)[k] / counts[k]) for k in range(2)]
    x, y = np.meshgrid(*lines)
    grid = np.stack([x.ravel(), y.ravel()], axis=1)
    grid = grid[inside(grid, start, stop)]
    return Room(start, stop, spacing, grid, np.ones(len(grid), bool), np.empty((0, 2)))


def best_place(
    gauge: Gauge, room: Room, turns: tuple[float, ...], *, may_turn: bool, enough_mm: float
) -> tuple[float, FloatArray, float]:
    """Greatest letter height up to ``enough_mm``, its place (2,) and its turn in radians.

    A coarse look from all places of the grid in all directions, then a climb from the best of them; of equals from
    the one that is nearest to the middle of the face.
    """
    starts = room.starts
    places = np.repeat(starts, len(turns), axis=0)
    angles = np.tile(np.asarray(turns), len(starts))
    rough = np.minimum(gauge.rough_heights(places, angles, _boundary(room)), enough_mm)
    off = np.linalg.norm(places - room.grid.mean(axis=0), axis=1)
    best = (-np.inf, starts[0], 0.0)
    taken: list[FloatArray] = []
    for index in np.lexsort((off, -rough)).tolist():
        if any(float(np.abs(places[index] - other).max()) < 1.5 * room.spacing_mm for other in taken):
            continue  # its neighbor climbs to the same place
        taken.append(places[index])
        climbed = _climb(gauge, room, places[index], float(angles[index]), may_turn, enough_mm)
        if climbed[0] > best[0]:
            best = climbed
        if len(taken) == CLIMBS or best[0] >= enough_mm:
            break
    return best


def _climb(
    gauge: Gauge, room: Room, place: FloatArray, turn: float, may_turn: bool, enough_mm: float
) -> tuple[float, FloatArray, float]:
    near = _Near(room, gauge.reach_mm(enough_mm))
    height = min(float(gauge.heights(place[None], np.array([turn]), *near.edges(place))[0]), enough_mm)
    step, twist = room.spacing_mm, FIRST_TURN
    ways = np.array([[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [1, -1], [-1, 1], [-1, -1]], np.float64)
    for _ in range(CLIMB_STEPS):
        if height >= enough_mm:
            break
        places = place + step * ways
        angles = np.full(len(ways), turn)
        if may_turn:  # on the spot, and along with every move
            places = np.concatenate([places, place[None], place[None], places, places])
            angles = np.concatenate([angles, [turn + twist, turn - twist], angles + twist, angles - twist])
        heights = np.minimum(gauge.heights(places, angles, *near.edges(place)), enough_mm)
        heights[~inside(places, room.start, room.stop)] = -np.inf
        highest = int(heights.argmax())
        if heights[highest] > height:
            height, place, turn = float(heights[highest]), places[highest], float(angles[highest])
            continue
        step, twist = 0.5 * step, 0.5 * twist
        if step < FINEST_MM:
            break
    return height, place, turn


class _Near:
    """Edges and obstacles that a box may meet at a place and round it."""

    def __init__(self, room: Room, reach_mm: float) -> None:
        self._start = np.concatenate([room.start, room.obstacles])
        self._stop = np.concatenate([room.stop, room.obstacles])
        self._step = 2.0 * room.spacing_mm  # more than one step of a climb
        self._reach = reach_mm
        self._at: FloatArray | None = None
        self._chosen = (self._start, self._stop)

    def edges(self, place: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Ends of the edges that matter up to one step from a place."""
        if self._at is None or float(np.linalg.norm(place - self._at)) > self._step:
            self._at = place
            along = self._stop - self._start
            squared = np.maximum(np.einsum("ec,ec->e", along, along), 1e-300)  # a point has no direction
            share = np.clip(np.einsum("ec,ec->e", place - self._start, along) / squared, 0.0, 1.0)
            away = np.linalg.norm(self._start + share[:, None] * along - place, axis=1)
            near = away <= self._reach + 2.0 * self._step
            self._chosen = self._start[near], self._stop[near]
        return self._chosen


def _boundary(room: Room) -> FloatArray:
    """Points along the edges, evenly, with the obstacles."""
    length = np.linalg.norm(room.stop - room.start, axis=1)
    total = np.cumsum(length)
    at = (np.arange(BOUNDARY_POINTS) + 0.5) * (total[-1] / BOUNDARY_POINTS)
    edge = np.minimum(np.searchsorted(total, at), len(length) - 1)
    share = 1.0 - (total[edge] - at) / np.maximum(length[edge], 1e-12)
    along = room.start[edge] + share[:, None] * (room.stop - room.start)[edge]
    return np.concatenate([along, room.obstacles])
