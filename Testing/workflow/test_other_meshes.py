"""Another mesh as a step of a recipe: found beside it, known by its hash, named nowhere, refused where it changed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from PrintPrepLib.cli import main
from PrintPrepLib.errors import InputError, RecipeError
from PrintPrepLib.export import About, read_mesh, read_parts, write_mesh
from PrintPrepLib.workflow.other_meshes import with_other_meshes
from PrintPrepLib.workflow.recipe import load_recipe, parse_recipe
from Testing.support import shapes
from Testing.support.fields import blurred_ball, grid, radii, volume_like

RECIPE = """schema = "printprep-recipe/1"
[[step]]
do = "threshold"
lower = 500
[[step]]
do = "boolean"
operation = "difference"
with = "tools/DOE^JANE.stl"
"""


@pytest.fixture(name="case")
def _case(tmp_path: Path) -> dict[str, Path]:
    """A scan of a ball of 6 mm, a rod to be taken from it, and the recipe beside it."""
    volume = grid(20)
    values = np.rint(1000 * blurred_ball(radii(volume), 6.0, 0.6)).astype(np.int16)
    sitk.WriteImage(volume_like(volume, values).image, str(tmp_path / "ball.nrrd"))
    middle = np.asarray(volume.index_to_lps)[:3] @ [*(0.5 * (np.array(volume.shape_ijk) - 1)), 1.0]
    rod = tmp_path / "lab" / "tools" / "DOE^JANE.stl"
    rod.parent.mkdir(parents=True)
    write_mesh(shapes.moved(shapes.cylinder(2.0, 30.0, sections=48), tuple(middle)), rod)
    recipe = tmp_path / "lab" / "recipe.toml"
    recipe.write_text(RECIPE)
    return {"scan": tmp_path / "ball.nrrd", "rod": rod, "recipe": recipe, "out": tmp_path / "out"}


def ran(case: dict[str, Path], *more: Any) -> int:
    return main(["run", str(case["scan"]), "-r", str(case["recipe"]), "-o", str(case["out"]), "--no-pictures",
                 *map(str, more)])  # fmt: skip


def test_a_run_takes_it_and_writes_its_hash_alone(case: dict[str, Path], tmp_path: Path) -> None:
    assert ran(case) == 0
    out = case["out"]
    digest = hashlib.sha256(case["rod"].read_bytes()).hexdigest()
    record = json.loads((out / "record.json").read_text())
    assert record["recipe"]["step"][-1]["with_sha256"] == digest
    assert "with_file" not in record["recipe"]["step"][-1]
    step = record["steps"][-1]
    assert step["details"]["body"] == [
        {"shape": "mesh", "triangles": len(read_mesh(case["rod"]).faces), "sha256": digest}
    ]
    for path in out.iterdir():
        held = path.read_bytes()
        assert b"DOE" not in held, path.name
        assert str(tmp_path).encode() not in held, path.name
    model = read_mesh(out / "model.stl")
    assert model.to_manifold().genus() == 1  # the rod goes through
    (part,) = read_parts(out / "model.3mf").parts
    assert part.added_count > 0


def test_replay_and_a_second_run_want_the_very_file(
    case: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran(case) == 0
    out = case["out"]
    renamed = tmp_path / "renamed.stl"
    renamed.write_bytes(case["rod"].read_bytes())
    words = ["replay", str(out / "record.json"), "--source", str(case["scan"])]
    assert main([*words, "-o", str(tmp_path / "again"), "--mesh", str(renamed)]) == 0
    assert main(["run", str(case["scan"]), "-r", str(out / "recipe.toml"), "-o", str(tmp_path / "third"),
                 "--no-pictures", "--mesh", str(renamed)]) == 0  # fmt: skip
    first = (out / "model.stl").read_bytes()
    assert (tmp_path / "again" / "model.stl").read_bytes() == first == (tmp_path / "third" / "model.stl").read_bytes()
    capsys.readouterr()
    assert main([*words, "-o", str(tmp_path / "no")]) == 2
    assert "give it with --mesh" in capsys.readouterr().err
    write_mesh(shapes.cylinder(2.5, 30.0), renamed)
    assert main([*words, "-o", str(tmp_path / "no"), "--mesh", str(renamed)]) == 2
    assert not (tmp_path / "no").exists()


def test_what_is_refused(case: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    recipe = case["recipe"]
    recipe.write_text(RECIPE + f'with_sha256 = "{"0" * 64}"\n')
    assert ran(case) == 2
    assert "is not the mesh of the recipe" in capsys.readouterr().err
    recipe.write_text(RECIPE.replace("JANE", "JOHN"))
    assert ran(case) == 2
    assert "There is no mesh file 'DOE^JOHN.stl'" in capsys.readouterr().err
    assert main(["recipe", "check", str(recipe)]) == 2
    recipe.write_text(RECIPE)
    assert main(["recipe", "check", str(recipe)]) == 0
    assert ran(case, "--mesh", case["scan"]) == 2
    assert "No step of the recipe needs" in capsys.readouterr().err
    assert not case["out"].exists()
    with pytest.raises(RecipeError, match="in no file"):
        with_other_meshes(parse_recipe(RECIPE))
    with pytest.raises(InputError, match="with --mesh"):
        with_other_meshes(parse_recipe(RECIPE.replace("with =", "with_sha256 =")))


def test_a_mirrored_body_makes_a_mirrored_model(case: dict[str, Path]) -> None:
    write_mesh(read_mesh(case["rod"]), case["rod"], about=About(mirrored=True))
    other = next(iter(with_other_meshes(load_recipe(case["recipe"])).meshes.values()))
    assert other.name == "other mesh MIRRORED"
    assert ran(case) in (0, 1)
    names = {path.name for path in case["out"].iterdir()}
    assert "model_MIRRORED.stl" in names
    assert "model.stl" not in names
