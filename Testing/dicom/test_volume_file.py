"""Volume and label files are read with their true geometry, and what their header lacks is said."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from PrintPrepLib.dicom import read_label_file, read_volume_file
from PrintPrepLib.errors import InputError
from PrintPrepLib.finding import Severity
from PrintPrepLib.volume import Volume

SHAPE = (6, 8, 10)
OBLIQUE = (0.8, -0.6, 0.0, 0.6, 0.8, 0.0, 0.0, 0.0, 1.0)
LEFT_HANDED = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, -1.0)


def image(values: np.ndarray | None = None, direction: tuple[float, ...] = OBLIQUE) -> sitk.Image:
    if values is None:
        values = np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE)
    out = sitk.GetImageFromArray(values)
    out.SetSpacing((0.5, 0.75, 2.0))
    out.SetOrigin((-11.0, 22.0, 33.0))
    out.SetDirection(direction)
    return out


def write(path: Path, what: sitk.Image) -> Path:
    sitk.WriteImage(what, str(path))
    return path


def codes(volume: Volume) -> dict[str, Severity]:
    return {finding.code: finding.severity for finding in volume.source.findings}


@pytest.mark.parametrize("suffix", [".nrrd", ".nhdr", ".nii", ".nii.gz", ".mha", ".mhd"])
@pytest.mark.parametrize("direction", [OBLIQUE, LEFT_HANDED])
def test_geometry_and_values_survive(tmp_path: Path, suffix: str, direction: tuple[float, ...]) -> None:
    original = image(direction=direction)
    volume = read_volume_file(write(tmp_path / f"Schädel 頭{suffix}", original))
    assert volume.same_grid(Volume(original))
    assert np.array_equal(volume.array, sitk.GetArrayFromImage(original))
    assert volume.source.kind == "file"
    assert volume.source.modality == ""
    assert ("left-handed" in codes(volume)) == (direction == LEFT_HANDED)
    assert not {"two-geometries", "spacing-one", "no-patient-space"} & set(codes(volume))


def test_values_like_hounsfield_are_taken_as_ct_and_said(tmp_path: Path) -> None:
    values = np.full((20, 20, 20), -1000, np.int16)
    values[5:15, 5:15, 5:15] = 700
    volume = read_volume_file(write(tmp_path / "a.nrrd", image(values)))
    assert volume.source.modality == "CT"
    assert codes(volume)["modality-assumed"] is Severity.INFO
    assert read_volume_file(write(tmp_path / "b.nrrd", image(values + 1000))).source.modality == ""


def test_nan_is_replaced_and_counted(tmp_path: Path) -> None:
    values = np.arange(np.prod(SHAPE), dtype=np.float32).reshape(SHAPE) - 5
    values[2, 3, 4], values[0, 0, 1] = np.nan, np.inf
    volume = read_volume_file(write(tmp_path / "a.nrrd", image(values)))
    finding = next(f for f in volume.source.findings if f.code == "not-a-number")
    assert finding.measured == 2
    assert volume.array[2, 3, 4] == -5
    assert volume.same_grid(Volume(image()))
    with pytest.raises(InputError, match="no number at all"):
        read_volume_file(write(tmp_path / "b.nrrd", image(np.full(SHAPE, np.nan, np.float32))))


def test_lost_spacing_is_suspicious(tmp_path: Path) -> None:
    plain = sitk.GetImageFromArray(np.zeros(SHAPE, np.int16))
    path = write(tmp_path / "a.nrrd", plain)
    assert codes(read_volume_file(path))["spacing-one"] is Severity.INFO
    data = np.arange(np.prod(SHAPE), dtype=np.uint8).tobytes()
    (tmp_path / "b.nrrd").write_bytes(b"NRRD0004\ntype: uint8\ndimension: 3\nsizes: 10 8 6\nencoding: raw\n\n" + data)
    found = codes(read_volume_file(tmp_path / "b.nrrd"))
    assert found["spacing-one"] is Severity.WARN
    assert found["no-patient-space"] is Severity.WARN
    huge = image()
    huge.SetSpacing((500.0, 500.0, 500.0))
    assert codes(read_volume_file(write(tmp_path / "c.nrrd", huge)))["implausible-spacing"] is Severity.FAIL


def nifti(tmp_path: Path, **changes: object) -> Path:
    """A NIfTI file whose header is changed by hand; offsets as in nifti1.h."""
    path = write(tmp_path / "x.nii", image(direction=(1, 0, 0, 0, 1, 0, 0, 0, 1)))
    raw = bytearray(path.read_bytes())
    if "qform" in changes:
        struct.pack_into("<h", raw, 252, changes["qform"])
    if "sform" in changes:
        struct.pack_into("<h", raw, 254, changes["sform"])
    if "matrix" in changes:
        struct.pack_into("<12f", raw, 280, *np.ravel(changes["matrix"]))  # type: ignore[call-overload]
    path.write_bytes(raw)
    return path


RAS = np.array([[-0.5, 0, 0, 11.0], [0, -0.75, 0, -22.0], [0, 0, 2.0, 33.0]])


def test_nifti_forms(tmp_path: Path) -> None:
    assert codes(read_volume_file(nifti(tmp_path, matrix=RAS))) == {}
    moved = RAS.copy()
    moved[0, 3] += 5.0
    volume = read_volume_file(nifti(tmp_path, matrix=moved))
    finding = next(f for f in volume.source.findings if f.code == "two-geometries")
    assert finding.severity is Severity.WARN
    assert finding.measured == pytest.approx(5.0, abs=1e-3)
    assert "sform was used" in finding.message
    mirrored = RAS.copy()
    mirrored[0] *= -1
    assert codes(read_volume_file(nifti(tmp_path, matrix=mirrored)))["two-geometries"] is Severity.FAIL
    assert "no-patient-space" in codes(read_volume_file(nifti(tmp_path, qform=0, sform=0)))
    assert codes(read_volume_file(nifti(tmp_path, qform=0))) == {}


def test_a_sheared_nifti_is_refused_in_words(tmp_path: Path) -> None:
    sheared = RAS.copy()
    sheared[1, 2] = 1.0
    with pytest.raises(InputError, match="not at right angles"):
        read_volume_file(nifti(tmp_path, qform=0, matrix=sheared))


def test_what_is_no_volume_is_refused_in_words(tmp_path: Path) -> None:
    for name, text in (("a.nrrd", "NRRD"), ("b.nii.gz", "xx"), ("c.mha", "hello")):
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match="cannot be read as a volume"):
            read_volume_file(tmp_path / name)
    with pytest.raises(InputError, match="There is no file"):
        read_volume_file(tmp_path / "no.nrrd")
    with pytest.raises(InputError, match="is a folder"):
        read_volume_file(tmp_path)
    (tmp_path / "model.stl").write_text("solid")
    with pytest.raises(InputError, match="Known kinds"):
        read_volume_file(tmp_path / "model.stl")
    cut = write(tmp_path / "cut.nrrd", image(np.zeros((40, 40, 40), np.int16)))
    cut.write_bytes(cut.read_bytes()[:-1000])
    with pytest.raises(InputError, match="cannot be read as a volume"):
        read_volume_file(cut)
    write(tmp_path / "flat.nrrd", sitk.Image(5, 5, sitk.sitkInt16))
    with pytest.raises(InputError, match="flat picture"):
        read_volume_file(tmp_path / "flat.nrrd")
    write(tmp_path / "vector.nrrd", sitk.Image([4, 4, 4], sitk.sitkVectorFloat32, 3))
    with pytest.raises(InputError, match="color or vector"):
        read_volume_file(tmp_path / "vector.nrrd")
    write(tmp_path / "time.nii", sitk.Image([4, 4, 4, 3], sitk.sitkInt16))
    with pytest.raises(InputError, match="series of 3 volumes"):
        read_volume_file(tmp_path / "time.nii")


def test_a_single_time_point_is_a_volume(tmp_path: Path) -> None:
    four = sitk.JoinSeries([image(direction=(1, 0, 0, 0, 1, 0, 0, 0, 1))])
    volume = read_volume_file(write(tmp_path / "one.nii", four))
    assert volume.same_grid(Volume(image(direction=(1, 0, 0, 0, 1, 0, 0, 0, 1))))


def test_labels_and_their_names(tmp_path: Path) -> None:
    values = np.zeros(SHAPE, np.int32)
    values[1, 1, 1], values[2, 2, 2] = 3, 700
    picture = image(values)
    picture.SetMetaData("Segment0_Name", "skull")
    picture.SetMetaData("Segment0_LabelValue", "3")
    labels = read_label_file(write(tmp_path / "a.seg.nrrd", picture))
    assert dict(labels.names) == {3: "skull", 700: "label 700"}
    assert labels.array[2, 2, 2] == 700
    assert labels.same_grid(Volume(picture))
    float_labels = read_label_file(write(tmp_path / "b.nrrd", image(values.astype(np.float32))))
    assert np.array_equal(float_labels.array, values)
    with pytest.raises(InputError, match="fractions"):
        read_label_file(write(tmp_path / "c.nrrd", image(values + np.float32(0.5))))
    with pytest.raises(InputError, match="negative"):
        read_label_file(write(tmp_path / "d.nrrd", image(values - 5)))
    assert codes(read_label_file(write(tmp_path / "e.nrrd", image(values * 0)))) == {"empty-labels": Severity.FAIL}
    write(tmp_path / "f.seg.nrrd", sitk.Image([4, 4, 4], sitk.sitkVectorUInt8, 2))
    with pytest.raises(InputError, match="overlapping segments"):
        read_label_file(tmp_path / "f.seg.nrrd")
