"""The record: complete, in one order, without identity; and the search that proves it."""

from __future__ import annotations

import gzip
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from PrintPrepLib.errors import ExportError, InputError
from PrintPrepLib.export import write_mesh
from PrintPrepLib.finding import Finding, Severity
from PrintPrepLib.receipt import Receipt, measure_mesh
from PrintPrepLib.record.privacy import find_identity, identity_tokens
from PrintPrepLib.record.record import SCHEMA, build_record, write_record
from PrintPrepLib.record.scrub import REMOVED, without_paths
from PrintPrepLib.volume import Source
from Testing.support import shapes
from Testing.support.data import data_path


def example(tmp_path: Path, **more: object) -> dict[str, object]:
    mesh = shapes.box()
    written = write_mesh(mesh, tmp_path / "model.stl")
    measures = measure_mesh(mesh)
    return build_record(
        recipe={"schema": "printprep-recipe/1", "case": {"labels": "/home/jane.doe/CASE 17/mask.nrrd"}},
        sources=[Source("dicom", "CT", "ab12", MappingProxyType({"kernel": "B60", "step_mm": np.float64(0.5)}))],
        receipts=[Receipt("smooth", {"bound_mm": 0.2}, 1.25, measures, measures)],
        findings=[Finding("open-edges", Severity.PASS, "None.", 0, 0), Finding("x", Severity.NOT_RUN, "Not run.")],
        outputs=[written],
        ready=True,
        **more,  # type: ignore[arg-type]
    )


def test_record_holds_every_block(tmp_path: Path) -> None:
    record = example(tmp_path)
    assert record["schema"] == SCHEMA == "printprep-record/1"
    assert record["phi_included"] is False
    assert "not a diagnosis" in str(record["statement"])
    assert record["worst"] == "not run"
    assert record["steps"][0]["before"]["volume_mm3"] == pytest.approx(1000.0)  # type: ignore[index]
    assert len(record["outputs"][0]["sha256"]) == 64  # type: ignore[index]
    assert {"numpy", "scipy", "vtk", "SimpleITK"} <= record["software"]["libraries"].keys()  # type: ignore[index]
    assert all(record["software"]["libraries"][n] for n in ("numpy", "scipy", "vtk", "SimpleITK"))  # type: ignore[index]
    assert all(entry["initials"] is None for entry in record["sign_off"])  # type: ignore[attr-defined]
    assert record["recipe"]["case"]["labels"] == REMOVED  # type: ignore[index]
    assert "jane" not in json.dumps(record)


def test_record_is_deterministic_but_for_id_and_time(tmp_path: Path) -> None:
    moment = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    texts = {json.dumps(example(tmp_path, record_id="r", created=moment)) for _ in range(2)}
    assert len(texts) == 1
    assert example(tmp_path)["record_id"] != example(tmp_path)["record_id"]
    assert example(tmp_path, created=moment)["created_utc"] == "2030-01-02T03:04:05Z"


def test_write_record(tmp_path: Path) -> None:
    record = example(tmp_path)
    written = write_record(record, tmp_path / "record.json")
    assert json.loads((tmp_path / "record.json").read_text("utf-8")) == record
    assert written.kind == "record"
    with pytest.raises(ExportError, match="folder does not exist"):
        write_record(record, tmp_path / "none" / "record.json")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("/home/jane/scan", REMOVED),
        (r"C:\Users\jane\scan 1", REMOVED),
        ("could not read '/data/Doe Jane/1.dcm' twice", f"could not read {REMOVED} twice"),
        ("from /mnt/x/jane.nrrd now", f"from {REMOVED} now"),
        ("12 mm/s, 3/4 and/or a/b", "12 mm/s, 3/4 and/or a/b"),
        ("FDA / RSNA", "FDA / RSNA"),
        ("printprep-record/1", "printprep-record/1"),
    ],
)
def test_paths_are_removed(text: str, clean: str) -> None:
    assert without_paths({"a": [text]}) == {"a": [clean]}


