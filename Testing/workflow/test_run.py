"""The whole run: its files, its record, the same bytes twice, nothing left when it fails, and what outsiders say."""

from __future__ import annotations

import errno
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from PrintPrepLib.errors import Cancelled, ExportError, GeometryError, InputError, PrintPrepError
from PrintPrepLib.export import read_mesh
from PrintPrepLib.phantom.dicom_series import MARKERS
from PrintPrepLib.record.privacy import find_identity, identity_tokens
from PrintPrepLib.workflow.load import load_scan
from PrintPrepLib.workflow.recipe import load_recipe, parse_recipe
from PrintPrepLib.workflow.run import RunRequest, run
from Testing.support.demo import demo_run, demo_scan
from Testing.support.fields import blurred_ball, grid, radii, volume_like
from Testing.support.judges import admesh_facts, meshlab_facts, prusa_info, prusa_slice

FAST = 'schema = "printprep-recipe/1"\n[[step]]\ndo = "threshold"\nlower = 500\n[[step]]\ndo = "fragments"\n'


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _ball_file(folder: Path, dtype: type = np.int16) -> Path:
    volume = grid(20)
    values = np.rint(1000 * blurred_ball(radii(volume), 6.0, 0.6)).astype(dtype)
    path = folder / "ball.nrrd"
    sitk.WriteImage(volume_like(volume, values).image, str(path))
    return path


