"""How firmly a body stands: its center of mass over the hull of what touches the ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from ...mesh import FloatArray, Mesh
from ...receipt import plain
from .frame import Frame

GROUND_MM = 0.1
"""What of a model lies within this height of the lowest point touches the ground: the thinnest usual layer."""
FLAT_MM = 0.005
"""The same of a stand, which is flat."""
STEADY_DEG = 10.0
"""A body that falls at a smaller tilt is told as unsteady: IEC 60601-1, 9.4.2, has equipment stand on a slope of 10
degrees while it is moved about."""


@dataclass(frozen=True, eq=False)
class Stability:
    """Attributes
    ----------
    tip_deg : float
        Tilt at which it falls, in the worst direction; negative where it does not stand at all.
    towards : (3,) float64
        That direction, LPS unit vector.
    center_mm : (3,) float64
        Center of mass, LPS, of the bodies as solid material.
    height_mm : float
        Of the center of mass above the ground.
    footprint_mm2 : float
        Hull of what touches the ground.
    inside_mm : float
        Distance of the center of mass from the edge of the hull, as seen from above; negative outside.
    """

    tip_deg: float
    towards: FloatArray
    center_mm: FloatArray
    height_mm: float
    footprint_mm2: float
    inside_mm: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        out: dict[str, Any] = plain(
            {
                "tip_deg": self.tip_deg,
                "tips_towards": self.towards,
                "center_of_mass_mm": self.center_mm,
                "center_height_mm": self.height_mm,
                "footprint_cm2": self.footprint_mm2 / 100.0,
                "center_inside_footprint_mm": self.inside_mm,
            }
        )
        return out


def mass_center(meshes: list[Mesh]) -> FloatArray:
    """Center of mass (3,) of closed bodies of one density, LPS: tetrahedra to a common point, summed."""
    origin = meshes[0].bounds.mean(axis=0)
    total, moment = 0.0, np.zeros(3)
    for mesh in meshes:
        a, b, c = (mesh.vertices[mesh.faces[:, k]] - origin for k in range(3))
        six = np.einsum("ij,ij->i", a, np.cross(b, c))
        total += float(six.sum())
        moment += (six[:, None] * (a + b + c)).sum(axis=0) / 4.0
    return np.asarray(origin + moment / total)


def stability_of(frame: Frame, standing: Mesh, *carried: Mesh, ground_mm: float = GROUND_MM) -> Stability:
    """Measure a body on the ground, with bodies that it carries: the direction up is the frame's."""
    center = mass_center([standing, *carried])
    local = frame.to_local(standing.vertices[standing.used_vertices])
    floor = float(local[:, 2].min())
    touching = local[local[:, 2] <= floor + ground_mm, :2]
    place = frame.to_local(center[None, :])[0]
    height = float(place[2] - floor)
    try:
        hull = ConvexHull(touching)
    except (QhullError, ValueError):  # a point or a line carries nothing
        away = place[:2] - touching.mean(axis=0)
        size = float(np.linalg.norm(away))
        across = away / size if size > 0.0 else np.array([1.0, 0.0])
        towards = frame.to_world(np.array([[*across, 0.0]]))[0]
        return Stability(-float(np.degrees(np.arctan2(size, height))), towards, center, height, 0.0, -size)
    distance = hull.equations[:, :2] @ place[:2] + hull.equations[:, 2]
    worst = int(distance.argmax())
    inside = -float(distance[worst])
    towards = frame.to_world(np.array([[*hull.equations[worst, :2], 0.0]]))[0]
    tip = float(np.degrees(np.arctan2(inside, height)))
    return Stability(tip, towards, center, height, float(hull.volume), inside)
