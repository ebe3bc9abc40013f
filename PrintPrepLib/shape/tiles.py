"""The zero surface of a field that is known only round a sheet, on a grid that exists only there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ..errors import GeometryError
from ..mesh import FloatArray, Mesh
from ..progress import Progress, part, silent
from ..vtk_threads import use_all_cores

TILE = 32
"""Cells along a tile: small enough that a shell fills few of them, large enough that each is worth a call."""
MOST_POINTS = 24_000_000
"""Most grid points: about a gigabyte and half a minute."""
NEAREST = 0.02
"""A grid point is taken for at least this share of a cell away from the surface: else triangles without area."""
_FAR = 3.0
_BITS = 20
"""Bits of a key for each axis: a million grid points."""

Int64Array = npt.NDArray[np.int64]
Field = Callable[[FloatArray, Progress], FloatArray]


def surface_round(
    samples: FloatArray, reach_mm: float, step_mm: float, field: Field, progress: Progress = silent
) -> Mesh:
    """Take the zero surface of a field whose inside lies within ``reach_mm`` of samples.

    Parameters
    ----------
    samples : (k, 3) float64
        LPS mm.
    reach_mm : float
        Beyond this from all samples the field is positive.
    step_mm : float
        Edge of a grid cell.
    field : callable
        Values (k,), negative inside, at points (k, 3); only their sign counts beyond a few cells from zero.

    Returns
    -------
    Mesh
        Closed and outward; empty where nothing is inside.

    Raises
    ------
    GeometryError
        The grid would be too large.
    """
    # An odd shift, so that no plane of the grid lies in a flat side of the model.
    origin = samples.min(axis=0) - reach_mm - step_mm * np.array([2.4629, 2.5533, 2.4783])
    keys = _grid_points(samples, origin, reach_mm, step_mm)
    values = field(origin + step_mm * _unpacked(keys), part(progress, 0.0, 0.6)) / step_mm
    values = np.clip(values, -_FAR, _FAR)
    off_zero = np.where(np.abs(values) < NEAREST, np.where(values < 0.0, -NEAREST, NEAREST), values)
    single = off_zero.astype(np.float32)
    progress(0.6, "Building the surface of the added walls")
    vertices, faces = _tiled(keys, single)
    if not len(faces):
        return Mesh(vertices, faces, "added walls")
    share = part(progress, 0.7, 1.0)
    vertices = _refined(vertices, keys, single, lambda at: field(origin + step_mm * at, share) / step_mm)
    mesh = Mesh((origin + step_mm * vertices).astype(np.float32).astype(np.float64), faces, "added walls")
    return mesh.flipped() if mesh.volume_mm3 < 0 else mesh


def _grid_points(samples: FloatArray, origin: FloatArray, reach: float, step: float) -> Int64Array:
    """Grid points within reach of a sample and a cell more, as sorted keys: by blocks as wide as the reach."""
    width = int(np.ceil(reach / step)) + 1
    blocks = np.unique(_packed(((samples - origin) / (step * width)).astype(np.int64)))
    offset = np.stack(np.meshgrid(*[np.arange(-1, 2)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    blocks = np.unique(_packed((_unpacked(blocks)[:, None] + offset).clip(0).reshape(-1, 3)))
    if len(blocks) * width**3 > MOST_POINTS:
        raise GeometryError(
            f"Thickening needs {len(blocks) * width**3 / 1e6:.0f} million grid points: too much of the model is thin "
            "for this limit. Choose a smaller limit, hollow or scale the model, or cut it into parts first."
        )
    inner = np.stack(np.meshgrid(*[np.arange(width)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    keys = _packed((_unpacked(blocks)[:, None] * width + inner).reshape(-1, 3))
    keys.sort()
    return keys


def _tiled(keys: Int64Array, values: npt.NDArray[np.float32]) -> tuple[FloatArray, npt.NDArray[np.int32]]:
    """Run Flying Edges on every tile that the surface may cross, and weld the tiles where they meet."""
    ijk = _unpacked(keys)
    tile = ijk // TILE
    # The last plane of a tile is the first of the next: a point on it stands in up to eight tiles.
    owner, row = [], []
    on_border = ijk % TILE == 0
    for shift in np.ndindex(2, 2, 2):
        rows = np.flatnonzero((on_border | ~np.array(shift, bool)).all(axis=1) & (tile >= shift).all(axis=1))
        owner.append(_packed(tile[rows] - np.array(shift)))
        row.append(rows)
    owners, rows = np.concatenate(owner), np.concatenate(row)
    order = np.argsort(owners, kind="stable")
    owners, rows = owners[order], rows[order]
    begin = np.flatnonzero(np.concatenate([[True], owners[1:] != owners[:-1]]))
    edge_keys, corner_keys, places = [], [], []
    for first, last in zip(begin, np.append(begin[1:], len(owners)), strict=True):
        members = rows[first:last]
        own = values[members]
        if not (own < 0).any() or not (own > 0).any():
            continue  # all inside cannot be: the grid reaches beyond the solid
        corner = _unpacked(owners[first : first + 1])[0] * TILE
        block = np.full((TILE + 1,) * 3, _FAR, np.float32)
        x, y, z = (ijk[members] - corner).T
        block[z, y, x] = own
        points, faces = _flying_edges(block)
        if not len(faces):
            continue
        nearest = np.rint(points)
        axis = np.abs(points - nearest).argmax(axis=1)
        below = nearest.astype(np.int64)
        along = np.arange(len(points))
        below[along, axis] = np.floor(points[along, axis]).astype(np.int64)
        exact = below.astype(np.float64)
        exact[along, axis] = points[along, axis]
        edge = _packed(below + corner) + ((axis.astype(np.int64) + 1) << 3 * _BITS)
        edge_keys.append(edge)
        places.append(exact + corner)
        corner_keys.append(edge[faces])
    if not corner_keys:
        return np.empty((0, 3)), np.empty((0, 3), np.int32)
    unique, first_use = np.unique(np.concatenate(edge_keys), return_index=True)
    return np.concatenate(places)[first_use], np.searchsorted(unique, np.concatenate(corner_keys)).astype(np.int32)


def _refined(
    vertices: FloatArray, keys: Int64Array, values: npt.NDArray[np.float32], field: Callable[[FloatArray], FloatArray]
) -> FloatArray:
    """Move each vertex along its own grid line to where the parabola through both ends and its value is zero.

    A straight line puts a rounded rim up to three percent of its radius too far in. The triangles stay what they are.
    """
    nearest = np.rint(vertices)
    rows = np.arange(len(vertices))
    axis = np.abs(vertices - nearest).argmax(axis=1)
    below = nearest.astype(np.int64)
    below[rows, axis] = np.floor(vertices[rows, axis]).astype(np.int64)
    above = below.copy()
    above[rows, axis] += 1
    low, high = (_value_at(keys, values, corner) for corner in (below, above))
    share = vertices[rows, axis] - below[rows, axis]
    middle = np.clip(field(vertices), -_FAR, _FAR)
    # Newton's form of the parabola; its root by one secant step from the vertex towards the end across zero.
    across = np.where((middle < 0.0) == (low < 0.0), 1.0, 0.0)
    end = np.where(across > 0.5, high, low)
    slope = np.where(np.abs(end - middle) > 1e-6, (end - middle) / np.where(across > 0.5, 1.0 - share, -share), np.inf)
    bend = (slope - (high - low)) / np.where(across > 0.5, share, share - 1.0)
    bend = np.where(np.isfinite(bend), bend, 0.0)
    guess = share - middle / slope
    tilt = slope + bend * (guess - np.where(across > 0.5, 1.0, 0.0))
    guess = np.where(tilt * slope > 0.0, share - middle / np.where(tilt == 0.0, np.inf, tilt), guess)
    out = below.astype(np.float64)
    out[rows, axis] += np.clip(guess, NEAREST, 1.0 - NEAREST)
    return out


def _value_at(keys: Int64Array, values: npt.NDArray[np.float32], ijk: Int64Array) -> FloatArray:
    """Values (k,) at grid points; far outside where there is none."""
    wanted = _packed(ijk)
    row = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[row] == wanted, values[row], _FAR).astype(np.float64)


def _flying_edges(block: npt.NDArray[np.float32]) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

    use_all_cores()
    image = vtkImageData()
    image.SetDimensions(*block.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(block.ravel()))
    extract = vtkFlyingEdges3D()
    extract.SetInputData(image)
    extract.SetValue(0, 0.0)
    extract.ComputeNormalsOff()
    extract.ComputeGradientsOff()
    extract.ComputeScalarsOff()
    extract.Update()
    out = extract.GetOutput()
    if out.GetNumberOfPoints() == 0:
        return np.empty((0, 3)), np.empty((0, 3), np.int64)
    points = vtk_to_numpy(out.GetPoints().GetData()).astype(np.float64)
    return points, vtk_to_numpy(out.GetPolys().GetConnectivityArray()).reshape(-1, 3).astype(np.int64)


def _packed(ijk: Int64Array) -> Int64Array:
    return np.asarray((ijk[..., 0] << 2 * _BITS) | (ijk[..., 1] << _BITS) | ijk[..., 2], np.int64)


def _unpacked(keys: Int64Array) -> Int64Array:
    low = (1 << _BITS) - 1
    return np.stack([keys >> 2 * _BITS, (keys >> _BITS) & low, keys & low], axis=-1)
