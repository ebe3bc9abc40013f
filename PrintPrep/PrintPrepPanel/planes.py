"""Cutting planes: Markups planes in the scene that belong to PrintPrep, and the recipe's numbers for them."""

from __future__ import annotations

from typing import Any

import slicer
from slicer.i18n import tr as _

PLANE = "PrintPrep.cutPlane"


def plane_nodes(scene: Any) -> list[Any]:
    """Return the cutting planes of a scene in the order they were made."""
    count = scene.GetNumberOfNodesByClass("vtkMRMLMarkupsPlaneNode")
    nodes = [scene.GetNthNodeByClass(index, "vtkMRMLMarkupsPlaneNode") for index in range(count)]
    return [node for node in nodes if node.GetAttribute(PLANE)]


def add_plane(scene: Any, model_node: Any) -> Any:
    """Add an axial plane through the middle of a model (or of the scene's origin), with handles."""
    from PrintPrepLib.mrml import cut_plane_to_node, flip
    from PrintPrepLib.shape.cut.plane import CutPlane

    box = [0.0] * 6
    if model_node is not None:
        model_node.GetRASBounds(box)
    middle = [(box[2 * axis] + box[2 * axis + 1]) / 2 for axis in range(3)]
    number = len(plane_nodes(scene)) + 1
    plane = CutPlane(flip(middle), (0.0, 0.0, 1.0))
    node = cut_plane_to_node(scene, plane, name=_("Cut plane {number}").format(number=number))
    node.SetAttribute(PLANE, "1")
    return node


def plane_numbers(scene: Any) -> list[float]:
    """Return point and normal (LPS mm) of every placed plane, one after the other, as the step ``cut`` takes them."""
    from PrintPrepLib.mrml import cut_plane_from_node

    numbers: list[float] = []
    for node in plane_nodes(scene):
        plane = cut_plane_from_node(node)
        numbers += [float(value) for value in (*plane.point_mm, *plane.normal)]
    return numbers


def remove_plane(node: Any) -> None:
    """Take a plane away."""
    slicer.mrmlScene.RemoveNode(node)
