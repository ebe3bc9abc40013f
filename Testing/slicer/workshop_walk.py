"""What the tests of the panel's workshop share: small solids in the scene, and hands that mark places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from Testing.slicer.panel_walk import MODULE, open_only, run_to_end
from Testing.slicer.support_mrml import SEGMENT, add_segment, add_volume

RECIPE = 'schema = "printprep-recipe/1"\n\n[[step]]\ndo = "surface"\n'
"""Nothing but the surface: what else is done is ticked in the panel."""
GRID = (44, 40, 84)
"""(k, j, i) at 1 mm."""


def two_boxes() -> np.ndarray:
    """A box of 36 x 24 x 24 mm with a pin-hole of 2 mm through it along k, and a smaller one 6 mm beside it."""
    mask = np.zeros(GRID, np.uint8)
    mask[8:32, 8:32, 6:42] = 1
    mask[8:32, 19:21, 23:25] = 0
    mask[8:32, 8:32, 48:68] = 1
    return mask


def rod() -> np.ndarray:
    """A lumen along i: radius 6 mm, 50 mm long."""
    mask = np.zeros(GRID, np.uint8)
    k, j = np.mgrid[: GRID[0], : GRID[1]]
    mask[(k - 20.0) ** 2 + (j - 20.0) ** 2 <= 36.0, 16:66] = 1
    return mask


def open_with(host: Any, mask: np.ndarray) -> Any:
    """Open the panel with a scan and a segment of this mask; voxel (i, j, k) lies at RAS (i, j, k) mm."""
    panel = host.open(MODULE)
    matrix = np.eye(4)
    volume = add_volume(host.scene, matrix, np.where(mask > 0, 1000, -1000).astype(np.int16))
    node = host.scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "solids")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    add_segment(node, matrix, mask, SEGMENT)
    host.choose(panel.ui.volumeSelector, volume)
    host.choose(panel.ui.segmentationSelector, node)
    from PrintPrepLib.workflow.recipe import parse_recipe

    panel.panel.take_recipe(parse_recipe(RECIPE))
    panel._parameterNode.segmentIds = [SEGMENT]
    panel.panel.on_steps_changed()
    open_only(host, panel, "workshop")
    return panel


def box_of(panel: Any, step: str) -> Any:
    """Return the widgets of a step of the workshop, ticked."""
    box = panel.panel.sections["workshop"].box(step)
    box.tick.checked = True
    return box


def pick(host: Any, panel: Any, step: str, parameter: str, places_ras: Sequence[Sequence[float]]) -> Any:
    """Press the button beside a parameter and click these places (RAS mm); returns the markups node."""
    row = next(one for one in box_of(panel, step).picks if one.parameter == parameter)
    host.pump(0.02)
    host.click(row.pick)
    selection = host.scene.GetNodeByID("vtkMRMLSelectionNodeSingleton")
    node = host.scene.GetNodeByID(selection.GetActivePlaceNodeID())
    assert node is row.node()
    for place in places_ras:
        node.AddControlPointWorld(tuple(place))
    host.pump(0.1)
    return node


def apply(host: Any, panel: Any, button: Any = None) -> list[str]:
    """Press Apply (or another button), wait, and return what the list of the workshop says, row by row."""
    host.click(panel.ui.apply_workshop if button is None else button)
    run_to_end(host, panel)
    table = panel.ui.madeTable
    cells = [[table.item(row, column).text() for column in range(3)] for row in range(table.rowCount)]
    return [" | ".join(row).replace("\n", ", ") for row in cells]
