"""Cutting planes: Markups planes in the scene that belong to PrintPrep, and what the step ``cut`` takes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import slicer
from slicer.i18n import tr as _

if TYPE_CHECKING:
    from PrintPrepLib.shape.cut.plane import CutPlane

PLANE = "PrintPrep.cutPlane"
FIRST_SIZE = "PrintPrep.firstSize"
"""Attributes of a plane: that it is ours, and the side at which it was first shown, mm."""
BOUNDED_SHARE = 0.5
"""A plane that becomes bounded before its size was ever changed shrinks to this share, so that its handles are seen."""
OVERHANG = 1.1
"""A new plane reaches so much further than the model."""


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
    plane = CutPlane(flip(middle), (0.0, 0.0, 1.0))
    taken = {node.GetName() for node in plane_nodes(scene)}
    number = 1
    while (name := _("Cut plane {number}").format(number=number)) in taken:
        number += 1
    node = cut_plane_to_node(scene, plane, name=name)
    side = OVERHANG * max(box[1] - box[0], box[3] - box[2])
    if side > 0.0:
        node.SetSizeWorld(side, side)
    node.SetAttribute(FIRST_SIZE, repr(side))
    node.SetAttribute(PLANE, "1")
    return node


def is_bounded(node: Any) -> bool:
    """Tell whether a plane cuts only within its rectangle (or disc)."""
    from PrintPrepLib.mrml.markups import BOUND_ATTRIBUTE

    return (node.GetAttribute(BOUND_ATTRIBUTE) or "none") != "none"


def set_bounded(node: Any, *, bounded: bool) -> None:
    """Let a plane cut only within its rectangle, which then gets handles for its size; or everything."""
    from PrintPrepLib.mrml import set_bound

    changing = node.StartModify()
    first, size = float(node.GetAttribute(FIRST_SIZE) or 0.0), list(node.GetSizeWorld())
    if bounded and all(abs(side - first) < 1e-6 * max(first, 1.0) for side in size):
        node.SetSizeWorld(BOUNDED_SHARE * size[0], BOUNDED_SHARE * size[1])
    set_bound(node, "rectangle" if bounded else "none")
    node.EndModify(changing)
    display = node.GetDisplayNode()
    if display is not None:
        display.SetScaleHandleVisibility(bounded)


def is_shown(node: Any) -> bool:
    """Tell whether a plane is visible in the views."""
    display = node.GetDisplayNode()
    return display is not None and bool(display.GetVisibility())


def set_shown(node: Any, *, shown: bool) -> None:
    """Show or hide a plane; a hidden one still cuts."""
    if node.GetDisplayNode() is None:
        node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetVisibility(shown)


def size_text(node: Any) -> str:
    """Return the size of a bounded plane's rectangle in words."""
    if not is_bounded(node):
        return _("cuts everything")
    width, height = node.GetSizeWorld()
    return _("{width} × {height} mm").format(width=f"{width:.0f}", height=f"{height:.0f}")


def cut_planes(scene: Any) -> list[CutPlane]:
    """Return every placed plane as the library has it, in order."""
    from PrintPrepLib.mrml import cut_plane_from_node

    return [cut_plane_from_node(node) for node in plane_nodes(scene)]


def plane_values(scene: Any) -> dict[str, list[float] | None]:
    """Return what the step ``cut`` takes: points and normals, and the rectangles where planes are bounded (LPS mm)."""
    from PrintPrepLib.shape.cut.where import options_of

    return options_of(cut_planes(scene))


def plane_numbers(scene: Any) -> list[float]:
    """Return all numbers that say where planes cut, one after the other, to notice a change."""
    values = plane_values(scene) if plane_nodes(scene) else {}
    return [number for numbers in values.values() for number in numbers or ()]


def remove_plane(node: Any) -> None:
    """Take a plane away."""
    slicer.mrmlScene.RemoveNode(node)
