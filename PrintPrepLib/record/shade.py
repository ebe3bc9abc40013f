"""Light on what is seen: soft key light, darker hollows, a thin outline."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_erosion, gaussian_filter

from .raster import Seen

FloatArray = npt.NDArray[np.float64]

MODEL_COLOR = np.array([0.90, 0.85, 0.75])
"""Ivory, as printed bone models are."""
INSIDE_COLOR = np.array([0.80, 0.30, 0.27])
"""Faces seen from within: a hole, or a part that is inside out."""
SHARP_DEGREES = 40.0
"""Where a face leans further from the smooth surface it is an edge, and is drawn as one."""
_KEY = np.array([-0.42, -0.58, -0.70]) / np.linalg.norm([-0.42, -0.58, -0.70])
"""Towards the light: from the left, above, and the viewer."""
_FILL = np.array([0.75, 0.10, -0.65]) / np.linalg.norm([0.75, 0.10, -0.65])
_HOLLOW = (6.0, 24.0)
"""Reach of the darkening of hollows, pixels of the finished picture."""
_HOLLOW_SHARE = 0.38
"""Light taken away at most by each."""


def shade(
    seen: Seen,
    screen: FloatArray,
    faces: npt.NDArray[np.int32],
    normals: FloatArray,
    axes: FloatArray,
    *,
    colors: FloatArray | None = None,
    fine: int = 1,
) -> FloatArray:
    """Color every pixel.

    Parameters
    ----------
    seen : Seen
        What each pixel shows.
    screen : (n, 3) float64
        Vertices on the screen: right, down, away.
    faces : (m, 3) int32
        Triangles.
    normals : (n, 3) float64
        Unit normals at the vertices, LPS.
    axes : (3, 3) float64
        Rows: right, down and away in LPS.
    colors : (n, 3) float64, optional
        Colors at the vertices; ivory without.
    fine : int
        How many pixels make one of the finished picture.

    Returns
    -------
    (h, w, 3) float64
        0..1, white where nothing is.
    """
    hit = seen.face >= 0
    image = np.ones((*hit.shape, 3))
    if not hit.any():
        return image
    corners = faces[seen.face[hit]]
    normal, inside = _normals(corners, screen, normals, axes, seen.weights)
    if colors is None:
        base = np.broadcast_to(MODEL_COLOR, normal.shape).copy()
        base[inside] = INSIDE_COLOR
    else:
        base = np.einsum("pk,pkc->pc", seen.weights, colors[corners])
    key = np.clip(normal @ _KEY, 0.0, None)
    fill = np.clip(normal @ _FILL, 0.0, None)
    half = _KEY + np.array([0.0, 0.0, -1.0])
    shine = np.clip(normal @ (half / np.linalg.norm(half)), 0.0, None) ** 28
    light = 0.46 + 0.54 * key + 0.14 * fill if colors is None else 0.68 + 0.32 * key + 0.08 * fill
    lit = base * (light * _hollows(seen, fine)[hit])[:, None] + 0.07 * shine[:, None]
    image[hit] = np.clip(lit, 0.0, 1.0)
    rim = hit & ~binary_erosion(hit, iterations=fine)
    image[rim] *= 0.55
    return image


def _normals(
    corners: npt.NDArray[np.int32], screen: FloatArray, normals: FloatArray, axes: FloatArray, weights: FloatArray
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    a, b, c = (screen[corners[:, k]] for k in range(3))
    flat = _unit(np.cross(b - a, c - a))
    inside = flat[:, 2] > 0  # the outer side looks away from the viewer
    smooth = np.zeros_like(flat)
    for k in range(3):
        corner = rotated(normals[corners[:, k]], axes)
        sharp = np.einsum("pc,pc->p", corner, flat) < np.cos(np.radians(SHARP_DEGREES))
        corner[sharp] = flat[sharp]
        smooth += weights[:, k, None] * corner
    smooth = _unit(smooth)
    smooth[inside] *= -1.0
    return smooth, inside


def rotated(vectors: FloatArray, axes: FloatArray) -> FloatArray:
    """Express vectors (n, 3) in other axes (rows); plain sums, since BLAS is slow at three columns."""
    x, y, z = vectors.T
    out = np.empty((len(vectors), 3))
    for row in range(3):
        out[:, row] = x * axes[row, 0] + y * axes[row, 1] + z * axes[row, 2]
    return out


def _unit(vectors: FloatArray) -> FloatArray:
    length = np.sqrt(np.einsum("pc,pc->p", vectors, vectors))
    return np.asarray(vectors / np.maximum(length, 1e-12)[:, None])


def _hollows(seen: Seen, fine: int) -> FloatArray:
    """Darken what lies behind its surroundings: 1 in the open, down to about a half in deep hollows.

    The surroundings are smooth, so that every second pixel of the finished picture is enough for them.
    """
    hit = seen.face >= 0
    step = 2 * fine
    coarse = hit[::step, ::step]
    depth = np.where(coarse, seen.depth[::step, ::step], 0.0)
    factor = np.ones(hit.shape)
    for reach in _HOLLOW:
        share = gaussian_filter(coarse.astype(np.float64), reach / 2.0, truncate=2.5)
        around = gaussian_filter(depth, reach / 2.0, truncate=2.5) / np.maximum(share, 1e-6)
        behind = (seen.depth - _enlarged(around, hit.shape, step)) / (2.0 * reach * fine)
        factor -= factor * _HOLLOW_SHARE * np.clip(np.nan_to_num(behind), 0.0, 1.0)
    return factor


def _enlarged(small: FloatArray, shape: tuple[int, ...], step: int) -> FloatArray:
    """Bilinear interpolation between samples that were taken at every ``step`` pixels."""
    for axis in (0, 1):
        at = np.arange(shape[axis]) / step
        below = np.minimum(at.astype(np.int64), small.shape[axis] - 1)
        above = np.minimum(below + 1, small.shape[axis] - 1)
        share = (at - below).reshape((-1, 1) if axis == 0 else (1, -1))
        small = small.take(below, axis) * (1 - share) + small.take(above, axis) * share
    return small
