"""The scalar field whose zero level is the surface: sub-voxel where the image decides, from the label where edited.

The field is positive exactly where the label is set. Along a grid edge between two voxels whose label agrees with the
image, the zero crossing is that of the image, untouched, whatever was edited or dropped elsewhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

HALF_UNIT = 0.5
"""Whole-number images: the surface lies half a unit beyond the bound, so that no vertex falls on a grid point.
Vertices on grid points make triangles without area (0.5 % of all triangles on a skull, none with the half unit)."""

NEAR_ZERO = 1e-3
"""Share of the structure's typical contrast that stands for "just beside the surface": moves it < 0.001 voxel."""

LEAST_SCALE = 1e-20
"""Keeps the smallest field value a proper 32-bit number."""

LABEL_SIGMA_VOXELS = 0.8
"""Smoothing of the label where it was edited: takes the voxel corners off, changes flat faces not at all."""

LEAST_LABEL_VALUE = 0.05
"""Smoothed label values are kept this far from the level, so that smoothing never flips a voxel."""


def image_field(grey: Array, lower: float | None, upper: float | None) -> npt.NDArray[np.float32]:
    """Return how far each voxel lies inside the bounds, in image units; positive exactly where lower <= grey <= upper.

    For whole-number images the bounds are widened by half a unit, so that no value is zero.
    """
    half = HALF_UNIT if np.issubdtype(grey.dtype, np.integer) else 0.0
    values: npt.NDArray[np.float32] | None = None
    if lower is not None:
        bound = float(np.ceil(lower)) if half else lower
        values = grey.astype(np.float32)
        values -= np.float32(bound - half)
    if upper is not None:
        bound = float(np.floor(upper)) if half else upper
        below = np.float32(bound + half) - grey.astype(np.float32)
        values = below if values is None else np.minimum(values, below, out=values)
    if values is None:
        raise ValueError("lower and upper must not both be None")
    return values


def edited_voxels(mask: Mask, grey: Array, lower: float | None, upper: float | None) -> Mask:
    """Return the voxels where the label was decided against the image and the surface feels it.

    These are structure voxels outside the bounds, and voxels inside the bounds that are not structure although a face
    neighbor is. (A dropped separate piece has no such neighbor and is no edit.)
    """
    inside = image_field(grey, lower, upper) >= 0
    edited: Mask = mask & ~inside
    other = inside & ~mask
    if other.any():
        edited |= other & _touching(mask)
    return edited


def scalar_field(mask: Mask, grey: Array, lower: float | None, upper: float | None) -> npt.NDArray[np.float32]:
    """Return the field whose zero level is the surface of the label.

    Parameters
    ----------
    mask : (k, j, i) bool
        The label.
    grey : (k, j, i)
        The image.
    lower, upper : float or None
        Bounds in image units, at least one.

    Returns
    -------
    (k, j, i) float32
        Positive exactly inside the label, nowhere zero.
    """
    values = image_field(grey, lower, upper)
    inside = values >= 0
    agreeing = values[mask & inside]
    scale = float(np.median(agreeing[:: max(1, len(agreeing) // 100_000)])) if len(agreeing) else 1.0
    tiny = np.float32(max(scale, LEAST_SCALE) * NEAR_ZERO)
    if np.issubdtype(grey.dtype, np.integer):
        tiny = np.float32(min(float(tiny), HALF_UNIT))
    close = np.abs(values) < tiny
    values[close & inside] = tiny
    values[close & ~inside] = -tiny
    other = inside & ~mask
    edited = mask & ~inside
    if other.any():
        edited |= other & _touching(mask)
        values[other] = -tiny
    if edited.any():
        _set_edited(values, mask, edited, scale)
    return values


def _set_edited(values: npt.NDArray[np.float32], mask: Mask, edited: Mask, scale: float) -> None:
    """Give edited voxels the smoothed label, scaled so that it meets the image values of their neighbors."""
    where = np.argwhere(edited)
    low = np.maximum(where.min(axis=0) - 4, 0)
    high = np.minimum(where.max(axis=0) + 5, mask.shape)
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    inside, changed, field = mask[box], edited[box], values[box]
    smooth = ndimage.gaussian_filter(inside.astype(np.float32), LABEL_SIGMA_VOXELS, mode="nearest", truncate=3.0) - 0.5
    smooth = np.where(inside, np.maximum(smooth, LEAST_LABEL_VALUE), np.minimum(smooth, -LEAST_LABEL_VALUE))
    index = where - low
    label = inside[tuple(index.T)]
    total = np.zeros(len(index))
    count = np.zeros(len(index))
    for axis in range(3):
        for step in (-1, 1):
            neighbor = index.copy()
            neighbor[:, axis] += step
            valid = (neighbor[:, axis] >= 0) & (neighbor[:, axis] < inside.shape[axis])
            neighbor[~valid] = index[~valid]
            at = tuple(neighbor.T)
            use = valid & (inside[at] != label) & ~changed[at]
            total += np.where(use, np.abs(field[at] / smooth[at]), 0.0)
            count += use
    gain = np.where(count > 0, total / np.maximum(count, 1), 2.0 * scale)
    field[tuple(index.T)] = (smooth[tuple(index.T)] * np.maximum(gain, NEAR_ZERO * scale)).astype(np.float32)


def _touching(mask: Mask) -> Mask:
    """Voxels that have a face neighbor in the mask."""
    result = np.zeros_like(mask)
    for axis in range(3):
        here = [slice(None)] * 3
        there = [slice(None)] * 3
        here[axis], there[axis] = slice(1, None), slice(None, -1)
        result[tuple(here)] |= mask[tuple(there)]
        result[tuple(there)] |= mask[tuple(here)]
    return result
