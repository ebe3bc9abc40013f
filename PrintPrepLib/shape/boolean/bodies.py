"""Simple bodies by their place, size and direction."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError
from ...mesh import FloatArray

if TYPE_CHECKING:
    import manifold3d

CHORD_MM = 0.02
"""Cylinders and balls of flat faces are this near to round ones: a tenth of a layer."""
BALL_FINER = 3.0
"""The middles of a ball's triangles lie this many times as far inside as those of its circle's sides."""
LEAST_SIDES, MOST_SIDES = 24, 512
REACH = 4.0
"""Half of space ends this many diagonals of the model away."""


class Shape(Enum):
    """Which body."""

    BOX = "box"
    CYLINDER = "cylinder"
    BALL = "ball"
    HALF_SPACE = "half-space"
    ANATOMY = "anatomy"
    MESH = "mesh"


SIZES = {Shape.BOX: 3, Shape.CYLINDER: 2, Shape.BALL: 1, Shape.HALF_SPACE: 0}
SIZE_WORDS = {
    Shape.BOX: "width,depth,height", Shape.CYLINDER: "diameter,length", Shape.BALL: "diameter",
    Shape.HALF_SPACE: "nothing",
}  # fmt: skip


@dataclass(frozen=True)
class Body:
    """One body: for a box and a ball ``at_mm`` is the middle, for a cylinder where it begins, for half of space a
    point on its border. ``along`` is the direction of a box's height, a cylinder's axis, or into the half.
    """

    shape: Shape
    at_mm: tuple[float, float, float]
    size_mm: tuple[float, ...]
    along: tuple[float, float, float]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "shape": self.shape.value, "at_mm": list(self.at_mm), "size_mm": list(self.size_mm),
            "along": list(self.along),
        }  # fmt: skip


def bodies(
    shape: Shape, at_mm: tuple[float, ...], size_mm: tuple[float, ...], along: tuple[float, ...]
) -> tuple[Body, ...]:
    """Read bodies of one kind: three numbers of place for each, and sizes for each or once for all.

    Raises
    ------
    InputError
        The count of numbers does not fit, a size is not above 0, or the direction has no length.
    """
    if not at_mm or len(at_mm) % 3:
        raise InputError(f"Give three numbers for the place of each {shape.value}: x,y,z; got {len(at_mm)} numbers.")
    count, each = len(at_mm) // 3, SIZES[shape]
    if each and len(size_mm) not in (each, each * count):
        raise InputError(
            f"The size of a {shape.value} is {SIZE_WORDS[shape]}: give {each} numbers once, or for each of {count}; "
            f"got {len(size_mm)}."
        )
    if not all(value > 0.0 for value in size_mm):
        raise InputError(f"Every size must be above 0 mm, got {', '.join(f'{value:g}' for value in size_mm)}.")
    axis = np.asarray(along, np.float64)
    length = float(np.linalg.norm(axis))
    if not length > 0.0:
        raise InputError("The direction has no length.")
    sizes = size_mm if len(size_mm) == each * count else size_mm * count
    unit = _three(axis / length)
    return tuple(
        Body(shape, _three(np.array(at_mm[3 * k : 3 * k + 3])), tuple(sizes[each * k : each * (k + 1)]), unit)
        for k in range(count)
    )


def solid_of_bodies(found: tuple[Body, ...], diagonal_mm: float) -> manifold3d.Manifold:
    """All of them as one solid; ``diagonal_mm`` is that of the model, for what has no end."""
    import manifold3d

    return manifold3d.Manifold.batch_boolean([_one(body, diagonal_mm) for body in found], manifold3d.OpType.Add)


def _one(body: Body, diagonal_mm: float) -> manifold3d.Manifold:
    from manifold3d import Manifold

    if body.shape is Shape.BOX:
        solid = Manifold.cube(list(body.size_mm), True)
    elif body.shape is Shape.CYLINDER:
        radius = body.size_mm[0] / 2.0
        solid = Manifold.cylinder(body.size_mm[1], radius, radius, _sides(radius))
    elif body.shape is Shape.BALL:
        radius = body.size_mm[0] / 2.0
        solid = Manifold.sphere(radius, 4 * (-(-_sides(radius, CHORD_MM / BALL_FINER) // 4)))
    else:
        side = 2.0 * REACH * diagonal_mm
        solid = Manifold.cube([side, side, side], True).translate([0.0, 0.0, side / 2.0])
    matrix = np.zeros((3, 4))
    matrix[:, :3] = _frame(np.asarray(body.along))
    matrix[:, 3] = body.at_mm
    return solid.transform(matrix)


def _sides(radius: float, chord_mm: float = CHORD_MM) -> int:
    """Sides of a circle that keep the chord near to it."""
    sides = np.pi / np.arccos(max(1.0 - chord_mm / radius, 0.5)) if radius > chord_mm else LEAST_SIDES
    return int(np.clip(np.ceil(sides), LEAST_SIDES, MOST_SIDES))


def _frame(axis: FloatArray) -> FloatArray:
    """Columns x, y and the axis, right-handed; the axes themselves where the axis is z."""
    if abs(axis[2]) > 1.0 - 1e-12:
        return np.diag([1.0, np.sign(axis[2]), np.sign(axis[2])])
    side = np.cross([0.0, 0.0, 1.0], axis)
    side /= np.linalg.norm(side)
    return np.stack([side, np.cross(axis, side), axis], axis=1)


def _three(values: FloatArray) -> tuple[float, float, float]:
    x, y, z = values.tolist()
    return x, y, z
