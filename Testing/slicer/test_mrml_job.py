"""A background run: the scene's inputs into a folder, the command line on it, its results in the scene."""

from __future__ import annotations

import json

import numpy as np
import pytest

from PrintPrepLib import mrml
from PrintPrepLib.cli import main
from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.export import read_mesh
from PrintPrepLib.workflow.recipe import parse_recipe
from Testing.slicer import support_mrml as s

RECIPE = """schema = "printprep-recipe/1"
[[step]]
do = "surface"
[[step]]
do = "smooth"
bound_voxels = 0.5
"""
CUT = """
[[step]]
do = "cut"
plane = [{}]
pins = "none"
"""
TURN = s.turn((0.0, 1.0, 1.0), 50.0, (12.0, -30.0, 7.0))


def prepared(scene):
    scan = s.add_volume(scene, s.left_handed())
    scan.SetAttribute("DICOM.instanceUIDs", "1.2.3.4.1 1.2.3.4.2")
    node = s.add_segmentation(scene, s.left_handed(), scan)
    s.add_transform(scene, TURN, node, scan)
    study = mrml.create_study(scene, segmentation_node=node, volume_node=scan)
    return study, [mrml.InputNode(node, (s.SEGMENT,)), mrml.InputNode(scan)]


def exported(study, recipe, folder):
    volume = mrml.volume_from_node(study.volume_node)
    labels = mrml.labels_from_node(study.segmentation_node, [s.SEGMENT]).labels
    return mrml.export_job(volume, parse_recipe(recipe), labels=labels, label=s.SEGMENT, folder=folder)


def test_results_of_a_run_come_back_into_the_scene(scene, tmp_path, capsys):
    study, inputs = prepared(scene)
    job = exported(study, RECIPE, tmp_path / "job")
    assert main([*job.words, "--json"]) in (0, 1)
    answer = json.loads(capsys.readouterr().out)
    assert answer["steps"]
    made = mrml.import_results(study, job.folder, inputs=inputs)
    assert [one.role for one in made] == ["surface", "smooth", "model"]
    assert [row["operation"] for row in made[0].receipts] == ["from label map", "surface"]
    assert [row["operation"] for row in made[1].receipts] == ["smooth"]
    corners = s.box_corners_lps(s.left_handed(), TURN)
    mesh = mrml.mesh_from_node(made[0].node)
    assert mesh.vertices.mean(axis=0) == pytest.approx(corners.mean(axis=0), abs=0.01)
    assert mesh.volume_mm3 > 0.9 * s.BOX_MM3
    assert "thickness_mm" in mrml.mesh_from_node(made[-1].node).scalars
    assert made[-1].node.GetDisplayNode().GetVisibility()
    assert not any(mrml.is_stale(one.node) for one in made)
    record = mrml.load_record(study)
    assert record["source"][0]["kind"] == "dicom"
    assert record["source"][0]["series_id"].startswith("salted-")
    assert mrml.volume_from_node(study.volume_node).source.series_id not in study.node.GetText()
    assert str(tmp_path) not in study.node.GetText()
    again = mrml.import_results(study, job.folder, inputs=inputs)
    assert [one.node for one in again] == [one.node for one in made]
    s.clear_segment(study.segmentation_node, s.SEGMENT)
    assert all(mrml.is_stale(one.node) for one in made)


def test_parts_of_a_cut_come_back_as_several_models(scene, tmp_path, capsys):
    study, inputs = prepared(scene)
    corners = s.box_corners_lps(s.left_handed(), TURN)
    middle = corners.mean(axis=0)
    plane = mrml.cut_plane_to_node(scene, mrml.cut_plane_from_node(_plane_along_i(scene, middle)))
    cut = mrml.cut_plane_from_node(plane)
    words = ",".join(f"{value:.9g}" for value in (*cut.point_mm, *cut.normal))
    job = exported(study, RECIPE + CUT.format(words), tmp_path / "job")
    code = main([*job.words, "--json"])
    told = capsys.readouterr()
    assert code in (0, 1), told.err
    made = mrml.import_results(study, job.folder, inputs=inputs)
    assert made[-1].role == "parts"
    assert len(made[-1].nodes) == 2
    volumes = [mrml.mesh_from_node(node).volume_mm3 for node in made[-1].nodes]
    assert sum(volumes) == pytest.approx(mrml.mesh_from_node(made[1].node).volume_mm3, rel=0.03)
    assert volumes[0] == pytest.approx(volumes[1], rel=0.05)
    colors = [node.GetDisplayNode().GetColor() for node in made[-1].nodes]
    assert colors[0] != colors[1]
    assert mrml.drop_last(study).role == "smooth"


def _plane_along_i(scene, middle):
    from PrintPrepLib.shape.cut.plane import CutPlane

    direction = (np.diag([-1.0, -1.0, 1.0]) @ (TURN @ s.left_handed())[:3, 0]).tolist()
    return mrml.cut_plane_to_node(scene, CutPlane(tuple(middle), tuple(direction)))


def test_results_that_are_missing_or_changed_are_refused(scene, tmp_path, capsys):
    study, inputs = prepared(scene)
    job = exported(study, RECIPE, tmp_path / "job")
    with pytest.raises(InputError, match="Run it again"):
        mrml.import_results(study, job.folder)
    assert main([*job.words, "--json"]) in (0, 1)
    capsys.readouterr()
    with (job.results / "model.stl").open("r+b") as file:
        file.seek(100)
        file.write(b"\x00\x00\x80\x3f")
    with pytest.raises(InputError, match="not what the run wrote"):
        mrml.import_results(study, job.folder, inputs=inputs)
    assert mrml.results(study) == ()


def test_the_folder_is_private_and_holds_no_names(scene):
    import shutil

    study, _ = prepared(scene)
    study.volume_node.SetName("DOE^JOHN")
    volume = mrml.volume_from_node(study.volume_node)
    job = mrml.export_job(volume, parse_recipe(RECIPE))
    try:
        assert job.folder.stat().st_mode & 0o077 == 0
        for path in job.folder.iterdir():
            assert b"DOE" not in path.read_bytes()
            assert b"1.2.3.4" not in path.read_bytes()
    finally:
        shutil.rmtree(job.folder)


def test_ten_lines_from_a_segmentation_to_stl(scene, tmp_path):
    study, _ = prepared(scene)
    result = mrml.segmentation_to_stl(study.segmentation_node, tmp_path / "model.stl")
    mesh = read_mesh(tmp_path / "model.stl")
    assert result.ready
    assert mesh.volume_mm3 == pytest.approx(s.BOX_MM3, rel=0.12)
    corners = s.box_corners_lps(s.left_handed(), TURN)
    assert mesh.vertices.mean(axis=0) == pytest.approx(corners.mean(axis=0), abs=0.05)
    assert [one.operation for one in result.receipts] == ["from segment", "surface", "smooth", "repair"]
    with pytest.raises(InputError, match=r"\.stl"):
        mrml.segmentation_to_stl(study.segmentation_node, tmp_path / "model.obj")
    s.clear_segment(study.segmentation_node, s.SEGMENT)
    with pytest.raises(GeometryError, match="empty"):
        mrml.segmentation_to_stl(study.segmentation_node, tmp_path / "other.stl")
    assert not (tmp_path / "other.stl").exists()


def test_outside_slicer_the_sentence_says_so(monkeypatch):
    import sys

    from PrintPrepLib.errors import MissingPackageError
    from PrintPrepLib.mrml.space import slicer_module

    monkeypatch.setitem(sys.modules, "slicer", None)
    with pytest.raises(MissingPackageError, match="3D Slicer"):
        slicer_module()
