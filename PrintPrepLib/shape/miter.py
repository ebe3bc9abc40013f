"""Bars and lattices made thicker: every face moves out by what it lacks, and edges to where the moved faces meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csc_array, csr_array, diags_array
from scipy.sparse.linalg import spsolve
from scipy.spatial import cKDTree

from ..mesh import FloatArray, Mesh
from .struts import Struts
from .walls import Walls

SOFT = 0.04
"""Share of the largest eigenvalue below which the faces at a vertex do not fix its place in that direction: where two
faces meet at less than 23 degrees, the vertex may slide along both."""
SOFTENINGS = 8
SOFTER = (0.5, 4.0)
"""So often vertices near triangles that turn over are let follow their neighbors: by the first, and each time more."""
SOFT_NEAR = 0.25
"""Vertices within so many limits are near."""
TURNED = 0.5
"""Cosine between a triangle's normals before and after below which it has turned over, or is about to."""
BLADE = -0.6
"""Cosine between neighboring triangles below which their edge has become a blade or a slit."""
REST = 1e-7
"""Vertices are held where they are by so little: what could slide round a body without end has one place then."""
WIDEST = 3.1
"""Angles of flat triangles count as no more than this (radians), so that their share stays finite."""
ON_EDGE = 0.98
"""Cosine between a line and an edge above which the line is part of it."""

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Planes:
    """The planes through each of k vertices, moved out by what their faces lack: where they meet it should go.

    Of several planes each counts with the angle that it takes round the vertex, however many triangles it is cut in.

    Attributes
    ----------
    value : (k, 3) float64
        How firmly they fix the vertex along each of
    line : (k, 3, 3) float64
        three unit vectors.
    target : (k, 3) float64
        Sum of their normals times the way out.
    """

    value: FloatArray
    line: FloatArray
    target: FloatArray

    def ways(self, soft: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Shortest way to where the planes meet, (k, 3), and lines (k, 3, 3) along which the vertex may slide.

        Where ``soft`` (k,) is above zero the vertex follows its neighbors across the planes, too, by so much.
        """
        firm = self.value > SOFT * self.value[:, 2:]
        value = np.where(firm, self.value, 0.0)
        give = np.maximum(soft[:, None], np.where(firm, 0.0, 1.0))
        inverse = np.where(firm, 1.0, 0.0) / np.maximum(value + give, np.finfo(float).tiny)
        way = np.einsum("kli,kl,klj,kj->ki", self.line, inverse, self.line, self.target)
        return way, np.sqrt(give / (value + give))[:, :, None] * self.line


def mitered(walls: Walls, struts: Struts) -> tuple[Bools, FloatArray]:
    """Plan how the vertices of bars and lattices move.

    Returns
    -------
    chosen : (n,) bool
        Vertices of bars.
    move : (n, 3) float64
        Where they should go, from where they stand; zero elsewhere.
    """
    mesh = walls.mesh
    chosen = struts.vertices.copy()
    chosen[mesh.faces[(struts.lacks > 0.0) & chosen[mesh.faces].any(axis=1)]] = True
    chosen &= ~walls.patch.fixed
    if not chosen.any():
        return chosen, np.zeros_like(mesh.vertices)
    return chosen, _unfolded(walls, chosen, _met(mesh, chosen, struts.lacks))


def _met(mesh: Mesh, chosen: Bools, lacks: FloatArray) -> _Planes:
    """Gather the planes through the chosen vertices."""
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
    total = np.maximum(np.einsum("kii->k", matrix), np.finfo(float).tiny)
    value, vector = np.linalg.eigh(matrix / total[:, None, None])
    return _Planes(value, vector.transpose(0, 2, 1), target / total[:, None])


def _unfolded(walls: Walls, chosen: Bools, planes: _Planes) -> FloatArray:
    """Ways of all vertices (n, 3) without triangles that turn over, where a detail is smaller than the growth.

    There the vertices go more and more as those round them, and less to where their faces meet: facets that cross each
    other at the joint of two round bars may meet in another order once they are moved.
    """
    mesh = walls.mesh
    normal = mesh.face_normals()
    at = mesh.vertices[chosen]
    faces = np.flatnonzero(chosen[mesh.faces].any(axis=1))
    first, second = walls.patch.sides
    facing = np.einsum("ij,ij->i", normal[first], normal[second])
    soft = np.zeros(len(at))
    move = _evened(mesh, chosen, *planes.ways(soft))
    for number in range(SOFTENINGS):
        now = Mesh(mesh.vertices + move, mesh.faces, "").face_normals()
        bad = np.einsum("ij,ij->i", now, normal) < TURNED
        blade = np.einsum("ij,ij->i", now[first], now[second]) < np.minimum(BLADE, facing - TURNED)
        bad[first[blade]] = bad[second[blade]] = True
        turned = faces[bad[faces]]
        if not len(turned):
            break
        reach = SOFT_NEAR * walls.limit_mm
        distance, _ = cKDTree(mesh.triangles[turned].mean(axis=1)).query(at, distance_upper_bound=reach)
        soft = np.maximum(soft, SOFTER[0] * SOFTER[1] ** number * np.maximum(1.0 - distance / reach, 0.0) ** 2)
        move = _evened(mesh, chosen, *planes.ways(soft))
    return move


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
    count = len(vertex)
    place = 3 * np.repeat(members[vertex], 3) + np.tile(np.arange(3), count)
    where = (place, np.repeat(np.arange(count), 3))
    along = coo_array((unit.ravel(), where), shape=(3 * len(move), count)).tocsr()
    own = mean[vertex]
    matrix = csr_array(diags_array(np.full(count, 1.0 + REST)))
    known = np.zeros(count)
    for axis in range(3):
        share = csr_array(diags_array(unit[:, axis]) @ own)
        matrix = csr_array(matrix - share @ along[axis::3])
        known += np.asarray(share @ move[:, axis].reshape(-1, 1)).ravel()
    slid = np.asarray(spsolve(csc_array(matrix), known)).reshape(-1, 1)
    move += np.asarray(along @ slid).reshape(-1, 3)
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
        for arm, length, other in ((u, a, after), (v, b, before)):
            size = np.maximum(length, 1e-9)
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
