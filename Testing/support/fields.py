"""Scalar fields on voxels whose zero surface is known exactly, and segmentations of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import erf

from PrintPrepLib.segment.segmentation import Segmentation, from_mask
from PrintPrepLib.volume import Volume

from .volumes import volume_of

Floats = npt.NDArray[np.float64]
Distance = Callable[[Floats], Floats]
"""Signed distance of places (n, 3), positive inside."""

OBLIQUE = (0.8, -0.6, 0.0, 0.6, 0.8, 0.0, 0.0, 0.0, 1.0)
LEFT_HANDED = (-1, 0, 0, 0, 1, 0, 0, 0, 1)


def ball(radius: float, center: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Distance:
    """Ball."""
    return lambda points: radius - np.linalg.norm(points - np.asarray(center), axis=-1)


def grid(count: int, spacing: tuple[float, float, float] = (1.0, 1.0, 1.0), direction: tuple = OBLIQUE) -> Volume:
    """Return a cube of ``count`` voxels each way, its middle near the origin but on no voxel's center."""
    empty = volume_of(np.zeros((count,) * 3, np.float32), spacing, direction=direction)
    middle = empty.to_lps([[(count - 1) / 2.0 + 0.23, (count - 1) / 2.0 - 0.31, (count - 1) / 2.0 + 0.17]])[0]
    return volume_of(np.zeros((count,) * 3, np.float32), spacing, tuple((-middle).tolist()), direction)


def sampled(volume: Volume, distance: Distance) -> Floats:
    """Distance at the center of every voxel (k, j, i)."""
    i, j, k = volume.shape_ijk
    kji = np.stack(np.meshgrid(np.arange(k), np.arange(j), np.arange(i), indexing="ij"), axis=-1)
    return distance(volume.to_lps(kji[..., ::-1].reshape(-1, 3))).reshape(k, j, i)


def blurred_ball(radius: Floats, size: float, sigma: float) -> Floats:
    """Value, at a radius, of a ball of value 1 blurred by a Gaussian in space (its convolution, in closed form)."""
    r = np.maximum(radius, 1e-9)
    root = sigma * np.sqrt(2.0)
    flat = 0.5 * (erf((size + r) / root) + erf((size - r) / root))
    bell = np.exp(-(((size - r) / root) ** 2)) - np.exp(-(((size + r) / root) ** 2))
    return flat - sigma / (r * np.sqrt(2.0 * np.pi)) * bell


def half_value_radius(size: float, sigma: float, inner: float = 0.0) -> float:
    """Radius near ``size`` where the blurred ball, less a blurred ball of ``inner``, is one half.

    A blurred edge that is curved crosses one half a little inside; that is the picture, not the extractor.
    """
    return float(
        brentq(
            lambda r: blurred_ball(r, size, sigma) - (blurred_ball(r, inner, sigma) if inner else 0.0) - 0.5,
            size - 2 * sigma,
            size + 2 * sigma,
        )
    )


def radii(volume: Volume) -> Floats:
    """Distance of every voxel's center from the origin (k, j, i)."""
    return -sampled(volume, ball(0.0))


def gray_ball(volume: Volume, size: float, sigma: float, inner: float = 0.0) -> Volume:
    """Return the picture of a blurred ball, hollow or not, less one half: positive inside."""
    values = blurred_ball(radii(volume), size, sigma)
    if inner:
        values = values - blurred_ball(radii(volume), inner, sigma)
    return volume_like(volume, (values - 0.5).astype(np.float32))


def volume_like(volume: Volume, array: npt.NDArray) -> Volume:
    """Return other values on the same grid."""
    image = volume.image
    return volume_of(array, image.GetSpacing(), image.GetOrigin(), image.GetDirection())


def label_segmentation(volume: Volume, mask: npt.NDArray[np.bool_]) -> Segmentation:
    """Return a segmentation that knows the label only."""
    return from_mask(mask, volume_like(volume, mask.astype(np.uint8)), keep_grey=False)
