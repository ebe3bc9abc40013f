"""The directions in which balls start at the vertices of a mesh."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, IntArray, Mesh
from .threads import in_threads
from .tree import Int64Array, Tree

SHARP_COSINE = 0.8660254037844387
"""A vertex is sharp where a triangle leans 30 degrees or more from its normal."""
STARTS = 3
"""Directions that a sharp vertex starts with at most."""

BoolArray = npt.NDArray[np.bool_]


def starts(mesh: Mesh, normals: FloatArray, normal: FloatArray) -> tuple[FloatArray, npt.NDArray[np.int8]]:
    """Directions (n, STARTS, 3) in which the surface looks at each vertex, and how many of them count, (n,).

    One, the vertex normal, where the surface is smooth or hollow; the normals of up to three faces at a convex edge or
    corner; none where no triangle with area meets. Given are the unit normals of triangles (m, 3) and vertices (n, 3).
    """
    out = np.zeros((len(normal), STARTS, 3))
    out[:, 0] = normal
    count = (_dot(normal, normal) > 0.5).astype(np.int8)
    vertex, face = _fans_of_sharp(mesh.faces, normals, normal, count > 0)
    if not len(vertex):
        return out, count
    begin = np.flatnonzero(np.append(True, vertex[1:] != vertex[:-1]))
    owner = vertex[begin]
    at = np.repeat(np.arange(len(owner)), np.diff(np.append(begin, len(vertex))))
    along = normals[face]
    # Convex: the triangles round the vertex lie behind it, seen along its normal.
    corners = mesh.vertices[mesh.faces[face]]
    middle = (corners[:, 0] + corners[:, 1] + corners[:, 2]) / 3.0 - mesh.vertices[vertex]
    behind = np.bincount(at, _dot(middle, normal[vertex]), len(owner)) < 0.0

    def farthest(closeness: FloatArray) -> tuple[Int64Array, FloatArray]:
        lowest = np.minimum.reduceat(closeness, begin)
        candidates = np.where(closeness == lowest[at], np.arange(len(at)), len(at))
        return np.minimum.reduceat(candidates, begin), lowest

    one, _ = farthest(_dot(along, normal[vertex]))
    to_one = _dot(along, along[one][at])
    two, nearness_two = farthest(to_one)
    to_both = np.maximum(to_one, _dot(along, along[two][at]))
    three, nearness_three = farthest(to_both)
    many = 1 + (nearness_two < SHARP_COSINE).astype(np.int8) + (nearness_three < SHARP_COSINE)
    for slot, chosen in enumerate((one, two, three)):
        use = behind & (many > slot) & (many > 1)
        out[owner[use], slot] = along[chosen[use]]
        count[owner[use]] = slot + 1
    return out, count


def compiled_starts(
    vertices: FloatArray, normal: FloatArray, tree: Tree, ids: IntArray, normals: FloatArray
) -> tuple[FloatArray, npt.NDArray[np.int8]]:
    """Do the same with numba, from the vertices (m, 3) and normals (m, 3) of triangles in the order of the rows."""
    from . import _kernels_starts as kernels

    n = len(vertices)
    out, count = np.zeros((n, STARTS, 3)), np.empty(n, np.int8)
    in_threads(lambda begin, end: kernels.fill_first(normal, begin, end, out, count), n)
    sharp = np.zeros(n, bool)
    in_threads(lambda begin, end: kernels.mark_sharp(ids, normals, normal, SHARP_COSINE, begin, end, sharp), len(ids))
    sharp &= count > 0
    if sharp.any():
        owner, fan, rows = kernels.fans(ids, normals, tree.faces, sharp)
        in_threads(
            lambda begin, end: kernels.sharp_starts(
                vertices, normals, normal, tree.corners, owner, fan, rows, SHARP_COSINE, begin, end, out, count
            ),
            len(owner),
        )
    return out, count


def _fans_of_sharp(
    faces: IntArray, normals: FloatArray, vertex_normals: FloatArray, used: BoolArray
) -> tuple[Int64Array, Int64Array]:
    """Pairs (vertex, triangle with area) of the sharp vertices, by vertex and then by triangle."""
    sharp = np.zeros(len(vertex_normals), bool)
    has_area = _dot(normals, normals) > 0.5
    for corner in range(3):
        column = faces[:, corner]
        sharp[column[(_dot(vertex_normals[column], normals) < SHARP_COSINE) & has_area]] = True
    sharp &= used
    at, corner_of = np.nonzero(sharp[faces] & has_area[:, None])
    vertex = faces[at, corner_of].astype(np.int64)
    order = np.lexsort((at, vertex))
    return vertex[order], at[order]


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    """Scalar products of rows, summed in the order of the axes."""
    return np.asarray(a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2])
