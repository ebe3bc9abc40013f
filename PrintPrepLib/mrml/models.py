"""Meshes as model nodes, and model nodes as meshes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import InputError
from ..mesh import FloatArray, Mesh
from ..record.colors import ColorScale, color_of, round_range
from .space import RAS_TO_LPS, node_to_world, points_to_world_lps, slicer_module

MODEL_COLOR = (222 / 255, 203 / 255, 173 / 255)
"""Bone, as parts of an assembly have it first."""
SCALE_STEPS = 256
RANGE_LIMITS = 4.0
"""The color scale ends at so many limits, as in the pictures of the record."""
LEGEND_FORMAT = "%.2f mm"


def mesh_from_node(node: Any) -> Mesh:
    """Return a model node as a mesh in world LPS millimeters.

    A transform that mirrors does not turn the mesh inside out. ``space.transform_findings`` tells of transforms that
    change the size.

    Raises
    ------
    InputError
        No model, no triangles, or a transform that bends space.
    """
    if node is None or not node.IsA("vtkMRMLModelNode"):
        raise InputError("Choose a model first.")
    polydata = node.GetPolyData()
    if polydata is None or polydata.GetNumberOfPoints() == 0:
        raise InputError(f"The model '{node.GetName()}' holds no surface.")
    to_world = node_to_world(node)
    mesh = Mesh.from_vtk(polydata, node.GetName())
    if mesh.is_empty:
        raise InputError(f"The model '{node.GetName()}' holds points or lines, but no triangles.")
    faces = mesh.faces if np.linalg.det(to_world[:3, :3]) > 0.0 else mesh.faces[:, ::-1]
    return Mesh(points_to_world_lps(mesh.vertices, to_world), faces, mesh.name, mesh.scalars)


def polydata_in_ras(mesh: Mesh) -> Any:
    """Return a mesh as VTK polydata in RAS that shares nothing with it."""
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    turned = Mesh(mesh.vertices * np.diag(RAS_TO_LPS)[:3], mesh.faces, mesh.name, mesh.scalars)
    copy = vtkPolyData()
    copy.DeepCopy(turned.to_vtk())
    return copy


def fill_model(node: Any, mesh: Mesh, *, color: tuple[float, float, float] = MODEL_COLOR) -> None:
    """Put a mesh into a model node, in place, and see to its display.

    Raises
    ------
    InputError
        The mesh is empty.
    """
    if mesh.is_empty:
        raise InputError(f"'{mesh.name}' has no triangles: there is nothing to show.")
    node.SetAndObserveTransformNodeID(None)  # a result lies in world coordinates
    node.SetAndObservePolyData(polydata_in_ras(mesh))
    if node.GetDisplayNode() is None:
        node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetScalarVisibility(False)
    display.SetColor(*color)
    display.SetVisibility(True)


def show_scalars(node: Any, name: str, *, limit: float | None = None, title: str = "", diverging: bool = False) -> Any:
    """Color a model by one of its scalars, with a legend, and return the color node.

    Parameters
    ----------
    node : vtkMRMLModelNode
    name : str
        Point array, e.g. ``thickness_mm``.
    limit : float, optional
        Where the colors break: strictly below it red, above it blue.
    title : str
        Of the legend; the array's name when left out.
    diverging : bool
        Blue to red about zero, for signed deviation.

    Raises
    ------
    InputError
        The model has no such values.
    """
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkCommonDataModel import vtkDataObject

    polydata = node.GetPolyData()
    array = None if polydata is None else polydata.GetPointData().GetArray(name)
    if array is None:
        raise InputError(f"The model '{node.GetName()}' has no values '{name}'. Measure it first.")
    values = vtk_to_numpy(array).astype(np.float64)
    scale = ColorScale.DIVERGING if diverging else ColorScale.SEQUENTIAL if limit is None else ColorScale.LIMIT
    low, high = (0.0, RANGE_LIMITS * limit) if limit is not None else round_range(values, scale)
    colors = _color_node(node)
    _fill_colors(colors, low, high, scale, limit)
    colors.SetName(f"{title or name} colors")
    display = node.GetDisplayNode()
    display.SetActiveScalar(name, vtkDataObject.POINT)
    display.SetAndObserveColorNodeID(colors.GetID())
    display.SetScalarRangeFlag(display.UseManualScalarRange)
    display.SetScalarRange(low, high)
    display.SetScalarVisibility(True)
    _show_legend(node, title or name)
    return colors


def hide_scalars(node: Any) -> None:
    """Show a model in its plain color again, and take the legend away."""
    display = node.GetDisplayNode()
    if display is not None:
        display.SetScalarVisibility(False)
    legend = slicer_module().vtkSlicerColorLogic.GetColorLegendDisplayNode(node)
    if legend is not None:
        legend.SetVisibility(False)


COLORS_ROLE = "PrintPrep.colors"


def remove_model(node: Any) -> None:
    """Take a model away with its displays, colors and storage."""
    scene = node.GetScene()
    belongings = [node.GetNthDisplayNode(index) for index in range(node.GetNumberOfDisplayNodes())]
    belongings += [node.GetNodeReference(COLORS_ROLE), node.GetStorageNode()]
    tree = slicer_module().vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    item = tree.GetItemByDataNode(node)
    if item:
        # The node goes after its item: the tree otherwise remembers the dead node, and takes a later one for it.
        tree.RemoveItem(item, False, False)
    if scene.IsNodePresent(node):
        scene.RemoveNode(node)
    for one in belongings:
        if one is not None and scene.IsNodePresent(one):
            scene.RemoveNode(one)


def _color_node(node: Any) -> Any:
    colors = node.GetNodeReference(COLORS_ROLE)
    if colors is None:
        colors = node.GetScene().AddNewNodeByClass("vtkMRMLProceduralColorNode")
        node.SetNodeReferenceID(COLORS_ROLE, colors.GetID())
    return colors


def _fill_colors(colors: Any, low: float, high: float, scale: ColorScale, limit: float | None) -> None:
    """Fill the color node, in place: the same colors as in the record's pictures, with a true break at the limit."""
    from vtkmodules.vtkRenderingCore import vtkDiscretizableColorTransferFunction

    at = np.linspace(low, high, SCALE_STEPS + 1)
    if limit is not None:
        at = np.unique(np.concatenate([at, [np.nextafter(limit, low), limit]]))
    function = vtkDiscretizableColorTransferFunction()
    for value, rgb in zip(at, color_of(at, low, high, scale, limit), strict=True):
        _add_point(function, float(value), rgb)
    colors.SetAndObserveColorTransferFunction(function)


def _add_point(function: Any, value: float, rgb: FloatArray) -> None:
    red, green, blue = (float(one) for one in rgb)
    function.AddRGBPoint(value, red, green, blue)


def _show_legend(node: Any, title: str) -> None:
    logic = slicer_module().vtkSlicerColorLogic
    legend = logic.GetColorLegendDisplayNode(node) or logic.AddDefaultColorLegendDisplayNode(node)
    if legend is None:  # no color logic in this scene
        return
    legend.SetTitleText(title)
    legend.SetLabelFormat(LEGEND_FORMAT)
    legend.SetVisibility(True)
