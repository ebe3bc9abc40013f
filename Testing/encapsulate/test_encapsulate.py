"""DICOM Encapsulated STL and OBJ: what is written, what is refused, and what our own check finds in broken files."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from PrintPrepLib.encapsulate import Usage, check_encapsulated, encapsulate, read_source
from PrintPrepLib.encapsulate.color import cielab_of
from PrintPrepLib.encapsulate.payload import LARGEST_BYTES
from PrintPrepLib.errors import Cancelled, ExportError, InputError
from PrintPrepLib.export import Units, read_mesh, write_mesh
from PrintPrepLib.finding import Severity
from PrintPrepLib.mesh import Mesh
from Testing.support.dicom_writer import BIRTH_DATE, PATIENT_ID, Vector, stack, write_slices
from Testing.support.encapsulate import HIGH, LOW, PIXELS, Case, inside, make_case, textured_obj, write_series
from Testing.support.shapes import box


@pytest.fixture(name="case")
def _case(tmp_path: Path) -> Case:
    return make_case(tmp_path)


def written(case: Case, **changes: Any) -> pydicom.Dataset:
    encapsulate(case.request(**changes))
    return pydicom.dcmread(case.folder / "archive" / "model.dcm")


# ---- what is written -------------------------------------------------------------------------------------------------
def test_the_model_belongs_to_the_study_in_a_series_of_its_own(case: Case) -> None:
    file, image = written(case), pydicom.dcmread(case.images[0])
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate",
                    "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName", "StudyDescription",
                    "FrameOfReferenceUID", "SpecificCharacterSet"):  # fmt: skip
        assert file[keyword].value == image[keyword].value, keyword
    assert file.SeriesInstanceUID != image.SeriesInstanceUID
    assert file.SOPInstanceUID.startswith("2.25.")
    assert file.AcquisitionDateTime == "20240229102030"
    assert "InstitutionName" not in file


def test_every_image_is_named_as_source(case: Case) -> None:
    file = written(case)
    images = {str(pydicom.dcmread(path).SOPInstanceUID) for path in case.images}
    assert {str(item.ReferencedSOPInstanceUID) for item in file.SourceInstanceSequence} == images
    (series,) = file.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == pydicom.dcmread(case.images[0]).SeriesInstanceUID
    assert {str(item.ReferencedSOPInstanceUID) for item in series.ReferencedInstanceSequence} == images


def test_the_stl_is_the_file_byte_for_byte(case: Case) -> None:
    file = written(case)
    assert file.EncapsulatedDocument == case.mesh.read_bytes()
    assert file.EncapsulatedDocumentLength == case.mesh.stat().st_size == 84 + 50 * 12
    assert (file.MIMETypeOfEncapsulatedDocument, file.Modality) == ("model/stl", "M3D")
    (unit,) = file.MeasurementUnitsCodeSequence
    assert (unit.CodeValue, unit.CodingSchemeDesignator) == ("mm", "UCUM")


def test_what_the_user_says_and_does_not_say(case: Case) -> None:
    said = written(case, usage=Usage.PLANNING, modified=True, mirrored=False, face=True, description="Femur, 1:1")
    assert (said.ModelModification, said.ModelMirroring, said.RecognizableVisualFeatures) == ("YES", "NO", "YES")
    assert said.ModelUsageCodeSequence[0].CodeValue == "129013"
    assert (said.ContentDescription, said.BurnedInAnnotation) == ("Femur, 1:1", "NO")
    assert said.ConceptNameCodeSequence[0].CodeValue == "85040-4"
    shutil.rmtree(case.folder / "archive")
    result = encapsulate(case.request(face=None, identity_on_model=True))
    assert [f.severity for f in result.findings if f.code == "recognizable-features"] == [Severity.WARN]
    unsaid = pydicom.dcmread(case.folder / "archive" / "model.dcm")
    for keyword in ("ModelModification", "ModelMirroring", "ModelUsageCodeSequence", "RecognizableVisualFeatures"):
        assert keyword not in unsaid
    assert unsaid.BurnedInAnnotation == "YES"


def test_two_writings_have_different_uids(case: Case) -> None:
    first, second = written(case), written(case, output=case.folder / "archive" / "second.dcm")
    second = pydicom.dcmread(case.folder / "archive" / "second.dcm")
    assert first.SOPInstanceUID != second.SOPInstanceUID
    assert first.SeriesInstanceUID != second.SeriesInstanceUID


def test_other_mesh_files_and_units_become_binary_stl_in_millimeters(case: Case) -> None:
    write_mesh(inside(), case.folder / "model.ply")
    result = encapsulate(case.request(mesh=case.folder / "model.ply"))
    assert "stored as binary STL" in result.notes[0]
    small = Mesh(inside().vertices / 10.0, inside().faces)
    write_mesh(small, case.folder / "cm.stl")
    output = case.folder / "archive" / "cm.dcm"
    result = encapsulate(case.request(mesh=case.folder / "cm.stl", units=Units.CM, output=output))
    assert "millimeters are stored" in result.notes[0]
    document = case.folder / "out.stl"
    document.write_bytes(check_encapsulated(output).document)
    np.testing.assert_allclose(read_mesh(document).bounds, inside().bounds, atol=1e-4)


def test_ras_axes_are_turned(case: Case) -> None:
    ras = bytearray(case.mesh.read_bytes())
    ras[:80] = b"made elsewhere SPACE=RAS".ljust(80, b"\0")
    records = np.frombuffer(bytes(ras[84:]), np.dtype([("n", "<f4", 3), ("p", "<f4", (3, 3)), ("a", "<u2")])).copy()
    records["p"][..., :2] *= -1
    path = case.folder / "ras.stl"
    path.write_bytes(bytes(ras[:84]) + records.tobytes())
    result = encapsulate(case.request(mesh=path))
    assert "axes" in result.notes[0]
    checked = check_encapsulated(case.folder / "archive" / "model.dcm", source=read_source(case.source))
    assert checked.sound


@pytest.mark.parametrize("title", ["Oberschenkel für Übung", "大腿骨", "Plain"])
def test_names_and_titles_keep_their_letters(case: Case, title: str) -> None:
    file = written(case, title=title)
    assert file.DocumentTitle == title
    assert str(file.PatientName) == "Müller^Jürgen"
    assert file.StudyDescription == "CT Schädel"
    assert file.SpecificCharacterSet == ("ISO_IR 100" if title.isascii() or "ü" in title else "ISO_IR 192")


def test_recommended_color() -> None:
    # Textbook L* a* b* under D50: white (100, 0, 0), black (0, 0, 0), sRGB red (54.29, 80.81, 69.89).
    assert cielab_of((255, 255, 255)) == pytest.approx([65535, 32896, 32896], abs=8)
    assert cielab_of((0, 0, 0)) == [0, 32896, 32896]
    lightness, a, b = cielab_of((255, 0, 0))
    assert lightness * 100 / 65535 == pytest.approx(54.29, abs=0.05)
    assert a * 255 / 65535 - 128 == pytest.approx(80.81, abs=0.1)
    assert b * 255 / 65535 - 128 == pytest.approx(69.89, abs=0.1)


def test_obj_with_materials_and_textures(tmp_path: Path) -> None:
    case = make_case(tmp_path)
    obj = textured_obj(tmp_path)
    result = encapsulate(case.request(mesh=obj))
    names = [file.name for file in result.files]
    assert names == ["model.dcm", "model_mtl_1.dcm", "model_texture_1.dcm", "model_texture_2.dcm"]
    model, material, skin, _ = (pydicom.dcmread(tmp_path / "archive" / name) for name in names)
    assert len(obj.read_bytes()) % 2 == 1
    assert model.EncapsulatedDocument == obj.read_bytes() + b"\0"
    assert model.EncapsulatedDocumentLength == len(obj.read_bytes())
    (item,) = model.ReferencedInstanceSequence
    assert (item.ReferencedSOPInstanceUID, item.RelativeURIReferenceWithinEncapsulatedDocument) == (
        material.SOPInstanceUID,
        "model.mtl",
    )
    assert model.SeriesInstanceUID == material.SeriesInstanceUID != skin.SeriesInstanceUID
    assert "FrameOfReferenceUID" not in material
    uris = [item.RelativeURIReferenceWithinEncapsulatedDocument for item in material.ReferencedImageSequence]
    assert uris == ["skin.png", "bone.jpg"]
    assert np.array_equal(skin.pixel_array, PIXELS)
    source = read_source(case.source)
    assert check_encapsulated(tmp_path / "archive" / "model.dcm", source=source, payload=obj.read_bytes()).sound
    assert check_encapsulated(tmp_path / "archive" / "model_mtl_1.dcm", source=source).sound
    (tmp_path / "archive" / "model_mtl_1.dcm").unlink()
    lost = check_encapsulated(tmp_path / "archive" / "model.dcm", source=source)
    assert [f.severity for f in lost.findings if f.code == "materials"] == [Severity.WARN]


def test_the_result_tells_nobody_who_it_is(case: Case) -> None:
    text = json.dumps(encapsulate(case.request()).to_dict(), ensure_ascii=False)
    image = pydicom.dcmread(case.images[0])
    for word in ("Müller", PATIENT_ID, BIRTH_DATE, "ACC-77", str(image.StudyInstanceUID), str(case.folder)):
        assert word not in text
    assert json.loads(text)["contains_identity"] is True
    assert "carry the patient" in json.loads(text)["identity_notice"]


# ---- what is refused -------------------------------------------------------------------------------------------------
def refused(case: Case, match: str, **changes: Any) -> None:
    before = sorted(path for path in case.folder.rglob("*"))
    with pytest.raises((InputError, ExportError), match=match):
        encapsulate(case.request(**changes))
    assert sorted(path for path in case.folder.rglob("*")) == before


def test_outside_the_scan_is_refused_unless_there_is_a_reason(case: Case) -> None:
    moved = inside().with_vertices(inside().vertices + np.array((0.0, 0.0, 15.0)))
    write_mesh(moved, case.mesh)
    # The middle of the box stands 12 mm below the top of the scan, its own top 5 mm higher: 15 + 5 - 12 = 8 mm outside.
    refused(case, r"50\.0 % of the model's corners lie outside the scan, by up to 8\.0 mm")
    file = written(case, outside_reason="a base was added on purpose")
    assert "a base was added on purpose" in file.ContributingEquipmentSequence[0].ContributionDescription


def test_swapped_axes_are_named(case: Case) -> None:
    write_mesh(inside().with_vertices(inside().vertices * (-1.0, -1.0, 1.0)), case.mesh)
    refused(case, "its axes are RAS, not LPS")


def test_swapped_axes_inside_the_scan_are_seen_in_the_voxels(tmp_path: Path) -> None:
    # The scan holds a bright block at one side of the origin; the model lies at the other, and still in the box.
    rows = {"rows": 100, "columns": 130}
    middle = np.array([10.0, 8.0, 51.0])

    def bright(points: Vector) -> Vector:
        return np.where(np.abs(points - middle).max(axis=-1) < 5.0, 1000.0, 0.0)

    slices = stack(
        [2.0 * n for n in range(12)], origin=(-32.0, -39.0, 40.0), spacing_xy=(0.5, 0.8), values=bright, **rows
    )
    write_slices(tmp_path / "scan", slices)
    case = Case(tmp_path / "scan", tmp_path / "model.stl", tmp_path)
    right = box((10.0, 10.0, 10.0), tuple(middle))
    write_mesh(right.with_vertices(right.vertices * (-1.0, -1.0, 1.0)), case.mesh)
    refused(case, "left and right, front and back swapped .* its axes are RAS, not LPS")
    write_mesh(right, case.mesh)
    assert outcome(case, "on-edges") is Severity.PASS


def test_another_place_in_the_scan_is_a_warning(case: Case) -> None:
    assert outcome(case, "on-edges") is Severity.PASS
    write_mesh(inside().with_vertices(inside().vertices + np.array((3.0, 4.0, 4.0))), case.mesh)
    assert outcome(case, "on-edges", output=case.folder / "archive" / "b.dcm") is Severity.WARN
    mirrored = {"output": case.folder / "archive" / "c.dcm", "mirrored": True}
    assert outcome(case, "on-edges", **mirrored) is Severity.NOT_RUN


def outcome(case: Case, code: str, **changes: Any) -> Severity:
    (severity,) = (f.severity for f in encapsulate(case.request(**changes)).findings if f.code == code)
    return severity


def test_the_box_is_that_of_the_voxels(case: Case) -> None:
    source = read_source(case.source)
    np.testing.assert_allclose(source.low_mm, LOW)
    np.testing.assert_allclose(source.high_mm, HIGH)
    assert source.outside_mm(np.array([LOW, HIGH, HIGH + np.array((3.0, 4.0, 0.0))])).tolist() == pytest.approx(
        [0.0, 0.0, 5.0]
    )


def test_two_series_in_the_folder(case: Case) -> None:
    write_series(case.source / "second")
    refused(case, "holds 2 series")
    series = read_source_ids(case)
    assert encapsulate(case.request(series=series[0])).source_images == 12


def read_source_ids(case: Case) -> list[str]:
    from PrintPrepLib.dicom import scan_folder

    return [series.id for series in scan_folder(case.source).series]


@pytest.mark.parametrize(
    ("keyword", "value", "match"),
    [
        ("PatientID", "OTHER-1", "2 different patient numbers"),
        ("PatientName", "Other^Name", "2 different patient names"),
        ("StudyInstanceUID", "2.25.1", "2 different studies"),
    ],
)
def test_images_of_two_patients_under_one_series(case: Case, keyword: str, value: str, match: str) -> None:
    path = case.images[4]
    image = pydicom.dcmread(path)
    setattr(image, keyword, value)
    image.save_as(path)
    refused(case, match)


def test_no_frame_of_reference(tmp_path: Path) -> None:
    refused(make_case(tmp_path, FrameOfReferenceUID=None), "no frame of reference")


def test_no_source(case: Case) -> None:
    refused(case, "no file or folder", source=case.folder / "nowhere")
    (case.folder / "empty").mkdir()
    refused(case, "holds no files", source=case.folder / "empty")


def test_text_stl_and_too_large(case: Case) -> None:
    text = case.folder / "text.stl"
    corners = "".join(
        "facet normal 0 0 0\nouter loop\n"
        + "".join(f"vertex {x} {y} {z}\n" for x, y, z in triangle)
        + "endloop\nendfacet\n"
        for triangle in inside().triangles.tolist()
    )
    text.write_text(f"solid x\n{corners}endsolid x\n")
    refused(case, "text STL", mesh=text)
    huge = case.folder / "huge.stl"
    with huge.open("wb") as file:
        file.write(b"\0" * 80 + struct.pack("<I", (LARGEST_BYTES - 84) // 50 + 1))
        file.truncate(84 + 50 * ((LARGEST_BYTES - 84) // 50 + 1))  # a hole in the file: takes no room on the disk
    refused(case, "2.0 GB", mesh=huge)


def test_places_that_are_refused(case: Case) -> None:
    refused(case, "among the scan's own files", output=case.source / "model.dcm")
    refused(case, "folder of its own", output=case.folder / "model.dcm")  # beside the mesh
    encapsulate(case.request())
    refused(case, "exists already")


@pytest.mark.parametrize(
    ("line", "match"),
    [("mtllib gone.mtl", "not there"), ("mtllib ../up.mtl", "by a path"), ("mtllib C:/home/x.mtl", "by a path")],
)
def test_materials_that_cannot_go_along(case: Case, line: str, match: str) -> None:
    obj = textured_obj(case.folder)
    obj.write_text(obj.read_text().replace("mtllib model.mtl", line))
    refused(case, match, mesh=obj)


def test_cancel_leaves_nothing(case: Case) -> None:
    def stop(fraction: float, text: str) -> None:
        if fraction >= 0.6:
            raise Cancelled

    with pytest.raises(Cancelled):
        encapsulate(case.request(), stop)
    assert not (case.folder / "archive").exists()


@pytest.mark.parametrize(
    "changes",
    [{"title": " "}, {"title": "a\nb"}, {"description": "x" * 65}, {"outside_reason": "x"}, {"color": (0, 0, 256)}],
)
def test_texts_that_dicom_does_not_hold(case: Case, changes: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        case.request(**changes)
