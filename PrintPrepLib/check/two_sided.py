"""Points of two surfaces with their signed distance from the other one; both directions, one sign."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..analysis.sampling import area_samples
from ..mesh import FloatArray, Mesh
from ..spatial import SurfaceIndex

SAMPLES = 60_000
"""Points by area on each surface: a share is 2 mm2 on a skull of 1200 cm2."""

VERTICES = 60_000
"""Vertices of each surface, evenly over them: tips that points by area miss."""


@dataclass(frozen=True, eq=False)
class SurfacePoints:
    """Points of one surface against another.

    Attributes
    ----------
    points : (n, 3) float64
        Points by area first, then vertices; LPS mm.
    distance_mm : (n,) float64
        Positive outside the other surface.
    by_area : int
        How many of them are points by area; each stands for ``share_mm2``.
    share_mm2 : float
        Area that one point stands for.
    """

    points: FloatArray
    distance_mm: FloatArray
    by_area: int
    share_mm2: float

    @property
    def p95_mm(self) -> float:
        """Distance that 95 % of the area keeps."""
        return float(np.percentile(np.abs(self.distance_mm[: self.by_area]), 95))

    @property
    def max_mm(self) -> float:
        """Largest distance of any point."""
        return float(np.abs(self.distance_mm).max())

    @property
    def worst(self) -> FloatArray:
        """Place of the largest distance."""
        return np.asarray(self.points[int(np.abs(self.distance_mm).argmax())])


def measure(mesh: Mesh, other: SurfaceIndex) -> SurfacePoints:
    """Measure how far one surface lies from another; the side is told by the nearest triangle."""
    samples = area_samples(mesh, SAMPLES)
    used = np.unique(mesh.faces)
    used = used[np.arange(min(VERTICES, len(used))) * len(used) // min(VERTICES, len(used))]
    points = np.concatenate([samples, mesh.vertices[used]])
    found = other.closest(points)
    side, _ = other.sides(points, found)
    share = mesh.area_mm2 / len(samples) if len(samples) else 0.0
    return SurfacePoints(points, side * found.distance_mm, len(samples), share)
