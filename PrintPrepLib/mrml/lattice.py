"""The grid that segments are put on: the whole grid of the scan they were drawn on, wherever that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from ..errors import InputError
from ..mesh import FloatArray
from ..segment.segmentation import MARGIN_VOXELS
from .segments import StoredSegment
from .space import matrix_array, slicer_module

LATTICE_TOLERANCE_VOXELS = 1e-3
"""Two lattices are one when their voxel centers differ by less than this share of a voxel."""
MOST_VOXELS = 2_000_000_000
"""A larger grid was not meant: it would fill the memory."""


@dataclass(frozen=True)
class Lattice:
    """A whole grid: (4, 4) from its indices to the node's RAS, and its size i, j, k."""

    matrix: FloatArray
    size: tuple[int, int, int]


def source_volume_node(node: Any) -> Any:
    """Return the volume node that a segmentation was drawn on, None when it is not in the scene."""
    role = slicer_module().vtkMRMLSegmentationNode.GetReferenceImageGeometryReferenceRole()
    return node.GetNodeReference(role)


def lattice_for(node: Any, volume_node: Any, stored: Sequence[StoredSegment]) -> tuple[Lattice, bool]:
    """Return the grid for the label map, and whether it is that of the whole scan."""
    candidates = [_volume_lattice(volume_node or source_volume_node(node)), _stated_lattice(node)]
    for lattice in candidates:
        if lattice is not None and all(_fits(_turned(one, lattice.matrix), lattice) for one in stored):
            return lattice, True
    base = stored[0].index_to_node
    corners = np.concatenate([_corner_indices(one, base) for one in stored])
    low = np.floor(corners.min(axis=0) + 0.5).astype(np.int64) - MARGIN_VOXELS - 1
    high = np.ceil(corners.max(axis=0) - 0.5).astype(np.int64) + MARGIN_VOXELS + 2
    size = high - low
    if float(np.prod(size.astype(np.float64))) > MOST_VOXELS:
        raise InputError(f"The segments of '{node.GetName()}' lie too far apart for one grid. Take them one by one.")
    matrix = base.copy()
    matrix[:3, 3] = base[:3, :3] @ low + base[:3, 3]
    i, j, k = (int(n) for n in size)
    return Lattice(matrix, (i, j, k)), False


def _stated_lattice(node: Any) -> Lattice | None:
    """Return the geometry that Slicer keeps for the segmentation itself."""
    slicer = slicer_module()
    name = slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName()
    text = node.GetSegmentation().GetConversionParameter(name)
    if not text:
        return None
    image = slicer.vtkOrientedImageData()
    if not slicer.vtkSegmentationConverter.DeserializeImageGeometry(text, image, False):
        return None
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    matrix = vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    extent = image.GetExtent()
    return _shifted(matrix_array(matrix), extent)


def _volume_lattice(volume_node: Any) -> Lattice | None:
    if volume_node is None or volume_node.GetImageData() is None:
        return None
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    matrix = vtkMatrix4x4()
    volume_node.GetIJKToRASMatrix(matrix)
    return _shifted(matrix_array(matrix), volume_node.GetImageData().GetExtent())


def _shifted(matrix: FloatArray, extent: Sequence[int]) -> Lattice | None:
    low = np.array(extent[::2])
    i, j, k = (int(b) - int(a) + 1 for a, b in zip(extent[::2], extent[1::2], strict=True))
    if min(i, j, k) < 1:
        return None
    moved = matrix.copy()
    moved[:3, 3] = matrix[:3, :3] @ low + matrix[:3, 3]
    return Lattice(moved, (i, j, k))


def _turned(one: StoredSegment, matrix: FloatArray) -> StoredSegment:
    """Return the segment with axes that run against those of another lattice turned round.

    Slicer turns left-handed scans round when it saves and reads them, but not the segments drawn on them.
    """
    relation = np.linalg.solve(matrix, one.index_to_node)
    mask, turned, start = one.mask, one.index_to_node.copy(), one.start_ijk.copy()
    for axis in range(3):
        if relation[axis, axis] < 0.0:
            mask = np.flip(mask, 2 - axis)
            turned[:3, axis] *= -1.0
            start[axis] = -(start[axis] + mask.shape[2 - axis] - 1)
    return replace(one, mask=mask, index_to_node=turned, start_ijk=start)


