"""Straight lines through polygons: stretches inside, sides within a strip, distances from a stretch."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ...mesh import FloatArray

NARROWEST = 0.02
"""First squares when the widest place is sought are this share of the length or more, however narrow the polygon."""
RIDGE_SHARE = 0.02
"""Squares that cannot be better by this share are dropped: along a bar or a ring, thousands are equally good."""
CLIMB_WAYS = 16
"""Directions of the last steps."""


def long_axis(points: FloatArray) -> float:
    """Direction of the longest side of the smallest rectangle round the points."""
    from scipy.spatial import ConvexHull

    hull = points[ConvexHull(points).vertices]
    sides = np.roll(hull, -1, axis=0) - hull
    best, axis = np.inf, 0.0
    for angle in np.arctan2(sides[:, 1], sides[:, 0]).tolist():
        c, s = math.cos(angle), math.sin(angle)
        along, across = np.ptp(hull @ np.array([[c, -s], [s, c]]), axis=0).tolist()
        if along * across < best:
            best, axis = along * across, angle if along >= across else angle + 0.5 * math.pi
    return axis


def edges(rings: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Begins and ends of all sides, both (k, 2)."""
    return np.concatenate(rings), np.concatenate([np.roll(ring, -1, axis=0) for ring in rings])


def spans(rings: list[FloatArray], lines: FloatArray) -> list[tuple[int, float, float]]:
    """Stretches of horizontal lines that lie inside polygons: line number, begin, end."""
    begins, ends = edges(rings)
    above = begins[:, 1][:, None] > lines, ends[:, 1][:, None] > lines
    edge, row = np.nonzero(above[0] != above[1])
    share = (lines[row] - begins[edge, 1]) / (ends[edge, 1] - begins[edge, 1])
    at = begins[edge, 0] + share * (ends[edge, 0] - begins[edge, 0])
    order = np.lexsort((at, row))
    rows, pairs = row[order][::2], at[order].reshape(-1, 2)
    return [(int(number), float(a), float(b)) for number, (a, b) in zip(rows, pairs, strict=True)]


def clipped(begins: FloatArray, ends: FloatArray, across: float, half: float) -> tuple[FloatArray, FloatArray]:
    """Least and greatest x of what each edge has inside a horizontal strip; NaN where it has nothing."""
    low, high = across - half, across + half
    rise = ends[:, 1] - begins[:, 1]
    flat = rise == 0.0
    safe = np.where(flat, 1.0, rise)
    first, last = (low - begins[:, 1]) / safe, (high - begins[:, 1]) / safe
    enter, leave = np.clip(np.minimum(first, last), 0.0, 1.0), np.clip(np.maximum(first, last), 0.0, 1.0)
    enter, leave = np.where(flat, 0.0, enter), np.where(flat, 1.0, leave)
    beside = np.maximum(begins[:, 1], ends[:, 1]) <= low, np.minimum(begins[:, 1], ends[:, 1]) >= high
    run = ends[:, 0] - begins[:, 0]
    xs = np.stack([begins[:, 0] + enter * run, begins[:, 0] + leave * run])
    xs[:, beside[0] | beside[1]] = np.nan
    return xs.min(axis=0), xs.max(axis=0)


def distances(begins: FloatArray, ends: FloatArray, start: float, stop: float) -> npt.NDArray[np.float64]:
    """Distance of each edge from the stretch of the x axis between two points."""
    run = ends - begins
    length2 = np.maximum((run**2).sum(axis=1), 1e-300)
    out = np.full(len(begins), np.inf)
    for x in (start, stop):
        share = np.clip(((np.array([x, 0.0]) - begins) * run).sum(axis=1) / length2, 0.0, 1.0)
        out = np.minimum(out, np.linalg.norm(begins + share[:, None] * run - (x, 0.0), axis=1))
    for ends_of in (begins, ends):
        out = np.minimum(out, np.hypot(ends_of[:, 0] - np.clip(ends_of[:, 0], start, stop), ends_of[:, 1]))
    crosses = begins[:, 1] * ends[:, 1] < 0.0
    share = np.where(crosses, begins[:, 1] / np.where(crosses, -run[:, 1], 1.0), 0.0)
    at = begins[:, 0] + share * run[:, 0]
    out[crosses & (at >= start) & (at <= stop)] = 0.0
    return out


def widest_place(rings: list[FloatArray], precision_mm: float) -> tuple[float, tuple[float, float]]:
    """Largest distance from every side that a point inside polygons has, and that point.

    Squares over the polygons are quartered as long as one may hold a point that is better by 2 % than the best so far
    (Mapbox's "polylabel"); from the best, steps in all directions lead on until none of a tenth of the precision does.
    """
    begins, ends = edges(rings)
    low, high = begins.min(axis=0), begins.max(axis=0)
    half = 0.5 * float(max(min(high - low), float((high - low).max()) * NARROWEST))
    grid = [np.arange(a + half, b + half, 2.0 * half) for a, b in zip(low, high, strict=True)]
    centers = np.stack(np.meshgrid(*grid), axis=-1).reshape(-1, 2)
    best, best_at = 0.0, centers[0]
    while len(centers):
        depth = np.concatenate(
            [_depths(begins, ends, part) for part in np.array_split(centers, len(centers) // 64 + 1)]
        )
        top = int(depth.argmax())
        if depth[top] > best:
            best, best_at = float(depth[top]), centers[top]
        better = best + max(precision_mm, RIDGE_SHARE * best)
        centers = centers[depth + half * math.sqrt(2.0) > better]
        half *= 0.5
        quarters = half * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
        centers = (centers[:, None] + quarters).reshape(-1, 2)
    angle = 2.0 * math.pi * np.arange(CLIMB_WAYS) / CLIMB_WAYS
    ways = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    step = RIDGE_SHARE * best
    while step > 0.1 * precision_mm:
        around = best_at + step * ways
        depth = _depths(begins, ends, around)
        top = int(depth.argmax())
        if depth[top] > best:
            best, best_at = float(depth[top]), around[top]
        else:
            step *= 0.5
    return best, (float(best_at[0]), float(best_at[1]))


def _depths(begins: FloatArray, ends: FloatArray, points: FloatArray) -> FloatArray:
    """Distance of points from the nearest side, negative outside, (k,)."""
    run = ends - begins
    away = points[:, None] - begins
    share = np.clip((away * run).sum(axis=2) / np.maximum((run**2).sum(axis=1), 1e-300), 0.0, 1.0)
    distance = np.linalg.norm(away - share[..., None] * run, axis=2).min(axis=1)
    rises = (begins[:, 1] > points[:, 1:]) != (ends[:, 1] > points[:, 1:])
    at = begins[:, 0] + away[..., 1] / np.where(run[:, 1] == 0.0, 1.0, run[:, 1]) * run[:, 0]
    inside = (rises & (at > points[:, :1])).sum(axis=1) % 2 == 1
    return np.asarray(np.where(inside, distance, -distance))
