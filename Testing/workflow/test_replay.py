"""A record is run again: the same files come out, differences are found and explained, another scan is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from PrintPrepLib.cli import main
from PrintPrepLib.dicom.scan import scan_folder
from PrintPrepLib.dicom.series import best_series
from PrintPrepLib.errors import InputError, RecipeError
from PrintPrepLib.record.calipers import CaliperPair
from PrintPrepLib.record.overrides import Acceptance
from PrintPrepLib.record.salt import salt_of
from PrintPrepLib.record.scrub import REMOVED
from PrintPrepLib.workflow.recipe import parse_recipe, recipe_from
from PrintPrepLib.workflow.replay import read_record, replay
from PrintPrepLib.workflow.run import RunRequest, run
from Testing.support.demo import demo_scan
from Testing.support.fields import blurred_ball, grid, radii, volume_like
from Testing.support.markers import write_marked_series

FAST = 'schema = "printprep-recipe/1"\n[[step]]\ndo = "threshold"\nlower = 500\n[[step]]\ndo = "smooth"\n'


def ball(folder: Path, radius: float = 6.0, name: str = "ball.nrrd") -> Path:
    volume = grid(20)
    values = np.rint(1000 * blurred_ball(radii(volume), radius, 0.6)).astype(np.int16)
    sitk.WriteImage(volume_like(volume, values).image, str(folder / name))
    return folder / name


def ran(folder: Path, **more: Any) -> tuple[Path, Path]:
    source = ball(folder)
    run(RunRequest(source, folder / "out", parse_recipe(FAST), pictures=False, **more))
    return source, folder / "out" / "record.json"


def test_the_same_files_come_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, record = ran(
        tmp_path, calipers=(CaliperPair("up", (0, 0, -6), (0, 0, 6)),), accepted=(Acceptance("x", "because", "AB"),),
        use="teaching", keep_steps=True,
    )  # fmt: skip
    code = main(["replay", str(record), "--source", str(source), "-o", str(tmp_path / "again"), "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert (code, answer["same"], answer["reasons"]) == (0, True, [])
    assert {one["file"] for one in answer["files"]} >= {"model.stl", "recipe.toml", "deviation.vtp"}
    assert any(one["file"].startswith("step_") for one in answer["files"])
    assert (tmp_path / "again" / "model.stl").read_bytes() == (tmp_path / "out" / "model.stl").read_bytes()
    again = json.loads((tmp_path / "again" / "record.json").read_text("utf-8"))
    first = json.loads(record.read_text("utf-8"))
    assert again["recipe"] == first["recipe"]
    assert again["calipers"] == first["calipers"]


def test_a_dicom_series_is_found_again(tmp_path: Path) -> None:
    scan, _ = demo_scan()
    recipe = parse_recipe(FAST.replace("500", "250"))
    run(RunRequest(scan, tmp_path / "out", recipe, pictures=False))
    done = replay(read_record(tmp_path / "out" / "record.json"), scan, tmp_path / "again")
    assert done.same
    assert done.model_same


def test_the_labs_salt_finds_the_series_and_gives_the_same_ids(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "scans"
    series, _ = write_marked_series(tmp_path / "one")
    for number, path in enumerate((series, write_marked_series(tmp_path / "two")[0])):
        shutil.copytree(path, folder / str(number))  # two series in one folder
    for number, path in enumerate(filter(Path.is_file, (folder / "1").rglob("*"))):
        header = pydicom.dcmread(path)
        header.SeriesInstanceUID = "2.25.700"
        header.SOPInstanceUID = f"2.25.700{number}"
        header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
        header.save_as(path)
    found = scan_folder(folder)
    second = next(one.id for one in found.series if one.id != best_series(found)[0].id)
    salt, recipe = tmp_path / "lab.salt", parse_recipe(FAST.replace("500", "150"))
    run(RunRequest(folder, tmp_path / "run", recipe, series=second, pictures=False, salt_file=salt))
    words = ["replay", str(tmp_path / "run" / "record.json"), "--source", str(folder), "--salt-file"]
    assert main([*words, str(salt), "-o", str(tmp_path / "again"), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["same"], answer["ids_same"]) == (True, True)
    assert answer["ids"]["recorded"] == answer["ids"]["replayed"] == [salt_of(salt).of(second)]
    other = tmp_path / "other.salt"
    other.write_text("another salt of a lab, long enough")
    assert main([*words, str(other), "-o", str(tmp_path / "no")]) == 2
    assert "another scan, or another salt" in capsys.readouterr().err
    assert main([*words, str(tmp_path / "missing.salt"), "-o", str(tmp_path / "no")]) == 2
    assert not (tmp_path / "missing.salt").exists()  # none is made
    assert not (tmp_path / "no").exists()


def test_a_salt_that_was_forgotten_or_is_another_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    salt = tmp_path / "lab.salt"
    source, record = ran(tmp_path, salt_file=salt)
    other = tmp_path / "other.salt"
    other.write_text("another salt of a lab, long enough")
    words = ["replay", str(record), "--source", str(source)]
    assert main([*words, "-o", str(tmp_path / "again"), "--salt-file", str(salt)]) == 0
    assert "hashed with the lab's salt" in capsys.readouterr().out
    assert main([*words, "-o", str(tmp_path / "wrong"), "--salt-file", str(other)]) == 1  # a file has no id to look for
    assert "NOT THE SAME SOURCE" in capsys.readouterr().out
    forgotten = tmp_path / "random"
    forgotten.mkdir()
    source, record = ran(forgotten)
    words = ["replay", str(record), "--source", str(source), "--salt-file", str(salt)]
    assert main([*words, "-o", str(tmp_path / "x")]) == 2
    assert "kept nowhere" in capsys.readouterr().err


def test_differences_are_found_and_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, path = ran(tmp_path)
    record = json.loads(path.read_text("utf-8"))
    record["recipe"]["step"][0]["lower"] = 510.0
    record["software"]["libraries"]["vtk"] = "0.1"
    record["outputs"] = [item for item in record["outputs"] if item["file"] != "thickness.vtp"]
    path.write_text(json.dumps(record), "utf-8")
    code = main(["replay", str(path), "--source", str(source), "-o", str(tmp_path / "again")])
    text = capsys.readouterr().out
    assert code == 1
    assert "NOT THE SAME" in text
    assert "model.stl: was" in text
    assert "thickness.vtp: was not in the record" in text
    assert "vtk was 0.1, now it is" in text


def test_only_a_picture_differs(tmp_path: Path) -> None:
    source, path = ran(tmp_path)
    record = json.loads(path.read_text("utf-8"))
    record["outputs"].append({**record["outputs"][0], "file": "model.png", "kind": "png"})
    path.write_text(json.dumps(record), "utf-8")
    done = replay(read_record(path), source, tmp_path / "again")
    assert not done.same
    assert done.model_same


def test_another_scan_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    _, path = ran(tmp_path)
    other = ball(tmp_path, 6.5, "other.nrrd")
    with pytest.raises(InputError, match="not the scan of the record"):
        replay(read_record(path), other, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_label_map_is_part_of_the_record(tmp_path: Path) -> None:
    volume = grid(20)
    mask = (radii(volume) < 6.0).astype(np.uint8)
    for name, values in (("labels.nrrd", mask), ("other.nrrd", np.roll(mask, 1, axis=0))):
        sitk.WriteImage(volume_like(volume, values).image, str(tmp_path / name))
    source, path = ran(tmp_path, labels=tmp_path / "labels.nrrd")
    record = read_record(path)
    assert replay(record, source, tmp_path / "a", labels=tmp_path / "labels.nrrd").same
    with pytest.raises(InputError, match="give it with --labels"):
        replay(record, source, tmp_path / "b")
    with pytest.raises(InputError, match="not the label map of the record"):
        replay(record, source, tmp_path / "b", labels=tmp_path / "other.nrrd")
    (tmp_path / "second").mkdir()
    plain_source, plain = ran(tmp_path / "second")
    with pytest.raises(InputError, match="leave --labels out"):
        replay(read_record(plain), plain_source, tmp_path / "b", labels=tmp_path / "labels.nrrd")


def test_what_is_no_record_is_refused(tmp_path: Path) -> None:
    source, path = ran(tmp_path)
    record = json.loads(path.read_text("utf-8"))
    with pytest.raises(InputError, match="not empty"):
        replay(record, source, tmp_path / "out")
    for text, words in (("{", "cannot be read"), ("[]", "no record"), ('{"schema": "x"}', "no record")):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(InputError, match=words):
            read_record(tmp_path / "bad.json")
    (tmp_path / "bad.json").write_text(json.dumps({**record, "ready": "yes"}))
    with pytest.raises(InputError, match=r"does not fit its schema: record\.ready"):
        read_record(tmp_path / "bad.json")
    with pytest.raises(InputError, match=r"no record 'none\.json'"):
        read_record(tmp_path / "none.json")
    record["recipe"]["case"] = {"use": REMOVED}
    with pytest.raises(InputError, match="names a file"):
        replay(record, source, tmp_path / "c")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('[[caliper]]\nname = "a"\nfrom_mm = [1, 2]\nto_mm = [1, 2, 3]', "three numbers"),
        ("[[caliper]]\nfrom_mm = [1, 2, 3]\nto_mm = [1, 2, 3]", "name must be text"),
        ('[[caliper]]\nname = "a"\nfrom = [1, 2, 3]', "'from' is not known"),
        ('[[accept]]\ncode = "x"', "reason must be text"),
        ('[[accept]]\ncode = "x"\nreason = "a"\n[[accept]]\ncode = "x"\nreason = "b"', "accepted twice"),
        (f'[[accept]]\ncode = "x"\nreason = "{"a" * 400}"', "300 characters"),
    ],
)
def test_tables_of_a_recipe_are_strict(table: str, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        parse_recipe(FAST + table)


def test_tables_survive_the_file_and_the_record() -> None:
    caliper = '[[caliper]]\nname = "a \\" b"\nfrom_mm = [1, 2, 3]\nto_mm = [4, 5, 6.5]\n'
    text = f'{FAST}{caliper}[[accept]]\ncode = "x"\nreason = "y"\n'
    recipe = parse_recipe(text)
    assert recipe.calipers == (CaliperPair('a " b', (1.0, 2.0, 3.0), (4.0, 5.0, 6.5)),)
    assert parse_recipe(recipe.to_toml()) == recipe
    assert recipe_from(json.loads(json.dumps(recipe.to_dict()))) == recipe


@pytest.mark.parametrize("words", [["--caliper", "a:1,2,3"], ["--caliper", ":1,2,3:4,5,6"], ["--accept", "code"]])
def test_bad_options_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["run", "x", "-o", "y", *words])
    assert "is not a" in capsys.readouterr().err
