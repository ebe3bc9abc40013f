"""``printprep encapsulate``: words, JSON and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pydicom
import pytest

from PrintPrepLib.cli import main
from Testing.support.encapsulate import Case, make_case


@pytest.fixture(name="case")
def _case(tmp_path: Path) -> Case:
    return make_case(tmp_path)


def words(case: Case, *more: str) -> list[str]:
    output = str(case.folder / "archive" / "model.dcm")
    return ["encapsulate", str(case.mesh), "--source", str(case.source), "-o", output, "--title", "Femur", *more]


def test_write_and_check(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words(case, "--no-face", "--usage", "planning", "--color", "230,220,200"), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["contains_identity"] is True
    assert [file["file"] for file in data["files"]] == ["model.dcm"]
    assert data["document"]["bytes"] == case.mesh.stat().st_size
    assert {finding["severity"] for finding in data["findings"]} == {"pass"}
    path = case.folder / "archive" / "model.dcm"
    check = ["encapsulate", str(path), "--check", "--source", str(case.source), "--against", str(case.mesh)]
    assert main(check) == 0
    assert "model.dcm: sound" in capsys.readouterr().out
    file = pydicom.dcmread(path)
    file.EncapsulatedDocumentLength = 7
    file.save_as(path)
    assert main([*check, "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert [f["code"] for f in data["findings"] if f["severity"] == "fail"] == ["document-length"]
    assert data["sound"] is False


def test_it_says_in_words_that_the_patient_is_in_it(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words(case)) == 0
    out = capsys.readouterr().out
    assert "PATIENT DATA: These files carry the patient" in out
    assert "Müller" not in out
    assert "WARN Nobody said whether a person could be recognized" in out


def test_privacy_finds_the_patient_in_it(case: Case) -> None:
    assert main(words(case, "--quiet")) == 0
    assert main(["privacy", str(case.folder / "archive"), "--source", str(case.source), "--quiet"]) == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--title", "Femur", "-o", "x/m.dcm"], "--source is needed"),
        (["--source", "S", "-o", "x/m.dcm"], "--title is needed"),
        (["--source", "S", "--title", "Femur"], "-o is needed"),
        (["--source", "S", "--title", "Femur", "-o", "x/m.stl"], "must end in .dcm"),
        (["--check", "-o", "x/m.dcm"], "writes none"),
        (["--source", "S", "--title", "Femur", "-o", "x/m.dcm", "--against", "y.stl"], "belongs to --check"),
    ],
)
def test_wrong_use(case: Case, arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["encapsulate", str(case.mesh), *arguments]) == 2
    assert text in capsys.readouterr().err


def test_a_color_that_is_none(case: Case) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words(case, "--color", "red"))
    assert caught.value.code == 2
