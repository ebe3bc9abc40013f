"""How high a text may be at a place: its box, grown from the place, until it meets an edge. Exact, no raster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...mesh import FloatArray
from .letters import TextBox

_BATCH = 1 << 17
"""Pairs of place and edge looked at in one go: few enough to stay in the processor's cache."""


@dataclass(frozen=True)
class Gauge:
    """The growing box of a text, with its margin, as half sizes that are linear in the letter height."""

    box: TextBox
    margin_mm: float

    def height_at(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Letter height at which the box reaches points given from its center, in its own axes."""
        by_width = (2.0 * (np.abs(x) - self.margin_mm) - self.box.width_mm) / max(self.box.width_per_height, 1e-9)
        by_height = 2.0 * (np.abs(y) - self.margin_mm) - self.box.height_mm
        return np.maximum(by_width, by_height)

    def reach_mm(self, height_mm: float) -> float:
        """Distance from its center to the corners of the box with its margin."""
        return float(np.linalg.norm(0.5 * np.array(self.box.size(height_mm)) + self.margin_mm))

    def rough_heights(self, places: FloatArray, turns: FloatArray, points: FloatArray) -> FloatArray:
        """Greatest letter height at places (p, 2), turned by angles (p,) in radians, among points (e, 2)."""
        return self._batched(places, turns, points, None)

    def heights(self, places: FloatArray, turns: FloatArray, start: FloatArray, stop: FloatArray) -> FloatArray:
        """Greatest letter height at places (p, 2), turned by angles (p,) in radians, among edges (e, 2) to (e, 2).

        Negative where even the margin meets an edge.
        """
        return self._batched(places, turns, start, stop)

    def _batched(self, places: FloatArray, turns: FloatArray, start: FloatArray, stop: FloatArray | None) -> FloatArray:
        out = np.full(len(places), np.inf)
        if len(start) == 0:
            return out
        rows = max(1, _BATCH // len(start))
        for first in range(0, len(places), rows):
            chosen = slice(first, first + rows)
            out[chosen] = self._heights(places[chosen], turns[chosen], start, stop)
        return out

    def _heights(self, places: FloatArray, turns: FloatArray, start: FloatArray, stop: FloatArray | None) -> FloatArray:
        cos, sin = np.cos(turns)[:, None], np.sin(turns)[:, None]
        ax, ay = _turned(start, places, cos, sin)
        if stop is None:
            return np.asarray(self.height_at(ax, ay).min(axis=1))
        bx, by = _turned(stop, places, cos, sin)
        dx, dy = bx - ax, by - ay
        best = np.minimum(self.height_at(ax, ay), self.height_at(bx, by))
        # Along an edge the height is convex and made of straight pieces: its least value is at an end or a kink.
        slope = max(self.box.width_per_height, 1e-9)
        shift = slope * (2.0 * self.margin_mm + self.box.height_mm) - 2.0 * self.margin_mm - self.box.width_mm
        for along, across, offset in (
            (ax, dx, 0.0),  # beside the middle
            (ay, dy, 0.0),  # above or below it
            (ax - slope * ay, dx - slope * dy, -0.5 * shift),  # under the box's corners
            (ax - slope * ay, dx - slope * dy, 0.5 * shift),
            (ax + slope * ay, dx + slope * dy, -0.5 * shift),
            (ax + slope * ay, dx + slope * dy, 0.5 * shift),
        ):
            with np.errstate(divide="ignore", invalid="ignore"):
                share = np.nan_to_num((offset - along) / across, nan=0.0, posinf=1.0, neginf=0.0)
            share = np.clip(share, 0.0, 1.0)
            np.minimum(best, self.height_at(ax + share * dx, ay + share * dy), out=best)
        return np.asarray(best.min(axis=1))


def inside(points: FloatArray, start: FloatArray, stop: FloatArray) -> npt.NDArray[np.bool_]:
    """Which points (p, 2) an odd number of edges (e, 2) to (e, 2) surrounds."""
    out = np.zeros(len(points), bool)
    rows = max(1, _BATCH // max(len(start), 1))
    for first in range(0, len(points), rows):
        x, y = points[first : first + rows, 0][:, None], points[first : first + rows, 1][:, None]
        crosses = (start[:, 1] <= y) != (stop[:, 1] <= y)
        with np.errstate(divide="ignore", invalid="ignore"):
            at = start[:, 0] + (y - start[:, 1]) * ((stop[:, 0] - start[:, 0]) / (stop[:, 1] - start[:, 1]))
        out[first : first + rows] = (crosses & (at > x)).sum(axis=1) % 2 == 1
    return out


def _turned(points: FloatArray, places: FloatArray, cos: FloatArray, sin: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Coordinates (p, e) of points from every place, in the axes of the text there."""
    x = points[None, :, 0] - places[:, None, 0]
    y = points[None, :, 1] - places[:, None, 1]
    return x * cos + y * sin, y * cos - x * sin
