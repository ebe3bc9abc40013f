"""A mesh written down so that what is near in space is near in memory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..engine import is_compiled
from ..mesh import FloatArray, Mesh
from .threads import in_threads
from .tree import morton_order


def in_space_order(mesh: Mesh) -> Mesh:
    """Return the same surface with its triangles along a Morton curve and its vertices as they are first used.

    Work that walks over triangles and asks for their vertices is up to three times faster on it where the order came
    from splitting or joining. Vertices that no triangle uses are left out.
    """
    if mesh.is_empty:
        return mesh
    compiled = is_compiled()
    faces = mesh.faces[morton_order(_corner_sums(mesh, compiled=compiled), compiled=compiled)]
    corners = faces.ravel()
    if compiled:
        from . import _kernels_weld as kernels

        number, found = np.full(len(mesh.vertices), -1, np.int32), np.empty(len(mesh.vertices), np.int32)
        used: npt.NDArray[np.integer] = found[: kernels.number_by_use(corners, number, found)]
    else:
        used, first = np.unique(corners, return_index=True)
        used = used[np.argsort(first)]
        number = np.empty(len(mesh.vertices), np.int32)
        number[used] = np.arange(len(used), dtype=np.int32)
    return Mesh(mesh.vertices[used], number[faces], mesh.name)


def _corner_sums(mesh: Mesh, *, compiled: bool) -> FloatArray:
    if not compiled:
        return np.asarray(mesh.vertices[mesh.faces].sum(axis=1))
    from . import _kernels_tree as kernels

    sums = np.empty((len(mesh.faces), 3))
    in_threads(lambda begin, end: kernels.corner_sums(mesh.vertices, mesh.faces, begin, end, sums), len(sums))
    return sums
