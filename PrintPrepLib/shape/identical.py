"""Which vertices of two meshes stand in exactly the same place: proof that the rest of a model did not move."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..engine import is_compiled
from ..mesh import Mesh
from ..spatial.weld import WORTH_COMPILING

_FACTORS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)

Bools = npt.NDArray[np.bool_]


def same_vertices(mesh: Mesh, other: Mesh) -> npt.NDArray[np.int64]:
    """Vertex of the other mesh (n,) with exactly the same coordinates as each of this one; -1 where there is none.

    No two vertices of the other mesh may stand in one place: one of them is found then.
    """
    mine, theirs = _hashes(mesh), _hashes(other)
    order = np.argsort(theirs)
    row = order[np.minimum(np.searchsorted(theirs[order], mine), len(order) - 1)]
    same = (mesh.vertices == other.vertices[row]).all(axis=1)
    return np.where(same, row, -1)


def is_among(mesh: Mesh, other: Mesh) -> Bools:
    """Which vertices (n,) of a mesh have exactly the coordinates of a vertex of the other one."""
    points = np.concatenate([other.vertices, mesh.vertices]) + 0.0  # no negative zeros
    if len(points) < WORTH_COMPILING or not is_compiled():
        return np.asarray(same_vertices(mesh, other) >= 0)
    from ..spatial import _kernels_weld as kernels

    number, first = np.empty(len(points), np.int32), np.empty(len(points), np.int32)
    kernels.number_places(points.view(np.uint64), number, first)
    return np.asarray(first[number[len(other.vertices) :]] < len(other.vertices))


def _hashes(mesh: Mesh) -> npt.NDArray[np.uint64]:
    """A number for the coordinates of each vertex; different places have different ones but for one in 10^13."""
    bits = np.ascontiguousarray(mesh.vertices + 0.0).view(np.uint64)  # no negative zeros
    out = np.zeros(len(bits), np.uint64)
    for axis, factor in enumerate(_FACTORS):
        word = bits[:, axis] * np.uint64(factor)
        out = (out ^ (word >> np.uint64(29)) ^ word) * np.uint64(_FACTORS[0])
    return out
