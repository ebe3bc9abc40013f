"""Images that are no volume, or a poor one: what kind they are is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from PrintPrepLib.dicom import ScanResult, Series, Verdict, scan_folder
from Testing.support.dicom_writer import (
    stack,
    write_slices,
)

EVEN = np.arange(48) * 1.25


def codes(series: Series) -> set[str]:
    return {finding.code for finding in series.findings}


def only(result: ScanResult) -> Series:
    assert len(result.series) == 1
    return result.series[0]


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ({"ImagePositionPatient": None}, "missing-geometry"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "missing-geometry"),
        ({"PixelSpacing": None}, "missing-geometry"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "M", "MOSAIC"]}, "mosaic"),
        ({"PhotometricInterpretation": "RGB", "SamplesPerPixel": 3}, "color"),
    ],
)
def test_images_without_a_place_are_not_a_volume(tmp_path: Path, extra: dict[str, object], code: str) -> None:
    write_slices(tmp_path, stack(EVEN[:12], extra=extra))
    series = only(scan_folder(tmp_path))
    assert series.verdict is Verdict.NOT_A_VOLUME
    assert code in codes(series)


@pytest.mark.parametrize(
    ("extra", "code", "verdict"),
    [
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "localizer", Verdict.POOR),
        ({"ImageType": ["DERIVED", "SECONDARY", "MIP"]}, "projection", Verdict.POOR),
        ({"Modality": "US"}, "modality", Verdict.USABLE),
        ({"LossyImageCompression": "01"}, "lossy-compression", Verdict.USABLE),
        ({"BitsStored": 8, "HighBit": 7}, "eight-bit", Verdict.USABLE),
        ({"RescaleSlope": None}, "no-rescale", Verdict.USABLE),
        ({"SliceThickness": 0.625}, "space-between-slices", Verdict.USABLE),
        ({"PhotometricInterpretation": "MONOCHROME1"}, "inverted-gray", Verdict.GOOD),
    ],
)
def test_kinds_of_images(tmp_path: Path, extra: dict[str, object], code: str, verdict: Verdict) -> None:
    write_slices(tmp_path, stack(EVEN, extra=extra))
    series = only(scan_folder(tmp_path))
    assert code in codes(series)
    assert series.verdict is verdict


@pytest.mark.parametrize(("count", "verdict"), [(2, Verdict.POOR), (9, Verdict.POOR), (30, Verdict.USABLE)])
def test_too_few_slices(tmp_path: Path, count: int, verdict: Verdict) -> None:
    write_slices(tmp_path, stack(EVEN[:count]))
    series = only(scan_folder(tmp_path))
    assert series.verdict is verdict
    assert "too-few-slices" in codes(series)
