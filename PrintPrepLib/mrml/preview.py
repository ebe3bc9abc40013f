"""The preview of a cut in the scene: outline, filled section and pins as model nodes that are never saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..mesh import FloatArray, Mesh
from ..shape.cut.preview import Shown
from ..shape.cut.quick_pins import QuickPin
from ..shape.cut.quick_section import Fate
from .models import polydata_in_ras, remove_model
from .space import RAS_TO_LPS

PREVIEW = "PrintPrep.preview"
"""Attribute of preview nodes: what they show."""
CUT_COLOR = (0.95, 0.55, 0.10)
REFUSED_COLOR = (0.85, 0.15, 0.10)
PIN_COLOR = (0.10, 0.45, 0.80)
FILL_OPACITY = 0.35
OUTLINE_WIDTH_PX = 4
SLICE_WIDTH_PX = 3
PIN_SIDES = 24


@dataclass(frozen=True, eq=False)
class PreviewNodes:
    """Model nodes of one plane's preview."""

    outline: Any
    fill: Any
    pins: Any

    @property
    def all(self) -> tuple[Any, Any, Any]:
        """The three of them."""
        return self.outline, self.fill, self.pins


def add_preview(scene: Any, name: str) -> PreviewNodes:
    """Make the nodes of a preview. They are hidden from lists and not saved with the scene."""
    outline = _add_node(scene, f"{name}: preview of the section", "outline", CUT_COLOR)
    outline.GetDisplayNode().SetLineWidth(OUTLINE_WIDTH_PX)
    outline.GetDisplayNode().SetVisibility2D(False)
    fill = _add_node(scene, f"{name}: preview of the section, filled", "fill", CUT_COLOR)
    fill.GetDisplayNode().SetOpacity(FILL_OPACITY)
    return PreviewNodes(outline, fill, _add_node(scene, f"{name}: preview of the pins", "pins", PIN_COLOR))


def draw_preview(nodes: PreviewNodes, shown: Shown) -> None:
    """Show one position of the plane; regions that a bound leaves whole are left out."""
    fates = (Fate.CUT, Fate.REFUSED)
    nodes.outline.SetAndObservePolyData(_lines([line for fate in fates for line in shown.outlines_mm(fate)]))
    corners, triangles = shown.fill_mm(fates)
    nodes.fill.SetAndObservePolyData(polydata_in_ras(Mesh(corners, triangles, "section")))
    nodes.pins.SetAndObservePolyData(polydata_in_ras(_pins(shown.pins)))
    color = REFUSED_COLOR if shown.would_be_refused else CUT_COLOR
    for node in (nodes.outline, nodes.fill):
        if node.GetDisplayNode().GetColor() != color:
            node.GetDisplayNode().SetColor(*color)


def remove_preview(nodes: PreviewNodes) -> None:
    """Take the nodes of a preview away."""
    for node in nodes.all:
        if node.GetScene() is not None:
            remove_model(node)


def _add_node(scene: Any, name: str, what: str, color: tuple[float, float, float]) -> Any:
    node = scene.CreateNodeByClass("vtkMRMLModelNode")
    node.UnRegister(None)
    node.SetName(name)
    node.SetAttribute(PREVIEW, what)
    node.SetHideFromEditors(True)  # before it is added, so that no list ever shows it
    node.SetSelectable(False)
    node.SetSaveWithScene(False)
    node = scene.AddNode(node)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetSaveWithScene(False)
    display.SetColor(*color)
    display.SetLighting(False)
    display.SetBackfaceCulling(False)
    display.SetVisibility2D(True)
    display.SetSliceIntersectionThickness(SLICE_WIDTH_PX)
    return node


def _lines(outlines: Sequence[FloatArray]) -> Any:
    """Closed lines as polydata in RAS."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

    sizes = np.array([len(line) for line in outlines], np.int64)
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    rows = [np.append(np.arange(k, k + n), k) for k, n in zip(start[:-1].tolist(), sizes.tolist(), strict=True)]
    at = np.concatenate(outlines) * np.diag(RAS_TO_LPS)[:3] if outlines else np.empty((0, 3))
    points, cells, polydata = vtkPoints(), vtkCellArray(), vtkPolyData()
    points.SetDataTypeToDouble()
    points.SetData(numpy_to_vtk(at, deep=True))
    cells.SetData(
        numpy_to_vtkIdTypeArray(start + np.arange(len(start)), deep=True),
        numpy_to_vtkIdTypeArray(np.concatenate(rows).astype(np.int64) if rows else np.empty(0, np.int64), deep=True),
    )
    polydata.SetPoints(points)
    polydata.SetLines(cells)
    return polydata


def _pins(pins: Sequence[QuickPin]) -> Mesh:
    """Pins as cylinders, LPS."""
    vertices, faces = [np.empty((0, 3))], [np.empty((0, 3), np.int32)]
    angle = np.linspace(0.0, 2.0 * np.pi, PIN_SIDES, endpoint=False)
    k = np.arange(PIN_SIDES)
    following = (k + 1) % PIN_SIDES
    low, high = 2 * PIN_SIDES, 2 * PIN_SIDES + 1
    cylinder = np.concatenate(
        [
            np.stack([k, following, PIN_SIDES + k], axis=1),
            np.stack([following, PIN_SIDES + following, PIN_SIDES + k], axis=1),
            np.stack([following, k, np.full(PIN_SIDES, low)], axis=1),
            np.stack([PIN_SIDES + k, PIN_SIDES + following, np.full(PIN_SIDES, high)], axis=1),
        ]
    )
    for number, pin in enumerate(pins):
        axis = np.array(pin.axis)
        first = np.cross(axis, np.eye(3)[int(np.abs(axis).argmin())])
        first /= np.linalg.norm(first)
        ring = 0.5 * pin.diameter_mm * (np.outer(np.cos(angle), first) + np.outer(np.sin(angle), np.cross(axis, first)))
        foot, end = np.array(pin.at_mm) - pin.below_mm * axis, np.array(pin.at_mm) + pin.length_mm * axis
        vertices.append(np.concatenate([foot + ring, end + ring, foot[None], end[None]]))
        faces.append((cylinder + number * (2 * PIN_SIDES + 2)).astype(np.int32))
    return Mesh(np.concatenate(vertices), np.concatenate(faces), "pins")
