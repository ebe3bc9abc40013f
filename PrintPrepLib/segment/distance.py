"""Exact distances on voxels of any shape, up to a limit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..progress import Progress, silent
from .segmentation import Mask

SLACK = 1e-4
"""Relative rounding allowed when a distance is held against a limit: 32-bit sums."""


def within(mask: Mask, limit_mm: float, spacing: tuple[float, float, float], progress: Progress = silent) -> Mask:
    """Return the voxels whose center lies no further than a limit from a voxel of the mask.

    The distance is to the voxel as a box, not to its center, so that a gap of n voxels of h mm counts as n h mm wide
    along every axis, however unequal the axes are.

    Parameters
    ----------
    mask : (k, j, i) bool
        The voxels to be near to.
    limit_mm : float
        Reach in mm.
    spacing : tuple of float
        Voxel size along k, j, i in mm.
    progress : Progress
        Called for every layer of voxels.
    """
    limit = limit_mm**2 * (1.0 + SLACK)
    squared = np.where(mask, np.float32(0.0), np.float32(np.inf))
    layers = [int(np.floor(limit_mm / h + 0.5 + SLACK)) for h in spacing]
    done = 0
    # The squared distance to a box is a sum over the axes, so the nearest box is found one axis after the other.
    for axis, (h, reach) in enumerate(zip(spacing, layers, strict=True)):
        before = squared.copy() if reach else squared
        for step in range(1, min(reach, mask.shape[axis] - 1) + 1):
            progress(done / max(sum(layers), 1), "measuring distances")
            cost = np.float32(((step - 0.5) * h) ** 2)
            _lower(squared, before, axis, step, cost)
            done += 1
    return np.asarray(squared <= limit)


def _lower(
    result: npt.NDArray[np.float32], values: npt.NDArray[np.float32], axis: int, step: int, cost: np.float32
) -> None:
    here = [slice(None)] * 3
    there = [slice(None)] * 3
    here[axis], there[axis] = slice(step, None), slice(None, -step)
    for target, source in ((here, there), (there, here)):
        at = tuple(target)
        np.minimum(result[at], values[tuple(source)] + cost, out=result[at])
