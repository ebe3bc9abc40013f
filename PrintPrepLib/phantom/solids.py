"""Solids given by a function that is negative inside, and their smooth union and difference.

Every solid here is 1-Lipschitz: its value changes by at most the distance walked. So the size of the value is never
more than the true distance to the surface, also after blending. The primitives give the true distance itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Point = tuple[float, float, float]

_TINY = 1e-9
"""Millimetres. Nearer than this to a center or axis the direction away from it means nothing; it fades to zero."""


class Solid(Protocol):
    """Something with an inside."""

    def field(self, points_mm: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the value (n,) in mm, negative inside, and its gradient (n, 3)."""
        ...


@dataclass(frozen=True)
class Ball:
    """A ball."""

    center: Point
    radius: float

    def field(self, points_mm: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the true distance and its gradient."""
        arm = points_mm - np.asarray(self.center)
        length = np.sqrt(np.einsum("ij,ij->i", arm, arm))
        return length - self.radius, arm / np.maximum(length, _TINY)[:, None]


@dataclass(frozen=True)
class RoundCone:
    """The convex hull of two balls; with equal radii a capsule.

    The true distance is found in the half-plane through the axis: it is that of the first ball, of the second, or of
    the straight flank between them. One ball must not swallow the other.
    """

    start: Point
    start_radius: float
    end: Point
    end_radius: float

    @property
    def volume_mm3(self) -> float:
        """Volume of a capsule in closed form.

        Raises
        ------
        ValueError
            The radii differ.
        """
        if self.start_radius != self.end_radius:
            raise ValueError("the closed form is for equal radii")
        r = self.start_radius
        return float(np.pi * r * r * (4.0 / 3.0 * r + self._length()))

    def field(self, points_mm: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the true distance and its gradient."""
        length = self._length()
        axis = (np.asarray(self.end) - np.asarray(self.start)) / length
        slope = (self.start_radius - self.end_radius) / length
        flank = np.sqrt(1.0 - slope * slope)
        arm = points_mm - np.asarray(self.start)
        along = arm @ axis
        radial = arm - along[:, None] * axis
        across = np.sqrt(np.einsum("ij,ij->i", radial, radial))
        place = flank * along - slope * across  # where on the axis the flank's normal through the point begins
        beyond = place > flank * length
        from_ball = (place < 0.0) | beyond
        level = np.where(beyond, along - length, along)
        reach = np.hypot(across, level)
        scale = np.maximum(reach, _TINY)
        value = np.where(
            from_ball,
            reach - np.where(beyond, self.end_radius, self.start_radius),
            flank * across + slope * along - self.start_radius,
        )
        outward = np.where(from_ball, across / scale, flank) / np.maximum(across, _TINY)
        upward = np.where(from_ball, level / scale, slope)
        return value, radial * outward[:, None] + upward[:, None] * axis

    def _length(self) -> float:
        return float(np.linalg.norm(np.asarray(self.end) - np.asarray(self.start)))


@dataclass(frozen=True)
class RoundBox:
    """A box with rounded edges and corners; ``axes`` are three orthogonal unit vectors, ``half`` the half sizes."""

    center: Point
    axes: tuple[Point, Point, Point]
    half: Point
    radius: float

    def field(self, points_mm: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the true distance and its gradient."""
        axes = np.asarray(self.axes)
        local = (points_mm - np.asarray(self.center)) @ axes.T
        excess = np.abs(local) - (np.asarray(self.half) - self.radius)
        outer = np.maximum(excess, 0.0)
        reach = np.sqrt(np.einsum("ij,ij->i", outer, outer))
        deepest = excess.max(axis=1)
        gradient = outer / np.maximum(reach, _TINY)[:, None]
        inside = deepest <= 0.0
        gradient[inside] = np.eye(3)[excess[inside].argmax(axis=1)]
        value = reach + np.minimum(deepest, 0.0) - self.radius
        return value, (gradient * np.where(local < 0.0, -1.0, 1.0)) @ axes


@dataclass(frozen=True)
class Union:
    """Several solids as one.

    With ``blend_mm`` of zero this is the plain minimum. Otherwise two solids whose values differ by less than
    ``blend_mm`` flow into each other by the cubic smooth minimum ``min(a, b) - h^3 k / 6``, ``h = 1 - |a - b| / k``
    (I. Quilez, "smooth minimum"). It is twice differentiable, and its gradient is a weighted mean of the two
    gradients, so it stays 1-Lipschitz. Elsewhere it changes nothing.
    """

    solids: tuple[Solid, ...]
    blend_mm: float = 0.0

    def field(self, points_mm: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the value and its gradient."""
        value, gradient = self.solids[0].field(points_mm)
        for solid in self.solids[1:]:
            value, gradient = _smooth_minimum(value, gradient, *solid.field(points_mm), self.blend_mm)
        return value, gradient


@dataclass(frozen=True)
class Carved:
    """A solid with others taken away, the rims rounded by the same smooth form."""

    solid: Solid
    tools: tuple[Solid, ...]
    blend_mm: float = 0.0

    def field(self, points_mm: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the value and its gradient."""
        value, gradient = self.solid.field(points_mm)
        for tool in self.tools:
            # A without B is the complement of (complement of A, united with B).
            value, gradient = _smooth_minimum(-value, -gradient, *tool.field(points_mm), self.blend_mm)
            value, gradient = -value, -gradient
        return value, gradient


def _smooth_minimum(
    a: FloatArray, a_gradient: FloatArray, b: FloatArray, b_gradient: FloatArray, blend_mm: float
) -> tuple[FloatArray, FloatArray]:
    if blend_mm <= 0.0:
        nearer = a <= b
        return np.where(nearer, a, b), np.where(nearer[:, None], a_gradient, b_gradient)
    closeness = np.maximum(1.0 - np.abs(a - b) / blend_mm, 0.0)
    value = np.minimum(a, b) - closeness**3 * (blend_mm / 6.0)
    of_larger = closeness * closeness / 2.0
    of_b = np.where(a <= b, of_larger, 1.0 - of_larger)[:, None]
    return value, a_gradient + of_b * (b_gradient - a_gradient)
