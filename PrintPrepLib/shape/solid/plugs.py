"""Plugs for round openings: drums whose ends continue both surfaces of the wall, with their rims inside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

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
WAVES = 4
"""The ends are harmonic surfaces through the rim (the shape of a soap film over a slightly uneven ring), with so many
waves round it at most: more would be the roughness of the rim."""
RINGS = ((12, 1.0 / 3.0), (24, 2.0 / 3.0))
"""Corners of the rings inside an end, and their share of the way to its rim: waves fade inward, and fewer corners hold
them. A third of the way there are three corners to each of the four waves, which are a hundredth as high there."""
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
    bites = np.array([np.maximum(np.minimum(bite, BAR_SHARE * bar), STEP) for bite in BITES_MM])
    fresh = np.ones(bites.shape, bool)
    fresh[1:] = bites[1:] != bites[:-1]  # in a narrow bar several are one
    turn = np.nonzero(fresh)
    places = rim[turn[1:]] + bites[turn][:, None] * around[turn[1:]]
    along = up[turn[1:]]
    hit = _first(index, np.concatenate([places, places]), np.concatenate([along, -along]))
    highs, lows = np.zeros(bites.shape), np.zeros(bites.shape)
    highs[turn], lows[turn] = np.split(hit, 2)
    for k in range(1, len(bites)):
        for heights in (highs, lows):
            heights[k] = np.where(fresh[k], heights[k], heights[k - 1])
    thick = highs + lows
    chosen = (thick >= NEARLY * thick.max(axis=0)).argmax(axis=0)[None]
    above, below, bite = (np.take_along_axis(v, chosen, axis=0)[0] for v in (highs, lows, bites))
    inset = np.minimum(INSET_MM, INSET_SHARE * (above + below))
    return np.maximum(above - inset, STEP), np.maximum(below - inset, STEP), bite


def _drum(opening: Opening, radii: FloatArray, above: FloatArray, below: FloatArray, beyond_mm: float = 0.0) -> Mesh:
    """Make the body between two harmonic surfaces through the rim; they go on so far beyond it, as high as there."""
    axis = opening.frame[2]
    around = opening.directions()
    outer = [radii] if beyond_mm == 0.0 else [radii, np.full(DIRECTIONS, radii.max() + beyond_mm)]
    counts = (*(count for count, _ in RINGS), *([DIRECTIONS] * len(outer)))
    inner = [share * _least_near(radii, DIRECTIONS // count - 1)[:: DIRECTIONS // count] for count, share in RINGS]
    ends = []
    for height in (above, -below):
        points = [(opening.center_mm + float(height.mean()) * axis)[None]]
        for reach in inner:
            step = DIRECTIONS // len(reach)
            rise = _harmonic(height, reach / radii[::step], step)
            points.append(opening.center_mm + reach[:, None] * around[::step] + rise[:, None] * axis)
        points += [opening.center_mm + reach[:, None] * around + height[:, None] * axis for reach in outer]
        ends.append(np.concatenate(points))
    return Mesh(np.concatenate(ends), _drum_faces(counts), "plug")


def _least_near(radii: FloatArray, reach: int) -> FloatArray:
    """Least radii (n,) among so many neighbors on both sides: sides of a coarser ring stay within a finer one."""
    return np.asarray(np.min([np.roll(radii, k) for k in range(-reach, reach + 1)], axis=0))


def _harmonic(height: FloatArray, shares: FloatArray, step: int) -> FloatArray:
    """Heights inside a ring (n,), at a share of the way to it in each step-th direction.

    The solution of Laplace's equation on a disk, by waves round it.
    """
    waves = np.arange(WAVES + 1)
    strength = np.fft.rfft(height)[: WAVES + 1] * np.where(waves > 0, 2.0, 1.0) / len(height)
    turns = np.exp(1j * np.outer(np.arange(0, len(height), step) * (2.0 * np.pi / len(height)), waves))
    return np.asarray((strength * turns * shares[:, None] ** waves).real.sum(axis=1))


@cache
def _drum_faces(counts: tuple[int, ...]) -> IntArray:
    """Triangles of a drum whose ends are rings of so many corners, each as many as the one before or twice as many."""
    here = np.arange(counts[0])
    faces = [np.stack([np.zeros(counts[0], int), 1 + here, 1 + (here + 1) % counts[0]], axis=1)]
    begin = 1
    for count, outer in pairwise(counts):
        here = np.arange(count)
        a, b = begin + here, begin + (here + 1) % count
        begin += count
        c, e = begin + here * outer // count, begin + (here + 1) * outer // count % outer
        if outer == count:
            faces += [np.stack([a, c, b], axis=1), np.stack([b, c, e], axis=1)]
        else:
            faces += [np.stack(triple, axis=1) for triple in ((a, c, c + 1), (a, c + 1, b), (b, c + 1, e))]
    top, size = np.concatenate(faces), begin + counts[-1]
    here = np.arange(counts[-1])
    a, b = begin + here, begin + (here + 1) % counts[-1]
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
