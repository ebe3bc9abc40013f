"""Columns along one axis through two bodies that face each other: where each is entered and left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ...mesh import FloatArray, Mesh
from ...spatial import SurfaceIndex, index_of
from ..cut.plane import CutPlane
from .facing_area import FacingArea

START_MM = 0.02
"""Rays start this far beyond the middle of the gap, so that they also meet faces that touch."""
SKIN_MM = 1e-5
"""Below a surface the next ray starts this deep, so as not to meet the triangle it passed."""
SAME_MM = 1e-3
"""Two rays that end this near to each other have met the same surface."""

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Columns:
    """Heights along the axis, from the plane, (k,) mm; NaN where ``valid`` is false.

    Attributes
    ----------
    places : (k, 2)
        In the plane's local coordinates.
    top, bottom : (k,)
        Where the first body ends towards the gap, and where it ends below that.
    entry, exit : (k,)
        Where the second body begins beyond the gap, and where it ends.
    valid : (k,) bool
        Both bodies are met, with nothing of either in the gap between.
    """

    places: FloatArray
    top: FloatArray
    bottom: FloatArray
    entry: FloatArray
    exit: FloatArray
    valid: Bools


class Caster:
    """Shoots columns through a pair of bodies."""

    def __init__(self, first: Mesh, second: Mesh, plane: CutPlane, area: FacingArea) -> None:
        self.plane = plane
        self.first, self.second = index_of(first), index_of(second)
        local = plane.to_local(0.5 * (area.on_first + area.on_second))
        self._near = cKDTree(local[:, :2])
        self._height = local[:, 2]

    def at(self, places: FloatArray) -> Columns:
        """Measure the columns at places (k, 2)."""
        _, row = self._near.query(places)
        middle = self._height[row]
        up = np.array(self.plane.normal)
        top = middle + START_MM - self._hit(self.first, places, middle + START_MM, -up)
        entry = middle - START_MM + self._hit(self.second, places, middle - START_MM, up)
        valid = np.isfinite(top) & np.isfinite(entry)
        valid[valid] &= ~self.first.contains(self._points(places[valid], middle[valid] + START_MM))
        valid[valid] &= ~self.second.contains(self._points(places[valid], middle[valid] - START_MM))
        valid &= np.where(valid, entry - top, 0.0) > -SAME_MM
        rows = np.flatnonzero(valid)
        # Nothing else stands in the gap: seen from each entry, the first that is met is the other one.
        wide = rows[(entry - top)[rows] > 2.0 * SAME_MM]
        seen = top[wide] + SKIN_MM + self._hit(self.second, places[wide], top[wide] + SKIN_MM, up)
        back = entry[wide] - SKIN_MM - self._hit(self.first, places[wide], entry[wide] - SKIN_MM, -up)
        valid[wide] = (np.abs(seen - entry[wide]) < SAME_MM) & (np.abs(back - top[wide]) < SAME_MM)
        bottom, out = np.full(len(places), np.nan), np.full(len(places), np.nan)
        rows = np.flatnonzero(valid)
        bottom[rows] = top[rows] - SKIN_MM - self._hit(self.first, places[rows], top[rows] - SKIN_MM, -up)
        out[rows] = entry[rows] + SKIN_MM + self._hit(self.second, places[rows], entry[rows] + SKIN_MM, up)
        valid &= np.isfinite(bottom) & np.isfinite(out)
        nan = np.where(valid, 0.0, np.nan)
        return Columns(places, top + nan, bottom + nan, entry + nan, out + nan, valid)

    def _hit(self, index: SurfaceIndex, places: FloatArray, height: FloatArray, way: FloatArray) -> FloatArray:
        if not len(places):
            return np.empty(0)
        distance, _ = index.first_hit(self._points(places, height), np.tile(way, (len(places), 1)))
        return distance

    def _points(self, places: FloatArray, height: FloatArray) -> FloatArray:
        return self.plane.to_world(np.column_stack([places, height]))
