"""Which triangle is seen in each pixel: an exact scan conversion with a depth buffer.

No OpenGL, no display, no graphics driver: the same pixels on every machine, in any thread, and no crash where the
drivers are missing. For pictures in a report that is worth more than frames per second.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ..engine import Engine, is_compiled

FloatArray = npt.NDArray[np.float64]

_CHUNK = 1 << 21
"""Pixels or rows expanded at once: some 100 MB."""
_DEPTH_STEPS = (1 << 31) - 1
_NOTHING = np.uint64(0xFFFFFFFFFFFFFFFF)


@dataclass(frozen=True)
class Seen:
    """What each pixel shows.

    Attributes
    ----------
    face : (h, w) int64
        Triangle, -1 for background.
    weights : (p, 3) float64
        Barycentric coordinates within it, for the pixels that show one, in row order.
    depth : (h, w) float64
        Distance along the view, NaN for background.
    """

    face: npt.NDArray[np.int64]
    weights: FloatArray
    depth: FloatArray


def rasterize(
    points: FloatArray, faces: npt.NDArray[np.int32], width: int, height: int, engine: Engine = Engine.AUTO
) -> Seen:
    """Find the nearest triangle at every pixel center.

    Parameters
    ----------
    points : (n, 3) float64
        Vertices on the screen: x to the right and y down in pixels, z away from the viewer.
    faces : (m, 3) int32
        Triangles.
    width, height : int
        Picture size in pixels; pixel (0, 0) covers 0..1.
    engine : Engine
        Both give the same pixels.
    """
    buffer = np.full(width * height, _NOTHING)
    near, far = float(points[:, 2].min()), float(points[:, 2].max())
    scale = _DEPTH_STEPS / max(far - near, 1e-9)
    xs, ys, zs = (np.ascontiguousarray(points[:, k]) for k in range(3))
    if is_compiled(engine):
        from . import _kernels_raster

        _kernels_raster.fill(buffer, xs, ys, zs, faces, near, scale, width, height)
        return _seen(buffer, points, faces, width, height)
    ya, yb, yc = (ys[faces[:, k]] for k in range(3))
    low, high = np.minimum(np.minimum(ya, yb), yc), np.maximum(np.maximum(ya, yb), yc)
    first = np.maximum(np.ceil(low - 0.5), 0).astype(np.int64)
    last = np.minimum(np.ceil(high - 0.5), height).astype(np.int64)  # exclusive
    rows = last - first
    kept = np.flatnonzero(rows > 0)
    first, rows = first[kept], rows[kept]
    for begin, end in _chunks(rows):
        chosen = kept[begin:end]
        corners = faces[chosen]
        _fill(
            buffer, (xs[corners], ys[corners], (zs[corners] - near) * scale), (first[begin:end], rows[begin:end]),
            chosen, width,
        )  # fmt: skip
    return _seen(buffer, points, faces, width, height)


def _fill(
    buffer: npt.NDArray[np.uint64],
    corners: tuple[FloatArray, FloatArray, FloatArray],
    spans: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
    number: npt.NDArray[np.int64],
    width: int,
) -> None:
    x, y, z = corners
    owner = np.repeat(np.arange(len(number)), spans[1])
    row = _ramp(spans[0], spans[1])
    center = row + 0.5
    left = np.full(len(row), np.inf)
    right = np.full(len(row), -np.inf)
    for a, b in ((0, 1), (1, 2), (2, 0)):
        xa, ya, xb, yb = x[owner, a], y[owner, a], x[owner, b], y[owner, b]
        crosses = (ya <= center) != (yb <= center)
        with np.errstate(divide="ignore", invalid="ignore"):
            at = xa + (center - ya) * ((xb - xa) / (yb - ya))
        np.minimum(left, at, out=left, where=crosses)
        np.maximum(right, at, out=right, where=crosses)
    valid = right >= left
    begin = np.zeros(len(row), np.int64)
    end = np.zeros(len(row), np.int64)
    begin[valid] = np.clip(np.ceil(left[valid] - 0.5), 0, width).astype(np.int64)
    end[valid] = np.clip(np.ceil(right[valid] - 0.5), 0, width).astype(np.int64)
    count = end - begin
    some = np.flatnonzero(count > 0)
    owner, row, begin, count = owner[some], row[some], begin[some], count[some]
    slope_x, slope_y = _slopes(x, y, z)
    nearest = np.minimum(np.minimum(z[:, 0], z[:, 1]), z[:, 2])
    farthest = np.maximum(np.maximum(z[:, 0], z[:, 1]), z[:, 2])
    for i, j in _chunks(count):
        own = np.repeat(owner[i:j], count[i:j])
        line = np.repeat(row[i:j], count[i:j])
        column = _ramp(begin[i:j], count[i:j])
        depth = z[own, 0] + slope_x[own] * (column + 0.5 - x[own, 0]) + slope_y[own] * (line + 0.5 - y[own, 0])
        depth = np.clip(depth, nearest[own], farthest[own])
        key = (depth.astype(np.uint64) << np.uint64(32)) | number[own].astype(np.uint64)
        np.minimum.at(buffer, line * width + column, key)


def _slopes(x: FloatArray, y: FloatArray, z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Change of depth per pixel to the right and down, on each triangle's plane; 0 seen edge-on."""
    x1, y1, z1 = x[:, 1] - x[:, 0], y[:, 1] - y[:, 0], z[:, 1] - z[:, 0]
    x2, y2, z2 = x[:, 2] - x[:, 0], y[:, 2] - y[:, 0], z[:, 2] - z[:, 0]
    area = x1 * y2 - x2 * y1
    safe = np.where(np.abs(area) > 1e-12, area, np.inf)
    return (z1 * y2 - z2 * y1) / safe, (x1 * z2 - x2 * z1) / safe


