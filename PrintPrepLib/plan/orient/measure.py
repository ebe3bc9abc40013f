"""What one orientation costs: overhang, support, what supports touch, height, footprint, how firmly it stands.

The surface is taken as samples of equal area. Overhangs are those that look down by more than the process bears. Each
is followed straight down to the next surface that looks up in the same column of a fine grid, or to the bed: that is
the column that supports fill, as slicers with straight (grid) supports do. Trees and organic supports need less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import ConvexHull, QhullError

from ...mesh import FloatArray
from .surface import Surface

BED_MM = 0.3
"""What looks down within this height of the lowest point lies on the bed: a first layer."""
COLUMN_SPACINGS = 2.0
"""Width of a column in spacings of the samples: about four samples of a level surface in each."""
LEVEL_COS = 0.3
"""Supports rest on what looks up by more than this (walls steeper than 73 degrees carry nothing)."""
GRID_MM = 2.5
"""Supports stand on a grid of this width (PrusaSlicer's spacing, style "grid"): small ones are as wide as a cell."""
LEVELS = 1 << 20
"""Steps of height in which samples are sorted: finer than any layer."""
YAW_STEP_DEG = 3.0
"""Turns about the vertical that are tried where the model does not fit the bed as it is turned."""


@dataclass(frozen=True, eq=False)
class Measures:
    """One orientation in figures. Areas mm2, volumes mm3.

    Attributes
    ----------
    rotation : (3, 3) float64
        ``points @ rotation.T`` are in the printer's width, depth and height.
    size_mm : (3,)
        Of the model so laid.
    overhang_mm2 : float
        Surface that needs support.
    support_mm3 : float
        Space beneath it, down to the model or the bed.
    built_mm3 : float
        The same, widened to whole cells of the grid on which slicers build supports.
    touched_mm2 : float
        Surface that supports touch, above and below them.
    protected_mm2 : float
        Protected surface that supports or the bed touch.
    bed_mm2 : float
        Surface that lies on the bed.
    base_mm2 : float
        Hull of what stands on the bed, supports included.
    tip_deg : float
        Angle by which it may be tipped before it falls; negative where it does not stand by itself.
    fits : bool or None
        Into the build volume; None where no printer was named.
    excess_mm : float or None
        By how much it is too long; negative where there is room.
    """

    rotation: FloatArray
    size_mm: tuple[float, float, float]
    overhang_mm2: float
    support_mm3: float
    built_mm3: float
    touched_mm2: float
    protected_mm2: float
    bed_mm2: float
    base_mm2: float
    tip_deg: float
    fits: bool | None
    excess_mm: float | None


@dataclass(frozen=True, eq=False)
class Columns:
    """Supports as columns, in the printer's coordinates with the bed at 0: for pictures.

    ``center`` (n, 2), ``low`` (n,), ``high`` (n,), and their width.
    """

    center: FloatArray
    low: FloatArray
    high: FloatArray
    width_mm: float


def measure(
    surface: Surface,
    up: FloatArray,
    overhang_deg: float | None,
    usable_mm: Sequence[float] | None = None,
) -> Measures:
    """Measure a model with one of its directions pointing up.

    Parameters
    ----------
    surface : Surface
        The model.
    up : (3,) float64
        Unit vector, LPS.
    overhang_deg : float or None
        Downward surfaces less steep than this, from the level, need support; None for a process without supports.
    usable_mm : three floats, optional
        What the printer takes: width, depth, height.
    """
    rotation, size, excess = _pose(surface, up, usable_mm)
    points = surface.points @ rotation.T
    floor = float((surface.corners @ up).min())
    height, slope = points[:, 2] - floor, surface.normals @ up
    share = surface.share_mm2
    on_bed = (height <= BED_MM) & (slope < -LEVEL_COS)
    overhang = np.zeros(len(points), bool)
    if overhang_deg is not None:
        overhang = (slope < -np.cos(np.radians(overhang_deg))) & ~on_bed
    rest = _below(points, height, slope, overhang, share) if overhang.any() else np.empty(0, np.int64)
    hanging = np.flatnonzero(overhang)
    flat = -slope[hanging] * share  # the area as seen from above, of each sample
    on_model = rest >= 0
    low = np.where(on_model, height[rest], 0.0)
    gap = height[hanging] - low
    touched = len(hanging) * share + float(flat[on_model].sum())
    kept = surface.protected
    touching = overhang | on_bed if overhang_deg is not None else overhang  # in powder nothing lies on a bed
    touched_kept = float(np.count_nonzero(kept & touching)) * share
    touched_kept += float(flat[on_model & kept[rest]].sum()) if on_model.any() else 0.0
    standing = np.concatenate([points[on_bed, :2], points[hanging[~on_model], :2]])
    base, tip = _stand(standing, surface.center @ rotation.T, floor)
    return Measures(
        rotation=rotation,
        size_mm=size,
        overhang_mm2=len(hanging) * share,
        support_mm3=float((flat * gap).sum()),
        built_mm3=_on_grid(points[hanging, :2], flat, gap),
        touched_mm2=touched,
        protected_mm2=touched_kept,
        bed_mm2=float(-slope[on_bed].sum()) * share,
        base_mm2=base,
        tip_deg=tip,
        fits=None if excess is None else excess <= 0.0,
        excess_mm=excess,
    )


def columns(surface: Surface, measured: Measures, overhang_deg: float | None) -> Columns:
    """Return the supports of an orientation as columns."""
    points = surface.points @ measured.rotation.T
    floor = float((surface.corners @ measured.rotation[2]).min())
    height, slope = points[:, 2] - floor, surface.normals @ measured.rotation[2]
    width = _width(surface.share_mm2)
    if overhang_deg is None:
        return Columns(np.empty((0, 2)), np.empty(0), np.empty(0), width)
    overhang = (slope < -np.cos(np.radians(overhang_deg))) & ~((height <= BED_MM) & (slope < -LEVEL_COS))
    rest = _below(points, height, slope, overhang, surface.share_mm2)
    low = np.where(rest >= 0, height[rest], 0.0) if len(rest) else np.empty(0)
    cell = np.floor(points[overhang, :2] / width)
    level = np.round(low / width)
    _, first = np.unique(np.column_stack([cell, level]), axis=0, return_index=True)
    return Columns((cell[first] + 0.5) * width, low[first], height[overhang][first], width)


def _width(share_mm2: float) -> float:
    return COLUMN_SPACINGS * float(np.sqrt(share_mm2))


def _below(
    points: FloatArray, height: FloatArray, slope: FloatArray, overhang: npt.NDArray[np.bool_], share_mm2: float
) -> npt.NDArray[np.int64]:
    """Sample that carries the support of each overhanging sample, in their order; -1 where that is the bed."""
    width = _width(share_mm2)
    column, row = (np.floor((points[:, k] - points[:, k].min()) / width).astype(np.int64) for k in range(2))
    number = column * (int(row.max()) + 1) + row
    wanted = np.zeros(int(number.max()) + 1, bool)
    wanted[number[overhang]] = True
    kept = np.flatnonzero(overhang | ((slope > LEVEL_COS) & wanted[number]))
    # One whole number for column and height sorts several times faster than two keys.
    level = ((height[kept] - height.min()) * (LEVELS / max(float(np.ptp(height)), 1e-9))).astype(np.int64)
    order = kept[np.argsort(number[kept] * (2 * LEVELS) + level, kind="stable")]
    last = np.maximum.accumulate(np.where(~overhang[order], np.arange(len(order)), -1))
    found = np.where((last >= 0) & (number[order[last]] == number[order]), order[last], -1)
    out = np.empty(len(points), np.int64)
    out[order] = found
    return out[overhang]


def _on_grid(across: FloatArray, flat: FloatArray, gap: FloatArray) -> float:
    """Volume of columns that fill whole cells: each cell with overhang is filled as high as the mean of its gaps."""
    if not len(gap):
        return 0.0
    cell = np.floor((across - across.min(axis=0)) / GRID_MM).astype(np.int64)
    _, of = np.unique(cell[:, 0] * (int(cell[:, 1].max()) + 1) + cell[:, 1], return_inverse=True)
    exact = np.bincount(of, weights=flat * gap)
    mean = np.bincount(of, weights=gap) / np.bincount(of)
    return float(np.maximum(exact, GRID_MM**2 * mean).sum())


def _pose(
    surface: Surface, up: FloatArray, usable_mm: Sequence[float] | None
) -> tuple[FloatArray, tuple[float, float, float], float | None]:
    """Rotation with a direction up, turned so that it fits the bed, if it can; its size; by how much it is too long."""
    base = _frame(up)
    placed = surface.corners @ base.T
    angle = np.radians(np.arange(0.0, 180.0, YAW_STEP_DEG))
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    across = cos * placed[:, 0] + sin * placed[:, 1]
    along = -sin * placed[:, 0] + cos * placed[:, 1]
    widths = np.stack([across.max(axis=1) - across.min(axis=1), along.max(axis=1) - along.min(axis=1)], axis=1)
    tall = float(placed[:, 2].max() - placed[:, 2].min())
    chosen, excess = 0, None
    if usable_mm is not None:
        missing = (widths - np.asarray(usable_mm)[:2]).max(axis=1)
        chosen = 0 if missing[0] <= 0.0 else int(missing.argmin())
        excess = float(max(missing[chosen], tall - usable_mm[2]))
    turn = np.array([[cos[chosen, 0], sin[chosen, 0], 0.0], [-sin[chosen, 0], cos[chosen, 0], 0.0], [0.0, 0.0, 1.0]])
    return turn @ base, (float(widths[chosen, 0]), float(widths[chosen, 1]), tall), excess


def _frame(up: FloatArray) -> FloatArray:
    """Proper rotation that brings a direction up by the shortest way, (3, 3); the identity for +z."""
    x, y, z = (float(value) for value in up)
    if z < -1.0 + 1e-12:
        return np.diag([1.0, -1.0, -1.0])
    k = 1.0 / (1.0 + z)
    return np.array([[1.0 - k * x * x, -k * x * y, -x], [-k * x * y, 1.0 - k * y * y, -y], [x, y, z]])


def _stand(standing: FloatArray, center: FloatArray, floor: float) -> tuple[float, float]:
    """Area of the hull of what stands on the bed, and the angle to the tipping point."""
    if len(standing) < 3:
        return 0.0, 0.0
    try:
        found = ConvexHull(standing)
    except (QhullError, ValueError):
        return 0.0, 0.0
    inside = -float((found.equations[:, :2] @ center[:2] + found.equations[:, 2]).max())
    return float(found.volume), float(np.degrees(np.arctan2(inside, max(float(center[2]) - floor, 1e-9))))