def _offset(one: StoredSegment, matrix: FloatArray) -> npt.NDArray[np.int64] | None:
    """Return where the box begins (i, j, k) on another lattice, None when the voxels do not fall together."""
    relation = np.linalg.solve(matrix, one.index_to_node)
    reach = float(max(one.mask.shape))
    if np.abs(relation[:3, :3] - np.eye(3)).max() * reach > LATTICE_TOLERANCE_VOXELS:
        return None
    start = relation[:3, :3] @ one.start_ijk + relation[:3, 3]
    whole = np.rint(start)
    return None if np.abs(start - whole).max() > LATTICE_TOLERANCE_VOXELS else whole.astype(np.int64)


def _fits(one: StoredSegment, lattice: Lattice) -> bool:
    start = _offset(one, lattice.matrix)
    if start is None:
        return False
    for axis in range(3):
        hit = np.flatnonzero(one.mask.any(axis=tuple(other for other in range(3) if other != 2 - axis)))
        if hit[0] + start[axis] < 0 or hit[-1] + start[axis] >= lattice.size[axis]:
            return False
    return True


def on_lattice(one: StoredSegment, lattice: Lattice) -> tuple[npt.NDArray[np.bool_], tuple[int, int, int], bool]:
    """Return the mask, where it begins (k, j, i) on the lattice, and whether every voxel was taken over as it is."""
    one = _turned(one, lattice.matrix)
    start = _offset(one, lattice.matrix)
    if start is not None:
        low = np.maximum(start, 0)
        high = np.minimum(start + np.array(one.mask.shape[::-1]), np.array(lattice.size))
        cut = tuple(slice(int(a), int(b)) for a, b in zip((low - start)[::-1], (high - start)[::-1], strict=True))
        i, j, k = (int(value) for value in low)
        return one.mask[cut], (k, j, i), True
    image = sitk.GetImageFromArray(one.mask.astype(np.uint8))
    box = one.index_to_node.copy()
    box[:3, 3] = one.index_to_node[:3, :3] @ one.start_ijk + one.index_to_node[:3, 3]
    return _nearest(image, np.asarray(np.linalg.solve(box, lattice.matrix), np.float64), lattice.size), (0, 0, 0), False


def _nearest(image: sitk.Image, index_to_index: FloatArray, size: tuple[int, int, int]) -> npt.NDArray[np.bool_]:
    """Ask an image in its own index space at the places of another grid; each takes the nearest voxel."""
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(index_to_index[:3, :3].ravel().tolist())
    transform.SetTranslation(index_to_index[:3, 3].tolist())
    grid = sitk.Image(list(size), sitk.sitkUInt8)
    out = sitk.GetArrayFromImage(sitk.Resample(image, grid, transform, sitk.sitkNearestNeighbor, 0))
    return np.asarray(out != 0)


def unsheared(voxels: npt.NDArray[Any], index_to_lps: FloatArray) -> sitk.Image:
    """Resample labels of a sheared grid on an upright one of the same finest spacing, nearest voxel."""
    size = np.array(voxels.shape[::-1])
    corners = np.array(np.meshgrid(*[(-0.5, n - 0.5) for n in size])).reshape(3, -1).T
    world = corners @ index_to_lps[:3, :3].T + index_to_lps[:3, 3]
    spacing = float(np.linalg.norm(index_to_lps[:3, :3], axis=0).min())
    low, count = world.min(axis=0), np.ceil(np.ptp(world, axis=0) / spacing).astype(np.int64) + 1
    if float(np.prod(count.astype(np.float64))) > MOST_VOXELS:
        raise InputError("The transform above the segmentation shears it so far that no grid holds it. Correct it.")
    target = np.diag([spacing, spacing, spacing, 1.0])
    target[:3, 3] = low
    transform = sitk.AffineTransform(3)
    relation = np.linalg.solve(index_to_lps, target)
    transform.SetMatrix(relation[:3, :3].ravel().tolist())
    transform.SetTranslation(relation[:3, 3].tolist())
    grid = sitk.Image([int(n) for n in count], sitk.sitkUInt8)
    image = sitk.Resample(sitk.GetImageFromArray(voxels), grid, transform, sitk.sitkNearestNeighbor, 0)
    image.SetSpacing([spacing] * 3)
    image.SetOrigin(low.tolist())
    return image


def _corner_indices(one: StoredSegment, base: FloatArray) -> FloatArray:
    ends = [(a, a + n - 1) for a, n in zip(one.start_ijk, one.mask.shape[::-1], strict=True)]
    corners = np.array(np.meshgrid(*ends)).reshape(3, -1).T
    relation = np.linalg.solve(base, one.index_to_node)
    return np.asarray(corners @ relation[:3, :3].T + relation[:3, 3])