def _seen(
    buffer: npt.NDArray[np.uint64], points: FloatArray, faces: npt.NDArray[np.int32], width: int, height: int
) -> Seen:
    hit = np.flatnonzero(buffer != _NOTHING)
    face = np.full(width * height, -1, np.int64)
    face[hit] = (buffer[hit] & np.uint64(0xFFFFFFFF)).astype(np.int64)
    a, b, c = (points[faces[face[hit], k]] for k in range(3))
    px, py = hit % width + 0.5, hit // width + 0.5
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    safe = np.where(np.abs(area) > 1e-12, area, np.inf)
    wb = ((px - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (py - a[:, 1])) / safe
    wc = ((b[:, 0] - a[:, 0]) * (py - a[:, 1]) - (px - a[:, 0]) * (b[:, 1] - a[:, 1])) / safe
    weights = np.clip(np.stack([1.0 - wb - wc, wb, wc], axis=1), 0.0, 1.0)
    weights /= weights.sum(axis=1, keepdims=True)
    depth = np.full(width * height, np.nan)
    depth[hit] = a[:, 2] * weights[:, 0] + b[:, 2] * weights[:, 1] + c[:, 2] * weights[:, 2]
    return Seen(face.reshape(height, width), weights, depth.reshape(height, width))


def _ramp(start: npt.NDArray[np.int64], count: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """start, start + 1, ... for each pair, one after the other."""
    stop = np.cumsum(count)
    steps = np.arange(int(stop[-1]) if len(stop) else 0, dtype=np.int64)
    return np.asarray(steps + np.repeat(start - (stop - count), count))


def _chunks(counts: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    """Split items so that their counts sum to at most a chunk (or the item is alone)."""
    total = np.cumsum(counts)
    edges = [0]
    while edges[-1] < len(counts):
        done = total[edges[-1] - 1] if edges[-1] else 0
        edges.append(max(int(np.searchsorted(total, done + _CHUNK, side="right")), edges[-1] + 1))
    return list(pairwise(edges))
