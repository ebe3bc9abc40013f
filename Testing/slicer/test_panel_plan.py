"""The plan of the print and how the model lies, as a user clicks it, on the offscreen host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from Testing.slicer.panel_walk import export_to, open_only, open_with_phantom, pictures, prepared, run_to_end

pytest_plugins = ("Testing.slicer.host.plugin", "Testing.slicer.panel_walk")


def _plan(host: Any, panel: Any) -> None:
    open_only(host, panel, "plan")
    host.click(panel.ui.planButton)
    run_to_end(host, panel)


def test_advice_candidates_and_the_last_step(host: Any, tmp_path: Path) -> None:
    panel, _node = open_with_phantom(host)
    ui = panel.ui
    host.choose(ui.printerSelector, "Original Prusa MK4")
    host.choose(ui.materialSelector, "PETG")
    host.click(ui.prepareButton)
    run_to_end(host, panel)
    open_only(host, panel, "plan")
    assert panel.panel.sections["plan"].state != "none"  # the run has planned by itself: use and printer are chosen
    subjects = [ui.planTable.item(row, 0).text() for row in range(ui.planTable.rowCount)]
    assert {"process", "printer", "material", "supports"} <= {one.removeprefix("! ") for one in subjects}
    assert ui.orientTable.rowCount == 0
    assert "PETG" in ui.planLabel.text
    _plan(host, panel)
    row = [one.removeprefix("! ") for one in subjects].index("material")
    told = ui.planTable.item(row, 1).text()
    assert "Why: " in told
    assert "Would change it: " in told
    assert ui.orientTable.rowCount > 5
    assert ui.orientPicture.isVisible()
    assert not ui.layButton.isEnabled()
    ui.orientTable.selectRow(2)
    host.click(ui.layButton)
    host.screenshot(panel.parent, pictures(tmp_path) / "plan.png")
    box = panel.panel.sections["plan"].box("orient")
    assert box.tick.isChecked()
    assert box.row.values["up"] == [round(value, 6) for value in panel.panel.plan._ups[2]]
    host.click(ui.apply_plan)
    run_to_end(host, panel)
    receipt = next(one for one in panel.panel.results.receipts() if one["operation"] == "orient")
    assert receipt["details"]["chosen"]["up"] == box.row.values["up"]
    assert panel.panel.sections["plan"].state in ("done", "attention")
    assert ui.orientTable.rowCount == 0  # the plan was of the model before
    export_to(host, panel, tmp_path / "out")
    assert (tmp_path / "out" / "model_print.stl").is_file(), ui.statusLabel.text
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert record["print_plan"]["material"] == "petg"
    assert record["print_plan"]["advice"]["use"] == "surgical-planning"
    assert "Prusa MK4" in (tmp_path / "out" / "report.html").read_text()


def test_the_plan_is_kept_with_the_scene_and_another_use_gets_another(host: Any, tmp_path: Path) -> None:
    panel = prepared(host)
    ui = panel.ui
    _plan(host, panel)
    first = [ui.planTable.item(row, 1).text() for row in range(ui.planTable.rowCount)]
    host.save_scene(tmp_path / "case.mrb")
    host.load_scene(tmp_path / "case.mrb")
    assert [ui.planTable.item(row, 1).text() for row in range(ui.planTable.rowCount)] == first
    assert ui.orientTable.rowCount > 5
    ui.useSelector.setEditText("teaching")
    _plan(host, panel)
    second = [ui.planTable.item(row, 1).text() for row in range(ui.planTable.rowCount)]
    assert second != first


def test_what_cannot_be_planned_is_said(host: Any) -> None:
    panel = prepared(host)
    ui = panel.ui
    open_only(host, panel, "plan")
    for words in ("a doorstop", ""):
        ui.useSelector.setEditText(words)
        host.click(ui.planButton)
        assert "surgical planning" in ui.statusLabel.text
        assert not panel.panel.runner.running
    open_only(host, panel, "surface")
    host.click(ui.undo_surface)
    open_only(host, panel, "plan")
    assert not ui.planButton.isEnabled()
    assert "Press Prepare" in ui.planButton.toolTip


def test_a_part_is_planned_and_laid_by_itself(host: Any) -> None:
    panel = prepared(host)
    ui = panel.ui
    open_only(host, panel, "cut")
    host.click(ui.addPlaneButton)
    host.click(ui.apply_cut)
    run_to_end(host, panel)
    open_only(host, panel, "plan")
    assert ui.planOfSelector.count == len(panel.panel.results.final.nodes) > 1
    ui.planOfSelector.setCurrentIndex(1)
    name = ui.planOfSelector.currentText
    _plan(host, panel)
    assert name in ui.planLabel.text, ui.statusLabel.text
    ui.orientTable.selectRow(0)
    host.click(ui.layButton)
    assert "in parts" in ui.statusLabel.text
    assert not panel.panel.sections["plan"].box("orient").tick.isChecked()
