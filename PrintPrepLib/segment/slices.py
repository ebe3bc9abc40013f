"""Signed distance to the contour of a slice, sub-pixel, and its interpolation between slices."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

Floats = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

BAND_PIXELS = 3
"""Pixels on either side of the contour whose distance is taken to the polygon itself."""

CANDIDATES = 4
"""Segments tried for each pixel: no segment is longer than a pixel's diagonal, so the nearest is among them."""

LEAST_MM = 1e-4
"""No distance is zero: the surface must not run through a grid point."""

OVERSHOOT = 0.1
"""A cubic may pass its two neighbors by this share of the slice step: enough for the bulge of a round wall (R = 20 mm
at 3 mm slices: 0.06 mm), too little to open a wall."""

JUMP = 3.0
"""A neighboring slice whose distance changes this many times faster is not used for the slope."""

FAR_MM = 1000.0
"""Distance given where a slice holds no contour at all."""


def contour_distance(values: Floats, spacing: tuple[float, float]) -> Floats:
    """Return the signed distance, positive inside, to the zero contour of a slice (rows, columns), in mm.

    The contour is the polygon of marching squares. Near it the distance is exact; farther off it is the distance to the
    nearest pixel of that band plus that pixel's own distance.
    """
    inside = values > 0
    if inside.all() or not inside.any():
        return np.full(values.shape, FAR_MM if inside.all() else -FAR_MM, np.float32)
    start, stop = _contour(values, inside, spacing)
    beside = np.zeros(values.shape, bool)
    for axis in range(2):
        crossed = np.diff(inside, axis=axis)
        beside[tuple(slice(None, -1) if a == axis else slice(None) for a in range(2))] |= crossed
        beside[tuple(slice(1, None) if a == axis else slice(None) for a in range(2))] |= crossed
    band = ndimage.binary_dilation(beside, iterations=BAND_PIXELS)
    points = np.argwhere(band) * np.array(spacing)
    distance = np.zeros(values.shape, np.float32)
    distance[band] = _to_segments(points, start, stop)
    if not band.all():
        index = ndimage.distance_transform_edt(~band, sampling=spacing, return_distances=False, return_indices=True)
        row, column = np.asarray(index)
        rows, columns = np.indices(values.shape)
        gap = np.hypot((rows - row) * spacing[0], (columns - column) * spacing[1])
        distance = (distance[row, column] + gap).astype(np.float32)
    distance = np.maximum(distance, np.float32(LEAST_MM))
    return np.where(inside, distance, -distance)


def between(before: Floats, low: Floats, high: Floats, after: Floats, share: float, step_mm: float) -> Floats:
    """Interpolate a share of the way from ``low`` to ``high``: cubic, held near the two, sign kept where both agree."""
    # A neighbor that jumps (an empty slice, another branch) says nothing about the slope here: go on straight.
    jump = JUMP * np.abs(high - low) + step_mm
    before = np.where(np.abs(before - low) > jump, 2.0 * low - high, before)
    after = np.where(np.abs(after - high) > jump, 2.0 * high - low, after)
    slope_low, slope_high = (high - before) / 2.0, (after - low) / 2.0
    s2, s3 = share**2, share**3
    value = (
        (2 * s3 - 3 * s2 + 1) * low
        + (s3 - 2 * s2 + share) * slope_low
        + (3 * s2 - 2 * s3) * high
        + (s3 - s2) * slope_high
    )
    room = OVERSHOOT * step_mm
    return np.asarray(np.clip(value, np.minimum(low, high) - room, np.maximum(low, high) + room), np.float32)


