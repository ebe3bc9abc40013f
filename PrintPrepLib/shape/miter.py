"""Bars and lattices made thicker: every face moves out by what it lacks, and edges to where the moved faces meet."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csc_array, csr_array, diags_array
from scipy.sparse.linalg import spsolve

from ..mesh import FloatArray, Mesh
from ..spatial import index_of
from .air import Air
from .held import held_back
from .struts import FACING, SKIN
from .walls import Walls

SMOOTH = 0.8
"""Faces whose normals differ by no more than this cosine are one side: what one lacks its neighbor lacks, too."""
RINGS = 12
"""Over so many triangles a side is carried on, where it goes on without another one across (at a T)."""
SOFT = 0.04
"""Share of the largest eigenvalue below which the faces at a vertex do not fix its place in that direction: where two
faces meet at less than 23 degrees, the vertex may slide along both."""
REST = 1e-7
"""Vertices are held where they are by so little: what could slide round a body without end has one place then."""
WIDEST = 3.1
"""Angles of flat triangles count as no more than this (radians), so that their share stays finite."""
ON_EDGE = 0.98
"""Cosine between a line and an edge above which the line is part of it."""

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def mitered(
    walls: Walls, whole: Mesh, struts: Bools, radius_mm: float, air: Air | None
) -> tuple[Bools, FloatArray, FloatArray]:
    """Plan how the vertices of bars and lattices move.

    Parameters
    ----------
    walls : Walls
        The measured walls.
    whole : Mesh
        The model.
    struts : (n,) bool
        Vertices of bars.
    radius_mm : float
        Half the wanted thickness.
    air : Air, optional
        What must stay free.

    Returns
    -------
    chosen : (n,) bool
        Vertices of faces that move.
    move : (n, 3) float64
        Where they should go, from where they stand; zero elsewhere.
    held_at : (h, 3) float64
        Middle of faces that may not go as far as wanted, because a neighbor is near.
    """
    mesh = walls.mesh
    lacks, held_at = _lacks(walls, whole, struts, radius_mm, air)
    faces = np.flatnonzero((lacks > 0.0) & struts[mesh.faces].any(axis=1))
    chosen = struts.copy()
    chosen[mesh.faces[faces]] = True
    chosen &= ~walls.patch.fixed
    move = np.zeros_like(mesh.vertices)
    if chosen.any():
        move = _evened(mesh, chosen, *_met(mesh, chosen, lacks))
    return chosen, move, held_at


def _lacks(
    walls: Walls, whole: Mesh, struts: Bools, radius: float, air: Air | None
) -> tuple[FloatArray, FloatArray]:
    """How far each face (m,) has to go out: half of what is missing between it and the face across."""
    mesh = walls.mesh
    thin = walls.thickness_mm < 2.0 * radius
    rows = np.flatnonzero(struts[mesh.faces].any(axis=1))
    normal, middle = mesh.face_normals(), mesh.triangles.mean(axis=1)
    rows = rows[np.einsum("ij,ij->i", normal[rows], normal[rows]) > 0.5]
    inward = -normal[rows]
    skin = SKIN * walls.limit_mm
    distance, hit = index_of(whole).first_hit(middle[rows] + skin * inward, inward, 2.0 * radius)
    across = np.einsum("ij,ij->i", whole.face_normals()[np.maximum(hit, 0)], inward) > FACING
    across &= np.isfinite(distance)
    half = 0.5 * (distance[across] + skin)
    sides = rows[across]
    lacks = np.zeros(len(mesh.faces))
    lacks[sides] = np.maximum(radius - half, 0.0)
    held_at = np.empty((0, 3))
    if air is not None and len(sides):
        center = middle[sides] - half[:, None] * normal[sides]
        wanted = np.full(len(sides), radius)
        moved, fits, held = held_back(center, center, half, wanted, np.zeros_like(center), air)
        along = np.einsum("ij,ij->i", moved - center, normal[sides])
        lacks[sides] = np.maximum(along + fits - half, 0.0)
        held_at = middle[sides[held]]
    # What is thin and has nothing across goes on as the side does of which it is a part; an end has no such side.
    open_rows = rows[~across & thin[mesh.faces[rows]].all(axis=1)]
    return _carried_on(walls, lacks, open_rows), held_at


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


def _met(mesh: Mesh, chosen: Bools, lacks: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Shortest ways of the chosen vertices to where their faces meet, (k, 3), and the lines along which they may slide.

    Of the planes through a vertex each counts with the angle that it takes there, however many triangles it is cut in.
    """
    number = np.full(len(mesh.vertices), -1, np.int64)
    number[chosen] = np.arange(np.count_nonzero(chosen))
    rows = np.flatnonzero(chosen[mesh.faces].any(axis=1))
    corners, normal = mesh.triangles[rows], mesh.face_normals()[rows]
    count = int(np.count_nonzero(chosen))
    matrix, target = np.zeros((count, 3, 3)), np.zeros((count, 3))
    for corner in range(3):
        own = number[mesh.faces[rows, corner]]
        u = corners[:, (corner + 1) % 3] - corners[:, corner]
        v = corners[:, (corner + 2) % 3] - corners[:, corner]
        angle = np.arctan2(np.linalg.norm(np.cross(u, v), axis=1), np.einsum("ij,ij->i", u, v))
        here = own >= 0
        weighted = angle[here, None] * normal[here]
        np.add.at(matrix, own[here], weighted[:, :, None] * normal[here][:, None, :])
        np.add.at(target, own[here], weighted * lacks[rows[here], None])
    value, vector = np.linalg.eigh(matrix)
    firm = value > SOFT * value[:, 2:]
    inverse = np.where(firm, 1.0 / np.where(firm, value, 1.0), 0.0)
    way = np.einsum("kij,kj,klj,kl->ki", vector, inverse, vector, target)
    return way, np.where(firm[:, :, None], 0.0, vector.transpose(0, 2, 1))


