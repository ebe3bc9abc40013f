"""The segmentation's voxels with a free margin round them, and the model on the same grid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, Mesh
from ..segment.segmentation import Segmentation
from .raster import inside_voxels

MARGIN = 2
"""Free voxels round the box, so that every neighbor of a voxel of interest exists."""

Mask = npt.NDArray[np.bool_]
Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class VoxelGrid:
    """A label on its grid with a margin. Voxels are named by their flat index in the order k, j, i."""

    label: Mask
    segmentation: Segmentation

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size k, j, i with the margin."""
        k, j, i = self.label.shape
        return k, j, i

    @property
    def voxel_mm3(self) -> float:
        """Volume of one voxel."""
        return self.segmentation.labels.voxel_volume_mm3

    @property
    def face_mm2(self) -> float:
        """Area of the smallest face of a voxel."""
        spacing = np.sort(self.segmentation.labels.spacing_mm)
        return float(spacing[0] * spacing[1])

    @cached_property
    def neighbors(self) -> Int64Array:
        """Offsets (26,) of the voxels that share a face, an edge or a corner."""
        _, rows, columns = self.shape
        step = np.arange(-1, 2)
        offset = (step[:, None, None] * rows + step[None, :, None]) * columns + step[None, None, :]
        return np.delete(offset.ravel(), 13)

    def to_ijk(self, points_mm: FloatArray) -> FloatArray:
        """Take LPS mm to continuous indices of the grid with its margin."""
        return self.segmentation.labels.to_ijk(points_mm) + MARGIN

    def to_lps(self, voxels: Int64Array) -> FloatArray:
        """Centers of voxels in LPS mm."""
        kji = np.stack(np.unravel_index(voxels, self.shape), axis=1)
        return self.segmentation.labels.to_lps(kji[:, ::-1] - MARGIN)

    def any_near(self, mask: Mask, voxels: Int64Array) -> Mask:
        """Tell the voxels that lie in a mask or touch it at a face, an edge or a corner."""
        flat = mask.ravel()
        out = np.array(flat[voxels])
        for offset in self.neighbors:
            left = np.flatnonzero(~out)
            out[left] = flat.take(voxels[left] + offset, mode="clip")
        return out

    def nearest(self, points_mm: FloatArray) -> Int64Array:
        """The voxel that holds each point, -1 outside the grid."""
        kji = np.rint(self.to_ijk(points_mm)).astype(np.int64)[:, ::-1]
        inside = ((kji >= 0) & (kji < self.shape)).all(axis=1)
        out = np.full(len(points_mm), -1, np.int64)
        out[inside] = np.ravel_multi_index(tuple(kji[inside].T), self.shape)
        return out

    def inside(self, mesh: Mesh) -> Mask:
        """Voxels whose center lies inside a closed mesh."""
        return inside_voxels(self.to_ijk(mesh.vertices), mesh, self.shape)


def grid_of(segmentation: Segmentation) -> VoxelGrid:
    """Return the grid of a segmentation."""
    return VoxelGrid(np.pad(segmentation.mask, MARGIN), segmentation)
