"""Where the surfaces of two bodies look at each other, and the axes along which pins could join them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...mesh import FloatArray, Mesh
from ...spatial import index_of
from ...spatial.sampling import area_samples_and_faces
from .near import TOUCH_MM, faces_near

FACING_DEG = 50.0
"""Faces look at each other where each normal is within this of the line between them: beyond, a pin that stands along
the line would leave the surface at less than 40 degrees and tear its edge."""
SAMPLES = 20_000
"""Places on the first body from which the second is looked for."""
AXES = 3
"""Other axes that are tried where the mean one does not do: along the normals that differ most from it."""


@dataclass(frozen=True, eq=False)
class FacingArea:
    """Pairs of places that look at each other.

    Attributes
    ----------
    on_first, on_second : (k, 3)
        Places on both surfaces, LPS.
    toward : (k, 3)
        Unit vectors from the first to the second, midway between both normals.
    area_mm2 : float
        Of the first body.
    gap_mm : (k,)
        Distances.
    """

    on_first: FloatArray
    on_second: FloatArray
    toward: FloatArray
    area_mm2: float
    gap_mm: FloatArray

    def axes(self) -> list[FloatArray]:
        """Directions to try, the mean one first."""
        mean = _unit(self.toward.mean(axis=0))
        out = [mean]
        for _ in range(AXES):
            away = np.max([self.toward @ axis for axis in out], axis=0)
            row = int(away.argmin())
            if away[row] > np.cos(np.radians(FACING_DEG / 3.0)):
                break
            beside = self.toward @ self.toward[row] > np.cos(np.radians(FACING_DEG / 3.0))
            out.append(_unit(self.toward[beside].mean(axis=0)))
        return out


def facing_area(first: Mesh, second: Mesh, max_gap_mm: float) -> FacingArea | None:
    """Find where both surfaces look at each other across a gap no wider than the limit; None where they do not."""
    near = faces_near(first, second, max_gap_mm)
    if not near.any():
        return None
    piece = Mesh(first.vertices, first.faces[near], first.name)
    points, faces = area_samples_and_faces(piece, SAMPLES)
    found = index_of(second).closest(points, max_gap_mm)
    hit = np.flatnonzero(found.faces >= 0)
    if not len(hit):
        return None
    own, theirs = piece.face_normals()[faces[hit]], second.face_normals()[found.faces[hit]]
    between = _unit_rows(own - theirs)
    way = found.points[hit] - points[hit]
    apart = found.distance_mm[hit] > TOUCH_MM
    line = np.where(apart[:, None], way / np.maximum(found.distance_mm[hit, None], TOUCH_MM), between)
    cosine = np.cos(np.radians(FACING_DEG))
    facing = (np.einsum("ij,ij->i", own, line) > cosine) & (np.einsum("ij,ij->i", theirs, line) < -cosine)
    rows = hit[facing]
    if not len(rows):
        return None
    return FacingArea(
        points[rows],
        found.points[rows],
        between[facing],
        piece.area_mm2 * len(rows) / len(points),
        found.distance_mm[rows],
    )


def _unit(vector: FloatArray) -> FloatArray:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12))


def _unit_rows(vectors: FloatArray) -> FloatArray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))
