"""Points of two surfaces with their distance from the other one; the side is told only where someone asks."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, Mesh
from ..spatial import ClosestPoints, SurfaceIndex
from ..spatial.sampling import area_samples

Int64Array = npt.NDArray[np.int64]

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
        Distance from the other surface.
    by_area : int
        How many of them are points by area; each stands for ``share_mm2``.
    share_mm2 : float
        Area that one point stands for.
    found : ClosestPoints
        Nearest points of the other surface.
    other : SurfaceIndex
        The other surface.
    """

    points: FloatArray
    distance_mm: FloatArray
    by_area: int
    share_mm2: float
    found: ClosestPoints
    other: SurfaceIndex

    def beyond(self, tolerance_mm: float) -> tuple[Int64Array, FloatArray]:
        """Points farther than a tolerance, (k,), and the side of the other surface they lie on: +1 outside, -1."""
        chosen = np.flatnonzero(self.distance_mm > tolerance_mm)
        if not len(chosen):  # the normals that tell the side are costly, and nothing lies on either
            return chosen, np.empty(0)
        found = ClosestPoints(*(getattr(self.found, field.name)[chosen] for field in fields(self.found)))
        side, _ = self.other.sides(self.points[chosen], found)
        return chosen, side

    @property
    def p95_mm(self) -> float:
        """Distance that 95 % of the area keeps."""
        return float(np.percentile(self.distance_mm[: self.by_area], 95))

    @property
    def max_mm(self) -> float:
        """Largest distance of any point."""
        return float(self.distance_mm.max())

    @property
    def worst(self) -> FloatArray:
        """Place of the largest distance."""
        return np.asarray(self.points[int(self.distance_mm.argmax())])


def measure(mesh: Mesh, other: SurfaceIndex) -> SurfacePoints:
    """Measure how far one surface lies from another."""
    samples = area_samples(mesh, SAMPLES)
    used = np.unique(mesh.faces)
    used = used[np.arange(min(VERTICES, len(used))) * len(used) // min(VERTICES, len(used))]
    points = np.concatenate([samples, mesh.vertices[used]])
    found = other.closest(points)
    share = mesh.area_mm2 / len(samples) if len(samples) else 0.0
    return SurfacePoints(points, found.distance_mm, len(samples), share, found, other)
