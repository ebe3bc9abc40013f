"""Air that must stay free: the middle of every narrow gap, as thick as the gap that has to remain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from ..mesh import FloatArray, Mesh
from ..progress import Progress, silent
from ..spatial import exact_weld
from ..spatial.balls import grow_balls
from .sheet import Sheet, sheet_of

POINT_SHARE = 1e-3
"""An air ball with less than this share of the widest gap is a sharp groove, not a gap between two walls."""


@dataclass(frozen=True, eq=False)
class Air:
    """The swept air: its middle sheet with the radius that must stay free.

    ``widest_mm`` is the widest gap that was looked for.
    """

    sheet: Sheet
    widest_mm: float

    def room(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Radius of the largest ball round each point that leaves the air free, (k,), and the way off it, (k, 3)."""
        swept = self.sheet.distance(points, 2.0 * self.widest_mm)
        arm = points - np.where(swept.near[:, None], swept.places, points)
        size = np.linalg.norm(arm, axis=1, keepdims=True)
        return np.where(swept.near, swept.value, np.inf), arm / np.maximum(size, np.finfo(float).tiny)


def narrow_air(
    mesh: Mesh, near: FloatArray, growth_mm: float, keep_mm: float, progress: Progress = silent
) -> Air | None:
    """Find the gaps near given places that growth could close.

    Parameters
    ----------
    mesh : Mesh
        Outward faces, welded; it may be a piece of a model.
    near : (k, 3) float64
        Places that grow.
    growth_mm : float
        How far a side may move at most.
    keep_mm : float
        Width of the gap that must remain; a narrower gap stays as it is.

    Returns
    -------
    Air or None
        None where no gap is narrow.
    """
    widest = keep_mm + 2.0 * growth_mm
    welded = exact_weld(mesh).flipped()
    balls = grow_balls(welded, 0.5 * widest, progress)
    half = np.where(np.isnan(balls.radius_mm), np.inf, balls.radius_mm)
    chosen = np.isfinite(half) & (half > POINT_SHARE * widest)
    members = np.flatnonzero(chosen)
    if not len(members):
        return None
    distance, _ = cKDTree(near).query(balls.centers[members], distance_upper_bound=2.0 * growth_mm + keep_mm)
    chosen[members[np.isinf(distance)]] = False
    if not chosen.any():
        return None
    free = np.minimum(half, 0.5 * keep_mm)
    sheet = sheet_of(welded, chosen, balls.centers, np.where(chosen, free, 0.0), widest)
    return Air(sheet, widest)
