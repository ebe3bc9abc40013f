"""Writes a simulated scan as a DICOM series: CT Image Storage, explicit VR little endian, uncompressed.

The patient is invented. Every text that could be identity holds the word PHANTOM or PRINTPREP, so that a test can
search written files for it. UIDs are hashes of what the file holds: the same scan gives the same bytes.
"""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from ..errors import ExportError
from ..progress import Progress, silent
from .scanner import Scan, Slice, Variant

PATIENT_NAME = "PHANTOM^NOT-A-PATIENT"
PATIENT_ID = "PRINTPREP-DEMO"
MARKERS = (
    PATIENT_NAME,
    PATIENT_ID,
    "PHANTOM^REFERRER",
    "PHANTOM-ACCESS",
    "PHANTOM-STUDY",
    "PHANTOM-SERIES",
    "PHANTOM-HOSPITAL",
)
"""Texts of the header that must not appear in anything that is not asked to hold identity."""

_INTERCEPT_HU = -1024
_SPACE = uuid.UUID("b1f6d3f0-6f0e-5c36-9f3c-7b1f2f6f8a10")
"""Arbitrary and fixed: name space of the UIDs below."""


def write_series(scan: Scan, folder: Path, progress: Progress = silent) -> int:
    """Write the scan into a folder, one file per slice.

    The duplicate variant writes the repeated slice twice over: once as an instance of its own at the same place, and
    once as a copy of the same instance under another file name.

    Parameters
    ----------
    scan : Scan
        What the scanner saw.
    folder : Path
        Made if absent; must not hold other files.
    progress : Progress
        Is told of every slice; may cancel.

    Returns
    -------
    int
        Number of files.

    Raises
    ------
    ExportError
        The folder is not empty, or a file could not be written.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportError(f"'{folder}' is not an empty folder. Name a new folder for the DICOM series.")
    root = _fingerprint(scan)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for index, one in enumerate(scan.slices):
            progress(index / len(scan.slices), f"Writing DICOM file {index + 1} of {len(scan.slices)}")
            _dataset(scan, one, index, root).save_as(folder / f"IM{index + 1:04d}.dcm", enforce_file_format=True)
        files = len(scan.slices)
        if scan.variant is Variant.DUPLICATE:
            middle = files // 2
            (folder / f"IM{files + 1:04d}.dcm").write_bytes((folder / f"IM{middle:04d}.dcm").read_bytes())
            files += 1
    except OSError as error:
        raise ExportError(f"The DICOM series could not be written to '{folder}': {error}.") from error
    progress(1.0, "The DICOM series is written")
    return files


def _dataset(scan: Scan, one: Slice, index: int, root: str) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = _uid(root, "instance", index)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    out = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    for values in (_who(), _study(root), _series(scan, root), _equipment(scan), _image(scan, one, index, root)):
        for keyword, value in values.items():
            setattr(out, keyword, value)
    stored = (one.pixels.astype(np.int32) - _INTERCEPT_HU).astype("<i2")
    out.Rows, out.Columns = stored.shape
    out.PixelData = stored.tobytes()
    return out


def _who() -> dict[str, Any]:
    return {
        "SpecificCharacterSet": "ISO_IR 100",
        "PatientName": PATIENT_NAME,
        "PatientID": PATIENT_ID,
        "PatientBirthDate": "19000101",
        "PatientSex": "O",
        "PatientComments": "PHANTOM: computed, not a person",
    }


def _study(root: str) -> dict[str, Any]:
    return {
        "StudyInstanceUID": _uid(root, "study", 0),
        "StudyDate": "20200229",
        "StudyTime": "120000",
        "ReferringPhysicianName": "PHANTOM^REFERRER",
        "StudyID": "PHANTOM-STUDY",
        "AccessionNumber": "PHANTOM-ACCESS",
        "StudyDescription": "PHANTOM-STUDY of an idealized thigh bone",
    }


def _series(scan: Scan, root: str) -> dict[str, Any]:
    return {
        "Modality": "CT",
        "SeriesInstanceUID": _uid(root, "series", 0),
        "SeriesNumber": "2",
        "SeriesDescription": f"PHANTOM-SERIES {scan.variant.value}",
        "SeriesDate": "20200229",
        "SeriesTime": "120100",
        "Laterality": "L",
        "BodyPartExamined": "HIP",
        "PatientPosition": "HFS",
        "FrameOfReferenceUID": _uid(root, "frame", 0),
        "PositionReferenceIndicator": "",
    }


def _equipment(scan: Scan) -> dict[str, Any]:
    return {
        "Manufacturer": "PrintPrep",
        "ManufacturerModelName": "Simulated scanner",
        "InstitutionName": "PHANTOM-HOSPITAL",
        "KVP": "120",
        "ConvolutionKernel": "STANDARD",
        "GantryDetectorTilt": _decimal(scan.tilt_deg),
        "ReconstructionDiameter": _decimal(scan.pixel_mm * scan.slices[0].pixels.shape[0]),
    }


def _image(scan: Scan, one: Slice, index: int, root: str) -> dict[str, Any]:
    directions = [*scan.row_direction, *scan.column_direction]
    return {
        "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": _uid(root, "instance", index),
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "AcquisitionNumber": "1",
        "AcquisitionDate": "20200229",
        "AcquisitionTime": "120100",
        "ContentDate": "20200229",
        "ContentTime": "120100",
        "InstanceNumber": str(index + 1),
        "ImagePositionPatient": [_decimal(value) for value in one.position_mm],
        "ImageOrientationPatient": [_decimal(value) for value in directions],
        "PixelSpacing": [_decimal(scan.pixel_mm)] * 2,
        "SliceThickness": _decimal(scan.thickness_mm),
        "SliceLocation": _decimal(float(one.position_mm[2])),
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 1,
        "RescaleIntercept": str(_INTERCEPT_HU),
        "RescaleSlope": "1",
        "RescaleType": "HU",
        "WindowCenter": "250",
        "WindowWidth": "1500",
    }


def _decimal(value: float) -> str:
    """A decimal string of at most 16 characters, as DICOM wants it."""
    for digits in range(12, 0, -1):
        text = f"{float(value) + 0.0:.{digits}g}"
        if len(text) <= 16:
            return text
    raise AssertionError(f"{value} has no decimal string")


def _fingerprint(scan: Scan) -> str:
    digest = hashlib.sha256(repr((scan.variant.value, scan.pixel_mm, scan.thickness_mm, scan.tilt_deg)).encode())
    for one in scan.slices:
        digest.update(one.position_mm.tobytes())
        digest.update(np.ascontiguousarray(one.pixels).tobytes())
    return digest.hexdigest()


def _uid(root: str, what: str, index: int) -> str:
    """A UID of the UUID form (PS3.5 B.2): the same content gives the same UID."""
    return f"2.25.{uuid.uuid5(_SPACE, f'{root}/{what}/{index}').int}"
