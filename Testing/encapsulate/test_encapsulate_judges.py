"""Encapsulated models before outside judges, each of which is also shown to reject a broken file."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest

from PrintPrepLib.encapsulate import EncapsulateRequest, Usage, check_encapsulated, encapsulate, read_source
from PrintPrepLib.export import write_mesh
from Testing.support.data import data_path
from Testing.support.demo import demo_scan
from Testing.support.dicom_judges import (
    c_get,
    c_move,
    c_store,
    dcentvfy,
    dciodvfy,
    dcmdump,
    getscu_offers,
    missing_by_tables,
    orthanc,
)
from Testing.support.encapsulate import Case, make_case, textured_obj
from Testing.support.shapes import box

KNOWN_NEWER = "RecommendedDisplayCIELabValue(0062,000d)> - Attribute is not present in standard DICOM IOD"
"""What dciodvfy of 2022 says of an attribute that came into the module later; a warning, no error."""


@pytest.fixture(name="case")
def _case(tmp_path: Path) -> Case:
    case = make_case(tmp_path)
    encapsulate(case.request(usage=Usage.SIMULATION, modified=True, mirrored=False, description="A box"))
    return case


def model(case: Case) -> Path:
    return case.folder / "archive" / "model.dcm"


def damaged(case: Case, damage: Callable[[pydicom.Dataset], None]) -> Path:
    file = pydicom.dcmread(model(case))
    damage(file)
    path = case.folder / "broken.dcm"
    file.save_as(path)
    return path


# ---- dciodvfy, dcentvfy, tables --------------------------------------------------------------------------------------
def test_dciodvfy_finds_nothing(case: Case) -> None:
    verdict = dciodvfy(model(case))
    assert (verdict.returncode, verdict.lines) == (0, ("EncapsulatedSTL",))


@pytest.mark.parametrize(
    "keyword",
    [
        "FrameOfReferenceUID",
        "MeasurementUnitsCodeSequence",
        "DeviceSerialNumber",
        "ReferencedSeriesSequence",
        "PatientID",
    ],
)
def test_dciodvfy_rejects_what_lacks_something(case: Case, keyword: str) -> None:
    verdict = dciodvfy(damaged(case, lambda file: delattr(file, keyword)))
    assert verdict.returncode == 1
    assert verdict.errors


def test_dciodvfy_is_blind_where_our_check_is_not(case: Case) -> None:
    def damage(file: pydicom.Dataset) -> None:
        file.EncapsulatedDocumentLength = 3
        file.MeasurementUnitsCodeSequence[0].CodeValue = "furlong"
        file.FrameOfReferenceUID = "2.25.99"

    path = damaged(case, damage)
    assert dciodvfy(path).returncode == 0
    failed = {f.code for f in check_encapsulated(path, source=read_source(case.source)).findings if f.advice}
    assert failed == {"document-length", "measurement-unit", "frame-of-reference"}


def test_every_option_passes_dciodvfy(tmp_path: Path) -> None:
    for usage in Usage:
        case = make_case(tmp_path / usage.value)
        color = (230, 220, 200) if usage is Usage.PLANNING else None
        encapsulate(
            case.request(usage=usage, color=color, face=None, title="大腿骨", outside_reason="no reason at all")
        )
        verdict = dciodvfy(model(case))
        assert (verdict.returncode, verdict.errors) == (0, ())
        assert [line for line in verdict.lines if "Warning" in line and KNOWN_NEWER not in line] == []


def test_dcentvfy_agrees_with_the_source(case: Case) -> None:
    assert dcentvfy([*case.images, model(case)]).lines == ()
    other = damaged(case, lambda file: setattr(file, "PatientName", "Other^Person"))
    assert any("PatientName" in line for line in dcentvfy([*case.images, other]).lines)
    moved = damaged(case, lambda file: setattr(file, "StudyDate", "19990101"))
    assert any("StudyDate" in line for line in dcentvfy([*case.images, moved]).lines)


def test_tables_of_the_standard_miss_nothing_in_obj_and_mtl(tmp_path: Path) -> None:
    case = make_case(tmp_path)
    encapsulate(case.request(mesh=textured_obj(tmp_path)))
    for name in ("model.dcm", "model_mtl_1.dcm"):  # dciodvfy of 2022 does not know these two
        assert missing_by_tables(tmp_path / "archive" / name) == []
    for name in ("model_texture_1.dcm", "model_texture_2.dcm"):
        verdict = dciodvfy(tmp_path / "archive" / name)
        assert (verdict.returncode, verdict.errors) == (0, ())
    lacking = damaged(case, lambda file: delattr(file, "MeasurementUnitsCodeSequence"))
    assert missing_by_tables(lacking) == ["MeasurementUnitsCodeSequence"]


# ---- DCMTK and an archive --------------------------------------------------------------------------------------------
def test_dcmtk_reads_every_byte(case: Case) -> None:
    assert dcmdump(model(case)).returncode == 0
    short = case.folder / "short.dcm"
    short.write_bytes(model(case).read_bytes()[:-200])
    assert dcmdump(short).returncode != 0


def test_an_archive_gives_back_the_same_bytes(case: Case, tmp_path: Path) -> None:
    obj = make_case(tmp_path / "obj")
    encapsulate(obj.request(mesh=textured_obj(tmp_path / "obj")))
    sent = pydicom.dcmread(model(case))
    with orthanc(tmp_path) as archive:
        # By the network protocol of hospitals: the archive writes the file header anew, the data set stays.
        assert c_store(archive, model(case)).errors == ()
        one = archive.instance_of(str(sent.SOPInstanceUID))
        assert archive.get(f"/instances/{one}/content/0042-0011") == case.mesh.read_bytes()
        assert c_move(archive, sent.StudyInstanceUID, sent.SeriesInstanceUID, tmp_path / "moved").errors == ()
        (moved,) = (tmp_path / "moved").iterdir()
        assert pydicom.dcmread(moved) == sent
        assert check_encapsulated(moved, source=read_source(case.source), payload=case.mesh.read_bytes()).sound
        # By HTTP the whole file is kept: all four of a textured OBJ.
        for path in sorted((obj.folder / "archive").iterdir()):
            stored = archive.post("/instances", path.read_bytes())["ID"]
            assert archive.get(f"/instances/{stored}/file") == path.read_bytes()
        # The archive rejects what is no whole file, and does not have what was never sent.
        assert archive.refuses(model(case).read_bytes()[:1000])
        assert c_store(archive, case.mesh).errors
        assert archive.instance_of("2.25.5") is None


def test_an_archive_gives_back_the_same_bytes_by_c_get(case: Case, tmp_path: Path) -> None:
    sent = pydicom.dcmread(model(case))
    study, series = str(sent.StudyInstanceUID), str(sent.SeriesInstanceUID)
    with orthanc(tmp_path) as archive:
        assert c_store(archive, model(case)).errors == ()
        assert c_get(archive, study, series, tmp_path / "got", str(sent.SOPClassUID))[-1] == 0x0000
        (got,) = (tmp_path / "got").iterdir()
        assert pydicom.dcmread(got) == sent
        assert check_encapsulated(got, source=read_source(case.source), payload=case.mesh.read_bytes()).sound
        # Who does not offer to take STL gets none, and is told: so it is with getscu, which offers PDF and no STL.
        assert c_get(archive, study, series, tmp_path / "pdf", "1.2.840.10008.5.1.4.1.1.104.1")[-1] != 0x0000
        assert list((tmp_path / "pdf").iterdir()) == []
        offered = getscu_offers(archive, tmp_path / "getscu")
        assert any("PDF" in name for name in offered)
        assert not any("STL" in name or "104.3" in name for name in offered)


# ---- other sources ---------------------------------------------------------------------------------------------------
def in_the_middle(source: Path, folder: Path) -> EncapsulateRequest:
    series = read_source(source)
    middle = ((series.low_mm + series.high_mm) / 2) @ series.axes
    write_mesh(box(tuple(0.3 * (series.high_mm - series.low_mm)), tuple(middle)), folder / "model.stl")
    return EncapsulateRequest(folder / "model.stl", source, folder / "archive" / "model.dcm", "Model", face=False)


def test_the_demo_phantom(tmp_path: Path) -> None:
    source, _ = demo_scan()
    encapsulate(in_the_middle(source, tmp_path))
    written = tmp_path / "archive" / "model.dcm"
    assert dciodvfy(written).lines == ("EncapsulatedSTL",)
    assert dcentvfy([*sorted(source.iterdir()), written]).lines == ()


@pytest.mark.parametrize(
    "name", ["ct/ct_head_gantry_tilt_ge_dicom.zip", "ct/ct_skull_phantom_jpegls_dicom.zip", "dicom_edge/decubitus_left"]
)
def test_real_series(tmp_path: Path, name: str) -> None:
    source = data_path(name)
    if source.suffix == ".zip":
        with zipfile.ZipFile(source) as archive:
            archive.extractall(tmp_path / "scan")
        source = tmp_path / "scan"
    encapsulate(in_the_middle(source, tmp_path))
    written = tmp_path / "archive" / "model.dcm"
    verdict = dciodvfy(written)
    assert (verdict.returncode, verdict.errors) == (0, ())
    images = [path for path in source.rglob("*") if path.is_file() and pydicom.misc.is_dicom(path)]
    # What an image lacks and the model must at least have empty, or the other way round, is no contradiction.
    absent = ("present in one instance but not", "empty (zero length) in one instance - OK only If Type 2")
    differ = [line for line in dcentvfy([*images, written]).lines if not any(word in line for word in absent)]
    assert [line for line in differ if written.name in line] == []
    assert np.frombuffer(pydicom.dcmread(written).EncapsulatedDocument[80:84], "<u4")[0] == 12


def test_a_source_that_says_identity_was_removed_but_not_how(tmp_path: Path) -> None:
    case = make_case(tmp_path, PatientIdentityRemoved="YES", DeidentificationMethod="")
    encapsulate(case.request())
    assert dciodvfy(model(case)).errors == ()
    assert pydicom.dcmread(model(case)).DeidentificationMethod == "not stated by the source"
