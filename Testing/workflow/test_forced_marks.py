"""MIRRORED and the scale stand in every name, header, fact and paper, whatever name was asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from PrintPrepLib.errors import RecipeError
from PrintPrepLib.export import About, read_mesh, write_mesh
from PrintPrepLib.export.marks import about_of_file, forced
from PrintPrepLib.export.read import read_parts
from PrintPrepLib.record.schema import problems
from PrintPrepLib.workflow.chain import completed
from PrintPrepLib.workflow.recipe import Recipe, make_call, parse_recipe
from PrintPrepLib.workflow.run import RunRequest, run
from PrintPrepLib.workflow.steps import STEPS
from Testing.support import shapes
from Testing.support.demo import demo_scan
from Testing.support.recipes import BONE, HEAD

Answer = Callable[..., tuple[int, dict[str, Any]]]
RECIPE = f"""{HEAD}{BONE}[[step]]
do = "mirror"
plane = [0, 0, 0, 1, 0, 0]
[[step]]
do = "scale"
factor = 0.5
[[step]]
do = "orient"
directions = 0
[[accept]]
code = "mirrored-on-purpose"
reason = "planning of the other side"
"""


@pytest.mark.parametrize(
    ("name", "about", "wanted"),
    [
        ("a.stl", About(), "a.stl"),
        ("a.stl", About(mirrored=True), "a_MIRRORED.stl"),
        ("a_mirrored.stl", About(mirrored=True), "a_mirrored.stl"),
        ("a_MIRRORED.stl", About(), "a.stl"),
        ("a.3mf", About(scale=0.5), "a_SCALE-0.500.3mf"),
        ("a_SCALE-0.500.stl", About(scale=0.5), "a_SCALE-0.500.stl"),
        ("a_SCALE-0.500.stl", About(scale=0.25), "a_SCALE-0.250.stl"),
        ("a_MIRRORED_SCALE-0.500.stl", About(mirrored=True), "a_MIRRORED.stl"),
        ("a.b.stl", About(mirrored=True, scale=1.0005), "a.b_MIRRORED_SCALE-1.0005.stl"),
    ],
)
def test_forced_names(name: str, about: About, wanted: str) -> None:
    assert forced(Path("x") / name, about) == Path("x") / wanted


@pytest.mark.parametrize("ending", [".stl", ".3mf", ".glb"])
def test_a_renamed_file_still_tells(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"renamed{ending}"
    write_mesh(shapes.sphere(subdivisions=1), path, about=About(scale=0.25, mirrored=True))
    told = about_of_file(path)
    assert told.mirrored
    assert told.scale == 0.25
    write_mesh(shapes.sphere(subdivisions=1), path)
    assert about_of_file(path) == About()


def test_commands_force_the_marks_and_take_them_back(answer: Answer, tmp_path: Path) -> None:
    mesh = shapes.moved(shapes.wedge(steps=4), (20.0, 0.0, 0.0))
    mesh = mesh.with_vertices(mesh.vertices.astype(np.float32).astype(np.float64))  # as STL holds it
    source = tmp_path / "a.ply"
    write_mesh(mesh, source)
    _, first = answer("mirror", source, "--plane", "1,2,3,1,1,0", "-o", tmp_path / "b.ply")
    assert first["output"].endswith("b_MIRRORED.ply")
    assert not (tmp_path / "b.ply").exists()
    _, smaller = answer("scale", first["output"], "--factor", "0.5", "-o", tmp_path / "c.stl")
    assert smaller["output"].endswith("c_MIRRORED_SCALE-0.500.stl")
    header = Path(smaller["output"]).read_bytes()[:80]
    assert b"MIRRORED SCALE-0.500" in header
    assert b"SPACE=LPS" in header
    plain = tmp_path / "harmless.stl"
    Path(smaller["output"]).rename(plain)
    _, again = answer("fragments", plain, "-o", tmp_path / "d.3mf")  # any other step hands it on
    assert again["output"].endswith("d_MIRRORED_SCALE-0.500.3mf")
    assert read_parts(Path(again["output"])).facts["Mirrored"] == "yes"
    _, back = answer("mirror", first["output"], "--plane", "1,2,3,1,1,0", "-o", tmp_path / "e_MIRRORED.ply")
    assert back["output"].endswith("/e.ply")
    assert np.array_equal(read_mesh(Path(back["output"])).vertices, read_mesh(source).vertices)


def test_run_forces_the_marks_everywhere(tmp_path: Path) -> None:
    scan, _truth = demo_scan()
    kept = tmp_path / "kept"
    request = RunRequest(scan, tmp_path / "out", parse_recipe(RECIPE), pictures=False, keep_steps=True, record_id="r",
                         checkpoints=kept)  # fmt: skip
    result = run(request)
    names = {one.name for one in result.outputs}
    assert {
        "model_MIRRORED_SCALE-0.500.stl", "model_MIRRORED_SCALE-0.500.3mf", "model_print_MIRRORED_SCALE-0.500.stl",
        "thickness_MIRRORED_SCALE-0.500.vtp", "step_04_fragments.vtp", "step_05_mirror_MIRRORED.vtp",
        "step_06_scale_MIRRORED_SCALE-0.500.vtp",
    } <= names  # fmt: skip
    assert "model.stl" not in names
    assert result.mesh.name == "model MIRRORED SCALE-0.500"
    package = read_parts(tmp_path / "out" / "model_MIRRORED_SCALE-0.500.3mf")
    assert package.facts["Mirrored"] == "yes"
    assert package.facts["Scale"] == "0.5"
    assert "MIRRORED" in package.parts[0].name
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert problems(record) == []
    assert record["intended_use"]["mirrored"] is True
    assert record["intended_use"]["scale"] == record["print_plan"]["scale"] == 0.5
    findings = {one["code"]: one for one in record["findings"]}
    assert findings["mirrored-on-purpose"]["severity"] == "warn"
    assert findings["mirrored-on-purpose"]["override"]["reason"] == "planning of the other side"
    assert findings["scaled-on-purpose"]["override"] is None
    assert findings["mirrored"]["severity"] == "pass"  # the surface before it is no mirror image
    assert record["proof"]["on_proven_percent"] == 100.0
    report = (tmp_path / "out" / "report.html").read_text()
    assert "SCALE 0.5 : 1, MIRRORED." in report
    # The whole way from the print back to the patient.
    to_print = np.array(record["print_plan"]["orientation_matrix"])
    printed = read_mesh(tmp_path / "out" / "model_print_MIRRORED_SCALE-0.500.stl").vertices
    back = np.linalg.inv(to_print)
    patient = printed @ back[:3, :3].T + back[:3, 3]
    first = read_mesh(tmp_path / "out" / "step_04_fragments.vtp")
    np.testing.assert_allclose(np.sort(patient, axis=0)[[0, -1]], first.bounds, atol=1e-4)  # single precision of STL
    again = run(request)
    assert again.skipped == 7
    assert {one.name: one.sha256 for one in again.outputs if one.kind not in ("record", "report")} == {
        one.name: one.sha256 for one in result.outputs if one.kind not in ("record", "report")
    }


def test_a_plan_tells_the_marks_and_forces_them(answer: Answer, tmp_path: Path) -> None:
    source, other = tmp_path / "harmless.stl", tmp_path / "two.stl"
    for path, x in ((source, 0.0), (other, 60.0)):
        write_mesh(shapes.box((20.0, 20.0, 30.0), (x, 0.0, 0.0)), path, about=About(mirrored=True, scale=0.5))
    words = ("--use", "teaching", "--printer", "prusa-mk4", "--orient", "apply")
    _, one = answer("plan", source, *words, "-o", tmp_path / "laid.stl")
    assert (one["marks"], one["mirrored"], one["scale"]) == (["MIRRORED", "SCALE-0.500"], True, 0.5)
    assert one["advice"][0]["subject"] == "size and sides"
    assert one["advice"][0]["advice"].startswith("MIRRORED SCALE-0.500: left and right are exchanged")
    assert one["warnings"][0] == "size and sides"
    assert one["output"].endswith("laid_MIRRORED_SCALE-0.500.stl")
    assert about_of_file(Path(one["output"])).scale == 0.5
    _, both = answer("plan", source, other, *words, "-o", tmp_path / "beds")
    assert [part["name"] for part in both["parts"]] == [f"part {k} MIRRORED SCALE-0.500" for k in (1, 2)]
    assert [part["output"] for part in both["parts"]] == [f"print_0{k}_MIRRORED_SCALE-0.500.stl" for k in (1, 2)]
    assert [line["subject"] for line in both["lines"]].count("size and sides") == 1
    write_mesh(shapes.box((20.0, 20.0, 30.0)), source)
    _, plain = answer("plan", source, "--use", "teaching", "--printer", "prusa-mk4")
    assert plain["marks"] == []
    assert "size and sides" not in plain["warnings"]


def test_text_is_never_mirrored() -> None:
    if "label" not in STEPS:
        pytest.skip("there is no label step yet")
    recipe = Recipe((make_call(STEPS["threshold"], {}, ""), make_call(STEPS["label"], {"text": "A"}, ""),
                     make_call(STEPS["mirror"], {"fit": True}, "")))  # fmt: skip
    with pytest.raises(RecipeError, match="mirror its text"):
        completed(recipe, has_segmentation=False)
