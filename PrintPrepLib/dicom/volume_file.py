"""Reads a volume or a label map from one file (NRRD, NIfTI, MetaImage) and says what its header does not tell."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import SimpleITK as sitk

from ..errors import InputError
from ..finding import Finding, Severity
from ..volume import LabelMap, Source, Volume
from .file_header import header_findings, header_names
from .quiet import quiet

SUFFIXES = (".nrrd", ".nhdr", ".nii", ".nii.gz", ".mha", ".mhd")
"""What can be read."""

_CT_AIR = (-1100.0, -900.0)
"""In a CT most of the darkest hundredth is air or padding at -1024: its 1 % value lies in this range."""

_CT_BONE = 250.0
"""... and something reaches bone."""

_PERCENTILE_SAMPLES = 500_000
"""Voxels looked at for the range; more do not change a percentile."""

_HASH_LENGTH = 10
_MAX_LABEL = 65535


def read_volume_file(path: Path) -> Volume:
    """Read a scalar 3D image.

    Parameters
    ----------
    path : Path
        NRRD, NIfTI (plain or gzipped) or MetaImage.

    Returns
    -------
    Volume
        LPS mm; a left-handed or oblique grid stays as it is. Values that are not numbers are replaced by the lowest
        value, with a finding. The modality is empty unless the values look like Hounsfield units, which a finding says.

    Raises
    ------
    InputError
        Missing, unknown kind, damaged, color or vector, a time series, or without a usable geometry.
    """
    path = Path(path)
    with quiet():
        image, metadata = _read(path)
    findings = header_findings(path, metadata, image)
    image, repaired = _finite(image)
    findings += repaired
    modality, guess = _modality(image)
    findings += guess
    facts = {
        "file_kind": _suffix(path),
        "modality_assumed": bool(modality),
        "pixel_type": image.GetPixelIDTypeAsString(),
    }
    source = Source("file", modality, _digest(path), MappingProxyType(facts), tuple(findings))
    return Volume(image, source)


def read_label_file(path: Path) -> LabelMap:
    """Read a label map; the names of a Slicer segmentation (``.seg.nrrd``) are kept.

    Parameters
    ----------
    path : Path
        NRRD, NIfTI or MetaImage of whole numbers, 0 being background.

    Returns
    -------
    LabelMap
        Labels without a name in the header are named "label N".

    Raises
    ------
    InputError
        As for :func:`read_volume_file`; fractions or negative values; overlapping layers.
    """
    path = Path(path)
    with quiet():
        image, metadata = _read(path, labels=True)
    findings = header_findings(path, metadata, image)
    image = _whole(image)
    array = sitk.GetArrayViewFromImage(image)
    present = np.flatnonzero(np.bincount(array.ravel()))
    stored = header_names(metadata)
    names = {int(label): stored.get(int(label), f"label {label}") for label in present if label != 0}
    if not names:
        findings.append(
            Finding("empty-labels", Severity.FAIL, "The label map is empty: no voxel has a label.", measured=0, limit=1)
        )
    facts = {"file_kind": _suffix(path), "labels": len(names)}
    source = Source("file", "", _digest(path), MappingProxyType(facts), tuple(findings))
    return LabelMap(image, source, names)


def _read(path: Path, labels: bool = False) -> tuple[sitk.Image, Mapping[str, str]]:
    if not path.exists():
        raise InputError(f"There is no file at '{path}'. Check the path.")
    if path.is_dir():
        raise InputError(f"'{path}' is a folder; a volume file is needed here.")
    if not _suffix(path):
        raise InputError(f"'{path.name}' is not a volume file that can be read. Known kinds: {', '.join(SUFFIXES)}.")
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise InputError(_why(path, error)) from error
    size = [int(n) for n in reader.GetSize()]
    metadata = MappingProxyType({key: reader.GetMetaData(key) for key in reader.GetMetaDataKeys()})
    if reader.GetNumberOfComponents() != 1:
        what = "overlapping segments in layers; export them as one label map" if labels else "color or vector values"
        raise InputError(f"'{path.name}' holds {what}. One value per voxel is needed.")
    if len(size) < 3 or min(size[:3]) < 2:
        raise InputError(f"'{path.name}' is a flat picture ({' x '.join(map(str, size))}), not a volume.")
    if any(n > 1 for n in size[3:]):
        raise InputError(
            f"'{path.name}' holds a series of {int(np.prod(size[3:]))} volumes (time points or layers). Save the one "
            "to print as a file of its own."
        )
    if len(size) > 3:
        reader.SetExtractSize([*size[:3], *[0] * (len(size) - 3)])
    try:
        return reader.Execute(), metadata
    except RuntimeError as error:
        raise InputError(_why(path, error)) from error


def _why(path: Path, error: RuntimeError) -> str:
    if "orthonormal" in str(error):
        return (
            f"The axes of '{path.name}' are not at right angles (a sheared geometry, as tilted CT leaves it). Start "
            "from the DICOM files: PrintPrep removes the tilt."
        )
    return f"'{path.name}' cannot be read as a volume: it is damaged, cut off, or of another kind than its name says."


def _finite(image: sitk.Image) -> tuple[sitk.Image, list[Finding]]:
    array = sitk.GetArrayViewFromImage(image)
    if array.dtype.kind != "f":
        return image, []
    good = np.isfinite(array)
    bad = int(array.size - np.count_nonzero(good))
    if bad == 0:
        return image, []
    if bad == array.size:
        raise InputError("The volume holds no number at all (only NaN or infinity).")
    low = float(array[good].min())
    repaired = sitk.GetImageFromArray(np.where(good, array, array.dtype.type(low)))
    repaired.CopyInformation(image)
    finding = Finding(
        "not-a-number",
        Severity.WARN,
        f"{bad} voxels hold no number (NaN or infinity); they were set to the lowest value, {low:g}.",
        measured=bad,
        limit=0,
        unit="voxels",
        advice="Check where they lie: they are treated as background.",
    )
    return repaired, [finding]


def _modality(image: sitk.Image) -> tuple[str, list[Finding]]:
    flat = sitk.GetArrayViewFromImage(image).ravel()
    sample = flat[:: max(1, flat.size // _PERCENTILE_SAMPLES)]
    low, high = (float(value) for value in np.percentile(sample, [1, 99.9]))
    if not (_CT_AIR[0] <= low <= _CT_AIR[1] and high >= _CT_BONE):
        return "", []
    finding = Finding(
        "modality-assumed",
        Severity.INFO,
        f"The file does not say what it is; its values (1 % below {low:.0f}, up to {high:.0f}) look like Hounsfield "
        "units, so it is treated as CT.",
        measured=low,
        advice="If it is not a CT, choose thresholds by eye.",
    )
    return "CT", [finding]


def _whole(image: sitk.Image) -> sitk.Image:
    array = sitk.GetArrayViewFromImage(image)
    if array.dtype.kind == "f" and not np.array_equal(array, np.rint(array)):  # NaN is equal to nothing
        raise InputError("A label map holds whole numbers; this file holds fractions. Is it the scan itself?")
    low, high = int(array.min()), int(array.max())
    if low < 0:
        raise InputError(f"A label map holds no negative values; this file goes down to {low}. Is it the scan itself?")
    if high > _MAX_LABEL:
        raise InputError(f"Labels go up to {high}; at most {_MAX_LABEL} can be used.")
    return sitk.Cast(image, sitk.sitkUInt8 if high <= 255 else sitk.sitkUInt16)


def _suffix(path: Path) -> str:
    name = path.name.lower()
    return next((suffix for suffix in sorted(SUFFIXES, key=len, reverse=True) if name.endswith(suffix)), "")


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        digest: Any = hashlib.file_digest(stream, "sha256")
    return str(digest.hexdigest())[:_HASH_LENGTH]
