"""Where struts between two parts could go: pairs of points on both surfaces, the shortest first, spread widely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
ALMOST_MM = 1e-4
"""A ray into the part starts so far below the surface, not on it."""
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
    are taken, and from each region of the part the shortest; each also settled to the nearest points round it, and
    begun in the middle of the part's own thickness there: where a part is narrow, its foot has material all round.
    """
    swapped = len(first.mesh.faces) > len(second.mesh.faces)
    small, large = (second, first) if swapped else (first, second)
    points = np.concatenate([some_vertices(small.mesh, SAMPLES), area_samples(small.mesh, SAMPLES)])
    found = index_of(large.mesh).closest(points)
    order = np.argsort(found.distance_mm, kind="stable")
    points, ends = points[order], found.points[order]
    chosen = np.unique(np.concatenate([_apart(points, diameter_mm, NEAREST), _regions(points, SPREAD)]))
    raw = points[chosen], ends[chosen]
    every = (_settled(small, large, *raw), raw, _from_within(small, large, raw[0]))
    starts, stops = (np.concatenate([pair[k] for pair in every]) for k in range(2))
    length = np.linalg.norm(stops - starts, axis=1)
    ways: list[Way] = []
    for row in np.argsort(length, kind="stable"):
        a, b = (stops[row], starts[row]) if swapped else (starts[row], stops[row])
        near = SAME_SHARE * diameter_mm
        if not any(np.linalg.norm(w.start - a) < near and np.linalg.norm(w.end - b) < near for w in ways):
            ways.append(Way(a, b, float(length[row])))
    return tuple(ways)


def _apart(points: FloatArray, distance_mm: float, count: int) -> npt.NDArray[np.int64]:
    """Rows of the first points that are so far apart from each other."""
    left = np.ones(len(points), bool)
    rows: list[int] = []
    while len(rows) < count and left.any():
        rows.append(int(left.argmax()))
        left &= np.linalg.norm(points - points[rows[-1]], axis=1) >= distance_mm
    return np.array(rows, np.int64)


def _regions(points: FloatArray, count: int) -> npt.NDArray[np.int64]:
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


def _from_within(small: Piece, large: Piece, points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Ways that run from the middle of the small part's thickness at points on its surface to the large part."""
    index = index_of(small.mesh)
    inward = -small.mesh.face_normals()[index.closest(points).faces]
    inward[np.linalg.norm(inward, axis=1) < 0.5] = (0.0, 0.0, 1.0)
    thick, _ = index.first_hit(points + ALMOST_MM * inward, inward)
    middle = points + 0.5 * np.where(np.isfinite(thick), thick, 0.0)[:, None] * inward
    ends = index_of(large.mesh).closest(middle).points
    way = ends - middle
    length = np.linalg.norm(way, axis=1)
    kept = length > ALMOST_MM
    out, _ = index.first_hit(middle[kept], way[kept])
    leaves = out < length[kept]
    starts = middle[kept] + (np.where(leaves, out, 0.0) / length[kept])[:, None] * way[kept]
    return starts[leaves], ends[kept][leaves]
