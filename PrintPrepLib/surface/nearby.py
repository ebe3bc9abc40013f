"""What lies around a place: triangles in boxes, triangles beyond a loop, and where small patches are compared."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..engine import is_compiled
from ..mesh import FloatArray, Mesh
from ..topology import edge_table
from ..triangle_sums import WORTH_COMPILING

Faces = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_FEW_BOXES = 8
"""Up to this many boxes are looked at one by one; each costs a pass over the mesh."""
_CELLS = 96
"""Cells along each axis of the table of many boxes: 4 MB."""


def mesh_of(vertices: FloatArray, faces: npt.NDArray[np.integer], name: str = "model") -> Mesh:
    """Make a mesh from triangles of any integer type."""
    return Mesh(vertices, faces.astype(np.int32), name)


def touching(vertices: Mask, faces: npt.NDArray[np.integer]) -> Mask:
    """Triangles (m,) with a marked vertex."""
    if _compiled(faces):
        from . import _kernels_nearby as kernels

        return np.asarray(kernels.touching(vertices, faces))
    # Column by column: numpy's reductions over three columns take far longer.
    return np.asarray(vertices[faces[:, 0]] | vertices[faces[:, 1]] | vertices[faces[:, 2]])


def grow(marked: Mask, faces: npt.NDArray[np.integer], vertices: int, rings: int) -> Mask:
    """Mark also the triangles that share a vertex with a marked one, so many times."""
    for _ in range(rings):
        touched = np.zeros(vertices, bool)
        if _compiled(faces):
            from . import _kernels_nearby as kernels

            kernels.mark_vertices(marked, faces, touched)
        else:
            touched[faces[marked]] = True
        marked = touching(touched, faces)
    return marked


def _compiled(faces: npt.NDArray[np.integer]) -> bool:
    return len(faces) >= WORTH_COMPILING and is_compiled()


def samples_of(mesh: Mesh) -> FloatArray:
    """Vertices, edge middles and triangle centers of a small surface, (k, 3): where two patches are compared."""
    used = mesh.without_unused_vertices()
    edges = edge_table(used).vertices
    return np.concatenate([used.vertices, used.vertices[edges].mean(axis=1), used.triangles.mean(axis=1)])


def triangles_near(mesh: Mesh, low: FloatArray, high: FloatArray) -> npt.NDArray[np.bool_]:
    """Mark the triangles whose boxes meet one of some boxes.

    Parameters
    ----------
    mesh : Mesh
        Where to look.
    low, high : (b, 3) float64
        Corners of the boxes. With many boxes a few triangles more are marked than strictly needed.

    Returns
    -------
    (m,) bool
    """
    if _compiled(mesh.faces):
        return _triangles_near(mesh, low, high)
    # Column by column: along the short axis of (m, 3) everything is several times slower.
    bottom, top = low.min(axis=0), high.max(axis=0)
    within = np.ones(len(mesh.faces), bool)
    for axis in range(3):
        a, b, c = (mesh.vertices[:, axis][mesh.faces[:, k]] for k in range(3))
        within &= np.minimum(np.minimum(a, b), c) <= top[axis]
        within &= np.maximum(np.maximum(a, b), c) >= bottom[axis]
    rows = np.flatnonzero(within)
    a, b, c = (mesh.vertices[mesh.faces[rows, k]] for k in range(3))
    least, most = np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)
    mask = np.zeros(len(mesh.faces), bool)
    if len(low) <= _FEW_BOXES:
        for one, other in zip(low, high, strict=True):
            mask[rows] |= ((least <= other) & (most >= one)).all(axis=1)
        return mask
    origin, cell, sums = _cells_of_boxes(low, high)
    start, stop = _cell(least, origin, cell), _cell(most, origin, cell) + 1
    total = np.zeros(len(rows), np.int64)
    for corner in range(8):
        pick = [stop[:, axis] if corner >> axis & 1 else start[:, axis] for axis in range(3)]
        sign = 1 if corner.bit_count() % 2 == 1 else -1
        total += sign * sums[pick[0], pick[1], pick[2]]
    mask[rows] = total > 0
    return mask


def _triangles_near(mesh: Mesh, low: FloatArray, high: FloatArray) -> Mask:
    from . import _kernels_nearby as kernels

    mask = np.zeros(len(mesh.faces), bool)
    if len(low) <= _FEW_BOXES:
        kernels.near_boxes(mesh.vertices, mesh.faces, np.ascontiguousarray(low), np.ascontiguousarray(high), mask)
        return mask
    origin, cell, sums = _cells_of_boxes(low, high)
    kernels.near_cells(mesh.vertices, mesh.faces, origin, high.max(axis=0), cell, sums, mask)
    return mask


def _cells_of_boxes(low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray, npt.NDArray[np.int32]]:
    """Origin and size of cells, and how many marked ones are before each: eight look-ups count those in any box."""
    origin = low.min(axis=0)
    cell = np.maximum((high.max(axis=0) - origin) / _CELLS, np.finfo(float).tiny)
    marked = np.zeros((_CELLS,) * 3, np.int32)
    first, last = _cell(low, origin, cell), _cell(high, origin, cell)
    for x, y, z, u, v, w in np.unique(np.concatenate([first, last], axis=1), axis=0).tolist():
        marked[x : u + 1, y : v + 1, z : w + 1] = 1
    sums = np.zeros((_CELLS + 1,) * 3, np.int32)
    sums[1:, 1:, 1:] = marked.cumsum(0).cumsum(1).cumsum(2)
    return origin, cell, sums


def joined_elsewhere(faces: npt.NDArray[np.integer], loop: Faces) -> Mask:
    """Pairs of loop vertices that an edge of the given triangles already joins, (n, n) bool."""
    place = np.full(int(max(faces.max(initial=0), loop.max())) + 1, -1)
    place[loop] = np.arange(len(loop))
    out = np.zeros((len(loop), len(loop)), bool)
    near = (place[faces] >= 0).sum(axis=1) >= 2
    for a, b in ((0, 1), (1, 2), (2, 0)):
        start, stop = place[faces[near, a]], place[faces[near, b]]
        both = (start >= 0) & (stop >= 0)
        out[start[both], stop[both]] = out[stop[both], start[both]] = True
    return out


def outer_corners(faces: Faces, loop: Faces) -> Faces | None:
    """Third corner of the triangle beyond each loop edge i to i+1; None where there is no such triangle."""
    near = np.isin(faces, loop).sum(axis=1) >= 2
    corner: dict[tuple[int, int], int] = {}
    for a, b, c in faces[near].tolist():
        corner[a, b], corner[b, c], corner[c, a] = c, a, b
    out = [corner.get((int(b), int(a))) for a, b in zip(loop, np.roll(loop, -1), strict=True)]
    return None if any(c is None for c in out) else np.array(out, np.int64)


def _cell(points: FloatArray, origin: FloatArray, cell: FloatArray) -> npt.NDArray[np.int64]:
    return np.clip((points - origin) // cell, 0, _CELLS - 1).astype(np.int64)
