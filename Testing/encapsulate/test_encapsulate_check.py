"""Our own check of an encapsulated model: every fault that validators pass over is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from PrintPrepLib.encapsulate import check_encapsulated, encapsulate, read_source
from PrintPrepLib.errors import InputError
from PrintPrepLib.finding import Severity
from Testing.support.encapsulate import Case, make_case


@pytest.fixture(name="case")
def _case(tmp_path: Path) -> Case:
    return make_case(tmp_path)


def written(case: Case) -> pydicom.Dataset:
    encapsulate(case.request())
    return pydicom.dcmread(case.folder / "archive" / "model.dcm")


def _set(keyword: str, value: Any) -> Callable[[pydicom.Dataset], None]:
    return lambda file: setattr(file, keyword, value)


def _unit(value: str) -> Callable[[pydicom.Dataset], None]:
    return lambda file: setattr(file.MeasurementUnitsCodeSequence[0], "CodeValue", value)


def _moved(file: pydicom.Dataset) -> None:
    data = bytearray(file.EncapsulatedDocument)
    for triangle in range(12):
        at = 84 + 50 * triangle + 12
        corners = np.frombuffer(bytes(data[at : at + 36]), "<f4") + np.float32(500)
        data[at : at + 36] = corners.astype("<f4").tobytes()
    file.EncapsulatedDocument = bytes(data)


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (_set("EncapsulatedDocumentLength", 683), "document-length"),
        (lambda file: delattr(file, "EncapsulatedDocumentLength"), "document-length"),
        (_unit("furlong"), "measurement-unit"),
        (_unit("um"), "measurement-unit"),
        (_set("FrameOfReferenceUID", "2.25.7"), "frame-of-reference"),
        (_set("StudyInstanceUID", "2.25.7"), "same-study"),
        (_set("PatientID", "OTHER"), "same-patient"),
        (_set("Modality", "DOC"), "document-type"),
        (_set("MIMETypeOfEncapsulatedDocument", "model/obj"), "document-type"),
        (lambda file: delattr(file, "ReferencedSeriesSequence"), "source-images"),
        (lambda file: setattr(file.SourceInstanceSequence[0], "ReferencedSOPInstanceUID", "2.25.7"), "source-images"),
        (lambda file: delattr(file, "DeviceSerialNumber"), "attributes"),
        (lambda file: setattr(file, "EncapsulatedDocument", file.EncapsulatedDocument[:600]), "binary-stl"),
        (lambda file: setattr(file, "EncapsulatedDocument", file.EncapsulatedDocument + b"ab"), "binary-stl"),
        (_moved, "within-scan"),
    ],
)
def test_the_check_finds_each_fault(case: Case, damage: Callable[[pydicom.Dataset], None], code: str) -> None:
    file = written(case)
    path = case.folder / "archive" / "model.dcm"
    source = read_source(case.source)
    assert check_encapsulated(path, source=source, payload=case.mesh.read_bytes()).sound
    damage(file)
    file.save_as(path)
    failed = {f.code for f in check_encapsulated(path, source=source).findings if f.severity is Severity.FAIL}
    assert code in failed
    if code == "binary-stl" or damage is _moved:
        held = check_encapsulated(path, payload=case.mesh.read_bytes())
        assert damage is not _moved or "same-bytes" in {f.code for f in held.findings if f.severity is Severity.FAIL}


def test_without_the_source_nothing_about_it_passes(case: Case) -> None:
    written(case)
    findings = check_encapsulated(case.folder / "archive" / "model.dcm").findings
    open_questions = {f.code for f in findings if f.severity is Severity.NOT_RUN}
    assert open_questions == {
        "same-patient",
        "same-study",
        "frame-of-reference",
        "source-images",
        "within-scan",
        "on-edges",
    }


def test_another_file_is_not_checked(case: Case) -> None:
    with pytest.raises(InputError, match="holds no model"):
        check_encapsulated(case.images[0])
    with pytest.raises(InputError, match="cannot be read as a DICOM file"):
        check_encapsulated(case.mesh)