# ---- privacy -------------------------------------------------------------------------------------------------------
def test_tokens_are_found_wherever_they_hide(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "plain.txt").write_text("xx MÜLLER yy", "utf-8")
    (tmp_path / "latin.bin").write_bytes(b"\0\1" + "Müller".encode("latin-1"))
    (tmp_path / "sub" / "wide.bin").write_bytes(b"x" * 7 + "Müller".encode("utf-16-be"))
    (tmp_path / "a.gz").write_bytes(gzip.compress("Müller".encode()))
    with zipfile.ZipFile(tmp_path / "b.3mf", "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("3D/3dmodel.model", "<metadata>Hans Müller</metadata>" * 9)
        package.writestr("deep.zip", (tmp_path / "a.gz").read_bytes())
    (tmp_path / "Müller.stl").write_bytes(b"nothing")
    (tmp_path / "clean.txt").write_text("Mueller")
    hits = find_identity(tmp_path, ["Müller"])
    assert {(h.file, h.member) for h in hits} == {
        ("plain.txt", ""),
        ("latin.bin", ""),
        ("sub/wide.bin", ""),
        ("a.gz", "(gzip)"),
        ("b.3mf", "3D/3dmodel.model"),
        ("b.3mf", "deep.zip!(gzip)"),
        ("Müller.stl", "(file name)"),
    }
    assert {h.encoding for h in hits} == {"utf-8", "latin-1", "utf-16", "name"}


def test_names_in_base64_are_no_hits_and_those_in_pictures_are(tmp_path: Path) -> None:
    import base64

    chance = base64.b64decode("Miras" + "A" * 7)
    told = b"\x89PNG tEXt Meier"
    pictures = [base64.b64encode(data).decode() for data in (chance, told)]
    page = "".join(f'<img src="data:image/png;base64,{data}">' for data in pictures)
    (tmp_path / "report.html").write_text(f"<p>Kruse</p>{page}<img src='data:image/png;base64,Bauer'>")
    assert "Miras" in (tmp_path / "report.html").read_text()
    hits = find_identity(tmp_path, ["Miras", "Meier", "Kruse", "Bauer"])
    assert {hit.token for hit in hits} == {"Kruse", "Meier", "Bauer"}


def test_token_across_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("PrintPrepLib.record.privacy._CHUNK", 64)
    for offset in range(55, 70):
        (tmp_path / "a.bin").write_bytes(b"." * offset + b"Katzenstein" + b"." * 50)
        hits = find_identity(tmp_path, ["Katzenstein"])
        assert [h.offset for h in hits] == [offset]


@given(st.integers(0, 200), st.binary(max_size=60))
def test_uid_is_found_anywhere(offset: int, noise: bytes) -> None:
    import io

    from PrintPrepLib.record.privacy import _search, _Wanted

    uid = "1.2.840.99.7.12345"
    body = b"\xff" * offset + b"|" + uid.encode() + b"|" + noise
    assert uid in {hit.token for hit in _search(io.BytesIO(body), "a", "", _Wanted.of([uid]))}
    wide = b"\xff" * offset + uid.encode("utf-16-le") + b"||"
    assert uid in {hit.token for hit in _search(io.BytesIO(wide), "a", "", _Wanted.of([uid]))}


def test_search_that_could_not_look_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to search for"):
        find_identity(tmp_path, [" "])
    with pytest.raises(InputError, match="does not exist"):
        find_identity(tmp_path / "none", ["Smith"])
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"x" * 1000)[:-9])
    with pytest.raises(InputError, match="damaged or locked archive"):
        find_identity(tmp_path, ["Smith"])


def test_tokens_of_a_dicom_folder_and_clean_outputs(tmp_path: Path) -> None:
    import pydicom
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    data = pydicom.Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4.5.6.777"
    data.PatientName = "Okonkwo^Adaeze^Li"
    data.PatientID = "KH-4711"
    data.PatientBirthDate = "19610203"
    data.StudyDate = "20240506"
    data.InstitutionName = "University Hospital Sankt Blasien"
    data.ReferringPhysicianName = "Brandt^Ute"
    data.AccessionNumber = "0000"
    (tmp_path / "in").mkdir()
    data.save_as(tmp_path / "in" / "1", enforce_file_format=True)
    (tmp_path / "in" / "notes.txt").write_text("no image")
    tokens = identity_tokens(tmp_path / "in")
    assert {"Okonkwo", "Adaeze", "KH-4711", "19610203", "1961-02-03", "2024-05-06", "Blasien", "Brandt"} <= tokens
    assert "1.2.3.4.5.6.777" in tokens
    assert tokens.isdisjoint({"Li", "Ute", "University", "Hospital", "0000", ""})
    (tmp_path / "out").mkdir()
    write_record(example(tmp_path), tmp_path / "out" / "record.json")
    for suffix in (".stl", ".3mf", ".ply", ".obj", ".vtp"):
        write_mesh(shapes.sphere(), tmp_path / "out" / f"model{suffix}")
    assert find_identity(tmp_path / "out", tokens) == []
    assert {h.token for h in find_identity(tmp_path / "in", tokens)} >= {"Okonkwo", "1.2.3.4.5.6.777", "19610203"}


def test_no_dicom_is_not_a_clean_bill(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(InputError, match="no DICOM file"):
        identity_tokens(tmp_path)


def test_tokens_of_odd_dicom_folders() -> None:
    assert identity_tokens(data_path("dicom_edge"))
