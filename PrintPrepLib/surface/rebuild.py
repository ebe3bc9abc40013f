"""The last resort: a new surface from a distance field of the old one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

from ..errors import GeometryError
from ..mesh import FloatArray, Mesh
from ..progress import Progress, part, silent
from ..spatial.index import SurfaceIndex

CELLS_ALONG = 200
"""Grid cells along the longest side unless a size is asked for: about a second and half a million triangles."""
_MOST_VOXELS = 96_000_000
"""Largest grid: 384 MB of distances, about a gigabyte in all."""
_SHIFT = (0.5 - 0.0371, 0.5 + 0.0533, 0.5 - 0.0217)
"""Share of a cell by which the grid is off the model's corner, so that no line of it lies in a flat side."""
_NEAREST = 1e-3
"""A grid point is taken for at least this share of a cell away from the surface: else triangles without area."""

_LOST_SHARE = 0.05
"""Share of the enclosed volume (counted in cells, which thin walls do not bias) that the new surface may lose."""

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Rebuilt:
    """The new surface, the cell size of its grid, and the share of the volume (counted in cells) that it lost."""

    mesh: Mesh
    cell_mm: float
    lost_share: float


def rebuild(mesh: Mesh, *, cell_mm: float | None = None, progress: Progress = silent) -> Rebuilt:
    """Build the surface anew around everything that the old one encloses.

    A grid point is inside when the old surface winds around it at least once (counted exactly along lines of the
    grid), so that overlaps become one body and cavities stay open. The new surface runs through the zero of the
    exact distance from the old one. Detail below the cell size is lost and edges are beveled by up to one cell.

    Parameters
    ----------
    mesh : Mesh
        Closed and consistently wound; it may cross itself.
    cell_mm : float, optional
        Edge of a grid cell, mm; by default a 200th of the longest side.

    Raises
    ------
    GeometryError
        The grid would be too large or too coarse for the walls, or nothing is inside.
    """
    low, high = mesh.bounds
    cell = float((high - low).max()) / CELLS_ALONG if cell_mm is None else float(cell_mm)
    if not cell > 0:
        raise ValueError(f"cell_mm must be above 0, got {cell_mm}")
    origin = low - cell * (1.0 + np.array(_SHIFT))
    size = np.ceil((high - origin) / cell).astype(int) + 3
    if size.astype(float).prod() > _MOST_VOXELS:
        raise GeometryError(
            f"Rebuilding at {cell:g} mm needs a grid of {size[0]} x {size[1]} x {size[2]}. Choose larger cells."
        )
    progress(0.0, "Finding the inside")
    inside = _winding(mesh, origin, cell, size) >= 1
    if not inside.any():
        raise GeometryError(f"Nothing is inside the surface at a cell size of {cell:g} mm.")
    band = _beside_change(inside)
    k, j, i = np.nonzero(band)
    points = origin + cell * np.stack([i, j, k], axis=1)
    distance = SurfaceIndex(mesh).closest(points, progress=part(progress, 0.3, 0.8)).distance_mm
    field = np.where(inside, np.float32(3.0), np.float32(-3.0))
    field[band] = np.where(inside[band], 1.0, -1.0) * np.clip(distance / cell, _NEAREST, 3.0)
    progress(0.8, "Building the surface")
    vertices, faces = _zero(field)
    out = Mesh((origin + cell * vertices).astype(np.float32).astype(np.float64), faces, mesh.name)
    if out.volume_mm3 < 0:
        out = out.flipped()
    counted = float(np.count_nonzero(inside)) * cell**3
    lost = 1.0 - out.volume_mm3 / counted
    if abs(lost) > _LOST_SHARE:
        raise GeometryError(
            f"Rebuilding at {cell:.3g} mm would lose {lost:.0%} of the volume: walls are "
            "thinner than that. Choose smaller cells."
        )
    return Rebuilt(out, cell, lost)


def _winding(mesh: Mesh, origin: FloatArray, cell: float, size: npt.NDArray[np.int_]) -> npt.NDArray[np.int16]:
    """Winding number at every grid point, (z, y, x): signed crossings along lines in z, summed up from below."""
    corners = (mesh.triangles - origin) / cell
    first = np.maximum(np.ceil(corners[:, :, :2].min(axis=1)).astype(np.int64), 0)
    last = np.floor(corners[:, :, :2].max(axis=1)).astype(np.int64)
    width = np.maximum(last - first + 1, 0)
    steps = np.zeros((size[2] + 1, size[1], size[0]), np.int16)
    cells = width.prod(axis=1)
    busy = np.flatnonzero(cells)
    blocks = np.split(busy, np.flatnonzero(np.diff(np.cumsum(cells[busy]) // 2_000_000)) + 1)
    for block in blocks:
        face = np.repeat(block, cells[block])
        step = np.arange(len(face)) - np.repeat(np.cumsum(cells[block]) - cells[block], cells[block])
        x = first[face, 0] + step // width[face, 1]
        y = first[face, 1] + step % width[face, 1]
        a, b, c = (corners[face, k] for k in range(3))
        weights = []
        for p, q in ((b, c), (c, a), (a, b)):
            weights.append(_side(p, q, x, y))
        up = np.stack(weights, axis=1)
        total = up.sum(axis=1)
        hit = ((up > 0).all(axis=1) | (up < 0).all(axis=1)) & (total != 0)
        height = (up[hit, 0] * a[hit, 2] + up[hit, 1] * b[hit, 2] + up[hit, 2] * c[hit, 2]) / total[hit]
        row = np.clip(np.ceil(height).astype(np.int64), 0, size[2])
        # Seen from below, a triangle that looks down is entered: its projection runs clockwise.
        np.add.at(steps, (row, y[hit], x[hit]), np.where(total[hit] < 0, 1, -1).astype(np.int16))
    return np.asarray(np.cumsum(steps, axis=0, dtype=np.int16)[:-1])


def _side(p: FloatArray, q: FloatArray, x: npt.NDArray[np.int64], y: npt.NDArray[np.int64]) -> FloatArray:
    """Twice the signed area of (p, q, point), the same number with the opposite sign when p and q change places."""
    swap = (p[:, 0] > q[:, 0]) | ((p[:, 0] == q[:, 0]) & (p[:, 1] > q[:, 1]))
    s, t = np.where(swap[:, None], q, p), np.where(swap[:, None], p, q)
    value = (s[:, 0] - x) * (t[:, 1] - y) - (s[:, 1] - y) * (t[:, 0] - x)
    # A point exactly on a side belongs to one of the two triangles there.
    value = np.where(value == 0, np.finfo(float).tiny, value)
    return np.asarray(np.where(swap, -value, value))


def _beside_change(inside: Bools) -> Bools:
    band = np.zeros(inside.shape, bool)
    for axis in range(3):
        here = tuple(slice(None, -1) if k == axis else slice(None) for k in range(3))
        there = tuple(slice(1, None) if k == axis else slice(None) for k in range(3))
        change = inside[here] != inside[there]
        band[here] |= change
        band[there] |= change
    return band


def _zero(field: npt.NDArray[np.float32]) -> tuple[FloatArray, npt.NDArray[np.int32]]:
    image = vtkImageData()
    image.SetDimensions(field.shape[2], field.shape[1], field.shape[0])
    image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(field).ravel()))
    extract = vtkFlyingEdges3D()
    extract.SetInputData(image)
    extract.SetValue(0, 0.0)
    extract.ComputeNormalsOff()
    extract.ComputeGradientsOff()
    extract.ComputeScalarsOff()
    extract.Update()
    out = Mesh.from_vtk(extract.GetOutput())
    return np.asarray(out.vertices), out.faces
