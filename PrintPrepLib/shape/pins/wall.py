"""The wall that remains round a hole: the least distance of the hole's own surface from all others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ...mesh import FloatArray, Mesh
from ...spatial import SurfaceIndex
from .room import Surroundings

Rows = npt.NDArray[np.int64]

WALL_SAMPLE_MM = 0.05
"""Surface of a hole is asked down to triangles of this size where it may be nearest to another."""
WALL_START_MM = 3.0
"""Triangles of a hole are no longer than this when they are first asked."""
FARTHEST_CORNER = 3.0**-0.5
"""No point of a triangle is farther from its nearest corner than this share of its longest side."""
WALL_REACHES = (0.5, 1.0, 2.0, 4.0)
"""Walls are sought so many diameters away, farther only where nothing was found; thicker ones are told as the last."""
ON_TOOL_MM = 1e-4
"""Surface of a part this near a tool was made by it."""
FLAT_MM = 1e-6
"""A hole's surface within this of the cut face belongs to the face."""


def hole_surface(hole: Mesh, tool: Mesh, face: FloatArray, inward: FloatArray) -> FloatArray:
    """Triangles (m, 3, 3) of a hole's own surface, LPS.

    Parameters
    ----------
    hole : Mesh
        The finished part near it.
    tool : Mesh
        What cut it.
    face, inward : (3,)
        A point of the part's face, and the direction into the part.
    """
    depth = (hole.vertices - face) @ inward
    on_tool = SurfaceIndex(tool).closest(hole.vertices, ON_TOOL_MM).faces >= 0
    own = on_tool[hole.faces].all(axis=1) & (depth[hole.faces] > FLAT_MM).any(axis=1)
    return np.asarray(hole.vertices[hole.faces[own]])


def thinnest_walls(
    holes: Sequence[FloatArray], side: Surroundings, diameters_mm: Sequence[float]
) -> list[tuple[float, FloatArray]]:
    """Least distance (mm) of each hole's triangles (m, 3, 3) from the surfaces round its part, and where (3,), LPS.

    Exact at the corners; triangles are halved where a point between them may be nearer, down to a size at which that is
    no more than 0.03 mm. Walls thicker than some diameters are told as so many.

    Parameters
    ----------
    holes : sequence of (m, 3, 3) float64
        Each with at least one triangle.
    side : Surroundings
        Of the part that all of them are in.
    diameters_mm : sequence of float
        Of their pins.
    """
    owner = np.repeat(np.arange(len(holes)), [len(hole) for hole in holes])
    triangles, owner = _halved(np.concatenate(holes), owner)
    least, where = np.full(len(holes), np.inf), np.zeros((len(holes), 3))

    def take(found: FloatArray, points: FloatArray, whose: Rows) -> None:
        """Keep the nearest point of each hole."""
        for hole in np.unique(whose[found < least[whose]]).tolist():
            rows = np.flatnonzero(whose == hole)
            row = rows[found[rows].argmin()]
            least[hole], where[hole] = found[row], points[row]

    told = np.empty((len(triangles), 3))
    for hole, diameter in enumerate(diameters_mm):
        own = owner == hole
        places, row = np.unique(triangles[own].reshape(-1, 3), axis=0, return_inverse=True)
        for share in WALL_REACHES:
            reach = share * diameter
            found = side.distance(places, reach)
            if found.min() < reach:
                break
        told[own] = found[row.reshape(-1)].reshape(-1, 3)
        take(found, places, np.full(len(places), hole))
    while True:
        sides = np.linalg.norm(triangles - np.roll(triangles, -1, axis=1), axis=2)
        longest, first = sides.max(axis=1), sides.argmax(axis=1)
        # A distance changes by no more than the way between: from the nearest corner, or from all three on average.
        way = sides.sum(axis=1) - sides.min(axis=1)
        at_least = np.maximum(told.min(axis=1) - FARTHEST_CORNER * longest, (told.sum(axis=1) - way) / 3.0)
        split = (at_least < least[owner]) & (longest > WALL_SAMPLE_MM)
        if not split.any():
            return [(float(distance), place) for distance, place in zip(least, where, strict=True)]
        triangles, told, owner = triangles[split], told[split], owner[split]
        order = (first[split][:, None] + np.arange(3)) % 3
        triangles, told = np.take_along_axis(triangles, order[:, :, None], 1), np.take_along_axis(told, order, 1)
        middle = triangles[:, :2].mean(axis=1)
        found = side.distance(middle, least[owner] + FARTHEST_CORNER * longest[split])
        take(found, middle, owner)
        halves, values = np.repeat(triangles, 2, axis=0), np.repeat(told, 2, axis=0)
        halves[0::2, 1], halves[1::2, 0] = middle, middle
        values[0::2, 1], values[1::2, 0] = found, found
        triangles, told, owner = halves, values, np.repeat(owner, 2)


def _halved(triangles: FloatArray, owner: Rows) -> tuple[FloatArray, Rows]:
    """Halve long triangles before anything is asked: of a long one the distances at its corners tell little."""
    done: list[tuple[FloatArray, Rows]] = []
    while True:
        sides = np.linalg.norm(triangles - np.roll(triangles, -1, axis=1), axis=2)
        long = sides.max(axis=1) > WALL_START_MM
        done.append((triangles[~long], owner[~long]))
        if not long.any():
            return np.concatenate([some for some, _ in done]), np.concatenate([whose for _, whose in done])
        order = (sides[long].argmax(axis=1)[:, None] + np.arange(3)) % 3
        triangles = np.take_along_axis(triangles[long], order[:, :, None], 1)
        middle = triangles[:, :2].mean(axis=1)
        triangles, owner = np.repeat(triangles, 2, axis=0), np.repeat(owner[long], 2)
        triangles[0::2, 1], triangles[1::2, 0] = middle, middle
