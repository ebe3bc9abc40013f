"""Where the walls of two vessels grow into one another although their lumens are apart.

A ball grows outward from every point of the lumen until the lumen's surface elsewhere holds it. Where it is held before
it reaches the wall's thickness, the wall there has no outer side of its own. That is right in a fork and in the fold of
a bend, where the surface between the two sides is short, and is listed as such; it is a bridge between two vessels
where the way from one side to the other along the surface is long.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ...analysis.thickness import vertex_areas
from ...mesh import FloatArray, Mesh
from ...progress import Progress, part, silent
from ...spatial.balls import grow_balls
from .tips import SurfaceGraph

FORK_WAYS = 4.0
"""Two sides whose shortest way along the surface is at most so many times their gap (or the wall, if more) belong to
one fork or fold: half a circle is 1.6 times as long as its chord, and forks narrower than 30 degrees are 4 times."""
CUBE_WALLS = 1.5
"""The way round is measured once for each cube of so many walls."""
MOST_CUBES = 400
LEAST_SHARE = 0.25
"""Forks and folds smaller than this share of the wall's thickness squared are roughness, not listed."""

Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Meeting:
    """A place where walls meet.

    Attributes
    ----------
    place_mm : (3,) float64
        Between the two sides, where they come nearest.
    gap_mm : float
        Between the lumens there.
    area_mm2 : float
        Of the lumen's surface that has no outer side of its own.
    separate : bool
        Two vessels, not a fork or fold.
    sides : two (k,) int64 arrays
        Vertices of the lumen on either side.
    middles : (k, 3) float64
        Points half way between the sides.
    """

    place_mm: FloatArray
    gap_mm: float
    area_mm2: float
    separate: bool
    sides: tuple[Int64Array, Int64Array]
    middles: FloatArray

    def to_dict(self) -> dict[str, Any]:
        """Return what a receipt says of it."""
        return {
            "at_mm": np.round(self.place_mm, 2).tolist(),
            "gap_mm": round(self.gap_mm, 3),
            "area_mm2": round(self.area_mm2, 2),
        }


def meetings_of(graph: SurfaceGraph, thickness_mm: FloatArray, progress: Progress = silent) -> list[Meeting]:
    """Find the places where walls meet, those of separate vessels first, the nearest first.

    Parameters
    ----------
    graph : SurfaceGraph
        Of the lumen, welded.
    thickness_mm : (n,) float64
        Wanted wall at each vertex.
    """
    lumen = graph.mesh
    balls = grow_balls(lumen.flipped(), float(thickness_mm.max()), part(progress, 0.0, 0.5))
    held = np.flatnonzero(np.isfinite(balls.radius_mm) & (balls.radius_mm < thickness_mm) & (balls.faces >= 0))
    if not len(held):
        return []
    pairs = _Pairs(held, _across(lumen, balls.faces, held), 2.0 * balls.radius_mm[held], balls.centers[held])
    far = _far(graph, pairs, thickness_mm, part(progress, 0.5, 1.0))
    area, wall = vertex_areas(lumen), float(thickness_mm.max())
    out = _gathered(graph, pairs.some(far), wall, area, separate=True)
    forks = _gathered(graph, pairs.some(~far), wall, area, separate=False)
    out += [fork for fork in forks if fork.area_mm2 >= LEAST_SHARE * wall**2]
    return sorted(out, key=lambda meeting: (not meeting.separate, meeting.gap_mm))


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Vertices that are held, the nearest vertex across, the gap and the middle between."""

    own: Int64Array
    across: Int64Array
    gap: FloatArray
    middle: FloatArray

    def some(self, rows: npt.NDArray[Any]) -> _Pairs:
        return _Pairs(self.own[rows], self.across[rows], self.gap[rows], self.middle[rows])


def _across(lumen: Mesh, faces: Int64Array, vertices: Int64Array) -> Int64Array:
    """The nearest corner of the triangle that each ball met."""
    corners = lumen.faces[faces[vertices]].astype(np.int64)
    off = ((lumen.vertices[corners] - lumen.vertices[vertices][:, None]) ** 2).sum(axis=2)
    return np.asarray(corners[np.arange(len(vertices)), off.argmin(axis=1)])


def _far(graph: SurfaceGraph, pairs: _Pairs, wall: FloatArray, progress: Progress) -> npt.NDArray[np.bool_]:
    """Whether the way along the surface from one side to the other is long, decided once for each small cube."""
    side = CUBE_WALLS * float(wall.max())
    while True:
        cube = np.floor(pairs.middle / side).astype(np.int64)
        _, first, of = np.unique(cube, axis=0, return_index=True, return_inverse=True)
        if len(first) <= MOST_CUBES:
            break
        side *= 1.5
    far = np.zeros(len(first), bool)
    for number, row in enumerate(first.tolist()):
        progress(number / len(first), "Looking for walls that meet")
        start, stop = int(pairs.own[row]), int(pairs.across[row])
        limit = FORK_WAYS * max(float(pairs.gap[row]), float(wall[start]))
        far[number] = not np.isfinite(graph.distance(np.array([start]), limit)[stop])
    return np.asarray(far[of.reshape(-1)])


def _gathered(graph: SurfaceGraph, pairs: _Pairs, wall: float, area: FloatArray, *, separate: bool) -> list[Meeting]:
    if not len(pairs.own):
        return []
    patch = _patches(graph, np.concatenate([pairs.own, pairs.across]), wall)
    both = np.sort(np.stack([patch[pairs.own], patch[pairs.across]], axis=1), axis=1)
    out = []
    for one, two in np.unique(both, axis=0).tolist():
        rows = np.flatnonzero((both == (one, two)).all(axis=1))
        own, other = pairs.own[rows], pairs.across[rows]
        least = int(pairs.gap[rows].argmin())
        every = np.concatenate([own, other])
        first = patch[every] == one
        sides = np.unique(every[first]), np.unique(every[~first])
        out.append(
            Meeting(
                pairs.middle[rows[least]],
                float(pairs.gap[rows[least]]),
                float(area[np.unique(own)].sum()),
                separate,
                sides,
                pairs.middle[rows],
            )
        )
    return out


def _patches(graph: SurfaceGraph, vertices: Int64Array, wall: float) -> Int64Array:
    """Patch of each vertex: those that lie within a wall of one another along the surface are one."""
    near = np.isfinite(graph.distance(np.unique(vertices), wall))
    a, b = graph.edges.T
    both = near[a] & near[b]
    n = len(near)
    _, label = connected_components(coo_array((np.ones(both.sum(), bool), (a[both], b[both])), shape=(n, n)), False)
    return np.asarray(label, np.int64)
