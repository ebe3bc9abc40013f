"""Areas, normals and volumes of triangles, and their sums at the vertices: with numba where it is installed.

Both forms do the same arithmetic in the same order, so that they give the same numbers.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .engine import is_compiled

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int32]

WORTH_COMPILING = 20_000
"""Triangles from which on loading compiled code pays."""


def face_areas_mm2(vertices: FloatArray, faces: IntArray) -> FloatArray:
    """Area of every triangle, (m,)."""
    x, y, z = _cross_by_axis(vertices, faces)
    return np.asarray(np.sqrt(x * x + y * y + z * z) / 2.0)


def six_fold_volumes(vertices: FloatArray, faces: IntArray) -> FloatArray:
    """Six times the signed volume between each triangle and one point of the mesh, (m,): add up and divide by six."""
    first = faces[:, 0]
    origin = vertices[faces[0, 0]]
    x, y, z = _cross_by_axis(vertices, faces)
    # A corner times the double area: the triple product, with fewer passes over the arrays.
    x *= vertices[:, 0][first] - origin[0]
    x += y * (vertices[:, 1][first] - origin[1])
    x += z * (vertices[:, 2][first] - origin[2])
    return x


def face_normals(vertices: FloatArray, faces: IntArray) -> FloatArray:
    """Unit normal of every triangle, (m, 3); zero for a triangle without area."""
    return _unit(np.stack(_cross_by_axis(vertices, faces), axis=1))


def vertex_normals(vertices: FloatArray, faces: IntArray) -> FloatArray:
    """Area-weighted unit normal at every vertex, (n, 3); zero where no triangle with area meets."""
    if _compiles(faces):
        from . import _kernels_mesh as kernels
        from .spatial.threads import in_threads

        vertices, faces = np.ascontiguousarray(vertices), np.ascontiguousarray(faces)
        out: FloatArray = np.zeros(vertices.shape)
        in_threads(lambda begin, end: kernels.vertex_normals(vertices, faces, begin, end, out), len(vertices))
        return out
    cross = _cross_by_axis(vertices, faces)
    at = faces.ravel()
    sums = [np.bincount(at, weights=np.repeat(column, 3), minlength=len(vertices)) for column in cross]
    return _unit(np.asarray(np.stack(sums, axis=1), np.float64))


def _compiles(faces: IntArray) -> bool:
    return len(faces) >= WORTH_COMPILING and is_compiled()


def _cross_by_axis(vertices: FloatArray, faces: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Double area vectors of the triangles, one array (m,) an axis: contiguous columns are several times faster."""
    if _compiles(faces):
        from ._kernels_mesh import cross_by_axis

        x, y, z = (np.empty(len(faces)) for _ in range(3))
        cross_by_axis(np.ascontiguousarray(vertices), np.ascontiguousarray(faces), x, y, z)
        return x, y, z
    a, b, c = (np.ascontiguousarray(faces[:, k]) for k in range(3))
    u, v = [], []
    for k in range(3):
        column = np.ascontiguousarray(vertices[:, k])
        base = column[a]
        u.append(column[b] - base)
        v.append(column[c] - base)
    return u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]


def _unit(vectors: FloatArray) -> FloatArray:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    out: FloatArray = np.zeros_like(vectors)
    np.divide(vectors, length, out=out, where=length > 0)
    return out
