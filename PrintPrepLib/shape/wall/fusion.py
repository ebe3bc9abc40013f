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
from ...progress import Progress, silent
from ...spatial.balls import grow_balls
from .tips import SurfaceGraph

FORK_WAYS = 4.0
"""Two sides whose shortest way along the surface is at most so many times their gap (or the wall, if more) belong to one
fork or fold: half a circle is 1.6 times as long as its chord, and forks narrower than 30 degrees are 4 times."""
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
    """Find the places where walls meet, the nearest first.

    Parameters
    ----------
    graph : SurfaceGraph
        Of the lumen, welded.
    thickness_mm : (n,) float64
        Wanted wall at each vertex.
    """
    lumen = graph.mesh
    balls = grow_balls(lumen.flipped(), float(thickness_mm.max()), progress)
    held = np.isfinite(balls.radius_mm) & (balls.radius_mm < thickness_mm) & (balls.faces >= 0)
    vertices = np.flatnonzero(held)
    if not len(vertices):
        return []
    across = _across(lumen, balls.faces, vertices)
    label = _patches(graph, held)
    # The other side may lie just outside what is held: then it is known by the nearest vertex across.
    pair = np.sort(np.stack([label[vertices], label[across]], axis=1), axis=1)
    area = vertex_areas(lumen)
    out = []
    for one, two in np.unique(pair, axis=0).tolist():
        rows = np.flatnonzero((pair == (one, two)).all(axis=1))
        own, other = vertices[rows], across[rows]
        size = float(area[own].sum())
        gap = 2.0 * balls.radius_mm[own]
        least = int(gap.argmin())
        separate = one != two and not _near_by_way(graph, own[least], other[least], gap[least], thickness_mm[own[least]])
        if not separate and size < LEAST_SHARE * thickness_mm[own].max() ** 2:
            continue
        sides = _sides(label, own, other, one) if separate else (own, other)
        out.append(
            Meeting(balls.centers[own[least]], float(gap[least]), size, separate, sides, balls.centers[own])
        )
    return sorted(out, key=lambda meeting: (not meeting.separate, meeting.gap_mm))


def _across(lumen: Mesh, faces: Int64Array, vertices: Int64Array) -> Int64Array:
    """The nearest corner of the triangle that each ball met."""
    corners = lumen.faces[faces[vertices]].astype(np.int64)
    off = ((lumen.vertices[corners] - lumen.vertices[vertices][:, None]) ** 2).sum(axis=2)
    return np.asarray(corners[np.arange(len(vertices)), off.argmin(axis=1)])


def _patches(graph: SurfaceGraph, held: npt.NDArray[np.bool_]) -> Int64Array:
    """Patch of each vertex: those that are held and hang together; each other vertex goes to the nearest patch."""
    a, b = graph.edges.T
    both = held[a] & held[b]
    n = len(held)
    _, label = connected_components(coo_array((np.ones(both.sum(), bool), (a[both], b[both])), shape=(n, n)), False)
    # Vertices beside a patch are of it, so that a side that is held here and there only is one.
    out = np.full(n, -1, np.int64)
    out[held] = label[held]
    for _ in range(2):
        for here, there in ((a, b), (b, a)):
            take = (out[here] < 0) & (out[there] >= 0)
            out[here[take]] = out[there[take]]
    out[out < 0] = label[out < 0]
    return out


def _sides(label: Int64Array, own: Int64Array, other: Int64Array, one: int) -> tuple[Int64Array, Int64Array]:
    every = np.concatenate([own, other])
    first = label[every] == one
    return np.unique(every[first]), np.unique(every[~first])


def _near_by_way(graph: SurfaceGraph, start: int, stop: int, gap: float, wall: float) -> bool:
    limit = FORK_WAYS * max(gap, wall)
    return bool(np.isfinite(graph.distance(np.array([start]), limit)[stop]))
