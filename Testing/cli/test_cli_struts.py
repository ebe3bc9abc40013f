"""Commands strut and stand, and the same as steps of a recipe: files, colors, refusals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from PrintPrepLib.cli import main
from PrintPrepLib.export import read_mesh, read_parts, write_mesh
from PrintPrepLib.receipt import measure_mesh
from PrintPrepLib.shape.cut.assembly import PartKind
from PrintPrepLib.workflow.chain import ChainState, completed, run_chain
from PrintPrepLib.workflow.recipe import parse_recipe
from PrintPrepLib.workflow.steps import STEPS, Stage
from Testing.support import shapes

Answer = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(name="pair")
def _pair(tmp_path: Path) -> Path:
    path = tmp_path / "DOE^JANE.stl"
    write_mesh(shapes.two_spheres(8.0, 30.0), path)
    return path


def test_strut_writes_one_body_with_gray_struts(pair: Path, tmp_path: Path, answer: Answer) -> None:
    out = tmp_path / "joined.3mf"
    code, data = answer("strut", pair, "--from", "-7,0,0", "--to", "7,0,0", "--diameter", "3.5", "-o", out)
    assert code == 0
    (one,) = data["receipt"]["details"]["struts"]
    assert (one["diameter_mm"], one["set"]) == (3.5, "by hand")
    (part,) = read_parts(out).parts
    assert part.added_count > 0
    assert "DOE" not in part.name
    assert measure_mesh(read_mesh(out)).parts == 1


def test_a_refusal_leaves_nothing(pair: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    guard, out = tmp_path / "guard.stl", tmp_path / "joined.stl"
    write_mesh(shapes.box((2.0, 60.0, 60.0)), guard)
    assert main(["strut", str(pair), "--protect", str(guard), "-o", str(out)]) == 2
    told = capsys.readouterr().err
    assert "Between parts 1 and 2" in told
    assert "protected" in told
    assert not out.exists()


def test_stand_cradle_alone_together_and_in_a_folder(tmp_path: Path, answer: Answer) -> None:
    path = tmp_path / "m.stl"
    write_mesh(shapes.sphere(12.0, subdivisions=3), path)
    words = ("stand", path, "--kind", "cradle", "--gap", "0.8", "--depth", "4")
    code, data = answer(*words, "-o", tmp_path / "cradle.stl")
    assert code == 0
    assert [one["kind"] for one in data["parts"]] == ["body", "stand"]
    assert read_mesh(tmp_path / "cradle.stl").bounds[1, 2] == pytest.approx(-8.0, abs=0.01)
    answer(*words, "-o", tmp_path / "both.glb")
    assert [one.name for one in read_parts(tmp_path / "both.glb").parts] == ["model", "cradle"]
    answer(*words, "-o", tmp_path / "folder")
    names = {file.name for file in (tmp_path / "folder").iterdir()}
    assert names == {"part_01.stl", "stand_01.stl", "assembly.3mf"}
    code, data = answer("stand", path, "--kind", "base", "--cut", "2", "--plinth", "3", "-o", tmp_path / "base.3mf")
    assert data["receipt"]["details"]["stability"]["after"]["tip_deg"] > 10.0
    assert read_parts(tmp_path / "base.3mf").parts[0].added_count > 0
    code, data = answer("stand", path, "--kind", "wall-mount", "--screw", "3", "--screws", "2", "--countersunk")
    assert (code, data["receipt"]["details"]["screw_mm"]) == (0, 3.0)
    code, data = answer(*words, "--lean", "--cell", "4", "--wall-mm", "1")
    assert data["receipt"]["details"]["lean"]["cells"] > 4


def recipe_of(*steps: str) -> str:
    return 'schema = "printprep-recipe/1"\n' + "".join(f"[[step]]\n{step}\n" for step in steps)


def test_a_separate_cradle_ends_a_recipe_and_other_stands_do_not() -> None:
    stand = STEPS["stand"]
    loose = parse_recipe(recipe_of('do = "surface"', 'do = "stand"\nkind = "cradle"'))
    assert loose.steps[1].stage is Stage.PARTS
    firm = parse_recipe(recipe_of('do = "surface"', 'do = "stand"\nkind = "pedestal"', 'do = "stand"\nkind = "base"'))
    assert [call.stage for call in firm.steps[1:]] == [Stage.MESH, Stage.MESH]
    assert stand.purposeful
    assert STEPS["strut"].purposeful
    completed(firm, has_segmentation=True)


def test_a_chain_remembers_the_surface_before_a_strut() -> None:
    mesh = shapes.two_spheres(8.0, 30.0)
    recipe = parse_recipe(recipe_of('do = "strut"', 'do = "stand"\nkind = "pedestal"\nup = [0.0, 1.0, 0.0]'))
    state = run_chain(recipe, ChainState(mesh=mesh))
    assert state.proven is mesh
    assert state.mesh is not None
    assert measure_mesh(state.mesh).parts == 1
    parted = run_chain(
        parse_recipe(recipe_of('do = "stand"\nkind = "cradle"')), ChainState(mesh=shapes.sphere(12.0, subdivisions=3))
    )
    assert parted.assembly is not None
    assert [part.kind for part in parted.assembly.parts] == [PartKind.BODY, PartKind.STAND]
    assert parted.proven is None
