"""Bars, pins and lattices: places that are thin all round, not only from one side to the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from ..mesh import FloatArray, Mesh
from ..spatial import index_of
from .air import Air
from .held import held_back
from .walls import Walls

FACING = 0.7
"""Cosine between a ray and the face that it meets above which it runs across the solid, not along its surface."""
SKIN = 1e-4
"""Rays start so many limits below the surface."""
SMOOTH = 0.8
"""Faces whose normals differ by no more than this cosine are one side: what one lacks its neighbor lacks, too."""
RINGS = 12
"""Over so many triangles a side is carried on, where it goes on without another one across (at a T)."""
ROUND = 0.15
"""A place is thin all round where the sides near it span a second direction with this share of the first. It is 1 for a
square or round bar and 0 for a plate."""
SIDES_NEAR = 1.3
"""Sides within so many wanted radii of the middle of a ball are near."""
MOST_SIDES = 48
"""So many of them are asked: the nearest."""
RAGGED = 0.05
"""Bars of rough bone are left to the balls: there what neighboring faces of a side lack differs by 8 to 50 %. On bars
that were drawn, square or round, it is below 0.1 %."""
LEAST_AREA = 2.0
"""Less surface than this, in square limits, is no bar but a detail."""
COARSE = (0.5, 0.85)
COARSE_MORE = 0.06
"""On a round bar of so few sides that they meet at these cosines (eight) the measured ball is smaller than the one that
fits, by 5 %: it gets so much more."""
MOST_SHORT = 0.05
"""The ball that is measured on a coarse round bar is up to this share smaller than the one that fits."""
NEAR_STRUT = 1.0
"""What is thin within so many limits of such a place is treated in the same way: the junctions of a lattice."""

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Struts:
    """What is thin all round.

    Attributes
    ----------
    vertices : (n,) bool
        Vertices of bars, and of what is thin beside them.
    lacks : (m,) float64
        How far each face of a thin wall has to go out: half of what is missing between it and the face across.
    held_at : (h, 3) float64
        Middle of faces that may not go as far as wanted, because a neighbor is near.
    """

    vertices: Bools
    lacks: FloatArray
    held_at: FloatArray


def struts_of(walls: Walls, whole: Mesh, radius_mm: float, air: Air | None, near: FloatArray | None = None) -> Struts:
    """Find bars, pins and lattices.

    Parameters
    ----------
    walls : Walls
        The measured walls.
    whole : Mesh
        The model.
    radius_mm : float
        Half the wanted thickness.
    air : Air, optional
        What must stay free.
    near : (k, 3) float64, optional
        Where there were bars before they grew. Without it they are looked for, and left out where they are ragged.
    """
    mesh = walls.mesh
    thin = walls.thickness_mm < 2.0 * radius_mm
    normal, middle = mesh.face_normals(), mesh.triangles.mean(axis=1)
    rows = np.flatnonzero(thin[mesh.faces].any(axis=1))
    rows = rows[np.einsum("ij,ij->i", normal[rows], normal[rows]) > 0.5]
    inward = -normal[rows]
    skin = SKIN * walls.limit_mm
    distance, hit = index_of(whole).first_hit(middle[rows] + skin * inward, inward, 2.0 * radius_mm)
    across = np.einsum("ij,ij->i", whole.face_normals()[np.maximum(hit, 0)], inward) > FACING
    across &= np.isfinite(distance)
    half = np.minimum(0.5 * (distance[across] + skin), radius_mm)
    sides = rows[across]
    lacks = np.zeros(len(mesh.faces))
    vertices = _all_round(walls, np.flatnonzero(thin), sides, radius_mm)
    if near is None and not vertices.any():
        return Struts(vertices, lacks, np.empty((0, 3)))
    lacks[sides] = radius_mm - half
    held_at = np.empty((0, 3))
    if air is not None and len(sides):
        center = middle[sides] - half[:, None] * normal[sides]
        wanted = np.full(len(sides), radius_mm)
        moved, fits, held = held_back(center, center, half, wanted, np.zeros_like(center), air)
        along = np.einsum("ij,ij->i", moved - center, normal[sides])
        lacks[sides] = np.maximum(along + fits - half, 0.0)
        held_at = middle[sides[held & vertices[mesh.faces[sides]].any(axis=1)]]
    # What is thin and has nothing across goes on as the side does of which it is a part; an end has no such side.
    unknown = rows[~across & thin[mesh.faces[rows]].all(axis=1)]
    lacks = _carried_on(walls, lacks, unknown)
    if near is None:
        label = _bars(walls, vertices)
        vertices &= ~_ragged(walls, vertices, lacks, label)
        lacks[_coarse(walls, vertices, lacks, label)] += COARSE_MORE * radius_mm
    else:
        vertices = thin & _within(mesh.vertices, near, NEAR_STRUT * walls.limit_mm)
        # Only round what is still thin, and there at least by what the measure misses.
        still = mesh.vertices[walls.thin & vertices]
        lacks[~_within(middle, still, NEAR_STRUT * walls.limit_mm)] = 0.0
        short = radius_mm - 0.5 * walls.thickness_mm[mesh.faces].min(axis=1)
        lacks = np.where(lacks > 0.0, np.maximum(lacks, np.minimum(short, MOST_SHORT * walls.limit_mm)), 0.0)
    return Struts(vertices, lacks, held_at)


def _within(points: FloatArray, places: FloatArray, reach: float) -> Bools:
    """Tell which points (k,) are within reach of a place."""
    if not len(places):
        return np.zeros(len(points), bool)
    distance, _ = cKDTree(places).query(points, distance_upper_bound=reach, workers=-1)
    return np.asarray(np.isfinite(distance), bool)


def _bars(walls: Walls, vertices: Bools) -> Ints:
    """Number of the connected bars that each vertex (n,) belongs to; the others have numbers of their own."""
    edges = walls.patch.edges
    edges = edges[vertices[edges].all(axis=1)]
    graph = coo_array((np.ones(len(edges), bool), tuple(edges.T)), shape=(len(vertices), len(vertices)))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def _coarse(walls: Walls, vertices: Bools, lacks: FloatArray, label: Ints) -> Bools:
    """Faces (m,) of round bars of few sides."""
    mesh, edges = walls.mesh, walls.patch.edges
    normal = mesh.face_normals()
    first, second = walls.patch.sides
    facing = np.einsum("ij,ij->i", normal[first], normal[second])
    rows = vertices[edges].all(axis=1) & (lacks[first] > 0.0) & (lacks[second] > 0.0)
    rows &= (facing > COARSE[0]) & (facing < COARSE[1])
    length = np.linalg.norm(mesh.vertices[edges[rows, 0]] - mesh.vertices[edges[rows, 1]], axis=1)
    total = np.bincount(label[edges[rows, 0]], length, len(vertices))
    area = np.bincount(label, walls.vertex_areas_mm2 * vertices, len(vertices))
    coarse = (total * walls.limit_mm > area)[label] & vertices
    return np.asarray(coarse[mesh.faces].any(axis=1) & (lacks > 0.0))


def _ragged(walls: Walls, vertices: Bools, lacks: FloatArray, label: Ints) -> Bools:
    """Vertices (n,) of connected bars on whose sides what neighboring faces lack differs much."""
    mesh, edges = walls.mesh, walls.patch.edges
    count = len(vertices)
    rows = vertices[edges].all(axis=1)
    normal = mesh.face_normals()
    first, second = walls.patch.sides
    rows &= (np.einsum("ij,ij->i", normal[first], normal[second]) > SMOOTH) & (first != second)
    length = np.linalg.norm(mesh.vertices[edges[rows, 0]] - mesh.vertices[edges[rows, 1]], axis=1)
    one, other = lacks[first[rows]], lacks[second[rows]]
    owner = label[edges[rows, 0]]
    differs = np.bincount(owner, length * np.abs(one - other), count)
    usual = np.bincount(owner, length * 0.5 * (one + other), count)
    area = np.bincount(label, walls.vertex_areas_mm2 * vertices, count)
    return np.asarray(((differs > RAGGED * usual) | (area < LEAST_AREA * walls.limit_mm**2))[label])


def _all_round(walls: Walls, thin: Ints, sides: Ints, radius: float) -> Bools:
    """Vertices (n,) where sides (k,) of clearly different directions stand round the middle of the ball."""
    mesh = walls.mesh
    out = np.zeros(len(mesh.vertices), bool)
    if not len(sides) or not len(thin):
        return out
    count = min(MOST_SIDES, len(sides))
    _, near = cKDTree(mesh.triangles[sides].mean(axis=1)).query(
        walls.centers[thin], k=count, distance_upper_bound=SIDES_NEAR * radius, workers=-1
    )
    near = np.asarray(near).reshape(len(thin), count)
    area = np.append(mesh.face_areas_mm2()[sides], 0.0)[near]
    normal = np.append(mesh.face_normals()[sides], np.zeros((1, 3)), axis=0)[near]
    spread = np.linalg.eigvalsh(np.einsum("kn,kni,knj->kij", area, normal, normal))
    seeds = thin[spread[:, 1] > ROUND * np.maximum(spread[:, 2], np.finfo(float).tiny)]
    if len(seeds):
        at = mesh.vertices
        out[thin[_within(at[thin], at[seeds], NEAR_STRUT * walls.limit_mm)]] = True
    return out


def _carried_on(walls: Walls, lacks: FloatArray, unknown: Ints) -> FloatArray:
    """Give faces of a side what their neighbors on it lack."""
    normal = walls.mesh.face_normals()
    first, second = walls.patch.sides
    smooth = np.einsum("ij,ij->i", normal[first], normal[second]) > SMOOTH
    first, second = first[smooth & (first != second)], second[smooth & (first != second)]
    ask, tell = np.concatenate([first, second]), np.concatenate([second, first])
    waits = np.zeros(len(lacks), bool)
    waits[unknown] = True
    lacks = lacks.copy()
    keep = waits[ask]
    ask, tell = ask[keep], tell[keep]
    for _ in range(RINGS):
        ready = waits[ask] & ~waits[tell]
        if not ready.any():
            break
        count = np.bincount(ask[ready], minlength=len(lacks))
        total = np.bincount(ask[ready], lacks[tell[ready]], len(lacks))
        done = count > 0
        lacks[done] = total[done] / count[done]
        waits &= ~done
    return lacks
