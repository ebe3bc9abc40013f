"""The panel as a user clicks it, on the offscreen host: from the phantom to exported files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from Testing.slicer.panel_walk import (
    SECTIONS,
    export_to,
    open_only,
    open_with_phantom,
    pictures,
    prepared,
    run_to_end,
)

pytest_plugins = ("Testing.slicer.host.plugin", "Testing.slicer.panel_walk")


def test_walk_from_phantom_to_files(host: Any, own_temporary: Path, tmp_path: Path) -> None:
    panel, _node = open_with_phantom(host)
    ui = panel.ui
    host.screenshot(panel.parent, pictures(tmp_path) / "begin.png")
    host.click(ui.reviewButton)
    assert ui.scanTable.rowCount > 3
    host.screenshot(panel.parent, pictures(tmp_path) / "review.png")
    host.choose(ui.presetSelector, "Bone")
    open_only(host, panel, "export")
    host.choose(ui.printerSelector, "Original Prusa MK4")
    assert not ui.exportButton.isEnabled()
    host.click(ui.prepareButton)
    assert ui.cancelButton.isEnabled()
    assert not ui.prepareButton.isEnabled()
    host.pump(2.0)
    host.screenshot(panel.parent, pictures(tmp_path) / "running.png")
    run_to_end(host, panel)
    assert panel.panel.results.roles()[-1] == "model", ui.statusLabel.text
    assert ui.checkTable.rowCount > 20
    for name in ("surface", "export"):
        open_only(host, panel, name)
        host.screenshot(panel.parent, pictures(tmp_path) / f"{name}_done.png")
    out = tmp_path / "out"
    for name in ("ply", "glb", "obj"):
        getattr(ui, f"format_{name}").setChecked(True)
    export_to(host, panel, out, drawn=True)
    assert sorted(path.name for path in out.iterdir()) == [
        "before_after.png", "calipers.png", "deviation.png", "deviation.vtp", "model.3mf", "model.glb", "model.mtl",
        "model.obj", "model.ply", "model.png", "model.stl", "overlay.png", "recipe.toml", "record.json", "report.html",
        "thickness.png", "thickness.vtp",
    ]  # fmt: skip
    record = json.loads((out / "record.json").read_text())
    assert record["source"][0]["modality"] == "CT"
    for name in SECTIONS:
        open_only(host, panel, name)
        host.screenshot(panel.parent, pictures(tmp_path) / f"{name}.png")
    assert list(own_temporary.iterdir()) == []


def test_exported_file_is_the_checked_model(host: Any, tmp_path: Path) -> None:
    from PrintPrepLib.export import read_mesh
    from PrintPrepLib.mrml import load_record, mesh_from_node

    panel = prepared(host)
    export_to(host, panel, tmp_path / "out")
    results = panel.panel.results
    written = read_mesh(tmp_path / "out" / "model.stl")
    assert len(written.faces) == len(mesh_from_node(results.final.node).faces)
    checked = load_record(results.study)
    assert checked is not None
    told = next(one["sha256"] for one in checked["outputs"] if one["file"] == "model.stl")
    import hashlib

    assert hashlib.sha256((tmp_path / "out" / "model.stl").read_bytes()).hexdigest() == told


def test_cancel_leaves_nothing(host: Any, own_temporary: Path) -> None:
    panel, _node = open_with_phantom(host)
    host.click(panel.ui.prepareButton)
    assert host.pump(60, until=lambda: panel.ui.progressBar.value > 0)
    nodes = host.scene.GetNumberOfNodes()
    host.click(panel.ui.cancelButton)
    run_to_end(host, panel)
    assert "Canceled" in panel.ui.statusLabel.text
    assert host.scene.GetNumberOfNodes() == nodes
    assert panel.panel.results.study is None
    assert list(own_temporary.iterdir()) == []
    assert panel.ui.prepareButton.isEnabled()
    assert not panel.ui.cancelButton.isEnabled()


def test_undo_walks_back_and_check_again_goes_on(host: Any, tmp_path: Path) -> None:
    panel = prepared(host)
    ui, results = panel.ui, panel.panel.results
    assert results.roles() == ["surface", "fragments", "smooth", "simplify", "model"]
    open_only(host, panel, "surface")
    assert ui.undo_surface.text == "Undo: Simplify"
    host.click(ui.undo_surface)
    assert results.roles() == ["surface", "fragments", "smooth"]
    assert results.shown_node().GetDisplayNode().GetVisibility() == 1
    assert not ui.exportButton.isEnabled()
    assert "Check again" in ui.exportButton.toolTip
    assert panel.panel.sections["export"].state == "none"
    open_only(host, panel, "export")
    host.click(ui.checkButton)
    run_to_end(host, panel)
    assert results.roles() == ["surface", "fragments", "smooth", "model"], ui.statusLabel.text
    open_only(host, panel, "repair")
    host.click(ui.undo_repair)
    assert results.roles() == ["surface"]
    open_only(host, panel, "surface")
    host.click(ui.undo_surface)
    assert results.roles() == []
    assert not ui.undo_surface.isEnabled()


def test_before_and_after(host: Any) -> None:
    panel = prepared(host)
    open_only(host, panel, "surface")
    there = {one.role: one.node.GetDisplayNode() for one in panel.panel.results.there()}
    panel.ui.beforeCheckBox.setChecked(True)
    assert {role for role, display in there.items() if display.GetVisibility()} == {"fragments"}
    panel.ui.beforeCheckBox.setChecked(False)
    assert {role for role, display in there.items() if display.GetVisibility()} == {"model"}


def test_a_click_on_a_finding_goes_there(host: Any) -> None:
    panel = prepared(host)
    open_only(host, panel, "export")
    table = panel.panel.results._table
    row = next(number for number, place in enumerate(table._places) if place is not None)
    table.widget.cellClicked.emit(row, 1)
    x, y, z = table._places[row]
    red = host.app.layoutManager().sliceWidget("Red").mrmlSliceNode()
    center = [red.GetSliceToRAS().GetElement(axis, 3) for axis in range(3)]
    assert center == [-x, -y, z]
    camera = host.scene.GetFirstNodeByClass("vtkMRMLCameraNode")
    assert list(camera.GetFocalPoint()) == [-x, -y, z]


def test_thin_places_are_found_and_colored(host: Any, tmp_path: Path) -> None:
    panel = prepared(host)
    ui = panel.ui
    open_only(host, panel, "walls")
    host.click(ui.thinButton)
    assert "thinnest wall" in ui.statusLabel.text
    host.type_text(ui.limitEdit, "four")
    host.click(ui.thinButton)
    assert "'four'" in ui.statusLabel.text
    host.type_text(ui.limitEdit, "4")
    host.click(ui.thinButton)
    run_to_end(host, panel)
    assert ui.thinTable.rowCount >= 1, ui.statusLabel.text
    assert panel.panel.sections["walls"].state == "attention"
    assert panel.panel.results.shown_node().GetDisplayNode().GetActiveScalarName() == "thickness_mm"
    assert panel.panel.results.outdated == ""
    host.screenshot(panel.parent, pictures(tmp_path) / "walls_found.png")


def qt_state(name: str) -> Any:
    import qt

    return getattr(qt.Qt, name)


def bounds(node: Any) -> list[float]:
    box = [0.0] * 6
    node.GetRASBounds(box)
    return box


def test_ready_segments_are_used(host: Any, tmp_path: Path) -> None:
    import numpy as np

    panel, volume = open_with_phantom(host)
    ui = panel.ui
    open_only(host, panel, "segment")
    host.click(ui.editSegmentsButton)
    assert host.visited_modules[-1] == "SegmentEditor"
    host.enter(panel)
    node = panel._parameterNode.segmentation
    assert node is not None
    array = host.slicer.util.arrayFromVolume(volume)
    for name, mask in (("bone", array > 250), ("nothing", array > 30000)):
        labels = host.scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", name)
        labels.CopyOrientation(volume)
        host.slicer.util.updateVolumeFromArray(labels, mask.astype(np.uint8))
        host.slicer.vtkSlicerSegmentationsModuleLogic.ImportLabelmapToSegmentationNode(labels, node)
        host.scene.RemoveNode(labels)
    panel.panel.segment.fill()
    assert ui.segmentList.count >= 1
    assert len(panel._parameterNode.segmentIds) == 1
    host.screenshot(panel.parent, pictures(tmp_path) / "segment_ready.png")
    items = [ui.segmentList.item(row) for row in range(ui.segmentList.count)]
    for item in items:
        item.setCheckState(qt_state("Unchecked"))
    host.click(ui.prepareButton)
    assert "Tick at least one segment" in ui.statusLabel.text
    items[0].setCheckState(qt_state("Checked"))
    host.click(ui.prepareButton)
    run_to_end(host, panel)
    assert panel.panel.results.roles()[-1:] == ["model"], ui.statusLabel.text
    operations = [one["operation"] for one in panel.panel.results.receipts()]
    assert operations[0] == "from label map"
    assert "threshold" not in operations


def test_pieces_are_listed_and_kept_by_ticks(host: Any, tmp_path: Path) -> None:
    panel, _node = open_with_phantom(host)
    ui = panel.ui
    open_only(host, panel, "segment")
    panel.panel.sections["segment"].box("islands").tick.setChecked(False)
    host.pump(0.02)
    host.click(ui.prepareButton)
    run_to_end(host, panel)
    open_only(host, panel, "repair")
    assert ui.fragmentsTable.rowCount > 3, ui.statusLabel.text
    box = panel.panel.sections["repair"].box("fragments")
    ui.fragmentsTable.item(1, 0).setCheckState(qt_state("Checked"))
    assert box.row.values == {"keep_count": 2}
    assert box.editor("keep_count").widget.text == "2"
    ui.fragmentsTable.item(0, 0).setCheckState(qt_state("Unchecked"))
    listed = panel.panel.repair._fragments
    assert box.row.values == {"points_mm": list(listed[1]["at_mm"])}
    ui.fragmentsTable.item(1, 0).setCheckState(qt_state("Unchecked"))
    assert "At least one piece" in ui.statusLabel.text
    assert panel.panel.repair._table.ticked() == [1]
    ui.fragmentsTable.item(0, 0).setCheckState(qt_state("Checked"))
    ui.fragmentsTable.item(1, 0).setCheckState(qt_state("Unchecked"))
    ui.fragmentsTable.item(3, 0).setCheckState(qt_state("Checked"))
    assert box.row.values == {"points_mm": [*listed[0]["at_mm"], *listed[3]["at_mm"]]}
    host.screenshot(panel.parent, pictures(tmp_path) / "fragments.png")
    host.click(ui.apply_repair)
    run_to_end(host, panel)
    assert panel.panel.results.roles()[-1] == "model", ui.statusLabel.text
    receipt = next(one for one in panel.panel.results.receipts() if one["operation"] == "fragments")
    assert receipt["after"]["parts"] == 2
    kept = [one["volume_mm3"] for one in receipt["details"]["fragments"] if one["kept"]]
    assert kept == [listed[0]["volume_mm3"], listed[3]["volume_mm3"]]


def test_threshold_in_the_slices(host: Any) -> None:
    panel, volume = open_with_phantom(host)
    open_only(host, panel, "segment")
    display = volume.GetDisplayNode()
    before = display.GetApplyThreshold()
    panel.ui.previewCheckBox.setChecked(True)
    host.pump(0.02)
    assert display.GetApplyThreshold() == 1
    first = display.GetLowerThreshold()
    host.type_text(panel.panel.sections["segment"].box("threshold").editor("lower").widget, "310")
    assert display.GetLowerThreshold() == 310 != first
    host.leave(panel)
    assert display.GetApplyThreshold() == before


def test_several_studies(host: Any) -> None:
    panel = prepared(host)
    first = panel._parameterNode.study
    panel.ui.section_scan.collapsed = True
    host.choose(panel.ui.studySelector, None)
    assert panel.panel.results.study is None
    assert panel.panel.sections["surface"].state == "none"
    host.click(panel.ui.prepareButton)
    run_to_end(host, panel)
    second = panel._parameterNode.study
    assert second is not first
    assert panel.panel.results.roles()[-1] == "model"
    host.choose(panel.ui.studySelector, first)
    assert panel.panel.results.study.node is first
    assert panel.panel.results.roles()[-1] == "model"


def test_cut_by_a_plane_gives_parts(host: Any, tmp_path: Path) -> None:
    panel = prepared(host)
    ui = panel.ui
    open_only(host, panel, "cut")
    host.click(ui.addPlaneButton)
    assert ui.planesTable.rowCount == 1
    assert panel.panel.sections["cut"].box("cut").tick.isChecked()
    host.click(ui.apply_cut)
    run_to_end(host, panel)
    results = panel.panel.results
    assert results.roles()[-1] == "parts", ui.statusLabel.text
    assert ui.partsTable.rowCount >= 2
    host.screenshot(panel.parent, pictures(tmp_path) / "cut_done.png")
    boxes = [bounds(node) for node in results.final.nodes]
    ui.explodeSlider.setValue(80)
    host.pump(0.02)
    assert [bounds(node) for node in results.final.nodes] != boxes
    export_to(host, panel, tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert {"model.3mf", "model_01.stl", "model_02.stl"} <= set(names), names
    assert [bounds(node) for node in results.final.nodes] == boxes  # what was exported lay in its place
    from PrintPrepLib.export import read_mesh

    low = min(box[4] for box in boxes)
    both = [read_mesh(tmp_path / "out" / f"model_0{number}.stl") for number in (1, 2)]
    assert min(float(mesh.bounds[0][2]) for mesh in both) == pytest.approx(low, abs=1e-4)
    open_only(host, panel, "cut")
    plane = host.scene.GetFirstNodeByClass("vtkMRMLMarkupsPlaneNode")
    plane.SetCenterWorld(0.0, 0.0, 0.0)
    panel.panel.refresh()
    assert "plane was moved" in panel.panel.results.outdated
    host.click(ui.undo_cut)
    assert results.roles()[-1] == "simplify"
