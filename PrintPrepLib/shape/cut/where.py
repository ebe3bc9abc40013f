"""Where to cut: the options of the step turned into planes, and planes written as those options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...errors import InputError
from ...mesh import FloatArray, Mesh
from ..pins.options import points_of
from .plane import Anatomical, CutPlane, Disc, Point, Rectangle, anatomical_plane, plane_through

PLANE_NUMBERS = 6
"""Numbers that give one plane: its point and its normal."""
SIZE_NUMBERS = 2
"""Numbers that give one rectangle: its width and its height."""
AXIS_NUMBERS = 3
UNBOUNDED = (0.0, 0.0)
"""Size that says of one plane among several that it has no bound."""


def planes_of(
    models: Sequence[Mesh],
    *,
    plane: tuple[float, ...] | None,
    through: Anatomical | None,
    at_mm: tuple[float, ...] | None,
    points_mm: tuple[float, ...] | None,
    bound_radius_mm: float | None,
    bound_size_mm: tuple[float, ...] | None,
    bound_across: tuple[float, ...] | None = None,
) -> list[CutPlane]:
    """Turn the options into planes.

    Raises
    ------
    InputError
        No plane or more than one way of giving it, numbers missing, or two bounds.
    """
    if sum(value is not None for value in (plane, through, points_mm)) != 1:
        raise InputError("Say where to cut in exactly one way: by planes, by a named plane, or by points.")
    if at_mm is not None and through is None:
        raise InputError("at_mm is the point of a named plane: name it with 'through'.")
    if bound_radius_mm is not None and bound_size_mm is not None:
        raise InputError("Bound the cut by a radius or by a rectangle, not by both.")
    if bound_across is not None and bound_size_mm is None:
        raise InputError("bound_across is the direction of a rectangle's width: give its size with bound_size_mm.")
    if plane is not None:
        if not plane or len(plane) % PLANE_NUMBERS:
            raise InputError(f"A plane is six numbers: point and normal. Got {len(plane)} numbers.")
        rows = [plane[k : k + PLANE_NUMBERS] for k in range(0, len(plane), PLANE_NUMBERS)]
        found = [CutPlane(_point(row[:3]), _point(row[3:])) for row in rows]
    elif points_mm is not None:
        found = [plane_through(points_of(points_mm, "points_mm"))]
    else:
        assert through is not None
        low = np.min([model.bounds[0] for model in models], axis=0)
        high = np.max([model.bounds[1] for model in models], axis=0)
        found = [anatomical_plane(through, _point(at_mm if at_mm is not None else (low + high) / 2.0))]
    if bound_radius_mm is not None:
        return [replace(item, bound=Disc(bound_radius_mm)) for item in found]
    if bound_size_mm is not None:
        return _with_rectangles(found, bound_size_mm, bound_across)
    return found


def options_of(planes: Sequence[CutPlane]) -> dict[str, list[float] | None]:
    """Write planes as the options ``plane``, ``bound_size_mm`` and ``bound_across`` that give them again.

    Raises
    ------
    InputError
        A plane is bounded by a disc: the step takes one radius for all planes, not one for each.
    """
    if any(isinstance(item.bound, Disc) for item in planes):
        raise InputError("A disc cannot be written for one plane alone. Use a rectangle.")
    numbers = [value for item in planes for value in (*item.point_mm, *item.normal)]
    if all(item.bound is None for item in planes):
        return {"plane": numbers, "bound_size_mm": None, "bound_across": None}
    sizes, across = list[float](), list[float]()
    for item in planes:
        sizes += (item.bound.width_mm, item.bound.height_mm) if isinstance(item.bound, Rectangle) else UNBOUNDED
        across += item.axes[0].tolist()
    return {"plane": numbers, "bound_size_mm": sizes, "bound_across": across}


def _with_rectangles(
    planes: Sequence[CutPlane], sizes: tuple[float, ...], across: tuple[float, ...] | None
) -> list[CutPlane]:
    count = len(planes)
    each = _for_each(sizes, SIZE_NUMBERS, count, "bound_size_mm", "width and height")
    axes = [None] * count if across is None else _for_each(across, AXIS_NUMBERS, count, "bound_across", "x, y and z")
    if all(size == UNBOUNDED for size in each):
        raise InputError("The sides of a bounded cut must be above zero, got 0 x 0 mm.")
    return [
        replace(
            item,
            bound=None if size == UNBOUNDED else Rectangle(*size),
            first_axis=item.first_axis if axis is None else _point(axis),
        )
        for item, size, axis in zip(planes, each, axes, strict=True)
    ]


def _for_each(values: tuple[float, ...], numbers: int, planes: int, name: str, meaning: str) -> list[tuple[float, ...]]:
    """Group numbers: one group for every plane, or one for all of them."""
    if len(values) not in (numbers, numbers * planes):
        several = f", or {numbers} for each of the {planes} planes" if planes > 1 else ""
        raise InputError(f"{name} takes {numbers} numbers ({meaning}){several}; got {len(values)}.")
    rows = [tuple(values[k : k + numbers]) for k in range(0, len(values), numbers)]
    return rows if len(rows) == planes else rows * planes


def _point(values: Sequence[float] | FloatArray) -> Point:
    x, y, z = (float(value) for value in values)
    return x, y, z
