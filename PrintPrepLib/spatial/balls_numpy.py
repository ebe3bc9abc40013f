"""The numpy form of growing balls inside a solid; see :mod:`~PrintPrepLib.spatial.balls` for the method.

Many balls at once go down the tree, level by level. What a ball meets later than its first contact does not matter, so
each looks in a small reach first and in twice that reach where it found nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray
from .balls_contact import kept, retreat, sweep, triangle
from .constants import CONTACTS, NEAR_COSINE, SINGLE_SLACK, STEPS
from .tree import Int64Array
from .walls import Walls

if TYPE_CHECKING:
    from .balls import Balls

NUMPY_CHUNK = 4096
BLOCK_PAIRS = 400_000  # most (ball, box) pairs held at once, about 200 bytes each; larger sets are cut in two
SAMPLE = 8  # one ball of so many grows first, and tells those that follow how far to look
SMALLEST_SHARE = 1.0 / 16.0  # of the largest growth, in which contacts are sought first where nothing is known
EXPECTED_SHARE = 1.15  # neighbors look this much farther than the sample grew

BoolArray = npt.NDArray[np.bool_]


@dataclass(eq=False)
class _Growing:
    """Balls on their way: vertex, center, radius, contacts and their number, velocity, most growth looked for."""

    vertex: Int64Array
    center: FloatArray
    radius: FloatArray
    u: FloatArray
    count: npt.NDArray[np.int8]
    w: FloatArray
    limit: FloatArray

    def part(self, which: npt.NDArray[np.int64] | BoolArray) -> _Growing:
        return _Growing(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def grow(walls: Walls, chosen: Int64Array, largest: float, out: Balls) -> None:
    """Grow a ball at each chosen vertex; fills the arrays of ``out``."""
    k = len(chosen)
    u = np.zeros((k, CONTACTS + 1, 3))
    u[:, : walls.first.shape[1]] = walls.first[chosen]
    center, radius, count = walls.vertices[chosen].copy(), np.zeros(k), walls.count[chosen].copy()
    face, steps = np.full(k, -1, np.int64), np.zeros(k, np.int8)
    active = np.arange(k)
    for step in range(STEPS):
        w, rests = retreat(u[active], count[active])
        active, w = active[~rests], w[~rests]
        if not len(active):
            break
        balls = _Growing(
            chosen[active], center[active], radius[active], u[active], count[active], w, largest - radius[active]
        )
        find = _first_of_neighbors if step == 0 else _first_contact
        s, row, direction = find(walls, balls, SMALLEST_SHARE * balls.limit)
        radius[active[row < 0]] = np.inf
        met = row >= 0
        active, s, row, direction, w = active[met], s[met], row[met], direction[met], w[met]
        center[active] = center[active] + s[:, None] * w
        radius[active] += s
        face[active] = walls.tree.faces[row]
        steps[active] += 1
        full = active[count[active] == CONTACTS]
        if len(full):
            u[full] = kept(u[full], w[count[active] == CONTACTS])
            count[full] -= 1
        u[active, count[active]] = direction
        count[active] += 1
    out.radius_mm[chosen], out.centers[chosen], out.faces[chosen], out.steps[chosen] = radius, center, face, steps


def _first_of_neighbors(walls: Walls, balls: _Growing, reach: FloatArray) -> tuple[FloatArray, Int64Array, FloatArray]:
    """The same as ``_first_contact`` for balls of which each is near the one before."""
    k = len(balls.vertex)
    growth, row, direction = np.empty(k), np.empty(k, np.int64), np.empty((k, 3))
    sample = np.arange(0, k, SAMPLE)
    growth[sample], row[sample], direction[sample] = _first_contact(walls, balls.part(sample), reach[sample])
    others = np.flatnonzero(np.arange(k) % SAMPLE)
    before = others // SAMPLE
    after = np.minimum(before + 1, len(sample) - 1)
    told = EXPECTED_SHARE * np.maximum(growth[sample[before]], growth[sample[after]])
    growth[others], row[others], direction[others] = _first_contact(walls, balls.part(others), told)
    return growth, row, direction


def _first_contact(walls: Walls, balls: _Growing, reach: FloatArray) -> tuple[FloatArray, Int64Array, FloatArray]:
    """Growth, row (-1 where none) and direction of the first contact of each ball, sought in a reach and beyond it."""
    k = len(balls.vertex)
    growth, row, direction = np.full(k, np.inf), np.full(k, -1, np.int64), np.zeros((k, 3))
    left = np.arange(k)
    while len(left):
        some = balls.part(left)
        full = some.limit
        some.limit = np.minimum(full, np.maximum(reach[left], SMALLEST_SHARE * full))
        _descend(walls, some, left, growth, row, direction)
        left = left[(row[left] < 0) & (some.limit < full)]
        reach = 2.0 * np.maximum(reach, SMALLEST_SHARE * balls.limit)
    return growth, row, direction


def _descend(
    walls: Walls, balls: _Growing, place: Int64Array, growth: FloatArray, row: Int64Array, direction: FloatArray
) -> None:
    """Go down the tree with some balls; fills what they find at their places."""
    tree = walls.tree
    h, reach = sweep(balls.radius, balls.w, balls.limit)
    h += balls.center
    who, node = np.arange(len(place)), np.ones(len(place), np.int64)
    level = 1
    while True:
        bounds = walls.nodes.take(node, axis=0)
        keep = np.flatnonzero(_within(h.take(who, axis=0), reach.take(who), bounds))
        who, node, bounds = who.take(keep), node.take(keep), bounds.take(keep, axis=0)
        keep = np.flatnonzero(_not_near(balls, who, bounds[:, 6:9], bounds[:, 9]))
        who, node = who.take(keep), node.take(keep)
        if level >= tree.leaves:
            break
        if 2 * len(who) > BLOCK_PAIRS and len(place) > 1:
            half = len(place) // 2
            for cut in (slice(0, half), slice(half, None)):
                some = np.arange(len(place))[cut]
                _descend(walls, balls.part(some), place[cut], growth, row, direction)
            return
        who, node = np.repeat(who, 2), np.repeat(2 * node, 2)
        node[1::2] += 1
        level *= 2
    leaf = node - tree.leaves
    size = tree.starts[leaf + 1] - tree.starts[leaf]
    who = np.repeat(who, size)
    j = np.repeat(tree.starts[leaf] - (np.cumsum(size) - size), size) + np.arange(len(who))
    keep = np.flatnonzero(_row_within(h.take(who, axis=0), reach.take(who), walls.rows.take(j, axis=0)))
    who, j = who.take(keep), j.take(keep)
    keep = np.flatnonzero(_not_near(balls, who, walls.rows[j, 4:7], NEAR_COSINE))
    who, j = who.take(keep), j.take(keep)
    keep = np.flatnonzero((walls.ids.take(j, axis=0) != balls.vertex.take(who)[:, None]).all(axis=1))
    who, j = who.take(keep), j.take(keep)
    # The most promising triangle of each ball first: most others are beyond it.
    one = _most_promising(balls, who, j, walls.rows)
    sure, s, _ = _meet(walls, balls, who.take(one), j.take(one), balls.limit)
    best = balls.limit.copy()
    best[who[one[sure]]] = s
    h, reach = sweep(balls.radius, balls.w, best)
    h += balls.center
    keep = np.flatnonzero(_row_within(h.take(who, axis=0), reach.take(who), walls.rows.take(j, axis=0)))
    who, j = who.take(keep), j.take(keep)
    keep, s, x = _meet(walls, balls, who, j, best)
    who, j = who.take(keep), j.take(keep)
    order = np.lexsort((tree.faces[j], s, who))
    who = who[order]
    one = _first_of_each(who)
    at, order = place[who[one]], order[one]
    growth[at], row[at], direction[at] = s[order], j[order], x[order]


def _meet(
    walls: Walls, balls: _Growing, who: Int64Array, j: Int64Array, best: FloatArray
) -> tuple[Int64Array, FloatArray, FloatArray]:
    """Which balls meet which triangles no later than best, when, and in which directions."""
    s, x = triangle(
        balls.center.take(who, axis=0), balls.radius.take(who), balls.w.take(who, axis=0), best.take(who),
        walls.tree.corners.take(j, axis=0), walls.normals.take(j, axis=0),
    )  # fmt: skip
    met = np.flatnonzero(s < balls.limit.take(who))
    met = met[_not_near(balls, who.take(met), x.take(met, axis=0), NEAR_COSINE)]
    return met, s.take(met), x.take(met, axis=0)


def _most_promising(balls: _Growing, who: Int64Array, j: Int64Array, rows: npt.NDArray[np.float32]) -> Int64Array:
    """The pair of each ball whose triangle's middle it meets first; pairs of a ball follow each other."""
    if not len(who):
        return who
    q = rows.take(j, axis=0)[:, :3] - balls.center.take(who, axis=0)
    r0 = balls.radius.take(who)
    ahead = _dot(q, balls.w.take(who, axis=0)) + r0
    ahead = np.where(ahead > 0.0, (_dot(q, q) - r0 * r0) / np.where(ahead > 0.0, ahead, 1.0), np.inf)
    begin = _first_of_each(who)
    lowest = np.repeat(np.minimum.reduceat(ahead, begin), np.diff(np.append(begin, len(who))))
    lowest_at = np.flatnonzero(ahead == lowest)
    return lowest_at[_first_of_each(who.take(lowest_at))]


