"""The surface of a part near its seam: pins ask no farther, so no more of it is searched."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...mesh import FloatArray, Mesh
from ...spatial import SurfaceIndex
from ..cut.plane import CutPlane


class NearPlane:
    """A surface of which only as much is indexed as lies within the distance of a plane that was asked for so far.

    Parameters
    ----------
    mesh : Mesh
        The part.
    left_out : (m,) bool
        Triangles that do not count: the face of the seam.
    plane : CutPlane
        Of the seam.
    """

    def __init__(self, mesh: Mesh, left_out: npt.NDArray[np.bool_], plane: CutPlane) -> None:
        self._mesh, self._left_out, self._plane = mesh, left_out, plane
        self._within_mm = -np.inf
        self._index: SurfaceIndex | None = None

    def widen(self, within_mm: float) -> None:
        """Make ready for questions about what lies within this distance of the plane."""
        if within_mm <= self._within_mm:
            return
        height = self._plane.distance(self._mesh.vertices)
        at, faces = np.sign(height) * (np.abs(height) > within_mm), self._mesh.faces
        # A triangle stays unless all its corners lie beyond the distance on the same side.
        beyond = np.abs(at[faces[:, 0]] + at[faces[:, 1]] + at[faces[:, 2]]) == 3.0
        chosen = np.flatnonzero(~(beyond | self._left_out))
        self._index = None
        if len(chosen):
            self._index = SurfaceIndex(Mesh(self._mesh.vertices, self._mesh.faces[chosen], self._mesh.name))
        self._within_mm = within_mm

    def distance(self, points: FloatArray, reach_mm: FloatArray) -> FloatArray:
        """Distance (k,) of points (k, 3), exact up to the reach (k,) of each; infinite beyond."""
        if not len(points):
            return np.empty(0)
        self.widen(float(np.abs(self._plane.distance(points)).max()) + float(reach_mm.max()))
        if self._index is None:
            return np.full(len(points), np.inf)
        return self._index.closest(points, reach_mm).distance_mm
