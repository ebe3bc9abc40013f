"""How far each vertex of a thin wall has to move, and where the air holds it back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from ..mesh import FloatArray, Mesh
from ..progress import Progress, part, silent
from .air import Air
from .outer import is_across, outer_directions
from .sheet import Sheet
from .walls import Walls

LEAST_GROWTH = 1e-3
"""Ways below this share of the limit are none: what need not move keeps its place to the bit."""
SLOPE_NEIGHBORS = 8
"""Held vertices that a vertex looks at: the nearest."""
LONGEST = 1.5
"""No corner goes farther than this many radii: where three faces meet it is the square root of three."""
CARRIES = 6
"""Rings of vertices over which a wall is carried on to its edge."""
TANGENT = 1.05
"""A ball touches its vertex: one whose center is farther away than this many radii stands at a corner."""
POINT_SHARE = 1e-3
"""A wall thinner than this share of the limit is a blade's edge, which has no middle."""
LEAST_TRANSITION = 1.25
"""Growth fades out over at least this many times its own size: the surface beside it then never overtakes itself."""
ROOM_NEIGHBORS = 12
"""Balls that a vertex is compared with: the nearest."""
FACING = (0.5, 0.1)
"""Cosine between a vertex's normal and its way off the middle above which it is part of a wall's side: where
edges stay, and where they may grow."""
TRUE_SIDE = 0.2
"""A way that leads this much (cosine) to the side that must stay true is none."""
DETOUR = 1.5
"""The way along the surface may be longer than the straight one by this factor."""
ALONG = 0.5
"""Cosine between the way of a vertex and its normal above which it lies on the side of a wall."""
SMOOTHINGS = 4
"""Rounds in which the way of a vertex takes after those of its neighbors: in a corner it then leads out of it."""

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


class Direction(Enum):
    """Which side of a thin wall moves; the other stays true."""

    BOTH = "both"
    OUTWARD = "outward"
    INWARD = "inward"


@dataclass(frozen=True, eq=False)
class Growth:
    """What thickening asks of the vertices of a patch.

    Attributes
    ----------
    move : (n, 3) float64
        Where each vertex should go, from where it stands.
    beside : (n,) bool
        Vertices on no thin wall, that move because one beside them does.
    held_at : (h, 3) float64
        Vertices that may not go as far as wanted, because a neighbor is near.
    equal : (k,) bool
        For the vertices of thin walls: neither side is the outer one.
    """

    move: FloatArray
    beside: Bools
    held_at: FloatArray
    equal: Bools


def grow(
    walls: Walls,
    whole: Mesh,
    radius_mm: float,
    direction: Direction,
    transition_mm: float,
    air: Air | None,
    progress: Progress = silent,
    *,
    keep_openings: bool = True,
) -> Growth:
    """Plan how the vertices of thin walls move away from the middle, so that the wanted ball fits between them.

    A vertex across from the other side of its wall moves along the line to the middle of the ball that was measured
    there. At the edge of a wall, where balls are smaller and stand askew, the wall is taken to go on as it is beside
    the edge: it is stretched across and not lengthened, so that openings keep their width.

    Parameters
    ----------
    walls : Walls
        The measured walls.
    whole : Mesh
        The whole model, for the view of the sky.
    radius_mm : float
        Wanted radius.
    direction : Direction
        Which side moves.
    transition_mm : float
        Growth fades out, and where it is held back it returns, over this length.
    air : Air, optional
        What must stay free.
    keep_openings : bool
        Stretch the edges of walls across only. Otherwise they grow to where the wanted ball ends, like all else.
    """
    mesh = walls.mesh
    vertices = np.flatnonzero(walls.thickness_mm < 2.0 * radius_mm)
    own = np.minimum(walls.thickness_mm[vertices] / 2.0, radius_mm)
    middle = walls.centers[vertices]
    arm = mesh.vertices[vertices] - middle
    size = np.linalg.norm(arm, axis=1)
    across = arm / np.maximum(size, np.finfo(float).tiny)[:, None]
    clean = ~walls.at_edge[vertices] & (own > POINT_SHARE * walls.limit_mm) & (size <= TANGENT * own)
    rows = np.flatnonzero(clean)
    clean[rows] = is_across(whole, middle[rows], across[rows], size[rows])
    straight = clean
    if not keep_openings:
        clean = own > POINT_SHARE * walls.limit_mm
    centers = middle.copy()
    towards = np.zeros_like(middle)
    equal: Bools = np.zeros(len(vertices), bool)
    if direction is not Direction.BOTH:
        out = outer_directions(whole, middle, across, size, straight, part(progress, 0.0, 0.6))
        towards = out if direction is Direction.OUTWARD else -out
        equal = np.asarray(~towards.any(axis=1), bool)
        centers += towards * (radius_mm - own)[:, None]
    radius = np.full(len(vertices), radius_mm)
    held = np.zeros(len(vertices), bool)
    if air is not None:
        centers, radius, held = _held_back(centers, middle, own, radius, towards, air)
        radius = _sloped(centers, radius, held, 0.5 * walls.limit_mm / max(transition_mm, 1e-9))
    progress(0.8, "Planning the growth")
    shift = np.einsum("ij,ij->i", centers - middle, across)
    offset = shift[:, None] * across
    known, wanted = np.zeros(len(mesh.vertices), bool), np.zeros(len(mesh.vertices), bool)
    wanted[vertices] = True
    known[vertices[clean]] = True
    values = np.zeros((len(mesh.vertices), 11))
    values[vertices] = np.concatenate([middle, across, offset, radius[:, None], own[:, None]], axis=1)
    move = np.zeros_like(mesh.vertices)
    move[vertices[clean]] = (across * np.maximum(shift + radius - np.maximum(own, size), 0.0)[:, None])[clean]
    move, known = _carried_on(walls, values, move, known, wanted)
    alone = ~known[vertices] & (own > POINT_SHARE * walls.limit_mm)
    move = _offset(walls, move, vertices[alone], middle[alone] + offset[alone], radius[alone])
    wanted = wanted | known
    move = _smoothed(walls, move, wanted)
    balls = clean & (radius > own)
    side = ~walls.at_edge if keep_openings else np.ones(len(mesh.vertices), bool)
    side[vertices[~clean]] = False
    facing = FACING[0] if keep_openings else FACING[1]
    move = _made_room(mesh, side, move, middle[balls], offset[balls], radius[balls], facing)
    wanted = wanted | move.any(axis=1)
    true = np.zeros(len(mesh.vertices), bool)
    true[vertices[np.einsum("ij,ij->i", across, towards) < -TRUE_SIDE]] = True
    move[true | (np.linalg.norm(move, axis=1) < LEAST_GROWTH * walls.limit_mm)] = 0.0
    move = _faded(walls, move, wanted, transition_mm)
    return Growth(move, move.any(axis=1) & ~wanted, mesh.vertices[vertices[held]], equal)


