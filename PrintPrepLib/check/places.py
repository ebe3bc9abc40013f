"""Places where model and label map differ: grouped, measured, listed largest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..finding import Severity
from ..mesh import FloatArray
from .voxel_grid import Int64Array, VoxelGrid

LISTED = 5
"""A message names this many places, largest first."""


@dataclass(frozen=True)
class LostPlace:
    """One connected place.

    ``voxels`` and ``volume_mm3`` are of voxels whose centers differ, ``sheet_mm2`` is the area of surface
    thinner than a voxel; ``voxel`` is the flat index of the voxel nearest to the middle, ``center_mm`` its center.
    """

    voxels: int
    volume_mm3: float
    sheet_mm2: float
    voxel: int
    center_mm: tuple[float, float, float]


def group_voxels(
    grid: VoxelGrid,
    core: Int64Array,
    differ: Int64Array,
    sheet: Int64Array | None = None,
    sheet_mm2: FloatArray | None = None,
) -> list[LostPlace]:
    """Group core voxels that touch, with the voxels next to them that differ too, largest first.

    Parameters
    ----------
    grid : VoxelGrid
        Where the voxels lie.
    core : (c,) int64
        Voxels beyond the tolerance, ascending.
    differ : (d,) int64
        All voxels that differ.
    sheet, sheet_mm2 : (s,) int64, (s,) float64, optional
        Voxels (among the core) that the surface passes through, ascending, and its area in each.
    """
    if not len(core):
        return []
    kji = np.stack(np.unravel_index(core, grid.shape), axis=1)
    low = np.maximum(kji.min(axis=0) - 1, 0)
    shape = np.minimum(kji.max(axis=0) + 2, grid.shape) - low
    cores = np.zeros(shape, bool)
    cores[tuple((kji - low).T)] = True
    differing = np.zeros(shape, bool)
    where = np.stack(np.unravel_index(differ, grid.shape), axis=1) - low
    where = where[((where >= 0) & (where < shape)).all(axis=1)]
    differing[tuple(where.T)] = True
    grown = cores | (_dilated(cores) & differing)
    label, count = ndimage.label(grown, np.ones((3, 3, 3), bool))
    at = np.argwhere(grown)
    of_voxel = label[tuple(at.T)] - 1
    solid = differing[tuple(at.T)].astype(np.float64)
    voxels = np.bincount(of_voxel, weights=solid, minlength=count)
    area: FloatArray = np.zeros(count)
    if sheet is not None and sheet_mm2 is not None and len(sheet):
        there = np.stack(np.unravel_index(sheet, grid.shape), axis=1) - low
        area = np.asarray(np.bincount(label[tuple(there.T)] - 1, weights=sheet_mm2, minlength=count), np.float64)
    sums = np.stack([np.bincount(of_voxel, weights=at[:, axis]) for axis in range(3)], axis=1)
    middle = sums / np.bincount(of_voxel, minlength=count)[:, None]
    away = np.linalg.norm(at - middle[of_voxel], axis=1)
    order = np.lexsort((away, of_voxel))
    nearest = order[np.searchsorted(of_voxel[order], np.arange(count))]
    flat = np.ravel_multi_index(tuple((at[nearest] + low).T), grid.shape)
    centers = grid.to_lps(flat)
    found = [
        LostPlace(
            voxels=int(voxels[number]),
            volume_mm3=float(voxels[number]) * grid.voxel_mm3,
            sheet_mm2=float(area[number]),
            voxel=int(flat[number]),
            center_mm=(float(centers[number, 0]), float(centers[number, 1]), float(centers[number, 2])),
        )
        for number in range(count)
    ]
    return sorted(found, key=lambda lost: (-lost.volume_mm3, -lost.sheet_mm2, lost.voxel))


def describe(places: Sequence[LostPlace]) -> str:
    """List the largest places for a person."""
    words = []
    for lost in places[:LISTED]:
        amount = f"{lost.volume_mm3 / 1000.0:.3g} ml" if lost.voxels else f"a sheet of {lost.sheet_mm2:.3g} mm2"
        words.append(amount + " at ({:.1f}, {:.1f}, {:.1f})".format(*lost.center_mm))
    return "; ".join(words)


def severity_of(places: Sequence[LostPlace], voxels: int, sheet_mm2: float) -> Severity:
    """Fail when one place is large enough to be named, else only tell."""
    large = any(lost.voxels >= voxels or lost.sheet_mm2 >= sheet_mm2 for lost in places)
    return Severity.FAIL if large else Severity.INFO


def _dilated(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The mask with all voxels that touch it."""
    for axis in range(3):
        out = mask.copy()
        front, back = [slice(None)] * 3, [slice(None)] * 3
        front[axis], back[axis] = slice(1, None), slice(None, -1)
        out[tuple(front)] |= mask[tuple(back)]
        out[tuple(back)] |= mask[tuple(front)]
        mask = out
    return mask
