"""What can be marked in the views for a step's parameter, and the markups that belong to it. No widgets in here."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import slicer
from slicer.i18n import tr as _

from .texts import parameter_title, step_title

PICK = "PrintPrep.pick"
RADIUS = "PrintPrep.radius"
"""Attributes of markups: the step and parameter that they are for, and the radius round each point in mm."""
USUAL_RADIUS_MM = 5.0

KINDS: Mapping[str, str] = {
    "solid.keep_at_mm": "POINTS",
    "solid.leave_at_mm": "POINTS",
    "details.only_at_mm": "POINTS",
    "details.leave_at_mm": "POINTS",
    "hollow.drain_at": "POINTS",
    "hollow.up": "DIRECTION",
    "wall.open_end_mm": "POINTS",
    "strut.from_mm": "POINTS",
    "strut.to_mm": "POINTS",
    "stand.up": "DIRECTION",
    "stand.back": "DIRECTION",
    "label.at_mm": "POINT",
    "label.up": "DIRECTION",
    "landing.from_mm": "POINTS",
    "landing.to_mm": "POINTS",
    "mirror.plane": "PLANE",
    "scale.about_mm": "POINT",
    "boolean.at_mm": "POINTS",
    "boolean.along": "DIRECTION",
    "place.on_mm": "POINT",
    "place.on_plane": "PLANE",
    **{f"{step}.protect_at": "BALLS" for step in ("hollow", "strut", "stand", "label", "landing")},
}
"""How parameters are marked: names of ``PrintPrepLib.mrml.Pick``."""

NORMALS: Mapping[str, tuple[float, float, float]] = {
    "mirror.plane": (1.0, 0.0, 0.0),
    "stand.back": (0.0, 1.0, 0.0),
    "place.on_plane": (0.0, 0.0, -1.0),
}
"""Normals (LPS) of new planes where they are not the patient's head."""


def can_pick(step: str, parameter: str) -> bool:
    """Tell whether a parameter can be marked in the views."""
    return f"{step}.{parameter}" in KINDS


def kind_of(step: str, parameter: str) -> Any:
    """Return how it is marked, a ``PrintPrepLib.mrml.Pick``."""
    from PrintPrepLib.mrml import Pick

    return Pick[KINDS[f"{step}.{parameter}"]]


def has_radius(step: str, parameter: str) -> bool:
    """Tell whether points have a radius, i.e. protect what is near to them."""
    return KINDS.get(f"{step}.{parameter}") == "BALLS"


def takes_many(step: str, parameter: str) -> bool:
    """Tell whether any number of places can be marked, none as well."""
    return KINDS.get(f"{step}.{parameter}") in ("POINTS", "BALLS") and step != "boolean"


def pick_nodes(scene: Any) -> list[tuple[str, str, Any]]:
    """Return the markups of a scene that are for a parameter: step, parameter, node."""
    count = scene.GetNumberOfNodesByClass("vtkMRMLMarkupsNode")
    nodes = [scene.GetNthNodeByClass(index, "vtkMRMLMarkupsNode") for index in range(count)]
    found = [(node.GetAttribute(PICK), node) for node in nodes]
    return [(*word.split(".", 1), node) for word, node in found if word in KINDS]


def node_of(step: str, parameter: str) -> Any:
    """Return the markups for a parameter, None where there are none."""
    there = pick_nodes(slicer.mrmlScene)
    return next((node for one, other, node in there if (one, other) == (step, parameter)), None)


def add_node(step: str, parameter: str, values: Sequence[float] | None, model_node: Any) -> Any:
    """Add the markups for a parameter, at what it holds now."""
    from PrintPrepLib.errors import PrintPrepError
    from PrintPrepLib.mrml import add_pick_node, radius_of, show_pick

    kind, word = kind_of(step, parameter), f"{step}.{parameter}"
    name = f"{step_title(step).split(':')[0].split(',')[0]}: {parameter_title(parameter, '', step)}"
    node = add_pick_node(slicer.mrmlScene, kind, name, model_node=model_node, normal=NORMALS.get(word, (0.0, 0.0, 1.0)))
    radius = radius_of(values) if values and has_radius(step, parameter) else None
    node.SetAttribute(RADIUS, f"{USUAL_RADIUS_MM if radius is None else radius:g}")
    if values:
        with contextlib.suppress(PrintPrepError):  # what was typed is none of this: begin anew
            show_pick(node, kind, values)
    node.SetAttribute(PICK, word)
    return node


def values_of(step: str, parameter: str, node: Any) -> list[float] | None:
    """Return what is marked, as the step takes it; None for nothing."""
    from PrintPrepLib.errors import PrintPrepError
    from PrintPrepLib.mrml import pick_values

    try:
        found = pick_values(node, kind_of(step, parameter), radius_mm=radius(node))
    except PrintPrepError:  # a plane that is not placed yet
        return None
    return None if found is None else list(found)


def radius(node: Any) -> float:
    """Return the radius round the points of a node, mm."""
    return float(node.GetAttribute(RADIUS) or USUAL_RADIUS_MM)


def start_placing(node: Any, *, several: bool) -> None:
    """Let the next clicks in the views place points of a node."""
    scene = slicer.mrmlScene
    selection = scene.GetNodeByID("vtkMRMLSelectionNodeSingleton")
    interaction = scene.GetNodeByID("vtkMRMLInteractionNodeSingleton")
    if selection is None or interaction is None:
        return
    selection.SetReferenceActivePlaceNodeClassName(node.GetClassName())
    selection.SetActivePlaceNodeID(node.GetID())
    interaction.SetPlaceModePersistence(int(several))
    interaction.SetCurrentInteractionMode(interaction.Place)


def stop_placing() -> None:
    """Give the mouse back to the views."""
    interaction = slicer.mrmlScene.GetNodeByID("vtkMRMLInteractionNodeSingleton")
    if interaction is not None and interaction.GetCurrentInteractionMode() == interaction.Place:
        interaction.SetCurrentInteractionMode(interaction.ViewTransform)


def hint(step: str, parameter: str) -> str:
    """Say what the user does now."""
    kind = KINDS[f"{step}.{parameter}"]
    if kind in ("DIRECTION", "PLANE"):
        return _("Turn and move the plane in the views. Its numbers stand beside the button.")
    if kind == "POINT":
        return _("Click the place on the model or in a slice. It can be dragged afterwards.")
    return _("Click the places on the model or in slices, one after the other; press the right button to end.")
