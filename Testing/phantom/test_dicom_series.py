"""The phantom as a DICOM series, read back by others."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from PrintPrepLib.errors import ExportError
from PrintPrepLib.phantom import BoneShape, Variant, make_demo, scan_shape, write_series
from PrintPrepLib.phantom.dicom_series import MARKERS

SMALL = (24, 32, 32)


def read(folder: Path) -> sitk.Image:
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return reader.Execute()


def test_series_reads_back_with_geometry_and_values(tmp_path: Path) -> None:
    scan = scan_shape(BoneShape(), size=SMALL)
    assert write_series(scan, tmp_path / "series") == 24
    image, expected = read(tmp_path / "series"), scan.volume().image
    np.testing.assert_allclose(image.GetSpacing(), expected.GetSpacing(), rtol=1e-6)
    np.testing.assert_allclose(image.GetOrigin(), expected.GetOrigin(), atol=1e-4)
    np.testing.assert_allclose(image.GetDirection(), expected.GetDirection(), atol=1e-9)
    assert np.array_equal(sitk.GetArrayViewFromImage(image), sitk.GetArrayViewFromImage(expected))


def test_tilt_is_in_the_tags(tmp_path: Path) -> None:
    make_demo(tmp_path / "tilt", variant=Variant.TILT, size=SMALL)
    first, second = (pydicom.dcmread(tmp_path / "tilt" / f"IM000{n}.dcm") for n in (1, 2))
    assert float(first.GantryDetectorTilt) == pytest.approx(15.0)
    row, column = np.array(first.ImageOrientationPatient, float).reshape(2, 3)
    normal = np.cross(row, column)
    step = np.subtract(second.ImagePositionPatient, first.ImagePositionPatient).astype(float)
    assert np.rad2deg(np.arccos(step @ normal / np.linalg.norm(step))) == pytest.approx(15.0, abs=1e-4)


def test_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        make_demo(tmp_path / name, size=(12, 32, 32), seed=3)
    make_demo(tmp_path / "c", size=(12, 32, 32), seed=4)
    a, b, c = (sorted((tmp_path / name).iterdir()) for name in "abc")
    assert [p.read_bytes() for p in a] == [p.read_bytes() for p in b]
    assert pydicom.dcmread(a[0]).SeriesInstanceUID != pydicom.dcmread(c[0]).SeriesInstanceUID


def test_uids_are_valid_and_distinct(tmp_path: Path) -> None:
    make_demo(tmp_path / "s", size=(12, 32, 32))
    headers = [pydicom.dcmread(path) for path in sorted((tmp_path / "s").iterdir())]
    assert len({h.SOPInstanceUID for h in headers}) == 12
    assert len({h.SeriesInstanceUID for h in headers}) == 1
    assert all(h.SOPInstanceUID.is_valid and len(h.SOPInstanceUID) <= 64 for h in headers)


def test_markers_are_in_every_file(tmp_path: Path) -> None:
    make_demo(tmp_path / "s", size=(12, 32, 32))
    for path in (tmp_path / "s").iterdir():
        data = path.read_bytes()
        assert [m for m in MARKERS if m.encode() not in data] == []


def test_duplicate_variant_repeats_an_instance_and_a_place(tmp_path: Path) -> None:
    truth = make_demo(tmp_path / "d", variant=Variant.DUPLICATE, size=SMALL)
    headers = [pydicom.dcmread(path) for path in (tmp_path / "d").iterdir()]
    assert truth.files == len(headers) == 26
    assert len({h.SOPInstanceUID for h in headers}) == 25
    assert len({tuple(h.ImagePositionPatient) for h in headers}) == 24


def test_truth_is_plain_json_and_complete(tmp_path: Path) -> None:
    import json

    truth = make_demo(tmp_path / "s", size=(12, 32, 32))
    loaded = json.loads(json.dumps(truth.to_dict()))
    assert loaded["threshold_hu"] == 250.0
    assert loaded["plate"]["thickness_mm"] == 1.2
    assert loaded["hole"]["diameter_mm"] == 5.0
    assert len(loaded["crumbs"]) == 4
    assert loaded["files"] == 12


def test_foreign_folder_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(ExportError, match="not an empty folder"):
        make_demo(tmp_path, size=(12, 32, 32))
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("variant", list(Variant))
def test_conformance_as_dciodvfy_sees_it(variant: Variant, tmp_path: Path) -> None:
    program = shutil.which("dciodvfy")
    if program is None:
        pytest.skip("dciodvfy (Debian package dicom3tools) is not installed")
    write_series(scan_shape(BoneShape(), variant=variant, size=(12, 32, 32)), tmp_path / "s")
    for path in sorted((tmp_path / "s").iterdir())[:3]:
        result = subprocess.run([program, "-new", str(path)], capture_output=True, text=True, check=False, timeout=60)
        text = result.stdout + result.stderr
        assert result.returncode == 0, text
        assert "Error" not in text
        assert "CTImage" in text
