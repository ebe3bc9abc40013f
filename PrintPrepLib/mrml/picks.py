"""What the user marks in the views, as the numbers that steps take, and back: points, balls, directions, planes, lines.

Numbers are LPS millimeters in the order of the steps' parameters; markups are RAS, under whatever transforms.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import numpy as np

from ..analysis.cover import balls_over
from ..errors import InputError
from ..record.calipers import CaliperPair
from ..shape.cut.plane import CutPlane
from .markups import NamedPlace, cut_plane_from_node, cut_plane_to_node, places_from_node
from .models import mesh_from_node
from .space import flip

FIDUCIALS, LINE, PLANE_NODE = "vtkMRMLMarkupsFiducialNode", "vtkMRMLMarkupsLineNode", "vtkMRMLMarkupsPlaneNode"
PLACE_DIGITS, DIRECTION_DIGITS = 4, 9
"""Digits of places in mm, and of directions: far below what is seen, and short enough to be read."""
SUPERIOR, LEFT = (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)


class Pick(Enum):
    """What a parameter takes; the value is said in messages."""

    POINT = "a point"
    POINTS = "points"
    BALLS = "points with a radius"
    DIRECTION = "a direction"
    PLANE = "a plane"

    @property
    def is_plane(self) -> bool:
        """Whether it is marked with a Markups plane, else with points."""
        return self in (Pick.DIRECTION, Pick.PLANE)


def add_pick_node(
    scene: Any, kind: Pick, name: str, *, model_node: Any = None, normal: Sequence[float] = SUPERIOR
) -> Any:
    """Add the markups for a pick and return the node: an empty list of points, or a plane with handles.

    Parameters
    ----------
    scene : vtkMRMLScene
    kind : Pick
    name : str
    model_node : vtkMRMLModelNode, optional
        A plane is put through its middle, as large as it is.
    normal : sequence of float
        Of a new plane, LPS.
    """
    if kind.is_plane:
        box = [0.0, 0.0] * 3
        if model_node is not None:
            model_node.GetRASBounds(box)
        middle = [(box[2 * axis] + box[2 * axis + 1]) / 2.0 for axis in range(3)]
        x, y, z = (float(value) for value in normal)
        node = cut_plane_to_node(scene, CutPlane(flip(middle), (x, y, z)), name=name)
        side = max(box[2 * axis + 1] - box[2 * axis] for axis in range(3))
        if side > 0.0:
            node.SetSizeWorld(side, side)
        return node
    node = scene.AddNewNodeByClass(FIDUCIALS, name)
    node.CreateDefaultDisplayNodes()
    if kind is Pick.POINT:
        node.SetMaximumNumberOfControlPoints(1)
    return node


def pick_values(node: Any, kind: Pick, *, radius_mm: float = 0.0) -> tuple[float, ...] | None:
    """Return the numbers that a step takes; None while nothing is marked.

    Raises
    ------
    InputError
        The node is of another kind.
    """
    if kind.is_plane:
        plane = cut_plane_from_node(node, bounded=False)
        normal = _rounded(plane.normal, DIRECTION_DIGITS)
        return normal if kind is Pick.DIRECTION else (*_rounded(plane.point_mm, PLACE_DIGITS), *normal)
    places = [_rounded(one.point_mm, PLACE_DIGITS) for one in places_from_node(node)]
    if not places:
        return None
    if kind is Pick.POINT:
        return places[-1]
    more = (radius_mm,) if kind is Pick.BALLS else ()
    return tuple(value for place in places for value in (*place, *more))


def show_pick(node: Any, kind: Pick, values: Sequence[float]) -> None:
    """Put marks where these numbers say; what was marked before goes.

    Raises
    ------
    InputError
        Numbers that are none of this kind.
    """
    numbers = [float(value) for value in values]
    length = {Pick.POINT: 3, Pick.POINTS: 3, Pick.BALLS: 4, Pick.DIRECTION: 3, Pick.PLANE: 6}[kind]
    whole = kind in (Pick.POINTS, Pick.BALLS)
    if not numbers or len(numbers) % length or (not whole and len(numbers) != length):
        raise InputError(f"{len(numbers)} numbers are not {kind.value}.")
    if kind.is_plane:
        now = cut_plane_from_node(node, bounded=False)
        point = now.point_mm if kind is Pick.DIRECTION else (numbers[0], numbers[1], numbers[2])
        x, y, z = numbers[-3:]
        size = node.GetSizeWorld()
        width, height = size[0], size[1]
        cut_plane_to_node(node.GetScene(), CutPlane(point, (x, y, z)), node=node)
        node.SetSizeWorld(width, height)
        return
    changing = node.StartModify()
    node.RemoveAllControlPoints()
    for row in range(0, len(numbers), length):
        node.AddControlPointWorld(flip(numbers[row : row + 3]))
    node.EndModify(changing)


def radius_of(values: Sequence[float]) -> float | None:
    """Return the radius that all balls share, None where they differ."""
    radii = {float(value) for value in values[3::4]}
    return radii.pop() if len(radii) == 1 else None


def protected_balls(model_node: Any, margin_mm: float) -> tuple[float, ...]:
    """Return balls (x, y, z, radius for each) that cover the surface of a model and this margin round it.

    Raises
    ------
    InputError
        No model, or none with a surface.
    """
    balls = balls_over(mesh_from_node(model_node), margin_mm)
    return tuple(float(value) for value in np.round(balls, 2).ravel())


def add_length_node(scene: Any, name: str, pair: CaliperPair | None = None) -> Any:
    """Add a Markups line for a length to measure on the print, and return it; without a pair it is to be placed."""
    node = scene.AddNewNodeByClass(LINE, name)
    node.CreateDefaultDisplayNodes()
    for point in () if pair is None else (pair.from_mm, pair.to_mm):
        node.AddControlPointWorld(flip(point))
    return node


def length_of_node(node: Any) -> CaliperPair | None:
    """Return a Markups line as a length to measure; None while both ends are not placed.

    Raises
    ------
    InputError
        No line.
    """
    if node is None or not node.IsA(LINE):
        raise InputError("Choose a line first.")
    ends: tuple[NamedPlace, ...] = places_from_node(node)
    if len(ends) != 2:
        return None
    first, second = (_rounded(one.point_mm, PLACE_DIGITS) for one in ends)
    if first == second:
        return None
    return CaliperPair(node.GetName(), (first[0], first[1], first[2]), (second[0], second[1], second[2]))


def _rounded(values: Sequence[float], digits: int) -> tuple[float, ...]:
    return tuple(round(float(value), digits) + 0.0 for value in values)
