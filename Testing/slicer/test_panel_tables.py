"""Pieces of the segmentation, undo in section 2, and holes: as a user clicks them, on the offscreen host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from Testing.slicer.panel_walk import open_only, open_with_phantom, pictures, prepared, run_to_end

pytest_plugins = ("Testing.slicer.host.plugin", "Testing.slicer.panel_walk")


def check_state(name: str) -> Any:
    import qt

    return getattr(qt.Qt, name)


def tick(table: Any, row: int, on: bool) -> None:
    table.item(row, 0).setCheckState(check_state("Checked" if on else "Unchecked"))


def with_pieces(host: Any) -> Any:
    panel, _node = open_with_phantom(host)
    open_only(host, panel, "segment")
    host.click(panel.ui.islandsButton)
    run_to_end(host, panel)
    assert panel.ui.islandsTable.rowCount > 3, panel.ui.statusLabel.text
    return panel


def test_pieces_are_listed_without_a_model_and_a_click_goes_there(host: Any, own_temporary: Path) -> None:
    panel = with_pieces(host)
    table = panel.panel.islands._table
    assert panel.panel.results.study is None
    assert "Separate pieces" in panel.ui.islandsHint.text
    assert [table.widget.item(row, 0).checkState() for row in (0, 1)] == [
        check_state("Checked"), check_state("Unchecked"),
    ]  # fmt: skip
    shares = [float(table.widget.item(row, 2).text().split()[0]) for row in range(table.widget.rowCount)]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) <= 100.1
    table.widget.cellClicked.emit(2, 1)
    x, y, z = table._places[2]
    red = host.app.layoutManager().sliceWidget("Red").mrmlSliceNode()
    assert [red.GetSliceToRAS().GetElement(axis, 3) for axis in range(3)] == pytest.approx([-x, -y, z])
    assert list(own_temporary.iterdir()) == []


def test_ticked_pieces_stay_and_are_in_the_recipe(host: Any, tmp_path: Path) -> None:
    from PrintPrepLib.workflow.recipe import parse_recipe

    panel = with_pieces(host)
    ui, box = panel.ui, panel.panel.sections["segment"].box("islands")
    pieces = panel.panel.islands._pieces["listed"]
    tick(ui.islandsTable, 0, False)
    assert "At least one piece must stay" in ui.statusLabel.text
    assert ui.islandsTable.item(0, 0).checkState() == check_state("Checked")
    tick(ui.islandsTable, 2, True)
    expected = [*pieces[0]["at_mm"], *pieces[2]["at_mm"]]
    assert box.row.values == {"seeds_mm": expected}
    recipe = parse_recipe(panel._parameterNode.recipe)
    step = next(call for call in recipe.steps if call.step.name == "islands")
    assert list(step.parameters["seeds_mm"]) == expected
    panel.panel.sections["repair"].box("fragments").set_value("keep", "all")
    host.screenshot(panel.parent, pictures(tmp_path) / "islands.png")
    host.click(ui.apply_segment)
    run_to_end(host, panel)
    receipt = next(one for one in panel.panel.results.receipts() if one["operation"] == "islands")
    assert receipt["after"]["parts"] == 2, ui.statusLabel.text
    kept = [one["volume_mm3"] for one in receipt["details"]["pieces"]["listed"] if one["kept"]]
    assert kept == [pieces[0]["volume_mm3"], pieces[2]["volume_mm3"]]
    assert [ui.islandsTable.item(row, 0).checkState() for row in range(3)] == [
        check_state(word) for word in ("Checked", "Unchecked", "Checked")
    ]
    host.screenshot(panel.parent, pictures(tmp_path) / "islands_done.png")
    tick(ui.islandsTable, 2, False)
    assert box.row.values == {"keep": "largest"}
    host.type_text(panel.panel.sections["segment"].box("threshold").editor("lower").widget, "400")
    assert "List the pieces" in ui.islandsHint.text


def test_undo_in_section_two_walks_back_over_the_label_maps(host: Any) -> None:
    panel = prepared(host)
    ui, results = panel.ui, panel.panel.results
    assert [one.role for one in results.labels()] == ["threshold", "islands", "interpolate"]
    shown = {one.role: bool(one.node.GetDisplayNode().GetVisibility()) for one in results.labels()}
    assert shown == {"threshold": False, "islands": False, "interpolate": True}
    open_only(host, panel, "segment")
    assert ui.undo_segment.text == "Undo: Interpolate thick slices"
    host.click(ui.undo_segment)
    assert results.roles() == []
    assert [one.role for one in results.labels()] == ["threshold", "islands"]
    assert results.labels()[-1].node.GetDisplayNode().GetVisibility()
    assert "as it was after 'Keep pieces (islands)'" in ui.statusLabel.text
    assert panel.panel.sections["segment"].state != "none"
    assert panel.panel.sections["surface"].state == "none"
    assert not ui.exportButton.isEnabled()
    panel.panel.sections["segment"].box("interpolate").tick.setChecked(False)
    host.pump(0.02)
    host.click(ui.apply_segment)
    run_to_end(host, panel)
    assert results.roles()[-1] == "model", ui.statusLabel.text
    assert [one.role for one in results.labels()] == ["threshold", "islands"]
    for _number in range(2):
        host.click(ui.undo_segment)
    assert results.labels() == ()
    assert not ui.undo_segment.isEnabled()
    assert host.scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 0
    assert host.scene.GetNumberOfNodesByClass("vtkMRMLModelNode") == 3  # Slicer's own: the slices


def test_a_label_map_changed_by_hand_is_not_written_over(host: Any) -> None:
    panel = prepared(host)
    results = panel.panel.results
    edited = results.labels()[1].node
    labelmap = edited.GetSegmentation().GetNthSegment(0).GetRepresentation("Binary labelmap")
    scalars = labelmap.GetPointData().GetScalars()
    index = next(number for number in range(scalars.GetNumberOfTuples()) if scalars.GetTuple1(number))
    scalars.SetTuple1(index, 0)
    labelmap.Modified()
    host.click(panel.ui.prepareButton)
    run_to_end(host, panel)
    assert [one.role for one in results.labels()] == ["threshold", "islands", "interpolate"]
    assert all(one.node is not edited for one in results.labels())
    assert edited.GetScene() is host.scene
    assert edited.GetAttribute("PrintPrep.role") is None
    host.choose(panel.ui.segmentationSelector, edited)  # it can be worked on: a segmentation like any other
    assert panel.ui.segmentList.count == 1


def test_holes_are_listed_with_what_became_of_them(host: Any, tmp_path: Path) -> None:
    from PrintPrepLib.mrml import add_result, load_record, save_record
    from PrintPrepLib.surface.holelist import open_holes
    from PrintPrepLib.surface.holes import fill_holes
    from Testing.surface.test_holelist import two_boxes

    panel = prepared(host)
    ui, results = panel.ui, panel.panel.results
    open_only(host, panel, "repair")
    assert ui.holesTable.rowCount == 0
    assert "No hole" in ui.holesHint.text
    mesh, receipt = fill_holes(two_boxes(), max_diameter_mm=5.0)
    study = results.study
    add_result(study, "model", mesh, receipts=[receipt], last=True)
    record = load_record(study)
    assert record is not None
    save_record(study, {**record, "open_holes": open_holes(mesh)})
    panel.panel.refresh()
    words = [ui.holesTable.item(row, 5).text() for row in range(ui.holesTable.rowCount)]
    assert len(words) == 2
    assert words[0].startswith("open; repair would close it")
    assert words[1].startswith("closed by 'Close holes'")
    assert [ui.holesTable.item(0, column).text() for column in (1, 2, 3, 4)] == ["11.2 mm", "50.0 mm²", "6", "1"]
    panel.panel.repair._holes.widget.cellClicked.emit(0, 1)
    red = host.app.layoutManager().sliceWidget("Red").mrmlSliceNode()
    assert [red.GetSliceToRAS().GetElement(axis, 3) for axis in range(3)] == pytest.approx([-7.5, -10.0, 20.0])
    open_only(host, panel, "repair")  # lets nested layouts settle
    host.pump(0.1)
    host.screenshot(panel.parent, pictures(tmp_path) / "holes.png")


def kept_folders(host: Any) -> list[Path]:
    return sorted(Path(host.slicer.app.temporaryPath).glob("printprep-kept-*"))


def model_hash(panel: Any) -> str:
    from PrintPrepLib.mrml import content_hash

    return str(content_hash(panel.panel.results.final.node))


def test_apply_goes_on_from_what_has_not_changed(host: Any) -> None:
    before = kept_folders(host)
    panel = prepared(host)
    ui, results = panel.ui, panel.panel.results
    assert "Went on" not in ui.statusLabel.text
    assert len(kept_folders(host)) == len(before) + 1
    open_only(host, panel, "surface")
    box = panel.panel.sections["surface"].box("smooth")
    first = model_hash(panel)
    box.set_value("bound_voxels", 0.3)
    host.click(ui.prepareButton)
    run_to_end(host, panel)
    assert "Went on from 'Fragments': nothing up to there had changed." in ui.statusLabel.text
    operations = [one["operation"] for one in results.receipts()]
    assert operations == [
        "threshold", "islands", "shape interpolation", "surface", "fragments", "smooth", "simplify",
    ]  # fmt: skip
    gone_on = model_hash(panel)
    assert gone_on != first
    panel.panel.running.kept.forget()
    host.click(ui.prepareButton)
    run_to_end(host, panel)
    assert "Went on" not in ui.statusLabel.text
    assert model_hash(panel) == gone_on
    box.set_value("bound_voxels", 0.5)
    host.click(ui.prepareButton)
    run_to_end(host, panel)
    assert model_hash(panel) == first
    host.click(ui.apply_surface)  # without the steps of section 4
    run_to_end(host, panel)
    assert "Went on from 'Make the surface'" in ui.statusLabel.text
    host.close_scene()
    assert kept_folders(host) == before
