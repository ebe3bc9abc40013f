"""Balls that are proven to lie inside: what no face cuts, whatever it was that the growing ball passed over.

A growing ball passes over faces near its contacts, because they are the rounding of an edge or the chords of a curve
(see :mod:`~PrintPrepLib.spatial.balls`). On a small, round body they may also be the body's own other side. So the
distance of every center from the surface is measured. Where it keeps the radius but for the little that such faces may
take, it is the radius. Where it does not, the center is sought anew: it climbs along the gradient of the distance
itself (Lieutier 2004, doi:10.1016/j.cad.2004.01.011), all faces counted, until the nearest point jumps across the wall.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, Mesh
from ..progress import Progress, part, silent
from .balls import Balls
from .cached import index_of
from .constants import CLIMB_SHARE, CLIMBS, HALVINGS, LEAST_DISTANCE, LEAST_GAIN, PATIENCE, WALL_COSINE
from .index import SurfaceIndex
from .threads import run_chunks
from .tree import morton_order

PROVEN_SHARE = 0.98
"""The rest of the radius may be cut off by faces near the contacts: fillets and the chords of a coarse tessellation."""
START_SHARE = 0.2
"""The climb starts below the vertex by this share of the way to the next surface,"""
LONGEST_START = 0.02
"""and by at most this share of the largest radius that is sought."""
NEAR_TOP = 0.5
"""A center that keeps this share of its radius is where the climb starts; else it starts below the vertex."""

CHUNK = 1024
"""Climbs that a thread takes at a time: some 30 ms."""

BoolArray = npt.NDArray[np.bool_]


def prove_balls(
    mesh: Mesh,
    balls: Balls,
    largest_mm: float,
    inside: Callable[[FloatArray], BoolArray],
    progress: Progress = silent,
    *,
    outward: FloatArray | None = None,
) -> Balls:
    """Return the balls with every radius inscribed, but for two percent where chords or fillets cut in.

    Parameters
    ----------
    mesh : Mesh
        What the balls were grown in.
    balls : Balls
        From :func:`~PrintPrepLib.spatial.balls.grow_balls`; what it tells of cut balls is for ``PROVEN_SHARE``.
    largest_mm : float
        The largest radius that was sought.
    inside : callable
        Tells for points (k, 3) whether the balls may be there: inside the solid, or in the air.
    outward : (n, 3) float64, optional
        Unit normals of the vertices, where they are at hand.
    """
    index = index_of(mesh)
    radius, center = balls.radius_mm.copy(), balls.centers.copy()
    normal = mesh.vertex_normals() if outward is None else outward
    beyond = np.isinf(radius)
    straight = beyond & (balls.steps == 0)
    center[straight] = mesh.vertices[straight] - largest_mm * normal[straight]
    asked = np.flatnonzero((radius > 0.0) & (straight | ~beyond))
    claimed = np.where(beyond, largest_mm, radius)[asked]
    if balls.cut is None:
        near = index.closest(center[asked], PROVEN_SHARE * claimed, part(progress, 0.0, 0.6))
        holds = np.isinf(near.distance_mm)
    else:
        holds = ~balls.cut[asked]
    # A center that went round several contacts may have left the solid.
    turned = np.flatnonzero(holds & (balls.steps[asked] > 1))
    holds[turned] &= inside(center[asked[turned]])
    again = np.concatenate([asked[~holds], np.flatnonzero(beyond & ~straight)])
    if len(again):
        x = _below(index, mesh.vertices[again], normal[again], largest_mm)
        failed = np.flatnonzero(~holds)
        distance = index.closest(center[asked[failed]]).distance_mm
        top = asked[failed[distance >= NEAR_TOP * claimed[failed]]]
        top = np.concatenate([top, np.flatnonzero(beyond & ~straight)])  # the latter have come some way already
        top = top[inside(center[top])]
        place = np.full(len(radius), -1, np.int64)
        place[again] = np.arange(len(again))
        x[place[top]] = center[top]
        x_inside = np.zeros(len(again), bool)
        x_inside[place[top]] = True
        below = np.flatnonzero(~x_inside)
        x_inside[below] = inside(x[below])
        climbed, where = _climb(index, x, x_inside, largest_mm, part(progress, 0.75, 1.0))
        radius[again], center[again] = climbed, where
    return Balls(radius, center, balls.faces, balls.steps)


def _below(index: SurfaceIndex, points: FloatArray, normals: FloatArray, largest: float) -> FloatArray:
    """Places a little below the surface, (k, 3)."""
    inward = -np.where(np.einsum("ij,ij->i", normals, normals)[:, None] > 0.5, normals, np.array([0.0, 0.0, 1.0]))
    tiny = 1e-7 * largest
    hit, _ = index.first_hit(points + tiny * inward, inward, 2.0 * largest)
    start = np.minimum(START_SHARE * np.where(np.isfinite(hit), hit + tiny, np.inf), LONGEST_START * largest)
    return np.asarray(points + start[:, None] * inward)


def _climb(
    index: SurfaceIndex, x: FloatArray, inside: BoolArray, largest: float, progress: Progress
) -> tuple[FloatArray, FloatArray]:
    """Radius and center of the inscribed ball at the end of the climb from each place; infinite beyond the largest."""
    if index.kernels is not None:
        return _compiled_climb(index, x, inside, largest, progress)
    x = x.copy()
    best, where = np.zeros(len(x)), x.copy()
    distance, away = _distance(index, x)
    _keep(best, where, np.flatnonzero(inside), distance, x)
    going = np.flatnonzero(inside)
    before = best.copy()
    last_steps: list[tuple[npt.NDArray[np.int64], FloatArray, FloatArray, FloatArray]] = []
    for number in range(CLIMBS):
        progress(number / CLIMBS, "Measuring walls at round places")
        if not len(going):
            break
        step = CLIMB_SHARE * distance[going]
        ahead = x[going] + step[:, None] * away[going]
        new_distance, new_away = _distance(index, ahead)
        across = _dot(new_away, away[going]) <= WALL_COSINE
        crossed = going[across]
        if len(crossed):
            last_steps.append((crossed, x[crossed], ahead[across], away[crossed]))
        x[going], distance[going], away[going] = ahead, new_distance, new_away
        _keep(best, where, going[~across], new_distance[~across], ahead[~across])
        going = going[~across & (new_distance < largest)]
        if number % PATIENCE == PATIENCE - 1:
            going = going[best[going] > LEAST_GAIN * before[going]]
            before = best.copy()
    if last_steps:
        number_of, before_it, behind_it, away_from = (
            np.concatenate(column) for column in zip(*last_steps, strict=True)
        )
        _halve(index, before_it, behind_it, away_from, number_of, best, where)
    best[best >= largest] = np.inf
    return best, where


def _compiled_climb(
    index: SurfaceIndex, x: FloatArray, inside: BoolArray, largest: float, progress: Progress
) -> tuple[FloatArray, FloatArray]:
    from . import _kernels_climb as kernels

    tree, best, where = index.tree, np.zeros(len(x)), x.copy()
    going = np.flatnonzero(inside)
    if len(going):
        order = going[morton_order(x[going], compiled=True)]
        run_chunks(
            lambda chosen: kernels.climb(
                chosen, x, largest, tree.corners, tree.faces, tree.starts, tree.boxes, best, where
            ),
            order,
            CHUNK,
            progress,
            "Measuring walls at round places",
        )
    return best, where


def _halve(
    index: SurfaceIndex,
    before: FloatArray,
    behind: FloatArray,
    away: FloatArray,
    number: npt.NDArray[np.int64],
    best: FloatArray,
    where: FloatArray,
) -> None:
    """Halve the step that crosses the middle of the wall, and keep the largest ball."""
    for _ in range(HALVINGS):
        middle = 0.5 * (before + behind)
        distance, direction = _distance(index, middle)
        across = _dot(direction, away) <= WALL_COSINE
        before, behind = np.where(across[:, None], before, middle), np.where(across[:, None], middle, behind)
        _keep(best, where, number, distance, middle)


def _keep(
    best: FloatArray, where: FloatArray, number: npt.NDArray[np.int64], distance: FloatArray, x: FloatArray
) -> None:
    """Keep a larger ball; ``distance`` and ``x`` belong to ``number`` or to all."""
    if len(distance) != len(number):
        distance, x = distance[number], x[number]
    larger = distance > best[number]
    best[number[larger]], where[number[larger]] = distance[larger], x[larger]


def _distance(index: SurfaceIndex, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    found = index.closest(x)
    away = x - found.points
    return found.distance_mm, away / np.maximum(found.distance_mm, LEAST_DISTANCE)[:, None]


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    """Scalar products of rows, summed in the order of the axes: as the numba form does."""
    return np.asarray(a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2])
