"""Markups planes as cutting planes and back, and markups points as places and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..mesh import FloatArray
from ..shape.cut.plane import CutPlane, Disc, Point, Rectangle
from .space import RAS_TO_LPS, flip, vtk_matrix

BOUND_ATTRIBUTE = "PrintPrep.bound"
"""On a plane node: ``none``, ``disc`` or ``rectangle``."""
UNBOUNDED_SIZE_MM = 100.0
"""Side at which a plane without a bound is shown."""


@dataclass(frozen=True)
class NamedPlace:
    """A point with its label, LPS mm."""

    name: str
    point_mm: Point


def cut_plane_from_node(node: Any, *, bounded: bool | None = None) -> CutPlane:
    """Return a markups plane as a cutting plane in world LPS.

    Parameters
    ----------
    node : vtkMRMLMarkupsPlaneNode
    bounded : bool, optional
        Whether the plane cuts only within its rectangle; by default as :func:`set_bound` noted on the node, else not.

    Raises
    ------
    InputError
        No plane, or one that is not placed yet.
    """
    if node is None or not node.IsA("vtkMRMLMarkupsPlaneNode"):
        raise InputError("Choose a plane first.")
    if not node.GetIsPlaneValid():
        raise InputError(f"The plane '{node.GetName()}' is not placed yet. Click its place in a view.")
    center, normal, axes = [0.0] * 3, [0.0] * 3, [[0.0] * 3 for _ in range(3)]
    node.GetCenterWorld(center)
    node.GetNormalWorld(normal)
    node.GetAxesWorld(*axes)
    noted = node.GetAttribute(BOUND_ATTRIBUTE) or "none"
    kind = noted if bounded is None else "none" if not bounded else noted if noted != "none" else "rectangle"
    width, height = node.GetSizeWorld()
    bound: Disc | Rectangle | None = None
    if kind == "disc":
        bound = Disc(0.5 * min(width, height))
    elif kind == "rectangle":
        bound = Rectangle(width, height)
    # Outside a bound the axis within the plane means nothing; the node's own keeps pins where they were.
    return CutPlane(flip(center), flip(normal), bound, flip(axes[0]))


def cut_plane_to_node(scene: Any, plane: CutPlane, *, node: Any = None, name: str = "Cut plane") -> Any:
    """Show a cutting plane as a markups plane with handles, and return its node.

    Parameters
    ----------
    scene : vtkMRMLScene
    plane : CutPlane
        World LPS.
    node : vtkMRMLMarkupsPlaneNode, optional
        Moved in place of making a new one.
    name : str
        Of a new node.
    """
    if node is None:
        node = scene.AddNewNodeByClass("vtkMRMLMarkupsPlaneNode", name)
        node.SetPlaneType(node.PlaneTypePointNormal)
    if node.GetDisplayNode() is None:
        node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    if display is not None:
        display.SetHandlesInteractive(True)
        display.SetScaleHandleVisibility(plane.bound is not None)
        display.SetPropertiesLabelVisibility(False)
    changing = node.StartModify()
    node.SetSizeMode(node.SizeModeAbsolute)
    axes = [flip(axis) for axis in plane.axes]
    node.SetCenterWorld(flip(plane.point_mm))
    node.SetAxesWorld(*axes)
    node.SetSizeWorld(*_sides(plane))
    set_bound(node, "disc" if isinstance(plane.bound, Disc) else "rectangle" if plane.bound else "none")
    node.EndModify(changing)
    return node


def set_bound(node: Any, kind: str) -> None:
    """Note on a plane node whether it cuts everything (``none``) or within its ``disc`` or ``rectangle``.

    Raises
    ------
    ValueError
        Another word.
    """
    if kind not in ("none", "disc", "rectangle"):
        raise ValueError(f"kind must be none, disc or rectangle, got {kind!r}")
    node.SetAttribute(BOUND_ATTRIBUTE, kind)


def places_from_node(node: Any) -> tuple[NamedPlace, ...]:
    """Return the placed points of a markups node in world LPS, with their labels.

    Raises
    ------
    InputError
        No markups node.
    """
    if node is None or not node.IsA("vtkMRMLMarkupsNode"):
        raise InputError("Choose a list of points first.")
    out = []
    for index in range(node.GetNumberOfControlPoints()):
        if node.GetNthControlPointPositionStatus(index) != node.PositionDefined:
            continue
        at = [0.0] * 3
        node.GetNthControlPointPositionWorld(index, at)
        out.append(NamedPlace(node.GetNthControlPointLabel(index), flip(at)))
    return tuple(out)


def places_to_node(
    scene: Any, places: Iterable[NamedPlace], *, node: Any = None, name: str = "PrintPrep places"
) -> Any:
    """Show places as points that cannot be dragged, and return the node; a given node is filled anew."""
    if node is None:
        node = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", name)
    if node.GetDisplayNode() is None:
        node.CreateDefaultDisplayNodes()
    changing = node.StartModify()
    node.SetLocked(False)
    node.RemoveAllControlPoints()
    for place in places:
        node.AddControlPointWorld(flip(place.point_mm), place.name)
    node.SetLocked(True)
    node.EndModify(changing)
    return node


def plane_matrix_ras(plane: CutPlane) -> Any:
    """Return the vtkMatrix4x4 from a plane's local axes to world RAS, for a preview that follows the plane."""
    matrix: FloatArray = np.eye(4)
    matrix[:3, :] = plane.matrix
    return vtk_matrix(RAS_TO_LPS @ matrix)


def _sides(plane: CutPlane) -> tuple[float, float]:
    if isinstance(plane.bound, Disc):
        return 2.0 * plane.bound.radius_mm, 2.0 * plane.bound.radius_mm
    if isinstance(plane.bound, Rectangle):
        return plane.bound.width_mm, plane.bound.height_mm
    return UNBOUNDED_SIZE_MM, UNBOUNDED_SIZE_MM
