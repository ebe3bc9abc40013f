"""Directions that may point up: as the model lies, flat faces of its hull, its principal axes, and even ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...mesh import FloatArray
from .surface import Surface

EVEN = 72
"""Directions spread evenly over the sphere: neighbors lie some 24 degrees apart, and the best are refined."""
FLAT_FACES = 16
"""Faces of the hull, largest first, that the model may stand on."""
SAME_COS = float(np.cos(np.radians(3.0)))
"""Hull triangles whose normals differ by less are one face; candidates that differ by less are one candidate."""
MOST_TRIANGLES = 600
"""Hull triangles looked at, largest first."""
_SIDES = (("left", "right"), ("back", "front"), ("head", "feet"))


@dataclass(frozen=True, eq=False)
class Direction:
    """A direction of the model that is to point up, LPS unit vector, and where it comes from."""

    up: FloatArray
    origin: str

    @property
    def side(self) -> str:
        """Side of the patient that points up, in words: ``"head up, tilted by 12 degrees"``."""
        axis = int(np.abs(self.up).argmax())
        angle = float(np.degrees(np.arccos(min(abs(float(self.up[axis])), 1.0))))
        return f"{_SIDES[axis][int(self.up[axis] < 0.0)]} up" + (
            f", tilted by {angle:.0f} degrees" if angle >= 0.5 else ""
        )


def candidates(surface: Surface, even: int = EVEN) -> list[Direction]:
    """List the directions to try; near duplicates are left out, the first of them stays."""
    found = [Direction(np.array([0.0, 0.0, 1.0]), "as it lies")]
    for number, (normal, area) in enumerate(flat_faces(surface), 1):
        found.append(Direction(-normal, f"on flat face {number} of the hull ({area / 100.0:.3g} cm2)"))
    for number, axis in enumerate(_principal_axes(surface), 1):
        found += [Direction(axis, f"principal axis {number} up"), Direction(-axis, f"principal axis {number} down")]
    found += [Direction(up, f"even direction {number}") for number, up in enumerate(_sphere(even), 1)]
    return distinct(found)


def distinct(found: list[Direction]) -> list[Direction]:
    """Leave out directions that differ from an earlier one by less than three degrees."""
    kept: list[Direction] = []
    for item in found:
        if not kept or float((np.array([k.up for k in kept]) @ item.up).max()) < SAME_COS:
            kept.append(item)
    return kept


def tilted(best: Direction, degrees: float, count: int = 6) -> list[Direction]:
    """Directions round one, tilted by an angle towards ``count`` sides."""
    first = np.cross(best.up, np.eye(3)[int(np.abs(best.up).argmin())])
    first /= np.linalg.norm(first)
    second = np.cross(best.up, first)
    around = np.arange(count) * 2.0 * np.pi / count
    sides = np.cos(around)[:, None] * first + np.sin(around)[:, None] * second
    angle = np.radians(degrees)
    base = best.origin.partition(", tilted")[0]
    return [Direction(np.cos(angle) * best.up + np.sin(angle) * side, f"{base}, tilted") for side in sides]


def flat_faces(surface: Surface, most: int = FLAT_FACES) -> list[tuple[FloatArray, float]]:
    """Outward normals and areas (mm2) of the faces of the hull, the largest first."""
    if not len(surface.triangles):
        return []
    a, b, c = (surface.corners[surface.triangles[:, i]] for i in range(3))
    cross = np.cross(b - a, c - a)
    size = np.linalg.norm(cross, axis=1)
    outward = np.einsum("ij,ij->i", cross, (a + b + c) / 3.0 - surface.corners.mean(axis=0)) >= 0.0
    order = np.argsort(-size, kind="stable")[:MOST_TRIANGLES]
    order = order[size[order] > 0.0]
    units = np.where(outward, 1.0, -1.0)[order, None] * cross[order] / size[order, None]
    alike, free = units @ units.T > SAME_COS, np.ones(len(units), bool)
    faces = []
    for row in range(len(units)):
        if free[row]:
            members = free & alike[row]
            faces.append((units[row], 0.5 * float(size[order][members].sum())))
            free &= ~members
    return sorted(faces, key=lambda face: -face[1])[:most]


def _principal_axes(surface: Surface) -> FloatArray:
    _, _, axes = np.linalg.svd(surface.points - surface.points.mean(axis=0), full_matrices=False)
    return np.asarray(axes)


def _sphere(count: int) -> FloatArray:
    """Even directions (count, 3): a Fibonacci spiral."""
    k = np.arange(count)
    z = 1.0 - 2.0 * (k + 0.5) / max(count, 1)
    turn = k * np.pi * (3.0 - np.sqrt(5.0))
    r = np.sqrt(1.0 - z * z)
    return np.stack([r * np.cos(turn), r * np.sin(turn), z], axis=1)
