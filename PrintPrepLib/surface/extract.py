"""From a scalar field to a closed surface, finer than the voxels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..errors import GeometryError
from ..mesh import Mesh
from ..progress import Progress, part, silent
from ..volume import Volume
from ..vtk_threads import use_all_cores

NEAREST_TO_GRID = 0.01
"""No vertex lies closer to a voxel center than this share of a voxel: without it triangles without area appear,
and points that single precision cannot tell apart. The surface moves by at most a hundredth of a voxel."""

KERNEL_HALF_WIDTH = 3
"""Lanczos kernel of three lobes, six samples: follows a blurred edge that the straight line between two voxels cuts
short (Duchon 1979; compared with linear interpolation in Meijering et al., Medical Image Analysis 5, 2001)."""

BISECTION_STEPS = 12
"""Places a vertex to 1/4096 of a voxel."""

OUTSIDE_FLOOR = 1e-3
"""Smallest distance from zero, relative to the field's own range, that a voxel value may have."""


def closed_surface(field: Volume, *, subvoxel: bool = True, name: str = "model", progress: Progress = silent) -> Mesh:
    """Take the zero surface of a field as a closed, outward 2-manifold.

    Flying Edges (Schroeder, Maynard, Geveci 2015) on a field padded by one voxel gives a closed 2-manifold by the
    consistency of its case table. Its vertices lie on grid lines, at first where a straight line between two voxels
    crosses zero; ``subvoxel`` then moves each along its own grid line to where the band-limited curve through six
    voxels crosses zero. The choice of triangles is untouched, so the surface stays what it was, only truer: the
    straight line cuts thin walls short, by 2 % of the volume on a plastic skull at 0.45 mm.

    Where the structure reaches the border of the field, the surface is closed by a flat cap at the outer face of the
    last voxels.

    Parameters
    ----------
    field : Volume
        Floating point values: positive inside, negative outside.
    subvoxel : bool
        False for fields that hold no grey values (label maps).
    name : str
        Name of the mesh.
    progress : Progress
        Receiver.

    Returns
    -------
    Mesh
        LPS millimetres, outward whatever the handedness of the image matrix.

    Raises
    ------
    GeometryError
        The field holds no inside.
    """
    values = np.asarray(field.array, np.float32)
    if not (values > 0).any():
        raise GeometryError("There is nothing to make a surface of: no voxel lies inside the structure.")
    progress(0.0, "Preparing the field")
    padded = _padded(values)
    progress(0.2, "Extracting the surface")
    points, faces = _flying_edges(padded)
    if subvoxel:
        points = _follow_edges(points, padded, part(progress, 0.5, 0.95))
    else:
        points = _keep_off_grid(points)
    matrix = field.index_to_lps
    vertices = (points - 1.0) @ matrix[:3, :3].T + matrix[:3, 3]
    if np.linalg.det(matrix[:3, :3]) < 0:
        faces = faces[:, ::-1]
    mesh = Mesh(vertices, faces, name)
    if mesh.volume_mm3 < 0:  # cavities are negative on their own, the whole never is
        mesh = mesh.flipped()
    progress(1.0, "Surface made")
    return mesh


def _padded(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Pad by one voxel so that a cap lies half a voxel outside the last voxel centers, and keep values off zero."""
    padded = np.pad(values, 1, mode="edge")
    for axis in range(3):
        for index in (0, -1):
            border = [slice(None)] * 3
            border[axis] = slice(index, None) if index else slice(0, 1)
            face = padded[tuple(border)]
            np.negative(np.abs(face), out=face)
    floor = np.float32(OUTSIDE_FLOOR * float(np.median(np.abs(padded[:: max(1, len(padded) // 16)]))))
    near = np.abs(padded) < floor
    if near.any():
        padded[near] = np.where(padded[near] > 0, floor, -floor)
    return padded


def _flying_edges(padded: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

    use_all_cores()
    image = vtkImageData()
    image.SetDimensions(*padded.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(padded.ravel()))
    extractor = vtkFlyingEdges3D()
    extractor.SetInputData(image)
    extractor.SetValue(0, 0.0)
    extractor.ComputeNormalsOff()
    extractor.ComputeGradientsOff()
    extractor.ComputeScalarsOff()
    extractor.Update()
    output = extractor.GetOutput()
    points = vtk_to_numpy(output.GetPoints().GetData()).astype(np.float64)
    faces = vtk_to_numpy(output.GetPolys().GetConnectivityArray()).reshape(-1, 3).astype(np.int32)
    return points, faces


def _grid_line(points: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Axis (n,) of the grid line that each vertex lies on, and the voxel (n, 3) below it on that line."""
    nearest = np.rint(points)
    axis = np.abs(points - nearest).argmax(axis=1)
    below = nearest.astype(np.int64)
    rows = np.arange(len(points))
    below[rows, axis] = np.floor(points[rows, axis]).astype(np.int64)
    return axis, below


def _keep_off_grid(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    axis, below = _grid_line(points)
    rows = np.arange(len(points))
    out = below.astype(np.float64)
    share = points[rows, axis] - below[rows, axis]
    out[rows, axis] += np.clip(share, NEAREST_TO_GRID, 1.0 - NEAREST_TO_GRID)
    return out


def _follow_edges(
    points: npt.NDArray[np.float64], padded: npt.NDArray[np.float32], progress: Progress
) -> npt.NDArray[np.float64]:
    axis, below = _grid_line(points)
    shape = np.array(padded.shape[::-1])
    stride = np.array([1, shape[0], shape[0] * shape[1]])
    flat = padded.ravel()
    out = _keep_off_grid(points)
    for direction in range(3):
        progress(direction / 3.0, "Placing the surface between the voxels")
        # The pad holds no measured values: next to the border the straight line stays.
        position = below[:, direction]
        inner = (position >= KERNEL_HALF_WIDTH) & (position < shape[direction] - KERNEL_HALF_WIDTH - 1)
        chosen = np.flatnonzero((axis == direction) & inner)
        start = below[chosen] @ stride
        samples = [
            flat[start + offset * stride[direction]] for offset in range(1 - KERNEL_HALF_WIDTH, KERNEL_HALF_WIDTH + 1)
        ]
        share = _root(samples)
        out[chosen, direction] = below[chosen, direction] + np.clip(share, NEAREST_TO_GRID, 1.0 - NEAREST_TO_GRID)
    return out


def _root(samples: list[npt.NDArray[np.float32]]) -> npt.NDArray[np.float64]:
    """Where the curve through six samples crosses zero between the middle two, as a share of the step."""
    steps = 2**BISECTION_STEPS
    weights = _lanczos_weights(np.arange(steps + 1) / steps)
    stacked = np.stack(samples, axis=1)
    start_positive = stacked[:, KERNEL_HALF_WIDTH - 1] > 0
    low = np.zeros(len(stacked), np.int32)
    high = np.full(len(stacked), steps, np.int32)
    for _ in range(BISECTION_STEPS):
        middle = (low + high) // 2
        value = np.einsum("ij,ij->i", weights[middle], stacked)
        before = (value > 0) == start_positive
        low = np.where(before, middle, low)
        high = np.where(before, high, middle)
    return np.asarray((low + high) / (2.0 * steps), np.float64)


def _lanczos_weights(share: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Weights (n, 6) of the samples at -2..3 for places between 0 and 1. Only the zero counts, so no scaling."""
    x = share[:, None] - np.arange(1 - KERNEL_HALF_WIDTH, KERNEL_HALF_WIDTH + 1)
    return np.asarray(np.sinc(x) * np.sinc(x / KERNEL_HALF_WIDTH), np.float32)
