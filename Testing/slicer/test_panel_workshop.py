"""The workshop as a user clicks it, on the offscreen host: each step once on a small solid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from Testing.slicer.panel_walk import export_to, pictures
from Testing.slicer.workshop_walk import apply, box_of, open_with, pick, rod, two_boxes

pytest_plugins = ("Testing.slicer.host.plugin", "Testing.slicer.panel_walk")


def test_boxes_are_made_solid_joined_labeled_and_stood_up(host: Any, tmp_path: Path) -> None:
    panel = open_with(host, two_boxes())
    box_of(panel, "solid")
    box_of(panel, "details")
    box_of(panel, "strut").set_value("diameter_mm", 4)
    box_of(panel, "stand").editor("kind").widget.setCurrentText("Flat base, cut off")
    box_of(panel, "landing").set_value("lengths", 1)
    box_of(panel, "label").set_value("text", "CASE 7")
    rows = apply(host, panel)
    host.screenshot(panel.parent, pictures(tmp_path) / "workshop_boxes.png")
    assert panel.panel.results.roles() == [
        "surface", "solid", "details", "strut", "stand", "landing", "label", "model",
    ]  # fmt: skip
    for step, words in (
        ("Solid", "hole closed"),
        ("Strut", "strut from part 1 to part 2"),
        ("Stand", "flat base"),
        ("Landing", "landing block 1"),
        ("Label", "'CASE 7', raised"),
    ):
        assert any(f"| {step} | " in row and words in row for row in rows), rows
    hole = next(row for row in rows if "hole closed" in row)
    assert "R 24, A 20" in hole  # where it was made, in the patient's letters
    number = rows.index(hole)
    host.app.processEvents()
    panel.ui.madeTable.cellClicked.emit(number, 2)
    crosshair = host.scene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    assert abs(crosshair.GetCrosshairRAS()[0] - 23.5) < 1.0
    assert panel.panel.sections["workshop"].undo.enabled
    host.click(panel.ui.undo_workshop)
    assert panel.panel.results.roles()[-1] == "landing"


def test_a_hole_that_is_unticked_stays_open(host: Any) -> None:
    import qt

    panel = open_with(host, two_boxes())
    ui = panel.ui
    solid = box_of(panel, "solid")
    rows = apply(host, panel)
    assert sum("hole closed" in row for row in rows) == 1
    ui.madeTable.item(0, 0).setCheckState(qt.Qt.Unchecked)
    host.pump(0.05)
    place = solid.row.values["leave_at_mm"]
    assert [round(value) for value in place[:2]] in ([-24, -20], [-23, -20])
    rows = apply(host, panel)
    assert not any("hole closed" in row for row in rows)
    assert any("left open by hand" in row for row in rows)
    assert ui.madeTable.item(0, 0).checkState() == qt.Qt.Unchecked
    ui.madeTable.item(0, 0).setCheckState(qt.Qt.Checked)
    host.pump(0.05)
    assert "leave_at_mm" not in solid.row.values


def test_a_lumen_gets_a_wall_and_its_mirror_image_is_called_so(host: Any, tmp_path: Path) -> None:
    panel = open_with(host, rod())
    box_of(panel, "wall").set_value("thickness_mm", 1.5)
    pick(host, panel, "wall", "open_end_mm", [(16, 20, 20), (65, 20, 20)])
    mirror = box_of(panel, "mirror")
    row = next(one for one in mirror.picks if one.parameter == "plane")
    host.pump(0.02)
    host.click(row.pick)
    row.node().SetCenterWorld(40, 20, 20)
    host.pump(0.1)
    assert mirror.row.values["plane"] == [-40.0, -20.0, 20.0, 1.0, 0.0, 0.0]
    box_of(panel, "scale").set_value("factor", 2)
    host.click(panel.ui.addLengthButton)
    line = host.scene.GetFirstNodeByClass("vtkMRMLMarkupsLineNode")
    line.AddControlPointWorld(40, 20, 12.5)
    line.AddControlPointWorld(40, 20, 27.5)
    line.SetName("Width of the vessel")
    host.pump(0.1)
    rows = apply(host, panel)
    host.screenshot(panel.parent, pictures(tmp_path) / "workshop_rod.png")
    assert sum("end opened" in one for one in rows) == 2
    assert any("MIRRORED" in one for one in rows)
    names = {one.role: one.node.GetName() for one in panel.panel.results.there()}
    assert names["wall"] == "Wall"
    assert names["mirror"] == "Mirror MIRRORED"
    assert "MIRRORED" in names["model"]
    assert "SCALE-2" in names["model"]
    assert 'name = "Width of the vessel"' in panel.panel.results.recipe_text()
    export_to(host, panel, tmp_path / "out")
    made = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert any(name.startswith("model_MIRRORED_SCALE-2") for name in made), (made, panel.ui.statusLabel.text)
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert any("Width of the vessel" in json.dumps(one) for one in record["calipers"])


def test_a_block_is_hollowed_grown_combined_and_laid(host: Any) -> None:
    panel = open_with(host, two_boxes()[:, :, :45])
    box_of(panel, "hollow").set_value("wall_mm", 3)
    box_of(panel, "offset").set_value("by_mm", 0.5)
    body = box_of(panel, "boolean")
    body.editor("operation").widget.setCurrentText("Model and body together")
    body.editor("shape").widget.setCurrentText("Ball")
    pick(host, panel, "boolean", "at_mm", [(24.3, 20.2, 31.4)])
    body.set_value("size_mm", [9.3])
    panel.panel.sections["plan"].box("place").tick.checked = True
    rows = apply(host, panel, panel.ui.prepareButton)
    assert any("| Hollow | drain" in row for row in rows), (rows, panel.ui.statusLabel.text)
    assert panel.panel.results.roles()[-3:] == ["offset", "boolean", "model"]
    assert [one["operation"] for one in panel.panel.results.receipts()][-1] == "place"
    assert panel.panel.sections["plan"].state != "none"
