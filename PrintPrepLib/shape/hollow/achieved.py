"""The wall as it came out, measured on the result."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...analysis.thickness import vertex_areas
from ...mesh import FloatArray, Mesh
from ...progress import Progress, silent
from ...receipt import plain
from ...spatial.index import SurfaceIndex
from ...spatial.sampling import area_samples_and_faces
from .inside import Hollow

TOLERANCE_SHARE = 0.05
"""A wall counts as met within this share of it: half of the ten percent that users of voxel hollowing complain about,
and less than any process holds on a wall of 2 mm."""
MOST_POINTS = 200_000
"""Points of the hollows' surfaces at which the wall is measured; every n-th where there are more."""
OUTER_SAMPLES = 20_000
"""Points of the outer surface that tell how much of it has a hollow behind."""
BEHIND_SHARE = 1.25
"""A hollow begins behind a point of the outer surface when it is open so many walls below."""


@dataclass(frozen=True)
class Achieved:
    """The wall at the surfaces of the hollows, by area, and the outer surface that is thicker since nothing is behind.

    ``points`` is how many were measured, ``solid_share`` the share of the outer surface behind which the model stayed
    solid because it is too thin there, has an edge or a rib.
    """

    asked_mm: float
    min_mm: float
    p01_mm: float
    median_mm: float
    p99_mm: float
    max_mm: float
    tolerance_mm: float
    within_share: float
    points: int
    solid_share: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        out: dict[str, Any] = plain(asdict(self))
        return out


def measure_wall(
    result: Mesh, on_cavity: np.ndarray, hollow: Hollow, outer: SurfaceIndex, progress: Progress = silent
) -> Achieved:
    """Measure the wall between the hollows' surfaces in a result and the nearest point of the outer surface.

    Parameters
    ----------
    result : Mesh
        The hollow model.
    on_cavity : (m,) bool
        Its triangles that look into a hollow, drains left out.
    hollow : Hollow
        Tells what of those belongs to ribs or bars and not to the wall.
    outer : SurfaceIndex
        Of the outer surface.
    """
    area = vertex_areas(Mesh(result.vertices, result.faces[on_cavity], result.name))
    rows = np.flatnonzero(area > 0.0)
    rows = rows[:: max(1, -(-len(rows) // MOST_POINTS))]
    points = result.vertices[rows]
    wall = outer.closest(points, progress=progress).distance_mm
    bars = hollow.material(points, wall - hollow.wall_mm)
    on_wall = bars < -TOLERANCE_SHARE * hollow.wall_mm
    on_wall = on_wall if on_wall.any() else ~on_wall
    wall, weight = wall[on_wall], area[rows][on_wall]
    order = np.argsort(wall, kind="stable")
    wall, share = wall[order], np.cumsum(weight[order])
    tolerance = TOLERANCE_SHARE * hollow.wall_mm

    def at(percent: float) -> float:
        return float(wall[min(int(np.searchsorted(share, share[-1] * percent / 100.0)), len(wall) - 1)])

    within = np.abs(wall - hollow.wall_mm) <= tolerance
    return Achieved(
        asked_mm=hollow.wall_mm,
        min_mm=float(wall[0]),
        p01_mm=at(1.0),
        median_mm=at(50.0),
        p99_mm=at(99.0),
        max_mm=float(wall[-1]),
        tolerance_mm=tolerance,
        within_share=float(weight[order][within].sum() / share[-1]),
        points=len(wall),
        solid_share=_solid_share(hollow, outer.mesh),
    )


def _solid_share(hollow: Hollow, outer: Mesh) -> float:
    points, face = area_samples_and_faces(outer, OUTER_SAMPLES)
    below: FloatArray = points - BEHIND_SHARE * hollow.wall_mm * outer.face_normals()[face]
    return float((hollow(below) <= 0.0).mean())
