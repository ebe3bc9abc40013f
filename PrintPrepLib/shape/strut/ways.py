"""Where struts between two parts could go: pairs of points on both surfaces, the shortest first, spread widely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...mesh import FloatArray
from ...spatial import index_of
from ...spatial.sampling import area_samples, some_vertices
from .pieces import Piece

SAMPLES = 2500
"""Vertices, and as many points by area, from which the other part is looked for."""
NEAREST, SPREAD = 16, 24
"""Ways that are looked at closely: the shortest ones a strut apart, and the shortest from places all over the part."""
SETTLE = 30
"""Steps back and forth that bring a pair of points to where both surfaces are nearest to each other."""
SETTLED_MM = 1e-7
SAME_SHARE = 0.3
"""Ways nearer to each other than this share of the diameter are one."""


@dataclass(frozen=True, eq=False)
class Way:
    """Points on the first and on the second part, LPS."""

    start: FloatArray
    end: FloatArray
    length_mm: float


def ways_between(first: Piece, second: Piece, diameter_mm: float) -> tuple[Way, ...]:
    """List ways between two parts, the shortest first.

    Places of the smaller part look for the nearest point of the larger one. From the shortest, those a diameter apart
    are taken, and from each region of the part the shortest; each also settled to the nearest points round it.
    """
    swapped = len(first.mesh.faces) > len(second.mesh.faces)
    small, large = (second, first) if swapped else (first, second)
    points = np.concatenate([some_vertices(small.mesh, SAMPLES), area_samples(small.mesh, SAMPLES)])
    found = index_of(large.mesh).closest(points)
    order = np.argsort(found.distance_mm, kind="stable")
    points, ends = points[order], found.points[order]
    chosen = np.unique(np.concatenate([_apart(points, diameter_mm, NEAREST), _regions(points, SPREAD)]))
    raw = points[chosen], ends[chosen]
    settled = _settled(small, large, *raw)
    starts, stops = np.concatenate([settled[0], raw[0]]), np.concatenate([settled[1], raw[1]])
    length = np.linalg.norm(stops - starts, axis=1)
    ways: list[Way] = []
    for row in np.argsort(length, kind="stable"):
        a, b = (stops[row], starts[row]) if swapped else (starts[row], stops[row])
        near = SAME_SHARE * diameter_mm
        if not any(np.linalg.norm(w.start - a) < near and np.linalg.norm(w.end - b) < near for w in ways):
            ways.append(Way(a, b, float(length[row])))
    return tuple(ways)


def _apart(points: FloatArray, distance_mm: float, count: int) -> np.ndarray:
    """Rows of the first points that are so far apart from each other."""
    left = np.ones(len(points), bool)
    rows = []
    while len(rows) < count and left.any():
        rows.append(int(left.argmax()))
        left &= np.linalg.norm(points - points[rows[-1]], axis=1) >= distance_mm
    return np.array(rows, np.int64)


def _regions(points: FloatArray, count: int) -> np.ndarray:
    """Rows of the first point of each region: those round places that are as far apart as can be."""
    distance = np.linalg.norm(points - points[0], axis=1)
    region = np.zeros(len(points), np.int64)
    for number in range(1, min(count, len(points))):
        row = int(distance.argmax())
        if not distance[row] > 0.0:
            break
        other = np.linalg.norm(points - points[row], axis=1)
        region[other < distance] = number
        distance = np.minimum(distance, other)
    return np.unique(region, return_index=True)[1]


def _settled(small: Piece, large: Piece, starts: FloatArray, ends: FloatArray) -> tuple[FloatArray, FloatArray]:
    one, other = index_of(small.mesh), index_of(large.mesh)
    length = np.full(len(starts), np.inf)
    for _ in range(SETTLE):
        starts = one.closest(ends).points
        found = other.closest(starts)
        ends, before, length = found.points, length, found.distance_mm
        if not (length < before - SETTLED_MM).any():
            break
    return starts, ends
