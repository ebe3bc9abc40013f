"""The underside of a model as a field of heights: the lowest surface over each point of a grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import grey_dilation, grey_erosion

from ...mesh import FloatArray, Mesh
from ...spatial import SurfaceIndex
from .frame import Frame


@dataclass(frozen=True, eq=False)
class Heights:
    """Heights over a grid, in the frame's coordinates.

    ``values`` (rows, columns) belong to the points ``origin + step * (column, row)``; infinite where nothing is above.
    """

    origin: FloatArray
    step_mm: float
    values: FloatArray

    @property
    def points(self) -> FloatArray:
        """Points of the grid, (rows, columns, 2)."""
        rows, columns = self.values.shape
        u, v = np.meshgrid(np.arange(columns), np.arange(rows))
        return np.asarray(self.origin + self.step_mm * np.stack([u, v], axis=-1))

    def with_values(self, values: FloatArray) -> Heights:
        """The same grid with other heights."""
        return Heights(self.origin, self.step_mm, values)


def underside(mesh: Mesh, frame: Frame, step_mm: float, pad_mm: float) -> Heights:
    """Lowest surface over each point of a grid, by rays from below; corners count at the points round them.

    A point of the grid is therefore never higher than the corners of the surface next to it; between them it may be,
    which is why the gap of a cradle is measured afterwards.
    """
    local = Mesh(frame.to_local(mesh.vertices), mesh.faces, mesh.name)
    low, high = local.bounds
    origin = low[:2] - pad_mm
    columns, rows = (int(n) for n in np.ceil((high[:2] + pad_mm - origin) / step_mm) + 1)
    grid = Heights(origin, step_mm, np.full((rows, columns), np.inf))
    points = grid.points.reshape(-1, 2)
    start = np.column_stack([points, np.full(len(points), low[2] - 1.0)])
    inside = ((points >= low[:2]) & (points <= high[:2])).all(axis=1)
    distance, _ = SurfaceIndex(local).first_hit(start[inside], np.tile([0.0, 0.0, 1.0], (int(inside.sum()), 1)))
    values: FloatArray = np.full(len(points), np.inf)
    values[inside] = low[2] - 1.0 + distance
    values = values.reshape(rows, columns)
    corners = local.vertices[local.used_vertices]
    cell = np.floor((corners[:, :2] - origin) / step_mm).astype(int)
    for right in (0, 1):
        for up in (0, 1):
            np.minimum.at(values, (cell[:, 1] + up, cell[:, 0] + right), corners[:, 2])
    return grid.with_values(values)


def disc(radius_mm: float, step_mm: float) -> npt.NDArray[np.bool_]:
    """Points of a grid within a radius, as a square of booleans; at least the middle."""
    reach = int(np.floor(radius_mm / step_mm))
    line = np.arange(-reach, reach + 1) * step_mm
    return np.asarray(np.hypot(*np.meshgrid(line, line)) <= radius_mm)


def kept_clear(heights: Heights, gap_mm: float) -> FloatArray:
    """Highest that material may reach so that it keeps a gap from the surface: a ball rolled along it from below."""
    near = disc(gap_mm, heights.step_mm)
    reach = near.shape[0] // 2
    line = np.arange(-reach, reach + 1) * heights.step_mm
    square = np.hypot(*np.meshgrid(line, line))
    ball = np.where(near, np.sqrt(np.maximum(gap_mm**2 - square**2, 0.0)), 0.0)
    return _eroded(heights.values, near, ball)


def leaned(values: FloatArray, step_mm: float, taper_deg: float, deep_mm: float) -> FloatArray:
    """Lower heights until no wall is steeper than the taper allows: cones that open upward, over a depth."""
    if not taper_deg > 0.0:
        return values
    steep = 1.0 / np.tan(np.radians(taper_deg))
    reach = int(np.ceil(deep_mm / steep / step_mm)) + 1
    out = values
    for _ in range(reach):  # one ring at a time: the cone's height grows with the distance
        near = np.ones((3, 3), bool)
        line = np.arange(-1, 2) * step_mm
        rise = -steep * np.hypot(*np.meshgrid(line, line))
        out = _eroded(out, near, rise)
    return out


def without_ridges(values: FloatArray, step_mm: float, wall_mm: float) -> FloatArray:
    """Take away ridges of material thinner than a wall: erosion, then dilation, by a disc."""
    near = disc(0.5 * wall_mm, step_mm)
    eroded = grey_erosion(values, footprint=near, mode="nearest")
    return np.asarray(grey_dilation(eroded, footprint=near, mode="nearest"))


def _eroded(values: FloatArray, near: npt.NDArray[np.bool_], structure: FloatArray) -> FloatArray:
    """Smallest of ``values - structure`` near each point; infinite heights stay out of the arithmetic."""
    weights: Any = structure  # the stubs of scipy know whole numbers only
    top = float(values[np.isfinite(values)].max()) + 1e6
    whole = np.where(np.isfinite(values), values, top)
    out = grey_erosion(whole, footprint=near, structure=weights, mode="nearest")
    return np.where(out > top - 1e5, np.inf, out)
