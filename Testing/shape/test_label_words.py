"""Patient data in a label: refused by pattern, and by what the scan holds, unless asked for."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pydicom
import pytest

from PrintPrepLib.cli import main
from PrintPrepLib.errors import InputError, RecipeError
from PrintPrepLib.export import read_mesh, write_mesh
from PrintPrepLib.record.own_words import own_words
from PrintPrepLib.shape.label.step import label
from PrintPrepLib.shape.label.words import KnownValues, suspicions, vocabulary
from PrintPrepLib.workflow.label_words import check_labels, known_of
from PrintPrepLib.workflow.recipe import parse_recipe
from PrintPrepLib.workflow.run import RunRequest, run
from PrintPrepLib.workflow.steps import STEPS
from Testing.support import shapes
from Testing.support.markers import write_marked_series

RECIPE = """schema = "printprep-recipe/1"
[case]
use = "teaching"
[[step]]
do = "threshold"
lower = 400
[[step]]
do = "label"
text = "TEXT"
"""


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_marked_series(tmp_path_factory.mktemp("marked"))[0]


@pytest.fixture(scope="module")
def known(series: Path) -> KnownValues:
    return known_of(series)


def _patient(series: Path) -> pydicom.Dataset:
    path = next(path for path in sorted(series.rglob("*")) if path.is_file())
    return pydicom.dcmread(path, stop_before_pixels=True)


@pytest.mark.parametrize(
    "text",
    [
        "Anna White",
        "John Doe", "Doe, John", "DOE^JOHN", "JOHN DOE", "Иван Петров", "José García", "Dr. House", "01.02.1980",
        "2/1/80", "1980-02-01", "19800201", "12 Mar 1980", "1234567", "123-456-789", "MRN: 55", "a.b@c.org",
    ],
)  # fmt: skip
def test_what_looks_like_a_patient_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--include-identity") as caught:
        label(shapes.box(), text=text)
    assert text not in str(caught.value)
    with pytest.raises(InputError, match="--include-identity"):
        label(shapes.box(), code=text)


@pytest.mark.parametrize(
    "text", ["Case 0042", "R", "Left Femur", "AORTA ROOT", "PP-2024-0042", "Part 3 / 7", "Scale 1:1", "Brain\nL 0042"]
)
def test_codes_and_anatomy_are_no_patients(text: str) -> None:
    assert list(suspicions(text)) == []


def test_asked_for_it_is_written_and_said() -> None:
    plate = shapes.plate((90.0, 20.0), 6.0, 0)
    out, receipt = label(plate, text="John Doe", at_mm=(0.0, 0.0, 3.0), include_identity=True)
    assert out.volume_mm3 > plate.volume_mm3
    assert receipt.details["includes_identity"] is True
    assert any("patient's documents" in warning for warning in receipt.warnings)


def test_values_of_the_scan_are_refused_however_short(series: Path, known: KnownValues) -> None:
    header = _patient(series)
    for value in (str(header.PatientName).split("^")[0], str(header.PatientID)):
        for text in (value, value.lower(), f"L {value.upper()} 1"):
            assert known(text), text
    assert not known("Case 0042")
    with pytest.raises(InputError, match="patient data of the scan"):
        label(shapes.box(), text=str(header.PatientID)[:20], known=known)


def test_a_recipe_is_refused_before_anything_is_computed(series: Path, known: KnownValues, tmp_path: Path) -> None:
    word = str(_patient(series).PatientName).split("^")[0]
    recipe = parse_recipe(RECIPE.replace("TEXT", f"L {word}"))
    with pytest.raises(InputError, match=r"step 2 \(label\)"):
        run(RunRequest(series, tmp_path / "out", recipe))
    assert not (tmp_path / "out").exists()
    check_labels(parse_recipe(RECIPE.replace("TEXT", "Case 7")), known)


def test_on_the_command_line(series: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    word = str(_patient(series).PatientName).split("^")[0]
    block, out = tmp_path / "block.stl", tmp_path / "out.stl"
    write_mesh(shapes.box((40.0, 20.0, 20.0)), block)
    assert main(["label", str(block), "--text", f"L {word}", "--source", str(series), "-o", str(out)]) == 2
    assert not out.exists()
    assert word not in capsys.readouterr().err
    words = ["--text", "L 7", "--at", "-3,0,10", "--height", "8", "--depth", "2", "--engrave", "--process", "sla"]
    assert main(["label", str(block), *words, "--source", str(series), "-o", str(out), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    found = data["labels"][0]
    assert data["receipt"]["details"]["searched"] == "values of the scan and patterns"
    assert found["at_mm"] == pytest.approx([-3.0, 0.0, 10.0], abs=1e-6)
    assert (found["height_mm"], found["depth_mm"], found["style"]) == (8.0, 2.0, "engraved")
    made = read_mesh(out)
    assert made.volume_mm3 == pytest.approx(16000.0 - found["volume_mm3"], rel=1e-5)
    assert np.allclose(made.bounds, [[-20.0, -10.0, -10.0], [20.0, 10.0, 10.0]], atol=1e-5)
    assert main(["label", str(block), "--text", "7", "--at", "auto", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["labels"][0]["place"] == "found"
    assert main(["label", str(block), "--text", "漢字"]) == 2
    assert "cjk" in capsys.readouterr().err.lower()


def test_words_that_a_label_may_hold_are_still_looked_for_in_files() -> None:
    assert "femur" in vocabulary()
    assert not {"condyle", "palmar", "monsieur"} & own_words()


def test_marks_after_a_step_that_moves_the_model_are_refused(known: KnownValues) -> None:
    mirror = next((name for name in ("mirror", "place") if name in STEPS), None)
    if mirror is None:
        pytest.skip("no step of this version moves a model before a label")
    text = RECIPE.replace('text = "TEXT"', 'marks = "R"')
    moved = text.replace('[[step]]\ndo = "label"', f'[[step]]\ndo = "{mirror}"\nfit = true\n[[step]]\ndo = "label"')
    with pytest.raises(RecipeError, match=r"Put the label before it|Leave the marks out"):
        check_labels(parse_recipe(moved), known)
