"""Recipes that end in parts: files, record, checks of each part, and the order of steps."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from PrintPrepLib.errors import RecipeError
from PrintPrepLib.export import read_mesh
from PrintPrepLib.finding import Severity
from PrintPrepLib.workflow.chain import completed
from PrintPrepLib.workflow.recipe import load_recipe, parse_recipe
from PrintPrepLib.workflow.run import RunRequest, run
from Testing.support.fields import blurred_ball, grid, radii, volume_like

BALL = 'schema = "printprep-recipe/1"\n[[step]]\ndo = "threshold"\nlower = 500\n'
CUT = '[[step]]\ndo = "cut"\nthrough = "axial"\npins = "2"\n'
SPLIT = (
    '[[step]]\ndo = "split"\nvolume_mm = [14.0, 30.0, 30.0]\nmargin_mm = 0.5\npin_length_mm = 1.5\nprocess = "sla"\n'
)


@pytest.fixture(name="scan", scope="module")
def _scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    volume = grid(26)
    values = np.rint(1000 * blurred_ball(radii(volume), 9.0, 0.6)).astype(np.int16)
    path = tmp_path_factory.mktemp("scan") / "ball.nrrd"
    sitk.WriteImage(volume_like(volume, values).image, str(path))
    return path


def test_run_with_a_cut_writes_parts_and_a_true_record(scan: Path, tmp_path: Path) -> None:
    recipe = parse_recipe(BALL + '[printer]\nname = "prusa-sl1"\n' + CUT)
    result = run(RunRequest(scan, tmp_path / "out", recipe))
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"model_01.stl", "model_02.stl", "model.3mf", "assembly.png", "seam_01.png", "record.json"} <= names
    assert "model.stl" not in names
    record = json.loads((tmp_path / "out" / "record.json").read_text("utf-8"))
    for entry in record["outputs"]:
        if (tmp_path / "out" / entry["file"]).exists() and entry["file"] != "record.json":
            assert entry["sha256"] == hashlib.sha256((tmp_path / "out" / entry["file"]).read_bytes()).hexdigest()
    cut = next(step for step in record["steps"] if step["operation"] == "cut")
    assert cut["parameters"]["process"] == "sla"  # from the printer of the recipe
    assert len(cut["details"]["pins"]) == 2
    halves = [read_mesh(tmp_path / "out" / f"model_0{k}.stl").volume_mm3 for k in (1, 2)]
    balance = cut["details"]["proof"]["balance"]
    assert sum(halves) == pytest.approx(balance["whole_mm3"] - balance["holes_mm3"] + balance["pins_mm3"], rel=1e-4)
    with zipfile.ZipFile(tmp_path / "out" / "model.3mf") as package:
        text = package.read("3D/3dmodel.model").decode()
    assert 'name="model bottom"' in text
    assert 'name="model top"' in text
    sound = [finding for finding in result.findings if finding.code == "parts-sound"]
    assert [finding.severity for finding in sound] == [Severity.PASS]
    assert result.to_dict()["parts"] is not None


def test_filled_recipe_with_a_cut_gives_the_same_bytes_again(scan: Path, tmp_path: Path) -> None:
    run(RunRequest(scan, tmp_path / "a", parse_recipe(BALL + CUT), pictures=False, record_id="r-1"))
    recipe = load_recipe(tmp_path / "a" / "recipe.toml")
    run(RunRequest(scan, tmp_path / "b", recipe, pictures=False, record_id="r-1"))
    for name in ("model_01.stl", "model_02.stl", "model.3mf"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_run_splits_what_is_too_large(scan: Path, tmp_path: Path) -> None:
    result = run(RunRequest(scan, tmp_path / "out", parse_recipe(BALL + SPLIT), pictures=False))
    assert result.assembly is not None
    assert len(result.assembly.bodies) == 2
    split = result.receipts[-1]
    assert split.operation == "split"
    assert all(fit["fits"] for fit in split.details["fits"])
    assert result.assembly.order


@pytest.mark.parametrize("last", ['do = "smooth"', 'do = "cut"\nthrough = "axial"'])
def test_nothing_comes_after_a_cut(last: str) -> None:
    with pytest.raises(RecipeError, match="in parts already"):
        completed(parse_recipe(BALL + CUT + f"[[step]]\n{last}\n"), has_segmentation=False)


def test_wrong_words_in_a_cut_name_the_nearest() -> None:
    with pytest.raises(RecipeError, match="pin_type"):
        parse_recipe(BALL + CUT + 'pin_typ = "plug"\n')
    with pytest.raises(RecipeError, match=r"plug, dowel, magnet"):
        parse_recipe(BALL + CUT + 'pin_type = "nail"\n')
