"""Plugs for round openings: drums whose ends continue both surfaces of the wall, with their rims inside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from ...field import zero_surface
from ...mesh import FloatArray, IntArray, Mesh
from ...spatial import index_of
from ...spatial.index import SurfaceIndex
from .openings import DIRECTIONS, Bools, Opening, around

BITES_MM = (0.05, 0.1, 0.2, 0.4, 0.8)
"""A plug reaches so far into the wall round it: the least of these where the wall is nearly as thick as it gets."""
NEARLY = 0.7
BAR_SHARE = 0.45
"""It never reaches farther than this share of a bar between two openings."""
STEP = 1e-4
"""Rays into the wall begin so far behind its surface, mm."""
INSET_MM = 0.01
"""Ends of a plug meet the wall so far below its surface, so that nothing stands out at the rim,"""
INSET_SHARE = 0.1
"""and at most this share of its thickness."""
RINGS = 3
WAVES = 4
"""The ends are harmonic surfaces through the rim (the shape of a soap film over a slightly uneven ring), with so many
waves round it at most: more would be the roughness of the rim."""
HEIGHT_SHARE = 2.0
"""A rim that is so many times as high as the median round the opening is cut off there."""
BALL_SHARE = 1.7
"""Where no drum closes an opening, balls round the cells of its membrane do, of so many cells as radius."""
LEAST_WALL_MM = 0.4


@dataclass(frozen=True, eq=False)
class Plug:
    """A closed body that fills one opening, and the thickness of the wall that it continues.

    ``above`` and ``below`` (DIRECTIONS,) are the heights of its ends over the plane of the opening, at the rim.
    """

    mesh: Mesh
    wall_mm: float
    above: FloatArray
    below: FloatArray

    def is_beyond(self, opening: Opening, points: FloatArray) -> Bools:
        """Which points (k, 3) lie over an end of the plug, at its rim: air over the surface, not beside the plug.

        Cells of a membrane at the mouth of a hole do, by less than one of their size.
        """
        rho, height, angle = opening.polar(points)
        over = (height > around(self.above, angle)) | (height < -around(self.below, angle))
        return np.asarray(over & (rho <= around(opening.radii_mm, angle) + opening.membrane.cell_mm))


def drums(mesh: Mesh, openings: Sequence[Opening]) -> list[Plug]:
    """Make a plug for each round opening, as thick as the wall at its rim."""
    if not openings:
        return []
    above, below, bite = _walls(mesh, openings)
    plugs = []
    for k, opening in enumerate(openings):
        heights = above[k] + below[k]
        most = HEIGHT_SHARE * float(np.median(heights))
        share = np.minimum(1.0, most / np.maximum(heights, STEP))
        body = _drum(opening, opening.radii_mm + bite[k], above[k] * share, below[k] * share)
        plugs.append(Plug(body, float(np.median(heights)), above[k] * share, below[k] * share))
    return plugs


def walls_round(mesh: Mesh, openings: Sequence[Opening]) -> list[float]:
    """How thick the wall at the rim of each opening is, mm: as of the plugs."""
    if not openings:
        return []
    above, below, _ = _walls(mesh, openings)
    return [float(np.median(one)) for one in above + below]


def _walls(mesh: Mesh, openings: Sequence[Opening]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Height of the wall along the axis on both sides of the plane, and how deep in the wall that is, (k, n) each."""
    index = index_of(mesh)
    centers = np.array([one.center_mm for one in openings])
    axes = np.array([one.frame[2] for one in openings])
    around = np.array([one.directions() for one in openings])
    radii = np.array([one.radii_mm for one in openings])
    rim = centers[:, None] + radii[:, :, None] * around
    bar = _first(index, rim + STEP * around, around)
    return _rims(index, rim, around, axes, bar)


def _first(index: SurfaceIndex, origins: FloatArray, directions: FloatArray) -> FloatArray:
    hit, _ = index.first_hit(origins.reshape(-1, 3), directions.reshape(-1, 3))
    hit = np.where(np.isfinite(hit), hit, 0.0)
    return np.asarray(hit.reshape(origins.shape[:-1]))


