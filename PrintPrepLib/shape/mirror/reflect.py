"""Reflection that undoes itself bit for bit.

A reflection as a matrix of doubles rounds: done twice it gives back the points but for their last bits. Here
coordinates are whole numbers of a fine grid. The plane's normal is turned onto the nearest axis by shears, each of
which adds a rounded multiple of one whole number to another and so can be undone exactly (the lifting scheme:
Bruekers and van den Enden 1992; for rotations Hao and Shi 2001); along that axis the reflection is a sign and a shift;
then the shears are undone. The same again therefore gives the very same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import GeometryError, InputError
from ...mesh import FloatArray, Mesh

CELL_MM = 2.0**-40
"""The grid: 0.9 picometers. Single precision coordinates of more than 0.00001 mm, as STL holds them, lie on it as they
are; others are rounded to it, by half a picometer."""
FARTHEST_MM = 4000.0
"""Coordinates beyond this would need more than the 53 bits of a double; no patient is so long."""
LEAST_NORMAL = 1e-6
"""A normal shorter than this has no direction to speak of."""


@dataclass(frozen=True)
class Plane:
    """A plane by a point on it and its unit normal, LPS mm."""

    point: tuple[float, float, float]
    normal: tuple[float, float, float]

    @classmethod
    def of(cls, values: tuple[float, ...]) -> Plane:
        """Take six numbers: a point and a normal of any length.

        Raises
        ------
        InputError
            The normal has no length.
        """
        normal = np.asarray(values[3:], np.float64)
        length = float(np.linalg.norm(normal))
        if not length > LEAST_NORMAL:
            raise InputError("The plane's normal has no length. Give a point and a direction: PX,PY,PZ,NX,NY,NZ.")
        return cls(_three(np.asarray(values[:3], np.float64)), _three(normal / length))

    @property
    def offset_mm(self) -> float:
        """Distance of the plane from the origin along its normal."""
        return float(np.dot(self.point, self.normal))

    @property
    def matrix(self) -> FloatArray:
        """The reflection as a matrix (4, 4); its determinant is -1."""
        normal = np.asarray(self.normal)
        out = np.eye(4)
        out[:3, :3] -= 2.0 * np.outer(normal, normal)
        out[:3, 3] = 2.0 * self.offset_mm * normal
        return out


def reflected(mesh: Mesh, plane: Plane) -> Mesh:
    """Return the mirror image with its faces turned outward again; scalars stay with their vertices.

    Raises
    ------
    GeometryError
        Coordinates are too far from the origin.
    """
    vertices = reflect(mesh.vertices, plane)
    return Mesh(vertices, mesh.faces[:, ::-1], mesh.name, mesh.scalars)


def reflect(points: FloatArray, plane: Plane) -> FloatArray:
    """Reflect points (k, 3). What comes out lies on the grid, and reflected again gives the same bits.

    Raises
    ------
    GeometryError
        Coordinates are too far from the origin.
    """
    far = float(np.abs(points).max(initial=0.0)) + 2.0 * abs(plane.offset_mm)
    if far > FARTHEST_MM:
        raise GeometryError(
            f"The mirror image would lie {far:.0f} mm from the origin; up to {FARTHEST_MM:g} mm can be mirrored "
            "exactly. Check the units and the plane."
        )
    cells = np.rint(points / CELL_MM)
    normal = np.array(plane.normal)
    main = int(np.abs(normal).argmax())
    sign = 1.0 if normal[main] > 0.0 else -1.0
    shears = _shears(sign * normal, main)
    for to, source, factor in shears:
        cells[:, to] += np.rint(factor * cells[:, source])
    cells[:, main] = np.rint(2.0 * sign * plane.offset_mm / CELL_MM) - cells[:, main]
    for to, source, factor in reversed(shears):
        cells[:, to] -= np.rint(factor * cells[:, source])
    out: FloatArray = cells * CELL_MM + 0.0  # no negative zeros
    return out


def _shears(normal: FloatArray, main: int) -> list[tuple[int, int, float]]:
    """Shears (to, from, factor) that turn a normal onto its main axis, three for each of two turns."""
    out = []
    vector = normal.copy()
    for other in (axis for axis in range(3) if axis != main):
        if vector[other] == 0.0:
            continue
        # A turn by t takes (main, other) to (r, 0); it is a shear by -tan(t/2), one by sin(t), one by -tan(t/2).
        angle = float(np.arctan2(-vector[other], vector[main]))
        half, whole = -float(np.tan(angle / 2.0)), float(np.sin(angle))
        out += [(main, other, half), (other, main, whole), (main, other, half)]
        vector[main], vector[other] = float(np.hypot(vector[main], vector[other])), 0.0
    return out


def _three(values: FloatArray) -> tuple[float, float, float]:
    x, y, z = values.tolist()
    return x, y, z
