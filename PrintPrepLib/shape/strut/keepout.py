"""Where no strut may go: protected surfaces, places and boxes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...mesh import FloatArray, Mesh
from ...plan.orient.surface import Protected, protected_of
from ...spatial import index_of
from ...topology import edge_counts

__all__ = ["Keepout", "protected_of"]


@dataclass(frozen=True, eq=False)
class Keepout:
    """Distance of points from what is protected.

    The protected mesh is kept away from by ``protected.distance_mm``; where it is closed its inside is protected too.
    """

    protected: Protected

    @property
    def is_empty(self) -> bool:
        """Nothing is protected."""
        return self.protected.is_empty

    def room_mm(self, points: FloatArray) -> FloatArray:
        """How far each point (k,) is from being protected; negative within. Infinite where nothing is."""
        out = np.full(len(points), np.inf)
        for x, y, z, radius in self.protected.places:
            out = np.minimum(out, np.linalg.norm(points - (x, y, z), axis=1) - radius)
        for box in self.protected.boxes:
            corners = np.reshape(box, (2, 3))
            low, high = corners.min(axis=0), corners.max(axis=0)
            beyond = np.maximum(low - points, points - high)
            outside = np.linalg.norm(np.maximum(beyond, 0.0), axis=1)
            out = np.minimum(out, np.where(outside > 0.0, outside, beyond.max(axis=1)))
        mesh = self.protected.mesh
        if mesh is not None and not mesh.is_empty:
            out = np.minimum(out, _distance(mesh, points) - self.protected.distance_mm)
        return out


def _distance(mesh: Mesh, points: FloatArray) -> FloatArray:
    index = index_of(mesh)
    distance = index.closest(points).distance_mm
    if edge_counts(mesh).open_edges == 0:
        distance = np.where(index.contains(points), -distance, distance)
    return distance
