"""Small volumes with known truth, and the real ones."""

from __future__ import annotations

import tempfile
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from PrintPrepLib.volume import Source, Volume

from .data import data_path


def volume_of(
    array: npt.NDArray,
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0),
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0),
    direction: tuple[float, ...] = (1, 0, 0, 0, 1, 0, 0, 0, 1),
    modality: str = "CT",
    facts: dict | None = None,
) -> Volume:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    image.SetDirection(direction)
    return Volume(image, Source(modality=modality, facts=facts or {}))


def air(shape: tuple[int, int, int], value: int = -1000) -> npt.NDArray[np.int16]:
    """An array (k, j, i) of air."""
    return np.full(shape, value, np.int16)


@cache
def skull_phantom() -> Volume:
    """The plastic skull, 140 slices."""
    archive = data_path("ct/ct_skull_phantom_jpegls_dicom.zip")
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(archive).extractall(folder)
        places = [(str(path), _height(path)) for path in Path(folder).rglob("*.dcm")]
        names = [name for name, _ in sorted(places, key=lambda place: place[1])]
        image = sitk.ReadImage(names)
    return Volume(image, Source(kind="dicom", modality="CT"))


def cranium() -> Volume:
    return Volume(sitk.ReadImage(str(data_path("ct/ct_cranium_human.nrrd"))), Source(kind="file"))


def thorax() -> Volume:
    return Volume(sitk.ReadImage(str(data_path("ct/cta_thorax_metal.nii.gz"))), Source(kind="file"))


def brain() -> Volume:
    return Volume(sitk.ReadImage(str(data_path("ct/mr_brain_colin27_1mm.nii.gz"))), Source(kind="file"))


def _height(path: Path) -> float:
    import pydicom

    return float(pydicom.dcmread(path, stop_before_pixels=True).ImagePositionPatient[2])
