"""The workshop as a user clicks it, on the offscreen host: each step once on a small solid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from Testing.slicer.panel_walk import pictures
from Testing.slicer.workshop_walk import apply, box_of, open_with, pick, rod, two_boxes

pytest_plugins = ("Testing.slicer.host.plugin", "Testing.slicer.panel_walk")


def test_boxes_are_made_solid_joined_labeled_and_measured(host: Any, tmp_path: Path) -> None:
    panel = open_with(host, two_boxes())
    ui = panel.ui
    box_of(panel, "solid")
    box_of(panel, "details")
    strut = box_of(panel, "strut")
    strut.set_value("diameter_mm", 4)
    box_of(panel, "stand").editor("kind").widget.setCurrentText("pedestal")
    box_of(panel, "label").set_value("text", "CASE 7")
    box_of(panel, "landing").set_value("automatic", True)
    host.click(ui.addLengthButton)
    line = host.scene.GetFirstNodeByClass("vtkMRMLMarkupsLineNode")
    line.AddControlPointWorld(6, 20, 20)
    line.AddControlPointWorld(67, 20, 20)
    host.pump(0.1)
    rows = apply(host, panel)
    host.screenshot(panel.parent, pictures(tmp_path) / "workshop_boxes.png")
    print("\n".join(rows), ui.statusLabel.text, panel.panel.results.roles())
    assert 0


def test_lumen_gets_a_wall_and_a_mirror(host: Any, tmp_path: Path) -> None:
    panel = open_with(host, rod())
    ui = panel.ui
    wall = box_of(panel, "wall")
    wall.set_value("thickness_mm", 1.5)
    node = pick(host, panel, "wall", "open_end_mm", [(16, 20, 20), (65, 20, 20)])
    print(wall.row.values)
    mirror = box_of(panel, "mirror")
    row = next(one for one in mirror.picks if one.parameter == "plane")
    host.pump(0.02)
    host.click(row.pick)
    host.pump(0.1)
    print(mirror.row.values)
    row.node().SetCenterWorld(40, 20, 20)
    host.pump(0.1)
    print(mirror.row.values)
    rows = apply(host, panel)
    host.screenshot(panel.parent, pictures(tmp_path) / "workshop_rod.png")
    print("\n".join(rows), ui.statusLabel.text, panel.panel.results.roles())
    print([n.GetName() for n in host.slicer.util.getNodesByClass("vtkMRMLModelNode")])
    assert 0
