"""The shape of a strut: a round column with a flared foot at each end that goes a little into the part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...mesh import FloatArray

if TYPE_CHECKING:
    import manifold3d

Point = tuple[float, float, float]

SIDES = 32
"""Sides of a round strut; they touch the circle of its diameter from outside, so that it is nowhere thinner."""
ARC_STEPS = 6
"""Steps of the fillet's quarter circle: its largest error is 1 % of the fillet."""
FEET_SHARE = 0.45
"""Largest share of the length that one fillet may take, so that both leave a waist between them."""


@dataclass(frozen=True)
class Column:
    """A strut between a point on one surface and a point on another.

    Attributes
    ----------
    start_mm, end_mm : (3,)
        On the surfaces, LPS.
    diameter_mm : float
        Of the waist.
    fillets_mm : (2,)
        Radii of the quarter circles by which the waist widens to the foot at the start and at the end; 0 for none.
    sunk_mm : (2,)
        How far the column goes on beyond its start and its end, into the parts.
    """

    start_mm: Point
    end_mm: Point
    diameter_mm: float
    fillets_mm: tuple[float, float]
    sunk_mm: tuple[float, float] = (0.0, 0.0)

    @property
    def length_mm(self) -> float:
        """From surface to surface."""
        return float(np.linalg.norm(np.subtract(self.end_mm, self.start_mm)))

    @property
    def axis(self) -> FloatArray:
        """Unit vector from start to end."""
        return np.subtract(self.end_mm, self.start_mm) / self.length_mm

    @property
    def feet_mm(self) -> tuple[float, float]:
        """Radius of each foot where it meets the surface and within the part."""
        return 0.5 * self.diameter_mm + self.fillets_mm[0], 0.5 * self.diameter_mm + self.fillets_mm[1]

    def radius_at(self, along_mm: FloatArray) -> FloatArray:
        """Radius at distances along the axis from the start; beyond either surface it is that of the foot."""
        out = np.full(np.shape(along_mm), 0.5 * self.diameter_mm)
        for fillet, height in zip(self.fillets_mm, (along_mm, self.length_mm - along_mm), strict=True):
            left = np.clip(fillet - height, 0.0, fillet)
            out += fillet - np.sqrt(fillet**2 - left**2)
        return out

    def drawn_radius_at(self, along_mm: FloatArray) -> FloatArray:
        """The same of the solid, whose fillets are drawn in straight steps: a little more than :meth:`radius_at`."""
        low = self._foot(0)
        high = [(radius, self.length_mm - along) for radius, along in reversed(self._foot(1))]
        radius, along = np.array([*low, *high]).T
        return np.asarray(np.interp(along_mm, along, radius))

    def points(self, from_mm: float, to_mm: float, step_mm: float, around: int = 24) -> tuple[FloatArray, FloatArray]:
        """Points (k, 3) in and on the column between two distances along it, and the distance of each (k,)."""
        count = max(int(np.ceil((to_mm - from_mm) / step_mm)), 1) + 1
        along = np.linspace(from_mm, to_mm, count)
        radius = self.radius_at(along)
        u, v = across(self.axis)
        angle = np.arange(around) * (2.0 * np.pi / around)
        circle = np.cos(angle)[:, None] * u + np.sin(angle)[:, None] * v
        ring = np.concatenate([np.zeros((1, 3)), 0.5 * circle[::3], circle])
        middle = np.asarray(self.start_mm) + along[:, None] * self.axis
        points = middle[:, None, :] + radius[:, None, None] * ring[None, :, :]
        return points.reshape(-1, 3), np.repeat(along, len(ring))

    def solid(self, roll: float = 0.0) -> manifold3d.Manifold:
        """Build the column; ``roll`` turns its sides about the axis, radians."""
        import manifold3d

        length = self.length_mm
        low = self._foot(0)
        high = [(radius, length - along) for radius, along in self._foot(1)]
        grow = 1.0 / np.cos(np.pi / SIDES)
        outline = [(0.0, -self.sunk_mm[0]), *low, *reversed(high), (0.0, length + self.sunk_mm[1])]
        section = manifold3d.CrossSection([[(float(x * grow), float(y)) for x, y in outline]])
        u, v = across(self.axis)
        turned = np.cos(roll) * u + np.sin(roll) * v, np.cos(roll) * v - np.sin(roll) * u
        matrix = np.column_stack([*turned, self.axis, np.asarray(self.start_mm)])
        return section.revolve(SIDES).transform(np.ascontiguousarray(matrix))

    def _foot(self, end: int) -> list[tuple[float, float]]:
        """Outline of one foot, from its end in the part to the waist: radius and height above the surface."""
        fillet, wide = self.fillets_mm[end], self.feet_mm[end]
        out = [(wide, -self.sunk_mm[end])]
        turn = np.linspace(0.0, 0.5 * np.pi, ARC_STEPS + 1) if fillet > 0.0 else [0.0]
        return out + [(wide - fillet * np.sin(t), fillet * (1.0 - np.cos(t))) for t in turn]


def across(axis: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Two unit vectors that make a right-handed frame with an axis."""
    helper = np.eye(3)[int(np.abs(axis).argmin())]
    u = np.cross(axis, helper)
    u /= np.linalg.norm(u)
    return u, np.cross(axis, u)
