"""The command line as others rely on it: help, JSON keys, exit codes, and nothing but the object on standard output."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from PrintPrepLib.cli import COMMANDS, main
from PrintPrepLib.export import read_mesh, write_mesh
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.workflow.recipe import load_recipe, preset_names
from Testing.support import shapes
from Testing.support.demo import COARSE, demo_scan
from Testing.support.volumes import volume_of

Answer = Callable[..., tuple[int, dict[str, Any]]]

SERIES_KEYS = {
    "id", "modality", "slices", "rows", "columns", "spacing_mm", "step_min_mm", "step_max_mm", "tilt_deg", "height_mm",
    "verdict", "findings",
}  # fmt: skip
FINDING_KEYS = {"code", "severity", "message", "measured", "limit", "unit", "where", "advice"}
MEASURE_KEYS = {
    "volume_ml", "area_cm2", "triangles", "parts", "open_edges", "non_manifold_edges", "self_intersections", "size_mm",
}  # fmt: skip
COMPARE_KEYS = {
    "mean_mm", "rms_mm", "p95_mm", "max_mm", "max_at_mm", "signed_mean_mm", "volume_change_percent",
}  # fmt: skip
RECEIPT_KEYS = {"operation", "parameters", "seconds", "before", "after", "change", "notes", "warnings"}


def _file(folder: Path, name: str, mesh: Mesh) -> Path:
    write_mesh(mesh, folder / name)
    return folder / name


# ---- help and usage --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("command", list(COMMANDS))
def test_help_of_every_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: printprep {command}")
    assert "--json" in out
    assert "--quiet" in out


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("run", ["--output", "--recipe", "--series", "--labels", "--preset", "--use", "--printer"]),
        ("check", ["--process", "--printer", "--against", "--units"]),
        ("compare", ["--output"]),
        ("fragments", ["--keep", "--min-volume-mm3", "--output"]),
        ("repair", ["--rung", "--output"]),
        ("smooth", ["--bound-mm", "--output"]),
        ("simplify", ["--tolerance-mm", "--triangles", "--megabytes", "--output"]),
        ("hollow", ["--wall", "--drains", "--drain-diameter", "--drain-at", "--inside", "--process", "--output"]),
        (
            "cut",
            [
                "--plane",
                "--bound-radius",
                "--kerf",
                "--pins",
                "--pin-type",
                "--pin-diameter",
                "--pin-length",
                "--clearance",
                "--process",
                "--output",
            ],
        ),
        ("split", ["--printer", "--volume", "--protect", "--pins", "--pin-type", "--output"]),
        ("join", ["--union", "--pins", "--pin-type", "--output"]),
        ("plan", ["--use", "--printer", "--material", "--orient", "--protect", "--picture", "--output"]),
        ("orient", ["--printer", "--protect", "--protect-at", "--output"]),
        ("profiles", ["--profiles", "--kind"]),
        ("privacy", ["--source"]),
        ("demo", ["--output"]),
    ],
)
def test_options_of_the_contract(command: str, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    out = capsys.readouterr().out
    for option in options:
        assert option in out


def test_general_help_names_every_command_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert all(command in out for command in COMMANDS)
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith("printprep ")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["run"],
        ["run", "somewhere"],
        ["scan"],
        ["smooth", "a.stl", "--bound-mm", "wide"],
        ["fragments", "a.stl", "--point-mm", "1,2,x"],
        ["check", "a.stl", "--units", "furlong"],
        ["recipe", "burn"],
        ["scan", "x", "--nonsense"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_two_and_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("printprep: ")
    assert told.err.count("\n") == 1


# ---- scan and run ----------------------------------------------------------------------------------------------------
def test_scan(answer: Answer) -> None:
    folder, _ = demo_scan(size=COARSE)
    code, data = answer("scan", folder)
    assert code == 0
    (series,) = data["series"]
    assert set(series) >= SERIES_KEYS
    assert (series["modality"], series["slices"], series["rows"], series["columns"]) == ("CT", *COARSE)
    assert series["verdict"] in ("good", "usable", "poor", "not a volume")
    assert series["spacing_mm"] == pytest.approx([154 / 72, 154 / 72, series["step_min_mm"]], abs=1e-3)
    assert series["height_mm"] == pytest.approx(series["step_min_mm"] * (COARSE[0] - 1), rel=1e-3)
    assert all(set(finding) >= FINDING_KEYS for finding in series["findings"])


def test_scan_of_a_volume_file_and_of_nothing_usable(answer: Answer, tmp_path: Path) -> None:
    import SimpleITK as sitk

    folder, _ = demo_scan(size=COARSE)
    noise = np.random.default_rng(0).normal(0, 300, (20, 20, 20)).astype(np.int16)
    sitk.WriteImage(volume_of(noise, (1.0, 1.0, 1.0)).image, str(tmp_path / "a.nii.gz"))
    _, data = answer("scan", tmp_path / "a.nii.gz")
    assert set(data["series"][0]) >= SERIES_KEYS
    one = tmp_path / "one"
    one.mkdir()
    first = min(path for path in folder.iterdir() if path.is_file())
    (one / "slice").write_bytes(first.read_bytes())
    code, data = answer("scan", one)
    assert code == 1
    assert data["series"][0]["verdict"] == "not a volume"


def test_run_and_its_recipe_and_privacy(answer: Answer, tmp_path: Path) -> None:
    folder, truth = demo_scan(size=COARSE)
    recipe = tmp_path / "mine.toml"
    recipe.write_text(
        'schema = "printprep-recipe/1"\n[[step]]\ndo = "threshold"\n'
        f'lower_hu = {truth.threshold_hu}\n[[step]]\ndo = "fragments"\n[[step]]\ndo = "smooth"\n'
    )
    out = tmp_path / "out"
    code, data = answer("run", folder, "-o", out, "-r", recipe, "--use", "teaching", "--no-pictures")
    assert set(data) >= {"ready", "outputs", "record", "report", "steps", "findings"}
    assert code == (0 if data["ready"] else 1)
    assert set(data["outputs"][0]) >= {"file", "kind", "sha256"}
    assert {path.name for path in out.iterdir()} == {entry["file"] for entry in data["outputs"]}
    assert all(set(step) >= RECEIPT_KEYS for step in data["steps"])
    assert all(set(finding) >= FINDING_KEYS for finding in data["findings"])
    assert load_recipe(out / "recipe.toml").use == "teaching"
    code, found = answer("privacy", out, "--source", folder)
    assert (code, found["clean"], found["hits"]) == (0, True, [])
    (out / "note.txt").write_text("PHANTOM^REFERRER saw this")
    code, found = answer("privacy", out, "--source", folder)
    assert code == 1
    assert {hit["file"] for hit in found["hits"]} == {"note.txt"}


def test_failed_judgement_is_one_and_files_are_there(answer: Answer, tmp_path: Path) -> None:
    from PrintPrepLib.phantom import Variant

    folder, truth = demo_scan(Variant.THICK, (56, 72, 72))
    recipe = tmp_path / "mine.toml"
    recipe.write_text(
        f'schema = "printprep-recipe/1"\n[[step]]\ndo = "threshold"\nlower = {truth.threshold_hu}\n'
        '[[step]]\ndo = "fragments"\n'
    )
    code, data = answer("run", folder, "-o", tmp_path / "out", "-r", recipe, "--no-pictures")
    assert (code, data["ready"]) == (1, False)
    assert (tmp_path / "out" / "model.stl").exists()
    record = json.loads((tmp_path / "out" / "record.json").read_text("utf-8"))
    assert record["ready"] is False


# ---- meshes ----------------------------------------------------------------------------------------------------------
def test_check(answer: Answer, tmp_path: Path) -> None:
    good, bad = _file(tmp_path, "good.stl", shapes.torus()), tmp_path / "bad.ply"
    shapes.write_open_box(bad)
    code, data = answer("check", good)
    assert (code, data["ready"]) == (0, True)
    assert set(data) >= {"ready", "findings", "measures"}
    assert set(data["measures"]) >= MEASURE_KEYS
    assert data["measures"]["size_mm"] == pytest.approx([50.0, 50.0, 10.0], abs=0.1)
    assert data["measures"]["volume_ml"] == pytest.approx(shapes.torus().volume_mm3 / 1000, rel=1e-4)
    code, data = answer("check", bad)
    assert (code, data["ready"]) == (1, False)
    assert data["measures"]["open_edges"] == 4
    code, data = answer("check", good, bad)
    assert (code, data["ready"]) == (1, False)
    assert len(data["models"]) == 2
    assert {finding["model"] for finding in data["findings"]} == {"good.stl", "bad.ply"}


def test_check_never_passes_what_was_not_run(answer: Answer, tmp_path: Path) -> None:
    _, data = answer("check", _file(tmp_path, "a.stl", shapes.torus()))
    severity = {finding["code"]: finding["severity"] for finding in data["findings"]}
    assert severity["printer-size"] == "not run"
    assert {code for code, value in severity.items() if value == "not run"} & {"accuracy", "completeness-missing"}


def test_compare(answer: Answer, tmp_path: Path) -> None:
    a = _file(tmp_path, "a.stl", shapes.sphere(10.5))
    b = _file(tmp_path, "b.stl", shapes.sphere(10.0))
    code, data = answer("compare", a, b, "-o", tmp_path / "colored.vtp")
    assert code == 0
    assert set(data) >= COMPARE_KEYS
    assert data["signed_mean_mm"] == pytest.approx(0.5, abs=0.02)
    assert data["volume_change_percent"] == pytest.approx(100 * (1.05**3 - 1), abs=0.1)
    assert "deviation_mm" in read_mesh(tmp_path / "colored.vtp").scalars
    assert answer("compare", b, a)[1]["signed_mean_mm"] == pytest.approx(-0.5, abs=0.02)


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("smooth", ["--bound-mm", "0.1"]),
        ("simplify", ["--tolerance-mm", "0.3"]),
        ("simplify", ["--triangles", "1500"]),
        ("simplify", ["--megabytes", "0.08"]),
        ("repair", []),
        ("holes", []),
        ("fragments", ["--keep", "largest"]),
    ],
)
def test_step_writes_its_mesh_and_gives_its_receipt(
    command: str, options: list[str], answer: Answer, tmp_path: Path
) -> None:
    source = _file(tmp_path, "in.stl", shapes.torus())
    code, data = answer(command, source, "-o", tmp_path / "out.stl", *options)
    assert code == 0
    assert set(data) >= {"receipt", "output"}
    assert set(data["receipt"]) >= RECEIPT_KEYS
    assert data["output"] == str(tmp_path / "out.stl")
    assert read_mesh(tmp_path / "out.stl").volume_mm3 == pytest.approx(shapes.torus().volume_mm3, rel=0.03)


def test_fragments_keeps_what_is_asked_for(answer: Answer, tmp_path: Path) -> None:
    boxes = [shapes.box((s, s, s), (30.0 * s, 0, 0)) for s in (4.0, 6.0, 8.0)]
    source = _file(tmp_path, "in.stl", concatenate(boxes))
    for options, volume in (
        ([], 512.0),
        (["--keep", "2"], 728.0),
        (["--keep", "all"], 792.0),
        (["--min-volume-mm3", "100"], 728.0),
        (["--point-mm", "120,0,0"], 64.0),
    ):
        _, data = answer("fragments", source, *options)
        assert data["receipt"]["after"]["volume_mm3"] == pytest.approx(volume, rel=1e-5), options
        assert data["output"] is None
        assert len(data["receipt"]["details"]["fragments"]) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.stl"]


@pytest.mark.parametrize("suffix", [".stl", ".ply", ".obj", ".off", ".3mf", ".vtp", ".vtk"])
def test_meshes_go_in_and_out_in_every_format(suffix: str, answer: Answer, tmp_path: Path) -> None:
    source = _file(tmp_path, f"in{suffix}", shapes.torus())
    code, _ = answer("smooth", source, "--bound-mm", "0.05", "-o", tmp_path / f"out{suffix}")
    assert code == 0
    assert read_mesh(tmp_path / f"out{suffix}").volume_mm3 == pytest.approx(shapes.torus().volume_mm3, rel=1e-3)


def test_meters_are_refused_with_advice_and_units_override(
    answer: Answer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "m.obj"
    torus = shapes.torus()
    rows = [f"v {x / 1000} {y / 1000} {z / 1000}" for x, y, z in torus.vertices]
    path.write_text("\n".join(rows + [f"f {a + 1} {b + 1} {c + 1}" for a, b, c in torus.faces]) + "\n")
    assert main(["check", str(path)]) == 2
    assert "--units" in capsys.readouterr().err
    code, data = answer("check", path, "--units", "m")
    assert code == 0
    assert data["measures"]["size_mm"][0] == pytest.approx(50.0, abs=0.1)


def test_recipe_commands(answer: Answer, tmp_path: Path) -> None:
    for name in preset_names():
        assert answer("recipe", "check", name)[1]["valid"] is True
        assert answer("recipe", "show", name)[1]["recipe"]["schema"] == "printprep-recipe/1"
    target = tmp_path / "new.toml"
    assert answer("recipe", "new", "--preset", "vessel", "-o", target) == (0, {"output": str(target)})
    assert load_recipe(target).use == "vascular"
    assert answer("recipe", "check", target)[0] == 0


# ---- what a person sees ----------------------------------------------------------------------------------------------
def test_quiet_says_nothing_and_plain_says_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = _file(tmp_path, "in.stl", shapes.torus())
    assert main(["check", str(source), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["smooth", str(source), "--bound-mm", "0.1"]) == 0
    out = capsys.readouterr().out
    assert "smooth" in out
    assert "Nothing was written" in out


def test_options_may_stand_before_what_they_belong_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = _file(tmp_path, "in.stl", shapes.torus())
    assert main(["smooth", "--json", "--bound-mm", "0.1", str(source)]) == 0
    assert json.loads(capsys.readouterr().out)["receipt"]["parameters"]["bound_mm"] == 0.1