def _first_of_each(who: Int64Array) -> Int64Array:
    """Where in a sorted list another number begins."""
    change = np.ones(len(who), bool)
    change[1:] = who[1:] != who[:-1]
    return np.flatnonzero(change)


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.asarray(a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2])


def _not_near(balls: _Growing, who: Int64Array, along: npt.NDArray[np.floating], cosine: npt.ArrayLike) -> BoolArray:
    """Whether directions are near none of the contacts of their balls."""
    x, y, z = along[:, 0], along[:, 1], along[:, 2]
    free = np.ones(len(who), bool)
    for i in range(int(balls.count.max(initial=0))):
        u = balls.u[:, i].take(who, axis=0)
        beside = u[:, 0] * x + u[:, 1] * y + u[:, 2] * z > cosine
        if i and not (i < balls.count).all():
            beside &= (i < balls.count).take(who)
        free &= ~beside
    return free


def _within(h: FloatArray, reach: FloatArray, bounds: npt.NDArray[np.float32]) -> BoolArray:
    distance2 = np.zeros(len(h))
    for axis in range(3):
        at = h[:, axis]
        gap = np.maximum(np.maximum(bounds[:, axis] - at, at - bounds[:, 3 + axis]), 0.0)
        distance2 += gap * gap
    return np.asarray(distance2 <= reach * reach)


def _row_within(h: FloatArray, reach: FloatArray, rows: npt.NDArray[np.float32]) -> BoolArray:
    """The ball cuts a triangle's plane in a disk; a circle round the triangle must reach it."""
    dx, dy, dz = rows[:, 0] - h[:, 0], rows[:, 1] - h[:, 1], rows[:, 2] - h[:, 2]
    d2 = dx * dx + dy * dy + dz * dz
    height = np.abs(dx * rows[:, 4] + dy * rows[:, 5] + dz * rows[:, 6])
    off = np.maximum(height - rows[:, 7], 0.0)
    disk2 = reach * reach + SINGLE_SLACK * d2 - off * off
    wide = np.sqrt(np.maximum(disk2, 0.0)) + rows[:, 3]
    return np.asarray((disk2 >= 0.0) & (d2 - SINGLE_SLACK * d2 - height * height <= wide * wide))