def _left(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


# ---- files -----------------------------------------------------------------------------------------------------------
def test_files_of_the_contract_are_there_and_hashes_are_true() -> None:
    demo = demo_run()
    names = {path.name for path in demo.folder.iterdir()}
    assert {"model.stl", "record.json", "deviation.vtp", "recipe.toml"} <= names
    assert not [name for name in names if name.startswith(".")]
    data = demo.result.to_dict()
    assert {entry["file"] for entry in data["outputs"]} == names
    for entry in data["outputs"]:
        assert entry["sha256"] == _sha256(demo.folder / entry["file"])
        assert entry["kind"]


def test_model_file_is_the_mesh_and_no_text_stl() -> None:
    demo = demo_run()
    content = (demo.folder / "model.stl").read_bytes()
    assert not content.lower().startswith(b"solid")
    assert b"SPACE=LPS" in content[:80]
    back = read_mesh(demo.folder / "model.stl")
    assert len(back.faces) == len(demo.result.mesh.faces)
    assert back.volume_mm3 == pytest.approx(demo.result.mesh.volume_mm3, rel=1e-6)
    np.testing.assert_allclose(back.bounds, demo.result.mesh.bounds, atol=1e-3)


def test_result_is_plain_json_with_the_keys_of_the_contract() -> None:
    data = json.loads(json.dumps(demo_run().result.to_dict(), allow_nan=False))
    assert {"ready", "outputs", "record", "report", "steps", "findings"} <= set(data)
    assert data["record"] == "record.json"
    assert [step["operation"] for step in data["steps"]][-2:] == ["smooth", "simplify"]
    assert set(data["findings"][0]) >= {
        "code", "severity", "message", "measured", "limit", "unit", "where", "advice",
    }  # fmt: skip


def test_record_holds_receipts_findings_recipe_and_source() -> None:
    demo = demo_run()
    record = json.loads((demo.folder / "record.json").read_text("utf-8"))
    text = json.dumps(record)
    for receipt in demo.result.receipts:
        assert f'"{receipt.operation}"' in text
    for finding in demo.result.findings:
        assert finding.code in text
    assert _sha256(demo.folder / "model.stl") in text
    assert demo.result.volume.source.series_id not in text  # only its salted form is
    assert record["source"][0]["series_id"].startswith("salted-")


def test_model_is_measured_against_the_surface_before_smoothing() -> None:
    demo = demo_run()
    assert demo.result.deviation is not None
    assert 0.0 < demo.result.deviation.forward.mean_mm < 0.1
    assert demo.result.deviation.hausdorff_mm < 1.0
    colored = read_mesh(demo.folder / "deviation.vtp")
    assert np.abs(colored.scalars["deviation_mm"]).max() == pytest.approx(
        np.abs(demo.result.deviation.colored(demo.result.mesh).scalars["deviation_mm"]).max(), abs=1e-5
    )


# ---- the same again --------------------------------------------------------------------------------------------------
def test_filled_recipe_gives_the_same_bytes_again(tmp_path: Path) -> None:
    demo = demo_run()
    recipe = load_recipe(demo.folder / "recipe.toml")
    assert recipe.to_toml() == (demo.folder / "recipe.toml").read_text("utf-8")
    run(RunRequest(demo.scan, tmp_path / "again", recipe, pictures=False))
    assert _sha256(tmp_path / "again" / "model.stl") == _sha256(demo.folder / "model.stl")
    assert _sha256(tmp_path / "again" / "recipe.toml") == _sha256(demo.folder / "recipe.toml")


def test_second_run_replaces_the_first(tmp_path: Path) -> None:
    source = _ball_file(tmp_path)
    recipe = parse_recipe(FAST)
    out = tmp_path / "out"
    run(RunRequest(source, out, recipe, pictures=False))
    first = _left(out)
    (out / "mine.txt").write_text("keep me")
    run(RunRequest(source, out, recipe, pictures=False))
    assert _left(out) == sorted([*first, "mine.txt"])


# ---- privacy ---------------------------------------------------------------------------------------------------------
def test_no_identity_in_anything_that_is_written() -> None:
    demo = demo_run()
    assert find_identity(demo.folder, MARKERS) == []
    tokens = identity_tokens(demo.scan)
    assert len(tokens) > 3
    assert find_identity(demo.folder, tokens) == []
    assert find_identity(demo.scan, MARKERS) != []  # the search does find them where they are


def test_no_absolute_path_in_anything_that_is_written() -> None:
    demo = demo_run()
    for path in demo.folder.iterdir():
        content = path.read_bytes()
        for word in (str(demo.scan), str(demo.folder), str(demo.scan.parent), str(Path.home())):
            if len(word) > 1:
                assert word.encode() not in content, f"{word} in {path.name}"


# ---- outside judges --------------------------------------------------------------------------------------------------
def test_prusa_slicer_slices_it_to_the_full_height() -> None:
    demo = demo_run()
    model = demo.folder / "model.stl"
    info = prusa_info(model)
    assert info.manifold
    assert info.open_edges == 0
    assert info.facets_reversed == 0
    assert info.volume_mm3 == pytest.approx(demo.result.mesh.volume_mm3, rel=1e-3)
    sliced = prusa_slice(model, 0.3)
    height = float(demo.result.mesh.size_mm[2])
    assert sliced.returncode == 0
    assert sliced.top_z_mm == pytest.approx(height, abs=0.45)
    assert sliced.layers == pytest.approx(height / 0.3, abs=2)


def test_admesh_finds_nothing_to_mend() -> None:
    facts = admesh_facts(demo_run().folder / "model.stl")
    assert (facts.disconnected, facts.degenerate, facts.added, facts.reversed_facets) == (0, 0, 0, 0)
    assert facts.parts == 1


def test_meshlab_finds_no_crossing() -> None:
    facts = meshlab_facts(demo_run().folder / "model.stl")
    assert facts.self_intersecting_faces == 0
    assert facts.boundary_edges == 0
    assert facts.two_manifold
    assert facts.components == 1


# ---- volume files and label maps -------------------------------------------------------------------------------------
def test_volume_file_runs_and_its_place_is_kept(tmp_path: Path) -> None:
    result = run(RunRequest(_ball_file(tmp_path), tmp_path / "out", parse_recipe(FAST), pictures=False))
    np.testing.assert_allclose(result.mesh.bounds.mean(axis=0), 0.0, atol=0.1)
    assert result.mesh.volume_mm3 == pytest.approx(4 / 3 * np.pi * 6.0**3, rel=0.1)


def test_ready_label_map_takes_the_place_of_the_threshold(tmp_path: Path) -> None:
    source = _ball_file(tmp_path)
    volume = grid(20)
    labels = np.zeros((20, 20, 20), np.uint8)
    labels[radii(volume) < 4.0] = 3
    sitk.WriteImage(volume_like(volume, labels).image, str(tmp_path / "labels.nrrd"))
    request = RunRequest(source, tmp_path / "out", parse_recipe(FAST), labels=tmp_path / "labels.nrrd", pictures=False)
    result = run(request)
    assert result.receipts[0].operation == "from label map"
    assert "threshold" not in [call.step.name for call in result.recipe.steps]
    assert result.mesh.volume_mm3 == pytest.approx(4 / 3 * np.pi * 4.0**3, rel=0.1)


def test_recipe_is_chosen_by_what_the_values_are() -> None:
    scan, _ = demo_scan()
    from PrintPrepLib.workflow.run import _recipe

    recipe, notes = _recipe(RunRequest(scan, scan), load_scan(scan).volume)
    assert recipe.steps[0].parameters["preset"].value == "bone"
    assert notes[0].code == "preset-chosen"


def test_series_of_a_volume_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds one volume"):
        load_scan(_ball_file(tmp_path), series="abc")


# ---- nothing left ----------------------------------------------------------------------------------------------------
def _requests(folder: Path) -> dict[str, RunRequest]:
    source = _ball_file(folder)
    out = folder / "new" / "out"
    (folder / "empty").mkdir()
    (folder / "text").mkdir()
    (folder / "text" / "a.dcm").write_text("no DICOM at all")
    recipe = parse_recipe(FAST)
    nothing = parse_recipe(FAST.replace("500", "99999"))
    return {
        "missing path": RunRequest(folder / "nowhere", out, recipe),
        "empty folder": RunRequest(folder / "empty", out, recipe),
        "unreadable files": RunRequest(folder / "text", out, recipe),
        "unknown series": RunRequest(demo_scan()[0], out, recipe, series="nope"),
        "nothing above": RunRequest(source, out, nothing),
        "no label map": RunRequest(source, out, recipe, labels=folder / "no.nrrd"),
        "label without map": RunRequest(source, out, recipe, label="1"),
        "unknown printer": RunRequest(source, out, recipe, printer="no such printer"),
        "out is a file": RunRequest(source, source, recipe),
    }


@pytest.mark.parametrize(
    "name",
    [
        "missing path", "empty folder", "unreadable files", "unknown series", "nothing above", "no label map",
        "label without map", "unknown printer", "out is a file",
    ],
)  # fmt: skip
def test_refusal_leaves_nothing(name: str, tmp_path: Path) -> None:
    request = _requests(tmp_path)[name]
    before = _left(tmp_path)
    with pytest.raises((InputError, GeometryError, ExportError)) as caught:
        run(request)
    message = str(caught.value)
    assert re.search(r"[.!?]$", message.strip()), message
    assert _left(tmp_path) == before


@pytest.mark.parametrize("limit", [0.05, 0.3, 0.6, 0.8, 0.92, 0.95])
def test_cancel_leaves_nothing(limit: float, tmp_path: Path) -> None:
    source = _ball_file(tmp_path)
    before = _left(tmp_path)

    def stop(fraction: float, text: str) -> None:
        if fraction >= limit:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        run(RunRequest(source, tmp_path / "new" / "out", parse_recipe(FAST)), progress=stop)
    assert _left(tmp_path) == before


@pytest.mark.parametrize("file", ["model", "deviation", "recipe", "record"])
def test_full_disk_is_said_and_leaves_nothing(file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full when the bytes of this file are brought to it."""
    source = _ball_file(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    (out / "model.stl").write_bytes(b"of an earlier run")
    before = _left(tmp_path)
    real_open, real_text = Path.open, Path.write_text

    def full() -> OSError:
        return OSError(errno.ENOSPC, "No space left on device")

    def open_file(self: Path, *arguments: Any, **keywords: Any) -> Any:
        mode = arguments[0] if arguments else keywords.get("mode", "r")
        if file in self.name and any(letter in mode for letter in "wxa"):
            raise full()
        return real_open(self, *arguments, **keywords)

    def write_text(self: Path, *arguments: Any, **keywords: Any) -> Any:
        if file in self.name:
            raise full()
        return real_text(self, *arguments, **keywords)

    monkeypatch.setattr(Path, "open", open_file)
    monkeypatch.setattr(Path, "write_text", write_text)
    recipe = parse_recipe(FAST + '[[step]]\ndo = "smooth"\n')
    with pytest.raises((PrintPrepError, OSError)) as caught:
        run(RunRequest(source, out, recipe, pictures=False))
    monkeypatch.undo()
    assert isinstance(caught.value, ExportError)
    assert "disk is full" in str(caught.value)
    assert _left(tmp_path) == before
    assert (out / "model.stl").read_bytes() == b"of an earlier run"


def test_a_recipe_that_ends_in_orient_writes_the_laid_model_beside_the_one_in_the_patients_place(
    tmp_path: Path,
) -> None:
    text = FAST + '[[step]]\ndo = "orient"\ndirections = 6\n[printer]\nname = "prusa-mini"\n'
    result = run(RunRequest(_ball_file(tmp_path), tmp_path / "out", parse_recipe(text), pictures=False))
    model, laid = read_mesh(tmp_path / "out" / "model.stl"), read_mesh(tmp_path / "out" / "model_print.stl")
    receipt = result.receipts[-1]
    assert (receipt.operation, receipt.parameters["printer"]) == ("orient", "prusa-mini")
    matrix = np.asarray(receipt.details["matrix"])
    assert laid.bounds[0, 2] == pytest.approx(0.0, abs=1e-5)
    assert np.allclose(
        model.vertices.mean(axis=0) @ matrix[:3, :3].T + matrix[:3, 3], laid.vertices.mean(axis=0), atol=1e-3
    )
    assert {file.name: file.kind for file in result.outputs}["model_print.stl"] == "print"
    again = parse_recipe((tmp_path / "out" / "recipe.toml").read_text())
    run(RunRequest(tmp_path / "ball.nrrd", tmp_path / "again", again, pictures=False))
    assert _sha256(tmp_path / "again" / "model_print.stl") == _sha256(tmp_path / "out" / "model_print.stl")