def cap_distance(inner: Floats, deeper: Floats, grey_in: Floats, grey_out: Floats) -> tuple[Floats, Any]:
    """Return what stands in for the outer slice where a part ends between two slices, and where that is.

    Where a contour of the inner slice has no counterpart in the outer one, distances in the outer slice say nothing.
    There the grey values say how far the part reaches (partial volume), and the slice behind says how fast it narrows;
    the shorter of the two is taken.

    Parameters
    ----------
    inner, deeper : (r, c) float32
        Signed distance of the slice where the part ends and of the one behind it.
    grey_in, grey_out : (r, c) float32
        Image field of the inner and the outer slice.

    Returns
    -------
    stand_in : (r, c) float32
        Distance to be used for the outer slice.
    where : (r, c) bool
        The part that ends, with a rim of one pixel.
    """
    parts, count = ndimage.label(inner > 0)
    goes_on = np.zeros(count + 1, bool)
    goes_on[np.unique(parts[(grey_out > 0) & (inner > 0)])] = True
    goes_on[0] = True
    ends = ~goes_on[parts]
    if not ends.any():
        return inner, ends
    by_grey = grey_in / np.maximum(grey_in - grey_out, 1e-6)
    narrowing = deeper - inner
    by_shape = np.where(narrowing > 1e-6, inner / np.maximum(narrowing, 1e-6), np.inf)
    reach = np.clip(np.minimum(by_grey, by_shape), 1e-3, 1.0 - 1e-3)
    stand_in = np.where(ends, -inner * (1.0 - reach) / reach, np.minimum(inner, -1e-4))
    return stand_in.astype(np.float32), ndimage.binary_dilation(ends, iterations=2) & ((inner <= 0) | ends)


def _contour(values: Floats, inside: Mask, spacing: tuple[float, float]) -> tuple[Points, Points]:
    """Segments of the zero contour by marching squares; inside corners that only touch are kept apart."""
    corner_in = np.stack([inside[:-1, :-1], inside[:-1, 1:], inside[1:, 1:], inside[1:, :-1]])
    rows, columns = np.nonzero(corner_in.any(axis=0) & ~corner_in.all(axis=0))
    cell_in = corner_in[:, rows, columns]
    place = np.array([[0, 0], [0, 1], [1, 1], [1, 0]])
    at = place[:, None] + np.stack([rows, columns], axis=1)
    value = values[at[..., 0], at[..., 1]].astype(np.float64)
    cross, point = [], []
    for edge in range(4):
        following = (edge + 1) % 4
        cross.append(cell_in[edge] != cell_in[following])
        share = value[edge] / np.where(cross[-1], value[edge] - value[following], 1.0)
        point.append((at[edge] + share[:, None] * (at[following] - at[edge])) * np.array(spacing))
    crossed, points = np.stack(cross, axis=1), np.stack(point, axis=1)
    plain = crossed.sum(axis=1) == 2
    pair = np.argsort(~crossed[plain], axis=1, kind="stable")[:, :2]
    number = np.arange(len(pair))[:, None]
    ends = [points[plain][number, pair]]
    saddle, first_in = points[~plain], cell_in[0, ~plain]
    # Corner 0 lies between edges 3 and 0, corner 1 between 0 and 1, and so on.
    for choice in (((3, 0), (1, 2)), ((0, 1), (2, 3))):
        chosen = saddle[first_in if choice[0] == (3, 0) else ~first_in]
        ends += [chosen[:, list(edges)] for edges in choice]
    segments = np.concatenate(ends)
    return segments[:, 0], segments[:, 1]


def _to_segments(points: Points, start: Points, stop: Points) -> Points:
    """Distance from each point to the nearest of the segments whose middles are nearest."""
    nearest = np.asarray(cKDTree((start + stop) / 2.0).query(points, k=min(CANDIDATES, len(start)))[1])
    nearest = nearest.reshape(len(points), -1)
    a, along = start[nearest], (stop - start)[nearest]
    square = np.maximum((along**2).sum(axis=2), 1e-30)
    share = np.clip((((points[:, None] - a) * along).sum(axis=2)) / square, 0.0, 1.0)
    return np.asarray(np.linalg.norm(points[:, None] - a - share[..., None] * along, axis=2).min(axis=1))
