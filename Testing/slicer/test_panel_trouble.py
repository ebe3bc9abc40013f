"""The panel when something is wrong: missing packages, bad input, changed inputs, closed scenes, failed checks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from Testing.slicer.panel_walk import (
    MODULE,
    accept_failures,
    export_to,
    open_only,
    open_with_phantom,
    pictures,
    prepared,
    run_to_end,
)

pytest_plugins = ("Testing.slicer.host.plugin", "Testing.slicer.panel_walk")


def test_nothing_chosen(host: Any) -> None:
    panel = host.open(MODULE)
    host.click(panel.ui.prepareButton)
    assert "Choose a scan" in panel.ui.statusLabel.text
    host.click(panel.ui.reviewButton)
    assert "Choose a scan" in panel.ui.statusLabel.text
    for name, button in (("walls", "thinButton"), ("segment", "editSegmentsButton")):
        open_only(host, panel, name)
        host.click(getattr(panel.ui, button))
        assert panel.ui.statusLabel.text.endswith(".")
    assert not panel.panel.runner.running


def test_missing_packages_without_internet(host: Any, own_temporary: Path) -> None:
    host.packages.missing.add("manifold3d")
    host.packages.offline = True
    panel, _node = open_with_phantom(host)
    host.click(panel.ui.reviewButton)  # works without them
    assert panel.ui.scanTable.rowCount > 3
    if host.packages.offline:
        host.dialogs.answer(True)
    host.click(panel.ui.prepareButton)
    text = panel.ui.statusLabel.text
    assert "manifold3d" in text
    assert "wheels" in text
    assert "--only-binary=:all: --python-version 3.12 -d wheels" in text  # to be typed as it is
    assert "--no-index --find-links FOLDER" in text
    assert not panel.panel.runner.running
    assert list(own_temporary.iterdir()) == []


def test_missing_packages_installed_with_consent(host: Any) -> None:
    host.packages.missing.add("trimesh")
    panel, _node = open_with_phantom(host)
    assert host.packages.ensured == []
    host.dialogs.answer(True)
    host.click(panel.ui.prepareButton)
    assert host.packages.installed
    assert panel.panel.runner.running
    host.click(panel.ui.cancelButton)
    run_to_end(host, panel)


@pytest.mark.parametrize(
    ("section", "step", "parameter", "typed", "word"),
    [
        ("segment", "threshold", "lower", "high", "number"),
        ("surface", "smooth", "bound_mm", "-1", "at least"),
        ("repair", "fragments", "keep_count", "1.5", "whole number"),
        ("walls", "thicken", "limit_mm", "", "needed"),
        ("cut", "cut", "pin_diameter_mm", "99", "at most"),
    ],
)
def test_bad_input(host: Any, section: str, step: str, parameter: str, typed: str, word: str) -> None:
    panel, _node = open_with_phantom(host)
    open_only(host, panel, section)
    box = panel.panel.sections[section].box(step)
    box.tick.setChecked(True)
    host.pump(0.02)
    if typed:
        host.type_text(box.editor(parameter).widget, typed)
        assert word in box.editor(parameter).widget.toolTip
    host.click(panel.ui.prepareButton)
    assert word in panel.ui.statusLabel.text
    assert not panel.panel.runner.running


def test_a_recipe_that_the_library_refuses(host: Any) -> None:
    panel, _node = open_with_phantom(host)
    open_only(host, panel, "segment")
    panel.panel.sections["segment"].box("threshold").tick.setChecked(False)
    host.click(panel.ui.prepareButton)
    assert "threshold" in panel.ui.statusLabel.text
    assert not panel.panel.runner.running


def test_a_run_that_fails_says_why(host: Any, own_temporary: Path) -> None:
    panel, _node = open_with_phantom(host)
    open_only(host, panel, "segment")
    box = panel.panel.sections["segment"].box("threshold")
    box.set_value("lower", 30000.0)
    host.click(panel.ui.prepareButton)
    run_to_end(host, panel)
    assert panel.panel.results.study is None
    assert "c0392b" in panel.ui.statusLabel.styleSheet
    assert panel.ui.statusLabel.text.endswith(".")
    assert list(own_temporary.iterdir()) == []


def test_input_changed_while_running(host: Any) -> None:
    panel, node = open_with_phantom(host)
    host.click(panel.ui.prepareButton)
    array = host.slicer.util.arrayFromVolume(node)
    array[0, 0, 0] += 1
    host.slicer.util.arrayFromVolumeModified(node)
    run_to_end(host, panel)
    assert "was changed while" in panel.ui.statusLabel.text
    assert panel.panel.results.roles() == []


def test_input_changed_afterwards(host: Any, tmp_path: Path) -> None:
    panel = prepared(host)
    node = panel._parameterNode.volume
    open_only(host, panel, "export")
    panel.ui.folderEdit.setCurrentPath(str(tmp_path))
    host.pump(0.02)
    array = host.slicer.util.arrayFromVolume(node)
    array[0, 0, 0] += 1
    host.slicer.util.arrayFromVolumeModified(node)
    host.click(panel.ui.exportButton)  # nothing has looked since
    assert "out of date" in panel.ui.statusLabel.text
    assert list(tmp_path.iterdir()) == []
    host.leave(panel)
    host.enter(panel)
    assert panel.panel.sections["surface"].state == "stale"
    assert not panel.ui.exportButton.isEnabled()


def test_model_changed_by_hand(host: Any) -> None:
    panel = prepared(host)
    polydata = panel.panel.results.final.node.GetPolyData()
    x, y, z = polydata.GetPoint(0)
    polydata.GetPoints().SetPoint(0, x + 1.0, y, z)
    polydata.GetPoints().Modified()
    panel.panel.refresh()
    assert "by hand" in panel.panel.results.outdated
    assert not panel.ui.exportButton.isEnabled()


def test_failed_check_needs_a_reason(host: Any, tmp_path: Path) -> None:
    panel, _node = open_with_phantom(host)
    ui = panel.ui
    from PrintPrepLib.workflow.recipe import load_preset

    strict = tmp_path / "strict.toml"
    strict.write_text(load_preset("bone").to_toml().replace("accuracy_mm = 0.5", "accuracy_mm = 0.05"))
    host.dialogs.answer(str(strict))
    host.click(ui.loadStepsButton)
    host.click(ui.prepareButton)
    run_to_end(host, panel)
    assert panel.panel.results.failed, ui.statusLabel.text
    assert panel.panel.sections["export"].state == "fail"
    open_only(host, panel, "export")
    folder = tmp_path / "out"
    folder.mkdir()
    ui.folderEdit.setCurrentPath(str(folder))
    host.pump(0.02)
    assert not ui.exportButton.isEnabled()
    assert "Accept what was found" in ui.exportButton.toolTip
    ui.anywayCheckBox.setChecked(True)
    host.pump(0.02)
    assert not ui.exportButton.isEnabled()
    assert "reason" in ui.exportButton.toolTip
    accept_failures(host, panel, "for teaching, the surgeon knows")
    host.type_text(ui.acceptedByEdit, "AB")
    host.screenshot(panel.parent, pictures(tmp_path) / "accepted.png")
    host.click(ui.exportButton)
    run_to_end(host, panel)
    record = json.loads((folder / "record.json").read_text())
    failed = [one for one in record["findings"] if one["severity"] == "fail"]
    assert failed
    for one in failed:
        assert one["override"] == {"reason": "for teaching, the surgeon knows", "by": "AB"}
    assert record["ready"] is False
    assert "for teaching, the surgeon knows" in (folder / "report.html").read_text()
    host.click(ui.prepareButton)  # another run may find something else: no reason goes over to it
    run_to_end(host, panel)
    assert not ui.exportButton.isEnabled()
    assert panel.panel.export.accept.reasons() == {}


def test_files_in_the_way_are_asked_about(host: Any, tmp_path: Path) -> None:
    panel = prepared(host)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "model.stl").write_text("mine")
    host.dialogs.answer(False)
    export_to(host, panel, tmp_path / "out")
    assert (tmp_path / "out" / "model.stl").read_text() == "mine"
    host.dialogs.answer(True)
    host.click(panel.ui.exportButton)
    run_to_end(host, panel)
    assert (tmp_path / "out" / "model.stl").read_bytes()[:4] != b"mine"


def test_scene_closed_in_the_middle(host: Any, own_temporary: Path) -> None:
    panel, _node = open_with_phantom(host)
    host.click(panel.ui.prepareButton)
    assert host.pump(60, until=lambda: panel.ui.progressBar.value > 0)
    host.close_scene()
    assert not panel.panel.runner.running
    assert list(own_temporary.iterdir()) == []
    host.pump(0.5)
    assert panel._parameterNode is not None
    host.click(panel.ui.prepareButton)
    assert "Choose a scan" in panel.ui.statusLabel.text


def test_scene_saved_and_read(host: Any, tmp_path: Path) -> None:
    panel = prepared(host)
    ui = panel.ui
    open_only(host, panel, "surface")
    box = panel.panel.sections["surface"].box("smooth")
    host.type_text(box.editor("bound_mm").widget, "0.7")
    open_only(host, panel, "export")
    host.choose(ui.printerSelector, "Original Prusa MK4")
    ui.folderEdit.setCurrentPath(str(tmp_path))
    ui.useSelector.setEditText("teaching")
    host.save_scene(tmp_path / "case.mrb")
    host.load_scene(tmp_path / "case.mrb")
    stored = panel._parameterNode
    assert stored.use == "teaching"
    assert stored.printer == "prusa-mk4"
    assert stored.volume is not None
    assert stored.formats == ["stl", "3mf"]
    assert ui.useSelector.currentText == "teaching"
    assert panel.panel.sections["surface"].box("smooth").editor("bound_mm").widget.text == "0.7"
    assert panel.panel.results.roles()[-1] == "model"
    assert panel.panel.results.outdated == ""
    assert panel.panel.sections["surface"].state in ("done", "attention", "fail")
    export_to(host, panel, tmp_path / "out")
    assert (tmp_path / "out" / "model.stl").is_file()


def test_leaving_and_coming_back_while_running(host: Any) -> None:
    panel, _node = open_with_phantom(host)
    host.click(panel.ui.prepareButton)
    host.leave(panel)
    host.pump(0.5)
    host.enter(panel)
    run_to_end(host, panel)
    assert panel.panel.results.roles()[-1:] == ["model"], panel.ui.statusLabel.text


def test_a_run_that_ends_while_another_module_is_shown(host: Any) -> None:
    panel, _node = open_with_phantom(host)
    host.click(panel.ui.prepareButton)
    host.leave(panel)
    run_to_end(host, panel)
    host.enter(panel)
    assert panel.panel.results.roles()[-1:] == ["model"], panel.ui.statusLabel.text


def test_reloaded_while_running(host: Any, own_temporary: Path) -> None:
    panel, _node = open_with_phantom(host)
    host.click(panel.ui.prepareButton)
    assert panel.panel.runner.running
    panel.cleanup()
    assert not panel.panel.runner.running
    assert list(own_temporary.iterdir()) == []
    panel.cleanup()  # twice does no harm
    panel.initializeParameterNode()


def test_a_crash_of_the_work_is_a_message(host: Any, own_temporary: Path) -> None:
    import os
    import signal

    panel, _node = open_with_phantom(host)
    host.click(panel.ui.prepareButton)
    os.kill(panel.panel.runner._job.process_id, signal.SIGKILL)
    run_to_end(host, panel)
    assert "unexpectedly" in panel.ui.statusLabel.text
    assert panel.ui.prepareButton.isEnabled()
    assert list(own_temporary.iterdir()) == []


def test_steps_saved_and_loaded(host: Any, tmp_path: Path) -> None:
    from PrintPrepLib.workflow.recipe import load_recipe

    panel, _node = open_with_phantom(host)
    open_only(host, panel, "walls")
    box = panel.panel.sections["walls"].box("thicken")
    box.tick.setChecked(True)
    host.type_text(box.editor("limit_mm").widget, "1.2")
    host.dialogs.answer(str(tmp_path / "mine.toml"))
    host.click(panel.ui.saveStepsButton)
    recipe = load_recipe(tmp_path / "mine.toml")
    assert [call.step.name for call in recipe.steps][-1] == "thicken"
    host.choose(panel.ui.presetSelector, "Vessel")
    assert not panel.panel.sections["walls"].box("thicken").tick.isChecked()
    host.dialogs.answer(str(tmp_path / "mine.toml"))
    host.click(panel.ui.loadStepsButton)
    box = panel.panel.sections["walls"].box("thicken")
    assert box.tick.isChecked()
    assert box.editor("limit_mm").widget.text == "1.2"
    (tmp_path / "bad.toml").write_text('schema = "printprep-recipe/1"\n[[step]]\ndo = "smoth"\n')
    host.dialogs.answer(str(tmp_path / "bad.toml"))
    host.click(panel.ui.loadStepsButton)
    assert "smooth" in panel.ui.statusLabel.text
    assert panel.panel.sections["walls"].box("thicken").tick.isChecked()
