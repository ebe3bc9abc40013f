"""A run that goes on from kept states gives, byte for byte, what a run from the beginning gives."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from PrintPrepLib.workflow import checkpoints as subject
from PrintPrepLib.workflow.recipe import parse_recipe
from PrintPrepLib.workflow.replay import NOT_COMPARED
from PrintPrepLib.workflow.run import RunRequest, RunResult, run
from Testing.support.demo import demo_scan
from Testing.support.recipes import BONE, HEAD

BASE = HEAD + BONE.replace('do = "surface"', 'do = "interpolate"\n[[step]]\ndo = "surface"')
SMOOTH = '[[step]]\ndo = "smooth"\nbound_voxels = {}\n'
SIMPLIFY = '[[step]]\ndo = "simplify"\ntolerance_voxels = 0.2\n'


def run_recipe(text: str, out: Path, kept: Path | None, **more: Any) -> RunResult:
    scan, _truth = demo_scan()
    request = RunRequest(
        scan, out, parse_recipe(text), pictures=False, keep_steps=True, checkpoints=kept, record_id="r-1", **more
    )  # fmt: skip
    return run(request)


def hashes(result: RunResult) -> dict[str, str]:
    return {one.name: one.sha256 for one in result.outputs if one.name not in NOT_COMPARED}


def receipts(folder: Path) -> list[dict[str, Any]]:
    record = json.loads((folder / "record.json").read_text())
    return [{key: value for key, value in one.items() if key != "seconds"} for one in record["steps"]]


def test_going_on_gives_the_same_bytes_and_all_receipts(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    first = run_recipe(BASE + SMOOTH.format(0.5), tmp_path / "first", kept)
    assert first.went_on_from is None
    longer = BASE + SMOOTH.format(0.5) + SIMPLIFY
    on = run_recipe(longer, tmp_path / "on", kept)
    whole = run_recipe(longer, tmp_path / "whole", None)
    assert on.went_on_from == {"number": 6, "step": "smooth"}
    assert hashes(on) == hashes(whole)
    assert len(hashes(whole)) > 8
    assert receipts(tmp_path / "on") == receipts(tmp_path / "whole")
    other = BASE + SMOOTH.format(0.3) + SIMPLIFY
    changed = run_recipe(other, tmp_path / "changed", kept)
    assert changed.went_on_from == {"number": 5, "step": "fragments"}
    assert hashes(changed) == hashes(run_recipe(other, tmp_path / "changed_whole", None))
    assert hashes(changed)["model.stl"] != hashes(on)["model.stl"]
    again = run_recipe(longer, tmp_path / "again", kept)
    assert again.went_on_from == {"number": 7, "step": "simplify"}
    assert hashes(again) == hashes(whole)


def test_a_changed_first_step_or_scan_begins_anew(tmp_path: Path) -> None:
    import SimpleITK as sitk

    kept, recipe = tmp_path / "kept", parse_recipe(BASE)
    values = np.full((24, 24, 24), -1000, np.int16)
    values[6:18, 6:18, 6:18] = 800
    image = sitk.GetImageFromArray(values)
    for name, changed in (("a", None), ("b", (10, 10, 10)), ("c", None)):
        if changed is not None:
            image = sitk.Image(image)
            image[changed] = 900
        if name == "c":
            image.SetOrigin((0.0, 0.0, 0.5))
        sitk.WriteImage(image, str(tmp_path / f"{name}.nrrd"))
    told = []
    for name in ("a", "a", "b", "c"):
        request = RunRequest(tmp_path / f"{name}.nrrd", tmp_path / f"out{len(told)}", recipe, pictures=False, checkpoints=kept)  # fmt: skip # noqa: E501
        told.append(run(request).skipped)
    assert told == [0, 5, 0, 0]
    text = BASE.replace('preset = "bone"', "lower = 500")
    last = run(RunRequest(tmp_path / "c.nrrd", tmp_path / "last", parse_recipe(text), pictures=False, checkpoints=kept))
    assert last.skipped == 0


def test_what_was_damaged_on_disk_is_not_believed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    first = run_recipe(BASE, tmp_path / "first", kept)
    for path in sorted((kept / "arrays").glob("*.npy")):
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(bytes(data))
    again = run_recipe(BASE, tmp_path / "again", kept)
    assert again.skipped == 0
    assert hashes(again) == hashes(first)
    for path in (kept / "states").glob("*.json"):
        path.write_text("{")
    assert run_recipe(BASE, tmp_path / "third", kept).skipped == 0


@pytest.mark.parametrize("most", [2, 3])
def test_old_states_and_their_arrays_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    kept = tmp_path / "kept"
    run_recipe(BASE, tmp_path / "first", kept)
    before = {path.name for path in (kept / "arrays").iterdir()}
    monkeypatch.setattr(subject, "MOST_STATES", most)
    for number, path in enumerate(sorted((kept / "states").iterdir(), key=lambda path: path.stat().st_mtime_ns)):
        os.utime(path, (number, number))
    subject.Checkpoints(kept).prune()
    states = list((kept / "states").glob("*.json"))
    assert len(states) == most
    after = {path.name for path in (kept / "arrays").iterdir()}
    assert after < before
    needed = {f"{name}.npy" for path in states for name in subject._names(json.loads(path.read_text()))}
    assert after == needed