def _stretched(at: FloatArray, values: FloatArray) -> FloatArray:
    """Way of vertices at the edge of a wall when it is stretched evenly across, each side to where it should be."""
    middle, across, offset = values[:, :3], values[:, 3:6], values[:, 6:9]
    radius, own = values[:, 9], values[:, 10]
    height = np.einsum("ij,ij->i", at - middle, across)
    side = np.where(height < 0.0, -1.0, 1.0)
    target = radius + side * np.einsum("ij,ij->i", offset, across)
    share = np.minimum(np.abs(height) / np.maximum(own, np.finfo(float).tiny), 1.0)
    return np.asarray(across * (side * share * np.maximum(target - own, 0.0))[:, None])


def _smoothed(walls: Walls, move: FloatArray, wanted: Bools) -> FloatArray:
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


def _made_room(
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


def _faded(walls: Walls, move: FloatArray, wanted: Bools, transition: float) -> FloatArray:
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


def _offset(walls: Walls, move: FloatArray, vertices: Ints, centers: FloatArray, radius: FloatArray) -> FloatArray:
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


def _carried_on(
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


def _held_back(
    centers: FloatArray, middle: FloatArray, own: FloatArray, wanted: FloatArray, towards: FloatArray, air: Air
) -> tuple[FloatArray, FloatArray, Bools]:
    """Move balls off the air that must stay free where both sides may move; shrink them where that does not help."""
    room, away = air.room(centers)
    short = np.flatnonzero(room < wanted)
    centers, radius = centers.copy(), wanted.copy()
    held = np.zeros(len(centers), bool)
    if not len(short):
        return centers, radius, held
    free = ~towards[short].any(axis=1)
    step = np.where(free, np.minimum(wanted[short] - room[short], wanted[short] - own[short]), 0.0)
    moved = centers[short] + away[short] * step[:, None]
    room_there, _ = air.room(moved)
    better = free & (room_there > room[short])
    centers[short[better]] = moved[better]
    room[short[better]] = room_there[better]
    # A ball that must be smaller steps back towards the wall's own middle, which it has to cover.
    small = short[room[short] < wanted[short] * (1.0 - 1e-6)]
    least, missing = own[small], np.maximum(wanted[small] - own[small], 1e-12)
    share = np.clip((room[small] - least) / missing, 0.0, 1.0)
    for _ in range(3):
        fits, _ = air.room(middle[small] + (centers[small] - middle[small]) * share[:, None])
        short_of = fits < least + missing * share
        share = np.where(short_of, np.clip((fits - least) / missing, 0.0, share), share)
    centers[small] = middle[small] + (centers[small] - middle[small]) * share[:, None]
    radius[small] = least + missing * share
    held[small] = True
    return centers, radius, held


def _sloped(centers: FloatArray, radius: FloatArray, held: Bools, slope: float) -> FloatArray:
    """Let the radius rise from held places no steeper than the slope."""
    if not held.any() or held.all():
        return radius
    low = np.flatnonzero(held)
    rise = float(radius.max() - radius[low].min())
    distance, near = cKDTree(centers[low]).query(
        centers, k=min(SLOPE_NEIGHBORS, len(low)), distance_upper_bound=max(rise / slope, 1e-9)
    )
    distance, near = np.asarray(distance).reshape(len(centers), -1), np.asarray(near).reshape(len(centers), -1)
    known = np.isfinite(distance)
    bound = np.where(known, radius[low][np.where(known, near, 0)] + slope * np.where(known, distance, 0.0), np.inf)
    return np.asarray(np.minimum(radius, bound.min(axis=1)))
