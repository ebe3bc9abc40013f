"""Points all over the side and the bottom of a hole, at which the wall round it is proven."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ...mesh import FloatArray

WIDE_MM = 0.6
"""Spacing of the points of a proof: wide ones first,"""
CLOSE_MM = 0.12
"""and close ones only where they decide."""
HOLES_KEPT = 32
"""Holes whose points are kept: those of a few sizes of pin, some 2 MB each."""

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class HolePoints:
    """Points of one hole, its face at height 0 and its bottom at its depth.

    Attributes
    ----------
    wide, close : (k, 3) float64
        Points no farther apart than the spacings.
    nearest : (k,) int64
        The wide point nearest to each close one.
    apart_mm : (k,) float64
        Its distance.
    rim : (k,) int64
        Wide points on the edge between side and bottom, where a hole meets a surface that its axis does not see.
    """

    wide: FloatArray
    close: FloatArray
    nearest: Rows
    apart_mm: FloatArray
    rim: Rows


@lru_cache(HOLES_KEPT)
def hole_points(radius_mm: float, depth_mm: float) -> HolePoints:
    """Spread points over a hole; the same hole is asked for at many places."""
    wide, close = _spread(radius_mm, depth_mm, WIDE_MM), _spread(radius_mm, depth_mm, CLOSE_MM)
    apart, nearest = cKDTree(wide).query(close)
    from_axis = np.hypot(wide[:, 0], wide[:, 1])
    rim = np.flatnonzero((wide[:, 2] == depth_mm) & (from_axis > radius_mm - 0.5 * WIDE_MM))
    out = HolePoints(wide, close, np.asarray(nearest, np.int64), np.asarray(apart), rim)
    for array in (out.wide, out.close, out.nearest, out.apart_mm, out.rim):
        array.setflags(write=False)
    return out


def _spread(radius: float, depth: float, spacing: float) -> FloatArray:
    """Rings of points (k, 3) no farther apart than the spacing."""
    heights = np.linspace(0.0, depth, max(2, int(np.ceil(depth / spacing)) + 1))
    rings = [(radius, height) for height in heights]
    radii = np.linspace(0.0, radius, max(2, int(np.ceil(radius / spacing)) + 1))
    rings += [(inner, depth) for inner in radii[:-1]]
    out = []
    for ring, height in rings:
        angles = np.linspace(0.0, 2.0 * np.pi, max(1, int(np.ceil(2.0 * np.pi * ring / spacing))), endpoint=False)
        out.append(np.stack([ring * np.cos(angles), ring * np.sin(angles), np.full(len(angles), height)], axis=1))
    return np.concatenate(out)
