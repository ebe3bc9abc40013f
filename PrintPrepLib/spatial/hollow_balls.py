"""Balls at hollow edges, where two walls meet: the thinner of both is the thickness there, not what lies between them.

A ball that starts at a hollow edge, such as the one where two round bars cross, starts along the mean of both sides. It
leans to neither wall and is held, smaller than the ball of each, by the other hollow edges of the joint. So a ball is
grown along the normal of each side as well; each of them is tangent at the edge, too. The edge is as thick as the
smallest of these, and no thicker than straight through: below a score line that is the little that is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, Mesh
from ..topology import edge_table
from .balls import Balls, grow_balls
from .cached import index_of
from .proven_balls import PROVEN_SHARE, prove_balls
from .walls import Walls

HOLLOW_COSINE = 0.94
"""Two triangles that are turned by more than this (20 degrees) towards each other meet in a hollow edge. The mean of
shallower ones leans to both walls alike, and its ball is smaller by 3 % at most."""
THIRD_COSINE = 0.7
"""A triangle turned by more than this (45 degrees) from both sides of the sharpest hollow edge is a third side."""
LEANS = 0.985
"""Where no triangle leans this far from the vertex normal (half of the first angle), there are not two sides."""
SIDES = 3
"""So many walls meet at a hollow corner at most."""
SKIN = 1e-6
"""Rays start this share of the largest radius below the surface."""

BoolArray = npt.NDArray[np.bool_]
Int64Array = npt.NDArray[np.int64]


def with_hollow_edges(
    mesh: Mesh, walls: Walls, balls: Balls, largest_mm: float, inside: Callable[[FloatArray], BoolArray]
) -> Balls:
    """Return proven balls, larger at hollow edges where those of both sides are.

    Parameters
    ----------
    mesh, walls
        What the balls were grown in.
    balls : Balls
        Proven.
    largest_mm : float
        The largest radius that was sought.
    inside : callable
        As for :func:`~PrintPrepLib.spatial.proven_balls.prove_balls`.
    """
    vertex, directions = hollow_sides(mesh, walls, np.isfinite(balls.radius_mm))
    if not len(vertex):
        return balls
    only = np.zeros(len(mesh.vertices), bool)
    least = Balls(np.full(len(only), np.inf), balls.centers.copy(), balls.faces.copy(), balls.steps.copy())
    for slot in range(SIDES):
        rows = directions[:, slot].any(axis=1)
        asked = vertex[rows]
        if not len(asked):
            break
        only[:] = False
        only[asked] = True
        first, outward = walls.first.copy(), walls.outward.copy()
        first[asked, 0] = outward[asked] = directions[rows, slot]
        turned = replace(walls, first=first, outward=outward)
        side = grow_balls(mesh, largest_mm, walls=turned, proven_share=PROVEN_SHARE, only=only)
        _keep_smaller(least, prove_balls(mesh, side, largest_mm, inside, outward=outward), asked)
    # What is left straight through is no ball: the one that fits, and is larger, keeps its place.
    least.radius_mm[vertex] = np.minimum(least.radius_mm[vertex], _half_through(mesh, walls, vertex, largest_mm))
    out = Balls(balls.radius_mm.copy(), balls.centers.copy(), balls.faces.copy(), balls.steps.copy())
    larger = vertex[least.radius_mm[vertex] > out.radius_mm[vertex]]
    _copy(out, least, larger)
    return out


def _copy(to: Balls, source: Balls, rows: Int64Array) -> None:
    to.radius_mm[rows], to.centers[rows] = source.radius_mm[rows], source.centers[rows]
    to.faces[rows], to.steps[rows] = source.faces[rows], source.steps[rows]


def _keep_smaller(least: Balls, other: Balls, rows: Int64Array) -> None:
    smaller = rows[other.radius_mm[rows] < least.radius_mm[rows]]
    _copy(least, other, smaller)


def _half_through(mesh: Mesh, walls: Walls, vertex: Int64Array, largest: float) -> FloatArray:
    """Half of the way straight through the solid at vertices (k,)."""
    inward = -walls.outward[vertex]
    skin = SKIN * largest
    distance, _ = index_of(mesh).first_hit(mesh.vertices[vertex] + skin * inward, inward, 2.0 * largest)
    return np.asarray(0.5 * (distance + skin), np.float64)


def hollow_sides(mesh: Mesh, walls: Walls, asked: BoolArray) -> tuple[Int64Array, FloatArray]:
    """Vertices (k,) on hollow edges, among those asked for (n,), and normals (k, SIDES, 3) of the sides there.

    Zero where there are fewer sides.
    """
    nothing = np.empty(0, np.int64), np.empty((0, SIDES, 3))
    asked = asked & (walls.count == 1)
    rows = np.flatnonzero(asked[mesh.faces].any(axis=1))
    normal = Mesh(mesh.vertices, mesh.faces[rows], "").face_normals()
    faces = mesh.faces[rows].astype(np.int64)
    leans = np.zeros(len(asked), bool)
    for corner in range(3):
        leans[faces[np.einsum("ij,ij->i", normal, walls.outward[faces[:, corner]]) < LEANS, corner]] = True
    keep = (asked & leans)[faces].any(axis=1)
    faces, normal = faces[keep], normal[keep]
    if not len(faces):
        return nothing
    vertex, first, second = _sharpest(mesh, faces, normal, asked)
    if not len(vertex):
        return nothing
    place = np.full(len(asked), -1, np.int64)
    place[vertex] = np.arange(len(vertex))
    face, at_corner = np.nonzero(place[faces] >= 0)
    at, along = place[faces[face, at_corner]], normal[face]
    seeds = np.stack([normal[first], normal[second], np.zeros((len(vertex), 3))], axis=1)
    near = np.einsum("ij,isj->is", along, seeds[at])
    # The third side is where the triangle farthest from both looks.
    farthest = np.lexsort((near[:, :2].max(axis=1), at))
    farthest = farthest[np.searchsorted(at[farthest], np.arange(len(vertex)))]
    third = near[farthest, :2].max(axis=1) < THIRD_COSINE
    seeds[third, 2] = along[farthest[third]]
    near[:, 2] = np.where(third[at], np.einsum("ij,ij->i", along, seeds[at, 2]), -np.inf)
    slot = near.argmax(axis=1)
    weighted = _angles(mesh, faces, face, at_corner)[:, None] * along
    out = np.zeros((len(vertex), SIDES, 3))
    np.add.at(out, (at, slot), weighted)
    size = np.linalg.norm(out, axis=2, keepdims=True)
    return vertex, out / np.where(size > 0.0, size, 1.0)


def _sharpest(
    mesh: Mesh, faces: Int64Array, normal: FloatArray, asked: BoolArray
) -> tuple[Int64Array, Int64Array, Int64Array]:
    """Vertices (k,) on hollow edges, and both triangles, (k,) and (k,), of the sharpest such edge of each."""
    table = edge_table(Mesh(mesh.vertices, faces.astype(np.int32), ""))
    sides = table.of_face.ravel()
    order = np.argsort(sides, kind="stable")
    begin = np.searchsorted(sides[order], np.arange(len(table.face_count)))
    edge = np.flatnonzero(table.face_count == 2)
    one, other = order[begin[edge]] // 3, order[begin[edge] + 1] // 3
    facing = np.einsum("ij,ij->i", normal[one], normal[other])
    middle = mesh.vertices[faces].mean(axis=1)
    above = np.einsum("ij,ij->i", middle[other] - mesh.vertices[table.vertices[edge, 0]], normal[one]) > 0.0
    keep = above & (facing < HOLLOW_COSINE)
    ends = table.vertices[edge[keep]].ravel()
    pick = np.lexsort((np.repeat(facing[keep], 2), ends))
    pick = pick[asked[ends[pick]]]
    vertex, place = np.unique(ends[pick], return_index=True)
    pick = pick[place] // 2
    return vertex, one[keep][pick], other[keep][pick]


def _angles(mesh: Mesh, faces: Int64Array, face: Int64Array, corner: Int64Array) -> FloatArray:
    """Angles (k,) of triangles at one of their corners."""
    here, after, before = (mesh.vertices[faces[face, (corner + turn) % 3]] for turn in range(3))
    u, v = after - here, before - here
    across = np.linalg.norm(np.cross(u, v), axis=1)
    return np.asarray(np.arctan2(across, np.einsum("ij,ij->i", u, v)), np.float64)
