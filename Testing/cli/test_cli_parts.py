"""Commands that make parts: JSON, files, refusals, and nothing left when they refuse or are stopped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from PrintPrepLib.cli import main
from PrintPrepLib.errors import Cancelled
from PrintPrepLib.export import read_mesh, write_mesh
from PrintPrepLib.mesh import concatenate
from Testing.support import shapes

PART_KEYS = {"file", "name", "kind", "volume_ml", "size_mm", "color"}
PIN_KEYS = {"type", "diameter_mm", "length_mm", "at_mm", "axis", "clearance", "gap_min_mm", "gap_max_mm", "wall_mm",
            "interference_mm3", "way_is_free", "foot_in", "hole_in"}  # fmt: skip


def answer(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main([*map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    capsys.readouterr()
    assert main([*map(str, words)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    return told.err


@pytest.fixture(name="box")
def _box(tmp_path: Path) -> Path:
    path = tmp_path / "DOE^JANE.stl"
    write_mesh(shapes.box((30.0, 20.0, 20.0)), path)
    return path


def test_cut_gives_parts_pins_and_files(box: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "parts"
    code, data = answer(capsys, "cut", box, "--plane", "-5,0,0,1,0,0", "--pins", "2", "--process", "sla", "-o", out)
    assert code == 0
    assert [part["file"] for part in data["parts"]] == ["part_01.stl", "part_02.stl"]
    assert all(set(part) >= PART_KEYS for part in data["parts"])
    assert len(data["pins"]) == 2
    assert all(set(pin) >= PIN_KEYS for pin in data["pins"])
    assert data["receipt"]["operation"] == "cut"
    assert data["proof"]["interference_mm3"] == 0.0
    names = {path.name for path in out.iterdir()}
    assert names == {"part_01.stl", "part_02.stl", "assembly.3mf", "assembly.png", "seam_01.png"}
    assert {file["file"] for file in data["files"]} == names
    for part in data["parts"]:
        assert read_mesh(out / part["file"]).volume_mm3 == pytest.approx(1000.0 * part["volume_ml"], rel=1e-5)
    # Parts keep their place, so that any program shows them assembled.
    assert read_mesh(out / "part_01.stl").bounds[0, 0] == pytest.approx(-15.0)
    # The file's name may be a patient's: it is in none of the outputs.
    assert not [path for path in out.iterdir() if b"DOE" in path.read_bytes()]


def test_cut_in_words(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cut", str(box), "--through", "sagittal"]) == 0
    out = capsys.readouterr().out
    assert "model right" in out
    assert "model left" in out
    assert "play 0.20" in out
    assert "Nothing was written" in out


def test_two_models_by_two_planes_with_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    core, rind = tmp_path / "a.ply", tmp_path / "b.ply"
    write_mesh(shapes.sphere(8.0, subdivisions=3), core)
    write_mesh(shapes.shell(8.5, 14.0, 3), rind)
    code, data = answer(capsys, "cut", core, rind, "--name", "core", "--name", "rind", "--plane", "0,0,0,1,0,0",
                        "--plane", "0,0,0,0,0,1", "--pins", "none")  # fmt: skip
    assert code == 0
    assert [part["name"] for part in data["parts"]] == [f"{m} part {k}" for m in ("core", "rind") for k in (1, 2, 3, 4)]
    assert data["receipt"]["details"]["contacts"]


def test_join_by_pins_union_and_contact(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    low, high = tmp_path / "low.stl", tmp_path / "high.stl"
    write_mesh(shapes.box((30.0, 30.0, 16.0)), low)
    write_mesh(shapes.box((30.0, 30.0, 16.0), (0.0, 0.0, 18.0)), high)
    code, data = answer(capsys, "join", low, high, "--pins", "2", "-o", tmp_path / "joined", "--no-pictures")
    assert code == 0
    assert [part["kind"] for part in data["parts"]] == ["body", "body", "dowel", "dowel"]
    assert {path.name for path in (tmp_path / "joined").iterdir()} == {
        "part_01.stl", "part_02.stl", "dowel_01.stl", "dowel_02.stl", "assembly.3mf",
    }  # fmt: skip
    touching = tmp_path / "touching.stl"
    write_mesh(shapes.box((30.0, 30.0, 2.0), (0.0, 0.0, 9.0)), touching)
    code, data = answer(capsys, "join", low, touching, high, "--union")
    assert code == 0
    (one,) = data["parts"]
    assert one["volume_ml"] == pytest.approx(30 * 30 * 34 / 1000.0)
    code, data = answer(capsys, "join", low, touching, "--contact", "gap", "--contact-mm", "0.25")
    assert code == 0
    assert data["parts"][1]["volume_ml"] == pytest.approx(30 * 30 * 1.75 / 1000.0)
    assert "apart" in refused(capsys, "join", low, high, "--union")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--plane", "0,0,90,0,0,1"], "misses the model"),
        (["--plane", "0,0,0,0,0"], "six numbers"),
        (["--plane", "0,0,0,0,0,1", "--process", "sls", "--material", "wood"], "wood"),
        (["--plane", "0,0,0,0,0,1", "--pin-at", "14,9,0", "--pin-diameter", "6"], "does not fit at"),
        (["--plane", "0,0,0,0,0,1", "--bound-radius", "5"], "ends inside the material"),
        (["--plane", "0,0,0,0,0,1", "--name", "a", "--name", "b"], "names"),
        ([], "where to cut"),
    ],
)
def test_refusals_are_one_sentence_and_leave_nothing(
    words: list[str], says: str, box: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "parts"
    assert says in refused(capsys, "cut", box, *words, "-o", out)
    assert not out.exists()


def test_empty_result_is_never_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = tmp_path / "sheet.stl"
    write_mesh(shapes.grid_sheet(), sheet)
    refused(capsys, "cut", sheet, "--plane", "0,0,0,1,0,0", "-o", tmp_path / "parts")
    assert not (tmp_path / "parts").exists()


@pytest.mark.parametrize("limit", [0.2, 0.6, 0.9])
def test_cancel_leaves_nothing(
    limit: float, box: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from PrintPrepLib.commands.console import Console

    def stop(self: Console, fraction: float, text: str) -> None:
        if fraction >= limit:
            raise Cancelled("stop")

    monkeypatch.setattr(Console, "progress", stop)
    assert main(["cut", str(box), "--plane", "0,0,0,1,0,0", "-o", str(tmp_path / "parts")]) == 130
    assert capsys.readouterr().err == "printprep: Cancelled. Nothing was written.\n"
    assert not (tmp_path / "parts").exists()


def test_parts_of_one_file_can_be_joined(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = tmp_path / "both.stl"
    pair = [shapes.box((20.0, 20.0, 12.0)), shapes.box((20.0, 20.0, 12.0), (0.0, 0.0, 13.0))]
    write_mesh(concatenate(pair), both)
    code, data = answer(capsys, "join", both, "--pin-type", "plug")
    assert code == 0
    assert [part["name"] for part in data["parts"]] == ["model body 1", "model body 2"]
    assert data["proof"]["gap_min_mm"] == pytest.approx(0.2, rel=0.05)
