"""A scan full of markers through the whole chain: nothing of it comes out, unless it was asked for."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest

from PrintPrepLib.cli import main
from PrintPrepLib.errors import ExportError, InputError
from PrintPrepLib.record.identity import source_identity
from PrintPrepLib.record.protect import IDENTITY
from PrintPrepLib.record.salt import salt_of
from PrintPrepLib.workflow.recipe import parse_recipe
from PrintPrepLib.workflow.run import RunRequest, run
from Testing.support.markers import FOLDER, Markers, write_marked_series

QUICK = """schema = "printprep-recipe/1"
[case]
use = "teaching"
[output]
formats = ["stl", "3mf", "glb", "obj", "ply"]
[[step]]
do = "threshold"
lower = 400
[[step]]
do = "fragments"
[[step]]
do = "smooth"
[[step]]
do = "simplify"
tolerance_voxels = 0.1
"""
CUT = '[[step]]\ndo = "cut"\nthrough = "axial"\npins = "none"\n'


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Markers]:
    return write_marked_series(tmp_path_factory.mktemp("marked"))


def _all_bytes(folder: Path) -> bytes:
    """Every byte of a folder, archives unpacked: no search of ours is used here."""
    blocks = []
    for path in sorted(folder.rglob("*")):
        blocks.append(str(path.relative_to(folder)).encode())
        if path.is_file():
            blocks.append(path.read_bytes())
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as package:
                    blocks += [name.encode() + package.read(name) for name in package.namelist()]
    return b"\n".join(blocks)


def _found(folder: Path, markers: Markers) -> set[str]:
    body = _all_bytes(folder).lower()
    wide = body.replace(b"\0", b"")
    found = set()
    for where, text in markers.texts.items():
        pieces = [piece for piece in text.split("^") if len(piece) > 4]
        if any(piece.lower().encode() in body or piece.lower().encode() in wide for piece in pieces):
            found.add(where)
    return found | {uid for uid in markers.uids if re.search(re.escape(uid.encode()) + rb"(?![\d.])", body)}


def test_every_marker_is_looked_for(marked: tuple[Path, Markers]) -> None:
    folder, markers = marked
    assert len(markers.texts) + len(markers.uids) > 2200  # of the dictionary's attributes
    identity = source_identity(folder)
    assert {where: text for where, text in markers.texts.items() if text not in identity.forms} == {}
    assert set(markers.uids) <= identity.forms.keys()
    assert {FOLDER, "Ilse Zwerenz", "Zwerenz-Ilse-03"} <= identity.forms.keys()


@pytest.mark.parametrize(
    "steps", [pytest.param(QUICK, id="whole", marks=pytest.mark.slow), pytest.param(QUICK + CUT, id="in parts")]
)
def test_nothing_of_it_comes_out(steps: str, marked: tuple[Path, Markers], tmp_path: Path) -> None:
    folder, markers = marked
    (tmp_path / "r.toml").write_text(steps)
    words = ["run", str(folder), "-o", str(tmp_path / "out"), "-r", str(tmp_path / "r.toml"), "--keep-steps"]
    words += ["--no-pictures"] if CUT in steps else []
    assert main([*words, "--quiet"]) in (0, 1)
    out = tmp_path / "out"
    endings = {path.suffix for path in out.iterdir()} | ({".png"} if CUT in steps else set())
    assert {".stl", ".3mf", ".glb", ".obj", ".mtl", ".ply", ".png", ".vtp", ".toml", ".json"} <= endings
    assert _found(out, markers) == set()
    record = json.loads((out / "record.json").read_text("utf-8"))
    assert record["phi_included"] is False
    assert record["privacy"]["clean"] is True
    assert record["privacy"]["values_searched"] > 2200
    assert {finding["code"]: finding["severity"] for finding in record["findings"]}["patient-data"] == "pass"
    assert record["record_id"].encode() in zipfile.ZipFile(out / "model.3mf").read("3D/3dmodel.model")
    assert main(["privacy", str(out), "--source", str(folder), "--quiet"]) == 0


def test_what_was_asked_for_is_there_and_nothing_more(
    marked: tuple[Path, Markers], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, markers = marked
    (tmp_path / "r.toml").write_text(QUICK)
    out = tmp_path / "out"
    words = ["run", str(folder), "-o", str(out), "-r", str(tmp_path / "r.toml"), "--no-pictures"]
    assert main([*words, "--include-identity", "--quiet"]) in (0, 1)
    record = json.loads((out / "record.json").read_text("utf-8"))
    assert record["phi_included"] is True
    assert "--include-identity" in record["identity"]["why"]
    assert set(record["identity"]["values"]) == set(IDENTITY)
    assert record["identity"]["values"]["PatientName"] == markers.texts["PatientName"]
    with_uids = {w for w in _found(out, markers) if w.startswith("1.2.826")}
    assert _found(out, markers) - with_uids == set(IDENTITY) - {"StudyInstanceUID", "SeriesInstanceUID"}
    assert any(finding["code"] == "identity-included" for finding in record["findings"])
    (out / "record.json").rename(tmp_path / "record.json")
    assert _found(out, markers) == set()  # the model files hold none of it
    assert main(["privacy", str(tmp_path / "record.json"), "--source", str(folder), "--json"]) == 1
    answer = capsys.readouterr().out
    assert {"PatientName"} in [set(hit["attributes"]) for hit in json.loads(answer)["hits"]]
    assert markers.texts["PatientName"] not in answer  # where, not what


def test_a_run_that_would_let_a_name_out_writes_nothing(marked: tuple[Path, Markers], tmp_path: Path) -> None:
    folder, markers = marked
    family, given = markers.texts["PatientName"].split("^")
    recipe = parse_recipe(QUICK.replace("[output]", f'code = "{given}_{family}"\n[output]'))
    request = RunRequest(folder, tmp_path / "out", recipe, pictures=False)
    with pytest.raises(ExportError, match=r"recipe.toml \(PatientName") as caught:
        run(request)
    assert family not in str(caught.value)
    assert not (tmp_path / "out").exists()
    told = run(RunRequest(folder, tmp_path / "out", recipe, pictures=False, on_patient_data="report"))
    assert not told.ready
    record = json.loads((tmp_path / "out" / "record.json").read_text("utf-8"))
    assert record["ready"] is False
    assert {finding["code"]: finding["severity"] for finding in record["findings"]}["patient-data"] == "fail"


def test_ids_are_salted_and_the_labs_salt_finds_them_again(marked: tuple[Path, Markers], tmp_path: Path) -> None:
    folder, _ = marked
    recipe = parse_recipe(QUICK)

    def recorded(name: str, **more: object) -> str:
        done = run(RunRequest(folder, tmp_path / name, recipe, pictures=False, **more))  # type: ignore[arg-type]
        text = (tmp_path / name / "record.json").read_text("utf-8")
        assert done.volume.source.series_id not in text
        return str(json.loads(text)["source"][0]["series_id"])

    salt = tmp_path / "lab.salt"
    first, second = recorded("a", salt_file=salt), recorded("b", salt_file=salt)
    assert first == second != recorded("c")
    assert salt.stat().st_mode & 0o077 == 0
    assert salt.read_text().strip() not in (tmp_path / "a" / "record.json").read_text()
    from PrintPrepLib.workflow.load import load_scan

    assert load_scan(folder, series=first, salt=salt_of(salt)).volume.source.series_id
    with pytest.raises(InputError, match="another scan, or another salt"):
        load_scan(folder, series="salted-0123", salt=salt_of(salt))
    (tmp_path / "short").write_text("abc")
    with pytest.raises(InputError, match="no salt"):
        salt_of(tmp_path / "short")