def _evened(mesh: Mesh, chosen: Bools, way: FloatArray, lines: FloatArray) -> FloatArray:
    """Ways of all vertices (n, 3) when the chosen ones slide along their lines (k, 3, 3) as their neighbors go.

    Where bars meet, their common edge moves along both: what stands beside it in the same face has to make room. Ways
    are solved for exactly: a triangle too thin for an iteration's error would turn over.
    """
    members = np.flatnonzero(chosen)
    slide = np.einsum("kix,kiy->kxy", lines, lines)
    mean = _slides(mesh, chosen, slide)
    move = np.zeros_like(mesh.vertices)
    move[members] = way
    vertex, line = np.nonzero(lines.any(axis=2))
    if not len(vertex):
        return move
    unit = lines[vertex, line]
    along = coo_array(
        (unit.ravel(), (3 * np.repeat(members[vertex], 3) + np.tile(np.arange(3), len(vertex)), np.repeat(np.arange(len(vertex)), 3))),
        shape=(3 * len(move), len(vertex)),
    ).tocsr()
    own = mean[vertex]
    axes = [csr_array(diags_array(unit[:, axis]) @ own) for axis in range(3)]
    here = [along[axis::3] for axis in range(3)]
    matrix = diags_array(np.full(len(vertex), 1.0 + REST)) - sum(axes[axis] @ here[axis] for axis in range(3))
    known = sum(axes[axis] @ move[:, axis] for axis in range(3))
    move += (along @ spsolve(csc_array(matrix), known)).reshape(-1, 3)
    return move


def _slides(mesh: Mesh, chosen: Bools, slide: FloatArray) -> csr_array:
    """Share (k, n) of each neighbor in what the chosen vertices take after.

    In a face these are mean value coordinates (Floater 2003, doi:10.1016/S0167-8396(03)00002-5): what is stretched
    evenly stays so, however thin the triangles are. On an edge only the neighbors along it count.
    """
    number = np.full(len(mesh.vertices), -1, np.int64)
    number[chosen] = np.arange(np.count_nonzero(chosen))
    degrees = np.einsum("kii->k", slide)
    rows, columns, weights = [], [], []
    for corner in range(3):
        own = number[mesh.faces[:, corner]]
        face = np.flatnonzero(own >= 0)
        own = own[face]
        here, after, before = (mesh.faces[face, (corner + turn) % 3] for turn in range(3))
        u, v = mesh.vertices[after] - mesh.vertices[here], mesh.vertices[before] - mesh.vertices[here]
        a, b = np.linalg.norm(u, axis=1), np.linalg.norm(v, axis=1)
        angle = np.arctan2(np.linalg.norm(np.cross(u, v), axis=1), np.einsum("ij,ij->i", u, v))
        half = np.tan(0.5 * np.minimum(angle, WIDEST))
        for arm, size, other in ((u, a, after), (v, b, before)):
            size = np.maximum(size, 1e-9)
            along = np.linalg.norm(np.einsum("kij,kj->ki", slide[own], arm), axis=1) > ON_EDGE * size
            flat = degrees[own] > 1.5
            rows.append(own)
            columns.append(other)
            weights.append(np.where(flat, half, along) / size)
    shape = (int(np.count_nonzero(chosen)), len(mesh.vertices))
    where = (np.concatenate(rows), np.concatenate(columns))
    shares = coo_array((np.concatenate(weights), where), shape=shape).tocsr()
    total = np.asarray(shares.sum(axis=1)).ravel()
    return csr_array(diags_array(1.0 / np.maximum(total, np.finfo(float).tiny)) @ shares)