def _rims(
    index: SurfaceIndex, rim: FloatArray, around: FloatArray, axes: FloatArray, bar: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Height of the wall along the axis on both sides of the plane, and how deep in the wall that is, (k, n) each."""
    up = np.broadcast_to(axes[:, None], around.shape)
    bites, highs, lows = [], [], []
    for bite in BITES_MM:
        deep = np.maximum(np.minimum(bite, BAR_SHARE * bar), STEP)
        places = rim + deep[:, :, None] * around
        bites.append(deep)
        highs.append(_first(index, places, up))
        lows.append(_first(index, places, -up))
    thick = np.array(highs) + np.array(lows)
    chosen = (thick >= NEARLY * thick.max(axis=0)).argmax(axis=0)[None]
    above, below, bite = (np.take_along_axis(np.array(v), chosen, axis=0)[0] for v in (highs, lows, bites))
    inset = np.minimum(INSET_MM, INSET_SHARE * (above + below))
    return np.maximum(above - inset, STEP), np.maximum(below - inset, STEP), bite


def _drum(opening: Opening, radii: FloatArray, above: FloatArray, below: FloatArray, beyond_mm: float = 0.0) -> Mesh:
    """Make the body between two harmonic surfaces through the rim; they go on so far beyond it, as high as there."""
    axis = opening.frame[2]
    around = opening.directions()
    shares = np.arange(1, RINGS + 1) / RINGS
    ends = []
    for height in (above, -below):
        rings = np.concatenate([_harmonic(height, shares[:-1]), height[None]])
        reach = shares[:, None] * radii
        if beyond_mm > 0.0:
            rings = np.concatenate([rings, height[None]])
            reach = np.concatenate([reach, np.full((1, DIRECTIONS), radii.max() + beyond_mm)])
        points = opening.center_mm + reach[:, :, None] * around[None] + rings[:, :, None] * axis
        middle = opening.center_mm + float(height.mean()) * axis
        ends.append(np.concatenate([middle[None], points.reshape(-1, 3)]))
    return Mesh(np.concatenate(ends), _drum_faces(len(reach)), "plug")


def _harmonic(height: FloatArray, shares: FloatArray) -> FloatArray:
    """Heights (rings, n) inside a ring: the solution of Laplace's equation on a disk, by waves round it."""
    spectrum = np.fft.rfft(height)
    spectrum[WAVES + 1 :] = 0.0
    waves = np.arange(len(spectrum))
    return np.asarray(np.fft.irfft(spectrum * shares[:, None] ** waves, n=DIRECTIONS, axis=1))


def _drum_faces(rings: int) -> IntArray:
    n, size = DIRECTIONS, 1 + rings * DIRECTIONS
    here, after = np.arange(n), (np.arange(n) + 1) % n
    faces = [np.stack([np.zeros(n, int), 1 + here, 1 + after], axis=1)]
    for ring in range(rings - 1):
        a, b = 1 + ring * n + here, 1 + ring * n + after
        faces += [np.stack([a, a + n, b], axis=1), np.stack([b, a + n, b + n], axis=1)]
    top = np.concatenate(faces)
    a, b = 1 + (rings - 1) * n + here, 1 + (rings - 1) * n + after
    side = [np.stack([a, a + size, b], axis=1), np.stack([b, a + size, b + size], axis=1)]
    return np.concatenate([top, top[:, ::-1] + size, *side]).astype(np.int32)


def membrane_plug(opening: Opening, plug: Plug, *, clipped: bool) -> Mesh:
    """Make a plug of any form: everything near the cells of the membrane, at least so thick as the wall.

    Clipped, it ends where the drum's ends, continued beyond the rim, do, so that it stands out of neither surface;
    without triangles where nothing is left between them.
    """
    points = opening.membrane.points
    wall = max(plug.wall_mm, LEAST_WALL_MM)
    radius = max(BALL_SHARE * opening.membrane.cell_mm, 0.5 * min(wall, opening.passes_mm))
    tree = cKDTree(points)
    low, high = points.min(axis=0) - 1.5 * radius, points.max(axis=0) + 1.5 * radius
    beads = zero_surface(lambda p: np.asarray(radius - tree.query(p)[0]), low, high, radius / 4.0, name="plug")
    if not clipped:
        return beads
    reach = float(np.linalg.norm(points - opening.center_mm, axis=1).max()) + 2.0 * radius
    slab = _drum(opening, opening.radii_mm, plug.above, plug.below, reach)
    return Mesh.from_manifold(beads.to_manifold() ^ slab.to_manifold(), "plug")
