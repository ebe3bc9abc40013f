"""The list of cutting planes in the panel, and what is cut by them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from Testing.slicer.cut_walk import (
    BOUNDED,
    CUTS,
    NAME,
    bounds,
    plane_of,
    previews,
    settle,
    tick,
    with_model,
)
from Testing.slicer.panel_walk import open_only, pictures, prepared, run_to_end

pytest_plugins = ("Testing.slicer.host.plugin", "Testing.slicer.panel_walk")


def test_list_of_planes(host: Any) -> None:
    panel = with_model(host)
    ui = panel.ui
    host.click(ui.addPlaneButton)
    host.click(ui.addPlaneButton)
    settle(host)
    table = ui.planesTable
    assert [table.item(row, NAME).text() for row in range(2)] == ["Cut plane 1", "Cut plane 2"]
    assert [table.item(row, CUTS).text() for row in range(2)] == ["cuts everything"] * 2
    assert "Every plane is shown on the whole model" in ui.cutPreviewLabel.text
    table.item(1, NAME).setText("chin")
    assert host.scene.GetNthNodeByClass(1, "vtkMRMLMarkupsPlaneNode").GetName() == "chin"
    tick(panel, 1, BOUNDED, on=True)
    second = host.scene.GetNthNodeByClass(1, "vtkMRMLMarkupsPlaneNode")
    assert second.GetDisplayNode().GetScaleHandleVisibility()
    assert table.item(1, CUTS).text() == f"{second.GetSizeWorld()[0]:.0f} × {second.GetSizeWorld()[1]:.0f} mm"
    second.SetSizeWorld(12.0, 34.0)
    settle(host)
    assert table.item(1, CUTS).text() == "12 × 34 mm"
    table.setCurrentCell(0, NAME)
    host.click(ui.removePlaneButton)
    assert [table.item(row, NAME).text() for row in range(table.rowCount)] == ["chin"]
    host.click(ui.addPlaneButton)
    assert table.item(1, NAME).text() == "Cut plane 1"  # the first name that is free


def test_rectangle_is_cut_as_it_is_shown(host: Any) -> None:
    """The recipe that the panel writes parts one prong, and the preview shows that one prong."""
    from PrintPrepLib.mrml import mesh_from_node
    from PrintPrepLib.shape.cut.step import cut

    panel = with_model(host)
    ui = panel.ui
    host.click(ui.addPlaneButton)
    plane = plane_of(host)
    plane.SetCenterWorld(11.0, 0.0, 25.0)  # RAS: the prong at x = -11 in LPS
    tick(panel, 0, BOUNDED, on=True)
    turn = np.radians(90.0)
    plane.SetAxesWorld((np.cos(turn), np.sin(turn), 0.0), (-np.sin(turn), np.cos(turn), 0.0), (0.0, 0.0, 1.0))
    plane.SetSizeWorld(12.0, 9.0)  # 12 along y, 9 along x: turned the other way it would end in the material
    settle(host)
    assert "Section 0.80 cm² in 1 outline." in ui.cutPreviewLabel.text
    assert bounds(previews(host)["fill"])[:2] == pytest.approx([7.0, 15.0])
    panel.panel.cut.take_planes()
    values = panel.panel.sections["cut"].box("cut").row.values
    assert values["bound_size_mm"] == pytest.approx([12.0, 9.0])
    asked = {name: tuple(values[name]) for name in ("plane", "bound_size_mm", "bound_across")}
    assembly, _receipt = cut(mesh_from_node(panel.panel.results.shown_node()), pins="none", **asked)
    small = min(assembly.parts, key=lambda one: one.mesh.volume_mm3)
    assert small.mesh.volume_mm3 == pytest.approx(8.0 * 10.0 * 15.0, rel=1e-6)
    assert small.mesh.bounds[1][0] < 0.0
    plane.SetSizeWorld(9.0, 12.0)
    settle(host)
    assert "ends inside the material" in ui.cutPreviewLabel.text
    red = previews(host)["outline"].GetDisplayNode().GetColor()
    assert red[0] > 0.8
    assert red[1] < 0.2
    tick(panel, 0, BOUNDED, on=False)
    settle(host)
    assert "Section 1.60 cm² in 2 separate outlines" in ui.cutPreviewLabel.text
    panel.panel.cut.take_planes()
    assert "bound_size_mm" not in values


def test_parts_hide_the_preview_until_a_plane_moves(host: Any) -> None:
    from PrintPrepLib.mrml import add_result
    from Testing.support import shapes

    panel = with_model(host)
    host.click(panel.ui.addPlaneButton)
    settle(host)
    study = panel.panel.results.study
    meshes = [shapes.box((10.0, 10.0, 10.0), (x, 0.0, 0.0)).with_name(f"part {x}") for x in (-20, 0, 25)]
    add_result(study, "parts", meshes)
    panel.panel.cut.remember(study)
    panel.panel.refresh()
    settle(host)
    assert previews(host) == {}
    nodes = panel.panel.results.there()[-1].nodes
    assert [node.GetDisplayNode().GetOpacity() for node in nodes] == [1.0] * 3
    plane_of(host).SetCenterWorld(0.0, 0.0, 2.0)
    settle(host)
    assert set(previews(host)) == {"outline", "fill", "pins"}
    assert [node.GetDisplayNode().GetOpacity() for node in nodes] == pytest.approx([0.4] * 3)
    assert "3.00 cm²" in panel.ui.cutPreviewLabel.text  # of the whole model, not of the parts


def test_apply_cuts_by_both_planes_and_parts_come_apart(host: Any, tmp_path: Path) -> None:
    from PrintPrepLib.mrml import mesh_from_node

    panel = prepared(host)
    ui, results = panel.ui, panel.panel.results
    open_only(host, panel, "cut")
    host.click(ui.addPlaneButton)
    host.click(ui.addPlaneButton)
    tick(panel, 1, BOUNDED, on=True)
    second = host.scene.GetNthNodeByClass(1, "vtkMRMLMarkupsPlaneNode")
    axes = ((0.0, 0.6, 0.8), (0.0, -0.8, 0.6), (1.0, 0.0, 0.0))
    second.SetAxesWorld(*axes)
    second.SetSizeWorld(400.0, 300.0)  # round the whole section
    settle(host)
    assert ui.cutPreviewLabel.text.count("Section") == 2
    host.screenshot(panel.parent, pictures(tmp_path) / "cut_two_planes.png")
    whole = mesh_from_node(results.shown_node()).volume_mm3
    host.click(ui.apply_cut)
    run_to_end(host, panel)
    assert results.roles()[-1] == "parts", ui.statusLabel.text
    nodes = results.final.nodes
    assert len(nodes) > 2
    assert sum(mesh_from_node(node).volume_mm3 for node in nodes) == pytest.approx(whole, rel=0.02)
    volumes = [f"{mesh_from_node(node).volume_mm3 / 1000.0:.2f} ml" for node in nodes]
    assert [ui.partsTable.item(row, 1).text() for row in range(len(nodes))] == volumes  # as told by the receipt
    assert "bound_across" in panel._parameterNode.recipe
    assert results.outdated == ""
    settle(host)
    assert previews(host) == {}
    boxes = [bounds(node) for node in nodes]
    ui.explodeSlider.setValue(50)
    host.pump(0.02)
    moved = [np.subtract(bounds(node), box)[::2] for node, box in zip(nodes, boxes, strict=True)]
    assert all(np.linalg.norm(way) > 0.1 for way in moved)
    assert np.linalg.norm(moved[0] - moved[1]) > 1.0
    host.screenshot(panel.parent, pictures(tmp_path) / "cut_parts.png")
    ui.explodeSlider.setValue(0)
    host.pump(0.02)
    assert [bounds(node) for node in nodes] == boxes
    second.SetSizeWorld(399.0, 300.0)
    settle(host)
    assert set(previews(host)) == {"outline", "fill", "pins"}
    panel.panel.refresh()
    assert "plane was moved" in results.outdated


def test_planes_go_before_a_named_plane(host: Any) -> None:
    panel = with_model(host)
    box = panel.panel.sections["cut"].box("cut")
    through = box.editor("through").widget
    assert "add a plane" in through.itemText(0)
    box.tick.setChecked(True)
    host.choose(through, "Coronal")
    host.click(panel.ui.addPlaneButton)
    settle(host)
    assert not through.isEnabled()
    assert through.currentText == "the planes above"
    panel.panel.cut.take_planes()
    assert "through" not in box.row.values
    assert len(box.row.values["plane"]) == 6
    host.click(panel.ui.removePlaneButton)
    settle(host)
    assert through.isEnabled()
    assert "add a plane" in through.currentText
