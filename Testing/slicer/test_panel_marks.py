"""Places, planes and lengths that are marked in the views, and what steps get of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from Testing.slicer.panel_walk import open_only
from Testing.slicer.support_mrml import add_transform, turn
from Testing.slicer.workshop_walk import box_of, open_with, pick, two_boxes

pytest_plugins = ("Testing.slicer.host.plugin", "Testing.slicer.panel_walk")


def test_a_point_lands_at_its_place_in_lps(host: Any) -> None:
    panel = open_with(host, two_boxes())
    label = box_of(panel, "label")
    node = pick(host, panel, "label", "at_mm", [(10, 20, 31.5)])
    assert label.row.values["at_mm"] == [-10.0, -20.0, 31.5]
    assert label.editor("at_mm").widget.text == "-10, -20, 31.5"
    assert node.GetMaximumNumberOfControlPoints() == 1
    add_transform(host.scene, turn((0, 0, 1), 0.0, (5.0, 0.0, 0.0)), node)
    host.pump(0.1)
    panel.panel.workshop.take_marks()
    assert label.row.values["at_mm"] == [-15.0, -20.0, 31.5]  # as it is seen in the views
    host.type_text(label.editor("at_mm").widget, "1, 2, 3")
    assert list(node.GetNthControlPointPositionWorld(0)) == pytest.approx([-1.0, -2.0, 3.0])
    row = next(one for one in label.picks if one.parameter == "at_mm")
    host.click(row.clear)
    assert "at_mm" not in label.row.values
    assert node.GetScene() is None


def test_places_a_direction_and_a_radius(host: Any) -> None:
    panel = open_with(host, two_boxes())
    strut = box_of(panel, "strut")
    pick(host, panel, "strut", "from_mm", [(41, 20, 20), (41, 12, 20)])
    node = pick(host, panel, "strut", "protect_at", [(1, 2, 3)])
    assert strut.row.values["from_mm"] == [-41.0, -20.0, 20.0, -41.0, -12.0, 20.0]
    assert strut.row.values["protect_at"] == [-1.0, -2.0, 3.0, 5.0]
    row = next(one for one in strut.picks if one.parameter == "protect_at")
    host.type_text(row.radius, "2.5")
    assert strut.row.values["protect_at"] == [-1.0, -2.0, 3.0, 2.5]
    host.scene.RemoveNode(node)
    host.pump(0.1)
    assert strut.row.values["protect_at"] == [-1.0, -2.0, 3.0, 2.5]  # numbers stay until they are cleared
    stand = box_of(panel, "stand")
    up = next(one for one in stand.picks if one.parameter == "up")
    host.pump(0.02)
    host.click(up.pick)
    assert stand.row.values["up"] == [0.0, 0.0, 1.0]
    up.node().SetNormalWorld(0.0, 1.0, 0.0)
    host.pump(0.1)
    assert stand.row.values["up"] == pytest.approx([0.0, -1.0, 0.0])


def test_a_model_is_protected_by_balls(host: Any) -> None:
    import numpy as np

    from PrintPrepLib.mrml import fill_model
    from Testing.support import shapes

    panel = open_with(host, two_boxes())
    strut = box_of(panel, "strut")
    model = host.scene.AddNewNodeByClass("vtkMRMLModelNode", "nerve")
    fill_model(model, shapes.sphere(4.0, (-20.0, -20.0, 20.0)))
    row = next(one for one in strut.picks if one.parameter == "protect_at")
    host.type_text(row.radius, "1")
    host.choose(row.models, model)
    balls = np.array(strut.row.values["protect_at"]).reshape(-1, 4)
    assert np.allclose(balls[:, :3].mean(axis=0), (-20.0, -20.0, 20.0), atol=0.5)
    assert "'nerve' is protected" in panel.ui.statusLabel.text
    host.click(row.clear)
    assert "protect_at" not in strut.row.values
    assert row.models.currentNode() is None


def test_lengths_reach_the_recipe_and_are_listed(host: Any, tmp_path: Path) -> None:
    panel = open_with(host, two_boxes())
    ui = panel.ui
    host.click(ui.addLengthButton)
    line = host.scene.GetFirstNodeByClass("vtkMRMLMarkupsLineNode")
    host.pump(0.1)
    assert panel.panel.steps.calipers == ()  # not placed yet
    line.AddControlPointWorld(6, 20, 20)
    line.AddControlPointWorld(42, 20, 20)
    host.pump(0.1)
    assert ui.lengthsTable.item(0, 1).text() == "36.0 mm"
    assert "from_mm = [-6.0, -20.0, 20.0]" in panel._parameterNode.recipe
    host.save_scene(tmp_path / "case.mrb")
    host.load_scene(tmp_path / "case.mrb")
    open_only(host, panel, "workshop")
    assert ui.lengthsTable.item(0, 1).text() == "36.0 mm"
    again = host.scene.GetFirstNodeByClass("vtkMRMLMarkupsLineNode")
    again.SetNthControlPointPositionWorld(1, 16, 20, 20)
    host.pump(0.1)
    assert ui.lengthsTable.item(0, 1).text() == "10.0 mm"
    ui.lengthsTable.selectRow(0)
    host.click(ui.removeLengthButton)
    assert ui.lengthsTable.rowCount == 0
    assert "[[caliper]]" not in panel._parameterNode.recipe


def test_steps_of_the_workshop_are_off_and_in_groups(host: Any) -> None:
    panel = open_with(host, two_boxes())
    section = panel.panel.sections["workshop"]
    from PrintPrepPanel.workshopwords import RUN_ORDER, WORKSHOP_STEPS

    from PrintPrepLib.workflow.steps import STEPS

    assert {box.row.step.name for box in section.boxes} == set(WORKSHOP_STEPS) & set(STEPS)
    assert set(WORKSHOP_STEPS) <= set(STEPS)
    assert set(RUN_ORDER) == {*WORKSHOP_STEPS, "thicken"}
    assert not any(box.row.ticked for box in section.boxes)
    for box in section.boxes:
        known = {spec.name for spec in box.row.step.parameters}
        assert {one.parameter for one in box.picks} <= known
        if box.row.step.name != "details":
            from PrintPrepPanel.workshopwords import MAIN

            assert set(MAIN[box.row.step.name]) <= known, box.row.step.name


def test_advice_of_the_command_line_is_told_in_the_panels_words(host: Any) -> None:
    open_with(host, two_boxes())
    from PrintPrepPanel.panelwords import in_panel_words

    for library, panel_words in (
        ("Another printer (--printer).", "the printer on top of the panel"),
        ("Thicken: printprep thicken --limit 1.2 --direction outward.", "'Thicken thin walls' in section 5"),
        (
            "Split it: printprep split MODEL --printer mk4 -o PARTS. Then",
            "'Split to fit the printer' in section 7. Then",
        ),
        ("Plan it with: printprep plan.", "'Plan the print' in section 8."),
        ("or --drains 0 for closed hollows", "'Drains' 0 for closed hollows"),
    ):
        told = in_panel_words(library)
        assert panel_words in told
        assert "--" not in told
        assert "printprep" not in told
