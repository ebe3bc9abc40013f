"""What cannot be done: exit code 2, one clear sentence, no traceback, nothing left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from PrintPrepLib.cli import main
from PrintPrepLib.export import write_mesh
from Testing.support import shapes
from Testing.support.demo import COARSE, demo_scan


def _left(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def _prepare(folder: Path) -> None:
    (folder / "empty").mkdir()
    (folder / "text").mkdir()
    (folder / "text" / "a.dcm").write_text("not DICOM")
    (folder / "text" / "b").write_bytes(b"\x00" * 500)
    (folder / "text.stl").write_text("Dear colleague,\nplease find the model attached.\n")
    (folder / "solid.stl").write_text("solid something\nthat is no triangle\nendsolid\n")
    (folder / "empty.stl").write_bytes(b"")
    (folder / "short.stl").write_bytes(b"\x00" * 80 + (1000).to_bytes(4, "little") + b"\x00" * 60)
    (folder / "broken.nrrd").write_bytes(b"NRRD0004\n# nothing more\n")
    (folder / "broken.nii.gz").write_bytes(b"\x1f\x8b not gzip")
    (folder / "word.docx").write_bytes(b"PK\x03\x04")
    good = 'schema = "printprep-recipe/1"\n[[step]]\ndo = "threshold"\nlower = 250\n'
    (folder / "unknown_key.toml").write_text(good + "lowr = 3\n")
    (folder / "no_toml.toml").write_text("{{{{")
    write_mesh(shapes.torus(), folder / "good.stl")


SCAN = "<scan>"

CASES = {
    "missing path": (["run", "nowhere", "-o", "out"], ["nowhere"]),
    "missing path to scan": (["scan", "nowhere"], ["nowhere"]),
    "empty folder": (["run", "empty", "-o", "out"], []),
    "empty folder to scan": (["scan", "empty"], []),
    "unreadable files": (["run", "text", "-o", "out"], []),
    "one unreadable file": (["run", "text/a.dcm", "-o", "out"], []),
    "broken volume file": (["run", "broken.nrrd", "-o", "out"], ["broken.nrrd"]),
    "broken packed volume": (["scan", "broken.nii.gz"], ["broken.nii.gz"]),
    "text file named stl": (["check", "text.stl"], ["text.stl"]),
    "text beginning with solid": (["check", "solid.stl"], ["solid.stl"]),
    "empty file": (["check", "empty.stl"], ["empty.stl"]),
    "cut off file": (["repair", "short.stl", "-o", "fixed.stl"], ["short.stl"]),
    "missing mesh": (["smooth", "no.stl", "-o", "out.stl"], ["no.stl"]),
    "mesh of unknown kind": (["check", "word.docx"], ["word.docx", ".stl"]),
    "folder as mesh": (["check", "empty"], []),
    "output of unknown kind": (["smooth", "good.stl", "-o", "out.docx"], ["out.docx"]),
    "output into a missing folder": (["smooth", "good.stl", "-o", "no/such/out.stl"], ["folder"]),
    "unknown recipe key": (
        ["run", SCAN, "-o", "out", "-r", "unknown_key.toml"],
        ["unknown_key.toml", "'lowr'", "'lower'", "line 2"],
    ),
    "recipe is no TOML": (["run", SCAN, "-o", "out", "-r", "no_toml.toml"], ["no_toml.toml", "TOML"]),
    "missing recipe": (["run", SCAN, "-o", "out", "-r", "no.toml"], ["no.toml"]),
    "unknown preset": (["run", SCAN, "-o", "out", "--preset", "bones"], ["'bones'", "'bone'"]),
    "recipe and preset": (["run", SCAN, "-o", "out", "--preset", "bone", "-r", "unknown_key.toml"], ["not both"]),
    "unknown series": (["run", SCAN, "-o", "out", "--series", "nope"], ["nope"]),
    "unknown printer": (["run", SCAN, "-o", "out", "--printer", "prusa-mk9"], ["prusa-mk9"]),
    "missing labels": (["run", SCAN, "-o", "out", "--labels", "no.nrrd"], ["no.nrrd"]),
    "output is a file": (["run", SCAN, "-o", "good.stl"], ["good.stl"]),
    "negative bound": (["smooth", "good.stl", "--bound-mm", "-1"], ["bound_mm", "at least 0"]),
    "bound is no number": (["smooth", "good.stl", "--bound-mm", "nan"], ["bound_mm", "finite"]),
    "no target": (["simplify", "good.stl"], ["exactly one"]),
    "two targets": (["simplify", "good.stl", "--triangles", "100", "--tolerance-mm", "1"], ["exactly one"]),
    "too few triangles": (["simplify", "good.stl", "--triangles", "4", "-o", "out.stl"], ["triangles"]),
    "nothing that large": (["fragments", "good.stl", "--min-volume-mm3", "1e9", "-o", "out.stl"], ["largest has"]),
    "keep nonsense": (["fragments", "good.stl", "--keep", "some"], ["--keep", "'some'"]),
    "keep none": (["fragments", "good.stl", "--keep", "0"], ["at least 1"]),
    "recipe to check is missing": (["recipe", "check"], ["check"]),
    "recipe exists already": (["recipe", "new", "-o", "no_toml.toml"], ["no_toml.toml"]),
    "demo into a full folder": (["demo", "-o", "text"], ["text"]),
    "privacy without DICOM": (["privacy", "empty", "--source", "text"], ["text"]),
    "colors into an STL": (["compare", "good.stl", "good.stl", "-o", "out.stl"], ["out.stl"]),
    "label without map": (["check", "good.stl", "--label", "1"], ["--against"]),
}


@pytest.mark.parametrize("json_wanted", [False, True], ids=["plain", "json"])
@pytest.mark.parametrize("name", list(CASES))
def test_refused_in_one_sentence_with_nothing_left(
    name: str,
    json_wanted: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words, expected = CASES[name]
    _prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = _left(tmp_path)
    scan = str(demo_scan(size=COARSE)[0])
    capsys.readouterr()
    code = main([scan if word == SCAN else word for word in words] + ["--json"] * json_wanted)
    told = capsys.readouterr()
    assert code == 2, told
    assert told.out == ""
    assert told.err.startswith("printprep: ")
    assert told.err.count("\n") == 1
    assert told.err.rstrip().endswith((".", "!", "?")), told.err
    assert "Traceback" not in told.err
    assert "Error" not in told.err
    for word in expected:
        assert word in told.err, told.err
    assert _left(tmp_path) == before
