"""Lengths to measure on the print: Markups lines of the scene that belong to PrintPrep."""

from __future__ import annotations

from typing import Any

import slicer
from slicer.i18n import tr as _

LENGTH = "PrintPrep.length"
"""Attribute of a line: that it is ours."""
LINES = "vtkMRMLMarkupsLineNode"


def length_nodes(scene: Any) -> list[Any]:
    """Return the lines of a scene in the order they were made."""
    count = scene.GetNumberOfNodesByClass(LINES)
    nodes = [scene.GetNthNodeByClass(index, LINES) for index in range(count)]
    return [node for node in nodes if node.GetAttribute(LENGTH)]


def add_length(scene: Any, pair: Any = None) -> Any:
    """Add a line that is to be placed, or one at a length of a recipe."""
    from PrintPrepLib.mrml import add_length_node

    taken = {node.GetName() for node in length_nodes(scene)}
    number = 1
    while (name := _("Length {number}").format(number=number)) in taken:
        number += 1
    node = add_length_node(scene, name if pair is None else pair.name, pair)
    node.SetAttribute(LENGTH, "1")
    return node


def lengths(scene: Any) -> tuple[Any, ...]:
    """Return every placed line as the recipe has it (``CaliperPair``); a name that comes twice gets a number."""
    from dataclasses import replace

    from PrintPrepLib.mrml import length_of_node

    found: dict[str, Any] = {}
    for node in length_nodes(scene):
        pair = length_of_node(node)
        if pair is not None:
            number, name = 1, pair.name
            while name in found:
                number += 1
                name = f"{pair.name} ({number})"
            found[name] = replace(pair, name=name)
    return tuple(found.values())


def length_numbers(scene: Any) -> list[Any]:
    """Return names and places of all lengths, to notice a change."""
    return [[pair.name, *pair.from_mm, *pair.to_mm] for pair in lengths(scene)] if length_nodes(scene) else []


def remove_length(node: Any) -> None:
    """Take a line away."""
    slicer.mrmlScene.RemoveNode(node)
