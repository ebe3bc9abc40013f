"""Pulls the parts of a cut model apart for looking: transforms above their nodes that are never saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

EXPLODED = "PrintPrep.exploded"
REACH = 1.0
"""With the slider at its end, parts stand twice as far from the middle of all as they did."""


def show(scene: Any, nodes: Sequence[Any], share: float) -> None:
    """Pull nodes away from their common middle; a share of 0 puts them back."""
    import vtk

    collapse(scene)
    if share <= 0.0 or len(nodes) < 2:
        return
    centers = [_center(node) for node in nodes]
    middle = [sum(center[axis] for center in centers) / len(centers) for axis in range(3)]
    for node, center in zip(nodes, centers, strict=True):
        matrix = vtk.vtkMatrix4x4()
        for axis in range(3):
            matrix.SetElement(axis, 3, share * REACH * (center[axis] - middle[axis]))
        transform = scene.CreateNodeByClass("vtkMRMLLinearTransformNode")
        transform.UnRegister(None)
        transform.SetHideFromEditors(True)
        transform.SetSaveWithScene(False)
        transform.SetAttribute(EXPLODED, "1")
        transform = scene.AddNode(transform)
        transform.SetMatrixTransformToParent(matrix)
        node.SetAndObserveTransformNodeID(transform.GetID())


def collapse(scene: Any) -> None:
    """Put everything back that was pulled apart."""
    count = scene.GetNumberOfNodesByClass("vtkMRMLLinearTransformNode")
    found = [scene.GetNthNodeByClass(index, "vtkMRMLLinearTransformNode") for index in range(count)]
    ours = {node.GetID(): node for node in found if node.GetAttribute(EXPLODED)}
    if not ours:
        return
    for index in range(scene.GetNumberOfNodesByClass("vtkMRMLModelNode")):
        model = scene.GetNthNodeByClass(index, "vtkMRMLModelNode")
        if model.GetTransformNodeID() in ours:
            model.SetAndObserveTransformNodeID(None)
    for node in ours.values():
        scene.RemoveNode(node)


def _center(node: Any) -> list[float]:
    box = [0.0] * 6
    node.GetRASBounds(box)
    return [(box[2 * axis] + box[2 * axis + 1]) / 2.0 for axis in range(3)]
