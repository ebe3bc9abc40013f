"""The numpy form of growing balls inside a solid; see :mod:`~PrintPrepLib.spatial.balls` for the method.

Many balls at once go down the tree, level by level. What a ball meets later than its first contact does not matter, so
each looks in a small reach first and in twice that reach where it found nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, IntArray
from .balls_contact import kept, retreat, sweep, triangle
from .constants import CONTACTS, NEAR_COSINE, SINGLE_SLACK, STEPS
from .tree import Int64Array, Tree

if TYPE_CHECKING:
    from .balls import Balls

NUMPY_CHUNK = 4096
BLOCK_PAIRS = 400_000  # most (ball, box) pairs held at once, about 200 bytes each; larger sets are cut in two
REACHES = (0.0625, 0.125, 0.25, 0.5, 1.0)
"""Shares of the largest growth in which contacts are sought one after the other."""

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Walls:
    """What balls may meet: n vertices with their first contacts, and m triangles in the order of a tree's rows.

    Attributes
    ----------
    vertices : (n, 3) float64
    first : (n, CONTACTS, 3) float64
        Directions of the first contacts; ``count`` (n,) of them are in use.
    ids : (m, 3) int
        Vertices of the triangles.
    normals : (m, 3) float64
    rows, nodes : float32
        Bounds of triangles and of nodes, see ``bounds``.
    """

    vertices: FloatArray
    first: FloatArray
    count: npt.NDArray[np.int8]
    ids: IntArray
    normals: FloatArray
    tree: Tree
    rows: npt.NDArray[np.float32]
    nodes: npt.NDArray[np.float32]


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
    u[:, :CONTACTS] = walls.first[chosen]
    center, radius, count = walls.vertices[chosen].copy(), np.zeros(k), walls.count[chosen].copy()
    face, steps = np.full(k, -1, np.int64), np.zeros(k, np.int8)
    active = np.arange(k)
    for _ in range(STEPS):
        w, rests = retreat(u[active], count[active])
        active, w = active[~rests], w[~rests]
        if not len(active):
            break
        balls = _Growing(
            chosen[active], center[active], radius[active], u[active], count[active], w, largest - radius[active]
        )
        s, row, direction = _first_contact(walls, balls)
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


def _first_contact(walls: Walls, balls: _Growing) -> tuple[FloatArray, Int64Array, FloatArray]:
    """Growth, row (-1 where none) and direction of the first contact of each ball."""
    k = len(balls.vertex)
    growth, row, direction = np.full(k, np.inf), np.full(k, -1, np.int64), np.zeros((k, 3))
    left = np.arange(k)
    for share in REACHES:
        some = balls.part(left)
        some.limit = some.limit * share
        _descend(walls, some, left, growth, row, direction)
        left = left[row[left] < 0]
        if not len(left):
            break
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
        bounds = walls.nodes[node]
        keep = ~_beyond(h[who], reach[who], bounds)
        who, node, bounds = who[keep], node[keep], bounds[keep]
        keep = ~_near(balls, who, bounds[:, 6:9], bounds[:, 9])
        who, node = who[keep], node[keep]
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
    keep = ~_row_beyond(h[who], reach[who], walls.rows[j]) & (walls.ids[j] != balls.vertex[who, None]).all(axis=1)
    who, j = who[keep], j[keep]
    keep = ~_near(balls, who, walls.rows[j, 4:7], NEAR_COSINE)
    who, j = who[keep], j[keep]
    s, x = triangle(
        balls.center[who], balls.radius[who], balls.w[who], balls.limit[who], tree.corners[j], walls.normals[j]
    )
    keep = s < balls.limit[who]
    who, j, s, x = who[keep], j[keep], s[keep], x[keep]
    keep = ~_near(balls, who, x, NEAR_COSINE)
    who, j, s, x = who[keep], j[keep], s[keep], x[keep]
    order = np.lexsort((tree.faces[j], s, who))
    who = who[order]
    one = np.ones(len(who), bool)
    one[1:] = who[1:] != who[:-1]
    at, order = place[who[one]], order[one]
    growth[at], row[at], direction[at] = s[order], j[order], x[order]


def _near(balls: _Growing, who: Int64Array, along: npt.NDArray[np.floating], cosine: npt.ArrayLike) -> BoolArray:
    """Whether directions are near one of the contacts of their balls."""
    near = np.zeros(len(who), bool)
    count = balls.count[who]
    for i in range(int(count.max(initial=0))):
        u = balls.u[who, i]
        near |= (i < count) & (u[:, 0] * along[:, 0] + u[:, 1] * along[:, 1] + u[:, 2] * along[:, 2] > cosine)
    return near


def _beyond(h: FloatArray, reach: FloatArray, bounds: npt.NDArray[np.float32]) -> BoolArray:
    gap = np.maximum(np.maximum(bounds[:, :3] - h, h - bounds[:, 3:6]), 0.0)
    gap *= gap
    return np.asarray(gap[:, 0] + gap[:, 1] + gap[:, 2] > reach * reach)


def _row_beyond(h: FloatArray, reach: FloatArray, rows: npt.NDArray[np.float32]) -> BoolArray:
    """The ball cuts a triangle's plane in a disk; a circle round the triangle must reach it."""
    d = rows[:, :3] - h
    d2 = d[:, 0] * d[:, 0] + d[:, 1] * d[:, 1] + d[:, 2] * d[:, 2]
    height = np.abs(d[:, 0] * rows[:, 4] + d[:, 1] * rows[:, 5] + d[:, 2] * rows[:, 6])
    off = np.maximum(height - rows[:, 7], 0.0)
    disk2 = reach * reach + SINGLE_SLACK * d2 - off * off
    wide = np.sqrt(np.maximum(disk2, 0.0)) + rows[:, 3]
    return np.asarray((disk2 < 0.0) | (d2 - SINGLE_SLACK * d2 - height * height > wide * wide))
