"""The plane of a cut: infinite, or bounded by a disc or a rectangle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from ...errors import InputError
from ...mesh import FloatArray

Point = tuple[float, float, float]

SHORTEST_NORMAL = 1e-9
"""A normal shorter than this has no direction."""
FLATTEST_TRIPLE = 1e-6
"""Three points whose triangle is flatter than this, as a share of its longest side, do not span a plane."""


class Anatomical(Enum):
    """Planes that anatomy names, with the LPS axis across each."""

    SAGITTAL = "sagittal"
    CORONAL = "coronal"
    AXIAL = "axial"


_NORMALS = {
    Anatomical.SAGITTAL: (1.0, 0.0, 0.0),
    Anatomical.CORONAL: (0.0, 1.0, 0.0),
    Anatomical.AXIAL: (0.0, 0.0, 1.0),
}


@dataclass(frozen=True)
class Disc:
    """A bound: only what lies within this distance of the plane's point is cut."""

    radius_mm: float

    def __post_init__(self) -> None:
        if not 0.0 < self.radius_mm < np.inf:
            raise InputError(f"The radius of a bounded cut must be above zero, got {self.radius_mm:g} mm.")


@dataclass(frozen=True)
class Rectangle:
    """A bound: width along the plane's first axis and height along its second, both centered on its point."""

    width_mm: float
    height_mm: float

    def __post_init__(self) -> None:
        if not (0.0 < self.width_mm < np.inf and 0.0 < self.height_mm < np.inf):
            raise InputError(
                f"The sides of a bounded cut must be above zero, got {self.width_mm:g} x {self.height_mm:g} mm."
            )


@dataclass(frozen=True)
class CutPlane:
    """A plane through a point, LPS mm.

    Attributes
    ----------
    point_mm : (3,)
        A point of the plane; the middle of the bound where there is one.
    normal : (3,)
        Unit vector; given ones are scaled. The part that it points to is the one *above*.
    bound : Disc, Rectangle or None
        None cuts everything that the plane meets.
    first_axis : (3,) or None
        Direction of a rectangle's width; by default the patient axis that lies most in the plane.

    Raises
    ------
    InputError
        The numbers are not finite, or the normal (or the axis within the plane) has no direction.
    """

    point_mm: Point
    normal: Point
    bound: Disc | Rectangle | None = None
    first_axis: Point | None = None

    def __post_init__(self) -> None:
        point, normal = np.asarray(self.point_mm, np.float64), np.asarray(self.normal, np.float64)
        if point.shape != (3,) or normal.shape != (3,) or not np.isfinite([point, normal]).all():
            raise InputError("A cutting plane needs a point and a normal of three finite numbers each.")
        size = float(np.linalg.norm(normal))
        if not size > SHORTEST_NORMAL:
            raise InputError("The normal of the cutting plane is zero: it has no direction. Give for example 1,0,0.")
        unit = normal / size
        axis = np.asarray(self.first_axis, np.float64) if self.first_axis is not None else _least_along(unit)
        axis = axis - unit * float(axis @ unit)
        length = float(np.linalg.norm(axis))
        if not length > SHORTEST_NORMAL:
            raise InputError("The first axis of the bounded cut stands on the plane. Give a direction within it.")
        object.__setattr__(self, "point_mm", _point(point))
        object.__setattr__(self, "normal", _point(unit))
        object.__setattr__(self, "first_axis", _point(axis / length))

    @property
    def axes(self) -> FloatArray:
        """Rows: first axis, second axis, normal; right-handed, (3, 3)."""
        first, normal = np.array(self.first_axis), np.array(self.normal)
        return np.stack([first, np.cross(normal, first), normal])

    def distance(self, points: FloatArray) -> FloatArray:
        """Signed distance (k,) of points (k, 3): positive above."""
        return np.asarray((np.asarray(points) - np.array(self.point_mm)) @ np.array(self.normal))

    def to_local(self, points: FloatArray) -> FloatArray:
        """Coordinates (k, 3) along first axis, second axis and normal, from the plane's point."""
        return np.asarray((np.asarray(points) - np.array(self.point_mm)) @ self.axes.T)

    def to_world(self, local: FloatArray) -> FloatArray:
        """LPS coordinates (k, 3) of local ones (k, 3), or of (k, 2) in the plane."""
        local = np.asarray(local, np.float64)
        return np.asarray(local @ self.axes[: local.shape[1]] + np.array(self.point_mm))

    @property
    def matrix(self) -> FloatArray:
        """Local to LPS as manifold3d takes it, (3, 4)."""
        return np.concatenate([self.axes.T, np.array(self.point_mm)[:, None]], axis=1)

    def flipped(self) -> CutPlane:
        """Return the plane with above and below exchanged."""
        x, y, z = self.normal
        return replace(self, normal=(-x, -y, -z))

    def moved(self, distance_mm: float) -> CutPlane:
        """Return the plane moved along its normal."""
        point = np.array(self.point_mm) + distance_mm * np.array(self.normal)
        return replace(self, point_mm=_point(point))


def plane_through(points: Sequence[Point] | FloatArray) -> CutPlane:
    """Plane through three points, or the one that fits more points best (least squares of the distances).

    Raises
    ------
    InputError
        Fewer than three points, or they lie on one line.
    """
    at = np.asarray(points, np.float64)
    if at.ndim != 2 or at.shape[1:] != (3,) or len(at) < 3 or not np.isfinite(at).all():
        raise InputError("A plane needs three points or more, of three finite numbers each.")
    middle = at.mean(axis=0)
    _, size, axes = np.linalg.svd(at - middle, full_matrices=False)
    if not size[1] > FLATTEST_TRIPLE * size[0]:
        raise InputError("The points lie on one line, so many planes pass through them. Move one of them.")
    if len(at) == 3:  # wound as the points are
        normal = np.cross(at[1] - at[0], at[2] - at[0])
        return CutPlane(_point(middle), _point(normal))
    normal = axes[2]
    return CutPlane(_point(middle), _point(normal * (1.0 if normal[np.abs(normal).argmax()] > 0.0 else -1.0)))


def anatomical_plane(which: Anatomical, point_mm: Point) -> CutPlane:
    """Sagittal, coronal or axial plane through a point; above is left, posterior or superior."""
    return CutPlane(point_mm, _NORMALS[which])


def _least_along(unit: FloatArray) -> FloatArray:
    axis = np.zeros(3)
    axis[int(np.abs(unit).argmin())] = 1.0
    return axis


def _point(values: FloatArray) -> Point:
    x, y, z = (float(value) for value in values)
    return x, y, z
