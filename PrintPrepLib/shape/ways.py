"""Ways of the vertices of thin walls: carried on to edges and corners, evened out, and faded out beside the walls."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from ..mesh import FloatArray, Mesh
from .sheet import Sheet
from .walls import Walls

CARRIES = 6
"""Rings of vertices over which a wall is carried on to its edge."""
LONGEST = 1.5
"""No corner goes farther than this many radii: where three faces meet it is the square root of three."""
ALONG = 0.5
"""Cosine between the way of a vertex and its normal above which it lies on the side of a wall."""
SMOOTHINGS = 4
"""Rounds in which the way of a vertex takes after those of its neighbors: in a corner it then leads out of it."""
ROOM_NEIGHBORS = 12
"""Balls that a vertex is compared with: the nearest."""
LEAST_TRANSITION = 1.25
"""Growth fades out over at least this many times its own size: the surface beside it then never overtakes itself."""
DETOUR = 1.5
"""The way along the surface may be longer than the straight one by this factor."""
TRUE_SIDE = 0.2
"""A way that leads this much (cosine) to the side that must stay true is none."""

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def carried_on(
    walls: Walls, values: FloatArray, move: FloatArray, known: Bools, wanted: Bools
) -> tuple[FloatArray, Bools]:
    """Carry the ways of the vertices of a wall on to its edges, and to the first vertices beyond.

    A thin wall that stands on a thick one ends at their common edge, not at the last vertex before it. Where two sides
    of a bar meet, their edge goes with both.
    """
    at = walls.mesh.vertices
    edges = walls.patch.edges
    edges = np.concatenate([edges, edges[:, ::-1]])
    move = move.copy()
    values, known = values.copy(), known.copy()
    for number in range(CARRIES + 1):
        ask = edges[known[edges[:, 1]] & ~known[edges[:, 0]]]
        ask = ask[wanted[ask[:, 1 if number == CARRIES else 0]]]
        if not len(ask):
            continue
        vertex, first, row = np.unique(ask[:, 0], return_index=True, return_inverse=True)
        carried = values[ask[:, 1]]
        # The middle goes on flat: beside the neighbor's center, in the plane across which the wall stands there.
        here, across = at[ask[:, 0]], carried[:, 3:6]
        carried[:, :3] = here - np.einsum("ij,ij->i", here - carried[:, :3], across)[:, None] * across
        # Seen from the other side of the wall the same direction has the other sign.
        carried[:, 3:6] *= np.where(np.einsum("ij,ij->i", across, across[first[row]]) < 0.0, -1.0, 1.0)[:, None]
        count = np.bincount(row)
        for column in range(values.shape[1]):
            values[vertex, column] = np.bincount(row, weights=carried[:, column]) / count
        size = np.linalg.norm(values[vertex, 3:6], axis=1, keepdims=True)
        values[vertex, 3:6] /= np.maximum(size, np.finfo(float).tiny)
        _go_with_all(at, values, move, ask, row)
        known[vertex] = True
    return move, known


def _go_with_all(at: FloatArray, values: FloatArray, move: FloatArray, ask: Ints, row: Ints) -> None:
    """Let vertices ``ask[:, 0]`` go, in place, at least as far as the walls at their neighbors ``ask[:, 1]`` need."""
    order = np.argsort(row, kind="stable")
    ask, row = ask[order], row[order]
    rank = np.arange(len(row)) - np.searchsorted(row, row)
    for number in range(int(rank.max()) + 1):
        vertex, neighbor = ask[rank == number].T
        way = _stretched(at[vertex], values[neighbor])
        size = np.linalg.norm(way, axis=1)
        unit = way / np.maximum(size, np.finfo(float).tiny)[:, None]
        short = np.maximum(size - np.einsum("ij,ij->i", move[vertex], unit), 0.0)
        move[vertex] += short[:, None] * unit


def _stretched(at: FloatArray, values: FloatArray) -> FloatArray:
    """Way of vertices at the edge of a wall when it is stretched evenly across, each side to where it should be."""
    middle, across, offset = values[:, :3], values[:, 3:6], values[:, 6:9]
    radius, own = values[:, 9], values[:, 10]
    height = np.einsum("ij,ij->i", at - middle, across)
    side = np.where(height < 0.0, -1.0, 1.0)
    target = radius + side * np.einsum("ij,ij->i", offset, across)
    share = np.minimum(np.abs(height) / np.maximum(own, np.finfo(float).tiny), 1.0)
    return np.asarray(across * (side * share * np.maximum(target - own, 0.0))[:, None])


def offset_corners(
    walls: Walls, move: FloatArray, vertices: Ints, centers: FloatArray, radius: FloatArray
) -> FloatArray:
    """Let corners of bars and tips, near no side of a wall, go until their faces are a radius off the center."""
    if not len(vertices):
        return move
    place = np.full(len(move), -1, np.int64)
    place[vertices] = np.arange(len(vertices))
    faces = walls.mesh.faces[(place[walls.mesh.faces] >= 0).any(axis=1)]
    normals = Mesh(walls.mesh.vertices, faces, "").face_normals()
    corner, normal = faces.T.ravel().astype(np.int64), np.tile(normals, (3, 1))
    row = place[corner]
    corner, normal, row = corner[row >= 0], normal[row >= 0], row[row >= 0]
    missing = radius[row] - np.einsum("ij,ij->i", walls.mesh.vertices[corner] - centers[row], normal)
    out = move.copy()
    order = np.argsort(row, kind="stable")
    corner, normal, missing, row = corner[order], normal[order], missing[order], row[order]
    rank = np.arange(len(row)) - np.searchsorted(row, row)
    for _ in range(2):
        for number in range(int(rank.max(initial=-1)) + 1):
            one = rank == number
            short = np.clip(missing[one] - np.einsum("ij,ij->i", out[corner[one]], normal[one]), 0.0, None)
            out[corner[one]] += np.minimum(short, missing[one])[:, None] * normal[one]
    size = np.linalg.norm(out[vertices], axis=1)
    out[vertices] *= np.minimum(1.0, LONGEST * radius / np.maximum(size, np.finfo(float).tiny))[:, None]
    return out


def smoothed(walls: Walls, move: FloatArray, wanted: Bools) -> FloatArray:
    """Let the ways of vertices take after those of their neighbors, but not round a sharp convex edge."""
    mesh = walls.mesh
    normal = mesh.vertex_normals()
    # The end of a wall is stretched along itself: there nothing may be evened out.
    along = np.einsum("ij,ij->i", move, normal) > ALONG * np.linalg.norm(move, axis=1)
    edges = walls.patch.edges
    edges = edges[(wanted & along)[edges].all(axis=1)]
    if not len(edges):
        return move
    first, second = edges.T
    line = mesh.vertices[second] - mesh.vertices[first]
    bend = np.einsum("ij,ij->i", normal[second] - normal[first], line)
    alike = np.einsum("ij,ij->i", normal[first], normal[second])
    weight = np.where(bend > 0.0, np.clip((alike - 0.75) / 0.2, 0.0, 1.0), np.clip(alike + 0.5, 0.0, 1.0))
    count = np.bincount(first, weight, len(move)) + np.bincount(second, weight, len(move))
    needed, move = move, move.copy()
    for _ in range(SMOOTHINGS):
        for axis in range(3):
            old = move[:, axis]
            total = np.bincount(first, weight * old[second], len(move))
            total += np.bincount(second, weight * old[first], len(move))
            mean = total / np.maximum(count, np.finfo(float).tiny)
            move[:, axis] = np.where(count > 0.0, 0.5 * old + 0.5 * mean, old)
    # Evened out, but nowhere less than the wall itself needs.
    size = np.linalg.norm(needed, axis=1)
    across = needed / np.maximum(size, np.finfo(float).tiny)[:, None]
    short = np.maximum(size - np.einsum("ij,ij->i", move, across), 0.0)
    return np.asarray(move + short[:, None] * across)


def made_room(
    mesh: Mesh,
    side: Bools,
    move: FloatArray,
    centers: FloatArray,
    offset: FloatArray,
    radius: FloatArray,
    facing: float,
) -> FloatArray:
    """Let the sides of walls move out of every ball that shall fit, not only out of the one measured from there.

    A ball is held by what it touches: in a bend or a hollow that is more than the vertex it grew from and the place
    across, and seen from those places the wall may be thick enough.
    """
    if not len(centers):
        return move
    normal = mesh.vertex_normals()
    rows = np.flatnonzero(side)
    count = min(ROOM_NEIGHBORS, len(centers))
    distance, near = cKDTree(centers).query(
        mesh.vertices[rows], k=count, distance_upper_bound=float(radius.max()), workers=-1
    )
    distance, near = np.asarray(distance).reshape(len(rows), count), np.asarray(near).reshape(len(rows), count)
    found = np.isfinite(distance).any(axis=1)
    rows, distance, near = rows[found], distance[found], near[found]
    inside = np.isfinite(distance)
    near = np.where(inside, near, 0)
    arm = mesh.vertices[rows][:, None] - centers[near]
    arm /= np.maximum(np.linalg.norm(arm, axis=2, keepdims=True), np.finfo(float).tiny)
    faces_out = np.einsum("rkx,rx->rk", arm, normal[rows]) > facing
    # How far it is from the wall's middle to the end of the ball, which stands beside the middle if one side is true.
    along = np.einsum("rkx,rkx->rk", arm, offset[near])
    beside = np.einsum("kx,kx->k", offset, offset)
    end = along + np.sqrt(np.maximum(along**2 + (radius**2 - beside)[near], 0.0))
    # The side that stays true is touched by the ball, and noise there is none of its business.
    true = along < -TRUE_SIDE * np.sqrt(beside)[near]
    depth = np.where(inside & faces_out & ~true, end - distance, 0.0)
    deepest = depth.argmax(axis=1)
    own = np.arange(len(rows))
    way = arm[own, deepest]
    short = np.maximum(depth[own, deepest] - np.einsum("ij,ij->i", move[rows], way), 0.0)
    out = move.copy()
    out[rows] += short[:, None] * way
    return out


def faded(walls: Walls, move: FloatArray, wanted: Bools, transition: float) -> FloatArray:
    """Let the growth fade out over the surface beside the thin walls."""
    mesh, edges = walls.mesh, walls.patch.edges
    size = np.linalg.norm(move, axis=1)
    if not size.any():
        return move
    reach = max(transition, LEAST_TRANSITION * float(size.max()))
    length = np.linalg.norm(mesh.vertices[edges[:, 0]] - mesh.vertices[edges[:, 1]], axis=1)
    graph = coo_array((length, (edges[:, 0], edges[:, 1])), shape=(len(move), len(move))).tocsr()
    border = np.zeros(len(move), bool)
    border[edges[wanted[edges].any(axis=1) & ~wanted[edges].all(axis=1)]] = True
    border &= wanted
    source = np.flatnonzero(border)
    if not len(source):
        return move
    # What lies near along the surface: the other side of a gap or of a thick wall is no part of the transition.
    far = dijkstra(graph, directed=False, indices=source, min_only=True, limit=DETOUR * reach)
    beside = np.flatnonzero(np.isfinite(far) & ~wanted)
    number = np.full(len(move), -1, np.int32)
    number[source] = np.arange(len(source))
    ends = number[edges[border[edges].all(axis=1)]]
    alone = np.setdiff1d(np.arange(len(source), dtype=np.int32), ends)
    lines = np.concatenate([ends[:, (0, 1, 1)], np.repeat(alone[:, None], 3, axis=1)])
    swept = Sheet(mesh.vertices[source], np.zeros(len(source)), lines).distance(mesh.vertices[beside], reach)
    ways = swept.of(move[source])
    width = np.maximum(transition, LEAST_TRANSITION * np.linalg.norm(ways, axis=1))
    fade = np.clip(1.0 - swept.value / width, 0.0, 1.0)
    move = move.copy()
    move[beside] = np.where(swept.near[:, None], ways * fade[:, None], 0.0)
    return move
