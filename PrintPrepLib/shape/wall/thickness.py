"""How thick the wall shall be: the same everywhere, or by the local diameter of the lumen."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.interpolate import RegularGridInterpolator
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from ...errors import InputError
from ...mesh import FloatArray, Mesh
from ...progress import Progress, silent
from ...spatial.balls import grow_balls

MOST_NODES = 400_000
"""Of the coarse grid that carries a varying thickness: thickness changes over diameters, not over voxels."""
NODES_PER_RADIUS = 1.0
BLUR_NODES = 1.5
"""Blur of the thickness over the grid: it must change gently, since a wall cannot jump."""
ALONG_RADII = 1.0
"""The diameter is taken as the middle one over the vessel this far to both sides."""
SAMPLES = 20_000

Table = tuple[tuple[float, float], ...]
"""Diameters and walls, mm, ascending by diameter."""


def table_of(text: str) -> Table:
    """Read ``6:0.8,12:1.2``: the wall 0.8 mm where the lumen is 6 mm wide, 1.2 mm where it is 12.

    Raises
    ------
    InputError
        It is not such a list, or not ascending.
    """
    rows = []
    for word in text.split(","):
        parts = word.split(":")
        try:
            diameter, wall = (float(part) for part in parts)
        except ValueError as error:
            raise InputError(
                f"by_diameter must be a list such as 6:0.8,12:1.2 (lumen diameter : wall, in mm); got '{text}'."
            ) from error
        if not (0.0 < diameter < np.inf and 0.0 < wall < np.inf):
            raise InputError(f"by_diameter: diameters and walls must be above zero; got '{word.strip()}'.")
        rows.append((diameter, wall))
    if any(b[0] <= a[0] for a, b in pairwise(rows)):
        raise InputError(f"by_diameter: the diameters must go up from entry to entry; got '{text}'.")
    return tuple(rows)


@dataclass(frozen=True, eq=False)
class Thickness:
    """The wanted wall as a function of space: values on a grid, straight between its nodes.

    Attributes
    ----------
    values : (i, j, k) float64
        Without nodes for a constant wall.
    slope : float
        It changes by no more than this for each mm of way: what a signed function that it is added to must be divided
        by, plus one, to stay 1-Lipschitz.
    """

    low: float
    high: float
    axes: tuple[FloatArray, FloatArray, FloatArray] | None = None
    values: FloatArray | None = None
    slope: float = 0.0

    def __call__(self, points: FloatArray) -> FloatArray:
        """Wanted wall (k,) at points (k, 3)."""
        if self.axes is None or self.values is None:
            return np.full(len(points), self.high)
        low, high = (np.array([axis[end] for axis in self.axes]) for end in (0, -1))
        look = RegularGridInterpolator(self.axes, self.values)
        return np.asarray(look(np.clip(points, low, high)), np.float64)


def constant(thickness_mm: float) -> Thickness:
    """The same wall everywhere."""
    return Thickness(thickness_mm, thickness_mm)


@dataclass(frozen=True, eq=False)
class Diameters:
    """Local diameters of a lumen at points of its surface, smoothed along the vessel."""

    points_mm: FloatArray
    diameter_mm: FloatArray


def diameters_of(lumen: Mesh, progress: Progress = silent) -> Diameters:
    """Measure the largest ball inside the lumen that touches it at each of many points."""
    chosen = np.zeros(len(lumen.vertices), bool)
    used = lumen.used_vertices
    chosen[used[np.arange(min(SAMPLES, len(used))) * len(used) // min(SAMPLES, len(used))]] = True
    largest = float(np.linalg.norm(lumen.size_mm))
    balls = grow_balls(lumen, largest, progress, only=chosen)
    rows = np.flatnonzero(chosen & np.isfinite(balls.radius_mm))
    radius, center = balls.radius_mm[rows], balls.centers[rows]
    tree = cKDTree(center)
    # Noise of the surface makes balls too small, never too large; the middle one of many is not misled by it.
    around = tree.query_ball_point(center, ALONG_RADII * radius)
    smooth = np.array([np.median(radius[near]) for near in around])
    return Diameters(lumen.vertices[rows], 2.0 * smooth)


def by_diameter(lumen: Mesh, table: Table, reach_mm: float, progress: Progress = silent) -> tuple[Thickness, Diameters]:
    """The wall that a table gives for the local diameter, straight between its entries and even beyond them."""
    measured = diameters_of(lumen, progress)
    wall = np.interp(measured.diameter_mm, *np.array(table).T)
    low, high = lumen.bounds[0] - reach_mm, lumen.bounds[1] + reach_mm
    least = float(np.percentile(measured.diameter_mm, 5)) / 2.0 / NODES_PER_RADIUS
    step = max(least, float((np.prod(high - low) / MOST_NODES) ** (1.0 / 3.0)))
    x, y, z = (np.linspace(a, b, max(2, int(np.ceil((b - a) / step)) + 1)) for a, b in zip(low, high, strict=True))
    axes = x, y, z
    nodes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    _, nearest = cKDTree(measured.points_mm).query(nodes)
    values = gaussian_filter(wall[nearest].reshape([len(axis) for axis in axes]), BLUR_NODES, mode="nearest")
    return Thickness(float(values.min()), float(values.max()), axes, values, _slope(axes, values)), measured


def _slope(axes: tuple[FloatArray, ...], values: FloatArray) -> float:
    """Largest gradient of values that are straight between the nodes: each part of it is largest on an edge."""
    steps = [np.abs(np.diff(values, axis=k)).max() / (axes[k][1] - axes[k][0]) for k in range(3)]
    return float(np.linalg.norm(steps))
