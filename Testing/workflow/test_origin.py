"""A scan that another program hands over as a volume file, with what it knows of its source."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
import SimpleITK as sitk

from PrintPrepLib.cli import main
from PrintPrepLib.errors import ExportError, InputError
from PrintPrepLib.finding import Finding, Severity
from PrintPrepLib.record.identity import source_identity
from PrintPrepLib.volume import Source
from PrintPrepLib.workflow.load import load_scan
from PrintPrepLib.workflow.origin import Origin, load_origin
from PrintPrepLib.workflow.recipe import parse_recipe
from PrintPrepLib.workflow.run import RunRequest, run
from Testing.support.markers import Markers, write_marked_series

QUICK = """schema = "printprep-recipe/1"
[output]
formats = ["stl", "ply"]
[[step]]
do = "threshold"
lower = 400
[[step]]
do = "fragments"
"""
TOLD = Finding("segments-overlap", Severity.WARN, "Two segments overlap.", 3, 0, "voxels", (1.0, 2.0, 3.0), "Look.")
NOTED = Finding("not-a-number", Severity.WARN, "2 voxels hold no number.", 2, 0, "voxels")


@pytest.fixture(scope="module")
def handed_over(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Origin, Markers]:
    """A scan as a volume file, and the origin that its DICOM files give."""
    folder, markers = write_marked_series(tmp_path_factory.mktemp("marked"))
    scan = load_scan(folder)
    file = tmp_path_factory.mktemp("job") / "scan.nrrd"
    sitk.WriteImage(scan.volume.image, str(file))
    source = replace(scan.volume.source, facts=MappingProxyType({"kernel": "Br59", "reader": "3D Slicer"}))
    return file, Origin(replace(source, findings=(NOTED,)), (TOLD,), scan.files, parent_record="r-1"), markers


def _record(folder: Path) -> dict[str, object]:
    told: dict[str, object] = json.loads((folder / "record.json").read_text("utf-8"))
    return told


def _run(file: Path, out: Path, origin: Origin | None, **more: object) -> None:
    recipe = parse_recipe(QUICK)
    run(RunRequest(file, out, replace(recipe, **more), pictures=False, origin=origin, on_patient_data="refuse"))


def test_the_record_says_what_is_known(handed_over: tuple[Path, Origin, Markers], tmp_path: Path) -> None:
    file, origin, _ = handed_over
    (tmp_path / "origin.json").write_text(origin.to_json(), "utf-8")
    (tmp_path / "r.toml").write_text(QUICK)
    words = ["run", str(file), "-o", str(tmp_path / "out"), "-r", str(tmp_path / "r.toml"), "--no-pictures", "--quiet"]
    assert main([*words, "--origin", str(tmp_path / "origin.json")]) in (0, 1)
    record = _record(tmp_path / "out")
    source = record["source"][0]
    assert (source["kind"], source["modality"]) == ("dicom", "CT")
    assert source["series_id"].startswith("salted-")
    assert source["facts"]["kernel"] == "Br59"
    assert record["parent_record"] == "r-1"
    found = {one["code"]: one for one in record["findings"]}
    assert found["segments-overlap"]["where"] == [1.0, 2.0, 3.0]
    assert found["segments-overlap"]["advice"] == "Look."
    assert found["not-a-number"]["measured"] == 2
    assert found["patient-data"]["severity"] == "pass"
    assert record["privacy"]["values_searched"] > 2200
    assert str(file.parent) not in json.dumps(record)


def test_values_of_the_files_behind_it_are_found(handed_over: tuple[Path, Origin, Markers], tmp_path: Path) -> None:
    file, origin, markers = handed_over
    family = markers.texts["PatientName"].split("^")[0]
    with pytest.raises(ExportError, match="PatientName") as caught:
        _run(file, tmp_path / "out", origin, use=f"for {family}")
    assert family not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("search", "known", "word"), [(False, True, "exported"), (True, False, "not known here")])
def test_what_was_not_searched_is_not_called_clean(
    search: bool, known: bool, word: str, handed_over: tuple[Path, Origin, Markers], tmp_path: Path
) -> None:
    file, origin, _ = handed_over
    _run(file, tmp_path / "out", replace(origin, search=search, files=origin.files if known else ()))
    record = _record(tmp_path / "out")
    finding = next(one for one in record["findings"] if one["code"] == "patient-data")
    assert finding["severity"] == "not run"
    assert word in finding["message"]
    assert record["privacy"]["clean"] is None
    assert word in record["privacy"]["why_not"]


def test_files_in_several_folders(handed_over: tuple[Path, Origin, Markers], tmp_path: Path) -> None:
    _file, origin, _ = handed_over
    moved = []
    for number, file in enumerate(origin.files[:3]):
        place = tmp_path / f"folder {number}" / file.name
        place.parent.mkdir()
        place.write_bytes(file.read_bytes())
        moved.append(place)
    apart = replace(origin, files=tuple(moved))
    assert apart.folder() == tmp_path
    assert source_identity(apart.folder(), files=apart.files).files == 3


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    source = Source("dicom", "MR", "abc", MappingProxyType({"tesla": 1.5}), (NOTED,))
    origin = Origin(source, (TOLD,), (Path("/scans/1.dcm"),), search=False, parent_record=None)
    (tmp_path / "o.json").write_text(origin.to_json(), "utf-8")
    assert load_origin(tmp_path / "o.json") == origin


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"schema": "printprep-origin/2"}', '{"schema": "printprep-origin/1", "facts": {}, "kind": 3}'],
)
def test_another_file_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "o.json").write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"o\.json"):
        load_origin(tmp_path / "o.json")
    with pytest.raises(InputError, match="--origin"):
        load_origin(tmp_path / "none.json")
