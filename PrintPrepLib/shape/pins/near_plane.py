"""The surface of a part near its seam: pins ask no farther, so no more of it is searched."""

from __future__ import annotations

from threading import Lock

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
        self._lock = Lock()
        self._known: tuple[float, SurfaceIndex | None] = (-np.inf, None)

    def widen(self, within_mm: float) -> None:
        """Make ready for questions about what lies within this distance of the plane."""
        self._within(within_mm)

    def _within(self, within_mm: float) -> SurfaceIndex | None:
        """Return the index of at least as much; threads may ask at once."""
        with self._lock:
            if within_mm > self._known[0]:
                self._known = (within_mm, self._index_of(within_mm))
            return self._known[1]

    def _index_of(self, within_mm: float) -> SurfaceIndex | None:
        height = self._plane.distance(self._mesh.vertices)
        at, faces = np.sign(height) * (np.abs(height) > within_mm), self._mesh.faces
        # A triangle stays unless all its corners lie beyond the distance on the same side.
        beyond = np.abs(at[faces[:, 0]] + at[faces[:, 1]] + at[faces[:, 2]]) == 3.0
        chosen = np.flatnonzero(~(beyond | self._left_out))
        if not len(chosen):
            return None
        return SurfaceIndex(Mesh(self._mesh.vertices, self._mesh.faces[chosen], self._mesh.name))

    def distance(self, points: FloatArray, reach_mm: FloatArray, rough_share: float = 0.0) -> FloatArray:
        """Distance (k,) of points (k, 3) up to the reach (k,) of each, and infinite beyond; see ``closest``."""
        if not len(points):
            return np.empty(0)
        index = self._within(float(np.abs(self._plane.distance(points)).max()) + float(reach_mm.max()))
        if index is None:
            return np.full(len(points), np.inf)
        return index.closest(points, reach_mm, rough_share=rough_share).distance_mm
